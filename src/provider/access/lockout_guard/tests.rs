use std::collections::{BTreeMap, BTreeSet};

use eksauth_core::access::cluster_access::Principal;
use eksauth_core::aws_auth::{Change, Section, edit};
use eksauth_core::principal::arn::canonical_caller_arn;
use tf_provider::Severity as Shown;

use super::*;
use crate::aws_auth::fixture::make_role;
use crate::config::Acknowledgements;
use crate::fakes::{ACCOUNT, FakeCloud, FakeRbac, active_cluster};
use crate::ports::StsApi;
use crate::ports::kubernetes::ConfigMap;
use crate::ports::rbac::{Binding, PolicyRule, RbacObjects, Role, Subject};

mod all_at_once;
mod between;
mod calls;
mod cases;
mod entry_goes;
mod mode_rises;
mod own_rights;
mod texts;
mod who_is_left;

const OTHER: &str =
    "- rolearn: arn:aws:iam::111122223333:role/ops\n  username: ops\n  groups: [system:masters]\n";
const VIEWER: &str =
    "- rolearn: arn:aws:iam::111122223333:role/viewer\n  username: viewer\n  groups: [viewers]\n";
const NODE: &str = "- rolearn: arn:aws:iam::111122223333:role/nodes\n  username: system:node:{{EC2PrivateDNSName}}\n  groups: [system:bootstrappers, system:nodes]\n";

/// The entry of whoever the cloud in memory says is calling.
async fn own(cloud: &FakeCloud) -> (String, String) {
    let identity = cloud.sts.caller_identity().await.unwrap();
    let arn = canonical_caller_arn(&identity.arn).unwrap().arn;
    let section = if arn.contains(":user/") {
        "userarn"
    } else {
        "rolearn"
    };
    (
        arn.clone(),
        format!("- {section}: {arn}\n  username: me\n  groups: [system:masters]\n"),
    )
}

fn guard(cloud: &Arc<FakeCloud>, settings: Settings) -> ClusterGuard {
    ClusterGuard {
        cluster: "prod".to_owned(),
        region: "eu-central-1".to_owned(),
        account: "111122223333".to_owned(),
        partition: Some(Partition::Aws),
        mode: AuthenticationMode::ConfigMap,
        created_at: active_cluster("prod", "ABC").created_at,
        access: ClusterAccess::default(),
        roles: Arc::new(RoleListing::new(cloud.session(settings.clone()))),
        role_listing_credentials: RoleListingCredentials::Caller,
        session: cloud.session(settings),
        kube: cloud.kubernetes.clone(),
        eks: cloud.eks.clone(),
        entries: EntryReads::default(),
        facts: Recent::default(),
        later: LaterFacts::default(),
        turn: Arc::default(),
        seen_rbac_changes: AtomicU64::default(),
        judged_write: Mutex::default(),
        seen_entry_changes: AtomicU64::default(),
        has_said_protected: AtomicBool::new(false),
        planned: tokio::sync::Mutex::default(),
    }
}

fn readable(cloud: &FakeCloud, has_nodes: bool) {
    cloud.kubernetes.set_rbac(FakeRbac {
        objects: Some(RbacObjects::default()),
        has_nodes: Some(has_nodes),
    });
    for name in [
        "ops", "admins", "admins2", "last", "viewer", "nodes", "applies",
    ] {
        make_role(&cloud.iam, ACCOUNT, "/", name);
    }
}

async fn judge(
    guard: &ClusterGuard,
    before: &str,
    after: &str,
) -> Result<Diagnostics, Diagnostics> {
    let data = |text: &str| {
        let key = if text.contains("userarn") {
            "mapUsers"
        } else {
            "mapRoles"
        };
        let both = [("mapRoles".to_owned(), text.to_owned())];
        let mut data = BTreeMap::from(both);
        if key == "mapUsers" {
            let (roles, users): (Vec<&str>, Vec<&str>) = text
                .split_inclusive("]\n")
                .partition(|item| item.contains("rolearn"));
            data = BTreeMap::from([
                ("mapRoles".to_owned(), roles.concat()),
                ("mapUsers".to_owned(), users.concat()),
            ]);
        }
        data
    };
    let resources = ["eksauth_aws_auth_role of `arn`".to_owned()];
    let (before, after) = (data(before), data(after));
    guard
        .judge(Proposal {
            cluster: "prod",
            before: &before,
            after: &after,
            resources: &resources,
            keeps_others: false,
            keeps_access: false,
        })
        .await
}

#[tokio::test]
async fn a_change_that_takes_nothing_away_asks_nothing() {
    let cloud = Arc::new(FakeCloud::default());
    let guard = guard(&cloud, FakeCloud::settings());
    let judged = judge(&guard, OTHER, &format!("{OTHER}{VIEWER}")).await;
    assert_eq!(judged, Ok(Diagnostics::new()));
    assert_eq!(cloud.sts.calls.take(), Vec::<String>::new());
}

