use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use tf_provider::{Attr, Diagnostic, Diagnostics};
use tokio_util::sync::CancellationToken;

use super::placement::{ClusterAtRead, Placement};
use super::*;
use crate::config::{OnUnreadable, Settings};
use crate::fakes::{FakeCloud, active_cluster, creating_cluster, refusal};
use crate::ports::eks::{Cluster, ClusterStatus};
use crate::ports::{Clock, ClusterAccess, ErrorKind, Surface};

mod shared;

fn known(text: &str) -> Attr<String> {
    Attr::Known(text.to_owned())
}

fn prod() -> ClusterRef {
    ClusterRef {
        name: "prod".to_owned(),
        region: "eu-central-1".to_owned(),
    }
}

fn in_status(status: ClusterStatus) -> Cluster {
    Cluster {
        status,
        ..active_cluster("prod", "ABC")
    }
}

async fn wait(cloud: &Arc<FakeCloud>, timeout: Duration) -> Result<Arc<FoundCluster>, Diagnostics> {
    let client = cloud.client(FakeCloud::settings());
    client
        .clusters()
        .wait_until_active(&CancellationToken::new(), &prod(), timeout)
        .await
}

async fn refused(cluster: Cluster) -> String {
    diagnostic(cluster).await.summary
}

async fn diagnostic(cluster: Cluster) -> Diagnostic {
    let cloud = Arc::new(FakeCloud::default());
    cloud.eks.put(cluster);
    let refused = wait(&cloud, Duration::from_secs(60)).await.err().unwrap();
    refused.iter().next().unwrap().clone()
}

#[test]
fn an_import_by_arn_says_the_region_only_where_the_name_does_not_lead_there() {
    let cloud = Arc::new(FakeCloud::default());
    let client = cloud.client(FakeCloud::settings());
    let arn = |region: &str| format!("arn:aws:eks:{region}:111122223333:cluster/prod");
    for (id, region) in [
        (arn("eu-central-1"), Attr::Null),
        (arn("eu-west-1"), known("eu-west-1")),
        ("prod@eu-central-1".to_owned(), known("eu-central-1")),
        ("prod".to_owned(), Attr::Null),
    ] {
        let parsed = crate::attributes::import_id::ImportId::parse(&id);
        let identity = ClusterIdentity::of_import_id(&parsed, client.clusters());
        assert_eq!(identity.region, region, "{id}");
        assert_eq!(identity.cluster_name, known("prod"), "{id}");
    }
}

#[tokio::test]
async fn a_cluster_is_described_once_a_moment_however_many_ask() {
    let cloud = Arc::new(FakeCloud::default());
    cloud.eks.put(active_cluster("prod", "ABC"));
    let client = cloud.client(FakeCloud::settings());
    let reference = prod();
    let looks = (0..50).map(|_| client.clusters().find(&reference));
    for found in futures_util::future::join_all(looks).await {
        assert_eq!(
            found.unwrap().unwrap().cluster,
            active_cluster("prod", "ABC")
        );
    }
    assert_eq!(cloud.eks.calls.take(), ["DescribeCluster prod"]);
    cloud.clock.advance(Duration::from_secs(3));
    client.clusters().find(&reference).await.unwrap();
    assert_eq!(cloud.eks.calls.take(), ["DescribeCluster prod"]);
}

#[tokio::test]
async fn a_cluster_that_was_replaced_is_not_taken_for_the_one_from_before_by_a_plan_either() {
    let cloud = Arc::new(FakeCloud::default());
    cloud.eks.put(active_cluster("prod", "OLD"));
    let client = cloud.client(FakeCloud::settings());
    let clusters = client.clusters();
    clusters.find(&prod()).await.unwrap();
    clusters.find_now(&prod()).await.unwrap();
    cloud.eks.put(active_cluster("prod", "NEW"));
    cloud.clock.advance(Duration::from_secs(5));
    let planned = clusters.find(&prod()).await.unwrap().unwrap();
    assert_eq!(planned.cluster, active_cluster("prod", "NEW"));
}

#[tokio::test]
async fn changes_share_one_look_at_a_cluster_for_a_moment_and_only_while_it_can_be_used() {
    let cloud = Arc::new(FakeCloud::default());
    cloud.eks.put(active_cluster("prod", "ABC"));
    let client = cloud.client(FakeCloud::settings());
    client.clusters().find(&prod()).await.unwrap();
    for _ in 0..1000 {
        client.clusters().find_now(&prod()).await.unwrap();
    }
    let look = "DescribeCluster prod";
    assert_eq!(
        cloud.eks.calls.take(),
        [look, look],
        "what a plan saw does not count for a change"
    );
    cloud.clock.advance(Duration::from_secs(3));
    client.clusters().find_now(&prod()).await.unwrap();
    assert_eq!(cloud.eks.calls.take(), [look]);
    cloud.eks.put(in_status(ClusterStatus::Deleting));
    cloud.clock.advance(Duration::from_secs(3));
    for _ in 0..2 {
        client.clusters().find_now(&prod()).await.unwrap();
    }
    assert_eq!(
        cloud.eks.calls.take(),
        [look, look],
        "one that goes away is looked at each time"
    );
}

