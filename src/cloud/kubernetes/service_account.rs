//! ServiceAccounts: read, listed, applied server-side, deleted; and the pods that run as one.
//!
//! What surprises: an apply makes what is not there (201), so a namespace that is not there is its only 404. With a `uid` in what is applied the
//! API server answers 409 for another account of the name, and for none.

use std::collections::{BTreeMap, BTreeSet};

use async_trait::async_trait;
use eksauth_provider::ports::error::Service;
use eksauth_provider::ports::service_account::{
    AccountField, AccountFields, Applied, AppliedFields, FIELD_MANAGER, FieldOwner, NAMED_PODS,
    RunningPods, ServiceAccount, ServiceAccountApi,
};
use eksauth_provider::ports::{ApiError, ErrorKind, RequestVerb};
use http::{Request, StatusCode};
use k8s_openapi::api::core::v1::{LocalObjectReference, Pod, ServiceAccount as Account};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use kube::api::{
    DeleteParams, GetParams, ListParams, ObjectList, PartialObjectMeta, Patch, PatchParams,
    Preconditions,
};
use serde::Deserialize;
use serde::de::IgnoredAny;

use super::client::KubeClient;
use super::config_map::requests;
use super::failure::Operation;
use super::owned_metadata::{HeldMetadata, OwnedMetadata, OwnerEntry};

/// An answer's items at most; an account has about a kilobyte. A thousand and what every namespace has beside them are one request.
const PAGE: u32 = 2500;

/// An account as far as it is read.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Found {
    metadata: OwnedMetadata<HeldFields>,
    image_pull_secrets: Option<Vec<LocalObjectReference>>,
    automount_service_account_token: Option<bool>,
}

/// Those of the fields that somebody holds that are looked at, `fieldsV1`.
#[derive(Debug, Deserialize)]
struct HeldFields {
    #[serde(default, rename = "f:metadata")]
    metadata: HeldMetadata,
    #[serde(rename = "f:imagePullSecrets")]
    image_pull_secrets: Option<IgnoredAny>,
    #[serde(rename = "f:automountServiceAccountToken")]
    automount_token: Option<IgnoredAny>,
}

