//! Fresh connections to the API server in memory: what each is answered is said beforehand, and a token that was admitted is remembered for a while.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use async_trait::async_trait;
use eksauth_core::kubernetes::rbac::{BindingObject, RoleObject};
use eksauth_core::token::{REPORTED_LIFETIME, encode};

use super::{FakeClock, FakeKube};
use crate::ports::access_review::{
    AccessQuestion, AccessReview, AccessReviewApi, Question, ReviewedUser,
};
use crate::ports::cloud::{ClusterToken, Secret};
use crate::ports::fresh_connection::{FreshConnection, ServerAddress};
use crate::ports::kubernetes::{ConfigMap, ConfigMapPatch, NewConfigMap};
use crate::ports::rbac::{Binding, RbacApi, Role};
use crate::ports::rbac_listing::{RbacListingApi, RbacScope};
use crate::ports::rbac_objects::{
    AppliedRbac, AppliedRbacObject, Discovery, RbacKey, RbacKind, RbacObject, RbacObjectApi,
};
use crate::ports::service_account::{
    Applied, AppliedFields, RunningPods, ServiceAccount, ServiceAccountApi,
};
use crate::ports::workload::{ObjectKind, ObjectPage, WorkloadApi};
use crate::ports::{ApiError, Clock, ErrorKind, FreshConnections, KubeApi, RequestVerb};

/// So long an API server remembers whom it admitted, whatever its flags say.
const MEMORY: Duration = Duration::from_secs(10);

/// What a token that was never shown before is answered.
#[derive(Clone, Debug, PartialEq)]
pub enum FakeAnswer {
    /// It is admitted as somebody who may do these things, `patch configmaps`.
    As(ReviewedUser, BTreeSet<String>),
    /// Every call fails.
    Fails(ErrorKind),
}

impl FakeAnswer {
    /// Admitted under a name, with the right to read and write aws-auth.
    pub fn admin(name: &str) -> Self {
        let may = ["get configmaps", "patch configmaps"].map(str::to_owned);
        Self::As(
            ReviewedUser {
                username: name.to_owned(),
                groups: vec!["system:masters".to_owned()],
                ..ReviewedUser::default()
            },
            BTreeSet::from(may),
        )
    }
}

/// Makes the connections.
pub struct FakeConnections {
    server: Arc<FakeKube>,
    clock: Arc<FakeClock>,
    script: Arc<Mutex<Script>>,
}

type Judge = Box<dyn FnMut(&FakeKube, ServerAddress) -> FakeAnswer + Send>;

struct Script {
    judge: Judge,
    addresses: Vec<ServerAddress>,
    /// What was asked, `1 selfsubjectreviews`: connections are numbered from 1.
    asked: Vec<String>,
    made: usize,
    token_lifetime: Duration,
}

/// One connection.
struct FakeConnection {
    server: Arc<FakeKube>,
    clock: Arc<FakeClock>,
    number: usize,
    answer: FakeAnswer,
    first_used: Mutex<Option<SystemTime>>,
    token: ClusterToken,
    script: Arc<Mutex<Script>>,
}

impl FakeConnections {
    pub(super) fn new(server: Arc<FakeKube>, clock: Arc<FakeClock>) -> Self {
        Self {
            server,
            clock,
            script: Arc::new(Mutex::new(Script {
                judge: Box::new(|_, _| FakeAnswer::admin("admin")),
                addresses: vec![ServerAddress::AsWritten],
                asked: Vec::new(),
                made: 0,
                token_lifetime: REPORTED_LIFETIME,
            })),
        }
    }

    /// What each token is answered that was never shown before.
    pub fn answer(&self, mut judge: impl FnMut(&FakeKube) -> FakeAnswer + Send + 'static) {
        self.script().judge = Box::new(move |kube, _| judge(kube));
    }

    /// The same by address.
    pub fn answer_at(
        &self,
        judge: impl FnMut(&FakeKube, ServerAddress) -> FakeAnswer + Send + 'static,
    ) {
        self.script().judge = Box::new(judge);
    }

    /// The addresses of the endpoint's name.
    pub fn set_addresses(&self, addresses: Vec<ServerAddress>) {
        self.script().addresses = addresses;
    }

    /// The credentials end this soon.
    pub fn end_credentials_in(&self, lifetime: Duration) {
        self.script().token_lifetime = lifetime;
    }

