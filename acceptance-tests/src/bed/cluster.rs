//! An EKS cluster of the bed as its administrator, and as the people who come with tokens, see it.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    thread,
    time::{Duration, Instant},
};

use serde_json::{Value, json};

use super::{
    authenticator::{self, OwnMappings, Plan, Whose},
    command::succeeded,
    emulator::Emulator,
    host::Host,
    identity::Identity,
    json::text,
    kubernetes::Kubernetes,
    process::{Lifetime, Server, free_port},
};
use crate::failure::{Failure, Outcome};

mod namespaces;
mod rbac;
mod rbac_objects;
pub mod reviews;
pub mod service_accounts;

const AWS_AUTH: &str = "/api/v1/namespaces/kube-system/configmaps/aws-auth";
const COPIES: &str = "/api/v1/namespaces/kube-system/configmaps?labelSelector=terraform-provider-eksauth%2Frecovery-of%3Daws-auth";

/// Who a cluster takes a token's bearer for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WhoAmI {
    /// The username.
    pub username: String,
    /// The groups, without `system:authenticated`.
    pub groups: Vec<String>,
}

/// A cluster with a control plane.
pub struct Cluster<'a> {
    place: Place<'a>,
    name: String,
    endpoint: String,
    kubeconfig: PathBuf,
}

/// Where a cluster is: the machine, the AWS it belongs to, and who made it.
#[derive(Clone, Copy)]
pub(super) struct Place<'a> {
    pub host: &'a Host,
    pub emulator: &'a Emulator,
    pub creator: &'a Identity,
    /// The ARN of the user whose rights a story chooses.
    pub restricted: &'a str,
}

