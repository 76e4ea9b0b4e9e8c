use std::collections::BTreeMap;

use super::super::{DynamicFile, Mappings, MountedFile, RawMapping, UserIdStrict, map};
use super::*;
use crate::aws_auth::{Sso, read};

fn caller(name: &str) -> Caller {
    let arn = format!("arn:aws:iam::{name}");
    Caller {
        canonical_arn: arn.clone(),
        account_id: name.split(':').next().unwrap_or_default().to_owned(),
        user_id: "AROAEXAMPLE".to_owned(),
        session_name: "eve".to_owned(),
        arn,
        ..Caller::default()
    }
}

fn aws_auth(roles: &str, users: &str, accounts: &str) -> Backend {
    Backend::EksConfigMap {
        reading: read(&BTreeMap::from([
            ("mapRoles".to_owned(), roles.to_owned()),
            ("mapUsers".to_owned(), users.to_owned()),
            ("mapAccounts".to_owned(), accounts.to_owned()),
        ])),
        reserved_prefixes: vec!["system:".to_owned()],
    }
}

fn mounted() -> Backend {
    let raw = |arn: &str, username: &str| RawMapping {
        arn: arn.to_owned(),
        username: username.to_owned(),
        ..RawMapping::default()
    };
    let mappings = Mappings {
        roles: vec![
            raw("arn:aws:iam::111122223333:role/Mounted", "overwritten"),
            raw("arn:aws:iam::111122223333:role/MOUNTED", "mounted"),
            raw(
                "arn:aws:sts::111122223333:assumed-role/Session/x",
                "session",
            ),
            RawMapping {
                sso: Some(Sso {
                    permission_set_name: "Admin".to_owned(),
                    account_id: "111122223333".to_owned(),
                    partition: String::new(),
                }),
                ..raw("", "sso")
            },
        ],
        users: vec![raw("arn:aws:iam::111122223333:user/u", "user")],
        accounts: vec!["444455556666".to_owned()],
    };
    Backend::MountedFile(MountedFile::new(&mappings, Vec::new()).unwrap())
}

fn chain() -> Vec<Backend> {
    let roles = "- rolearn: arn:aws:iam::111122223333:role/ADMIN\n  username: first\n\
        - rolearn: arn:aws:iam::111122223333:role/admin\n  username: last:{{SessionName}}\n\
        - rolearn: arn:aws:iam::444455556666:role/hidden\n  username: hidden\n\
        - rolearn: arn:aws:iam::111122223333:role/K8\u{17f}\n  username: folded\n\
        - rolearn: arn:aws:iam::111122223333:role/lidia\n  username: overwritten\n\
        - rolearn: arn:aws:iam::111122223333:role/L\u{130}DIA\n  username: of nobody\n\
        - sso: {permissionSetName: View_Only, accountID: \"111122223333\"}\n  username: viewer\n\
        - sso: {permissionSetName: View, accountID: \"111122223333\"}\n  username: view\n\
        - sso: {permissionSetName: Never, accountID: \"111122223333\", partition: aws}\n  username: never\n\
        - rolearn: arn:aws:iam::111122223333:role/reserved\n  username: system:x\n";
    let users = "- userarn: arn:aws:iam::111122223333:user/Case\n  username: a\n\
        - userarn: arn:aws:iam::111122223333:user/case\n  username: b\n";
    vec![mounted(), aws_auth(roles, users, "- \"777788889999\"\n")]
}

/// The user names a caller may get; a refusal by its id.
fn names(outcome: &Outcome) -> Vec<String> {
    let answers = outcome.answers().iter().map(|answer| match answer {
        Ok(mapped) => mapped.username.clone(),
        Err(refusal) => refusal.reason().to_owned(),
    });
    answers.collect()
}

#[test]
fn every_caller_is_answered_as_without_an_index() {
    let index = Index::new(chain());
    let expected: [(&str, &[&str]); 16] = [
        ("111122223333:role/Admin", &["last:eve"]),
        ("111122223333:role/mounted", &["mounted"]),
        ("111122223333:role/Session", &["session"]),
        ("111122223333:role/AWSReservedSSO_Admin_0123", &["sso"]),
        ("111122223333:role/AWSReservedSSO_Admin", &["not_mapped"]),
        (
            "111122223333:role/AWSReservedSSO_View_Only_0123",
            &["view", "viewer"],
        ),
        ("111122223333:role/AWSReservedSSO_View_0123", &["view"]),
        (
            "111122223333:role/AWSReservedSSO_Never_0123",
            &["not_mapped"],
        ),
        ("111122223333:role/K8S", &["folded"]),
        ("111122223333:role/\u{212a}8s", &["folded"]),
        ("111122223333:role/lidia", &["not_mapped"]),
        ("111122223333:user/u", &["user"]),
        ("111122223333:user/CASE", &["a", "b"]),
        ("111122223333:role/reserved", &["username.reserved_prefix"]),
        (
            "444455556666:role/hidden",
            &["arn:aws:iam::444455556666:role/hidden"],
        ),
        (
            "777788889999:user/any",
            &["arn:aws:iam::777788889999:user/any"],
        ),
    ];
    for (name, wanted) in expected {
        let caller = caller(name);
        for sso in [SsoRoleMatch::On, SsoRoleMatch::Off] {
            let outcome = index.map(&caller, sso, &|_| None);
            assert_eq!(outcome, map(&caller, &chain(), sso, &|_| None), "{name}");
            if sso == SsoRoleMatch::On {
                let mut names = names(&outcome);
                names.sort();
                assert_eq!(names, wanted, "{name}");
            }
        }
    }
}

#[test]
fn a_dynamic_file_finds_by_unique_id() {
    let text = r#"{"mapRoles":[{"rolearn":"arn:aws:iam::111122223333:role/a","userid":"AROAEXAMPLE","username":"dynamic"}]}"#;
    let file = Backend::DynamicFile {
        file: DynamicFile::parse(text, UserIdStrict::Yes).unwrap(),
        reserved_prefixes: Vec::new(),
    };
    let index = Index::new(vec![mounted(), file]);
    let known = caller("111122223333:role/a");
    assert_eq!(
        names(&index.map(&known, SsoRoleMatch::Off, &|_| None)),
        ["dynamic"]
    );
}

#[test]
fn a_pattern_with_other_wildcards_is_compared_with_everybody() {
    assert_eq!(
        fixed_beginning("arn:aws:iam::1:role/awsreservedsso_a_*"),
        Some("arn:aws:iam::1:role/awsreservedsso_a_")
    );
    for pattern in [
        "arn:aws:iam::1:role/a?_*",
        "arn:aws:iam::1:role/a*_*",
        "arn:aws:iam::1:role/a",
    ] {
        assert_eq!(fixed_beginning(pattern), None, "{pattern}");
    }
    let positions = Positions::from_subjects(
        [
            Subject::Pattern("a?_*".to_owned()),
            Subject::Arn("B".to_owned()),
        ]
        .into_iter()
        .enumerate(),
    );
    let found = |arn: &str| positions.among(&[0, 1], arn).copied().collect::<Vec<i32>>();
    assert_eq!((found("b"), found("c")), (vec![0, 1], vec![0]));
}
