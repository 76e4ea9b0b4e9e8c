use super::*;
use crate::access::access_policy::AccessPolicy;
use crate::access::cluster_access::{Access, Grant, Principal, PrincipalAccess, Rule};

const ADMINS: &str = "arn:aws:iam::111122223333:role/admins";

fn owned(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|text| (*text).to_owned()).collect()
}

fn grant(username: &str, groups: &[&str]) -> Grant {
    Grant {
        username: username.to_owned(),
        groups: owned(groups),
        policies: Vec::new(),
        rule: Rule::Role { index: 0, line: 1 },
    }
}

fn by_entry(username: &str) -> Grant {
    Grant {
        rule: Rule::AccessEntry(ADMINS.to_owned()),
        ..grant(username, &[])
    }
}

fn explanation(access: Access) -> AccessExplanation {
    AccessExplanation {
        principal: Principal::from_arn(ADMINS),
        principal_access: PrincipalAccess {
            access,
            shadowed: Vec::new(),
        },
        near_misses: Vec::new(),
    }
}

fn user(username: &str, groups: &[&str]) -> AdmittedUser {
    let mut groups = owned(groups);
    groups.push("system:authenticated".to_owned());
    AdmittedUser {
        username: username.to_owned(),
        groups,
        arn: Some(ADMINS.to_owned()),
        session: Some(CallerSession {
            account: "111122223333".to_owned(),
            session_name: "eve@x".to_owned(),
            access_key_id: "ASIAEXAMPLEKEY000001".into(),
        }),
    }
}

fn reconciled(access: Access, mode: AuthenticationMode, answer: ClusterAnswer) -> Reconciliation {
    Reconciliation::new(explanation(access), mode, answer)
}

/// Whether it enters, and why the two differ.
fn told(
    access: &Access,
    mode: AuthenticationMode,
    answer: &ClusterAnswer,
) -> (Option<bool>, Option<&'static str>) {
    let both = reconciled(access.clone(), mode, answer.clone());
    (both.enters(), both.difference.as_ref().map(Difference::id))
}

