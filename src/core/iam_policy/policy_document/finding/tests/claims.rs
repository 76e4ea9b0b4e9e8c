//! Subjects and audiences: those that no token has, and those that too many have.

use super::*;

fn on_audience(value: &str) -> String {
    let value = serde_json::json!(value);
    trust(&allow(&format!(
        r#"{{"StringEquals":{{"KEY:sub":"system:serviceaccount:apps:reader","KEY:aud":{value}}}}}"#
    )))
}

#[test]
fn a_subject_that_no_token_has_is_named_with_what_is_wrong() {
    let reason = |operator: &str, value: &str| {
        let found = said(&on_subject(operator, value));
        let found = found.iter().find(|(id, _, _)| *id == "lockout.sub_format");
        let (_, level, message) = found.unwrap_or_else(|| panic!("nothing said of `{value}`"));
        assert_eq!(*level, Severity::Error);
        message
            .strip_prefix(&format!("no token has the subject `{value}`: "))
            .and_then(|rest| rest.strip_suffix(", so nobody can assume the role by this statement"))
            .unwrap()
            .to_owned()
    };
    let form = "a subject is `system:serviceaccount:<namespace>:<name>`";
    let prefix = "system:serviceaccount:";
    for (value, expected) in [
        ("".to_owned(), format!("it is empty, and {form}")),
        (" ".to_owned(), format!("it is empty, and {form}")),
        ("prod:app".to_owned(), format!("`{prefix}` is missing before it")),
        (format!("{prefix}app"), "the namespace is missing before the name".to_owned()),
        (format!("{prefix}:app"), "the namespace is empty".to_owned()),
        (format!("{prefix}prod:"), "the name is empty".to_owned()),
        (format!("{prefix}prod/app"), "namespace and name are separated by a colon, not by a slash".to_owned()),
        (format!("{prefix}prod:app:x"), "it has more parts than a namespace and a name".to_owned()),
        (format!("{prefix}prod:app "), "there is white space in it, which is compared too".to_owned()),
        (format!("{prefix}prod:app\n"), "there is white space in it, which is compared too".to_owned()),
        (format!("{prefix}Prod:app"), "the names of Kubernetes are in small letters, and IAM compares case".to_owned()),
        ("system:ServiceAccount:prod:app".to_owned(), "the names of Kubernetes are in small letters, and IAM compares case".to_owned()),
        (
            format!("{prefix}prod:my_app"),
            "Kubernetes allows no such name: small letters, digits and inner hyphens, in names dots too".to_owned(),
        ),
        ("system:serviceaccounts".to_owned(), format!("it is a group of Kubernetes, and {form}")),
        ("system:serviceaccounts:prod".to_owned(), format!("it is a group of Kubernetes, and {form}")),
        ("sts.amazonaws.com".to_owned(), "it is an audience: compare it with the key that ends in `:aud`".to_owned()),
        ("system:node:x".to_owned(), form.to_owned()),
        ("app".to_owned(), form.to_owned()),
        (
            format!("^{prefix}prod:.+$"),
            "it is a regular expression, and IAM knows only `*` and `?` under `StringLike`".to_owned(),
        ),
        (
            format!("{prefix}prod:(a|b)"),
            "it is a regular expression, and IAM knows only `*` and `?` under `StringLike`".to_owned(),
        ),
    ] {
        for operator in ["StringEquals", "StringLike", "StringEqualsIfExists"] {
            assert_eq!(reason(operator, &value), expected, "{operator} {value}");
        }
    }
    for value in [
        "^system:serviceaccount:prod:.*$",
        "system:serviceaccount:prod:.*",
        "prod:*",
        "repo:org/*",
    ] {
        reason("StringLike", value);
    }
    let older = on_subject("StringEquals", "system:serviceaccount:${aws:username}:app")
        .replace("2012-10-17", "2008-10-17");
    assert!(said(&older).iter().any(|(_, _, message)| {
        message.contains("its variable is plain text in a policy of version `2008-10-17`")
    }));
}

#[test]
fn one_subject_of_several_that_no_token_has_keeps_only_that_one_out() {
    let policy = trust(&allow(
        r#"{"StringEquals":{"KEY:sub":["apps:writer","system:serviceaccount:apps:reader"],"KEY:aud":"sts.amazonaws.com"}}"#,
    ));
    assert_eq!(
        said(&policy),
        [(
            "lockout.sub_format",
            Severity::Error,
            "no token has the subject `apps:writer`: `system:serviceaccount:` is missing before it; only `apps:reader` may assume the role by this statement"
                .to_owned()
        )]
    );
}

#[test]
fn a_possible_subject_is_not_called_impossible() {
    for value in [
        "system:serviceaccount:prod:app",
        "system:serviceaccount:prod:a.b-c",
        "system:serviceaccount:${aws:userid}:app",
    ] {
        assert_eq!(
            lint_ids(&on_subject("StringEquals", value)),
            ["hygiene.set_operator_single_valued"],
            "{value}"
        );
    }
    let folded = on_subject("StringEqualsIgnoreCase", "System:ServiceAccount:Prod:App");
    assert_eq!(lint_ids(&folded), ["hygiene.set_operator_single_valued"]);
}

