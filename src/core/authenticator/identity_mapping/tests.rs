//! The published cases: `testdata/mapping.json`, kinds `map` and `modes`.

use std::collections::BTreeMap;

use serde_json::Value;

use super::*;
use crate::aws_auth::{Sso, data_of_manifest, read};

fn cases(kind: &str) -> Vec<Value> {
    let suite: Value = serde_json::from_str(include_str!("../../testdata/mapping.json")).unwrap();
    suite["cases"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|case| case["kind"] == kind)
        .cloned()
        .collect()
}

fn texts(value: &Value) -> Vec<String> {
    value
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|item| item.as_str().map(str::to_owned))
        .collect()
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn mapping(value: &Value, arn: &str) -> RawMapping {
    let sso = value.get("sso").map(|sso| Sso {
        permission_set_name: text(&sso["permissionSetName"]),
        account_id: text(&sso["accountID"]),
        partition: text(&sso["partition"]),
    });
    RawMapping {
        arn: text(&value[arn]),
        username: text(&value["username"]),
        groups: texts(&value["groups"]),
        sso,
    }
}

fn list(value: &Value, arn: &str) -> Vec<RawMapping> {
    value
        .as_array()
        .into_iter()
        .flatten()
        .map(|item| mapping(item, arn))
        .collect()
}

fn backend(value: &Value) -> Result<Backend, ConfigError> {
    let reserved_prefixes = texts(&value["reserved_prefixes"]);
    Ok(
        match BackendMode::parse(value["mode"].as_str().unwrap()).unwrap() {
            BackendMode::EksConfigMap => {
                let data: BTreeMap<String, String> = match value["manifest"].as_str() {
                    Some(manifest) => data_of_manifest(manifest).unwrap(),
                    None => serde_json::from_value(value["data"].clone()).unwrap(),
                };
                Backend::EksConfigMap {
                    reading: read(&data),
                    reserved_prefixes,
                }
            }
            BackendMode::MountedFile => {
                let mappings = Mappings {
                    roles: list(&value["map_roles"], "rolearn"),
                    users: list(&value["map_users"], "userarn"),
                    accounts: texts(&value["map_accounts"]),
                };
                Backend::MountedFile(MountedFile::new(&mappings, reserved_prefixes)?)
            }
            BackendMode::DynamicFile => {
                let strict = if value["userid_strict"] == true {
                    UserIdStrict::Yes
                } else {
                    UserIdStrict::No
                };
                let file = DynamicFile::parse(value["content"].as_str().unwrap(), strict)
                    .unwrap_or_else(|| DynamicFile::empty(strict));
                Backend::DynamicFile {
                    file,
                    reserved_prefixes,
                }
            }
            BackendMode::Crd => {
                let object = |item: &Value| CustomResource {
                    arn: text(&item["arn"]),
                    username: text(&item["username"]),
                    groups: texts(&item["groups"]),
                };
                let objects = value["objects"]
                    .as_array()
                    .unwrap()
                    .iter()
                    .map(object)
                    .collect();
                Backend::Crd {
                    objects,
                    reserved_prefixes,
                }
            }
        },
    )
}

fn outcome(case: &Value) -> Value {
    let input = &case["input"];
    let caller: Caller = serde_json::from_value(input["identity"].clone()).unwrap();
    let sso = if input["sso_role_match_enabled"] == true {
        SsoRoleMatch::On
    } else {
        SsoRoleMatch::Off
    };
    let chain: Result<Vec<Backend>, ConfigError> = input["backends"]
        .as_array()
        .unwrap()
        .iter()
        .map(backend)
        .collect();
    let Ok(chain) = chain else {
        return serde_json::json!({"result": "config_error"});
    };
    let answers = map(&caller, &chain, sso, &|_| None);
    let shown: Vec<Value> = answers
        .answers()
        .iter()
        .map(|answer| match answer {
            Ok(mapped) => serde_json::json!({"result": "mapped", "username": mapped.username, "groups": mapped.groups}),
            Err(refusal) => serde_json::json!({"result": "error", "reason": refusal.reason()}),
        })
        .collect();
    match shown.as_slice() {
        [single] => single.clone(),
        _ => serde_json::json!({"one_of": shown}),
    }
}

#[test]
fn every_published_mapping_case_has_the_reference_answer() {
    let mut failed = Vec::new();
    let cases = cases("map");
    assert!(cases.len() > 30, "the suite was read");
    for case in &cases {
        let mut expected = case["expected"].clone();
        expected.as_object_mut().unwrap().remove("parse_warning");
        let actual = outcome(case);
        if expected != actual {
            failed.push(format!(
                "{}: expected {expected}, got {actual}",
                case["name"]
            ));
        }
    }
    assert_eq!(failed, Vec::<String>::new());
}

