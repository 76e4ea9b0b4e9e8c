//! ServiceAccounts: what is sent, and what is read from answers.

use std::collections::BTreeSet;

use eksauth_provider::ports::service_account::{
    AccountField, AccountFields, AppliedFields, FieldOwner, RunningPods, ServiceAccount,
    ServiceAccountApi,
};
use serde_json::{Value, json};

use super::*;

const ACCOUNT: &str = r#"{"apiVersion":"v1","kind":"ServiceAccount","metadata":{"name":"reader","namespace":"apps","uid":"u-1","resourceVersion":"7","creationTimestamp":"2026-01-02T03:04:05Z",
    "annotations":{"eks.amazonaws.com/role-arn":"r","x":"y"},"labels":{"team":"apps"},"managedFields":[
      {"manager":"terraform-provider-eksauth","operation":"Apply","apiVersion":"v1","time":"2026-01-02T03:04:05Z","fieldsType":"FieldsV1",
       "fieldsV1":{"f:automountServiceAccountToken":{},"f:imagePullSecrets":{},"f:metadata":{"f:annotations":{"f:eks.amazonaws.com/role-arn":{}},"f:labels":{"f:team":{}}}}},
      {"manager":"helm","operation":"Update","apiVersion":"v1","time":"2026-01-02T03:04:06Z","fieldsType":"FieldsV1","fieldsV1":{"f:metadata":{"f:annotations":{".":{},"f:x":{}}}}}]},
    "imagePullSecrets":[{"name":"pull"}],"automountServiceAccountToken":false}"#;

fn annotation(key: &str) -> AccountField {
    AccountField::Annotation(key.to_owned())
}

fn texts(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    let owned = |(key, value): &(&str, &str)| ((*key).to_owned(), (*value).to_owned());
    pairs.iter().map(owned).collect()
}

fn account() -> ServiceAccount {
    ServiceAccount {
        namespace: "apps".to_owned(),
        name: "reader".to_owned(),
        uid: "u-1".to_owned(),
        fields: AccountFields {
            annotations: texts(&[("eks.amazonaws.com/role-arn", "r"), ("x", "y")]),
            labels: texts(&[("team", "apps")]),
            image_pull_secrets: Some(vec!["pull".to_owned()]),
            automount_token: Some(false),
        },
        owners: vec![
            FieldOwner {
                manager: "terraform-provider-eksauth".to_owned(),
                operation: "Apply".to_owned(),
                is_from_creation: true,
                fields: BTreeSet::from([
                    annotation("eks.amazonaws.com/role-arn"),
                    AccountField::Label("team".to_owned()),
                    AccountField::ImagePullSecrets,
                    AccountField::AutomountToken,
                ]),
            },
            FieldOwner {
                manager: "helm".to_owned(),
                operation: "Update".to_owned(),
                is_from_creation: false,
                fields: BTreeSet::from([annotation("x")]),
            },
        ],
    }
}

fn sent(bed: &Bed) -> (String, Value) {
    let received = bed.server.received();
    let last = received.last().unwrap();
    let body = serde_json::from_str(&last.body).unwrap_or_default();
    (format!("{} {}", last.method, last.target), body)
}

#[tokio::test]
async fn an_account_is_read_with_who_holds_what() {
    let bed = bed(|_| Reply::new(200, ACCOUNT)).await;
    let found = bed.client.service_account("apps", "reader").await.unwrap();
    assert_eq!(found, Some(account()));
    let (line, _) = sent(&bed);
    assert_eq!(line, "GET /api/v1/namespaces/apps/serviceaccounts/reader");
}

#[tokio::test]
async fn an_apply_sends_only_what_is_held_and_tells_a_new_account_by_its_status() {
    for (status, is_new) in [(201, true), (200, false)] {
        let bed = bed(move |_| Reply::new(status, ACCOUNT)).await;
        let applied = AppliedFields {
            namespace: "apps".to_owned(),
            name: "reader".to_owned(),
            uid: Some("u-1".to_owned()),
            fields: AccountFields {
                annotations: texts(&[("a", "b")]),
                image_pull_secrets: Some(vec!["pull".to_owned()]),
                ..AccountFields::default()
            },
            is_forced: !is_new,
        };
        let done = bed.client.apply_service_account(&applied).await.unwrap();
        assert_eq!((done.account, done.is_new), (account(), is_new));
        let (line, body) = sent(&bed);
        let force = if is_new { "" } else { "force=true&" };
        assert_eq!(
            line,
            format!(
                "PATCH /api/v1/namespaces/apps/serviceaccounts/reader?&{force}fieldManager=terraform-provider-eksauth"
            )
        );
        assert_eq!(
            body,
            json!({"apiVersion": "v1", "kind": "ServiceAccount", "imagePullSecrets": [{"name": "pull"}],
                "metadata": {"name": "reader", "namespace": "apps", "uid": "u-1", "annotations": {"a": "b"}}})
        );
        let received = bed.server.received();
        assert_eq!(
            received[0].header("content-type"),
            Some("application/apply-patch+yaml")
        );
    }
}

