//! Updates that take time, other updates, and failures on the way.

use super::*;

#[tokio::test]
async fn an_update_is_waited_for() {
    let cloud = cloud(AuthenticationMode::ConfigMap);
    cloud.eks.updates.take_looks(3);
    let resource = harness(&cloud);
    resource.create(config("API_AND_CONFIG_MAP")).await.unwrap();
    assert_eq!(
        cloud.eks.mode("prod"),
        Some(AuthenticationMode::ApiAndConfigMap)
    );
}

#[tokio::test]
async fn an_update_that_takes_too_long_or_is_cancelled_goes_on_and_is_found() {
    let cloud = cloud(AuthenticationMode::ConfigMap);
    cloud.eks.updates.take_looks(1000);
    let mut short = config("API_AND_CONFIG_MAP");
    short["timeouts"] = json!({ "create": "1m" });
    let failed = harness(&cloud).create(short).await.unwrap_err();
    assert_eq!(
        titles(&failed.diagnostics),
        ["Authentication Mode Not Changed In Time"]
    );
    assert!(failed.state.is_none());

    let cloud = self::cloud(AuthenticationMode::ConfigMap);
    cloud.eks.updates.take_looks(1000);
    let resource = harness(&cloud);
    cloud
        .eks
        .calls
        .cancel_during("DescribeUpdate prod", resource.cancel_token());
    let failed = resource
        .create(config("API_AND_CONFIG_MAP"))
        .await
        .unwrap_err();
    assert_eq!(titles(&failed.diagnostics), ["Cancelled"]);
    // EKS ends it all the same.
    cloud.eks.set_status("prod", ClusterStatus::Active);
    cloud
        .eks
        .set_mode("prod", AuthenticationMode::ApiAndConfigMap);
    cloud.eks.calls.take();
    let resource = harness(&cloud);
    resource.create(config("API_AND_CONFIG_MAP")).await.unwrap();
    assert_eq!(steps(&cloud), 0);
}

#[tokio::test]
async fn another_update_is_waited_for_and_what_it_made_is_believed() {
    let cloud = cloud(AuthenticationMode::ConfigMap);
    let updating = Cluster {
        status: ClusterStatus::Updating,
        ..active_cluster("prod", "ABC")
    };
    let raised = Cluster {
        authentication_mode: Some(AuthenticationMode::ApiAndConfigMap),
        ..active_cluster("prod", "ABC")
    };
    cloud.eks.put_sequence(
        "prod",
        vec![updating.clone(), updating.clone(), updating, raised],
    );
    harness(&cloud)
        .create(config("API_AND_CONFIG_MAP"))
        .await
        .unwrap();
    assert_eq!(steps(&cloud), 0);
}

#[tokio::test]
async fn an_update_that_begins_a_moment_before_is_waited_for() {
    let cloud = cloud(AuthenticationMode::ConfigMap);
    let error = crate::fakes::refusal(
        ErrorKind::AlreadyExists,
        "eks:UpdateClusterConfig",
        "ResourceInUseException",
        "the cluster currently has update u in progress",
    );
    cloud.eks.calls.fail_next("UpdateClusterConfig", error);
    harness(&cloud)
        .create(config("API_AND_CONFIG_MAP"))
        .await
        .unwrap();
    assert_eq!(steps(&cloud), 2);
}

#[tokio::test]
async fn a_failed_update_is_told_with_its_reason() {
    let cloud = cloud(AuthenticationMode::ConfigMap);
    cloud.eks.updates.fail();
    let failed = harness(&cloud)
        .create(config("API_AND_CONFIG_MAP"))
        .await
        .unwrap_err();
    let text = format!("{:?}", failed.diagnostics);
    assert!(text.contains("an internal error"), "{text}");
    assert_eq!(cloud.eks.mode("prod"), Some(AuthenticationMode::ConfigMap));
}

#[tokio::test]
async fn a_lost_answer_is_looked_after() {
    let cloud = cloud(AuthenticationMode::ConfigMap);
    let lost = crate::ports::ApiError::new(
        ErrorKind::AnswerLost,
        "eks:UpdateClusterConfig",
        "the connection broke",
    );
    cloud.eks.calls.fail_next("UpdateClusterConfig", lost);
    let failed = harness(&cloud)
        .create(config("API_AND_CONFIG_MAP"))
        .await
        .unwrap_err();
    assert_eq!(
        titles(&failed.diagnostics),
        ["Cannot Change Authentication Mode"]
    );
    // The step of somebody else, a moment before.
    let refused = crate::fakes::refusal(
        ErrorKind::Invalid,
        "eks:UpdateClusterConfig",
        "InvalidRequestException",
        "Unsupported authentication mode update",
    );
    cloud.eks.calls.fail_next("UpdateClusterConfig", refused);
    let raised = Cluster {
        authentication_mode: Some(AuthenticationMode::ApiAndConfigMap),
        ..active_cluster("prod", "ABC")
    };
    let before = active_cluster("prod", "ABC");
    cloud
        .eks
        .put_sequence("prod", vec![before.clone(), before.clone(), before, raised]);
    harness(&cloud)
        .create(config("API_AND_CONFIG_MAP"))
        .await
        .unwrap();
}
