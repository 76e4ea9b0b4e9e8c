//! Service accounts of a cluster as its administrator, and as others who apply fields, see them.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{Cluster, unexpected};
use crate::{bed::json::text, failure::Outcome};

/// The field manager of the provider.
const OURS: &str = "terraform-provider-eksauth";

/// For whom the tokens of pod identities are.
const PODS: &str = "pods.eks.amazonaws.com";

impl Cluster<'_> {
    /// The token that EKS projects into a pod of a service account with an association; namespace, account and pod are made where
    /// they are missing. What it gives is told by [`crate::bed::cloud::Cloud::assume_for_pod`].
    ///
    /// # Errors
    /// The API server refuses.
    pub fn pod_token(&self, namespace: &str, account: &str) -> Outcome<String> {
        self.ensure_namespace(namespace)?;
        self.ensure(
            &collection(namespace),
            &json!({"metadata": {"name": account}}),
        )?;
        let pods = format!("/api/v1/namespaces/{namespace}/pods");
        let pod = format!("{account}-0");
        let spec =
            json!({"serviceAccountName": account, "containers": [{"name": "app", "image": "app"}]});
        self.ensure(&pods, &json!({"metadata": {"name": pod}, "spec": spec}))?;
        let (status, made) = self.ask("GET", &format!("{pods}/{pod}"), None)?;
        if status != 200 {
            return Err(unexpected(status, &made));
        }
        let bound = json!({"apiVersion": "v1", "kind": "Pod", "name": pod, "uid": text(&made, "metadata.uid")?});
        let spec =
            json!({"audiences": [PODS], "expirationSeconds": 86_400, "boundObjectRef": bound});
        let path = format!("{}/token", path(namespace, account));
        let (status, answer) = self.ask("POST", &path, Some(&json!({"spec": spec})))?;
        if status == 201 {
            text(&answer, "status.token")
        } else {
            Err(unexpected(status, &answer))
        }
    }

    /// An account, or `None`.
    ///
    /// # Errors
    /// The API server does not answer.
    pub fn service_account(&self, namespace: &str, name: &str) -> Outcome<Option<Value>> {
        let (status, object) = self.ask("GET", &path(namespace, name), None)?;
        match status {
            200 => Ok(Some(object)),
            404 => Ok(None),
            _ => Err(unexpected(status, &object)),
        }
    }

    /// The accounts of a namespace, none where there is no such namespace.
    ///
    /// # Errors
    /// The API server does not answer.
    pub fn service_accounts(&self, namespace: &str) -> Outcome<Vec<Value>> {
        let (status, list) = self.ask("GET", &collection(namespace), None)?;
        match (status, list.get("items").and_then(Value::as_array)) {
            (200, Some(items)) => Ok(items.clone()),
            _ => Err(unexpected(status, &list)),
        }
    }

    /// Somebody applies annotations to an account, which is made if there is none, and takes them from whoever holds them.
    ///
    /// # Errors
    /// The API server refuses.
    pub fn annotate_service_account(
        &self,
        manager: &str,
        (namespace, name): (&str, &str),
        annotations: &[(&str, &str)],
    ) -> Outcome<Value> {
        let annotations: BTreeMap<&str, &str> = annotations.iter().copied().collect();
        let fields = json!({"metadata": {"annotations": annotations}});
        self.apply_service_account(manager, (namespace, name), fields)
    }

    /// The accounts of a namespace are these and no others, as this provider's; their new ids by the old ones.
    ///
    /// # Errors
    /// The API server refuses.
    pub fn put_service_accounts(
        &self,
        namespace: &str,
        accounts: &[Value],
    ) -> Outcome<BTreeMap<String, String>> {
        let mut renewed = BTreeMap::new();
        for there in self.service_accounts(namespace)? {
            self.delete_service_account(namespace, &text(&there, "metadata.name")?)?;
        }
        for account in accounts {
            let name = text(account, "metadata.name")?;
            let mut fields = account.clone();
            if let Some(fields) = fields.as_object_mut() {
                fields.retain(|field, _| field != "secrets");
            }
            if let Some(metadata) = fields
                .pointer_mut("/metadata")
                .and_then(Value::as_object_mut)
            {
                metadata.retain(|field, _| matches!(field.as_str(), "annotations" | "labels"));
            }
            let made = self.apply_service_account(OURS, (namespace, &name), fields)?;
            renewed.insert(text(account, "metadata.uid")?, text(&made, "metadata.uid")?);
        }
        Ok(renewed)
    }

    /// Somebody deletes an account.
    ///
    /// # Errors
    /// The API server refuses.
    pub fn delete_service_account(&self, namespace: &str, name: &str) -> Outcome {
        let (status, answer) = self.ask("DELETE", &path(namespace, name), None)?;
        if matches!(status, 200 | 404) {
            Ok(())
        } else {
            Err(unexpected(status, &answer))
        }
    }

    fn apply_service_account(
        &self,
        manager: &str,
        (namespace, name): (&str, &str),
        mut fields: Value,
    ) -> Outcome<Value> {
        if let Some(fields) = fields.as_object_mut() {
            fields.insert("apiVersion".to_owned(), json!("v1"));
            fields.insert("kind".to_owned(), json!("ServiceAccount"));
            let metadata = fields.entry("metadata").or_insert(json!({}));
            if let Some(metadata) = metadata.as_object_mut() {
                metadata.insert("name".to_owned(), json!(name));
            }
        }
        let path = format!(
            "{}?fieldManager={manager}&force=true",
            path(namespace, name)
        );
        let (status, answer) = self.answer(
            &json!({"name": self.name, "method": "PATCH", "path": path, "body": fields,
            "content_type": "application/apply-patch+yaml"}),
        )?;
        if matches!(status, 200 | 201) {
            Ok(answer)
        } else {
            Err(unexpected(status, &answer))
        }
    }
}

fn collection(namespace: &str) -> String {
    format!("/api/v1/namespaces/{namespace}/serviceaccounts")
}

fn path(namespace: &str, name: &str) -> String {
    format!("{}/{name}", collection(namespace))
}
