//! A cloud without a network whose one cluster refuses whoever asks it, and whose STS wants a region.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use async_trait::async_trait;
use eksauth_core::kubernetes::rbac::{BindingObject, RoleObject};
use eksauth_provider::Client;
use eksauth_provider::config::Settings;
use eksauth_provider::ports::access_review::{
    AccessQuestion, AccessReview, Question, ReviewedUser,
};
use eksauth_provider::ports::authentication_mode::{
    AuthenticationModeApi, ClusterUpdate, ManagedRole,
};
use eksauth_provider::ports::cloud::ClusterToken;
use eksauth_provider::ports::eks::{
    AccessEntriesApi, AccessEntryDetails, AccessEntryNames, ListedAccessPolicy, NewAccessEntry,
};
use eksauth_provider::ports::eks::{
    AccessEntry, AccessPolicy, AssociationChange, AuthenticationMode, Cluster, ClusterStatus,
    FirstAccessEntries, ListedAssociation, NewAssociation, PodIdentityApi, PodIdentityAssociation,
};
use eksauth_provider::ports::iam::Tags;
use eksauth_provider::ports::kubernetes::{ConfigMap, ConfigMapPatch, NewConfigMap};
use eksauth_provider::ports::rbac::RbacObjects;
use eksauth_provider::ports::rbac_listing::RbacScope;
use eksauth_provider::ports::rbac_objects::{
    AppliedRbac, AppliedRbacObject, Discovery, RbacKey, RbacKind, RbacObject,
};
use eksauth_provider::ports::service_account::{
    Applied, AppliedFields, RunningPods, ServiceAccount,
};
use eksauth_provider::ports::sts::CallerIdentity;
use eksauth_provider::ports::workload::{ObjectKind, ObjectPage};
use eksauth_provider::ports::{
    AccessReviewApi, ApiError, Clock, Cloud, ClusterAccess, EksApi, ErrorKind, FileStore,
    FreshConnections, IamApi, KubeApi, RbacApi, RbacListingApi, RbacObjectApi, RequestVerb,
    ServiceAccountApi, StsApi, Surface, TokenSts, WorkloadApi,
};
use tf_provider::Attr;

use crate::stub_sts::noon;

/// The cloud.
#[derive(Clone)]
pub(crate) struct RefusingCloud {
    /// How the API server refuses.
    pub(crate) refusal: ErrorKind,
    /// The region of the environment.
    pub(crate) region: Option<&'static str>,
}

impl RefusingCloud {
    /// A command's clients of it.
    pub(crate) fn client(self) -> Client {
        let settings = Settings {
            region: Attr::from(self.region.map(str::to_owned)),
            surface: Surface::CommandLine,
            ..Settings::default()
        };
        Client::new(settings, Some(Arc::new(self)), Arc::new(Noon))
    }

    fn refused<T>(&self, verb: RequestVerb, object: &str) -> Result<T, ApiError> {
        Err(ApiError::from_api_server(self.refusal, verb, object, "no"))
    }
}

/// It is always noon.
struct Noon;

#[async_trait]
impl Clock for Noon {
    fn now(&self) -> SystemTime {
        noon()
    }

    async fn sleep(&self, _: Duration) {}
}

#[async_trait]
impl Cloud for RefusingCloud {
    fn region(&self) -> Option<String> {
        self.region.map(str::to_owned)
    }

    fn iam(&self) -> Arc<dyn IamApi> {
        panic!("IAM is not asked")
    }

    fn iam_as(&self, _: &str, _: &str) -> Arc<dyn IamApi> {
        panic!("IAM is not asked")
    }

    fn sts(&self) -> Arc<dyn StsApi> {
        Arc::new(self.clone())
    }

    fn token_sts(&self) -> Result<Arc<dyn TokenSts>, ApiError> {
        panic!("there is no token")
    }

    fn eks(&self, _: &str, _: Option<&str>) -> Arc<dyn EksApi> {
        Arc::new(self.clone())
    }