#[tokio::test]
async fn who_applies_is_told_apart_from_who_plans() {
    let cloud = Arc::new(FakeCloud::default());
    readable(&cloud, false);
    let applies = "arn:aws:iam::111122223333:role/applies";
    let settings = Settings {
        apply_principal_arns: [applies.to_owned()].into(),
        ..FakeCloud::settings()
    };
    let (you, own) = own(&cloud).await;
    let entry = format!("- rolearn: {applies}\n  username: ci\n  groups: [system:masters]\n");
    let before = format!("{OTHER}{own}{entry}");
    let error = judge(&guard(&cloud, settings), &before, &format!("{OTHER}{own}"))
        .await
        .unwrap_err();
    let shown = &error.iter().next().unwrap().detail;
    for words in [
        format!("{applies} (applies this plan)"),
        format!("{you} (you)"),
        format!("EKSAUTH_LOCKOUT_ACK=prod:lockout.running-identity:{applies}"),
    ] {
        assert!(shown.contains(&words), "{words} is missing in:\n{shown}");
    }
}

#[tokio::test]
async fn ones_own_entry_is_refused_with_the_words_that_mean_it() {
    let cloud = Arc::new(FakeCloud::default());
    readable(&cloud, false);
    let (arn, entry) = own(&cloud).await;
    let error = judge(
        &guard(&cloud, FakeCloud::settings()),
        &format!("{OTHER}{entry}"),
        OTHER,
    )
    .await
    .unwrap_err();
    let shown = error.iter().next().unwrap();
    assert_eq!(
        (shown.severity, shown.summary.as_str()),
        (Shown::Error, "This Change Locks You Out")
    );
    for words in [
        format!("{arn} (you)"),
        "me · system:masters".to_owned(),
        "no access".to_owned(),
        "Nothing of this change was written; other changes of this apply may have been.".to_owned(),
        format!("EKSAUTH_LOCKOUT_ACK=prod:lockout.running-identity:{arn}"),
        "the cluster's creator may have an admin access that no API shows".to_owned(),
    ] {
        assert!(
            shown.detail.contains(&words),
            "{words} is missing in:\n{}",
            shown.detail
        );
    }
}

#[tokio::test]
async fn an_acknowledged_finding_passes_and_another_one_does_not() {
    let cloud = Arc::new(FakeCloud::default());
    readable(&cloud, false);
    let (arn, entry) = own(&cloud).await;
    let meant = |text: &str| Settings {
        acknowledgements: Acknowledgements::parse(text),
        ..FakeCloud::settings()
    };
    let before = format!("{OTHER}{entry}");
    let exact = guard(
        &cloud,
        meant(&format!("prod:lockout.running-identity:{arn}")),
    );
    assert!(judge(&exact, &before, OTHER).await.is_ok());
    let last_admin_too = judge(&exact, &before, VIEWER).await.unwrap_err();
    assert!(
        last_admin_too
            .iter()
            .any(|shown| shown.summary == "The Last Cluster Admin Goes")
    );
    let elsewhere = guard(
        &cloud,
        meant(&format!("stage:lockout.running-identity:{arn}")),
    );
    assert!(judge(&elsewhere, &before, OTHER).await.is_err());
    let down = guard(&cloud, meant("prod:destroy"));
    assert!(judge(&down, &before, "[]").await.is_ok());
    // What adds or changes something takes nothing down.
    assert!(judge(&down, &before, VIEWER).await.is_err());
    let data = |text: &str| BTreeMap::from([("mapRoles".to_owned(), text.to_owned())]);
    let of_map = Proposal {
        cluster: "prod",
        before: &data(&before),
        after: &data("[]"),
        resources: &["`eksauth_aws_auth`".to_owned()],
        keeps_others: false,
        keeps_access: false,
    };
    assert!(
        down.judge(of_map).await.is_err(),
        "a map that is destroyed writes nothing"
    );
}

#[tokio::test]
async fn nodes_are_protected_while_there_are_any() {
    let cloud = Arc::new(FakeCloud::default());
    let before = format!("{OTHER}{NODE}");
    readable(&cloud, true);
    let error = judge(&guard(&cloud, FakeCloud::settings()), &before, OTHER)
        .await
        .unwrap_err();
    assert!(
        error
            .iter()
            .any(|shown| shown.summary == "Nodes Lose Their Access")
    );
    readable(&cloud, false);
    assert!(
        judge(&guard(&cloud, FakeCloud::settings()), &before, OTHER)
            .await
            .is_ok()
    );
}

#[tokio::test]
async fn warn_shows_what_error_refuses_and_suppressed_warnings_are_not_shown() {
    let cloud = Arc::new(FakeCloud::default());
    readable(&cloud, false);
    let (arn, entry) = own(&cloud).await;
    let warn = Settings {
        lockout_guard: LockoutGuard::Warn,
        ..FakeCloud::settings()
    };
    let shown = judge(&guard(&cloud, warn), &format!("{OTHER}{entry}"), OTHER)
        .await
        .unwrap();
    let titles: Vec<(Shown, &str)> = shown
        .iter()
        .map(|shown| (shown.severity, shown.summary.as_str()))
        .collect();
    let title = format!("This Change Locks You Out: {arn}");
    assert_eq!(titles, [(Shown::Warning, title.as_str())]);
    let reduced = format!("{OTHER}{VIEWER}");
    let shown = judge(&guard(&cloud, FakeCloud::settings()), &reduced, OTHER)
        .await
        .unwrap();
    assert_eq!(shown.iter().count(), 1);
    let quiet = Settings {
        suppress_findings: BTreeSet::from(["lockout.reduced-access".to_owned()]),
        ..FakeCloud::settings()
    };
    assert_eq!(
        judge(&guard(&cloud, quiet), &reduced, OTHER).await,
        Ok(Diagnostics::new())
    );
}

