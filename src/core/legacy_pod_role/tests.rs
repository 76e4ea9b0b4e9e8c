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
        ["privilege.regexp_half_anchored"]
    );
    assert_eq!(kiam::findings("(red|blue)", ExpressionMode::Strict), []);
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
