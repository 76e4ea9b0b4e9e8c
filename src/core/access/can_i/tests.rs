use super::*;
use crate::access::access_policy::AccessPolicy;
use crate::access::cluster_access::{Grant, Rule};
use crate::kubernetes::rbac::{
    BindingObject, BoundName, BoundSubject, ClusterRbac, PolicyRule, Question, RoleObject, RoleRef,
    WrittenQuestion,
};

const DEV: &str = "arn:aws:iam::111122223333:role/dev";
const ALICE: &str = "arn:aws:sts::111122223333:assumed-role/dev/alice@example.com";

fn grant(username: &str, groups: &[&str]) -> Grant {
    Grant {
        username: username.to_owned(),
        groups: groups.iter().map(|group| (*group).to_owned()).collect(),
        policies: Vec::new(),
        rule: Rule::Role { index: 0, line: 1 },
    }
}

fn bound_to(subject: BoundSubject) -> ClusterRbac {
    ClusterRbac {
        cluster_roles: Ok(vec![RoleObject {
            name: "view-pods".to_owned(),
            rules: vec![PolicyRule {
                verbs: vec!["get".to_owned(), "list".to_owned()],
                api_groups: vec![String::new()],
                resources: vec!["pods".to_owned()],
                resource_names: Vec::new(),
            }],
            ..RoleObject::default()
        }]),
        role_bindings: Ok(vec![BindingObject {
            namespace: "prod".to_owned(),
            name: "viewers".to_owned(),
            role: RoleRef {
                is_cluster_role: true,
                name: "view-pods".to_owned(),
            },
            subjects: vec![subject],
        }]),
        ..ClusterRbac::default()
    }
}

fn group(name: &str) -> BoundSubject {
    BoundSubject::Group(name.to_owned())
}

fn question(verb: &str, resource: &str) -> Question {
    Question::parse(WrittenQuestion {
        verb,
        resource,
        namespace: "prod",
        name: "",
    })
    .unwrap()
}

/// What becomes of a question of a principal with this grant.
fn answered(
    arn: &str,
    grant: &Grant,
    rbac: &ClusterRbac,
    question: &Question,
    reviewed: Reviewed,
) -> PermissionAnswer {
    let user = AskedPrincipal::from_arn(arn).user(grant).unwrap();
    let rules = Asked {
        user: &user,
        policies: &grant.policies,
        rbac,
        question,
    }
    .by_rules();
    PermissionAnswer::new(user, rules, reviewed)
}

fn not_asked() -> Reviewed {
    Reviewed::Unanswered("`create subjectaccessreviews` is missing".to_owned())
}

fn says(is_allowed: bool) -> AccessReview {
    AccessReview {
        is_allowed,
        ..AccessReview::default()
    }
}

#[test]
fn a_session_fills_in_its_name_and_a_role_leaves_it_open() {
    let name = |arn: &str, template: &str| {
        AskedPrincipal::from_arn(arn)
            .user(&grant(template, &[]))
            .unwrap()
            .name
    };
    let known = |text: &str| BoundName::Known(text.to_owned());
    assert_eq!(
        name(ALICE, "dev:{{SessionName}}"),
        known("dev:alice-example.com")
    );
    assert_eq!(
        name(ALICE, "{{SessionNameRaw}}"),
        known("alice@example.com")
    );
    assert_eq!(name(DEV, "a:{{AccountID}}"), known("a:111122223333"));
    assert_eq!(
        name(DEV, "dev:{{SessionName}}"),
        BoundName::Template("dev:{{SessionName}}".to_owned())
    );
    assert_eq!(
        name(ALICE, "{{AccessKeyID}}"),
        BoundName::Template("{{AccessKeyID}}".to_owned())
    );
    assert_eq!(name(DEV, "{{Nothing}}"), known("{{Nothing}}"));
    let user = "arn:aws:iam::111122223333:user/ann";
    assert_eq!(name(user, "u{{SessionName}}"), known("u"));
    let refused =
        AskedPrincipal::from_arn(ALICE).user(&grant("system:node:{{EC2PrivateDNSName}}", &[]));
    assert!(refused.unwrap_err().contains("refuses this principal"));
    let of_eks = Grant {
        rule: Rule::AccessEntry(DEV.to_owned()),
        ..grant("", &[])
    };
    let user = AskedPrincipal::from_arn(DEV).user(&of_eks).unwrap();
    assert!(!user.is_known(), "EKS forms the name");
}

