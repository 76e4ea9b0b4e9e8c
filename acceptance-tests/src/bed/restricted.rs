//! A user who may do exactly what a story says, in AWS and in the cluster `prod`, and nothing else.
//!
//! The authenticator knows the user beside aws-auth, in the group that the documents' bindings name, so that a story may
//! give and take rights without a word in aws-auth.

use std::{
    fs, thread,
    time::{Duration, Instant},
};

use serde_json::{Value, json};

use super::{
    authenticator::RESTRICTED,
    cloud::{ACCOUNT, Cloud, PROD},
    command::succeeded,
    identity::Identity,
    json::text,
    permissions::{Blocks, GROUP, KubernetesRight, Rights, aws_rights, kubernetes_rights},
};
use crate::failure::{Failure, Outcome};

/// The user, whose rights in the cluster go with the value.
pub struct Restricted<'a> {
    cloud: &'a Cloud,
    identity: Identity,
    rights: Rights,
    /// The paths of the Kubernetes objects that give them.
    made: Vec<String>,
}

impl Cloud {
    /// A user who may do exactly what an IAM policy and Roles with their bindings to [`GROUP`] say.
    ///
    /// # Errors
    /// The policy or the manifest is none, or is not taken.
    pub fn with_exact_permissions(&self, policy: &str, manifest: &str) -> Outcome<Restricted<'_>> {
        let mut user = Restricted::new(self)?;
        user.allow_blocks(&[&Blocks {
            policy: Some(policy.to_owned()),
            manifest: Some(manifest.to_owned()),
        }])?;
        Ok(user)
    }

    /// The rights that blocks of a page give.
    ///
    /// # Errors
    /// A block that is no policy or no manifest.
    pub fn rights(&self, blocks: &Blocks) -> Outcome<Rights> {
        Ok(Rights {
            aws: match &blocks.policy {
                Some(policy) => aws_rights(policy)?,
                None => Vec::new(),
            },
            kubernetes: kubernetes_rights(&self.objects(blocks)?)?,
        })
    }

    /// The objects of a manifest, read by kubectl; nothing is made.
    fn objects(&self, blocks: &Blocks) -> Outcome<Vec<Value>> {
        let Some(manifest) = &blocks.manifest else {
            return Ok(Vec::new());
        };
        let file = self.folder().join("permissions.yaml");
        fs::write(&file, manifest)?;
        let mut command = self.plain(&self.tools().kubectl);
        command
            .arg("--kubeconfig")
            .arg(self.cluster(PROD)?.kubeconfig())
            .args(["create", "--dry-run=client", "-o", "json", "-f"])
            .arg(file);
        let printed = succeeded(&mut command)?.stdout;
        let read: Vec<Value> = serde_json::Deserializer::from_slice(&printed)
            .into_iter()
            .collect::<Result<_, _>>()?;
        let of_list = |object: Value| match object.get("items").and_then(Value::as_array) {
            Some(items) => items.clone(),
            None => vec![object],
        };
        Ok(read.into_iter().flat_map(of_list).collect())
    }
}

