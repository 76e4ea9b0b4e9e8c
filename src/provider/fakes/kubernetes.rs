//! An API server in memory: ConfigMaps with resourceVersions, other writers, and faults on demand.
//!
//! It keeps what a real one promises: a PATCH with an old resourceVersion is a conflict, a PATCH that changes nothing makes no new version,
//! a POST of what exists is refused.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use eksauth_core::aws_auth;
use eksauth_core::kubernetes::rbac::ClusterRbac;

use super::access_review::FakeReviews;
use super::rbac::FakeRbac;
use super::rbac_objects::FakeRbacObjects;
use super::service_account::FakeAccounts;
use super::workload::FakeWorkloads;
use crate::ports::kubernetes::{ConfigMap, ConfigMapPatch, NewConfigMap};
use crate::ports::{ApiError, ErrorKind, KubeApi, RequestVerb};

/// What was asked of the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verb {
    /// GET of one.
    Get,
    /// PATCH.
    Patch,
    /// POST.
    Create,
    /// GET of many.
    List,
    /// DELETE.
    Delete,
    /// PATCH or POST as a dry run.
    DryRun,
}

/// What happens to one call.
pub enum Fault {
    /// It fails and does nothing.
    Refuse(ErrorKind),
    /// It is carried out; the answer never comes.
    LoseAnswer,
    /// It is not carried out, which the caller cannot know.
    LoseRequest,
    /// Someone else writes just before it arrives.
    After(Box<dyn FnOnce(&FakeKube) + Send>),
    /// An admission webhook changes the object that is stored.
    Rewrite(fn(&mut BTreeMap<String, String>)),
}

/// The server.
#[derive(Default)]
pub struct FakeKube {
    state: Mutex<State>,
    pub(super) accounts: Mutex<FakeAccounts>,
    pub(super) rbac_objects: Mutex<FakeRbacObjects>,
    workloads: Mutex<FakeWorkloads>,
}

#[derive(Default)]
struct State {
    maps: BTreeMap<(String, String), ConfigMap>,
    version: u64,
    calls: Vec<Verb>,
    faults: VecDeque<(Verb, Fault)>,
    rbac: FakeRbac,
    named_rbac: ClusterRbac,
    reviews: FakeReviews,
    /// Whether it refuses the caller (401).
    refuses_caller: bool,
    /// Reviews of access that were asked for, in order.
    reviewed: Vec<String>,
    /// `get configmaps`, of every request so far.
    asked: BTreeSet<String>,
    /// The same, each time, until they are taken.
    requests: Vec<String>,
    /// What the caller may not do, `get configmaps`.
    denied: BTreeSet<String>,
    /// Every `data` of aws-auth that was ever stored, oldest first.
    history: Vec<BTreeMap<String, String>>,
}

const AWS_AUTH: (&str, &str) = (aws_auth::NAMESPACE, aws_auth::NAME);

impl FakeKube {
    /// What is answered about RBAC and nodes.
    pub fn set_rbac(&self, rbac: FakeRbac) {
        self.state().rbac = rbac;
    }

    /// What is answered about RBAC and nodes.
    pub fn rbac(&self) -> FakeRbac {
        self.state().rbac.clone()
    }

    /// The RBAC objects that are there; none unless a test says so.
    pub fn set_named_rbac(&self, objects: ClusterRbac) {
        self.state().named_rbac = objects;
    }

    pub(super) fn named_rbac(&self) -> ClusterRbac {
        self.state().named_rbac.clone()
    }

    /// What is answered about the caller.
    pub fn set_reviews(&self, reviews: FakeReviews) {
        self.state().reviews = reviews;
    }

    /// What is answered about the caller.
    pub fn reviews(&self) -> FakeReviews {
        self.state().reviews.clone()
    }

    /// From now on nothing admits the caller.
    pub fn refuse_caller(&self) {
        self.state().refuses_caller = true;
    }