#[test]
fn an_audience_that_no_token_has_is_named_and_nobody_can_assume_the_role() {
    let no_token = "no token has it as its audience";
    for (value, expected) in [
        (
            "system:serviceaccount:kube-system:aws-node",
            format!(
                "`system:serviceaccount:kube-system:aws-node` is the subject of a service account, and {no_token}: compare it with the key that ends in `:sub`"
            ),
        ),
        (
            "sts.amazon.com",
            format!("`sts.amazon.com` looks like `sts.amazonaws.com` but is not, and {no_token}"),
        ),
        (
            "sts.amazonaws.co",
            format!("`sts.amazonaws.co` looks like `sts.amazonaws.com` but is not, and {no_token}"),
        ),
        (
            "STS.amazonaws.com",
            format!(
                "`STS.amazonaws.com` looks like `sts.amazonaws.com` but is not, and {no_token}"
            ),
        ),
        (
            "https://sts.amazonaws.com",
            format!(
                "`https://sts.amazonaws.com` looks like `sts.amazonaws.com` but is not, and {no_token}"
            ),
        ),
        (
            "sts.eu-west-1.amazonaws.com",
            format!(
                "`sts.eu-west-1.amazonaws.com` looks like `sts.amazonaws.com` but is not, and {no_token}"
            ),
        ),
        (
            "sts.amazonaws.com ",
            format!(
                "`sts.amazonaws.com ` looks like `sts.amazonaws.com` but is not, and {no_token}"
            ),
        ),
        (
            "sts.amazonaws.com.cn",
            format!(
                "`sts.amazonaws.com.cn` is the audience of another partition, and here {no_token}; write `sts.amazonaws.com`"
            ),
        ),
        (
            "",
            "no token has an empty audience; write `sts.amazonaws.com`".to_owned(),
        ),
    ] {
        let message = format!("{expected}, so nobody can assume the role by this statement");
        assert_eq!(
            said(&on_audience(value)),
            [("lockout.aud_format", Severity::Error, message)],
            "{value}"
        );
        let found = ids(&on_audience(value));
        assert_eq!(found, ["lockout.aud_mismatch"], "{value}");
    }
    for value in [
        "sts.amazonaws.com",
        "vault",
        "https://kubernetes.default.svc",
    ] {
        assert_eq!(said(&on_audience(value)), [], "{value}");
    }
    let in_china = on_audience("sts.amazonaws.com.cn").replace("arn:aws:", "arn:aws-cn:");
    assert_eq!(said(&in_china), []);
}

#[test]
fn a_role_that_no_token_can_get_is_not_called_open() {
    let under_audience = trust(&allow(
        r#"{"StringEquals":{"KEY:aud":"system:serviceaccount:kube-system:aws-node"}}"#,
    ));
    assert_eq!(lint_ids(&under_audience), ["lockout.aud_format"]);
    let wide = trust(&allow(
        r#"{"StringLike":{"KEY:sub":"*"},"StringEquals":{"KEY:aud":"sts.amazon.com"}}"#,
    ));
    let levels: Vec<_> = said(&wide)
        .into_iter()
        .map(|(id, level, _)| (id, level))
        .collect();
    assert_eq!(
        levels,
        [
            ("lockout.aud_format", Severity::Error),
            ("privilege.sub_wildcard_any_namespace", Severity::Warning)
        ]
    );
    let apart = trust(&allow(
        r#"{"StringLike":{"KEY:sub":"*:reader"},"StringEquals":{"KEY:sub":"system:serviceaccount:apps:writer","KEY:aud":"sts.amazonaws.com"}}"#,
    ));
    assert_eq!(
        lint_ids(&apart),
        [
            "lockout.admits_nobody",
            "privilege.sub_wildcard_any_namespace"
        ]
    );
}

#[test]
fn a_namespace_and_more_than_a_namespace_are_told_apart() {
    for (value, expected) in [
        (
            "system:serviceaccount:prod:*",
            "privilege.sub_wildcard_namespace",
        ),
        (
            "system:serviceaccount:prod:?*",
            "privilege.sub_wildcard_namespace",
        ),
        ("*:prod:*", "privilege.sub_wildcard_namespace"),
        (
            "system:serviceaccount:*:*",
            "privilege.sub_wildcard_any_namespace",
        ),
        (
            "system:serviceaccount:*",
            "privilege.sub_wildcard_any_namespace",
        ),
        (
            "system:serviceaccount:*:app",
            "privilege.sub_wildcard_any_namespace",
        ),
        ("system:*", "privilege.sub_wildcard_any_namespace"),
        ("*", "privilege.sub_wildcard_any_namespace"),
        (
            "system:serviceaccount:prod*",
            "privilege.sub_wildcard_crosses_colon",
        ),
        (
            "system:serviceaccount:prod*:*",
            "privilege.sub_wildcard_crosses_colon",
        ),
        (
            "system:serviceaccount:?rod:app",
            "privilege.sub_wildcard_crosses_colon",
        ),
        (
            "system:serviceaccount:?:app",
            "privilege.sub_wildcard_crosses_colon",
        ),
    ] {
        let found = ids(&on_subject("StringLike", value));
        assert_eq!(
            found,
            ["hygiene.set_operator_single_valued", expected],
            "{value}"
        );
    }
    let excluded = format!(
        "{},{}",
        allow(r#"{"StringEquals":{"KEY:aud":"sts.amazonaws.com"}}"#),
        allow(r#"{"StringNotLike":{"KEY:sub":"system:serviceaccount:apps:*"}}"#)
            .replace("Allow", "Deny"),
    );
    assert_eq!(lint_ids(&trust(&excluded)), [] as [&str; 0]);
}
