use std::sync::Arc;

use eksauth_provider::ports::authentication_mode::UpdateStatus;
use eksauth_provider::ports::cloud::Secret;
use eksauth_provider::ports::eks::{
    AssociationChange, ListedAssociation, NewAssociation, PodIdentityAssociation, ValueChange,
};
use eksauth_provider::ports::{AwsSettings, CloudFactory};

use super::*;
use crate::factory::Factory;
use crate::loopback::{Loopback, Received, Reply};
use crate::test_clock::TestClock;

mod access_entries;

async fn eks(cloud: &Loopback) -> Arc<dyn EksApi> {
    let settings = AwsSettings {
        region: Some("eu-central-1".to_owned()),
        access_key: Some(Secret::new("AKIDEXAMPLE")),
        secret_key: Some(Secret::new("secret")),
        endpoints: [("eks".to_owned(), cloud.url().into())].into(),
        ..AwsSettings::default()
    };
    Factory::with_clock(Arc::new(TestClock::new()))
        .connect(settings)
        .await
        .unwrap()
        .eks("eu-central-1", None)
}

#[tokio::test]
async fn a_cluster_is_read_whole_and_its_authority_is_decoded() {
    let cloud = Loopback::start(|_| {
        Reply::new(
            200,
            r#"{"cluster":{"name":"prod","arn":"arn:aws:eks:eu-central-1:111122223333:cluster/prod","status":"ACTIVE","version":"1.34",
                "endpoint":"https://A.eks.amazonaws.com","createdAt":1767225600.5,"certificateAuthority":{"data":"LS0tIGNh"},
                "identity":{"oidc":{"issuer":"https://oidc.eks.eu-central-1.amazonaws.com/id/A"}},
                "accessConfig":{"authenticationMode":"CONFIG_MAP"},"tags":{"a":"b"}}}"#,
        )
    })
    .await;
    let found = eks(&cloud)
        .await
        .describe_cluster("prod")
        .await
        .unwrap()
        .unwrap();
    let expected = Cluster {
        name: "prod".to_owned(),
        arn: "arn:aws:eks:eu-central-1:111122223333:cluster/prod".to_owned(),
        status: ClusterStatus::Active,
        endpoint: Some("https://A.eks.amazonaws.com".to_owned()),
        certificate_authority: Some("--- ca".to_owned()),
        issuer: Some("https://oidc.eks.eu-central-1.amazonaws.com/id/A".to_owned()),
        authentication_mode: Some(AuthenticationMode::ConfigMap),
        version: Some("1.34".to_owned()),
        created_at: Some(1_767_225_600),
        tags: [("a".to_owned(), "b".to_owned())].into(),
    };
    assert_eq!(found, expected);
    assert_eq!(cloud.received()[0].target, "/clusters/prod");
}

#[tokio::test]
async fn a_cluster_that_is_being_made_has_no_endpoint_yet() {
    let cloud = Loopback::start(|_| {
        Reply::new(
            200,
            r#"{"cluster":{"name":"prod","arn":"arn:c","status":"CREATING"}}"#,
        )
    })
    .await;
    let found = eks(&cloud)
        .await
        .describe_cluster("prod")
        .await
        .unwrap()
        .unwrap();
    assert_eq!(
        (
            found.status,
            found.endpoint,
            found.certificate_authority,
            found.issuer
        ),
        (ClusterStatus::Creating, None, None, None)
    );
}

fn missing() -> Reply {
    Reply::Answer {
        status: 404,
        headers: vec![
            ("x-amzn-errortype", "ResourceNotFoundException".to_owned()),
            ("x-amzn-requestid", "q-1".to_owned()),
        ],
        body: r#"{"message":"No cluster found for name: prod."}"#.to_owned(),
    }
}

#[tokio::test]
async fn what_does_not_exist_is_none() {
    let cloud = Loopback::start(|_| missing()).await;
    let eks = eks(&cloud).await;
    assert_eq!(eks.describe_cluster("prod").await, Ok(None));
    assert_eq!(
        eks.describe_access_entry("prod", "arn:aws:iam::1:role/r")
            .await,
        Ok(None)
    );
}