    /// Whether the server admits the caller, and lets it ask who it is.
    pub(super) fn admit_to_review(&self) -> Result<(), ApiError> {
        let state = self.state();
        let request = "create selfsubjectreviews";
        if state.refuses_caller {
            return Err(ApiError {
                code: Some("401".to_owned()),
                ..failed_request(ErrorKind::Unauthorized, request, "Unauthorized")
            });
        }
        if state.denied.contains(request) {
            let message = "selfsubjectreviews.authentication.k8s.io is forbidden: User \"dev\" cannot create resource \"selfsubjectreviews\"";
            return Err(ApiError {
                code: Some("403".to_owned()),
                ..failed_request(ErrorKind::AccessDenied, request, message)
            });
        }
        Ok(())
    }

    /// Reviews of access that were asked for since this was asked last: `selfsubjectreviews`, `patch configmaps`.
    pub fn take_reviewed(&self) -> Vec<String> {
        std::mem::take(&mut self.state().reviewed)
    }

    pub(super) fn note_review(&self, asked: &str) {
        let mut state = self.state();
        state.reviewed.push(asked.to_owned());
        state.requests.push(asked.to_owned());
    }

    /// Every request since this was asked last, in order.
    pub fn take_requests(&self) -> Vec<String> {
        std::mem::take(&mut self.state().requests)
    }

    /// Someone else writes aws-auth whole.
    pub fn write(&self, data: &[(&str, &str)]) {
        let data = data
            .iter()
            .map(|(key, text)| ((*key).to_owned(), (*text).to_owned()))
            .collect();
        self.change(|config_map| config_map.data = data);
    }

    /// Someone else changes aws-auth, which is made if there is none.
    pub fn change(&self, change: impl FnOnce(&mut ConfigMap)) {
        let mut state = self.state();
        let (namespace, name) = AWS_AUTH;
        let mut config_map = state.get(namespace, name).unwrap_or_default();
        change(&mut config_map);
        state.store(namespace, name, config_map);
    }

    /// Someone else deletes aws-auth.
    pub fn remove(&self) {
        self.state()
            .maps
            .remove(&(AWS_AUTH.0.to_owned(), AWS_AUTH.1.to_owned()));
    }

    /// The next call with the verb (that no earlier fault waits for) meets the fault.
    pub fn on_next(&self, verb: Verb, fault: Fault) {
        self.state().faults.push_back((verb, fault));
    }

    /// From now on the caller may not do something (`get configmaps`).
    pub fn deny(&self, verb: &str, resource: &str) {
        self.state().denied.insert(format!("{verb} {resource}"));
    }

    /// What was asked for so far, `get configmaps`.
    pub fn asked(&self) -> BTreeSet<String> {
        self.state().asked.clone()
    }

    /// Notes a request and says whether the caller may make it.
    pub(super) fn permit(&self, verb: &str, resource: &str) -> Result<(), ApiError> {
        let request = format!("{verb} {resource}");
        let mut state = self.state();
        state.asked.insert(request.clone());
        state.requests.push(request);
        drop(state);
        self.refuse_denied(verb, resource)
    }

    /// Says whether the caller may make a request, without noting it.
    pub(super) fn refuse_denied(&self, verb: &str, resource: &str) -> Result<(), ApiError> {
        let request = format!("{verb} {resource}");
        if !self.state().denied.contains(&request) {
            return Ok(());
        }
        Err(ApiError {
            code: Some("403".to_owned()),
            missing_permission: Some(request.clone()),
            ..failed_request(ErrorKind::AccessDenied, &request, "forbidden")
        })
    }

    /// A section of aws-auth as it is now.
    pub fn section(&self, key: &str) -> Option<String> {
        self.aws_auth()?.data.remove(key)
    }

    /// aws-auth as it is now.
    pub fn aws_auth(&self) -> Option<ConfigMap> {
        self.state().get(AWS_AUTH.0, AWS_AUTH.1)
    }

    /// How often something was asked.
    pub fn count(&self, verb: Verb) -> usize {
        self.state()
            .calls
            .iter()
            .filter(|call| **call == verb)
            .count()
    }

    /// Every other ConfigMap of kube-system, by name.
    pub fn others(&self) -> BTreeMap<String, ConfigMap> {
        let state = self.state();
        let others = state
            .maps
            .iter()
            .filter(|((namespace, name), _)| namespace == AWS_AUTH.0 && name != AWS_AUTH.1);
        others
            .map(|((_, name), map)| (name.clone(), map.clone()))
            .collect()
    }