#[tokio::test]
async fn what_a_removal_saw_answers_neither_a_plan_nor_a_change_after_it() {
    let cloud = Arc::new(FakeCloud::default());
    cloud.eks.put(active_cluster("prod", "OLD"));
    let client = cloud.client(FakeCloud::settings());
    let clusters = client.clusters();
    for _ in 0..1000 {
        clusters.find_for_removal(&prod()).await.unwrap();
    }
    let look = "DescribeCluster prod";
    assert_eq!(cloud.eks.calls.take(), [look], "removals share one look");
    // The same apply removes the cluster and makes another one of its name, in less than a moment.
    cloud.eks.put(active_cluster("prod", "NEW"));
    let planned = clusters.find(&prod()).await.unwrap().unwrap();
    let changed = clusters.find_now(&prod()).await.unwrap().unwrap();
    for found in [planned, changed] {
        assert!(found.issuer().unwrap().to_string().ends_with("NEW"));
    }
}

#[tokio::test]
async fn that_a_cluster_is_missing_is_remembered_for_a_moment_and_a_fault_of_the_service_is_not() {
    let cloud = Arc::new(FakeCloud::default());
    let down = refusal(
        ErrorKind::Service,
        "eks:DescribeCluster",
        "ServerException",
        "down",
    );
    cloud.eks.calls.fail_next("DescribeCluster", down);
    let client = cloud.client(FakeCloud::settings());
    assert!(client.clusters().find(&prod()).await.is_err());
    assert!(client.clusters().find(&prod()).await.unwrap().is_none());
    cloud.eks.put(active_cluster("prod", "ABC"));
    assert!(client.clusters().find(&prod()).await.unwrap().is_none());
    assert!(client.clusters().find_now(&prod()).await.unwrap().is_some());
    assert!(client.clusters().find(&prod()).await.unwrap().is_some());
}

#[tokio::test]
async fn a_cluster_that_is_coming_is_waited_for_until_it_is_active() {
    let cloud = Arc::new(FakeCloud::default());
    let began = cloud.clock.now();
    let looks = vec![
        creating_cluster("prod"),
        creating_cluster("prod"),
        creating_cluster("prod"),
        active_cluster("prod", "ABC"),
    ];
    cloud.eks.put_sequence("prod", looks);
    let found = wait(&cloud, Duration::from_secs(60)).await.ok().unwrap();
    assert_eq!(
        found.issuer(),
        active_cluster("prod", "ABC").issuer.as_deref()
    );
    let waited = cloud.clock.now().duration_since(began).unwrap();
    assert_eq!(waited, Duration::from_secs(15));
}

#[tokio::test]
async fn a_wait_without_hope_ends_at_once_and_one_with_hope_at_the_timeout() {
    assert_eq!(
        refused(in_status(ClusterStatus::Failed)).await,
        "Cluster Failed"
    );
    assert_eq!(
        refused(in_status(ClusterStatus::Deleting)).await,
        "Cluster Is Being Deleted"
    );
    assert_eq!(
        refused(creating_cluster("prod")).await,
        "Cluster Not Ready In Time"
    );
    assert_eq!(
        diagnostic(creating_cluster("prod")).await.detail,
        "Cluster `prod` in region `eu-central-1` was still CREATING after 60 s. Raise the timeout of this resource (`timeouts`) or apply again."
    );
}

/// A name that EKS does not know: the summary, and how long it was waited for.
async fn waited_for_a_missing_one(timeout: Duration) -> (String, Duration) {
    let cloud = Arc::new(FakeCloud::default());
    let began = cloud.clock.now();
    let refused = wait(&cloud, timeout).await.err().unwrap();
    let waited = cloud.clock.now().duration_since(began).unwrap();
    (refused.iter().next().unwrap().summary.clone(), waited)
}

#[tokio::test]
async fn a_name_that_eks_does_not_know_is_waited_for_two_minutes_and_no_longer_than_the_timeout() {
    let title = "Cluster Not Found".to_owned();
    assert_eq!(
        waited_for_a_missing_one(Duration::from_secs(30 * 60)).await,
        (title.clone(), Duration::from_secs(120))
    );
    assert_eq!(
        waited_for_a_missing_one(Duration::from_secs(10)).await,
        (title, Duration::from_secs(10))
    );
}

#[tokio::test]
async fn name_and_region_come_from_the_object_the_clusters_map_and_the_provider_in_this_order() {
    let cloud = Arc::new(FakeCloud::default());
    let access = ClusterAccess {
        region: Some("us-east-1".to_owned()),
        ..ClusterAccess::default()
    };
    let settings = Settings {
        cluster_name: known("prod"),
        clusters: Attr::Known(BTreeMap::from([("far".to_owned(), Attr::Known(access))])),
        ..FakeCloud::settings()
    };
    let client = cloud.client(settings);
    let resolve = |name: Attr<String>, region: Attr<String>| {
        let reference = client.clusters().resolve(&name, &region).unwrap();
        reference.into_known().unwrap().to_string()
    };
    assert_eq!(
        resolve(Attr::Null, Attr::Null),
        "Cluster `prod` in region `eu-central-1`"
    );
    assert_eq!(
        resolve(known("far"), Attr::Null),
        "Cluster `far` in region `us-east-1`"
    );
    assert_eq!(
        resolve(known("far"), known("eu-west-1")),
        "Cluster `far` in region `eu-west-1`"
    );
}

