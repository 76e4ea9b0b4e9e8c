use std::collections::BTreeMap;

use eksauth_core::aws_auth::{Sso, read};
use eksauth_core::identity_mapping::Answer;
use eksauth_core::identity_mapping::backend::UserIdStrict;

use super::*;

fn caller(arn: &str) -> Caller {
    Caller {
        arn: arn.to_owned(),
        canonical_arn: arn.to_owned(),
        account_id: account_of(arn).to_owned(),
        user_id: "AROAEXAMPLE".to_owned(),
        session_name: "eve".to_owned(),
        access_key_id: String::new(),
    }
}

fn aws_auth(roles: &str, users: &str, accounts: &str) -> Part {
    Part::ConfigMap(read(&BTreeMap::from([
        ("mapRoles".to_owned(), roles.to_owned()),
        ("mapUsers".to_owned(), users.to_owned()),
        ("mapAccounts".to_owned(), accounts.to_owned()),
    ])))
}

fn mounted() -> Part {
    let raw = |arn: &str, username: &str| RawMapping {
        arn: arn.to_owned(),
        username: username.to_owned(),
        ..RawMapping::default()
    };
    Part::Mounted(Mappings {
        roles: vec![
            raw("arn:aws:iam::111122223333:role/Mounted", "mounted"),
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
    })
}

fn chain_of_two() -> Vec<Part> {
    vec![
        mounted(),
        aws_auth(
            "- rolearn: arn:aws:iam::111122223333:role/ADMIN\n  username: first\n\
             - rolearn: arn:aws:iam::111122223333:role/admin\n  username: last:{{SessionName}}\n\
             - rolearn: arn:aws:iam::444455556666:role/hidden\n  username: hidden\n\
             - rolearn: arn:aws:iam::111122223333:role/K8\u{17f}\n  username: folded\n",
            "- userarn: arn:aws:iam::111122223333:user/Case\n  username: a\n- userarn: arn:aws:iam::111122223333:user/case\n  username: b\n",
            "- \"777788889999\"\n",
        ),
    ]
}

/// What a caller gets, without the positions that narrowing changes.
fn seen(outcome: &Outcome) -> Vec<Result<(String, Vec<String>), String>> {
    let mut answers: Vec<_> = outcome
        .answers()
        .iter()
        .map(|answer: &Answer| match answer {
            Ok(mapped) => Ok((mapped.username.clone(), mapped.groups.clone())),
            Err(refusal) => Err(refusal.reason().to_owned()),
        })
        .collect();
    answers.sort();
    answers
}

#[test]
fn every_caller_gets_from_its_own_chain_what_it_gets_from_all() {
    let mapper = Mapper::new(chain_of_two(), vec!["system:".to_owned()], SsoRoleMatch::On).unwrap();
    let all = chain(&chain_of_two(), &["system:".to_owned()]).unwrap();
    let names = [
        ("111122223333:role/Admin", vec![Ok("last:eve")]),
        ("111122223333:role/mounted", vec![Ok("mounted")]),
        ("111122223333:role/Session", vec![Ok("session")]),
        (
            "111122223333:role/AWSReservedSSO_Admin_0123",
            vec![Ok("sso")],
        ),
        ("111122223333:role/K8S", vec![Ok("folded")]),
        ("111122223333:user/u", vec![Ok("user")]),
        ("111122223333:user/CASE", vec![Ok("a"), Ok("b")]),
        (
            "444455556666:role/hidden",
            vec![Ok("arn:aws:iam::444455556666:role/hidden")],
        ),
        (
            "777788889999:user/any",
            vec![Ok("arn:aws:iam::777788889999:user/any")],
        ),
        ("111122223333:role/nobody", vec![Err("not_mapped")]),
    ];
    for (name, wanted) in names {
        let caller = caller(&format!("arn:aws:iam::{name}"));
        let got = seen(&mapper.map(&caller));
        let wanted: Vec<_> = wanted
            .into_iter()
            .map(|one| {
                one.map(|name| (name.to_owned(), Vec::new()))
                    .map_err(str::to_owned)
            })
            .collect();
        assert_eq!(got, wanted, "{name}");
        assert_eq!(
            got,
            seen(&map(&caller, &all, SsoRoleMatch::On, &|_| None)),
            "{name}"
        );
    }
    assert_eq!(mapper.entries(), 12);
}

#[test]
fn a_change_is_seen_at_once_and_one_that_is_not_valid_changes_nothing() {
    let mapper = Mapper::new(chain_of_two(), Vec::new(), SsoRoleMatch::Off).unwrap();
    let admin = caller("arn:aws:iam::111122223333:role/admin");
    assert!(!mapper.has(1, &aws_auth("", "", "")));
    mapper.replace(1, aws_auth("", "", "")).unwrap();
    assert!(mapper.has(1, &aws_auth("", "", "")) && mapper.has(0, &mounted()));
    assert_eq!(seen(&mapper.map(&admin)), [Err("not_mapped".to_owned())]);
    let broken = Part::Mounted(Mappings {
        roles: vec![RawMapping::default()],
        ..Mappings::default()
    });
    assert_eq!(
        mapper.replace(0, broken),
        Err(ConfigError::NoSubject { index: 0 })
    );
    let user = caller("arn:aws:iam::111122223333:user/u");
    assert_eq!(
        seen(&mapper.map(&user)),
        [Ok(("user".to_owned(), Vec::new()))]
    );
}

#[test]
fn a_dynamic_file_finds_by_unique_id() {
    let text = r#"{"mapRoles":[{"rolearn":"arn:aws:iam::111122223333:role/a","userid":"AROAEXAMPLE","username":"dynamic"}]}"#;
    let file = DynamicFile::parse(text, UserIdStrict::Yes).unwrap();
    let mapper = Mapper::new(
        vec![mounted(), Part::Dynamic(file)],
        Vec::new(),
        SsoRoleMatch::Off,
    )
    .unwrap();
    let known = caller("arn:aws:iam::111122223333:role/a");
    assert_eq!(
        seen(&mapper.map(&known)),
        [Ok(("dynamic".to_owned(), Vec::new()))]
    );
}