    fn kubernetes(
        &self,
        _: &Cluster,
        _: &str,
        _: &ClusterAccess,
    ) -> Result<Arc<dyn KubeApi>, ApiError> {
        Ok(Arc::new(self.clone()))
    }

    fn fresh_connections(
        &self,
        _: &Cluster,
        _: &str,
        _: &ClusterAccess,
    ) -> Option<Arc<dyn FreshConnections>> {
        None
    }

    fn files(&self) -> Arc<dyn FileStore> {
        panic!("no file is written")
    }

    async fn cluster_token(
        &self,
        _: &str,
        _: &str,
        _: Option<&str>,
    ) -> Result<ClusterToken, ApiError> {
        panic!("there is no token")
    }
}

#[async_trait]
impl StsApi for RefusingCloud {
    async fn caller_identity(&self) -> Result<CallerIdentity, ApiError> {
        match self.region {
            None => Err(ApiError::new(
                ErrorKind::Invalid,
                "sts:GetCallerIdentity",
                "a setting is missing",
            )),
            Some(_) => Ok(CallerIdentity {
                account: "111122223333".to_owned(),
                arn: "arn:aws:iam::111122223333:user/eve".to_owned(),
                user_id: "AIDAEXAMPLE".to_owned(),
            }),
        }
    }
}

#[async_trait]
impl AuthenticationModeApi for RefusingCloud {
    async fn update_authentication_mode(
        &self,
        _: &str,
        _: AuthenticationMode,
    ) -> Result<ClusterUpdate, ApiError> {
        panic!("the mode stays")
    }

    async fn cluster_update(&self, _: &str, _: &str) -> Result<Option<ClusterUpdate>, ApiError> {
        panic!("the mode stays")
    }

    async fn managed_roles(&self, _: &str) -> Result<Vec<ManagedRole>, ApiError> {
        panic!("nobody asks for managed nodes")
    }
}

#[async_trait]
impl AccessEntriesApi for RefusingCloud {
    async fn access_entry(&self, _: &str, _: &str) -> Result<Option<AccessEntryDetails>, ApiError> {
        panic!("nothing is written")
    }

    async fn create_access_entry(
        &self,
        _: &str,
        _: &NewAccessEntry,
    ) -> Result<AccessEntryDetails, ApiError> {
        panic!("nothing is written")
    }

    async fn update_access_entry(
        &self,
        _: &str,
        _: &str,
        _: &AccessEntryNames,
    ) -> Result<(), ApiError> {
        panic!("nothing is written")
    }

    async fn delete_access_entry(&self, _: &str, _: &str) -> Result<(), ApiError> {
        panic!("nothing is written")
    }

    async fn associate_access_policy(
        &self,
        _: &str,
        _: &str,
        _: &AccessPolicy,
    ) -> Result<(), ApiError> {
        panic!("nothing is written")
    }

    async fn disassociate_access_policy(&self, _: &str, _: &str, _: &str) -> Result<(), ApiError> {
        panic!("nothing is written")
    }

    async fn access_policies(&self) -> Result<Vec<ListedAccessPolicy>, ApiError> {
        panic!("nothing is written")
    }
}

#[async_trait]
impl EksApi for RefusingCloud {
    async fn describe_cluster(&self, name: &str) -> Result<Option<Cluster>, ApiError> {
        Ok(Some(Cluster {
            name: name.to_owned(),
            arn: format!("arn:aws:eks:eu-central-1:111122223333:cluster/{name}"),
            status: ClusterStatus::Active,
            endpoint: Some("https://a.gr7.eu-central-1.eks.amazonaws.com".to_owned()),
            certificate_authority: Some("-----BEGIN CERTIFICATE-----".to_owned()),
            issuer: Some("https://oidc.eks.eu-central-1.amazonaws.com/id/A".to_owned()),
            authentication_mode: Some(AuthenticationMode::ConfigMap),
            version: None,
            created_at: None,
            tags: BTreeMap::new(),
        }))
    }

    async fn list_clusters(&self) -> Result<Vec<String>, ApiError> {
        Ok(Vec::new())
    }