#[tokio::test]
async fn refusals_are_told_apart() {
    for (code, reason, kind) in [
        (409, "Conflict", ErrorKind::Conflict),
        (404, "NotFound", ErrorKind::NotFound),
        (403, "Forbidden", ErrorKind::AccessDenied),
    ] {
        let bed = bed(move |_| status(code, reason, "no")).await;
        let applied = AppliedFields {
            namespace: "apps".to_owned(),
            name: "reader".to_owned(),
            ..AppliedFields::default()
        };
        let refused = bed
            .client
            .apply_service_account(&applied)
            .await
            .unwrap_err();
        assert_eq!(refused.kind, kind);
        assert_eq!(
            refused.operation,
            "kubernetes:patch serviceaccounts apps/reader"
        );
    }
}

#[tokio::test]
async fn the_right_to_make_an_account_is_named_where_it_is_missing() {
    for verb in ["create", "patch"] {
        let message = format!(
            "serviceaccounts \"reader\" is forbidden: User \"dev\" cannot {verb} resource \"serviceaccounts\" in API group \"\" in the namespace \"apps\""
        );
        let bed = bed(move |_| status(403, "Forbidden", &message)).await;
        let applied = AppliedFields {
            namespace: "apps".to_owned(),
            name: "reader".to_owned(),
            ..AppliedFields::default()
        };
        let refused = bed
            .client
            .apply_service_account(&applied)
            .await
            .unwrap_err();
        assert_eq!(
            refused.missing_permission,
            Some(format!("{verb} serviceaccounts apps/reader"))
        );
        assert_eq!(
            refused.operation,
            format!("kubernetes:{verb} serviceaccounts apps/reader")
        );
    }
}

#[tokio::test]
async fn a_removal_names_the_very_account_and_what_is_gone_is_success() {
    let bed = bed(|_| status(404, "NotFound", "no")).await;
    let gone = bed.client.delete_service_account("apps", "reader", "u-1");
    assert_eq!(gone.await, Ok(()));
    let (line, body) = sent(&bed);
    assert_eq!(
        line,
        "DELETE /api/v1/namespaces/apps/serviceaccounts/reader?"
    );
    assert_eq!(body["preconditions"], json!({"uid": "u-1"}));
    assert_eq!(bed.client.service_account("apps", "reader").await, Ok(None));
}

#[tokio::test]
async fn all_accounts_are_listed_page_by_page() {
    let bed = bed(|received| {
        let page = |token: &str, name: &str| {
            json!({"kind": "ServiceAccountList", "apiVersion": "v1", "metadata": {"continue": token},
                "items": [{"metadata": {"name": name, "namespace": "apps"}}]})
            .to_string()
        };
        match received.target.contains("continue=next") {
            false => Reply::new(200, page("next", "a")),
            true => Reply::new(200, page("", "b")),
        }
    })
    .await;
    let listed = bed.client.service_accounts(None).await.unwrap();
    let names: Vec<&str> = listed.iter().map(|one| one.name.as_str()).collect();
    assert_eq!(names, ["a", "b"]);
    let first = &bed.server.received()[0];
    assert_eq!(first.target, "/api/v1/serviceaccounts?&limit=2500");
    bed.client.service_accounts(Some("apps")).await.unwrap();
    let (line, _) = sent(&bed);
    assert_eq!(
        line,
        "GET /api/v1/namespaces/apps/serviceaccounts?&limit=2500&continue=next"
    );
}

#[tokio::test]
async fn pods_that_have_not_ended_are_named_ten_at_most() {
    let bed = bed(|_| {
        let items: Vec<Value> = (0..11)
            .map(|number| json!({"metadata": {"name": format!("web-{number}")}}))
            .collect();
        let list = json!({"kind": "PodList", "apiVersion": "v1", "metadata": {}, "items": items});
        Reply::new(200, list.to_string())
    })
    .await;
    let pods = bed.client.pods_of_service_account("apps", "reader").await;
    let names = (0..10).map(|number| format!("web-{number}")).collect();
    assert_eq!(
        pods,
        Ok(RunningPods {
            names,
            has_more: true
        })
    );
    let (line, _) = sent(&bed);
    assert!(
        line.starts_with("GET /api/v1/namespaces/apps/pods?&fieldSelector=spec.serviceAccountName%3Dreader%2Cstatus.phase%21%3DSucceeded%2Cstatus.phase%21%3DFailed&limit=11"),
        "{line}"
    );
    let wrong = bed.client.pods_of_service_account("apps", "a,b").await;
    assert_eq!(wrong.unwrap_err().kind, ErrorKind::Invalid);
}