#[test]
fn every_published_mode_list_is_judged_as_the_reference_does() {
    for case in cases("modes") {
        let modes = texts(&case["input"]["modes"]);
        let modes: Vec<&str> = modes.iter().map(String::as_str).collect();
        assert_eq!(
            check_modes(&modes).is_ok(),
            case["expected"]["valid"] == true,
            "{}",
            case["name"]
        );
    }
    assert_eq!(check_modes(&[]), Err(ConfigError::NoMode));
}

#[test]
fn users_that_differ_only_in_case_are_answered_at_random_and_said_to_be() {
    let data = BTreeMap::from([(
        "mapUsers".to_owned(),
        r#"[{"userarn":"arn:aws:iam::111122223333:user/Eve","username":"a"},{"userarn":"arn:aws:iam::111122223333:user/eve","username":"b"}]"#.to_owned(),
    )]);
    let caller = Caller {
        canonical_arn: "arn:aws:iam::111122223333:user/eve".to_owned(),
        ..Caller::default()
    };
    let chain = [Backend::EksConfigMap {
        reading: read(&data),
        reserved_prefixes: Vec::new(),
    }];
    let outcome = map(&caller, &chain, SsoRoleMatch::Off, &|_| None);
    let mut names: Vec<String> = outcome
        .answers()
        .iter()
        .map(|answer| answer.clone().unwrap().username)
        .collect();
    names.sort();
    assert_eq!(names, ["a", "b"]);
    assert!(matches!(outcome, Outcome::Random(_)));
}

#[test]
fn an_account_listed_early_hides_a_mapping_of_a_later_backend() {
    let account = Backend::EksConfigMap {
        reading: read(&BTreeMap::from([(
            "mapAccounts".to_owned(),
            "- '111122223333'\n".to_owned(),
        )])),
        reserved_prefixes: Vec::new(),
    };
    let arn = "arn:aws:iam::111122223333:role/dev";
    let mappings = Mappings {
        roles: vec![RawMapping {
            arn: arn.to_owned(),
            ..RawMapping::default()
        }],
        ..Mappings::default()
    };
    let file = Backend::MountedFile(MountedFile::new(&mappings, Vec::new()).unwrap());
    let caller = Caller {
        canonical_arn: arn.to_owned(),
        account_id: "111122223333".to_owned(),
        ..Caller::default()
    };
    assert_eq!(
        shadowed_by_account(&caller, &[account.clone(), file.clone()], SsoRoleMatch::Off),
        Some((0, 1))
    );
    assert_eq!(
        shadowed_by_account(&caller, &[file, account], SsoRoleMatch::Off),
        None
    );
}

/// The user name that a dynamic file gives to a role, `None` where the reference refuses the file.
fn of_dynamic_file(content: &str) -> Option<Result<String, Refusal>> {
    let caller = Caller {
        canonical_arn: "arn:aws:iam::111122223333:role/dev".to_owned(),
        account_id: "111122223333".to_owned(),
        ..Caller::default()
    };
    let chain = [Backend::DynamicFile {
        file: DynamicFile::parse(content, UserIdStrict::No)?,
        reserved_prefixes: vec![String::new()],
    }];
    match map(&caller, &chain, SsoRoleMatch::Off, &|_| None) {
        Outcome::Certain(answer) => Some(answer.map(|mapped| mapped.username)),
        Outcome::Random(_) => None,
    }
}