    async fn list_access_entries(&self, _: &str) -> Result<Vec<String>, ApiError> {
        panic!("the mode has no access entries")
    }

    async fn first_access_entries(
        &self,
        _: &str,
        _: Option<&str>,
        _: usize,
    ) -> Result<FirstAccessEntries, ApiError> {
        panic!("the mode has no access entries")
    }

    async fn describe_access_entry(
        &self,
        _: &str,
        _: &str,
    ) -> Result<Option<AccessEntry>, ApiError> {
        panic!("the mode has no access entries")
    }

    async fn list_associated_policies(
        &self,
        _: &str,
        _: &str,
    ) -> Result<Vec<AccessPolicy>, ApiError> {
        panic!("the mode has no access entries")
    }

    async fn tag_resource(&self, _: &str, _: &Tags) -> Result<(), ApiError> {
        panic!("nothing is written")
    }

    async fn untag_resource(&self, _: &str, _: &[String]) -> Result<(), ApiError> {
        panic!("nothing is written")
    }
}

#[async_trait]
impl PodIdentityApi for RefusingCloud {
    async fn list_pod_identity_associations(
        &self,
        _: &str,
        _: Option<&str>,
    ) -> Result<Vec<ListedAssociation>, ApiError> {
        panic!("nobody asks for the roles of service accounts")
    }

    async fn describe_pod_identity_association(
        &self,
        _: &str,
        _: &str,
    ) -> Result<Option<PodIdentityAssociation>, ApiError> {
        panic!("nobody asks for the roles of service accounts")
    }

    async fn find_pod_identity_association(
        &self,
        _: &str,
        _: &str,
        _: &str,
    ) -> Result<Option<ListedAssociation>, ApiError> {
        panic!("nobody asks for the roles of service accounts")
    }

    async fn create_pod_identity_association(
        &self,
        _: &str,
        _: &NewAssociation,
    ) -> Result<PodIdentityAssociation, ApiError> {
        panic!("nobody makes associations")
    }

    async fn update_pod_identity_association(
        &self,
        _: &str,
        _: &str,
        _: &AssociationChange,
    ) -> Result<PodIdentityAssociation, ApiError> {
        panic!("nobody changes associations")
    }

    async fn delete_pod_identity_association(&self, _: &str, _: &str) -> Result<(), ApiError> {
        panic!("nobody deletes associations")
    }
}

#[async_trait]
impl RbacApi for RefusingCloud {
    async fn cluster_rbac(&self) -> Result<RbacObjects, ApiError> {
        self.refused(RequestVerb::List, "clusterroles")
    }

    async fn kube_system_rbac(&self) -> Result<RbacObjects, ApiError> {
        self.refused(RequestVerb::List, "roles kube-system")
    }

    async fn has_nodes(&self) -> Result<bool, ApiError> {
        self.refused(RequestVerb::List, "nodes")
    }
}

#[async_trait]
impl AccessReviewApi for RefusingCloud {
    async fn self_subject_review(&self) -> Result<ReviewedUser, ApiError> {
        self.refused(RequestVerb::Create, "selfsubjectreviews")
    }

    async fn self_subject_review_anew(&self) -> Result<ReviewedUser, ApiError> {
        self.refused(RequestVerb::Create, "selfsubjectreviews")
    }

    async fn self_subject_access_review(&self, _: AccessQuestion) -> Result<bool, ApiError> {
        self.refused(RequestVerb::Create, "selfsubjectaccessreviews")
    }

    async fn subject_access_review(
        &self,
        _: &ReviewedUser,
        _: AccessQuestion,
    ) -> Result<bool, ApiError> {
        self.refused(RequestVerb::Create, "subjectaccessreviews")
    }

    async fn review_self(&self, _: &Question) -> Result<AccessReview, ApiError> {
        self.refused(RequestVerb::Create, "selfsubjectaccessreviews")
    }

    async fn review_user(&self, _: &ReviewedUser, _: &Question) -> Result<AccessReview, ApiError> {
        self.refused(RequestVerb::Create, "subjectaccessreviews")
    }
}

