//! The provider: its block, its client and its table of contents.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tf_provider::provider::{Configure, Objects};
use tf_provider::{DataSource, Diagnostics, EphemeralResource, Provider, Resource, Schema, Value};

use crate::aws_auth::recovery;
use crate::client::Client;
use crate::config::Acknowledgements;
use crate::config::{self, ProviderModel, Settings};
use crate::diagnostics::api_failure;
use crate::diagnostics::page::page_about;
use crate::permissions::{DeclaresPermissions, Permissions};
use crate::ports::{Clock, CloudFactory};
use crate::{data_sources, ephemeral, resources};

/// Where plans note what their objects hold, below Terraform's data folder.
const CLAIMS_FOLDER: &str = "eksauth-claims";

/// The provider. What it needs of the outside is given to it.
pub struct EksAuth {
    cloud: Arc<dyn CloudFactory>,
    clock: Arc<dyn Clock>,
    environment: Environment,
}

/// What the environment says beside what the AWS SDK reads of it.
#[derive(Clone, Debug, Default)]
pub struct Environment {
    /// TF_APPEND_USER_AGENT.
    pub append_user_agent: Option<String>,
    /// EKSAUTH_LOCKOUT_ACK.
    pub lockout_acknowledgements: Option<String>,
    /// TF_DATA_DIR: what Terraform uses in place of `.terraform`.
    pub data_folder: Option<String>,
}

impl EksAuth {
    /// A provider that works through `cloud`.
    pub fn new(
        cloud: Arc<dyn CloudFactory>,
        clock: Arc<dyn Clock>,
        environment: Environment,
    ) -> Self {
        Self {
            cloud,
            clock,
            environment,
        }
    }

    /// The folder for copies below the one that Terraform was given for its data.
    fn recovery_folder(&self) -> Option<PathBuf> {
        let data_folder = self.environment.data_folder.as_deref()?;
        (!data_folder.is_empty()).then(|| Path::new(data_folder).join(recovery::FOLDER))
    }

    /// The end of every User-Agent: who runs us, who we are, and what the practitioner adds.
    fn user_agent(&self, terraform_version: &str) -> String {
        let version = env!("CARGO_PKG_VERSION");
        let own = format!("Terraform/{terraform_version} terraform-provider-eksauth/{version}");
        match self.environment.append_user_agent.as_deref().map(str::trim) {
            Some(appended) if !appended.is_empty() => format!("{own} {appended}"),
            _ => own,
        }
    }
}

impl Provider for EksAuth {
    type Client = Client;
    type Model = ProviderModel;

    const ADDRESS: &'static str = "eksauth/eksauth";

    fn schema(&self) -> Schema {
        config::schema()
    }

    fn understood(&self, config: Value) -> Value {
        config::unset(config)
    }

    fn validate(&self, config: &ProviderModel, diagnostics: &mut Diagnostics) {
        config::validate(config, diagnostics);
    }

    async fn configure(
        &self,
        request: Configure<ProviderModel>,
        diagnostics: &mut Diagnostics,
    ) -> Result<Client, Diagnostics> {
        config::note(&request.config, diagnostics);
        let user_agent = self.user_agent(&request.terraform_version);
        let mut settings = Settings {
            acknowledgements: Acknowledgements::parse(
                self.environment
                    .lockout_acknowledgements
                    .as_deref()
                    .unwrap_or_default(),
            ),
            ..config::settings(&request.config)
        };
        settings.recovery_folder = settings.recovery_folder.or_else(|| self.recovery_folder());
        let cloud = match config::aws_settings(&request.config, user_agent) {
            Some(aws) => Some(self.cloud.connect(aws).await.map_err(api_failure::failure(
                "Invalid Provider Configuration",
                "The provider block",
            ))?),
            None => None,
        };
        if let Some(cloud) = &cloud
            && settings.region.is_null()
            && cloud.region().is_none()
        {
            diagnostics.push(config::diagnostics::no_region());
        }
        Ok(Client::new(settings, cloud, self.clock.clone()))
    }

    fn claims_folder(&self) -> Option<PathBuf> {
        let given = self.environment.data_folder.as_deref();
        let data_folder = given.filter(|folder| !folder.is_empty());
        Some(Path::new(data_folder.unwrap_or(".terraform")).join(CLAIMS_FOLDER))
    }

