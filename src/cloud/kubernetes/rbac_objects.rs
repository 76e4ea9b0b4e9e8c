//! Roles and bindings as objects: read, listed, applied server-side, deleted.
//!
//! What surprises: an apply makes what is not there (201), so a namespace that is not there is its only 404; a refusal to grant what the caller has not
//! is a 403 like a missing permission, and only its message tells them apart; a list of all namespaces is the path without one.

use std::collections::BTreeSet;

use async_trait::async_trait;
use eksauth_provider::ports::error::Service;
use eksauth_provider::ports::rbac_objects::{
    AppliedRbac, AppliedRbacObject, BoundSubject, Discovery, RBAC_GROUP, RbacField, RbacFieldOwner,
    RbacFields, RbacKey, RbacKind, RbacObject, RbacObjectApi, RbacRule, RoleRef,
};
use eksauth_provider::ports::service_account::FIELD_MANAGER;
use eksauth_provider::ports::{ApiError, ErrorKind, RequestVerb};
use http::StatusCode;
use k8s_openapi::api::rbac::v1 as rbac;
use kube::api::{DeleteParams, GetParams, ListParams, Patch, PatchParams, Preconditions};
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::{Value, json};

use super::client::KubeClient;
use super::failure::Operation;
use super::owned_metadata::{HeldMetadata, OwnedMetadata, OwnerEntry};

/// An answer's items at most; a binding has about a kilobyte.
const PAGE: u32 = 5000;

/// How the API server begins to list what the caller has not. Source: k8s.io/kubernetes, `pkg/registry/rbac/validation`.
const ESCALATION: &str = "attempting to grant RBAC permissions not currently held";

/// An object of any of the four kinds.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Found {
    metadata: OwnedMetadata<HeldFields>,
    #[serde(default)]
    rules: Option<Vec<rbac::PolicyRule>>,
    #[serde(default)]
    role_ref: Option<rbac::RoleRef>,
    #[serde(default)]
    subjects: Option<Vec<rbac::Subject>>,
    #[serde(default)]
    aggregation_rule: Option<IgnoredAny>,
}

/// Those of the fields that somebody holds that are looked at, `fieldsV1`.
#[derive(Debug, Deserialize)]
struct HeldFields {
    #[serde(default, rename = "f:metadata")]
    metadata: HeldMetadata,
    #[serde(rename = "f:rules")]
    rules: Option<IgnoredAny>,
    #[serde(rename = "f:roleRef")]
    role_ref: Option<IgnoredAny>,
    #[serde(rename = "f:subjects")]
    subjects: Option<IgnoredAny>,
}