#[async_trait]
impl ServiceAccountApi for KubeClient {
    async fn service_account(
        &self,
        namespace: &str,
        name: &str,
    ) -> Result<Option<ServiceAccount>, ApiError> {
        let operation = operation(RequestVerb::Get, namespace, name);
        let request = requests::<Account>(&operation, namespace, Some(name))?;
        let request = operation.request(request.get(name, &GetParams::default()))?;
        match self.send(&operation, &request).await {
            Ok(answer) => operation.parse(&answer.body).map(flatten).map(Some),
            Err(error) if error.kind == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    async fn service_accounts(
        &self,
        namespace: Option<&str>,
    ) -> Result<Vec<ServiceAccount>, ApiError> {
        let operation = Operation {
            verb: RequestVerb::List,
            object: match namespace {
                Some(namespace) => format!("serviceaccounts {namespace}"),
                None => "serviceaccounts".to_owned(),
            },
        };
        let path = <Account as kube::Resource>::url_path(&(), namespace);
        let pages = (path.as_str(), ListParams::default().limit(PAGE));
        self.list_all(&operation, pages, flatten).await
    }

    async fn apply_service_account(&self, applied: &AppliedFields) -> Result<Applied, ApiError> {
        let operation = operation(RequestVerb::Patch, &applied.namespace, &applied.name);
        let request = apply_request(&operation, applied)?;
        let answer = self.send(&operation, &request).await.map_err(of_making)?;
        Ok(Applied {
            account: operation.parse(&answer.body).map(flatten)?,
            is_new: answer.status == StatusCode::CREATED,
        })
    }

    async fn delete_service_account(
        &self,
        namespace: &str,
        name: &str,
        uid: &str,
    ) -> Result<(), ApiError> {
        let operation = operation(RequestVerb::Delete, namespace, name);
        let params = DeleteParams {
            preconditions: Some(Preconditions {
                uid: Some(uid.to_owned()),
                resource_version: None,
            }),
            ..DeleteParams::default()
        };
        let request = requests::<Account>(&operation, namespace, Some(name))?;
        let request = operation.request(request.delete(name, &params))?;
        match self.send(&operation, &request).await {
            Ok(_) => Ok(()),
            Err(error) if error.kind == ErrorKind::NotFound => Ok(()),
            Err(error) => Err(error),
        }
    }

    async fn pods_of_service_account(
        &self,
        namespace: &str,
        name: &str,
    ) -> Result<RunningPods, ApiError> {
        let operation = Operation {
            verb: RequestVerb::List,
            object: format!("pods {namespace}"),
        };
        // A pod that has ended gets no credentials any more.
        let fields =
            format!("spec.serviceAccountName={name},status.phase!=Succeeded,status.phase!=Failed");
        let limit = u32::try_from(NAMED_PODS.saturating_add(1)).unwrap_or(u32::MAX);
        let params = ListParams::default().fields(&fields).limit(limit);
        let request = requests::<Pod>(&operation, namespace, Some(name))?;
        let request = operation.request(request.list(&params))?;
        let answer = self.send(&operation, &request).await?;
        let list: ObjectList<PartialObjectMeta<Pod>> = operation.parse(&answer.body)?;
        let mut names: Vec<String> = list
            .items
            .into_iter()
            .filter_map(|pod| pod.metadata.name)
            .collect();
        let has_more = names.len() > NAMED_PODS;
        names.truncate(NAMED_PODS);
        Ok(RunningPods { names, has_more })
    }
}

fn operation(verb: RequestVerb, namespace: &str, name: &str) -> Operation {
    Operation {
        verb,
        object: format!("serviceaccounts {namespace}/{name}"),
    }
}

/// An apply of what is not there needs the right to make it beside that to patch, and the refusal has the verb in its message only. Source:
/// k8s.io/apiserver, `responsewriters.forbiddenMessage`.
fn of_making(error: ApiError) -> ApiError {
    if error.kind != ErrorKind::AccessDenied || !error.message.contains(" cannot create resource ")
    {
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

fn apply_request(
    operation: &Operation,
    applied: &AppliedFields,
) -> Result<Request<Vec<u8>>, ApiError> {
    let params = PatchParams {
        force: applied.is_forced,
        ..PatchParams::apply(FIELD_MANAGER)
    };
    let AccountFields {
        annotations,
        labels,
        image_pull_secrets,
        automount_token,
    } = &applied.fields;
    let given = |texts: &BTreeMap<String, String>| (!texts.is_empty()).then(|| texts.clone());
    let reference = |name: &String| LocalObjectReference { name: name.clone() };
    let object = Account {
        metadata: ObjectMeta {
            name: Some(applied.name.clone()),
            namespace: Some(applied.namespace.clone()),
            uid: applied.uid.clone(),
            annotations: given(annotations),
            labels: given(labels),
            ..ObjectMeta::default()
        },
        image_pull_secrets: image_pull_secrets
            .as_ref()
            .map(|names| names.iter().map(reference).collect()),
        automount_service_account_token: *automount_token,
        ..Account::default()
    };
    let requests = requests::<Account>(operation, &applied.namespace, Some(&applied.name))?;
    operation.request(requests.patch(&applied.name, &params, &Patch::Apply(object)))
}

fn flatten(found: Found) -> ServiceAccount {
    let metadata = found.metadata;
    let made_at = metadata.creation_timestamp;
    let name = |reference: LocalObjectReference| reference.name;
    ServiceAccount {
        namespace: metadata.namespace.unwrap_or_default(),
        name: metadata.name.unwrap_or_default(),
        uid: metadata.uid.unwrap_or_default(),
        fields: AccountFields {
            annotations: metadata.annotations.unwrap_or_default(),
            labels: metadata.labels.unwrap_or_default(),
            image_pull_secrets: found
                .image_pull_secrets
                .map(|references| references.into_iter().map(name).collect()),
            automount_token: found.automount_service_account_token,
        },
        owners: metadata
            .managed_fields
            .unwrap_or_default()
            .into_iter()
            .map(|entry| flatten_owner(entry, made_at.as_deref()))
            .collect(),
    }
}

fn flatten_owner(entry: OwnerEntry<HeldFields>, made_at: Option<&str>) -> FieldOwner {
    FieldOwner {
        is_from_creation: made_at.is_some() && entry.time.as_deref() == made_at,
        manager: entry.manager.unwrap_or_default(),
        operation: entry.operation.unwrap_or_default(),
        fields: entry.fields_v1.map(account_fields).unwrap_or_default(),
    }
}

/// Those of the fields of `fieldsV1` that this provider may hold too.
fn account_fields(fields: HeldFields) -> BTreeSet<AccountField> {
    let single = |held: bool, field: AccountField| held.then_some(field);
    let HeldFields {
        metadata,
        image_pull_secrets,
        automount_token,
    } = &fields;
    let annotations = metadata.annotations().map(AccountField::Annotation);
    let labels = metadata.labels().map(AccountField::Label);
    annotations
        .chain(labels)
        .chain(single(
            image_pull_secrets.is_some(),
            AccountField::ImagePullSecrets,
        ))
        .chain(single(
            automount_token.is_some(),
            AccountField::AutomountToken,
        ))
        .collect()
}