/// Every kind of answer of the rules beside every kind of answer of the API server.
#[test]
fn the_api_server_s_answer_counts_and_each_difference_has_its_reason() {
    use AuthenticationMode::{Api, ApiAndConfigMap, ConfigMap};
    let of_map = Access::Granted(grant("dev", &["viewers"]));
    let of_entry = Access::Granted(by_entry("dev"));
    let random = Access::Random(vec![grant("one", &[]), grant("dev", &["viewers"])]);
    let unknown = Access::Unknown(owned(&["aws-auth could not be read"]));
    let (none, not_asked) = (Access::None, ClusterAnswer::NotAsked);
    let silent = ClusterAnswer::Unanswered("no".to_owned());
    let same = ClusterAnswer::Admitted(user("dev", &["viewers"]));
    let master = ClusterAnswer::Admitted(user("kubernetes-admin", &["system:masters"]));
    let other_name = ClusterAnswer::Admitted(user("old", &[]));
    let certificate = ClusterAnswer::Admitted(AdmittedUser {
        arn: None,
        ..user("me", &["system:masters"])
    });
    let other = ClusterAnswer::Admitted(AdmittedUser {
        arn: Some("arn:aws:iam::111122223333:role/ci".to_owned()),
        ..user("ci", &[])
    });
    let unnamed = ClusterAnswer::AdmittedUnnamed;
    let remembered = ClusterAnswer::Remembered(user("dev", &["viewers"]));
    let refused = ClusterAnswer::Refused;
    let (yes, no) = (Some(true), Some(false));
    for (access, mode, answer, enters, difference) in [
        // Without an answer the rules' stands.
        (&of_map, ConfigMap, &not_asked, yes, None),
        (&of_map, ConfigMap, &silent, yes, None),
        (&random, ConfigMap, &not_asked, yes, None),
        (&none, ConfigMap, &not_asked, no, None),
        (&none, Api, &silent, no, None),
        (&unknown, ConfigMap, &not_asked, None, None),
        (&unknown, ApiAndConfigMap, &silent, None, None),
        // The same.
        (&of_map, ConfigMap, &same, yes, None),
        (&random, ConfigMap, &same, yes, None),
        (&of_map, ConfigMap, &unnamed, yes, None),
        (&of_entry, Api, &unnamed, yes, None),
        (&random, ConfigMap, &unnamed, yes, None),
        (&none, ConfigMap, &refused, no, None),
        (&none, Api, &refused, no, None),
        (&unknown, ConfigMap, &refused, no, None),
        (&unknown, ApiAndConfigMap, &refused, no, None),
        // The creator is a master beside the rules, in the mode that has a creator.
        (&none, ConfigMap, &master, yes, Some("creator")),
        (&of_map, ConfigMap, &master, yes, Some("creator")),
        (&random, ConfigMap, &master, yes, Some("creator")),
        (&none, ApiAndConfigMap, &master, yes, Some("not-in-force")),
        (&none, Api, &master, yes, Some("not-in-force")),
        (&none, ConfigMap, &same, yes, Some("not-in-force")),
        (&of_map, ConfigMap, &other_name, yes, Some("not-in-force")),
        (&random, ConfigMap, &other_name, yes, Some("not-in-force")),
        (&of_entry, Api, &other_name, yes, Some("not-in-force")),
        // What admits it could not be read.
        (&unknown, ApiAndConfigMap, &same, yes, Some("unread")),
        (&unknown, ConfigMap, &same, yes, Some("unread")),
        (&unknown, ConfigMap, &unnamed, yes, Some("unread")),
        (&none, ConfigMap, &unnamed, yes, Some("unnamed")),
        // Somebody else, or nobody of AWS.
        (
            &none,
            ConfigMap,
            &certificate,
            yes,
            Some("other-authenticator"),
        ),
        (&of_map, Api, &certificate, yes, Some("other-authenticator")),
        (
            &unknown,
            Api,
            &certificate,
            yes,
            Some("other-authenticator"),
        ),
        (&none, ConfigMap, &other, yes, Some("other-identity")),
        (&of_map, Api, &other, yes, Some("other-identity")),
        (&unknown, Api, &other, yes, Some("other-identity")),
        // Refused in spite of the rules.
        (&of_map, ConfigMap, &refused, no, Some("not-in-force")),
        (&random, ConfigMap, &refused, no, Some("not-in-force")),
        (&of_entry, Api, &refused, no, Some("recreated-principal")),
        (
            &of_entry,
            ApiAndConfigMap,
            &refused,
            no,
            Some("recreated-principal"),
        ),
        // A yes that is remembered is none.
        (&none, ConfigMap, &remembered, no, Some("cache")),
        (&unknown, Api, &remembered, no, Some("cache")),
        (&of_map, ConfigMap, &remembered, no, Some("not-in-force")),
        (&of_entry, Api, &remembered, no, Some("recreated-principal")),
    ] {
        assert_eq!(
            told(access, mode, answer),
            (enters, difference),
            "{access:?} {mode:?} {answer:?}"
        );
    }
}

#[test]
fn a_template_is_filled_before_names_are_compared() {
    let mode = AuthenticationMode::ConfigMap;
    let of = |username: &str, groups: &[&str]| Access::Granted(grant(username, groups));
    let admitted =
        |username: &str, groups: &[&str]| ClusterAnswer::Admitted(user(username, groups));
    for (access, answer, difference) in [
        (
            of("ci:{{SessionName}}", &[]),
            admitted("ci:eve-x", &[]),
            None,
        ),
        (
            of("ci:{{SessionNameRaw}}", &["{{AccountID}}"]),
            admitted("ci:eve@x", &["111122223333"]),
            None,
        ),
        (
            of("ci:{{SessionName}}", &[]),
            admitted("ci:bob", &[]),
            Some("not-in-force"),
        ),
        (
            of("{{EC2PrivateDNSName}}", &[]),
            ClusterAnswer::Refused,
            Some("template"),
        ),
        (of("dev", &["a", "b"]), admitted("dev", &["b", "a"]), None),
        (
            of("dev", &["a"]),
            admitted("dev", &["a", "b"]),
            Some("not-in-force"),
        ),
        (
            of("admin", &["{{SessionNameRaw}}"]),
            admitted("admin", &["system:masters"]),
            Some("creator"),
        ),
        (of("", &[]), admitted("", &[]), None),
        // EKS forms the name of an entry that has none.
        (
            Access::Granted(by_entry("")),
            admitted("arn:aws:sts::111122223333:assumed-role/admins/eve", &[]),
            None,
        ),
    ] {
        assert_eq!(
            told(&access, mode, &answer).1,
            difference,
            "{access:?} {answer:?}"
        );
    }
    let without_session = ClusterAnswer::Admitted(AdmittedUser {
        session: None,
        ..user("ci:eve", &[])
    });
    assert_eq!(
        told(&of("ci:{{SessionName}}", &[]), mode, &without_session).1,
        None
    );
}

