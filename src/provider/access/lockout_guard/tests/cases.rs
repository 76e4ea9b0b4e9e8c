//! Cases in which somebody was locked out, or refused without need.

use eksauth_core::access::access_policy::AccessPolicy;

use super::*;
use crate::fakes::{FakeReviews, active_cluster};
use crate::ports::access_review::ReviewedUser;
use crate::ports::eks::Cluster;

pub(super) const ADMINS: &str = "arn:aws:iam::111122223333:role/admins";
pub(super) const WRITES: &[&str] = &["patch configmaps"];
pub(super) const DOES_ALL: &[&str] = &["patch configmaps", "* *"];

pub(super) fn entry(arn: &str, username: &str, group: &str) -> String {
    let field = if arn.contains(":user/") {
        "userarn"
    } else {
        "rolearn"
    };
    format!("- {field}: {arn}\n  username: {username}\n  groups: [{group}]\n")
}

pub(super) fn admins() -> String {
    entry(ADMINS, "admin", "system:masters")
}

/// The API server names whoever acts, and says what it may do.
pub(super) fn acts(cloud: &FakeCloud, arn: Option<&str>, may: &[&str]) {
    let extra = arn.map(|arn| {
        BTreeMap::from([
            ("canonicalArn".to_owned(), vec![arn.to_owned()]),
            ("sessionName".to_owned(), vec!["s1".to_owned()]),
        ])
    });
    let user = ReviewedUser {
        username: if extra.is_some() {
            "somebody"
        } else {
            "system:serviceaccount:ci:runner"
        }
        .to_owned(),
        groups: vec!["system:authenticated".to_owned()],
        extra: extra.unwrap_or_default(),
    };
    cloud.kubernetes.set_reviews(FakeReviews {
        user: Some(user),
        may: Some(may.iter().map(|what| (*what).to_owned()).collect()),
        is_remembered: false,
        others: None,
    });
}

pub(super) fn put_cluster(cloud: &FakeCloud) {
    cloud.eks.put(Cluster {
        authentication_mode: Some(AuthenticationMode::ApiAndConfigMap),
        ..active_cluster("prod", "A")
    });
}

pub(super) fn strict() -> Settings {
    Settings {
        lockout_guard: LockoutGuard::Strict,
        ..FakeCloud::settings()
    }
}

/// The ids of a refusal, in order.
pub(super) fn refused(judged: Result<Diagnostics, Diagnostics>) -> Vec<String> {
    ids_in(&judged.expect_err("it was let pass"))
}

pub(super) fn ids_in(said: &Diagnostics) -> Vec<String> {
    said.iter()
        .flat_map(|shown| shown.detail.lines())
        .filter_map(|line| line.strip_prefix("Finding: "))
        .map(str::to_owned)
        .collect()
}

pub(super) fn text_of(said: &Diagnostics) -> String {
    said.iter().map(|shown| shown.detail.clone()).collect()
}

#[tokio::test]
async fn case_01_kubernetes_role() {
    let cloud = Arc::new(FakeCloud::default());
    readable(&cloud, false);
    acts(&cloud, Some(ADMINS), DOES_ALL);
    let second = entry(
        "arn:aws:iam::111122223333:role/admins2",
        "two",
        "system:masters",
    );
    let both = format!("{}{second}", admins());
    let judged = judge(&guard(&cloud, FakeCloud::settings()), &both, &second).await;
    let error = judged.unwrap_err();
    assert_eq!(ids_in(&error), ["lockout.running-identity"]);
    assert!(text_of(&error).contains(ADMINS));
    let demoted = format!("{}{second}", entry(ADMINS, "admin", "viewers"));
    let judged = judge(&guard(&cloud, FakeCloud::settings()), &both, &demoted).await;
    assert_eq!(refused(judged), ["lockout.running-identity"]);
}

#[tokio::test]
async fn case_01_where_the_api_server_is_too_old_to_say_who_acts() {
    let cloud = Arc::new(FakeCloud::default());
    readable(&cloud, false);
    let mut guard = guard(&cloud, FakeCloud::settings());
    guard.access.kubernetes_role_arn =
        Some("arn:aws:iam::111122223333:role/teams/admins".to_owned());
    let judged = judge(&guard, &format!("{}{OTHER}", admins()), OTHER).await;
    assert_eq!(refused(judged), ["lockout.running-identity"]);
}

#[tokio::test]
async fn case_22_refused_for_the_wrong_identity() {
    let cloud = Arc::new(FakeCloud::default());
    readable(&cloud, false);
    acts(&cloud, Some(ADMINS), DOES_ALL);
    let (_, caller) = own(&cloud).await;
    let before = format!(
        "{}{}",
        admins(),
        caller.replace("system:masters", "viewers")
    );
    let said = judge(&guard(&cloud, FakeCloud::settings()), &before, &admins())
        .await
        .unwrap();
    assert_eq!(ids_in(&said), ["lockout.reduced-access"]);
}