#[async_trait]
impl RbacObjectApi for KubeClient {
    async fn rbac_object(&self, key: &RbacKey) -> Result<Option<RbacObject>, ApiError> {
        let operation = operation(RequestVerb::Get, key);
        let request = requests(&operation, key)?.get(&key.name, &GetParams::default());
        match self.send(&operation, &operation.request(request)?).await {
            Ok(answer) => {
                let found = operation.parse(&answer.body)?;
                Ok(Some(flatten(key.kind, found)))
            }
            Err(error) if error.kind == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    async fn rbac_objects(&self, kind: RbacKind) -> Result<Vec<RbacObject>, ApiError> {
        let operation = Operation {
            verb: RequestVerb::List,
            object: kind.plural().to_owned(),
        };
        let path = collection(kind, "");
        let pages = (path.as_str(), ListParams::default().limit(PAGE));
        let keep = |found| flatten(kind, found);
        self.list_all(&operation, pages, keep).await
    }

    async fn apply_rbac_object(
        &self,
        applied: &AppliedRbacObject,
    ) -> Result<AppliedRbac, ApiError> {
        let operation = operation(RequestVerb::Patch, &applied.key);
        let params = PatchParams {
            force: applied.is_forced,
            ..PatchParams::apply(FIELD_MANAGER)
        };
        let patch = Patch::Apply(body(applied));
        let request = requests(&operation, &applied.key)?.patch(&applied.key.name, &params, &patch);
        let request = operation.request(request)?;
        let answer = self.send(&operation, &request).await.map_err(of_making)?;
        Ok(AppliedRbac {
            object: flatten(applied.key.kind, operation.parse(&answer.body)?),
            is_new: answer.status == StatusCode::CREATED,
        })
    }

    async fn delete_rbac_object(&self, key: &RbacKey, uid: &str) -> Result<(), ApiError> {
        let operation = operation(RequestVerb::Delete, key);
        let params = DeleteParams {
            preconditions: Some(Preconditions {
                uid: Some(uid.to_owned()),
                resource_version: None,
            }),
            ..DeleteParams::default()
        };
        let request = requests(&operation, key)?.delete(&key.name, &params);
        match self.send(&operation, &operation.request(request)?).await {
            Ok(_) => Ok(()),
            Err(error) if error.kind == ErrorKind::NotFound => Ok(()),
            Err(error) => Err(error),
        }
    }

    async fn discovery(&self) -> Result<Discovery, ApiError> {
        super::discovery::discover(self).await
    }
}

fn operation(verb: RequestVerb, key: &RbacKey) -> Operation {
    let place = match key.namespace.as_str() {
        "" => String::new(),
        namespace => format!("{namespace}/"),
    };
    Operation {
        verb,
        object: format!("{} {place}{}", key.kind.plural(), key.name),
    }
}

/// The path of all objects of a kind; of a namespace, where one is given.
fn collection(kind: RbacKind, namespace: &str) -> String {
    let namespace = Some(namespace).filter(|namespace| !namespace.is_empty());
    match kind {
        RbacKind::ClusterRole => <rbac::ClusterRole as kube::Resource>::url_path(&(), None),
        RbacKind::ClusterRoleBinding => {
            <rbac::ClusterRoleBinding as kube::Resource>::url_path(&(), None)
        }
        RbacKind::Role => <rbac::Role as kube::Resource>::url_path(&(), namespace),
        RbacKind::RoleBinding => <rbac::RoleBinding as kube::Resource>::url_path(&(), namespace),
    }
}

/// A text that is no segment of a path is the name of nothing.
fn requests(operation: &Operation, key: &RbacKey) -> Result<kube::core::Request, ApiError> {
    let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-._:@~+".contains(&byte);
    let is_segment =
        |text: &str| text.bytes().all(is_allowed) && text.bytes().any(|byte| byte != b'.');
    let has_namespace = !key.namespace.is_empty() || !key.kind.is_namespaced();
    if !is_segment(&key.name)
        || !has_namespace
        || key.namespace.bytes().any(|byte| !is_allowed(byte))
    {
        let message = format!("{key} is not the name of an object");
        return Err(operation.failed(ErrorKind::Invalid, message));
    }
    Ok(kube::core::Request::new(collection(
        key.kind,
        &key.namespace,
    )))
}

/// An apply of what is not there needs the right to make it beside that to patch, and the refusal has the verb in its message only. Source:
/// k8s.io/apiserver, `responsewriters.forbiddenMessage`. What the caller may not hand on is no permission of this request.
fn of_making(error: ApiError) -> ApiError {
    if error.kind != ErrorKind::AccessDenied {
        return error;
    }
    if error.message.contains(ESCALATION) {
        return ApiError {
            missing_permission: None,
            ..error
        };
    }
    if !error.message.contains(" cannot create resource ") {
        return error;
    }
    let operation = |text: &str| text.replacen("patch", RequestVerb::Create.word(), 1);
    ApiError {
        service: Service::ApiServer(RequestVerb::Create),
        operation: operation(&error.operation),
        missing_permission: error.missing_permission.as_deref().map(operation),
        ..error
    }
}

/// What an apply says: the fields that are set, and nothing else.
fn body(applied: &AppliedRbacObject) -> Value {
    let AppliedRbacObject {
        key, uid, fields, ..
    } = applied;
    let mut metadata = json!({"name": key.name});
    let mut set = |name: &str, value: Value| {
        if let Some(members) = metadata.as_object_mut() {
            members.insert(name.to_owned(), value);
        }
    };
    if !key.namespace.is_empty() {
        set("namespace", json!(key.namespace));
    }
    if let Some(uid) = uid {
        set("uid", json!(uid));
    }
    if !fields.labels.is_empty() {
        set("labels", json!(fields.labels));
    }
    let mut object = json!({
        "apiVersion": format!("{RBAC_GROUP}/v1"),
        "kind": key.kind.word(),
        "metadata": metadata,
    });
    let mut set = |name: &str, value: Option<Value>| {
        if let (Some(members), Some(value)) = (object.as_object_mut(), value) {
            members.insert(name.to_owned(), value);
        }
    };
    let list = |items: Vec<Value>| Value::Array(items);
    set(
        "rules",
        fields
            .rules
            .as_ref()
            .map(|rules| list(rules.iter().map(rule).collect())),
    );
    set(
        "roleRef",
        fields.role_ref.as_ref().map(
            |role| json!({"apiGroup": RBAC_GROUP, "kind": role.kind.word(), "name": role.name}),
        ),
    );
    set(
        "subjects",
        fields
            .subjects
            .as_ref()
            .map(|subjects| list(subjects.iter().map(subject).collect())),
    );
    object
}

fn rule(rule: &RbacRule) -> Value {
    let given = |texts: &Vec<String>| (!texts.is_empty()).then(|| texts.clone());
    let rule = rbac::PolicyRule {
        api_groups: given(&rule.api_groups),
        resources: given(&rule.resources),
        verbs: rule.verbs.clone(),
        resource_names: given(&rule.resource_names),
        non_resource_urls: given(&rule.non_resource_urls),
    };
    json!(rule)
}

fn subject(subject: &BoundSubject) -> Value {
    match subject {
        BoundSubject::Group(name) => {
            json!({"apiGroup": RBAC_GROUP, "kind": "Group", "name": name})
        }
        BoundSubject::User(name) => json!({"apiGroup": RBAC_GROUP, "kind": "User", "name": name}),
        BoundSubject::ServiceAccount { namespace, name } => {
            json!({"kind": "ServiceAccount", "namespace": namespace, "name": name})
        }
    }
}

fn flatten(kind: RbacKind, found: Found) -> RbacObject {
    let metadata = found.metadata;
    let owners = metadata.managed_fields.unwrap_or_default();
    RbacObject {
        key: RbacKey {
            kind,
            namespace: metadata.namespace.unwrap_or_default(),
            name: metadata.name.unwrap_or_default(),
        },
        uid: metadata.uid.unwrap_or_default(),
        fields: RbacFields {
            labels: metadata.labels.unwrap_or_default(),
            rules: kind.is_role().then(|| flatten_rules(found.rules)),
            role_ref: found.role_ref.map(flatten_role_ref),
            subjects: (!kind.is_role()).then(|| {
                let subjects = found.subjects.unwrap_or_default();
                subjects.into_iter().filter_map(flatten_subject).collect()
            }),
        },
        is_aggregated: found.aggregation_rule.is_some(),
        owners: owners.into_iter().map(flatten_owner).collect(),
    }
}

/// `rules` is null in an aggregated ClusterRole that matches nothing yet.
fn flatten_rules(rules: Option<Vec<rbac::PolicyRule>>) -> Vec<RbacRule> {
    let rule = |rule: rbac::PolicyRule| RbacRule {
        api_groups: rule.api_groups.unwrap_or_default(),
        resources: rule.resources.unwrap_or_default(),
        verbs: rule.verbs,
        resource_names: rule.resource_names.unwrap_or_default(),
        non_resource_urls: rule.non_resource_urls.unwrap_or_default(),
    };
    rules.unwrap_or_default().into_iter().map(rule).collect()
}

fn flatten_role_ref(role: rbac::RoleRef) -> RoleRef {
    RoleRef {
        kind: match role.kind.as_str() {
            "Role" => RbacKind::Role,
            _ => RbacKind::ClusterRole,
        },
        name: role.name,
    }
}

fn flatten_subject(subject: rbac::Subject) -> Option<BoundSubject> {
    match subject.kind.as_str() {
        "Group" => Some(BoundSubject::Group(subject.name)),
        "User" => Some(BoundSubject::User(subject.name)),
        "ServiceAccount" => Some(BoundSubject::ServiceAccount {
            namespace: subject.namespace.unwrap_or_default(),
            name: subject.name,
        }),
        _ => None,
    }
}

fn flatten_owner(entry: OwnerEntry<HeldFields>) -> RbacFieldOwner {
    RbacFieldOwner {
        manager: entry.manager.unwrap_or_default(),
        operation: entry.operation.unwrap_or_default(),
        fields: entry.fields_v1.map(fields_of).unwrap_or_default(),
    }
}

/// Those of the fields of `fieldsV1` that this provider may hold too.
fn fields_of(fields: HeldFields) -> BTreeSet<RbacField> {
    let HeldFields {
        metadata,
        rules,
        role_ref,
        subjects,
    } = &fields;
    let whole = [
        (rules, RbacField::Rules),
        (role_ref, RbacField::RoleRef),
        (subjects, RbacField::Subjects),
    ];
    let whole = whole
        .into_iter()
        .filter(|(held, _)| held.is_some())
        .map(|(_, field)| field);
    metadata
        .labels()
        .map(RbacField::Label)
        .chain(whole)
        .collect()
}