#[tokio::test]
async fn a_state_of_another_place_or_another_cluster_is_told_apart() {
    let cloud = Arc::new(FakeCloud::default());
    cloud.eks.put(active_cluster("prod", "ABC"));
    let client = cloud.client(FakeCloud::settings());
    let found = client.clusters().find(&prod()).await.unwrap().unwrap();
    let remembered = Remembered::from_cluster(&found);
    assert_eq!(remembered.check_same(&found), Ok(()));
    assert_eq!(Remembered::default().check_same(&found), Ok(()));
    let summary = |remembered: Remembered| remembered.check_same(&found).unwrap_err().summary;
    let arn = |region: &str, account: &str| Remembered {
        cluster_arn: Attr::Known(format!("arn:aws:eks:{region}:{account}:cluster/prod")),
        ..remembered.clone()
    };
    assert_eq!(summary(arn("us-east-1", "111122223333")), "Another Region");
    assert_eq!(
        summary(arn("eu-central-1", "999988887777")),
        "Another Account"
    );
    let old = Remembered {
        cluster_issuer: known("https://oidc.eks.eu-central-1.amazonaws.com/id/OLD"),
        ..remembered.clone()
    };
    assert_eq!(summary(old), "Cluster Was Replaced");
}

#[tokio::test]
async fn a_cluster_that_may_not_be_read_fails_a_refresh_under_its_own_title_or_keeps_the_state() {
    let cloud = Arc::new(FakeCloud::default());
    cloud.eks.put(active_cluster("prod", "ABC"));
    let placement = Placement {
        cluster_name: known("prod"),
        ..Placement::default()
    };
    for (on_unreadable, expected) in [
        (OnUnreadable::Error, "Cannot Read Cluster"),
        (OnUnreadable::KeepState, "State Kept Without Checking"),
    ] {
        let denied = refusal(
            ErrorKind::AccessDenied,
            "eks:DescribeCluster",
            "AccessDeniedException",
            "no",
        );
        cloud.eks.calls.fail_next("DescribeCluster", denied);
        let cx = cloud.context(Settings {
            on_unreadable,
            ..FakeCloud::settings()
        });
        let diagnostics = match placement.at_read(&cx, cx.client.clusters()).await {
            Ok(ClusterAtRead::NotJudged) => cx.take_diagnostics(),
            Ok(_) => panic!("nothing was read"),
            Err(failure) => failure,
        };
        let titles: Vec<&str> = diagnostics.iter().map(|one| one.summary.as_str()).collect();
        assert_eq!(titles, [expected]);
    }
}

#[tokio::test]
async fn objects_leave_the_state_with_their_cluster_and_one_warning_says_so() {
    let cloud = Arc::new(FakeCloud::default());
    let placement = Placement {
        cluster_name: known("prod"),
        ..Placement::default()
    };
    let cx = cloud.context(FakeCloud::settings());
    let read = placement.at_read(&cx, cx.client.clusters()).await;
    assert!(matches!(read, Ok(ClusterAtRead::Gone)));
    let told = cx.take_diagnostics();
    let told: Vec<_> = told.iter().collect();
    assert_eq!(told.len(), 1);
    assert_eq!(told[0].summary, "Cluster Not Found");
    assert!(told[0].cause.is_some(), "once for each cluster");
    for words in ["leaves the state", "account", "region", "-refresh-only"] {
        assert!(told[0].detail.contains(words), "{}", told[0].detail);
    }

    cloud.eks.put(active_cluster("prod", "ABC"));
    let cx = cloud.context(FakeCloud::settings());
    let read = placement.at_read(&cx, cx.client.clusters()).await;
    assert!(matches!(read, Ok(ClusterAtRead::Found(_))));
    assert_eq!(cx.take_diagnostics().iter().count(), 0);
}

#[tokio::test]
async fn a_region_that_nothing_names_is_asked_for_in_the_words_of_whoever_reads_it() {
    for (surface, words) in [
        (
            Surface::Terraform,
            "Set `region` here or in the provider block",
        ),
        (Surface::CommandLine, "Give --region, or have AWS_REGION"),
    ] {
        let cloud = Arc::new(FakeCloud::default());
        let client = cloud.client(Settings {
            surface,
            ..Settings::default()
        });
        let refused = client.clusters().resolve(&known("prod"), &Attr::Null);
        let refused = refused.unwrap_err();
        let detail = &refused.iter().next().unwrap().detail;
        assert!(detail.contains(words), "{detail}");
    }
}
