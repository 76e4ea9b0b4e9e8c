//! What whoever acts is asked about before a change of roles and bindings and after it: what it then has no more is put back.

use eksauth_core::kubernetes::rbac::ResourceQuestion;

use crate::ports::access_review::AccessQuestion;
use crate::ports::rbac_objects::RBAC_GROUP;

/// A question, as a sentence says it: `patch configmaps kube-system/aws-auth`.
pub(crate) fn described(question: AccessQuestion) -> String {
    match (question.resource, question.name) {
        ("*", _) => "everything (`*` on `*`)".to_owned(),
        (resource, "") => format!("`{} {resource}`", question.verb),
        (resource, name) => format!(
            "`{} {resource} {}/{name}`",
            question.verb, question.namespace
        ),
    }
}

/// What roles and bindings are called in rules.
const RBAC_RESOURCES: [&str; 4] = [
    "clusterroles",
    "clusterrolebindings",
    "roles",
    "rolebindings",
];

/// All power.
const EVERYTHING: AccessQuestion = AccessQuestion {
    verb: "*",
    api_group: "*",
    resource: "*",
    namespace: "",
    name: "",
};

/// What is asked: all power, aws-auth, and what mends a binding.
pub(crate) fn questions() -> Vec<AccessQuestion> {
    let aws_auth = |verb| AccessQuestion {
        verb,
        api_group: "",
        resource: "configmaps",
        namespace: eksauth_core::aws_auth::NAMESPACE,
        name: eksauth_core::aws_auth::NAME,
    };
    let of_rbac = |resource| AccessQuestion {
        verb: "patch",
        api_group: RBAC_GROUP,
        resource,
        ..EVERYTHING
    };
    let others = [EVERYTHING, aws_auth("get"), aws_auth("patch")];
    let of_rbac = RBAC_RESOURCES.into_iter().map(of_rbac);
    others.into_iter().chain(of_rbac).collect()
}

/// The same question as rules answer it.
pub(crate) fn as_rules_answer(question: AccessQuestion) -> ResourceQuestion {
    ResourceQuestion {
        verb: question.verb.to_owned(),
        api_group: question.api_group.to_owned(),
        resource: question.resource.to_owned(),
        subresource: String::new(),
        namespace: question.namespace.to_owned(),
        name: question.name.to_owned(),
    }
}
