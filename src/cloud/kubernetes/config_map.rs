//! ConfigMaps: read, patched with the resourceVersion that was read, created, listed, deleted.
//!
//! What surprises: the field manager named here is only a note in managedFields; the API server's answer to an old
//! resourceVersion in a merge patch is 409, whichever keys changed.

use std::collections::BTreeMap;

use async_trait::async_trait;
use eksauth_provider::ports::kubernetes::{ConfigMap, ConfigMapPatch, FieldManager, NewConfigMap};
use eksauth_provider::ports::{ApiError, ErrorKind, KubeApi, RequestVerb};
use http::Request;
use k8s_openapi::api::core::v1::ConfigMap as Found;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{ManagedFieldsEntry, ObjectMeta};
use kube::Resource;
use kube::api::{DeleteParams, GetParams, ListParams, ObjectList, Patch, PatchParams, PostParams};
use serde_json::{Value, json};

use super::client::KubeClient;
use super::failure::Operation;

/// Who wrote, in managedFields.
const FIELD_MANAGER: &str = "terraform-provider-eksauth";

#[async_trait]
impl KubeApi for KubeClient {
    async fn config_map(&self, namespace: &str, name: &str) -> Result<Option<ConfigMap>, ApiError> {
        let operation = operation(RequestVerb::Get, namespace, name);
        let request = operation.request(
            requests::<Found>(&operation, namespace, Some(name))?.get(name, &GetParams::default()),
        )?;
        match self.send(&operation, &request).await {
            Ok(answer) => flatten_answer(&operation, &answer.body).map(Some),
            Err(error) if error.kind == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    async fn patch_config_map(
        &self,
        namespace: &str,
        name: &str,
        patch: &ConfigMapPatch,
    ) -> Result<ConfigMap, ApiError> {
        let operation = operation(RequestVerb::Patch, namespace, name);
        let request = patch_request(&operation, namespace, name, patch, Run::Real)?;
        flatten_answer(&operation, &self.send(&operation, &request).await?.body)
    }

    async fn create_config_map(
        &self,
        namespace: &str,
        name: &str,
        new: &NewConfigMap,
    ) -> Result<ConfigMap, ApiError> {
        let operation = operation(RequestVerb::Create, namespace, name);
        let request = create_request(&operation, namespace, name, new, Run::Real)?;
        flatten_answer(&operation, &self.send(&operation, &request).await?.body)
    }

    async fn dry_run_patch(
        &self,
        namespace: &str,
        name: &str,
        patch: &ConfigMapPatch,
    ) -> Result<(), ApiError> {
        let operation = operation(RequestVerb::Patch, namespace, name);
        let request = patch_request(&operation, namespace, name, patch, Run::Dry)?;
        self.send(&operation, &request).await.map(|_| ())
    }

    async fn dry_run_create(
        &self,
        namespace: &str,
        name: &str,
        new: &NewConfigMap,
    ) -> Result<(), ApiError> {
        let operation = operation(RequestVerb::Create, namespace, name);
        let request = create_request(&operation, namespace, name, new, Run::Dry)?;
        self.send(&operation, &request).await.map(|_| ())
    }

    async fn list_config_maps(
        &self,
        namespace: &str,
        label_selector: &str,
    ) -> Result<BTreeMap<String, ConfigMap>, ApiError> {
        let operation = Operation {
            verb: RequestVerb::List,
            object: format!("configmaps {namespace}"),
        };
        let params = ListParams::default().labels(label_selector);
        let request =
            operation.request(requests::<Found>(&operation, namespace, None)?.list(&params))?;
        let answer = self.send(&operation, &request).await?;
        let list: ObjectList<Found> = operation.parse(&answer.body)?;
        Ok(list
            .items
            .into_iter()
            .map(|found| {
                (
                    found.metadata.name.clone().unwrap_or_default(),
                    flatten(found),
                )
            })
            .collect())
    }

    async fn delete_config_map(&self, namespace: &str, name: &str) -> Result<(), ApiError> {
        let operation = operation(RequestVerb::Delete, namespace, name);
        let request = operation.request(
            requests::<Found>(&operation, namespace, Some(name))?
                .delete(name, &DeleteParams::default()),
        )?;
        match self.send(&operation, &request).await {
            Ok(_) => Ok(()),
            Err(error) if error.kind == ErrorKind::NotFound => Ok(()),
            Err(error) => Err(error),
        }
    }
}

/// Whether the server stores what a request asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Run {
    Real,
    /// `dryRun=All`: everything but the storing.
    Dry,
}

fn patch_request(
    operation: &Operation,
    namespace: &str,
    name: &str,
    patch: &ConfigMapPatch,
    run: Run,
) -> Result<Request<Vec<u8>>, ApiError> {
    let params = PatchParams {
        dry_run: run == Run::Dry,
        field_manager: Some(FIELD_MANAGER.to_owned()),
        ..PatchParams::default()
    };
    // The typed object cannot say that a key is to go.
    let body =
        json!({ "metadata": { "resourceVersion": patch.resource_version }, "data": patch.data });
    operation.request(requests::<Found>(operation, namespace, Some(name))?.patch(
        name,
        &params,
        &Patch::Merge(body),
    ))
}

fn create_request(
    operation: &Operation,
    namespace: &str,
    name: &str,
    new: &NewConfigMap,
    run: Run,
) -> Result<Request<Vec<u8>>, ApiError> {
    let params = PostParams {
        dry_run: run == Run::Dry,
        field_manager: Some(FIELD_MANAGER.to_owned()),
    };
    let given = |texts: &BTreeMap<String, String>| (!texts.is_empty()).then(|| texts.clone());
    let object = Found {
        metadata: ObjectMeta {
            name: Some(name.to_owned()),
            namespace: Some(namespace.to_owned()),
            labels: given(&new.labels),
            annotations: given(&new.annotations),
            ..ObjectMeta::default()
        },
        data: Some(new.data.clone()),
        ..Found::default()
    };
    let body = serde_json::to_vec(&object)
        .map_err(|error| operation.failed(ErrorKind::Invalid, error.to_string()))?;
    operation.request(requests::<Found>(operation, namespace, Some(name))?.create(&params, body))
}

fn operation(verb: RequestVerb, namespace: &str, name: &str) -> Operation {
    Operation {
        verb,
        object: format!("configmaps {namespace}/{name}"),
    }
}

/// Requests about the objects of a kind in a namespace, or about one of them. kube puts names into the path as they are, so they are looked at here.
pub(super) fn requests<Kind: Resource<DynamicType = ()>>(
    operation: &Operation,
    namespace: &str,
    name: Option<&str>,
) -> Result<kube::core::Request, ApiError> {
    let is_name = |text: &str| {
        let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-.".contains(&byte);
        text.bytes().all(is_allowed) && text.bytes().any(|byte| byte != b'.')
    };
    match [Some(namespace), name]
        .into_iter()
        .flatten()
        .find(|text| !is_name(text))
    {
        Some(text) => {
            let message = format!("`{text}` is not the name of an object");
            Err(operation.failed(ErrorKind::Invalid, message))
        }
        None => Ok(kube::core::Request::new(Kind::url_path(
            &(),
            Some(namespace),
        ))),
    }
}

fn flatten_answer(operation: &Operation, body: &[u8]) -> Result<ConfigMap, ApiError> {
    operation.parse(body).map(flatten)
}

fn flatten(found: Found) -> ConfigMap {
    let metadata = found.metadata;
    ConfigMap {
        data: found.data.unwrap_or_default(),
        binary_keys: found.binary_data.unwrap_or_default().into_keys().collect(),
        resource_version: metadata.resource_version.unwrap_or_default(),
        uid: metadata.uid.unwrap_or_default(),
        immutable: found.immutable.unwrap_or(false),
        annotations: metadata.annotations.unwrap_or_default(),
        labels: metadata.labels.unwrap_or_default(),
        managers: flatten_managers(metadata.managed_fields.unwrap_or_default()),
    }
}

fn flatten_managers(entries: Vec<ManagedFieldsEntry>) -> Vec<FieldManager> {
    let mut managers: Vec<FieldManager> = entries
        .into_iter()
        .map(|entry| FieldManager {
            name: entry.manager.unwrap_or_default(),
            operation: entry.operation.unwrap_or_default(),
            time: entry.time.map(|time| time.0.as_second()),
            data_keys: entry
                .fields_v1
                .map(|fields| data_keys(&fields.0))
                .unwrap_or_default(),
        })
        .collect();
    managers.sort_by_key(|manager| manager.time);
    managers
}

/// The keys under `f:data`, without their `f:`.
fn data_keys(fields: &Value) -> Vec<String> {
    let Some(data) = fields.get("f:data").and_then(Value::as_object) else {
        return Vec::new();
    };
    data.keys()
        .filter_map(|key| key.strip_prefix("f:"))
        .map(str::to_owned)
        .collect()
}