    /// A ConfigMap of kube-system that is not aws-auth.
    pub fn put_other(&self, name: &str, config_map: ConfigMap) {
        self.state().store(AWS_AUTH.0, name, config_map);
    }

    /// Somebody deletes a ConfigMap of kube-system that is not aws-auth.
    pub fn remove_other(&self, name: &str) {
        let key = (AWS_AUTH.0.to_owned(), name.to_owned());
        self.state().maps.remove(&key);
    }

    /// Every `data` that aws-auth ever had, oldest first.
    pub fn history(&self) -> Vec<BTreeMap<String, String>> {
        self.state().history.clone()
    }

    pub(super) fn workloads(&self) -> MutexGuard<'_, FakeWorkloads> {
        self.workloads
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts the call and lets its fault happen; what is returned is still to be done by the call itself.
    fn begin(&self, verb: Verb) -> Result<Option<Fault>, ApiError> {
        self.permit(word(verb), "configmaps")?;
        if self.state().refuses_caller {
            return Err(failure(ErrorKind::Unauthorized, verb, "Unauthorized"));
        }
        let fault = {
            let mut state = self.state();
            state.calls.push(verb);
            let position = state.faults.iter().position(|(wanted, _)| *wanted == verb);
            position
                .and_then(|position| state.faults.remove(position))
                .map(|(_, fault)| fault)
        };
        match fault {
            Some(Fault::Refuse(kind)) => Err(failure(kind, verb, "refused on demand")),
            Some(Fault::LoseRequest) => {
                Err(failure(ErrorKind::AnswerLost, verb, "the connection broke"))
            }
            Some(Fault::After(other)) => {
                other(self);
                Ok(None)
            }
            fault => Ok(fault),
        }
    }
}

impl State {
    fn get(&self, namespace: &str, name: &str) -> Option<ConfigMap> {
        self.maps
            .get(&(namespace.to_owned(), name.to_owned()))
            .cloned()
    }

    fn store(&mut self, namespace: &str, name: &str, mut config_map: ConfigMap) -> ConfigMap {
        self.version += 1;
        config_map.resource_version = self.version.to_string();
        if config_map.uid.is_empty() {
            config_map.uid = format!("uid-{}", self.version);
        }
        if (namespace, name) == AWS_AUTH {
            self.history.push(config_map.data.clone());
        }
        self.maps
            .insert((namespace.to_owned(), name.to_owned()), config_map.clone());
        config_map
    }

    fn patch(
        &mut self,
        namespace: &str,
        name: &str,
        patch: &ConfigMapPatch,
        fault: &mut Option<Fault>,
    ) -> Result<ConfigMap, ApiError> {
        let missing = || {
            failure(
                ErrorKind::NotFound,
                Verb::Patch,
                "configmaps \"aws-auth\" not found",
            )
        };
        let mut config_map = self.get(namespace, name).ok_or_else(missing)?;
        if config_map.resource_version != patch.resource_version {
            return Err(failure(
                ErrorKind::Conflict,
                Verb::Patch,
                "the object has been modified",
            ));
        }
        let before = config_map.data.clone();
        for (key, text) in &patch.data {
            match text {
                Some(text) => config_map.data.insert(key.clone(), text.clone()),
                None => config_map.data.remove(key),
            };
        }
        if let Some(Fault::Rewrite(rewrite)) =
            fault.take_if(|fault| matches!(fault, Fault::Rewrite(_)))
        {
            rewrite(&mut config_map.data);
        }
        if config_map.data == before {
            return Ok(config_map);
        }
        if config_map.immutable {
            return Err(failure(
                ErrorKind::Invalid,
                Verb::Patch,
                "field is immutable when `immutable` is set",
            ));
        }
        Ok(self.store(namespace, name, config_map))
    }
}

#[async_trait]
impl KubeApi for FakeKube {
    async fn config_map(&self, namespace: &str, name: &str) -> Result<Option<ConfigMap>, ApiError> {
        tokio::task::yield_now().await;
        self.begin(Verb::Get)?;
        Ok(self.state().get(namespace, name))
    }