#[test]
fn a_dynamic_file_is_filled_in_the_order_written_and_what_null_names_stays() {
    let username = |content: &str| of_dynamic_file(content).unwrap().unwrap();
    let role = r#""rolearn":"arn:aws:iam::111122223333:role/dev""#;
    assert_eq!(
        username(&format!(
            r#"{{"MAPROLES":[{{{role},"USERNAME":"a","username":null}}],"Version":"1"}}"#
        )),
        "a"
    );
    assert_eq!(
        username(&format!(
            r#"{{"mapRoles":[{{{role},"username":"a","Username":"b"}}]}}"#
        )),
        "b"
    );
    assert_eq!(
        username(&format!(
            r#"{{"mapRoles":[{{{role},"username":"a"}}],"mapRoles":[{{"username":"b"}}]}}"#
        )),
        "b"
    );
    assert_eq!(of_dynamic_file("null"), Some(Err(Refusal::NotMapped)));
    assert_eq!(
        username(r#"{"mapAccounts":["111122223333"],"mapRoles":null,"unknown":[1]}"#),
        "arn:aws:iam::111122223333:role/dev"
    );
}

#[test]
fn a_value_of_another_type_anywhere_in_a_dynamic_file_refuses_it_whole() {
    let role = r#""rolearn":"arn:aws:iam::111122223333:role/dev""#;
    for content in [
        "[]".to_owned(),
        r#"{"Version":1}"#.to_owned(),
        r#"{"LastUpdatedDateTime":12345678}"#.to_owned(),
        r#"{"mapAccounts":[111122223333]}"#.to_owned(),
        r#"{"mapAccounts":"111122223333"}"#.to_owned(),
        format!(r#"{{"mapRoles":[{{{role},"groups":"g"}}]}}"#),
        format!(r#"{{"mapRoles":[{{{role},"groups":[1]}}]}}"#),
        format!(r#"{{"mapRoles":[{{{role},"username":1}}]}}"#),
        format!(r#"{{"mapRoles":[{{{role},"sso":"x"}}]}}"#),
        format!(r#"{{"mapRoles":[{{{role},"sso":{{"accountID":1}}}}]}}"#),
        format!(r#"{{"mapRoles":[{{{role}}},null]}}"#),
        format!(r#"{{"mapRoles":[{{{role}}}]}} x"#),
    ] {
        assert_eq!(of_dynamic_file(&content), None, "{content}");
    }
}

#[test]
fn an_empty_reserved_prefix_refuses_nobody_and_a_real_one_is_terminal() {
    let reading = read(&BTreeMap::from([
        (
            "mapRoles".to_owned(),
            "- rolearn: arn:aws:iam::111122223333:role/dev\n  username: system:x\n".to_owned(),
        ),
        ("mapAccounts".to_owned(), "- '111122223333'\n".to_owned()),
    ]));
    let caller = Caller {
        canonical_arn: "arn:aws:iam::111122223333:role/dev".to_owned(),
        account_id: "111122223333".to_owned(),
        ..Caller::default()
    };
    let answer = |reserved_prefixes: &[&str]| {
        let chain = [Backend::EksConfigMap {
            reading: reading.clone(),
            reserved_prefixes: reserved_prefixes.iter().map(|p| (*p).to_owned()).collect(),
        }];
        match map(&caller, &chain, SsoRoleMatch::Off, &|_| None) {
            Outcome::Certain(answer) => answer.map(|mapped| mapped.username),
            Outcome::Random(_) => unreachable!("one entry"),
        }
    };
    assert_eq!(answer(&[""]), Ok("system:x".to_owned()));
    assert_eq!(
        answer(&["eks:", "system:"]),
        Err(Refusal::ReservedPrefix {
            username: "system:x".to_owned(),
            prefix: "system:".to_owned()
        })
    );
}

#[test]
fn letters_that_lower_case_lengthens_and_those_that_only_look_alike_match_as_in_the_reference() {
    let answers = |written: &str, canonical_arn: &str| {
        let data = BTreeMap::from([(
            "mapRoles".to_owned(),
            format!("- rolearn: \"{written}\"\n  username: u\n"),
        )]);
        let chain = [Backend::EksConfigMap {
            reading: read(&data),
            reserved_prefixes: Vec::new(),
        }];
        let caller = Caller {
            canonical_arn: canonical_arn.to_owned(),
            ..Caller::default()
        };
        matches!(
            map(&caller, &chain, SsoRoleMatch::Off, &|_| None),
            Outcome::Certain(Ok(_))
        )
    };
    let role = |name: &str| format!("arn:aws:iam::111122223333:role/{name}");
    assert!(answers(&role("\u{212a}8s"), &role("K8S")));
    assert!(!answers(&role("adm\u{131}n"), &role("admin")));
    // Go's lower case of the dotted capital is a plain `i`, so the caller's ARN has lost it before it is compared.
    assert!(answers(&role("admin"), &role("ADM\u{130}N")));
    assert!(!answers(&role("ADM\u{130}N"), &role("ADM\u{130}N")));
    // And an entry that matches nobody takes the place of one that would, because both are kept under one key.
    let both = format!(
        "{}\"\n  username: v\n- rolearn: \"{}",
        role("admin"),
        role("ADM\u{130}N")
    );
    assert!(!answers(&both, &role("admin")));
}