    fn page_about(title: &str) -> Option<String> {
        page_about(title)
    }

    fn objects(&self) -> Objects<Client> {
        registry().objects
    }
}

/// Every object once.
fn registry() -> Registry {
    Registry::default()
        .resource(resources::authentication_mode::AuthenticationModeResource)
        .resource(resources::aws_auth::AwsAuthResource)
        .resource(resources::aws_auth_account::AwsAuthAccountResource::new())
        .resource(resources::aws_auth_role::AwsAuthRoleResource::new())
        .resource(resources::aws_auth_user::AwsAuthUserResource::new())
        .resource(resources::irsa_role::IrsaRoleResource)
        .resource(resources::node_assumed_role::NodeAssumedRoleResource)
        .resource(resources::oidc_provider::OidcProviderResource)
        .resource(resources::pod_identity_association::PodIdentityAssociationResource)
        .data_source(data_sources::addon_policy::AddonPolicyDataSource)
        .resource(resources::service_account::ServiceAccountResource)
        .resource(resources::group_binding::GroupBindingResource)
        .resource(resources::access_entry::AccessEntryResource)
        .resource(resources::access_policy_association::AccessPolicyAssociationResource)
        .data_source(data_sources::access_entries::AccessEntriesDataSource)
        .data_source(data_sources::access_entry_migration::AccessEntryMigrationDataSource)
        .data_source(data_sources::access_policies::AccessPoliciesDataSource)
        .data_source(data_sources::aws_auth::AwsAuthDataSource)
        .data_source(data_sources::caller_identity::CallerIdentityDataSource)
        .data_source(data_sources::can_i::CanIDataSource)
        .data_source(data_sources::cluster::ClusterDataSource)
        .data_source(data_sources::identity_mapping::IdentityMappingDataSource)
        .data_source(data_sources::kubeconfig::KubeconfigDataSource)
        .data_source(data_sources::legacy_pod_roles::LegacyPodRolesDataSource)
        .data_source(data_sources::pod_identity_associations::PodIdentityAssociationsDataSource)
        .data_source(data_sources::pod_identity_migration::PodIdentityMigrationDataSource)
        .data_source(data_sources::service_accounts::ServiceAccountsDataSource)
        .data_source(data_sources::trust_policy::TrustPolicyDataSource)
        .data_source(data_sources::web_identity_check::WebIdentityCheckDataSource)
        .ephemeral_resource(ephemeral::cluster_auth::ClusterAuthEphemeral)
        .ephemeral_resource(ephemeral::token_verification::TokenVerificationEphemeral)
}

/// The kinds of object that ask somebody. A function has no client and asks nobody.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ObjectKind {
    /// A managed resource.
    Resource,
    /// A data source.
    DataSource,
    /// An ephemeral resource.
    EphemeralResource,
}

/// The objects, and what each says that it has to be granted: one that does not say cannot be added.
#[derive(Default)]
struct Registry {
    objects: Objects<Client>,
    permissions: BTreeMap<(ObjectKind, &'static str), Permissions>,
}

impl Registry {
    fn resource<R: Resource<Client = Client> + DeclaresPermissions>(mut self, resource: R) -> Self {
        self.note(ObjectKind::Resource, R::NAME, R::PERMISSIONS);
        self.objects = self.objects.resource(resource);
        self
    }

    fn data_source<D: DataSource<Client = Client> + DeclaresPermissions>(
        mut self,
        data_source: D,
    ) -> Self {
        self.note(ObjectKind::DataSource, D::NAME, D::PERMISSIONS);
        self.objects = self.objects.data_source(data_source);
        self
    }

    fn ephemeral_resource<E: EphemeralResource<Client = Client> + DeclaresPermissions>(
        mut self,
        ephemeral: E,
    ) -> Self {
        self.note(ObjectKind::EphemeralResource, E::NAME, E::PERMISSIONS);
        self.objects = self.objects.ephemeral_resource(ephemeral);
        self
    }

    fn note(&mut self, kind: ObjectKind, name: &'static str, permissions: Permissions) {
        self.permissions.insert((kind, name), permissions);
    }
}

impl EksAuth {
    /// What each object has to be granted, by its kind and type name.
    pub fn permissions() -> BTreeMap<(ObjectKind, &'static str), Permissions> {
        registry().permissions
    }
}

#[cfg(test)]
mod tests;
