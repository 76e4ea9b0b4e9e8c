//! Findings, each kind with several of its shapes, and what is said of who may assume the role.

use super::super::tests::{allow, request, trust};
use super::*;

fn ids(policy: &str) -> Vec<&'static str> {
    let request = request();
    findings(policy, Some(&request.role_arn), Some(&request.providers))
        .iter()
        .map(|finding| finding.id)
        .collect()
}

#[test]
fn a_good_policy_has_no_findings() {
    let good = allow(
        r#"{"StringEquals":{"KEY:sub":"system:serviceaccount:apps:reader","KEY:aud":"sts.amazonaws.com"}}"#,
    );
    assert_eq!(ids(&trust(&good)), [] as [&str; 0]);
    let pattern = allow(
        r#"{"StringLike":{"KEY:sub":"system:serviceaccount:apps:*"},"StringEquals":{"KEY:aud":"sts.amazonaws.com"}}"#,
    );
    assert_eq!(ids(&trust(&pattern)), ["privilege.sub_wildcard_namespace"]);
    let part = allow(
        r#"{"StringLike":{"KEY:sub":"system:serviceaccount:apps:run-*"},"StringEquals":{"KEY:aud":"sts.amazonaws.com"}}"#,
    );
    assert_eq!(ids(&trust(&part)), [] as [&str; 0]);
}