    /// What was asked since this was asked last, `1 selfsubjectreviews`.
    pub fn take_asked(&self) -> Vec<String> {
        std::mem::take(&mut self.script().asked)
    }

    fn script(&self) -> MutexGuard<'_, Script> {
        self.script.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl FreshConnections for FakeConnections {
    async fn addresses(&self) -> Vec<ServerAddress> {
        self.script().addresses.clone()
    }

    async fn connect(&self, address: ServerAddress) -> Result<Box<dyn FreshConnection>, ApiError> {
        let mut script = self.script();
        script.made += 1;
        let answer = (script.judge)(&self.server, address);
        let token = ClusterToken {
            token: Secret::new(encode(&presigned(script.made))),
            expires_at: self.clock.now() + script.token_lifetime,
        };
        Ok(Box::new(FakeConnection {
            server: self.server.clone(),
            clock: self.clock.clone(),
            number: script.made,
            answer,
            first_used: Mutex::default(),
            token,
            script: self.script.clone(),
        }))
    }
}

/// A request to STS as the token of a cluster `prod` holds it, made when the clock of the fakes begins.
fn presigned(number: usize) -> String {
    format!(
        "https://sts.eu-central-1.amazonaws.com/?Action=GetCallerIdentity&Version=2011-06-15&X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIDEXAMPLE%2F20250101%2Feu-central-1%2Fsts%2Faws4_request&X-Amz-Date=20250101T000000Z&X-Amz-Expires={number}&X-Amz-SignedHeaders=host%3Bx-k8s-aws-id&X-Amz-Signature=abcd"
    )
}

impl FreshConnection for FakeConnection {
    fn kube(&self) -> &dyn KubeApi {
        self
    }

    fn token(&self) -> &ClusterToken {
        &self.token
    }
}

impl FakeConnection {
    /// Who asks, as the API server remembers it for a while.
    fn user(&self, asked: &str) -> Result<(&ReviewedUser, &BTreeSet<String>), ApiError> {
        let mut script = self.script.lock().unwrap_or_else(PoisonError::into_inner);
        script.asked.push(format!("{} {asked}", self.number));
        drop(script);
        let now = self.clock.now();
        let mut first_used = self
            .first_used
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let since = *first_used.get_or_insert(now);
        let is_forgotten = now.duration_since(since).unwrap_or_default() >= MEMORY;
        let refused = |kind| {
            Err(ApiError::from_api_server(
                kind,
                RequestVerb::Create,
                asked,
                "no",
            ))
        };
        match &self.answer {
            FakeAnswer::Fails(kind) => refused(*kind),
            FakeAnswer::As(..) if is_forgotten => refused(ErrorKind::Unauthorized),
            FakeAnswer::As(user, may) => Ok((user, may)),
        }
    }
}

#[async_trait]
impl AccessReviewApi for FakeConnection {
    async fn self_subject_review(&self) -> Result<ReviewedUser, ApiError> {
        let (user, _) = self.user("selfsubjectreviews")?;
        Ok(user.clone())
    }

    async fn self_subject_review_anew(&self) -> Result<ReviewedUser, ApiError> {
        self.self_subject_review().await
    }

    async fn self_subject_access_review(&self, question: AccessQuestion) -> Result<bool, ApiError> {
        let asked = format!("{} {}", question.verb, question.resource);
        let (_, may) = self.user(&asked)?;
        Ok(may.contains(&asked))
    }

    async fn subject_access_review(
        &self,
        user: &ReviewedUser,
        question: AccessQuestion,
    ) -> Result<bool, ApiError> {
        self.server.subject_access_review(user, question).await
    }

    async fn review_self(&self, question: &Question) -> Result<AccessReview, ApiError> {
        self.server.review_self(question).await
    }

    async fn review_user(
        &self,
        user: &ReviewedUser,
        question: &Question,
    ) -> Result<AccessReview, ApiError> {
        self.server.review_user(user, question).await
    }
}

#[async_trait]
impl RbacListingApi for FakeConnection {
    async fn role_objects(&self, scope: RbacScope<'_>) -> Result<Vec<RoleObject>, ApiError> {
        self.server.role_objects(scope).await
    }

    async fn binding_objects(&self, scope: RbacScope<'_>) -> Result<Vec<BindingObject>, ApiError> {
        self.server.binding_objects(scope).await
    }
}

#[async_trait]
impl RbacApi for FakeConnection {
    async fn cluster_roles(&self) -> Result<Vec<Role>, ApiError> {
        self.server.cluster_roles().await
    }

