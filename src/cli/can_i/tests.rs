use eksauth_core::access::access_entry::AuthenticationMode;
use eksauth_core::access::can_i::{Asked, Reviewed};
use eksauth_core::access::cluster_access::{ClusterView, Knowledge};
use eksauth_core::access::explanation::AccessExplanation;
use eksauth_core::access::reconciliation::Reconciliation;
use eksauth_core::aws_auth::read;
use eksauth_core::kubernetes::rbac::{
    BindingObject, BoundSubject, ClusterRbac, PolicyRule, RoleObject, RoleRef,
};

use super::*;

const ALICE: &str = "arn:aws:sts::111122223333:assumed-role/dev/alice";

/// What becomes of a question about a session of `role/dev`, by the rules alone.
fn answered(map_roles: &str, verb: &str) -> (Question, AnsweredQuestion) {
    let view = ClusterView {
        mode: AuthenticationMode::ConfigMap,
        aws_auth: Knowledge::Known(read(
            &[("mapRoles".to_owned(), map_roles.to_owned())].into(),
        )),
        access_entries: Knowledge::Known(Vec::new()),
    };
    let asked = AskedPrincipal::from_arn(ALICE);
    let question = Question::parse(WrittenQuestion {
        verb,
        resource: "pods",
        namespace: "prod",
        name: "",
    })
    .unwrap();
    let explanation = AccessExplanation::from_view(&view, asked.principal.clone());
    let both = Reconciliation::by_rules(explanation, view.mode);
    let rbac = rbac();
    let answer = match &both.explanation.principal_access.access {
        Access::Granted(grant) => {
            let user = asked.user(grant).unwrap();
            let rules = Asked {
                user: &user,
                policies: &grant.policies,
                rbac: &rbac,
                question: &question,
            }
            .by_rules();
            PermissionAnswer::new(user, rules, Reviewed::Unanswered("not granted".to_owned()))
        }
        _ => {
            PermissionAnswer::without_mapping(Permission::No, vec!["nothing admits it".to_owned()])
        }
    };
    (question, AnsweredQuestion { both, answer })
}

fn rbac() -> ClusterRbac {
    ClusterRbac {
        roles: Ok(vec![RoleObject {
            namespace: "prod".to_owned(),
            name: "reader".to_owned(),
            rules: vec![PolicyRule {
                verbs: vec!["get".to_owned()],
                api_groups: vec![String::new()],
                resources: vec!["pods".to_owned()],
                resource_names: Vec::new(),
            }],
            ..RoleObject::default()
        }]),
        role_bindings: Ok(vec![BindingObject {
            namespace: "prod".to_owned(),
            name: "readers".to_owned(),
            role: RoleRef {
                is_cluster_role: false,
                name: "reader".to_owned(),
            },
            subjects: vec![BoundSubject::User("dev:alice".to_owned())],
        }]),
        ..ClusterRbac::default()
    }
}

const DEV: &str = "- {rolearn: 'arn:aws:iam::111122223333:role/dev', username: 'dev:{{SessionName}}', groups: [devs]}\n";

#[test]
fn a_yes_names_binding_role_and_rule_and_who_said_it() {
    let (question, found) = answered(DEV, "get");
    assert_eq!(verdict(&found.answer), Verdict::Yes);
    let text = table(&question, &found);
    assert_eq!(
        text,
        "yes  get pods in namespace `prod`\n  \
           principal   arn:aws:iam::111122223333:role/dev\n  \
           username    dev:alice\n              \
                       from aws-auth mapRoles[0], line 1\n  \
           groups      devs, system:authenticated\n  \
           answered    by the rules\n  \
           granted by  RoleBinding `prod/readers` of user `dev:alice` with Role `reader`: get on pods of API\n              \
                       group core\n"
    );
    let json = json_of(&question, &found);
    assert_eq!(
        (
            &json["allowed"],
            &json["answered_by"],
            &json["granted_by"][0]["role"]
        ),
        (&json!(true), &json!("rules"), &json!("reader"))
    );
}

#[test]
fn a_no_names_what_comes_nearest_and_who_was_not_asked() {
    let (question, found) = answered(DEV, "delete");
    assert_eq!(verdict(&found.answer), Verdict::No);
    let text = table(&question, &found);
    for line in [
        "no  delete pods in namespace `prod`\n",
        "why        no binding allows it\n",
        "nearest    RoleBinding `prod/readers` of user `dev:alice` with Role `reader` allows get on pods,\n             and not delete\n",
        "not asked  not granted\n",
    ] {
        assert!(text.contains(line), "{line}\n{text}");
    }
    assert_eq!(json_of(&question, &found)["nearest"][0]["id"], "other_verb");
}

#[test]
fn whoever_has_no_mapping_may_nothing_and_sees_which_entry_was_meant() {
    let path =
        "- {rolearn: 'arn:aws:iam::111122223333:role/teams/dev', username: dev, groups: [devs]}\n";
    let (question, found) = answered(path, "get");
    let text = table(&question, &found);
    assert_eq!(verdict(&found.answer), Verdict::No);
    assert!(
        text.contains("near miss  aws-auth mapRoles[0], line 1 names"),
        "{text}"
    );
    assert_eq!(
        json_of(&question, &found)["near_misses"][0]["id"],
        "lockout.rolearn_has_path"
    );
}
