//! What the API server says when somebody would grant rights that it does not hold: the rules that the caller lacks.
//!
//! Source: k8s.io/kubernetes, `pkg/registry/rbac/validation` (`ConfirmNoEscalation`) and `pkg/apis/rbac/v1` (`CompactString`): one rule a line,
//! `{APIGroups:["apps"], Resources:["deployments"], Verbs:["get" "list"]}`, and `; resolution errors: […]` at the end.

use crate::ports::{ApiError, ErrorKind};

/// How the list begins.
const BEGINNING: &str = "attempting to grant RBAC permissions not currently held:";

/// What the caller lacks, each as a rule of the configuration; `None` where the refusal is about something else.
pub(super) fn lacking(error: &ApiError) -> Option<Vec<String>> {
    if error.kind != ErrorKind::AccessDenied {
        return None;
    }
    let (_, list) = error.message.split_once(BEGINNING)?;
    let list = list
        .split_once("; resolution errors:")
        .map_or(list, |(list, _)| list);
    // A blank between two rules stands for the end of a line where the message was put into one.
    let rules = list.split("{").skip(1);
    let rules = rules.filter_map(|rule| rule.split_once('}').map(|(rule, _)| rule));
    Some(rules.map(described).collect())
}

/// `get, list deployments in apps` of `APIGroups:["apps"], Resources:["deployments"], Verbs:["get" "list"]`.
fn described(rule: &str) -> String {
    let member = |name: &str| -> Option<Vec<&str>> {
        let (_, rest) = rule.split_once(&format!("{name}:["))?;
        let (texts, _) = rest.split_once(']')?;
        Some(texts.split('"').skip(1).step_by(2).collect())
    };
    let listed = |name: &str| member(name).map(|texts| texts.join(", "));
    let Some(verbs) = listed("Verbs") else {
        return rule.trim().to_owned();
    };
    if let Some(urls) = listed("NonResourceURLs") {
        return format!("`{verbs}` on `{urls}`");
    }
    let groups = member("APIGroups").unwrap_or_default();
    let groups: Vec<&str> = groups
        .into_iter()
        .map(|group| match group {
            "" => "the core group",
            "*" => "all API groups",
            group => group,
        })
        .collect();
    let resources = listed("Resources").unwrap_or_default();
    let named = match listed("ResourceNames") {
        Some(names) => format!(" named `{names}`"),
        None => String::new(),
    };
    format!("`{verbs}` on `{resources}` of {}{named}", groups.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(message: &str) -> ApiError {
        ApiError::new(
            ErrorKind::AccessDenied,
            "kubernetes:patch clusterroles x",
            message,
        )
    }

    #[test]
    fn each_rule_that_the_caller_lacks_is_read() {
        let message = "clusterroles.rbac.authorization.k8s.io \"x\" is forbidden: user \"ci\" (groups=[\"dev\" \"system:authenticated\"]) is attempting to \
                       grant RBAC permissions not currently held:\n{APIGroups:[\"\"], Resources:[\"secrets\"], Verbs:[\"get\" \"list\"]}\n{APIGroups:[\"*\"], \
                       Resources:[\"pods\"], ResourceNames:[\"a\"], Verbs:[\"delete\"]}\n{NonResourceURLs:[\"/metrics\"], Verbs:[\"get\"]}; resolution errors: [x]";
        assert_eq!(
            lacking(&refusal(message)).unwrap(),
            [
                "`get, list` on `secrets` of the core group",
                "`delete` on `pods` of all API groups named `a`",
                "`get` on `/metrics`",
            ]
        );
        assert_eq!(lacking(&refusal("User \"ci\" cannot patch")), None);
    }
}
