//! What the lock-out guard makes of a step.

use eksauth_core::principal::arn::canonical_caller_arn;

use super::*;
use crate::aws_auth::fixture::make_role;
use crate::fakes::ACCOUNT;
use crate::ports::StsApi;

const OPS: &str = "arn:aws:iam::111122223333:role/ops";

fn entry(arn: &str) -> AccessEntry {
    AccessEntry {
        principal_arn: arn.to_owned(),
        kind: "STANDARD".to_owned(),
        username: "somebody".to_owned(),
        groups: Vec::new(),
        policies: Vec::new(),
        created_at: None,
    }
}

fn admin() -> AccessPolicy {
    AccessPolicy {
        policy_arn: "arn:aws:eks::aws:cluster-access-policy/AmazonEKSClusterAdminPolicy".to_owned(),
        namespaces: Vec::new(),
    }
}

/// Whoever the cloud in memory says is calling.
async fn own(cloud: &FakeCloud) -> String {
    let identity = cloud.sts.caller_identity().await.unwrap();
    canonical_caller_arn(&identity.arn).unwrap().arn
}

/// aws-auth lets whoever acts in, and `ops`.
async fn lived_in() -> Arc<FakeCloud> {
    let cloud = cloud(AuthenticationMode::ApiAndConfigMap);
    let own = own(&cloud).await;
    let (section, key) = match own.contains(":user/") {
        true => ("mapUsers", "userarn"),
        false => ("mapRoles", "rolearn"),
    };
    let me = format!("- {key}: {own}\n  username: me\n  groups: [system:masters]\n");
    let ops = format!("- rolearn: {OPS}\n  username: ops\n  groups: [viewers]\n");
    match section {
        "mapRoles" => cloud
            .kubernetes
            .write(&[("mapRoles", format!("{me}{ops}").as_str())]),
        _ => cloud
            .kubernetes
            .write(&[("mapRoles", ops.as_str()), ("mapUsers", me.as_str())]),
    }
    for name in ["ops", "other"] {
        make_role(&cloud.iam, ACCOUNT, "/", name);
    }
    cloud
}

fn acknowledging(words: &str) -> Settings {
    Settings {
        acknowledgements: Acknowledgements::parse(words),
        ..FakeCloud::settings()
    }
}

async fn refused(resource: &Harness<AuthenticationModeResource>) -> String {
    let failed = resource.create(config("API")).await.unwrap_err();
    format!("{:?}", failed.diagnostics)
}

#[tokio::test]
async fn api_is_refused_while_only_aws_auth_lets_whoever_acts_in() {
    let cloud = lived_in().await;
    let resource = harness(&cloud);
    resource.plan_create(config("API")).await.unwrap();
    let told = format!("{:?}", resource.take_warnings());
    let own = own(&cloud).await;
    assert!(
        told.contains(&own) && told.contains("apply refuses"),
        "{told}"
    );
    let text = refused(&harness(&cloud)).await;
    assert!(text.contains("This Change Locks You Out"), "{text}");
    assert!(text.contains("make an access entry for it"), "{text}");
    assert!(text.contains("role/ops"), "{text}");
    assert_eq!(steps(&cloud), 0);
}

#[tokio::test]
async fn with_access_entries_for_everybody_nothing_is_said() {
    let cloud = lived_in().await;
    let own = own(&cloud).await;
    cloud.eks.admit(entry(&own));
    cloud.eks.associate(&own, admin());
    cloud.eks.admit(AccessEntry {
        username: "ops".to_owned(),
        groups: vec!["viewers".to_owned()],
        ..entry(OPS)
    });
    let resource = harness(&cloud);
    resource.create(config("API")).await.unwrap();
    assert_eq!(cloud.eks.mode("prod"), Some(AuthenticationMode::Api));
}

