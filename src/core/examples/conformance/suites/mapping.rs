//! Suite `mapping`: aws-auth as the server reads it, identities through chains of backends, and lists of backend modes.

use std::collections::{BTreeMap, BTreeSet};

use eksauth_core::access::access_entry::AuthenticationMode;
use eksauth_core::access::cluster_access::{ClusterView, Knowledge};
use eksauth_core::access::findings::mapping_findings;
use eksauth_core::access::near_miss::near_misses;
use eksauth_core::authenticator::backend_findings::{backend_findings, recreated_principal};
use eksauth_core::authenticator::identity_mapping::{
    Answer, Backend, BackendMode, CustomResource, DynamicFile, Mappings, MountedFile, RawMapping,
    SsoRoleMatch, UserIdStrict, check_modes, compared_objects, map, shadowed_by_account,
};
use eksauth_core::aws_auth::{ReadEntry, Reading, Sso, data_of_manifest, read};
use eksauth_core::principal::caller::Caller;
use serde_json::{Value, json};

use super::{Judged, input, is_true, items, missing_ids, text, texts, without};

pub(super) fn judge(case: &Value) -> Judged {
    let input = input(case);
    let mut expected = without(
        case.get("expected").cloned().unwrap_or_default(),
        &["reason", "parse_warning"],
    );
    let mut found = Vec::new();
    let mut actual = match text(case, "kind").as_str() {
        "parse" => {
            let reading = read(&data_of(input, "configmap_data"));
            found = ids_of_reading(&reading);
            expected = with_lists(&expected);
            parsed(&reading)
        }
        "map" => {
            found = ids_of_chain(input)?;
            expected = ordered(without_reasons(&expected));
            ordered(mapped(input)?)
        }
        "modes" => {
            let modes = texts(input.get("modes"));
            let modes: Vec<&str> = modes.iter().map(String::as_str).collect();
            json!({"valid": check_modes(&modes).is_ok()})
        }
        other => return Err(format!("unknown kind `{other}`")),
    };
    let found: Vec<&str> = found.iter().map(String::as_str).collect();
    let missing = missing_ids(case.get("plan_findings"), &found);
    if !missing.is_empty()
        && let (Some(expected), Some(actual)) = (expected.as_object_mut(), actual.as_object_mut())
    {
        expected.insert("plan_findings_at_least".to_owned(), json!(missing));
        actual.insert("plan_findings".to_owned(), json!(found));
    }
    Ok((expected, actual))
}

fn parsed(reading: &Reading) -> Value {
    json!({
        "roles": entries(&reading.roles, "rolearn"),
        "users": entries(&reading.users, "userarn"),
        "accounts": reading.accounts.iter().map(|entry| &entry.arn).collect::<Vec<_>>(),
        "has_error": reading.problems.iter().any(|problem| problem.kind.is_error()),
    })
}

/// Entries in the shape of the published cases.
pub(super) fn entries(entries: &[ReadEntry], arn: &str) -> Vec<Value> {
    let entry = |entry: &ReadEntry| {
        let mut shown = json!({"username": entry.username, "groups": entry.groups});
        if let Some(members) = shown.as_object_mut() {
            if !entry.arn.is_empty() {
                members.insert(arn.to_owned(), json!(entry.arn));
            }
            if !entry.user_id.is_empty() {
                members.insert("userid".to_owned(), json!(entry.user_id));
            }
            if let Some(sso) = &entry.sso {
                let fields = [
                    ("permissionSetName", &sso.permission_set_name),
                    ("accountID", &sso.account_id),
                    ("partition", &sso.partition),
                ];
                let fields = fields.into_iter().filter(|(_, value)| !value.is_empty());
                members.insert(
                    "sso".to_owned(),
                    fields
                        .map(|(key, value)| (key.to_owned(), json!(value)))
                        .collect(),
                );
            }
        }
        shown
    };
    entries.iter().map(entry).collect()
}

