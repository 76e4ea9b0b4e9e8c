//! What may not be read, and what nobody asks for.

use super::*;

#[tokio::test]
async fn nobody_asks_iam_where_no_account_has_a_role() {
    let bed = Bed::new().await;
    bed.account("apps:plain", &[]);
    bed.cloud.iam.calls.deny("iam:ListRoles");
    let read = bed.read(json!({})).await;
    assert_eq!(read.verdict("plain"), (Some("none"), None));
    assert_eq!(bed.cloud.iam.calls.take(), Vec::<String>::new());
    assert_eq!(read.unread, 0);
}

#[tokio::test]
async fn what_may_not_be_read_is_named_and_taken_for_nothing() {
    for (service, action, expected) in [
        (
            "iam",
            "iam:ListRoles",
            [
                (Some("irsa"), None),
                (Some("irsa"), None),
                (Some("pod_identity"), None),
                (Some("none"), None),
            ],
        ),
        // A refusal by the trust policy holds whatever the provider is.
        (
            "iam",
            "iam:GetOpenIDConnectProvider",
            [
                (Some("irsa"), None),
                (Some("irsa"), Some(false)),
                (Some("pod_identity"), Some(true)),
                (Some("none"), None),
            ],
        ),
        (
            "eks",
            "eks:DescribePodIdentityAssociation",
            [
                (Some("irsa"), Some(true)),
                (Some("irsa"), Some(false)),
                (Some("pod_identity"), None),
                (Some("none"), None),
            ],
        ),
        (
            "eks",
            "eks:ListPodIdentityAssociations",
            [
                (Some("irsa"), Some(true)),
                (Some("irsa"), Some(false)),
                (None, None),
                (None, None),
            ],
        ),
    ] {
        let bed = Bed::new().await;
        bed.annotated("apps:reader", &format!("{BASE}team/reader"));
        bed.annotated("apps:writer", &format!("{BASE}team/reader"));
        bed.associated("apps:pod", "pods");
        bed.account("apps:plain", &[]);
        match service {
            "iam" => bed.cloud.iam.calls.deny(action),
            _ => bed.cloud.eks.calls.deny(action),
        }
        let read = bed.read(json!({"only_with_role": false})).await;
        let told = ["reader", "writer", "pod", "plain"].map(|name| read.verdict(name));
        assert_eq!(told, expected, "{action}");
        assert_eq!(read.unread, 1, "{action}");
        assert!(read.warnings.contains(action), "{}", read.warnings);
        for account in &read.accounts {
            let is_told = account.admitted.known().is_some()
                || account.way.known().is_some_and(|way| way == "none");
            let reason = account.reason.known().map_or("", String::as_str);
            assert!(is_told || reason.contains(action), "{action}: {account:?}");
        }
        if action == "eks:ListPodIdentityAssociations" {
            assert!(read.reason("reader").contains(action));
            let with_role = bed.read(json!({"only_with_role": true})).await;
            assert_eq!(with_role.names(), ["plain", "pod", "reader", "writer"]);
        }
    }
}

#[tokio::test]
async fn accounts_that_may_not_be_listed_are_an_error() {
    let bed = Bed::new().await;
    bed.cloud.kubernetes.deny("list", "serviceaccounts");
    let refused = bed.harness().read(json!({"cluster_name": "prod"})).await;
    let refused = format!("{:?}", refused.map(drop).unwrap_err());
    assert!(
        refused.contains("Cannot Read Service Accounts"),
        "{refused}"
    );
}