#[test]
fn the_rules_name_what_allows_it() {
    let rbac = bound_to(group("devs"));
    let answer = answered(
        DEV,
        &grant("dev", &["devs"]),
        &rbac,
        &question("get", "pods"),
        not_asked(),
    );
    assert_eq!(
        (answer.permission, answer.answered_by),
        (Permission::Yes, AnsweredBy::Rules)
    );
    assert_eq!(
        answer.granted_by[0].to_string(),
        "RoleBinding `prod/viewers` of group `devs` with ClusterRole `view-pods`: get, list on pods of API group core"
    );
    assert_eq!(
        answer.not_asked.as_deref(),
        Some("`create subjectaccessreviews` is missing")
    );
    let masters = answered(
        DEV,
        &grant("dev", &["system:masters"]),
        &rbac,
        &question("delete", "nodes"),
        not_asked(),
    );
    assert_eq!(masters.granted_by, [GrantedBy::Masters]);
    let no = answered(
        DEV,
        &grant("dev", &["devs"]),
        &rbac,
        &question("delete", "pods"),
        not_asked(),
    );
    assert_eq!(
        (no.permission, no.reasons.as_slice()),
        (
            Permission::No,
            ["no binding allows it".to_owned()].as_slice()
        )
    );
    assert_eq!(no.nearest.len(), 1);
}

#[test]
fn what_is_not_known_is_never_a_no() {
    let rbac = bound_to(BoundSubject::User("dev:alice".to_owned()));
    let template = grant("dev:{{SessionName}}", &[]);
    let pods = question("get", "pods");
    let perhaps = answered(DEV, &template, &rbac, &pods, Reviewed::Mapped(says(false)));
    assert_eq!(
        (perhaps.permission, perhaps.answered_by),
        (Permission::NotKnown, AnsweredBy::Rules)
    );
    assert!(
        perhaps.reasons[0].contains("`dev:{{SessionName}}` is known only once somebody calls"),
        "{:?}",
        perhaps.reasons
    );
    let other = answered(
        DEV,
        &grant("ops:{{SessionName}}", &[]),
        &rbac,
        &pods,
        Reviewed::Mapped(says(false)),
    );
    assert_eq!(
        other.permission,
        Permission::No,
        "no name that it may have is bound"
    );
    let alice = "arn:aws:sts::111122223333:assumed-role/dev/alice";
    assert_eq!(
        answered(alice, &template, &rbac, &pods, not_asked()).permission,
        Permission::Yes
    );
    let mut unread = bound_to(group("devs"));
    unread.role_bindings = Err("rolebindings could not be read".to_owned());
    let open = answered(DEV, &grant("dev", &["devs"]), &unread, &pods, not_asked());
    assert_eq!(
        (open.permission, open.reasons[0].as_str()),
        (Permission::NotKnown, "rolebindings could not be read")
    );
    let node = answered(
        DEV,
        &grant("system:node:a", &["system:nodes"]),
        &rbac,
        &pods,
        not_asked(),
    );
    assert_eq!(node.permission, Permission::NotKnown);
}