/// Lists that are `null` in the case are empty; the server makes no difference.
pub(super) fn with_lists(expected: &Value) -> Value {
    let mut expected = expected.clone();
    for section in ["roles", "users", "accounts"] {
        let Some(list) = expected.get_mut(section) else {
            continue;
        };
        if list.is_null() {
            *list = json!([]);
        }
        for entry in list.as_array_mut().into_iter().flatten() {
            if let Some(groups) = entry.get_mut("groups").filter(|groups| groups.is_null()) {
                *groups = json!([]);
            } else if let Some(members) = entry.as_object_mut() {
                members.entry("groups").or_insert_with(|| json!([]));
            }
        }
    }
    expected
}

fn mapped(input: &Value) -> Result<Value, String> {
    let sso = sso_role_match(input);
    let Some(chain) = chain(input)? else {
        return Ok(json!({"result": "config_error"}));
    };
    let instances = |instance: &str| {
        input
            .get("ec2_private_dns")
            .and_then(|names| names.get(instance))
            .and_then(Value::as_str)
            .map(str::to_owned)
    };
    let outcome = map(&caller(input.get("identity"))?, &chain, sso, &instances);
    let answer = |answer: &Answer| match answer {
        Ok(mapped) => {
            json!({"result": "mapped", "username": mapped.username, "groups": mapped.groups})
        }
        Err(_) => json!({"result": "error"}),
    };
    Ok(match outcome.answers() {
        [single] => answer(single),
        several => json!({"one_of": several.iter().map(answer).collect::<Vec<_>>()}),
    })
}

fn without_reasons(expected: &Value) -> Value {
    let mut expected = expected.clone();
    for outcome in expected
        .get_mut("one_of")
        .and_then(Value::as_array_mut)
        .into_iter()
        .flatten()
    {
        *outcome = without(outcome.take(), &["reason"]);
    }
    expected
}

/// The possible outcomes in one order, each once.
fn ordered(mut value: Value) -> Value {
    if let Some(outcomes) = value.get_mut("one_of").and_then(Value::as_array_mut) {
        outcomes.sort_by_key(Value::to_string);
        outcomes.dedup();
    }
    value
}

/// The chain of backends; none where the server would not start with it.
pub(super) fn chain(input: &Value) -> Result<Option<Vec<Backend>>, String> {
    let mut chain = Vec::new();
    for value in items(input.get("backends")) {
        let Some(backend) = backend(value)? else {
            return Ok(None);
        };
        chain.push(backend);
    }
    Ok(Some(chain))
}

fn backend(value: &Value) -> Result<Option<Backend>, String> {
    let reserved_prefixes = texts(value.get("reserved_prefixes"));
    let mode = text(value, "mode");
    Ok(Some(
        match BackendMode::parse(&mode).ok_or_else(|| format!("unknown mode `{mode}`"))? {
            BackendMode::EksConfigMap => Backend::EksConfigMap {
                reading: read(&data_of(value, "data")),
                reserved_prefixes,
            },
            BackendMode::MountedFile => {
                let Ok(file) = MountedFile::new(&mappings(value), reserved_prefixes) else {
                    return Ok(None);
                };
                Backend::MountedFile(file)
            }
            BackendMode::DynamicFile => {
                let strict = if is_true(value, "userid_strict") {
                    UserIdStrict::Yes
                } else {
                    UserIdStrict::No
                };
                let content = match value.get("content") {
                    Some(Value::String(content)) => content.clone(),
                    Some(content) => content.to_string(),
                    None => String::new(),
                };
                let file = DynamicFile::parse(&content, strict)
                    .unwrap_or_else(|| DynamicFile::empty(strict));
                Backend::DynamicFile {
                    file,
                    reserved_prefixes,
                }
            }
            BackendMode::Crd => {
                let object = |item: &Value| CustomResource {
                    arn: text(item, "arn"),
                    username: text(item, "username"),
                    groups: texts(item.get("groups")),
                };
                Backend::Crd {
                    objects: items(value.get("objects")).iter().map(object).collect(),
                    reserved_prefixes,
                }
            }
        },
    ))
}