#[async_trait]
impl RbacListingApi for RefusingCloud {
    async fn role_objects(&self, _: RbacScope<'_>) -> Result<Vec<RoleObject>, ApiError> {
        self.refused(RequestVerb::List, "roles")
    }

    async fn binding_objects(&self, _: RbacScope<'_>) -> Result<Vec<BindingObject>, ApiError> {
        self.refused(RequestVerb::List, "rolebindings")
    }
}

#[async_trait]
impl RbacObjectApi for RefusingCloud {
    async fn rbac_object(&self, key: &RbacKey) -> Result<Option<RbacObject>, ApiError> {
        self.refused(
            RequestVerb::Get,
            &format!("{} {}", key.kind.plural(), key.name),
        )
    }

    async fn rbac_objects(&self, kind: RbacKind) -> Result<Vec<RbacObject>, ApiError> {
        self.refused(RequestVerb::List, kind.plural())
    }

    async fn apply_rbac_object(&self, _: &AppliedRbacObject) -> Result<AppliedRbac, ApiError> {
        panic!("nothing is written")
    }

    async fn delete_rbac_object(&self, _: &RbacKey, _: &str) -> Result<(), ApiError> {
        panic!("nothing is written")
    }

    async fn discovery(&self) -> Result<Discovery, ApiError> {
        self.refused(RequestVerb::Get, "/apis")
    }
}

#[async_trait]
impl ServiceAccountApi for RefusingCloud {
    async fn service_account(
        &self,
        namespace: &str,
        name: &str,
    ) -> Result<Option<ServiceAccount>, ApiError> {
        self.refused(
            RequestVerb::Get,
            &format!("serviceaccounts {namespace}/{name}"),
        )
    }

    async fn service_accounts(&self, _: Option<&str>) -> Result<Vec<ServiceAccount>, ApiError> {
        self.refused(RequestVerb::List, "serviceaccounts")
    }

    async fn apply_service_account(&self, _: &AppliedFields) -> Result<Applied, ApiError> {
        panic!("nothing is written")
    }

    async fn delete_service_account(&self, _: &str, _: &str, _: &str) -> Result<(), ApiError> {
        panic!("nothing is written")
    }

    async fn pods_of_service_account(
        &self,
        namespace: &str,
        _: &str,
    ) -> Result<RunningPods, ApiError> {
        self.refused(RequestVerb::List, &format!("pods {namespace}"))
    }
}

#[async_trait]
impl WorkloadApi for RefusingCloud {
    async fn object_page(&self, kind: ObjectKind, _: Option<&str>) -> Result<ObjectPage, ApiError> {
        self.refused(RequestVerb::List, kind.plural())
    }
}

#[async_trait]
impl KubeApi for RefusingCloud {
    async fn config_map(&self, namespace: &str, name: &str) -> Result<Option<ConfigMap>, ApiError> {
        self.refused(RequestVerb::Get, &format!("configmaps {namespace}/{name}"))
    }

    async fn patch_config_map(
        &self,
        _: &str,
        _: &str,
        _: &ConfigMapPatch,
    ) -> Result<ConfigMap, ApiError> {
        panic!("nothing is written")
    }

    async fn create_config_map(
        &self,
        _: &str,
        _: &str,
        _: &NewConfigMap,
    ) -> Result<ConfigMap, ApiError> {
        panic!("nothing is written")
    }

    async fn dry_run_patch(&self, _: &str, _: &str, _: &ConfigMapPatch) -> Result<(), ApiError> {
        panic!("nothing is written")
    }

    async fn dry_run_create(&self, _: &str, _: &str, _: &NewConfigMap) -> Result<(), ApiError> {
        panic!("nothing is written")
    }

    async fn list_config_maps(
        &self,
        _: &str,
        _: &str,
    ) -> Result<BTreeMap<String, ConfigMap>, ApiError> {
        self.refused(RequestVerb::List, "configmaps kube-system")
    }

    async fn delete_config_map(&self, _: &str, _: &str) -> Result<(), ApiError> {
        panic!("nothing is written")
    }
}