#[test]
fn each_trap_has_its_finding() {
    let aud = r#""StringEquals":{"KEY:aud":"sts.amazonaws.com"}"#;
    for (condition, expected) in [
        (format!("{{{aud}}}"), vec!["privilege.no_sub_condition"]),
        (format!(r#"{{{aud},"StringLike":{{"KEY:sub":"system:serviceaccount:*:app"}}}}"#), vec!["privilege.sub_wildcard_any_namespace"]),
        (format!(r#"{{{aud},"StringLike":{{"KEY:sub":"system:serviceaccount:prod*"}}}}"#), vec!["privilege.sub_wildcard_crosses_colon"]),
        (format!(r#"{{{aud},"StringNotEquals":{{"KEY:sub":"x"}}}}"#), vec!["privilege.negated_sub_only"]),
        (
            r#"{"StringEquals":{"https://KEY:sub":"x","KEY:aud":"sts.amazonaws.com"}}"#.to_owned(),
            vec!["lockout.condition_key_issuer_mismatch", "lockout.condition_key_scheme"],
        ),
        (
            r#"{"StringEquals":{"KEY:sub":"system:serviceaccount:apps:*","KEY:aud":"sts.amazonaws.com"}}"#.to_owned(),
            vec!["lockout.wildcard_in_string_equals"],
        ),
        (
            r#"{"StringEquals":{"KEY:sub":"system:serviceaccount:apps:reader","KEY:aud":"sts.amazonaws.com.cn"}}"#.to_owned(),
            vec!["lockout.aud_mismatch"],
        ),
    ] {
        assert_eq!(ids(&trust(&allow(&condition))), expected, "{condition}");
    }
    let of_build_system = allow(
        r#"{"StringLike":{"KEY:sub":"repo:org/*"},"StringEquals":{"KEY:aud":"sts.amazonaws.com"}}"#,
    );
    assert_eq!(ids(&trust(&of_build_system)), ["lockout.sub_format"]);
    let with_its_own_issuer = trust(&of_build_system).replace(
        "oidc.eks.eu-west-1.amazonaws.com/id/A1",
        "token.actions.githubusercontent.com",
    );
    assert_eq!(ids(&with_its_own_issuer), ["lockout.provider_missing"]);
    let stale = allow(
        r#"{"StringEquals":{"oidc.eks.eu-west-1.amazonaws.com/id/B2:sub":"x","KEY:aud":"sts.amazonaws.com"}}"#,
    );
    assert_eq!(
        ids(&trust(&stale)),
        [
            "lockout.condition_key_issuer_mismatch",
            "lockout.condition_key_stale_cluster"
        ]
    );
    let one_unknown = allow(
        r#"{"StringLike":{"KEY:sub":"system:serviceaccount:?rod:app"},"StringEquals":{"KEY:aud":"sts.amazonaws.com"}}"#,
    );
    assert_eq!(
        ids(&trust(&one_unknown)),
        ["privilege.sub_wildcard_crosses_colon"]
    );
    let other_account = trust(&allow(
        r#"{"StringEquals":{"KEY:sub":"x","KEY:aud":"sts.amazonaws.com"}}"#,
    ))
    .replace("111122223333", "444455556666");
    assert_eq!(
        ids(&other_account),
        [
            "lockout.provider_missing",
            "lockout.provider_other_account",
            "lockout.sub_format"
        ]
    );
    let wrong_action = trust(&allow("{}")).replace("AssumeRoleWithWebIdentity", "AssumeRole");
    assert_eq!(
        ids(&wrong_action),
        ["lockout.action", "lockout.wrong_action"]
    );
    assert_eq!(
        ids(r#"{"Statement":[],"Statement":[]}"#),
        ["privilege.duplicate_json_key"]
    );
}

/// Level and message of each finding by id, with nothing known of the account, as `lint` asks.
fn said(policy: &str) -> Vec<(&'static str, Severity, String)> {
    findings(policy, None, None)
        .into_iter()
        .map(|finding| (finding.id, finding.level, finding.message))
        .collect()
}

fn lint_ids(policy: &str) -> Vec<&'static str> {
    findings(policy, None, None)
        .iter()
        .map(|finding| finding.id)
        .collect()
}

const GOOD: &str = r#"{"StringEquals":{"KEY:sub":"system:serviceaccount:apps:reader","KEY:aud":"sts.amazonaws.com"}}"#;

fn on_subject(operator: &str, value: &str) -> String {
    let value = serde_json::json!(value);
    trust(&allow(&format!(
        r#"{{"{operator}":{{"KEY:sub":{value}}},"ForAnyValue:StringEquals":{{"KEY:aud":"sts.amazonaws.com"}}}}"#
    )))
}

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
        "system:serviceaccount:${aws:PrincipalTag/namespace}:app",
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

#[test]
fn a_provider_that_is_no_arn_is_found() {
    let good = trust(&allow(GOOD));
    for written in [
        "oidc.eks.eu-west-1.amazonaws.com/id/A1",
        "https://oidc.eks.eu-west-1.amazonaws.com/id/A1",
        "my-provider",
    ] {
        let policy = good.replace(super::super::tests::PROVIDER, written);
        let found = said(&policy);
        assert_eq!(
            found,
            [(
                "lockout.provider_arn_format",
                Severity::Error,
                format!(
                    "`{written}` is not the ARN of an OIDC provider, and IAM finds none by it, so nobody can assume the role by this statement"
                )
            )]
        );
    }
    for written in ["accounts.google.com", "cognito-identity.amazonaws.com"] {
        let policy = good.replace(super::super::tests::PROVIDER, written);
        assert!(!lint_ids(&policy).contains(&"lockout.provider_arn_format"));
    }
}

#[test]
fn an_action_that_never_applies_is_found() {
    let good = trust(&allow(GOOD));
    let with = |action: &str| good.replace(r#""sts:AssumeRoleWithWebIdentity""#, action);
    for (action, expected) in [
        (
            r#""AssumeRoleWithWebIdentity""#,
            vec!["lockout.action", "lockout.invalid_policy"],
        ),
        (
            r#"["AssumeRole","sts:AssumeRoleWithWebIdentity"]"#,
            vec!["lockout.action", "lockout.invalid_policy"],
        ),
        (r#""sts:TagSession""#, vec!["lockout.action"]),
        (
            r#""sts:AssumeRole""#,
            vec!["lockout.action", "lockout.wrong_action"],
        ),
        (
            r#""sts:AssumeRoleWithSAML""#,
            vec!["lockout.action", "lockout.wrong_action"],
        ),
        (
            r#""sts:AssumeRoleWithWebIdentiy""#,
            vec!["lockout.action", "lockout.wrong_action"],
        ),
        (
            r#""iam:PassRole""#,
            vec!["lockout.action", "lockout.wrong_action"],
        ),
        (
            r#"["sts:AssumeRoleWithWebIdentity","sts:AssumeRole"]"#,
            vec!["lockout.action"],
        ),
        (
            r#"["sts:AssumeRoleWithWebIdentity","sts:TagSession"]"#,
            vec![],
        ),
        (r#""STS:assumerolewithwebidentity""#, vec![]),
        (r#""sts:AssumeRole*""#, vec!["hygiene.action_wildcard"]),
        (r#""*""#, vec!["hygiene.action_wildcard"]),
    ] {
        assert_eq!(lint_ids(&with(action)), expected, "{action}");
    }
    let tags = allow(GOOD).replace("AssumeRoleWithWebIdentity", "TagSession");
    assert_eq!(
        lint_ids(&trust(&format!("{},{tags}", allow(GOOD)))),
        [] as [&str; 0]
    );
    let of_account = r#"{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111122223333:root"},"Action":"sts:AssumeRoleWithWebIdentity"}"#;
    assert_eq!(lint_ids(&trust(of_account)), ["lockout.action"]);
    assert_eq!(
        lint_ids(&trust(
            &of_account.replace("AssumeRoleWithWebIdentity", "AssumeRole")
        )),
        [] as [&str; 0]
    );
}

#[test]
fn a_document_with_an_action_without_service_never_allows() {
    let mixed = trust(&allow(GOOD)).replace(
        r#""sts:AssumeRoleWithWebIdentity""#,
        r#"["AssumeRole","sts:AssumeRoleWithWebIdentity"]"#,
    );
    let answer = super::super::evaluate(&mixed, &request());
    assert_eq!(answer.reason, "policy.action");
    let alone = trust(&allow(GOOD)).replace(r#""sts:Assume"#, r#""Assume"#);
    let answer = super::super::evaluate(&alone, &request());
    assert_eq!(
        (answer.decision.id(), answer.reason.as_str()),
        ("deny", "action")
    );
}

#[test]
fn set_operators_versions_and_session_names_have_their_findings() {
    let set = on_subject(
        "ForAllValues:StringEquals",
        "system:serviceaccount:apps:reader",
    );
    assert_eq!(
        ids(&set),
        [
            "hygiene.set_operator_single_valued",
            "hygiene.set_operator_single_valued",
            "privilege.forallvalues_allow"
        ]
    );
    let of_several = allow(
        r#"{"ForAllValues:StringEquals":{"aws:TagKeys":"a"},"StringEquals":{"KEY:sub":"system:serviceaccount:apps:reader","KEY:aud":"sts.amazonaws.com"}}"#,
    );
    assert_eq!(ids(&trust(&of_several)), ["privilege.forallvalues_allow"]);
    for version in [r#""Version":"2008-10-17","#, ""] {
        let policy = trust(&allow(GOOD)).replace(r#""Version":"2012-10-17","#, version);
        assert_eq!(ids(&policy), ["hygiene.policy_version"]);
    }
    for (test, expected) in [
        (
            r#""StringLike":{"sts:RoleSessionName":"app-*"}"#,
            vec!["lockout.session_name_condition"],
        ),
        (
            r#""StringEquals":{"STS:rolesessionname":"app"}"#,
            vec!["lockout.session_name_condition"],
        ),
        (r#""StringLike":{"sts:RoleSessionName":"*"}"#, vec![]),
        (r#""StringNotEquals":{"sts:RoleSessionName":"app"}"#, vec![]),
    ] {
        let policy = trust(&allow(&format!(
            r#"{{{test},"ForAllValues:StringEquals":{{"aws:TagKeys":"a"}},"StringEqualsIgnoreCase":{{"KEY:sub":"system:serviceaccount:apps:reader","KEY:aud":"sts.amazonaws.com"}}}}"#
        )));
        let found: Vec<_> = ids(&policy)
            .into_iter()
            .filter(|id| *id != "privilege.forallvalues_allow")
            .collect();
        assert_eq!(found, expected, "{test}");
    }
}

#[test]
fn a_deny_says_whom_it_denies() {
    let with = |condition: &str| {
        trust(&format!(
            "{},{}",
            allow(GOOD),
            allow(condition).replace("Allow", "Deny")
        ))
    };
    for condition in [
        r#"{"StringNotEquals":{"KEY:azp":"x"}}"#,
        r#"{"StringEqualsIfExists":{"KEY:azp":"x"}}"#,
        r#"{"ForAllValues:StringEquals":{"KEY:amr":"x"}}"#,
        r#"{"Null":{"KEY:azp":"true"}}"#,
    ] {
        let policy = with(condition);
        assert_eq!(
            lint_ids(&policy),
            ["lockout.admits_nobody", "lockout.deny_on_missing_key"],
            "{condition}"
        );
        let found = said(&policy);
        assert!(
            found[1]
                .2
                .ends_with("is missing, so this denies every service account"),
            "{found:?}"
        );
    }
    for condition in [
        r#"{"StringEquals":{"KEY:azp":"x"}}"#,
        r#"{"ForAnyValue:StringNotEquals":{"KEY:amr":"x"}}"#,
        r#"{"Null":{"KEY:azp":"false"}}"#,
        r#"{"StringEquals":{"KEY:sub":"apps:reader"}}"#,
        r#"{"Null":{"KEY:sub":"true"}}"#,
    ] {
        assert_eq!(
            lint_ids(&with(condition)),
            ["privilege.deny_never_applies"],
            "{condition}"
        );
    }
    let partly = with(
        r#"{"StringNotEquals":{"KEY:azp":"x"},"StringEquals":{"KEY:sub":"system:serviceaccount:apps:writer"}}"#,
    );
    assert_eq!(
        said(&partly),
        [(
            "lockout.deny_on_missing_key",
            Severity::Error,
            "`StringNotEquals` holds where `oidc.eks.eu-west-1.amazonaws.com/id/A1:azp` is missing, so the other conditions alone decide whom this denies: only `apps:writer`"
                .to_owned()
        )]
    );
    let by_everyone = with(r#"{"StringNotLike":{"KEY:sub":"system:serviceaccount:apps:*"}}"#)
        .replacen(
            &format!(r#"{{"Federated":"{}"}}"#, super::super::tests::PROVIDER),
            r#""*""#,
            2,
        )
        .replacen(
            r#""Principal":"*""#,
            &format!(
                r#""Principal":{{"Federated":"{}"}}"#,
                super::super::tests::PROVIDER
            ),
            1,
        );
    assert_eq!(lint_ids(&by_everyone), ["privilege.principal_wildcard"]);
}
