//! Many objects of one cluster that is out of reach or not there: one wait, one answer.

use super::*;

fn down(kind: ErrorKind) -> crate::ports::ApiError {
    refusal(kind, "eks:DescribeCluster", "Down", "no answer")
}

#[tokio::test]
async fn a_failure_that_everybody_meets_is_waited_for_once() {
    for kind in [
        ErrorKind::Unreachable,
        ErrorKind::NoCredentials,
        ErrorKind::Unauthorized,
        ErrorKind::ExpiredCredentials,
    ] {
        let cloud = Arc::new(FakeCloud::default());
        cloud.eks.calls.fail_next("DescribeCluster", down(kind));
        let client = cloud.client(FakeCloud::settings());
        let reference = prod();
        let looks = (0..20).map(|_| client.clusters().find(&reference));
        for found in futures_util::future::join_all(looks).await {
            assert_eq!(found.err().map(|error| error.kind), Some(kind));
        }
        let looks = (0..20).map(|_| client.clusters().find_now(&reference));
        for found in futures_util::future::join_all(looks).await {
            assert_eq!(found.err().map(|error| error.kind), Some(kind));
        }
        assert_eq!(cloud.eks.calls.take(), ["DescribeCluster prod"]);
        cloud.clock.advance(Duration::from_secs(3));
        assert!(client.clusters().find(&reference).await.is_ok(), "it heals");
    }
}

#[tokio::test]
async fn who_is_calling_is_asked_once_for_all_who_cannot_be_told() {
    let cloud = Arc::new(FakeCloud::default());
    let expired = refusal(
        ErrorKind::ExpiredCredentials,
        "sts:GetCallerIdentity",
        "ExpiredToken",
        "expired",
    );
    cloud.sts.calls.fail_next("GetCallerIdentity", expired);
    let session = cloud.session(FakeCloud::settings());
    let asked = (0..40).map(|_| session.identity());
    for identity in futures_util::future::join_all(asked).await {
        assert_eq!(identity.unwrap_err().kind, ErrorKind::ExpiredCredentials);
    }
    assert_eq!(cloud.sts.calls.take(), ["GetCallerIdentity"]);
    cloud.clock.advance(Duration::from_secs(3));
    assert!(session.identity().await.is_ok(), "it heals");
}

#[tokio::test]
async fn forty_objects_of_a_mistyped_name_wait_two_minutes_and_not_eighty() {
    let cloud = Arc::new(FakeCloud::default());
    cloud.eks.put(active_cluster("prod", "ABC"));
    let client = cloud.client(FakeCloud::settings());
    let mistyped = ClusterRef {
        name: "prdo".to_owned(),
        ..prod()
    };
    let began = cloud.clock.now();
    for _ in 0..40 {
        let (cancel, timeout) = (CancellationToken::new(), Duration::from_secs(1800));
        let waited = client
            .clusters()
            .wait_until_active(&cancel, &mistyped, timeout);
        let refused = waited.await.err().unwrap();
        let refused = refused.iter().next().unwrap().clone();
        assert_eq!(refused.summary, "Cluster Not Found");
        assert!(refused.detail.contains("`prod`"), "{}", refused.detail);
    }
    let waited = cloud.clock.now().duration_since(began).unwrap();
    assert_eq!(waited, Duration::from_secs(120));
}

#[tokio::test]
async fn a_cluster_that_comes_while_it_is_waited_for_is_found_by_those_who_come_later() {
    let cloud = Arc::new(FakeCloud::default());
    let client = cloud.client(FakeCloud::settings());
    let cancel = CancellationToken::new();
    let reference = prod();
    let wait = || {
        let timeout = Duration::from_secs(1800);
        client
            .clusters()
            .wait_until_active(&cancel, &reference, timeout)
    };
    assert!(wait().await.is_err());
    cloud.eks.put(active_cluster("prod", "ABC"));
    assert!(wait().await.is_ok());
}

#[tokio::test]
async fn who_looks_again_after_a_while_waits_anew() {
    let cloud = Arc::new(FakeCloud::default());
    let client = cloud.client(FakeCloud::settings());
    let cancel = CancellationToken::new();
    let reference = prod();
    let wait = || {
        let timeout = Duration::from_secs(1800);
        client
            .clusters()
            .wait_until_active(&cancel, &reference, timeout)
    };
    assert!(wait().await.is_err());
    cloud.clock.advance(Duration::from_secs(60));
    let began = cloud.clock.now();
    assert!(wait().await.is_err());
    let waited = cloud.clock.now().duration_since(began).unwrap();
    assert_eq!(waited, Duration::from_secs(120));
}
