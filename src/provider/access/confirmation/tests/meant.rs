//! What is not asked for: it cannot be lost, or it is meant.

use super::*;
use crate::ports::ClusterAccess;
use crate::ports::cloud::Secret;

#[tokio::test]
async fn what_others_get_costs_no_call() {
    let bed = bed();
    let outcome = ask(&bed, settings(), upsert(role("dev", &["dev"]), None)).await;
    assert!(outcome.is_ok());
    assert_eq!(asked(&bed), (0, 0));
}

#[tokio::test]
async fn what_is_meant_is_neither_asked_for_nor_undone() {
    let acknowledged = Settings {
        acknowledgements: Acknowledgements::parse(
            "prod:lockout.running-identity:arn:aws:iam::111122223333:role/admins",
        ),
        ..settings()
    };
    let not_guarded = Settings {
        lockout_guard: LockoutGuard::Off,
        ..settings()
    };
    let not_confirmed = Settings {
        confirm_access: false,
        ..settings()
    };
    for settings in [acknowledged, not_guarded, not_confirmed] {
        let bed = bed();
        assert!(ask(&bed, settings, remove_own()).await.is_ok());
        assert_eq!(asked(&bed), (0, 0));
        assert!(!names_admins(bed.kube()));
    }
    // The guard says that it takes the access, and lets it pass.
    let bed = bed();
    bed.cloud.eks.put(active_cluster("prod", "A"));
    let warned = Settings {
        lockout_guard: LockoutGuard::Warn,
        ..settings()
    };
    let outcome = ask(&bed, warned, remove_own()).await.unwrap();
    let told = titles(&outcome.remarks);
    assert!(
        told.iter()
            .any(|title| title.starts_with("This Change Locks You Out")),
        "{told:?}"
    );
    assert_eq!(asked(&bed), (0, 0));
}

#[tokio::test]
async fn a_guard_that_warns_does_not_mean_what_it_did_not_see() {
    let bed = bed();
    let warned = Settings {
        lockout_guard: LockoutGuard::Warn,
        ..settings()
    };
    let outcome = ask(&bed, warned, remove_own()).await;
    assert_eq!(
        titles(&outcome.unwrap_err()),
        ["This Change Locked You Out And Was Undone"]
    );
}

#[tokio::test]
async fn of_a_given_token_or_certificate_nothing_is_asked() {
    let access = |access: ClusterAccess| Settings {
        clusters: tf_provider::Attr::Known(
            [("prod".to_owned(), tf_provider::Attr::Known(access))].into(),
        ),
        ..settings()
    };
    let token = ClusterAccess {
        token: Some(Secret::new("k8s-aws-v1.abc")),
        ..Default::default()
    };
    let certificate = ClusterAccess {
        client_certificate: Some("PEM".to_owned()),
        client_key: Some(Secret::new("PEM")),
        ..Default::default()
    };
    for given in [token, certificate] {
        let bed = bed();
        let outcome = ask(&bed, access(given), remove_own()).await;
        assert!(outcome.is_ok(), "{outcome:?}");
        assert_eq!(asked(&bed), (0, 0));
    }
}

/// The guard of the bed: what the other tests take it for.

#[tokio::test]
async fn where_the_configuration_does_not_say_who_acts_the_server_does_and_once() {
    let bed = bed();
    bed.cloud.deny("sts:GetCallerIdentity");
    bed.cloud
        .connections
        .answer(|_| match FakeAnswer::admin("admin") {
            FakeAnswer::As(mut user, may) => {
                let arn = "arn:aws:iam::111122223333:role/admins".to_owned();
                user.extra.insert("canonicalArn".to_owned(), vec![arn]);
                FakeAnswer::As(user, may)
            }
            other => other,
        });
    let client = bed.cloud.client(settings());
    let writer = bed.writer(&client).await;
    let cancel = CancellationToken::new();
    for (name, calls) in [("dev", (1, 3)), ("ops", (0, 0))] {
        let request = upsert(role(name, &["dev"]), None);
        assert!(writer.change(&cancel, request).await.is_ok());
        assert_eq!(asked(&bed), calls, "{name}");
    }
}
