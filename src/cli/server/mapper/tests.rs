use std::collections::BTreeMap;

use eksauth_core::authenticator::identity_mapping::RawMapping;
use eksauth_core::aws_auth::read;

use super::*;

fn caller(name: &str) -> Caller {
    let arn = format!("arn:aws:iam::111122223333:{name}");
    Caller {
        canonical_arn: arn.clone(),
        arn,
        account_id: "111122223333".to_owned(),
        ..Caller::default()
    }
}

fn aws_auth(roles: &str) -> Part {
    Part::ConfigMap(read(&BTreeMap::from([(
        "mapRoles".to_owned(),
        roles.to_owned(),
    )])))
}

fn mounted() -> Part {
    let user = RawMapping {
        arn: "arn:aws:iam::111122223333:user/u".to_owned(),
        username: "user".to_owned(),
        ..RawMapping::default()
    };
    Part::Mounted(Mappings {
        users: vec![user],
        ..Mappings::default()
    })
}

fn username(outcome: &Outcome) -> Option<&str> {
    match outcome {
        Outcome::Certain(Ok(mapped)) => Some(&mapped.username),
        _ => None,
    }
}

#[test]
fn a_change_is_seen_at_once_and_one_that_is_not_valid_changes_nothing() {
    let admin = "- rolearn: arn:aws:iam::111122223333:role/admin\n  username: admin\n";
    let parts = vec![mounted(), aws_auth(admin)];
    let mapper = Mapper::new(parts, Vec::new(), SsoRoleMatch::Off).unwrap();
    assert_eq!(mapper.entries(), 2);
    assert_eq!(username(&mapper.map(&caller("role/admin"))), Some("admin"));
    assert!(!mapper.has(1, &aws_auth("")));
    mapper.replace(1, aws_auth("")).unwrap();
    assert!(mapper.has(1, &aws_auth("")) && mapper.has(0, &mounted()));
    assert_eq!(username(&mapper.map(&caller("role/admin"))), None);
    let broken = Part::Mounted(Mappings {
        roles: vec![RawMapping::default()],
        ..Mappings::default()
    });
    assert_eq!(
        mapper.replace(0, broken),
        Err(ConfigError::NoSubject { index: 0 })
    );
    assert_eq!(username(&mapper.map(&caller("user/u"))), Some("user"));
}
