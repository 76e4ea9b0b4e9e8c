//! What a judgement costs: cheap evidence that is enough ends the chain of questions.

use eksauth_core::access::access_policy::AccessPolicy;
use eksauth_core::aws_auth::Change;

use super::cases::{ADMINS, DOES_ALL, WRITES, acts, admins, entry, ids_in, put_cluster, refused};
use super::*;

const CREATOR: &str = "arn:aws:iam::111122223333:user/creator";
const CLUSTER_ADMIN: &str = "arn:aws:eks::aws:cluster-access-policy/AmazonEKSClusterAdminPolicy";

/// Every call since this was asked last.
fn calls(cloud: &FakeCloud) -> Vec<String> {
    let aws = [&cloud.eks.calls, &cloud.iam.calls, &cloud.sts.calls];
    let mut made: Vec<String> = aws.iter().flat_map(|calls| calls.take()).collect();
    made.extend(cloud.kubernetes.take_requests());
    made
}

/// Entries of a thousand people who are no administrators.
fn thousand() -> String {
    (0..1_000)
        .map(|number| {
            let arn = format!("arn:aws:iam::111122223333:role/team-{number}");
            entry(&arn, "team", "viewers")
        })
        .collect()
}

/// What a plan says of one entry's removal from a document.
async fn removal(guard: &ClusterGuard, roles: &str, arn: &str) -> Result<Diagnostics, Diagnostics> {
    let document = Document::new(Some(ConfigMap {
        data: BTreeMap::from([("mapRoles".to_owned(), roles.to_owned())]),
        resource_version: "1".to_owned(),
        ..ConfigMap::default()
    }));
    let found = document.find(Section::MapRoles, arn);
    let changes = [Change::Remove {
        section: Section::MapRoles,
        index: found.first().unwrap().index,
        undo: None,
    }];
    guard
        .preview(Intention {
            cluster: "prod",
            before: &document,
            changes: &changes,
            resources: &[],
            keeps_others: false,
            keeps_access: false,
            scope: PlanScope::Alone,
        })
        .await
}

fn with_entries(cloud: &Arc<FakeCloud>) -> ClusterGuard {
    put_cluster(cloud);
    ClusterGuard {
        mode: AuthenticationMode::ApiAndConfigMap,
        ..guard(cloud, FakeCloud::settings())
    }
}

/// As many access entries as EKS allows; the last two are administrators, of whom the first is gone.
fn three_thousand(cloud: &FakeCloud) {
    let role = |name: &str| format!("arn:aws:iam::111122223333:role/people/{name}");
    let admit = |name: &str| {
        cloud.eks.admit(AccessEntry {
            created_at: None,
            principal_arn: role(name),
            kind: "STANDARD".to_owned(),
            username: name.to_owned(),
            groups: Vec::new(),
            policies: Vec::new(),
        });
    };
    for number in 0..2_998 {
        admit(&format!("person-{number}"));
    }
    make_role(&cloud.iam, ACCOUNT, "/people/", "person-2997");
    for name in ["gone", "living"] {
        admit(name);
        cloud.eks.associate(
            &role(name),
            AccessPolicy {
                policy_arn: CLUSTER_ADMIN.to_owned(),
                namespaces: Vec::new(),
            },
        );
    }
    make_role(&cloud.iam, ACCOUNT, "/people/", "living");
}

#[tokio::test]
async fn nothing_taken_away_costs_nothing_whatever_there_is() {
    let cloud = Arc::new(FakeCloud::default());
    readable(&cloud, true);
    three_thousand(&cloud);
    let guard = with_entries(&cloud);
    calls(&cloud);
    let roles = thousand();
    let judged = judge(&guard, &roles, &format!("{roles}{VIEWER}")).await;
    assert_eq!(judged, Ok(Diagnostics::new()));
    assert_eq!(calls(&cloud), Vec::<String>::new());
}

#[tokio::test]
async fn one_of_a_thousand_entries_goes_and_an_admin_who_exists_is_left() {
    let cloud = Arc::new(FakeCloud::default());
    readable(&cloud, true);
    acts(&cloud, Some(ADMINS), WRITES);
    let roles = format!("{}{OTHER}{}", thousand(), admins());
    for arn in [
        "arn:aws:iam::111122223333:role/team-500",
        "arn:aws:iam::111122223333:role/ops",
    ] {
        let guard = guard(&cloud, FakeCloud::settings());
        let said = removal(&guard, &roles, arn).await.unwrap();
        assert_eq!(ids_in(&said), ["lockout.reduced-access"]);
        assert_eq!(calls(&cloud), ["ListRoles /", "selfsubjectreviews"]);
    }
}

