//! The published cases: `testdata/mapping.json`, kinds `map` and `modes`.

use std::collections::BTreeMap;

use serde_json::Value;

use super::backend::{DynamicFile, MountedFile, RawMapping, UserIdStrict};
use super::*;
use crate::aws_auth::{Sso, read};

fn cases(kind: &str) -> Vec<Value> {
    let suite: Value = serde_json::from_str(include_str!("../testdata/mapping.json")).unwrap();
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
                let data: BTreeMap<String, String> =
                    serde_json::from_value(value["data"].clone()).unwrap();
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
