use super::go_regexp::GoRegexp;
use super::kiam::ExpressionMode;
use super::kube2iam::{Kube2iam, NamespaceRestriction};
use super::*;

const BASE: &str = "arn:aws:iam::123456789012:role/";

fn kube2iam(restriction: NamespaceRestriction) -> Kube2iam {
    Kube2iam {
        base_arn: BASE.to_owned(),
        default_role: String::new(),
        restriction,
    }
}

#[test]
fn an_empty_annotation_does_not_fall_back_to_the_default_role() {
    let cluster = Kube2iam {
        default_role: "fallback".to_owned(),
        ..kube2iam(NamespaceRestriction::Off)
    };
    assert_eq!(cluster.role_of_pod(Some("")), Ok(BASE.to_owned()));
    assert_eq!(cluster.role_of_pod(None), Ok(format!("{BASE}fallback")));
    assert_eq!(
        kube2iam(NamespaceRestriction::Off).role_of_pod(None),
        Err(LegacyPodRoleError::NoRole)
    );
    assert_eq!(cluster.role_of_pod(Some("/app")), Ok(format!("{BASE}/app")));
}

#[test]
fn the_regular_expression_of_kube2iam_is_found_anywhere() {
    let cluster = kube2iam(NamespaceRestriction::Regexp);
    let allows = |annotation: &str, role: &str| cluster.is_allowed(Some(annotation), role);
    assert!(allows(r#"["app"]"#, &format!("{BASE}app-admin")));
    assert!(allows(
        r#"["app|admin"]"#,
        "arn:aws:iam::999999999999:role/admin"
    ));
    assert!(!allows(r#"["app$"]"#, &format!("{BASE}app-admin")));
    assert!(!allows(r#"["("]"#, &format!("{BASE}(")));
    assert!(allows(r#"["(", "app"]"#, &format!("{BASE}app")));
    assert!(allows("[1]", &format!("{BASE}anything")));
}

#[test]
fn a_glob_knows_only_the_star_and_is_matched_as_a_whole() {
    let cluster = kube2iam(NamespaceRestriction::Glob);
    let allows = |pattern: &str, role: &str| {
        cluster.is_allowed(Some(&format!(r#"["{pattern}"]"#)), &format!("{BASE}{role}"))
    };
    assert!(allows("a*c*e", "abcde"));
    assert!(allows("*", "x/y"));
    assert!(!allows("a?c", "abc"));
    assert!(!allows("a*b*b", "ab"));
    assert!(!allows("app", "app2"));
}

#[test]
fn the_default_role_passes_every_restriction() {
    let cluster = Kube2iam {
        default_role: "fallback".to_owned(),
        ..kube2iam(NamespaceRestriction::Glob)
    };
    assert!(cluster.is_allowed(None, &format!("{BASE}fallback")));
    assert!(!cluster.is_allowed(None, &format!("{BASE}app")));
}

#[test]
fn strict_mode_of_kiam_anchors_only_the_outer_ends_of_an_alternation() {
    let permits = |expression: &str, role: &str| {
        kiam::is_permitted(expression, "", role, ExpressionMode::Strict).unwrap()
    };
    assert!(permits("red|blue", "red-admin"));
    assert!(permits("red|blue", "dark-blue"));
    assert!(!permits("(red|blue)", "red-admin"));
    assert!(!permits("red", "red-admin"));
    assert!(kiam::is_permitted("red", "", "infrared-admin", ExpressionMode::Search).unwrap());
    assert_eq!(
        kiam::findings("red|blue", ExpressionMode::Strict)
            .iter()
            .map(|finding| finding.id)
            .collect::<Vec<_>>(),
        [
            "privilege.regexp_half_anchored",
            "privilege.regex_any_account"
        ]
    );
    assert_eq!(
        kiam::findings(&format!("{BASE}(red|blue)"), ExpressionMode::Strict),
        []
    );
}

#[test]
fn a_role_is_resolved_with_one_slash_less() {
    assert_eq!(
        kiam::resolve(BASE, "//app"),
        Ok(kiam::ResolvedRole {
            arn: format!("{BASE}/app"),
            name: "/app".to_owned()
        })
    );
    assert_eq!(
        kiam::resolve(BASE, "ARN:x").unwrap().arn,
        format!("{BASE}ARN:x")
    );
    assert_eq!(
        kiam::resolve(BASE, "arn:x"),
        Err(LegacyPodRoleError::Arn {
            arn: "arn:x".to_owned()
        })
    );
    assert_eq!(
        kiam::is_annotated_role(BASE, "/app", &format!("{BASE}app")),
        Ok(true)
    );
}

#[test]
fn spellings_that_only_go_knows_are_translated_or_refused() {
    let matches = |expression: &str, text: &str| {
        GoRegexp::compile(expression)
            .map(|regexp| regexp.is_found_in(text))
            .ok()
    };
    assert_eq!(matches(r"^\Qa.b\E$", "a.b"), Some(true));
    assert_eq!(matches(r"^\Qa.b\E$", "axb"), Some(false));
    assert_eq!(matches(r"^\Qa.b\E?$", "a."), Some(true));
    assert_eq!(matches(r"^ab\Q\E*$", "abb"), Some(true));
    assert_eq!(matches("^a{,2}$", "a{,2}"), Some(true));
    assert_eq!(matches("^a{2}$", "aa"), Some(true));
    assert_eq!(matches("^x]y}$", "x]y}"), Some(true));
    assert_eq!(matches("^[]a]+$", "]a"), Some(true));
    assert_eq!(matches("^[[:alpha:]_]+$", "a_b"), Some(true));
    assert_eq!(matches("^[a&&b]$", "&"), Some(true));
    assert_eq!(
        matches(r"^arn:aws:iam::\d+:role\/app$", "arn:aws:iam::1:role/app"),
        Some(true)
    );
    assert_eq!(matches("^[:al]+$", ":la"), Some(true));
    assert_eq!(matches(r"^\x{61}+\142$", "aab"), Some(true));
    assert_eq!(matches(r"^\<\_\-$", "<_-"), Some(true));
    assert_eq!(matches("(?i)^APP$", "app"), Some(true));
    assert_eq!(matches(r"(?i)^[\x41-\x43\101]+$", "Abc"), Some(true));
    assert_eq!(matches(r"^[\x5d\x{2d}x]+$", "]-x"), Some(true));
    assert_eq!(matches("a.c", "a\nc"), Some(false));
    assert_eq!(matches("a$", "a\n"), Some(false));
    assert_eq!(matches("a*?b", "aab"), Some(true));
    for refused in [
        "a**",
        "a*+",
        "a{2}{3}",
        "(?x)a",
        "(?u)a",
        "a{1001}",
        "(",
        "[a",
        "\\",
        "*a",
        r"\1",
        r"[\Qa\E]",
        r"\x4",
        r"\x{",
        r"\x{110000}",
    ] {
        assert_eq!(matches(refused, "a"), None, "{refused}");
    }
}

fn ids(findings: &[AnnotationFinding]) -> Vec<&'static str> {
    findings.iter().map(|finding| finding.id).collect()
}

#[test]
fn an_expression_of_kube2iam_that_no_arn_can_match_is_said_to_match_none() {
    let cluster = kube2iam(NamespaceRestriction::Regexp);
    let of = |pattern: &str| {
        let annotation = serde_json::json!([pattern]).to_string();
        let found = cluster.findings(&annotation);
        let role = format!("{BASE}app");
        let is_never = found
            .iter()
            .any(|finding| finding.id.starts_with("lockout."));
        assert!(
            !is_never || !cluster.is_allowed(Some(&annotation), &role),
            "{pattern}"
        );
        ids(&found)
    };
    for pattern in [
        "^app$",
        "^app",
        "^arn:aws:iam::123456789012:role/app$",
        "^app$|^other$",
    ] {
        assert_eq!(of(pattern), ["lockout.regex_caret"], "{pattern}");
    }
    for pattern in [
        "app$x",
        "a^b",
        "app name",
        ".*:role/app",
        "(?i)[^ -~]",
        "arn:aws:s3:::bucket",
    ] {
        assert_eq!(of(pattern), ["lockout.regex_never_matches"], "{pattern}");
    }
    for pattern in [
        "app$",
        "(app|other)x?$",
        "path/.*-role$",
        "arn:aws:iam::123456789012:role/app$",
    ] {
        let found = of(pattern);
        assert_eq!(found, [] as [&str; 0], "{pattern}");
    }
    assert_eq!(of("app"), ["privilege.regexp_unanchored"]);
    assert_eq!(of("("), ["lockout.regexp_invalid"]);
}

#[test]
fn an_expression_that_allows_any_account_is_said_to() {
    let cluster = kube2iam(NamespaceRestriction::Regexp);
    let of = |pattern: &str| ids(&cluster.findings(&serde_json::json!([pattern]).to_string()));
    for pattern in [
        "arn:aws:iam::.*:role/app$",
        r"arn:aws:iam::\d+:role/app$",
        r"arn:aws:iam::[0-9]{12}:role/.+$",
        "arn:.*$",
    ] {
        assert_eq!(of(pattern), ["privilege.regex_any_account"], "{pattern}");
    }
    assert_eq!(
        of("app|admin"),
        [
            "privilege.regexp_alternation",
            "privilege.regex_any_account"
        ]
    );
    assert_eq!(
        of("arn:aws:iam::(123456789012|999999999999):role/app$"),
        [] as [&str; 0]
    );
    for (permitted, expected) in [
        (".*", vec!["privilege.regex_any_account"]),
        (
            "arn:aws:iam::.*:role/app",
            vec!["privilege.regex_any_account"],
        ),
        ("arn:aws:iam::123456789012:role/.*", vec![]),
        ("app", vec!["lockout.regex_never_matches"]),
        ("^red.*$|^.red.*$", vec!["lockout.regex_never_matches"]),
        (
            "arn:aws:iam::123456789012:role/app$.",
            vec!["lockout.regex_never_matches"],
        ),
        (
            "arn:aws:iam::12345678901:role/app",
            vec!["lockout.regex_never_matches"],
        ),
    ] {
        assert_eq!(
            ids(&kiam::findings(permitted, ExpressionMode::Strict)),
            expected,
            "{permitted}"
        );
    }
    assert_eq!(
        ids(&kiam::findings("app", ExpressionMode::Search)),
        ["privilege.regexp_unanchored", "privilege.regex_any_account"]
    );
    let globs = kube2iam(NamespaceRestriction::Glob);
    let of = |pattern: &str| ids(&globs.findings(&serde_json::json!([pattern]).to_string()));
    assert_eq!(
        of("arn:aws:iam::*:role/app"),
        ["privilege.glob_any_account"]
    );
    assert_eq!(of("arn:*"), ["privilege.glob_any_account"]);
    assert_eq!(of("^app$"), ["lockout.glob_never_matches"]);
    assert_eq!(of("app?"), ["lockout.glob_never_matches"]);
    assert_eq!(of("app*"), [] as [&str; 0]);
    assert_eq!(of("*"), [] as [&str; 0]);
}

#[test]
fn a_default_role_that_the_namespaces_rule_leaves_out_is_said_to_go_around_it() {
    let cluster = |restriction| Kube2iam {
        default_role: "fallback".to_owned(),
        ..kube2iam(restriction)
    };
    for restriction in [NamespaceRestriction::Glob, NamespaceRestriction::Regexp] {
        for annotation in ["", "[]", r#"["other$"]"#, "other"] {
            let found = ids(&cluster(restriction).findings(annotation));
            assert!(
                found.contains(&"privilege.default_role_bypass"),
                "{annotation}"
            );
        }
    }
    assert_eq!(
        ids(&cluster(NamespaceRestriction::Glob).findings(r#"["fall*"]"#)),
        [] as [&str; 0]
    );
    assert_eq!(
        ids(&cluster(NamespaceRestriction::Off).findings("[]")),
        ["privilege.namespace_restriction_off"]
    );
    assert_eq!(
        ids(&kube2iam(NamespaceRestriction::Glob).findings("[]")),
        [] as [&str; 0]
    );
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(300))]

    /// What is said of all ARNs agrees with each single one.
    #[test]
    fn what_matches_no_arn_matches_none_of_these(
        expression in r"(\^|\(|arn:aws:iam::)?[a1:/.*+?|()^$\[\]-]{0,12}(role/)?[ab.*|$]{0,6}",
        role in "[ab1./-]{1,6}",
        account in "(1{12}|7{12})",
    ) {
        let arn = format!("arn:aws:iam::{account}:role/{role}");
        if let Ok(compiled) = GoRegexp::compile(&expression)
            && compiled.is_found_in(&arn)
        {
            proptest::prop_assert_ne!(compiled.can_match_role(None), Some(false));
            let other = format!("arn:aws:iam::730918264537:role/{role}");
            proptest::prop_assert!(compiled.takes_any_account() || !compiled.is_found_in(&other));
        }
    }
}