impl<'a> Restricted<'a> {
    /// The user, who may do nothing yet.
    ///
    /// # Errors
    /// The emulator refuses.
    pub fn new(cloud: &'a Cloud) -> Outcome<Restricted<'a>> {
        let nothing = json!({"Version": "2012-10-17", "Statement": []});
        Ok(Restricted {
            cloud,
            identity: cloud.limited_user(RESTRICTED, &nothing)?,
            rights: Rights::default(),
            made: Vec::new(),
        })
    }

    /// The keys to act as the user.
    #[must_use]
    pub fn identity(&self) -> &Identity {
        &self.identity
    }

    /// From now on the user may do exactly what these blocks say, as they are printed.
    ///
    /// # Errors
    /// A block that is no policy or no manifest, or is not taken.
    pub fn allow_blocks(&mut self, blocks: &[&Blocks]) -> Outcome {
        let (mut rights, mut objects) = (Rights::default(), Vec::new());
        for one in blocks {
            rights = rights.and(&self.cloud.rights(one)?);
            objects.extend(self.cloud.objects(one)?);
        }
        self.give(rights, &objects)
    }

    /// From now on the user may do exactly this.
    ///
    /// # Errors
    /// It is not taken.
    pub fn allow(&mut self, rights: &Rights) -> Outcome {
        self.give(rights.clone(), &rights.objects())
    }

    fn give(&mut self, rights: Rights, objects: &[Value]) -> Outcome {
        let wanted = json!({"account": ACCOUNT, "name": RESTRICTED, "policy": rights.policy()});
        self.cloud.emulator().control("policy", &wanted)?;
        if rights.kubernetes != self.rights.kubernetes || self.made.is_empty() {
            self.take_away()?;
            for object in objects {
                self.make(object)?;
            }
            self.wait_until_in_force(&rights)?;
        }
        self.rights = rights;
        Ok(())
    }

    fn make(&mut self, object: &Value) -> Outcome {
        let kind = text(object, "kind")?.to_lowercase();
        let place = match object
            .pointer("/metadata/namespace")
            .and_then(Value::as_str)
        {
            Some(namespace) => format!("namespaces/{namespace}/{kind}s"),
            None => format!("{kind}s"),
        };
        let collection = format!("/apis/rbac.authorization.k8s.io/v1/{place}");
        let (status, answer) = self
            .cloud
            .cluster(PROD)?
            .ask("POST", &collection, Some(object))?;
        if status != 201 {
            return Err(Failure::new(format!("{collection}: {status}: {answer}")));
        }
        self.made
            .push(format!("{collection}/{}", text(object, "metadata.name")?));
        Ok(())
    }

    fn take_away(&mut self) -> Outcome {
        let prod = self.cloud.cluster(PROD)?;
        for path in self.made.drain(..) {
            prod.ask("DELETE", &path, None)?;
        }
        Ok(())
    }

    /// The API server hears of new roles a moment later.
    fn wait_until_in_force(&self, rights: &Rights) -> Outcome {
        let began = Instant::now();
        for right in rights.kubernetes.union(&self.rights.kubernetes) {
            let expected = rights.kubernetes.iter().any(|given| covers(given, right));
            while self.may(right)? != expected {
                if began.elapsed() > Duration::from_secs(10) {
                    let text = format!("{right:?} is not {expected} after ten seconds");
                    return Err(Failure::new(text));
                }
                thread::sleep(Duration::from_millis(20));
            }
        }
        Ok(())
    }

    /// What the API server's own judge says.
    fn may(&self, right: &KubernetesRight) -> Outcome<bool> {
        let review = json!({
            "apiVersion": "authorization.k8s.io/v1", "kind": "SubjectAccessReview",
            "spec": {"user": RESTRICTED, "groups": [GROUP, "system:authenticated"], "resourceAttributes": {
                "namespace": right.namespace, "group": right.group, "resource": right.resource, "name": right.name,
                "verb": right.verb}},
        });
        let path = "/apis/authorization.k8s.io/v1/subjectaccessreviews";
        let (_, answer) = self.cloud.cluster(PROD)?.ask("POST", path, Some(&review))?;
        answer
            .pointer("/status/allowed")
            .and_then(Value::as_bool)
            .ok_or_else(|| Failure::new(format!("no answer to an access review: {answer}")))
    }
}

/// Whether whoever has `given` has `right` too.
fn covers(given: &KubernetesRight, right: &KubernetesRight) -> bool {
    let wider = |given: &Option<String>, right: &Option<String>| given.is_none() || given == right;
    given.group == right.group
        && given.resource == right.resource
        && given.verb == right.verb
        && wider(&given.name, &right.name)
        && wider(&given.namespace, &right.namespace)
}

impl Drop for Restricted<'_> {
    fn drop(&mut self) {
        // The next such user begins with new roles; a cloud that does not answer has nothing to clean.
        _ = self.take_away();
    }
}