impl<'a> Cluster<'a> {
    /// The cluster `name`, which `plane` serves.
    pub(super) fn new(place: Place<'a>, name: &str, plane: &Kubernetes) -> Cluster<'a> {
        Cluster {
            place,
            name: name.to_owned(),
            endpoint: plane.endpoint().to_owned(),
            kubeconfig: plane.kubeconfig(),
        }
    }

    /// One more authenticator that reads this cluster's aws-auth, with its files below `folder`, and the port it listens on.
    ///
    /// # Errors
    /// It does not come up, with the end of its log.
    pub fn authenticator(
        &self,
        whose: Whose,
        folder: &Path,
        sts_proxy: &str,
    ) -> Outcome<(Server, u16)> {
        self.authenticator_with(whose, folder, sts_proxy, OwnMappings::default())
    }

    /// One more authenticator, as [`Cluster::authenticator`] has it, that knows others too by its own files.
    ///
    /// # Errors
    /// It does not come up, with the end of its log.
    pub fn authenticator_with(
        &self,
        whose: Whose,
        folder: &Path,
        sts_proxy: &str,
        own: OwnMappings<'_>,
    ) -> Outcome<(Server, u16)> {
        fs::create_dir_all(folder)?;
        let port = free_port()?;
        let plan = Plan {
            whose,
            folder,
            certificates: self.place.host.folder(),
            cluster: &self.name,
            creator: &self.place.creator.arn,
            restricted: self.place.restricted,
            port,
            kubeconfig: &self.kubeconfig,
            api_server: &self.endpoint,
            sts_proxy,
            own,
            access: None,
        };
        let server = authenticator::start(self.place.host.tools(), &plan, Lifetime::WithUs)?;
        Ok((server, port))
    }

    /// The API server's URL.
    #[must_use]
    pub fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// A kubeconfig of the administrator.
    #[must_use]
    pub fn kubeconfig(&self) -> &Path {
        &self.kubeconfig
    }

    /// The keys and texts of aws-auth, or `None` when there is no such ConfigMap.
    ///
    /// # Errors
    /// The API server does not answer.
    pub fn aws_auth(&self) -> Outcome<Option<BTreeMap<String, String>>> {
        let Some(object) = self.aws_auth_object()? else {
            return Ok(None);
        };
        let data = object.get("data").cloned().unwrap_or(json!({}));
        Ok(Some(serde_json::from_value(data)?))
    }

    /// One key of aws-auth, as text.
    ///
    /// # Errors
    /// There is no such ConfigMap or key.
    pub fn aws_auth_key(&self, key: &str) -> Outcome<String> {
        let data = self
            .aws_auth()?
            .ok_or_else(|| Failure::new("there is no aws-auth"))?;
        data.get(key)
            .cloned()
            .ok_or_else(|| Failure::new(format!("aws-auth has no `{key}`")))
    }

    /// aws-auth with its metadata, or `None`.
    ///
    /// # Errors
    /// The API server does not answer.
    pub fn aws_auth_object(&self) -> Outcome<Option<Value>> {
        let (status, object) = self.ask("GET", AWS_AUTH, None)?;
        match status {
            200 => Ok(Some(object)),
            404 => Ok(None),
            _ => Err(unexpected(status, &object)),
        }
    }

    /// Makes aws-auth, or replaces it as someone else would.
    ///
    /// # Errors
    /// The API server refuses.
    pub fn put_aws_auth(&self, data: &BTreeMap<String, String>) -> Outcome {
        let object = json!({
            "apiVersion": "v1", "kind": "ConfigMap", "data": data,
            "metadata": {"name": "aws-auth", "namespace": "kube-system"},
        });
        self.delete_aws_auth()?;
        let (status, answer) = self.ask(
            "POST",
            "/api/v1/namespaces/kube-system/configmaps",
            Some(&object),
        )?;
        if status == 201 {
            Ok(())
        } else {
            Err(unexpected(status, &answer))
        }
    }

    /// Makes aws-auth with one key, or replaces it as someone else would.
    ///
    /// # Errors
    /// The API server refuses.
    pub fn put_aws_auth_key(&self, key: &str, text: &str) -> Outcome {
        self.put_aws_auth(&BTreeMap::from([(key.to_owned(), text.to_owned())]))
    }

    /// Changes one key of aws-auth as someone else would.
    ///
    /// # Errors
    /// There is no such ConfigMap or key, or the API server refuses.
    pub fn edit_aws_auth(&self, key: &str, edit: impl FnOnce(&str) -> String) -> Outcome {
        let changed = edit(&self.aws_auth_key(key)?);
        let (status, answer) = self.patch(AWS_AUTH, &json!({"data": {key: changed}}))?;
        if status == 200 {
            Ok(())
        } else {
            Err(unexpected(status, &answer))
        }
    }

    /// Deletes aws-auth, if there is one.
    ///
    /// # Errors
    /// The API server refuses.
    pub fn delete_aws_auth(&self) -> Outcome {
        let (status, answer) = self.ask("DELETE", AWS_AUTH, None)?;
        if matches!(status, 200 | 404) {
            Ok(())
        } else {
            Err(unexpected(status, &answer))
        }
    }

    /// The copies that the provider has kept of aws-auth, oldest first, with their metadata.
    ///
    /// # Errors
    /// The API server does not answer.
    pub fn copies(&self) -> Outcome<Vec<Value>> {
        let (status, list) = self.ask("GET", COPIES, None)?;
        match (status, list.get("items").and_then(Value::as_array)) {
            (200, Some(items)) => Ok(items.clone()),
            _ => Err(unexpected(status, &list)),
        }
    }

    /// The copies are these and no others, under new ids.
    ///
    /// # Errors
    /// The API server refuses.
    pub fn put_copies(&self, copies: &[Value]) -> Outcome {
        self.forget_copies()?;
        for copy in copies {
            let mut copy = copy.clone();
            if let Some(metadata) = copy.pointer_mut("/metadata").and_then(Value::as_object_mut) {
                metadata.retain(|field, _| {
                    matches!(
                        field.as_str(),
                        "name" | "namespace" | "labels" | "annotations"
                    )
                });
            }
            self.ensure("/api/v1/namespaces/kube-system/configmaps", &copy)?;
        }
        Ok(())
    }

    /// Deletes those copies.
    ///
    /// # Errors
    /// The API server refuses.
    pub fn forget_copies(&self) -> Outcome {
        let (status, answer) = self.ask("DELETE", COPIES, None)?;
        if status == 200 {
            Ok(())
        } else {
            Err(unexpected(status, &answer))
        }
    }

    /// A token of a service account, which is made with its namespace where it is missing.
    ///
    /// # Errors
    /// The API server refuses.
    pub fn service_account_token(
        &self,
        namespace: &str,
        name: &str,
        audience: &str,
    ) -> Outcome<String> {
        self.ensure_namespace(namespace)?;
        let accounts = format!("/api/v1/namespaces/{namespace}/serviceaccounts");
        self.ensure(&accounts, &json!({"metadata": {"name": name}}))?;
        let wanted = json!({"spec": {"audiences": [audience], "expirationSeconds": 3600}});
        let (status, answer) =
            self.ask("POST", &format!("{accounts}/{name}/token"), Some(&wanted))?;
        if status == 201 {
            text(&answer, "status.token")
        } else {
            Err(unexpected(status, &answer))
        }
    }

    /// A bearer token that `aws eks get-token` makes for `identity`.
    ///
    /// # Errors
    /// The aws CLI fails.
    pub fn token(&self, identity: &Identity) -> Outcome<String> {
        self.token_for(&self.name, identity)
    }

    /// A bearer token for the cluster called `name`, whichever this one is.
    ///
    /// # Errors
    /// The aws CLI fails.
    pub fn token_for(&self, name: &str, identity: &Identity) -> Outcome<String> {
        let mut command = self.place.host.plain(&self.place.host.tools().aws);
        command
            .envs(identity.environment())
            .env("AWS_STS_REGIONAL_ENDPOINTS", "regional")
            .args(["eks", "get-token", "--cluster-name", name]);
        let printed: Value = serde_json::from_slice(&succeeded(&mut command)?.stdout)?;
        text(&printed, "status.token")
    }

    /// Who the cluster takes `identity` for, as `kubectl auth whoami` tells it; `None` when it is Unauthorized.
    ///
    /// # Errors
    /// The tools fail otherwise.
    pub fn whoami(&self, identity: &Identity) -> Outcome<Option<WhoAmI>> {
        self.whoami_with(&self.token(identity)?)
    }

    /// Who the cluster takes the bearer of `token` for; `None` when it is Unauthorized.
    ///
    /// # Errors
    /// kubectl fails otherwise.
    pub fn whoami_with(&self, token: &str) -> Outcome<Option<WhoAmI>> {
        match self.kubectl_with(token, &["auth", "whoami", "-o", "json"]) {
            Ok(printed) => who(&serde_json::from_str(&printed)?).map(Some),
            Err(failure) if failure.to_string().contains("Unauthorized") => Ok(None),
            Err(failure) if failure.to_string().contains("must be logged in") => Ok(None),
            Err(failure) => Err(failure),
        }
    }

    /// What kubectl prints when the bearer of `token` runs it.
    ///
    /// # Errors
    /// kubectl fails, with its message.
    pub fn kubectl_with(&self, token: &str, arguments: &[&str]) -> Outcome<String> {
        let mut command = self.place.host.plain(&self.place.host.tools().kubectl);
        command
            .arg("--kubeconfig=/dev/null")
            .arg(format!("--server={}", self.endpoint))
            .arg(format!(
                "--certificate-authority={}",
                self.place.host.folder().join("ca.crt").display()
            ))
            .arg(format!("--token={token}"))
            .args(arguments);
        let printed = succeeded(&mut command)?.stdout;
        Ok(String::from_utf8_lossy(&printed).into_owned())
    }

    /// Asks `whoami` until it gives `expected`: the authenticator hears of a new aws-auth a moment later.
    ///
    /// # Errors
    /// It gives something else for ten seconds.
    pub fn wait_for_whoami(&self, identity: &Identity, expected: Option<&WhoAmI>) -> Outcome {
        // The API server's own answer takes milliseconds; the programs of a person, a second each, then say the same.
        self.wait_for_admission(identity, expected)?;
        let began = Instant::now();
        loop {
            let seen = self.whoami(identity)?;
            if seen.as_ref() == expected {
                return Ok(());
            }
            if began.elapsed() > Duration::from_secs(10) {
                return Err(Failure::new(format!(
                    "{} is {seen:?} and not {expected:?}",
                    identity.arn
                )));
            }
            thread::sleep(Duration::from_millis(300));
        }
    }

    /// One request as the administrator: (status, body).
    ///
    /// # Errors
    /// The API server does not answer.
    pub fn ask(&self, method: &str, path: &str, body: Option<&Value>) -> Outcome<(u64, Value)> {
        let mut wanted = json!({"name": self.name, "method": method, "path": path});
        if let (Some(wanted), Some(body)) = (wanted.as_object_mut(), body) {
            wanted.insert("body".into(), body.clone());
        }
        self.answer(&wanted)
    }

    fn patch(&self, path: &str, body: &Value) -> Outcome<(u64, Value)> {
        let kind = "application/merge-patch+json";
        self.answer(&json!({"name": self.name, "method": "PATCH", "path": path, "body": body, "content_type": kind}))
    }

    fn answer(&self, wanted: &Value) -> Outcome<(u64, Value)> {
        let answer = self.place.emulator.control("kubernetes", wanted)?;
        let status = answer
            .get("status")
            .and_then(Value::as_u64)
            .unwrap_or_default();
        Ok((status, answer.get("body").cloned().unwrap_or_default()))
    }

    /// Makes an object, unless there is one of its name.
    ///
    /// # Errors
    /// The API server refuses.
    pub fn ensure(&self, collection: &str, object: &Value) -> Outcome {
        let (status, answer) = self.ask("POST", collection, Some(object))?;
        if matches!(status, 201 | 409) {
            Ok(())
        } else {
            Err(unexpected(status, &answer))
        }
    }
}

fn unexpected(status: u64, answer: &Value) -> Failure {
    Failure::new(format!("kube-apiserver answered {status}: {answer}"))
}

fn who(review: &Value) -> Outcome<WhoAmI> {
    let groups = review
        .pointer("/status/userInfo/groups")
        .and_then(Value::as_array);
    let groups = groups.into_iter().flatten().filter_map(Value::as_str);
    Ok(WhoAmI {
        username: text(review, "status.userInfo.username")?,
        groups: groups
            .filter(|group| *group != "system:authenticated")
            .map(str::to_owned)
            .collect(),
    })
}
