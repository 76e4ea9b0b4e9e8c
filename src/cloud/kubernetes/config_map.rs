//! ConfigMaps: read, patched with the resourceVersion that was read, created, listed, deleted.
//!
//! What surprises: the field manager named here is only a note in managedFields; the API server's answer to an old
//! resourceVersion in a merge patch is 409, whichever keys changed.

use std::collections::BTreeMap;

use async_trait::async_trait;
use eksauth_provider::ports::kubernetes::{ConfigMap, ConfigMapPatch, FieldManager, NewConfigMap};
use eksauth_provider::ports::{ApiError, ErrorKind, KubeApi};
use http::{Method, Request, header};
use k8s_openapi::List;
use k8s_openapi::api::core::v1::ConfigMap as Found;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ManagedFieldsEntry;
use serde_json::{Value, json};

use super::client::KubeClient;
use super::failure::Operation;

/// Who wrote, in managedFields.
const FIELD_MANAGER: &str = "terraform-provider-eksauth";

#[async_trait]
impl KubeApi for KubeClient {
    async fn config_map(&self, namespace: &str, name: &str) -> Result<Option<ConfigMap>, ApiError> {
        let operation = operation("get", namespace, name);
        let request = request(&operation, Method::GET, &path(namespace, Some(name)), None)?;
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
        let operation = operation("patch", namespace, name);
        let request = patch_request(&operation, namespace, name, patch, Run::Real)?;
        flatten_answer(&operation, &self.send(&operation, &request).await?.body)
    }

    async fn create_config_map(
        &self,
        namespace: &str,
        name: &str,
        new: &NewConfigMap,
    ) -> Result<ConfigMap, ApiError> {
        let operation = operation("create", namespace, name);
        let request = create_request(&operation, namespace, name, new, Run::Real)?;
        flatten_answer(&operation, &self.send(&operation, &request).await?.body)
    }

    async fn dry_run_patch(
        &self,
        namespace: &str,
        name: &str,
        patch: &ConfigMapPatch,
    ) -> Result<(), ApiError> {
        let operation = operation("patch", namespace, name);
        let request = patch_request(&operation, namespace, name, patch, Run::Dry)?;
        self.send(&operation, &request).await.map(|_| ())
    }

    async fn dry_run_create(
        &self,
        namespace: &str,
        name: &str,
        new: &NewConfigMap,
    ) -> Result<(), ApiError> {
        let operation = operation("create", namespace, name);
        let request = create_request(&operation, namespace, name, new, Run::Dry)?;
        self.send(&operation, &request).await.map(|_| ())
    }

    async fn list_config_maps(
        &self,
        namespace: &str,
        label_selector: &str,
    ) -> Result<BTreeMap<String, ConfigMap>, ApiError> {
        let operation = Operation {
            verb: "list",
            object: format!("configmaps {namespace}"),
        };
        let path = format!(
            "{}?labelSelector={}",
            path(namespace, None),
            escaped(label_selector)
        );
        let request = request(&operation, Method::GET, &path, None)?;
        let answer = self.send(&operation, &request).await?;
        let list: List<Found> = parsed(&operation, &answer.body)?;
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
        let operation = operation("delete", namespace, name);
        let request = request(
            &operation,
            Method::DELETE,
            &path(namespace, Some(name)),
            None,
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

impl Run {
    /// The query of a write.
    fn query(self) -> String {
        let dry = match self {
            Self::Real => "",
            Self::Dry => "&dryRun=All",
        };
        format!("?fieldManager={FIELD_MANAGER}{dry}")
    }
}

fn patch_request(
    operation: &Operation,
    namespace: &str,
    name: &str,
    patch: &ConfigMapPatch,
    run: Run,
) -> Result<Request<Vec<u8>>, ApiError> {
    let body =
        json!({ "metadata": { "resourceVersion": patch.resource_version }, "data": patch.data });
    let path = format!("{}{}", path(namespace, Some(name)), run.query());
    let mut request = request(operation, Method::PATCH, &path, Some(&body))?;
    request.headers_mut().insert(
        header::CONTENT_TYPE,
        header::HeaderValue::from_static("application/merge-patch+json"),
    );
    Ok(request)
}

fn create_request(
    operation: &Operation,
    namespace: &str,
    name: &str,
    new: &NewConfigMap,
    run: Run,
) -> Result<Request<Vec<u8>>, ApiError> {
    let mut metadata = json!({ "name": name, "namespace": namespace });
    if let Some(metadata) = metadata.as_object_mut() {
        for (field, texts) in [("labels", &new.labels), ("annotations", &new.annotations)] {
            if !texts.is_empty() {
                metadata.insert(field.to_owned(), json!(texts));
            }
        }
    }
    let body =
        json!({ "apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": new.data });
    let path = format!("{}{}", path(namespace, None), run.query());
    request(operation, Method::POST, &path, Some(&body))
}

fn operation(verb: &'static str, namespace: &str, name: &str) -> Operation {
    Operation {
        verb,
        object: format!("configmaps {namespace}/{name}"),
    }
}

fn path(namespace: &str, name: Option<&str>) -> String {
    let collection = format!("/api/v1/namespaces/{}/configmaps", escaped(namespace));
    match name {
        Some(name) => format!("{collection}/{}", escaped(name)),
        None => collection,
    }
}

/// Percent-encodes everything that is not unreserved.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                escaped.push(char::from(byte))
            }
            other => escaped.push_str(&format!("%{other:02X}")),
        }
    }
    escaped
}

fn request(
    operation: &Operation,
    method: Method,
    path: &str,
    body: Option<&Value>,
) -> Result<Request<Vec<u8>>, ApiError> {
    let mut builder = Request::builder()
        .method(method)
        .uri(path)
        .header(header::ACCEPT, "application/json");
    if body.is_some() {
        builder = builder.header(header::CONTENT_TYPE, "application/json");
    }
    let bytes = body
        .map(|body| body.to_string().into_bytes())
        .unwrap_or_default();
    builder
        .body(bytes)
        .map_err(|error| operation.failed(ErrorKind::Invalid, error.to_string()))
}

fn flatten_answer(operation: &Operation, body: &[u8]) -> Result<ConfigMap, ApiError> {
    parsed::<Found>(operation, body).map(flatten)
}

fn parsed<T: serde::de::DeserializeOwned>(
    operation: &Operation,
    body: &[u8],
) -> Result<T, ApiError> {
    serde_json::from_slice(body).map_err(|error| {
        operation.failed(
            ErrorKind::Service,
            format!("the answer cannot be read: {error}"),
        )
    })
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
