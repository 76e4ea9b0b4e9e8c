//! aws-auth is written while the mode of its cluster is raised.

use super::cases::{ADMINS, WRITES, acts, admins, ids_in, put_cluster, refused};
use super::*;
use crate::ports::eks::Cluster;

/// Two administrators in aws-auth; an access entry that gives nothing hides the second one in the mode that reads it.
fn cloud() -> Arc<FakeCloud> {
    let cloud = Arc::new(FakeCloud::default());
    readable(&cloud, false);
    acts(
        &cloud,
        Some("arn:aws:iam::111122223333:user/creator"),
        WRITES,
    );
    put_cluster(&cloud);
    cloud.eks.admit(AccessEntry {
        created_at: None,
        principal_arn: "arn:aws:iam::111122223333:role/ops".to_owned(),
        kind: "STANDARD".to_owned(),
        username: "ops".to_owned(),
        groups: Vec::new(),
        policies: Vec::new(),
    });
    cloud
}

#[tokio::test]
async fn a_write_is_judged_in_the_mode_that_came_since_the_cluster_was_found() {
    let cloud = cloud();
    let before = format!("{}{OTHER}", admins());
    let found_before = guard(&cloud, FakeCloud::settings());
    assert_eq!(found_before.mode, AuthenticationMode::ConfigMap);
    let ids = refused(judge(&found_before, &before, OTHER).await);
    assert!(ids.contains(&"lockout.last-admin".to_owned()), "{ids:?}");
}

#[tokio::test]
async fn what_no_longer_counts_may_go() {
    let cloud = cloud();
    cloud.eks.put(Cluster {
        authentication_mode: Some(AuthenticationMode::Api),
        ..active_cluster("prod", "A")
    });
    let guard = guard(&cloud, FakeCloud::settings());
    let said = judge(&guard, &admins(), "[]").await.unwrap();
    assert_eq!(ids_in(&said), Vec::<String>::new());
    assert!(admins().contains(ADMINS));
}

#[tokio::test]
async fn without_a_look_at_the_mode_nothing_that_takes_is_written() {
    let cloud = cloud();
    cloud.deny("eks:DescribeCluster");
    let guard = guard(&cloud, FakeCloud::settings());
    let error = judge(&guard, &format!("{}{OTHER}", admins()), OTHER).await;
    let error = error.unwrap_err();
    let titles: Vec<&str> = error.iter().map(|one| one.summary.as_str()).collect();
    assert_eq!(titles, ["Cannot Read Cluster"]);
}