#[tokio::test]
async fn case_02_entries_unreadable() {
    let cloud = Arc::new(FakeCloud::default());
    readable(&cloud, false);
    acts(&cloud, Some(ADMINS), DOES_ALL);
    put_cluster(&cloud);
    cloud.deny("eks:ListAccessEntries");
    let in_both_modes = |settings| {
        let mut guard = guard(&cloud, settings);
        guard.mode = AuthenticationMode::ApiAndConfigMap;
        guard
    };
    // The one entry that counts may be described: there is none, so the change is judged as it is.
    let judged = judge(&in_both_modes(FakeCloud::settings()), &admins(), "[]").await;
    assert_eq!(
        refused(judged),
        ["lockout.running-identity", "lockout.last-admin"]
    );
    cloud.deny("eks:DescribeAccessEntry");
    let error = judge(&in_both_modes(FakeCloud::settings()), &admins(), "[]")
        .await
        .unwrap_err();
    assert!(ids_in(&error).contains(&"lockout.running-identity".to_owned()));
    assert!(
        text_of(&error).contains("eks:ListAccessEntries"),
        "{error:?}"
    );
}

#[tokio::test]
async fn an_entry_of_the_running_identity_keeps_it_in_where_the_list_is_refused() {
    let cloud = Arc::new(FakeCloud::default());
    readable(&cloud, false);
    acts(&cloud, Some(ADMINS), DOES_ALL);
    put_cluster(&cloud);
    cloud.eks.admit(AccessEntry {
        created_at: None,
        principal_arn: ADMINS.to_owned(),
        kind: "STANDARD".to_owned(),
        username: "admin".to_owned(),
        groups: Vec::new(),
        policies: Vec::new(),
    });
    let policy = "arn:aws:eks::aws:cluster-access-policy/AmazonEKSClusterAdminPolicy";
    cloud.eks.associate(
        ADMINS,
        AccessPolicy {
            policy_arn: policy.to_owned(),
            namespaces: Vec::new(),
        },
    );
    cloud.deny("eks:ListAccessEntries");
    let mut guard = guard(&cloud, FakeCloud::settings());
    guard.mode = AuthenticationMode::ApiAndConfigMap;
    let said = judge(&guard, &admins(), "[]").await.unwrap();
    assert_eq!(ids_in(&said), Vec::<String>::new());
}

#[tokio::test]
async fn case_03_sts_unreachable() {
    let cloud = Arc::new(FakeCloud::default());
    readable(&cloud, false);
    cloud.sts.calls.deny("sts:GetCallerIdentity");
    let before = format!("{}{OTHER}", admins());
    let said = judge(&guard(&cloud, FakeCloud::settings()), &before, OTHER)
        .await
        .unwrap();
    assert!(
        ids_in(&said).contains(&"lockout.unreadable".to_owned()),
        "{said:?}"
    );
    assert!(text_of(&said).contains("it is not known who makes this change"));
    let judged = judge(&guard(&cloud, strict()), &before, OTHER).await;
    assert!(refused(judged).contains(&"lockout.unreadable".to_owned()));
    // The API server knows without STS being asked by us.
    acts(&cloud, Some(ADMINS), DOES_ALL);
    let judged = judge(&guard(&cloud, FakeCloud::settings()), &before, OTHER).await;
    assert_eq!(refused(judged), ["lockout.running-identity"]);
}

#[tokio::test]
async fn case_04_strict_without_rbac() {
    let cloud = Arc::new(FakeCloud::default());
    let pipeline = "arn:aws:iam::111122223333:role/pipeline";
    for name in ["pipeline", "platform"] {
        make_role(&cloud.iam, ACCOUNT, "/", name);
    }
    acts(&cloud, Some(pipeline), WRITES);
    let own = entry(pipeline, "pipeline", "aws-auth-editors");
    let platform = entry(
        "arn:aws:iam::111122223333:role/platform",
        "platform",
        "platform-admins",
    );
    let before = format!("{own}{platform}");
    let error = judge(&guard(&cloud, strict()), &before, &own)
        .await
        .unwrap_err();
    assert!(ids_in(&error).contains(&"lockout.last-admin".to_owned()));
    assert!(text_of(&error).contains("list clusterroles"), "{error:?}");
    let said = judge(&guard(&cloud, FakeCloud::settings()), &before, &own)
        .await
        .unwrap();
    assert!(text_of(&said).contains("list clusterroles"), "{said:?}");
    let demoted = format!("{}{platform}", entry(pipeline, "pipeline", "viewers"));
    for settings in [strict(), FakeCloud::settings()] {
        let judged = judge(&guard(&cloud, settings), &before, &demoted).await;
        assert!(refused(judged).contains(&"lockout.running-identity".to_owned()));
    }
}

#[tokio::test]
async fn who_is_admitted_by_no_entry_is_left_as_an_admin_if_the_api_server_says_so() {
    let cloud = Arc::new(FakeCloud::default());
    readable(&cloud, false);
    for who in [Some("arn:aws:iam::111122223333:user/terraform"), None] {
        acts(&cloud, who, DOES_ALL);
        let said = judge(&guard(&cloud, FakeCloud::settings()), &admins(), "[]")
            .await
            .unwrap();
        assert_eq!(
            ids_in(&said),
            ["lockout.last-admin", "lockout.reduced-access"]
        );
        assert!(text_of(&said).contains("whoever makes this change is left"));
        acts(&cloud, who, WRITES);
        let judged = judge(&guard(&cloud, FakeCloud::settings()), &admins(), "[]").await;
        assert_eq!(refused(judged), ["lockout.last-admin"]);
    }
}