#[tokio::test]
async fn entries_of_a_cluster_that_does_not_exist_are_an_error() {
    let cloud = Loopback::start(|_| missing()).await;
    let error = eks(&cloud)
        .await
        .list_access_entries("prod")
        .await
        .unwrap_err();
    let expected = ApiError {
        code: Some("ResourceNotFoundException".to_owned()),
        request_id: Some("q-1".to_owned()),
        ..ApiError::new(
            ErrorKind::NotFound,
            "eks:ListAccessEntries",
            "No cluster found for name: prod.",
        )
    };
    assert_eq!(error, expected);
}

#[tokio::test]
async fn all_pages_of_clusters_are_read() {
    let cloud = Loopback::start(|received| match received.target.contains("nextToken=t1") {
        false => Reply::new(200, r#"{"clusters":["a"],"nextToken":"t1"}"#),
        true => Reply::new(200, r#"{"clusters":["b"]}"#),
    })
    .await;
    assert_eq!(
        eks(&cloud).await.list_clusters().await.unwrap(),
        vec!["a", "b"]
    );
}

#[tokio::test]
async fn an_access_entry_and_its_policies_are_read() {
    let cloud = Loopback::start(|received| match received.target.contains("/access-policies") {
        false => Reply::new(
            200,
            r#"{"accessEntry":{"principalArn":"arn:aws:iam::1:role/r","kubernetesGroups":["g"],"username":"u","type":"STANDARD","createdAt":1,"modifiedAt":2}}"#,
        ),
        true => Reply::new(
            200,
            r#"{"associatedAccessPolicies":[{"policyArn":"arn:p","accessScope":{"type":"namespace","namespaces":["a"]}},{"policyArn":"arn:q","accessScope":{"type":"cluster","namespaces":[]}}]}"#,
        ),
    })
    .await;
    let eks = eks(&cloud).await;
    let entry = AccessEntry {
        created_at: Some(1),
        principal_arn: "arn:aws:iam::1:role/r".to_owned(),
        kind: "STANDARD".to_owned(),
        username: "u".to_owned(),
        groups: vec!["g".to_owned()],
        policies: Vec::new(),
    };
    assert_eq!(
        eks.describe_access_entry("prod", "arn:aws:iam::1:role/r")
            .await,
        Ok(Some(entry))
    );
    let policies = vec![
        AccessPolicy {
            policy_arn: "arn:p".to_owned(),
            namespaces: vec!["a".to_owned()],
        },
        AccessPolicy {
            policy_arn: "arn:q".to_owned(),
            namespaces: Vec::new(),
        },
    ];
    assert_eq!(
        eks.list_associated_policies("prod", "arn:aws:iam::1:role/r")
            .await,
        Ok(policies)
    );
}

#[tokio::test]
async fn all_pages_of_associations_are_read_and_a_role_by_itself() {
    let cloud = Loopback::start(|received| {
        if received.target.contains("/pod-identity-associations/a-1") {
            return Reply::new(
                200,
                r#"{"association":{"associationId":"a-1","namespace":"apps","serviceAccount":"reader","roleArn":"arn:aws:iam::1:role/r",
                    "targetRoleArn":"arn:aws:iam::2:role/t","disableSessionTags":true}}"#,
            );
        }
        match received.target.contains("nextToken=t1") {
            false => Reply::new(
                200,
                r#"{"associations":[{"associationId":"a-1","namespace":"apps","serviceAccount":"reader"}],"nextToken":"t1"}"#,
            ),
            true => Reply::new(
                200,
                r#"{"associations":[{"associationId":"a-2","namespace":"apps","serviceAccount":"writer"}]}"#,
            ),
        }
    })
    .await;
    let eks = eks(&cloud).await;
    let listed = eks
        .list_pod_identity_associations("prod", Some("apps"))
        .await
        .unwrap();
    let association = |id: &str, name: &str| ListedAssociation {
        id: id.to_owned(),
        namespace: "apps".to_owned(),
        service_account: name.to_owned(),
        ..ListedAssociation::default()
    };
    assert_eq!(
        listed,
        [association("a-1", "reader"), association("a-2", "writer")]
    );
    assert!(cloud.received()[0].target.contains("namespace=apps"));
    let found = eks.describe_pod_identity_association("prod", "a-1").await;
    let expected = PodIdentityAssociation {
        id: "a-1".to_owned(),
        namespace: "apps".to_owned(),
        service_account: "reader".to_owned(),
        role_arn: "arn:aws:iam::1:role/r".to_owned(),
        target_role_arn: Some("arn:aws:iam::2:role/t".to_owned()),
        is_without_session_tags: true,
        ..PodIdentityAssociation::default()
    };
    assert_eq!(found, Ok(Some(expected)));
}