#[tokio::test]
async fn the_last_admin_goes_and_whoever_acts_is_the_creator() {
    let cloud = Arc::new(FakeCloud::default());
    readable(&cloud, true);
    acts(&cloud, Some(CREATOR), DOES_ALL);
    let roles = format!("{}{}", thousand(), admins());
    let guard = guard(&cloud, FakeCloud::settings());
    let said = removal(&guard, &roles, ADMINS).await.unwrap();
    assert_eq!(
        ids_in(&said),
        ["lockout.last-admin", "lockout.reduced-access"]
    );
    assert_eq!(
        calls(&cloud),
        [
            "ListRoles /",
            "selfsubjectreviews",
            "list clusterroles",
            "list clusterrolebindings",
            "* *",
            "selfsubjectreviews anew",
        ]
    );
}

#[tokio::test]
async fn whoever_acts_has_other_groups_than_before() {
    let cloud = Arc::new(FakeCloud::default());
    readable(&cloud, false);
    acts(&cloud, Some(ADMINS), WRITES);
    let roles = thousand();
    let with = |group: &str| format!("{roles}{OTHER}{}", entry(ADMINS, "admin", group));
    for before in ["system:masters", "editors"] {
        let judged = judge(
            &guard(&cloud, FakeCloud::settings()),
            &with(before),
            &with("viewers"),
        )
        .await;
        assert_eq!(refused(judged), ["lockout.running-identity"]);
        let made = calls(&cloud);
        let (of_mode, others): (Vec<&String>, Vec<&String>) = made
            .iter()
            .partition(|call| *call == "DescribeCluster prod");
        assert_eq!(of_mode.len(), 1, "{made:?}");
        assert!(others.len() <= 6, "{made:?}");
    }
}

#[tokio::test]
async fn one_of_three_thousand_access_entries_is_an_admin_who_exists() {
    let cloud = Arc::new(FakeCloud::default());
    readable(&cloud, true);
    acts(&cloud, Some(ADMINS), WRITES);
    three_thousand(&cloud);
    let guard = with_entries(&cloud);
    calls(&cloud);
    let viewer = "arn:aws:iam::111122223333:role/viewer";
    let said = removal(&guard, &format!("{OTHER}{VIEWER}"), viewer).await;
    assert_eq!(ids_in(&said.unwrap()), ["lockout.reduced-access"]);
    let made = calls(&cloud);
    assert!(made.len() <= 10, "{made:?}");
    cloud.clock.advance(std::time::Duration::from_secs(60));
    let ops = "arn:aws:iam::111122223333:role/ops";
    let said = removal(&guard, OTHER, ops).await;
    assert_eq!(ids_in(&said.unwrap()), ["lockout.reduced-access"]);
    let made = calls(&cloud);
    assert!(made.len() <= 10, "{made:?}");
}

#[tokio::test]
async fn whoever_has_an_access_entry_loses_nothing_by_aws_auth_and_is_no_admin_by_it() {
    let cloud = Arc::new(FakeCloud::default());
    readable(&cloud, true);
    acts(&cloud, Some(CREATOR), WRITES);
    three_thousand(&cloud);
    let hidden = "arn:aws:iam::111122223333:role/person-2997";
    let guard = with_entries(&cloud);
    calls(&cloud);
    let both = format!("{OTHER}{}", entry(hidden, "person", "system:masters"));
    let said = removal(&guard, &both, hidden).await;
    assert_eq!(said, Ok(Diagnostics::new()));
    let made = calls(&cloud);
    assert!(made.len() <= 10, "{made:?}");
    // The administrators by a policy are gone, and who is hidden by an entry without any is not one.
    cloud.iam.remove_role("living");
    cloud.clock.advance(std::time::Duration::from_secs(60));
    let ops = "arn:aws:iam::111122223333:role/ops";
    let judged = removal(&guard, &both, ops).await;
    assert_eq!(refused(judged), ["lockout.last-admin"]);
    let made = calls(&cloud);
    assert!(made.len() <= 16, "{made:?}");
}

#[tokio::test]
async fn many_removals_list_everybody_instead_of_asking_for_each() {
    let cloud = Arc::new(FakeCloud::default());
    readable(&cloud, true);
    acts(&cloud, Some(ADMINS), WRITES);
    three_thousand(&cloud);
    let guard = with_entries(&cloud);
    calls(&cloud);
    let roles = thousand();
    judge(&guard, &format!("{OTHER}{roles}"), OTHER)
        .await
        .unwrap();
    let made = calls(&cloud);
    assert!(made.len() <= 40, "{} calls: {made:?}", made.len());
}