#[test]
fn rights_are_what_the_api_server_says_else_what_is_sure() {
    let mode = AuthenticationMode::ConfigMap;
    let rights = |access: Access, answer: ClusterAnswer| reconciled(access, mode, answer).rights;
    let dev = || Access::Granted(grant("dev", &["viewers"]));
    let masters = || Access::Granted(grant("admin", &["system:masters"]));
    let admits_dev = || ClusterAnswer::Admitted(user("dev", &["viewers"]));
    assert_eq!(
        rights(Access::None, ClusterAnswer::NotAsked),
        Rights::NOTHING
    );
    assert_eq!(rights(masters(), ClusterAnswer::Refused), Rights::NOTHING);
    assert_eq!(
        rights(masters(), ClusterAnswer::NotAsked),
        Rights::EVERYTHING
    );
    assert_eq!(rights(dev(), ClusterAnswer::NotAsked), Rights::default());
    let unknown = Access::Unknown(Vec::new());
    assert_eq!(rights(unknown, ClusterAnswer::NotAsked), Rights::default());
    let creator = ClusterAnswer::Admitted(user("kubernetes-admin", &["system:masters"]));
    assert_eq!(rights(Access::None, creator), Rights::EVERYTHING);
    // A rule that is not in force gives nothing.
    assert_eq!(rights(masters(), admits_dev()), Rights::default());
    let told = Rights {
        may_write_aws_auth: Some(true),
        is_cluster_admin: Some(false),
    };
    let both = reconciled(dev(), mode, admits_dev()).with_rights(told);
    assert_eq!(both.rights, told);
    let refused = reconciled(dev(), mode, ClusterAnswer::Refused).with_rights(told);
    assert_eq!(refused.rights, Rights::NOTHING);
    let partly = Rights {
        may_write_aws_auth: Some(true),
        is_cluster_admin: None,
    };
    let both = Access::Random(vec![
        grant("admin", &["system:masters"]),
        Grant {
            policies: vec![AccessPolicy {
                policy_arn: "arn:aws:eks::aws:cluster-access-policy/AmazonEKSAdminPolicy"
                    .to_owned(),
                namespaces: Vec::new(),
            }],
            ..by_entry("dev")
        },
    ]);
    assert_eq!(rights(both, ClusterAnswer::NotAsked), partly);
}

#[test]
fn the_words_tell_both_answers_where_they_differ() {
    let mode = AuthenticationMode::ConfigMap;
    let creator = ClusterAnswer::Admitted(user("kubernetes-admin", &["system:masters"]));
    let told = reconciled(Access::None, mode, creator).describe();
    assert!(
        told.starts_with("kubernetes-admin · system:masters, as the API server says; by the rules: no access. Why: no entry of aws-auth gives that"),
        "{told}"
    );
    let same = ClusterAnswer::Admitted(user("dev", &["viewers"]));
    let access = Access::Granted(grant("dev", &["viewers"]));
    assert_eq!(
        reconciled(access.clone(), mode, same).describe(),
        "dev · viewers"
    );
    let told = reconciled(access, mode, ClusterAnswer::Refused).describe();
    assert!(
        told.starts_with("no access, as the API server says; by the rules: dev · viewers. Why: "),
        "{told}"
    );
    let unknown = Access::Unknown(owned(&["aws-auth could not be read"]));
    assert_eq!(
        reconciled(unknown, mode, ClusterAnswer::Refused).describe(),
        "no access"
    );
}