#[tokio::test]
async fn an_association_that_is_gone_is_none() {
    let cloud = Loopback::start(|_| missing()).await;
    let found = eks(&cloud)
        .await
        .describe_pod_identity_association("prod", "a-1")
        .await;
    assert_eq!(found, Ok(None));
}

const WHOLE: &str = r#"{"association":{"associationId":"a-1","associationArn":"arn:a","namespace":"apps","serviceAccount":"reader",
    "roleArn":"arn:aws:iam::1:role/r","targetRoleArn":"","externalId":"","ownerArn":"","disableSessionTags":true,"policy":"{}","tags":{"a":"b"}}}"#;

#[tokio::test]
async fn an_association_is_made_with_a_token_that_a_repeated_attempt_keeps() {
    let tries = std::sync::atomic::AtomicU32::new(0);
    let cloud =
        Loopback::start(
            move |_| match tries.fetch_add(1, std::sync::atomic::Ordering::SeqCst) {
                0 => Reply::new(500, r#"{"__type":"ServerException","message":"later"}"#),
                _ => Reply::new(200, WHOLE),
            },
        )
        .await;
    let new = NewAssociation {
        namespace: "apps".to_owned(),
        service_account: "reader".to_owned(),
        role_arn: "arn:aws:iam::1:role/r".to_owned(),
        is_without_session_tags: true,
        policy: Some("{}".to_owned()),
        tags: [("a".to_owned(), "b".to_owned())].into(),
        ..NewAssociation::default()
    };
    let made = eks(&cloud)
        .await
        .create_pod_identity_association("prod", &new)
        .await
        .unwrap();
    let expected = PodIdentityAssociation {
        id: "a-1".to_owned(),
        arn: "arn:a".to_owned(),
        namespace: "apps".to_owned(),
        service_account: "reader".to_owned(),
        role_arn: "arn:aws:iam::1:role/r".to_owned(),
        is_without_session_tags: true,
        policy: Some("{}".to_owned()),
        tags: new.tags.clone(),
        ..PodIdentityAssociation::default()
    };
    assert_eq!(made, expected);
    let sent: Vec<serde_json::Value> = cloud
        .received()
        .iter()
        .map(|request| serde_json::from_slice(request.body.as_bytes()).unwrap())
        .collect();
    assert_eq!(sent.len(), 2);
    assert_eq!(sent[0], sent[1]);
    assert!(sent[0]["clientRequestToken"].is_string());
    assert!(sent[0].get("targetRoleArn").is_none());
}

#[tokio::test]
async fn what_is_taken_off_is_sent_as_an_empty_text_and_the_role_with_every_change() {
    let cloud = Loopback::start(|_| Reply::new(200, WHOLE)).await;
    let change = AssociationChange {
        role_arn: "arn:aws:iam::1:role/r".to_owned(),
        target_role_arn: ValueChange::Removed,
        ..AssociationChange::default()
    };
    let eks = eks(&cloud).await;
    let changed = eks.update_pod_identity_association("prod", "a-1", &change);
    assert_eq!(changed.await.unwrap().id, "a-1");
    let request = &cloud.received()[0];
    assert_eq!(
        request.target,
        "/clusters/prod/pod-identity-associations/a-1"
    );
    let sent: serde_json::Value = serde_json::from_slice(request.body.as_bytes()).unwrap();
    assert_eq!(sent["roleArn"], "arn:aws:iam::1:role/r");
    assert_eq!(sent["targetRoleArn"], "");
    assert!(sent.get("policy").is_none());
    assert!(sent["clientRequestToken"].is_string());
}

#[tokio::test]
async fn a_step_of_the_mode_is_sent_with_a_token_and_nothing_else_of_the_cluster() {
    let cloud = Loopback::start(|request: &Received| {
        let status = match request.method.as_str() {
            "POST" => "InProgress",
            _ => "Failed",
        };
        let errors = r#""errors":[{"errorCode":"Unknown","errorMessage":"no capacity"}]"#;
        Reply::new(
            200,
            &format!(
                r#"{{"update":{{"id":"u-1","status":"{status}","type":"AccessConfigUpdate",{errors}}}}}"#
            ),
        )
    })
    .await;
    let eks = eks(&cloud).await;
    let begun = eks
        .update_authentication_mode("prod", AuthenticationMode::ApiAndConfigMap)
        .await
        .unwrap();
    assert_eq!(
        (begun.id.as_str(), begun.status),
        ("u-1", UpdateStatus::InProgress)
    );
    let seen = eks.cluster_update("prod", "u-1").await.unwrap().unwrap();
    assert_eq!(seen.status, UpdateStatus::Failed);
    assert_eq!(seen.errors, ["no capacity"]);
    let received = cloud.received();
    assert_eq!(received[0].target, "/clusters/prod/update-config");
    let mut sent: serde_json::Value = serde_json::from_slice(received[0].body.as_bytes()).unwrap();
    let token = sent.as_object_mut().unwrap().remove("clientRequestToken");
    assert!(token.unwrap().is_string());
    let mode = serde_json::json!({"accessConfig": {"authenticationMode": "API_AND_CONFIG_MAP"}});
    assert_eq!(sent, mode);
    assert_eq!(received[1].target, "/clusters/prod/updates/u-1");
}

#[tokio::test]
async fn the_roles_of_managed_nodes_are_read_page_by_page() {
    let cloud = Loopback::start(|request: &Received| {
        let body = match request.target.as_str() {
            "/clusters/prod/node-groups" => r#"{"nodegroups":["a"],"nextToken":"n"}"#,
            "/clusters/prod/node-groups?nextToken=n" => r#"{"nodegroups":["b","gone"]}"#,
            "/clusters/prod/node-groups/a" => r#"{"nodegroup":{"nodeRole":"arn:n"}}"#,
            "/clusters/prod/node-groups/b" => {
                r#"{"nodegroup":{"nodeRole":"arn:w","amiType":"WINDOWS_CORE_2022_x86_64"}}"#
            }
            "/clusters/prod/fargate-profiles" => r#"{"fargateProfileNames":["f"]}"#,
            "/clusters/prod/fargate-profiles/f" => {
                r#"{"fargateProfile":{"podExecutionRoleArn":"arn:f"}}"#
            }
            _ => return Reply::new(404, r#"{"__type":"ResourceNotFoundException"}"#),
        };
        Reply::new(200, body)
    })
    .await;
    let roles = eks(&cloud).await.managed_roles("prod").await.unwrap();
    let named: Vec<(&str, &str)> = roles
        .iter()
        .map(|role| (role.role_arn.as_str(), role.entry_type.as_str()))
        .collect();
    assert_eq!(
        named,
        [
            ("arn:f", "FARGATE_LINUX"),
            ("arn:n", "EC2_LINUX"),
            ("arn:w", "EC2_WINDOWS")
        ]
    );
}