#[tokio::test]
async fn last_admin_is_a_role_that_is_gone() {
    let cloud = Arc::new(FakeCloud::default());
    readable(&cloud, false);
    acts(
        &cloud,
        Some("arn:aws:iam::111122223333:user/terraform"),
        WRITES,
    );
    let ghost = entry(
        "arn:aws:iam::111122223333:role/left-the-company",
        "ghost",
        "system:masters",
    );
    let before = format!("{}{ghost}", admins());
    let judged = judge(&guard(&cloud, FakeCloud::settings()), &before, &ghost).await;
    assert_eq!(refused(judged), ["lockout.last-admin"]);
    cloud.deny("iam:ListRoles");
    let said = judge(&guard(&cloud, FakeCloud::settings()), &before, &ghost)
        .await
        .unwrap();
    assert!(
        text_of(&said).contains("`iam:ListRoles` is missing"),
        "{said:?}"
    );
}

#[tokio::test]
async fn the_api_server_is_asked_once_and_only_what_the_judgement_turns_on() {
    let cloud = Arc::new(FakeCloud::default());
    readable(&cloud, true);
    acts(&cloud, Some(ADMINS), DOES_ALL);
    let guard = guard(&cloud, FakeCloud::settings());
    judge(&guard, OTHER, &format!("{OTHER}{VIEWER}"))
        .await
        .unwrap();
    assert_eq!(cloud.kubernetes.take_reviewed(), Vec::<String>::new());
    let before = format!("{}{OTHER}{VIEWER}", admins());
    for _ in 0..3 {
        judge(&guard, &before, &format!("{}{OTHER}", admins()))
            .await
            .unwrap();
    }
    assert_eq!(cloud.kubernetes.take_reviewed(), ["selfsubjectreviews"]);
    assert!(!cloud.kubernetes.asked().contains("list nodes"));
}

#[tokio::test]
async fn a_protected_principal_that_names_nobody_is_told_at_once_and_once() {
    let cloud = Arc::new(FakeCloud::default());
    let guard = guard(
        &cloud,
        Settings {
            protected_principals: vec!["arn:aws:iam::111122223333:role/break-glas".to_owned()],
            ..FakeCloud::settings()
        },
    );
    let more = format!("{OTHER}{VIEWER}");
    let said = judge(&guard, OTHER, &more).await.unwrap();
    assert_eq!(ids_in(&said), ["lockout.protected-without-access"]);
    assert!(text_of(&said).contains("role/break-glas"));
    let again = judge(&guard, OTHER, &more).await.unwrap();
    assert_eq!(again, Diagnostics::new());
    assert_eq!(cloud.kubernetes.take_reviewed(), Vec::<String>::new());
}

#[tokio::test]
async fn where_rbac_is_not_read_the_api_server_is_asked_about_single_users_if_that_is_granted() {
    let cloud = Arc::new(FakeCloud::default());
    let pipeline = "arn:aws:iam::111122223333:role/pipeline";
    make_role(&cloud.iam, ACCOUNT, "/", "pipeline");
    acts(&cloud, Some(pipeline), WRITES);
    let demoted = entry(pipeline, "pipeline", "menders");
    let before = format!("{OTHER}{}", entry(pipeline, "pipeline", "editors"));
    let after = format!("{OTHER}{demoted}");
    let judged = judge(&guard(&cloud, FakeCloud::settings()), &before, &after).await;
    assert_eq!(refused(judged), ["lockout.running-identity"]);
    cloud.kubernetes.set_reviews(FakeReviews {
        others: Some(BTreeSet::from(["menders patch configmaps".to_owned()])),
        ..cloud.kubernetes.reviews()
    });
    let said = judge(&guard(&cloud, FakeCloud::settings()), &before, &after)
        .await
        .unwrap();
    assert_eq!(ids_in(&said), ["lockout.reduced-access"]);
}

#[test]
fn who_is_bound_to_less_is_no_reason_against_a_teardown_of_bindings() {
    let principal = Principal::from_arn("arn:aws:iam::111122223333:role/dev");
    let changed = eksauth_core::access::lockout::Comparison {
        principal,
        before: eksauth_core::access::cluster_access::Access::None,
        after: eksauth_core::access::cluster_access::Access::None,
        change: eksauth_core::access::lockout::AccessChange::Changes,
    };
    let mut assessment = Assessment {
        comparisons: vec![changed],
        ..Assessment::default()
    };
    assert!(!is_teardown(&assessment, false));
    assert!(is_teardown(&assessment, true));
    assessment.findings.push(Finding {
        id: FindingId::ModeIgnoresAwsAuth,
        severity: Severity::Error,
        cluster: "prod".to_owned(),
        arn: String::new(),
        reason: String::new(),
        notes: Vec::new(),
    });
    assert!(!is_teardown(&assessment, true));
}