fn mappings(value: &Value) -> Mappings {
    Mappings {
        roles: raw_mappings(value.get("map_roles"), "rolearn"),
        users: raw_mappings(value.get("map_users"), "userarn"),
        accounts: texts(value.get("map_accounts")),
    }
}

fn raw_mappings(value: Option<&Value>, arn: &str) -> Vec<RawMapping> {
    let mapping = |item: &Value| RawMapping {
        arn: text(item, arn),
        username: text(item, "username"),
        groups: texts(item.get("groups")),
        sso: item.get("sso").map(|sso| Sso {
            permission_set_name: text(sso, "permissionSetName"),
            account_id: text(sso, "accountID"),
            partition: text(sso, "partition"),
        }),
    };
    items(value).iter().map(mapping).collect()
}

/// The caller of a case; nobody, whom no entry names, where the case has none.
pub(super) fn caller(identity: Option<&Value>) -> Result<Caller, String> {
    match identity {
        None | Some(Value::Null) => Ok(Caller::default()),
        Some(identity) => serde_json::from_value(identity.clone())
            .map_err(|error| format!("the identity cannot be read: {error}")),
    }
}

fn sso_role_match(input: &Value) -> SsoRoleMatch {
    if is_true(input, "sso_role_match_enabled") {
        SsoRoleMatch::On
    } else {
        SsoRoleMatch::Off
    }
}

/// A ConfigMap's data, given by key or as a whole manifest; a manifest that is none leaves no ConfigMap, and so no data.
fn data_of(value: &Value, key: &str) -> BTreeMap<String, String> {
    match value.get("manifest").and_then(Value::as_str) {
        Some(manifest) => data_of_manifest(manifest).unwrap_or_default(),
        None => data(value.get(key)),
    }
}

fn data(value: Option<&Value>) -> BTreeMap<String, String> {
    let members = value.and_then(Value::as_object).into_iter().flatten();
    members
        .filter_map(|(key, value)| Some((key.clone(), value.as_str()?.to_owned())))
        .collect()
}

fn ids_of_reading(reading: &Reading) -> Vec<String> {
    mapping_findings(reading)
        .iter()
        .map(|finding| finding.id.to_owned())
        .collect()
}

/// What is worth saying about a backend other than aws-auth.
fn ids_of_backend(value: &Value, caller: &Caller) -> Result<Vec<String>, String> {
    let mappings = mappings(value);
    let mut found = backend_findings(&mappings.compared());
    match backend(value)? {
        Some(Backend::DynamicFile { file, .. }) => {
            found.extend(backend_findings(&file.compared()));
            found.extend(recreated_principal(&file, caller));
        }
        Some(Backend::Crd { objects, .. }) => {
            found.extend(backend_findings(&compared_objects(&objects)));
        }
        _ => {}
    }
    Ok(found.iter().map(|finding| finding.id.to_owned()).collect())
}

/// Everything worth saying about a chain and one identity, as a plan that knows both would.
fn ids_of_chain(input: &Value) -> Result<Vec<String>, String> {
    let caller = caller(input.get("identity"))?;
    let mut ids = BTreeSet::new();
    for value in items(input.get("backends"))
        .iter()
        .filter(|value| text(value, "mode") == "EKSConfigMap")
    {
        let reading = read(&data_of(value, "data"));
        ids.extend(ids_of_reading(&reading));
        let view = ClusterView {
            mode: AuthenticationMode::ConfigMap,
            aws_auth: Knowledge::Known(reading),
            access_entries: Knowledge::Known(Vec::new()),
        };
        ids.extend(
            near_misses(&view, &caller.canonical_arn)
                .iter()
                .map(|miss| miss.id().to_owned()),
        );
    }
    for value in items(input.get("backends")) {
        ids.extend(ids_of_backend(value, &caller)?);
    }
    if let Some(chain) = chain(input)?
        && shadowed_by_account(&caller, &chain, sso_role_match(input)).is_some()
    {
        ids.insert("mapping.shadowed_by_account".to_owned());
    }
    Ok(ids.into_iter().collect())
}