    async fn patch_config_map(
        &self,
        namespace: &str,
        name: &str,
        patch: &ConfigMapPatch,
    ) -> Result<ConfigMap, ApiError> {
        tokio::task::yield_now().await;
        let mut fault = self.begin(Verb::Patch)?;
        let stored = self.state().patch(namespace, name, patch, &mut fault)?;
        match fault {
            Some(Fault::LoseAnswer) => Err(failure(
                ErrorKind::AnswerLost,
                Verb::Patch,
                "the connection broke",
            )),
            _ => Ok(stored),
        }
    }

    async fn create_config_map(
        &self,
        namespace: &str,
        name: &str,
        new: &NewConfigMap,
    ) -> Result<ConfigMap, ApiError> {
        tokio::task::yield_now().await;
        let fault = self.begin(Verb::Create)?;
        let mut state = self.state();
        if state.get(namespace, name).is_some() {
            return Err(failure(
                ErrorKind::AlreadyExists,
                Verb::Create,
                "configmaps \"aws-auth\" already exists",
            ));
        }
        let config_map = ConfigMap {
            data: new.data.clone(),
            labels: new.labels.clone(),
            annotations: new.annotations.clone(),
            ..ConfigMap::default()
        };
        let stored = state.store(namespace, name, config_map);
        match fault {
            Some(Fault::LoseAnswer) => Err(failure(
                ErrorKind::AnswerLost,
                Verb::Create,
                "the connection broke",
            )),
            _ => Ok(stored),
        }
    }

    async fn dry_run_patch(
        &self,
        namespace: &str,
        name: &str,
        patch: &ConfigMapPatch,
    ) -> Result<(), ApiError> {
        self.begin(Verb::DryRun)?;
        let current = self.state().get(namespace, name);
        let version = current.map(|map| map.resource_version);
        if version.as_ref() == Some(&patch.resource_version) {
            return Ok(());
        }
        let kind = match version {
            Some(_) => ErrorKind::Conflict,
            None => ErrorKind::NotFound,
        };
        Err(failure(kind, Verb::DryRun, "another version"))
    }

    async fn dry_run_create(
        &self,
        namespace: &str,
        name: &str,
        _new: &NewConfigMap,
    ) -> Result<(), ApiError> {
        self.begin(Verb::DryRun)?;
        match self.state().get(namespace, name) {
            None => Ok(()),
            Some(_) => Err(failure(ErrorKind::AlreadyExists, Verb::DryRun, "it exists")),
        }
    }

    async fn list_config_maps(
        &self,
        namespace: &str,
        label_selector: &str,
    ) -> Result<BTreeMap<String, ConfigMap>, ApiError> {
        self.begin(Verb::List)?;
        let (label, wanted) = label_selector
            .split_once('=')
            .unwrap_or((label_selector, ""));
        let state = self.state();
        let matching = state.maps.iter().filter(|((of, _), map)| {
            of == namespace
                && map
                    .labels
                    .get(label)
                    .is_some_and(|value| wanted.is_empty() || value == wanted)
        });
        Ok(matching
            .map(|((_, name), map)| (name.clone(), map.clone()))
            .collect())
    }

    async fn delete_config_map(&self, namespace: &str, name: &str) -> Result<(), ApiError> {
        self.begin(Verb::Delete)?;
        self.state()
            .maps
            .remove(&(namespace.to_owned(), name.to_owned()));
        Ok(())
    }
}

fn word(verb: Verb) -> &'static str {
    match verb {
        Verb::Get => "get",
        Verb::Patch => "patch",
        Verb::Create => "create",
        Verb::List => "list",
        Verb::Delete => "delete",
        Verb::DryRun => "patch",
    }
}

fn failure(kind: ErrorKind, verb: Verb, message: &str) -> ApiError {
    let verb = word(verb);
    let request = format!("{verb} configmaps kube-system/aws-auth");
    failed_request(kind, &request, message)
}

/// The failure of a request such as `get configmaps`.
pub(super) fn failed_request(kind: ErrorKind, request: &str, message: &str) -> ApiError {
    use RequestVerb::{Create, Delete, Get, List, Patch, Watch};
    let (word, object) = request.split_once(' ').unwrap();
    let verbs = [Create, Delete, Get, List, Patch, Watch];
    let verb = verbs.into_iter().find(|verb| verb.word() == word);
    ApiError::from_api_server(kind, verb.unwrap(), object, message)
}