#[tokio::test]
async fn what_could_not_be_read_refuses_api_unless_it_is_meant() {
    let cloud = lived_in().await;
    cloud.kubernetes.deny("get", "configmaps");
    let text = refused(&harness(&cloud)).await;
    assert!(text.contains("Access Cannot Be Judged"), "{text}");
    assert!(
        text.contains("EKSAUTH_LOCKOUT_ACK=") && text.contains("prod:lockout.unreadable:"),
        "{text}"
    );
    assert_eq!(steps(&cloud), 0);
    let words: String = text
        .split("EKSAUTH_LOCKOUT_ACK=")
        .nth(1)
        .unwrap()
        .split("\\n")
        .next()
        .unwrap()
        .to_owned();
    with_settings(&cloud, acknowledging(&words))
        .create(config("API"))
        .await
        .unwrap();
    assert_eq!(cloud.eks.mode("prod"), Some(AuthenticationMode::Api));
}

#[tokio::test]
async fn the_first_step_takes_nothing_away_even_where_nothing_can_be_read() {
    let cloud = cloud(AuthenticationMode::ConfigMap);
    cloud.kubernetes.deny("get", "configmaps");
    let resource = harness(&cloud);
    resource.create(config("API_AND_CONFIG_MAP")).await.unwrap();
    assert_eq!(steps(&cloud), 1);
}

#[tokio::test]
async fn a_loss_that_is_meant_is_told_with_what_is_left() {
    let cloud = lived_in().await;
    cloud
        .eks
        .admit(entry("arn:aws:iam::111122223333:role/other"));
    cloud
        .eks
        .associate("arn:aws:iam::111122223333:role/other", admin());
    let words = format!("prod:lockout.running-identity:{}", own(&cloud).await);
    let resource = with_settings(&cloud, acknowledging(&words));
    let failed = resource.create(config("API")).await.unwrap_err();
    let text = format!("{:?}", failed.diagnostics);
    assert!(text.contains("Somebody Loses Access"), "{text}");
    assert!(
        text.contains("let it in by an access entry") && steps(&cloud) == 0,
        "{text}"
    );
    let words = format!("{words},prod:lockout.reduced-access:{OPS}");
    let resource = with_settings(&cloud, acknowledging(&words));
    resource.create(config("API")).await.unwrap();
    let told = format!("{:?}", resource.take_warnings());
    assert!(told.contains("The mode cannot go back"), "{told}");
}

#[tokio::test]
async fn a_guard_that_only_warns_lets_a_step_pass() {
    let cloud = lived_in().await;
    let settings = Settings {
        lockout_guard: LockoutGuard::Warn,
        ..FakeCloud::settings()
    };
    let resource = with_settings(&cloud, settings);
    resource.create(config("API")).await.unwrap();
    let told = format!("{:?}", resource.take_warnings());
    assert!(told.contains("This Change Locks You Out"), "{told}");
}

/// The update that was waited for was of the mode, so the step is judged by the mode that there is then.
#[tokio::test]
async fn a_step_after_a_wait_is_judged_by_the_cluster_as_it_is_then() {
    let cloud = lived_in().await;
    let own = own(&cloud).await;
    cloud.eks.admit(entry(&own));
    cloud.eks.associate(&own, admin());
    cloud.eks.admit(AccessEntry {
        username: "ops".to_owned(),
        groups: vec!["viewers".to_owned()],
        ..entry(OPS)
    });
    let looks = |mode, status| Cluster {
        authentication_mode: Some(mode),
        status,
        ..active_cluster("prod", "ABC")
    };
    let (before, after) = (
        looks(AuthenticationMode::ConfigMap, ClusterStatus::Updating),
        looks(AuthenticationMode::ApiAndConfigMap, ClusterStatus::Active),
    );
    let looks = vec![after.clone(), before.clone(), before, after];
    cloud.eks.put_sequence("prod", looks);
    let resource = harness(&cloud);
    resource.create(config("API")).await.unwrap();
    assert_eq!(cloud.eks.mode("prod"), Some(AuthenticationMode::Api));
}