#[tokio::test]
async fn strict_counts_what_cannot_be_read_against_the_change_and_names_it() {
    let cloud = Arc::new(FakeCloud::default());
    let arn = "arn:aws:iam::111122223333:role/viewer";
    let settings = |lockout_guard| Settings {
        lockout_guard,
        protected_principals: vec![arn.to_owned()],
        ..FakeCloud::settings()
    };
    assert_eq!(Principal::from_arn(arn).arn, arn);
    let mut strict = guard(&cloud, settings(LockoutGuard::Strict));
    strict.mode = AuthenticationMode::ApiAndConfigMap;
    cloud.deny("eks:ListAccessEntries");
    cloud.deny("eks:DescribeAccessEntry");
    let before = format!("{OTHER}{VIEWER}");
    let error = judge(&strict, &before, OTHER).await.unwrap_err();
    assert!(
        error
            .iter()
            .any(|shown| shown.summary == "Access Cannot Be Judged"
                && shown.detail.contains("eks:ListAccessEntries"))
    );
}

#[tokio::test]
async fn what_was_read_before_another_change_of_the_apply_is_not_believed_after_it() {
    let cloud = Arc::new(FakeCloud::default());
    let everything = || vec!["*".to_owned()];
    let cluster_admin = Role {
        name: "cluster-admin".to_owned(),
        rules: vec![PolicyRule {
            verbs: everything(),
            api_groups: everything(),
            resources: everything(),
            resource_names: Vec::new(),
        }],
        ..Role::default()
    };
    let admins = Binding {
        refers_to_cluster_role: true,
        role: cluster_admin.name.clone(),
        subjects: vec![Subject::Group("admins".to_owned())],
    };
    cloud.kubernetes.set_rbac(FakeRbac {
        objects: Some(RbacObjects {
            cluster_roles: vec![cluster_admin],
            cluster_role_bindings: vec![admins],
            ..RbacObjects::default()
        }),
        has_nodes: Some(false),
    });
    let guard = guard(&cloud, FakeCloud::settings());
    let admin =
        "- rolearn: arn:aws:iam::111122223333:role/ops\n  username: ops\n  groups: [admins]\n";
    let last = "- rolearn: arn:aws:iam::111122223333:role/last\n  username: last\n  groups: [system:masters]\n";
    let before = format!("{admin}{last}");
    judge(&guard, &before, admin).await.unwrap();
    readable(&cloud, false);
    cloud.clock.advance(std::time::Duration::from_secs(3));
    let refused = judge(&guard, &before, admin).await.unwrap_err();
    assert!(
        refused
            .iter()
            .any(|shown| shown.detail.contains("lockout.last-admin")),
        "{refused:?}"
    );
}

#[tokio::test]
async fn a_planned_removal_is_judged_as_its_write_would_be() {
    let cloud = Arc::new(FakeCloud::default());
    readable(&cloud, true);
    let (_, entry) = own(&cloud).await;
    let roles = format!("{OTHER}{NODE}{VIEWER}");
    let section = if entry.contains("userarn") {
        "mapUsers"
    } else {
        "mapRoles"
    };
    let mut texts = BTreeMap::from([("mapRoles".to_owned(), roles)]);
    texts
        .entry(section.to_owned())
        .or_default()
        .push_str(&entry);
    let document = Document::new(Some(ConfigMap {
        data: texts.clone(),
        resource_version: "1".to_owned(),
        ..ConfigMap::default()
    }));
    let resources = ["eksauth_aws_auth_role of `arn`".to_owned()];
    for section in [Section::MapRoles, Section::MapUsers] {
        for index in 0..document.reading().section(section).len() {
            let changes = [Change::Remove {
                section,
                index,
                undo: None,
            }];
            let mut after = texts.clone();
            for (section, text) in edit(&texts, &changes).unwrap().sections {
                after.insert(section.key().to_owned(), text.unwrap_or_default());
            }
            let guard = guard(&cloud, FakeCloud::settings());
            let intention = Intention {
                cluster: "prod",
                before: &document,
                changes: &changes,
                resources: &resources,
                keeps_others: false,
                keeps_access: false,
                scope: PlanScope::Alone,
            };
            let written = Proposal {
                cluster: "prod",
                before: &texts,
                after: &after,
                resources: &resources,
                keeps_others: false,
                keeps_access: false,
            };
            assert_eq!(guard.preview(intention).await, guard.judge(written).await);
        }
    }
}