    async fn cluster_role_bindings(&self) -> Result<Vec<Binding>, ApiError> {
        self.server.cluster_role_bindings().await
    }

    async fn kube_system_roles(&self) -> Result<Vec<Role>, ApiError> {
        self.server.kube_system_roles().await
    }

    async fn kube_system_role_bindings(&self) -> Result<Vec<Binding>, ApiError> {
        self.server.kube_system_role_bindings().await
    }

    async fn has_nodes(&self) -> Result<bool, ApiError> {
        self.server.has_nodes().await
    }
}

#[async_trait]
impl KubeApi for FakeConnection {
    async fn config_map(&self, namespace: &str, name: &str) -> Result<Option<ConfigMap>, ApiError> {
        self.user("get")?;
        self.server.config_map(namespace, name).await
    }

    async fn patch_config_map(
        &self,
        namespace: &str,
        name: &str,
        patch: &ConfigMapPatch,
    ) -> Result<ConfigMap, ApiError> {
        self.user("patch")?;
        self.server.patch_config_map(namespace, name, patch).await
    }

    async fn create_config_map(
        &self,
        namespace: &str,
        name: &str,
        new: &NewConfigMap,
    ) -> Result<ConfigMap, ApiError> {
        self.user("create")?;
        self.server.create_config_map(namespace, name, new).await
    }

    async fn dry_run_patch(
        &self,
        namespace: &str,
        name: &str,
        patch: &ConfigMapPatch,
    ) -> Result<(), ApiError> {
        self.server.dry_run_patch(namespace, name, patch).await
    }

    async fn dry_run_create(
        &self,
        namespace: &str,
        name: &str,
        new: &NewConfigMap,
    ) -> Result<(), ApiError> {
        self.server.dry_run_create(namespace, name, new).await
    }

    async fn list_config_maps(
        &self,
        namespace: &str,
        label_selector: &str,
    ) -> Result<BTreeMap<String, ConfigMap>, ApiError> {
        self.server
            .list_config_maps(namespace, label_selector)
            .await
    }

    async fn delete_config_map(&self, namespace: &str, name: &str) -> Result<(), ApiError> {
        self.server.delete_config_map(namespace, name).await
    }
}

#[async_trait]
impl RbacObjectApi for FakeConnection {
    async fn rbac_object(&self, key: &RbacKey) -> Result<Option<RbacObject>, ApiError> {
        self.server.rbac_object(key).await
    }

    async fn rbac_objects(&self, kind: RbacKind) -> Result<Vec<RbacObject>, ApiError> {
        self.server.rbac_objects(kind).await
    }

    async fn apply_rbac_object(
        &self,
        applied: &AppliedRbacObject,
    ) -> Result<AppliedRbac, ApiError> {
        self.server.apply_rbac_object(applied).await
    }

    async fn delete_rbac_object(&self, key: &RbacKey, uid: &str) -> Result<(), ApiError> {
        self.server.delete_rbac_object(key, uid).await
    }

    async fn discovery(&self) -> Result<Discovery, ApiError> {
        self.server.discovery().await
    }
}

#[async_trait]
impl ServiceAccountApi for FakeConnection {
    async fn service_account(
        &self,
        namespace: &str,
        name: &str,
    ) -> Result<Option<ServiceAccount>, ApiError> {
        self.server.service_account(namespace, name).await
    }

    async fn service_accounts(
        &self,
        namespace: Option<&str>,
    ) -> Result<Vec<ServiceAccount>, ApiError> {
        self.server.service_accounts(namespace).await
    }

    async fn apply_service_account(&self, applied: &AppliedFields) -> Result<Applied, ApiError> {
        self.server.apply_service_account(applied).await
    }

    async fn delete_service_account(
        &self,
        namespace: &str,
        name: &str,
        uid: &str,
    ) -> Result<(), ApiError> {
        self.server
            .delete_service_account(namespace, name, uid)
            .await
    }

    async fn pods_of_service_account(
        &self,
        namespace: &str,
        name: &str,
    ) -> Result<RunningPods, ApiError> {
        self.server.pods_of_service_account(namespace, name).await
    }
}

#[async_trait]
impl WorkloadApi for FakeConnection {
    async fn object_page(
        &self,
        kind: ObjectKind,
        continuation: Option<&str>,
    ) -> Result<ObjectPage, ApiError> {
        self.server.object_page(kind, continuation).await
    }
}