#[test]
fn an_access_policy_is_a_yes_or_not_known_in_its_scope() {
    let with = |name: &str, namespaces: &[&str]| Grant {
        policies: vec![AccessPolicy {
            policy_arn: format!("arn:aws:eks::aws:cluster-access-policy/{name}"),
            namespaces: namespaces.iter().map(|name| (*name).to_owned()).collect(),
        }],
        ..grant("dev", &[])
    };
    let rbac = ClusterRbac::default();
    let pods = question("get", "pods");
    let asked = |grant: &Grant, reviewed| answered(DEV, grant, &rbac, &pods, reviewed).permission;
    // A review knows the policy by the ARN alone, so its no says nothing of one.
    assert_eq!(
        asked(
            &with("AmazonEKSViewPolicy", &["prod"]),
            Reviewed::Mapped(says(false))
        ),
        Permission::Yes
    );
    assert_eq!(
        asked(
            &with("AmazonEKSViewPolicy", &["dev"]),
            Reviewed::Mapped(says(false))
        ),
        Permission::No
    );
    assert_eq!(
        asked(
            &with("AmazonEKSNewPolicy", &[]),
            Reviewed::Mapped(says(false))
        ),
        Permission::NotKnown
    );
    assert_eq!(
        asked(
            &with("AmazonEKSNewPolicy", &[]),
            Reviewed::Mapped(says(true))
        ),
        Permission::Yes
    );
    assert_eq!(
        asked(
            &with("AmazonEKSNewPolicy", &[]),
            Reviewed::Itself(says(false))
        ),
        Permission::No
    );
}

#[test]
fn the_api_servers_word_counts_where_it_knows_the_whole_user() {
    let mut rbac = bound_to(group("devs"));
    let devs = grant("dev", &["devs"]);
    let pods = question("get", "pods");
    let yes = answered(DEV, &devs, &rbac, &pods, Reviewed::Mapped(says(true)));
    assert_eq!(
        (yes.permission, yes.answered_by),
        (Permission::Yes, AnsweredBy::ApiServer)
    );
    assert_eq!(yes.granted_by[0].kind(), "RoleBinding");
    let no = answered(DEV, &devs, &rbac, &pods, Reviewed::Mapped(says(false)));
    assert_eq!(
        (no.permission, no.answered_by),
        (Permission::No, AnsweredBy::ApiServer)
    );
    assert!(
        no.reasons[0].contains("at another moment"),
        "{:?}",
        no.reasons
    );
    rbac.role_bindings = Err("not read".to_owned());
    let unexplained = AccessReview {
        reason: "RBAC: allowed by RoleBinding".to_owned(),
        ..says(true)
    };
    let yes = answered(DEV, &devs, &rbac, &pods, Reviewed::Mapped(unexplained));
    assert_eq!(
        yes.granted_by[0].to_string(),
        "an authorizer of the API server: RBAC: allowed by RoleBinding"
    );
    assert_eq!(
        answered(DEV, &devs, &rbac, &pods, Reviewed::Mapped(says(false))).permission,
        Permission::No
    );
    let failed = AccessReview {
        evaluation_error: "webhook out of reach".to_owned(),
        ..says(false)
    };
    let open = answered(DEV, &devs, &rbac, &pods, Reviewed::Mapped(failed.clone()));
    assert_eq!(
        (open.permission, open.answered_by),
        (Permission::NotKnown, AnsweredBy::Rules)
    );
    assert!(
        open.not_asked
            .is_some_and(|reason| reason.contains("webhook out of reach"))
    );
    let denied = AccessReview {
        is_denied: true,
        reason: "frozen".to_owned(),
        ..failed
    };
    let no = answered(
        DEV,
        &devs,
        &bound_to(group("devs")),
        &pods,
        Reviewed::Mapped(denied),
    );
    assert_eq!(
        (no.permission, no.reasons.as_slice()),
        (Permission::No, ["frozen".to_owned()].as_slice())
    );
}

#[test]
fn of_several_mappings_only_what_all_give_counts() {
    let rbac = bound_to(group("devs"));
    let pods = question("get", "pods");
    let of = |groups: &[&str]| answered(DEV, &grant("dev", groups), &rbac, &pods, not_asked());
    let both = |one, other| PermissionAnswer::at_random(vec![of(one), of(other)]).permission;
    assert_eq!(both(&["devs"], &["devs", "ops"]), Permission::Yes);
    assert_eq!(both(&["devs"], &["ops"]), Permission::NotKnown);
    assert_eq!(both(&["a"], &["ops"]), Permission::No);
}
