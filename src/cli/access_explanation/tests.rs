use super::*;
use crate::output::aligned;
use eksauth_core::access::cluster_access::{ClusterView, Knowledge, Principal};
use eksauth_core::access::explanation::AccessExplanation;
use eksauth_core::aws_auth::read;

const ADMINS: &str = "arn:aws:iam::111122223333:role/admins";

/// What becomes of `role/admins`, with this aws-auth; `None`: it could not be read.
fn reconciled(map_roles: Option<&str>, answer: ClusterAnswer) -> Reconciliation {
    let aws_auth = match map_roles {
        Some(text) => Knowledge::Known(read(&[("mapRoles".to_owned(), text.to_owned())].into())),
        None => Knowledge::Unreadable("aws-auth could not be read".to_owned()),
    };
    let view = ClusterView {
        mode: AuthenticationMode::ConfigMap,
        aws_auth,
        access_entries: Knowledge::Known(Vec::new()),
    };
    let explanation = AccessExplanation::from_view(&view, Principal::from_arn(ADMINS));
    Reconciliation::new(explanation, view.mode, answer)
}

fn user(username: &str, group: &str) -> AdmittedUser {
    AdmittedUser {
        username: username.to_owned(),
        groups: vec![group.to_owned(), "system:authenticated".to_owned()],
        arn: Some(ADMINS.to_owned()),
        session: None,
    }
}

fn shown(both: &Reconciliation) -> String {
    aligned(&lines(both), "")
}

const DEV: &str =
    "- rolearn: arn:aws:iam::111122223333:role/admins\n  username: dev\n  groups: [view]\n";

#[test]
fn the_creator_is_shown_as_the_api_server_names_it() {
    let answer = ClusterAnswer::Admitted(user("kubernetes-admin", "system:masters"));
    let both = reconciled(Some("[]"), answer);
    let text = shown(&both);
    for line in [
        "username  kubernetes-admin",
        "as the API server says\n",
        "groups    system:masters, system:authenticated\n",
        "by rules  no access\n",
        "why       no entry of aws-auth gives that; it is most likely the identity that created the cluster",
        "may       do everything\n",
    ] {
        assert!(text.contains(line), "{line}\n{text}");
    }
    assert!(!text.contains("access  none"), "{text}");
    let json = json(&both);
    assert_eq!(
        (
            &json["access"],
            &json["by_rules"]["access"],
            &json["by_api_server"]["answer"],
            &json["difference"]["id"]
        ),
        (
            &json!(true),
            &json!(false),
            &json!("admitted"),
            &json!("creator")
        )
    );
    assert_eq!(json["by_api_server"]["username"], "kubernetes-admin");
    assert_eq!(
        (&json["may_write_aws_auth"], &json["is_cluster_admin"]),
        (&json!(true), &json!(true))
    );
}

#[test]
fn two_equal_answers_are_told_once() {
    let both = reconciled(Some(DEV), ClusterAnswer::Admitted(user("dev", "view")));
    assert_eq!(
        shown(&both),
        "username  dev                         from aws-auth mapRoles[0], line 1, as the API server says too\n\
         groups    view, system:authenticated\n"
    );
    assert_eq!(json(&both)["difference"], Value::Null);
}

#[test]
fn a_refusal_is_told_with_what_could_not_be_read() {
    let both = reconciled(None, ClusterAnswer::Refused);
    assert_eq!(
        shown(&both),
        "refused   401 Unauthorized            as the API server says\n\
         not read  aws-auth could not be read\n"
    );
    let json = json(&both);
    assert_eq!(
        (&json["access"], &json["by_rules"]["access"]),
        (&json!(false), &Value::Null)
    );
    let text = shown(&reconciled(Some(DEV), ClusterAnswer::Refused));
    assert!(
        text.contains("by rules  dev · view\n") && text.contains("why       a change of aws-auth"),
        "{text}"
    );
}

#[test]
fn without_an_answer_the_rules_are_told_as_what_they_are() {
    let silent = ClusterAnswer::Unanswered("the API server did not answer".to_owned());
    let text = shown(&reconciled(Some(DEV), silent));
    assert!(
        text.contains("by rules only  the API server did not answer\n"),
        "{text}"
    );
    let text = shown(&reconciled(Some("[]"), ClusterAnswer::NotAsked));
    assert!(text.starts_with("access  none\n"), "{text}");
    assert!(
        text.contains("\nnote    the identity that created the cluster is in without an entry; "),
        "{text}"
    );
    let text = shown(&reconciled(Some(DEV), ClusterAnswer::AdmittedUnnamed));
    assert!(
        text.starts_with("admitted  (403: it may not ask as whom)"),
        "{text}"
    );
    assert!(text.contains("username  dev"), "{text}");
}

#[test]
fn a_remembered_yes_is_a_no() {
    let both = reconciled(Some("[]"), ClusterAnswer::Remembered(user("dev", "view")));
    let text = shown(&both);
    assert!(
        text.starts_with("refused     a new token: 401 Unauthorized"),
        "{text}"
    );
    assert!(text.contains("remembered  dev · view"), "{text}");
    assert_eq!(json(&both)["access"], false);
}
