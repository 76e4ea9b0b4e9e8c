//! The map of who may enter a cluster, in one place: the ConfigMap aws-auth, shared with whoever else writes it unless it is `exclusive`.
//!
//! Import ids: `cluster`,
//! `cluster/kube-system/aws-auth`, and with the provider's `cluster_name` `kube-system/aws-auth` and `v1//ConfigMap//aws-auth//kube-system`,
//! each with an optional `@region`. Identity: the cluster's name, account and region. The object is never made anew, and destroy leaves it as it is.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use tf_provider::resource::{Apply, Failed, MoveSource, Plan, State};
use tf_provider::{Attr, Context, Diagnostics, Resource, Schema};

use crate::access::permissions::{
    GROUPS_OF_BINDINGS, GUARD_READS, LIST_ROLES_FOR_FINDINGS, READ_OWN_ROLE,
};
use crate::attributes::timeouts::Timeouts;
use crate::aws_auth::OnConflict;
use crate::aws_auth::permissions::{CHANGE, COPIES, MAKE, READ};
use crate::client::Client;
use crate::clusters::placement::Placement;
use crate::clusters::{DESCRIBE_CLUSTER, LIST_CLUSTERS};
use crate::permissions::{DeclaresPermissions, Permissions};

mod change_request;
mod diagnostics;
mod held;
mod identity;
mod import;
mod items;
mod lifecycle;
mod moved;
mod plan;
mod repair;
mod roles;
mod schema;

#[cfg(test)]
mod tests;

pub use identity::AwsAuthIdentity;

/// The resource `eksauth_aws_auth`.
pub struct AwsAuthResource;

/// An element of `map_roles`.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct MapRole {
    /// The role, as the practitioner has it.
    pub rolearn: Attr<String>,
    /// The username template.
    pub username: Attr<String>,
    /// The group templates; null is none.
    pub groups: Attr<BTreeSet<Attr<String>>>,
}

/// An element of `map_users`.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct MapUser {
    /// The user, path included.
    pub userarn: Attr<String>,
    /// The username template.
    pub username: Attr<String>,
    /// The group templates; null is none.
    pub groups: Attr<BTreeSet<Attr<String>>>,
}

/// The attributes in schema order.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct AwsAuthModel {
    /// The cluster.
    pub cluster_name: Attr<String>,
    /// Its region.
    pub region: Attr<String>,
    /// Roles that may enter.
    pub map_roles: Attr<BTreeSet<Attr<MapRole>>>,
    /// Users that may enter.
    pub map_users: Attr<BTreeSet<Attr<MapUser>>>,
    /// Accounts whose every principal may enter.
    pub map_accounts: Attr<BTreeSet<Attr<String>>>,
    /// Whether entries that are not named here go.
    pub exclusive: Attr<bool>,
    /// Whether entries of nodes and Fargate are among them.
    pub manage_node_entries: Attr<bool>,
    /// ARNs and accounts whose entries stay although they are no longer named.
    pub leave: Attr<BTreeSet<Attr<String>>>,
    /// What happens if another entry of a principal is there: `error` where it is null, or `adopt`.
    pub on_conflict: Attr<String>,
    /// What happens if somebody is left with less access: `warn` where it is null, or `error`.
    pub on_lost_access: Attr<String>,
    /// Whether sections that do not parse are repaired.
    pub repair: Attr<bool>,
    /// What an import names it by.
    pub id: Attr<String>,
    /// The cluster's ARN.
    pub cluster_arn: Attr<String>,
    /// The cluster's OIDC issuer.
    pub cluster_issuer: Attr<String>,
    /// How long to wait for the cluster.
    pub timeouts: Option<Timeouts>,
}

impl AwsAuthModel {
    fn placement(&self) -> Placement {
        Placement {
            cluster_name: self.cluster_name.clone(),
            region: self.region.clone(),
            cluster_arn: self.cluster_arn.clone(),
            cluster_issuer: self.cluster_issuer.clone(),
            timeouts: self.timeouts.clone(),
        }
    }

    fn at(self, placement: Placement) -> Self {
        Self {
            cluster_name: placement.cluster_name,
            region: placement.region,
            cluster_arn: placement.cluster_arn,
            cluster_issuer: placement.cluster_issuer,
            ..self
        }
    }

    fn is_exclusive(&self) -> bool {
        self.exclusive == Attr::Known(true)
    }

    fn on_conflict(&self) -> OnConflict {
        match self.on_conflict.known().map(String::as_str) {
            Some("adopt") => OnConflict::Adopt,
            _ => OnConflict::Error,
        }
    }

    fn keeps_access(&self) -> bool {
        self.on_lost_access == Attr::Known("error".to_owned())
    }

    fn manages_node_entries(&self) -> bool {
        self.manage_node_entries == Attr::Known(true)
    }
}

impl DeclaresPermissions for AwsAuthResource {
    const PERMISSIONS: Permissions = Permissions {
        aws: &[
            DESCRIBE_CLUSTER,
            LIST_CLUSTERS,
            LIST_ROLES_FOR_FINDINGS,
            READ_OWN_ROLE,
        ],
        kubernetes: &[
            READ,
            CHANGE,
            MAKE,
            COPIES,
            GROUPS_OF_BINDINGS[0],
            GROUPS_OF_BINDINGS[1],
            GROUPS_OF_BINDINGS[2],
            GROUPS_OF_BINDINGS[3],
        ],
        for_the_guard: GUARD_READS,
    };
}

impl Resource for AwsAuthResource {
    type Client = Client;
    type Model = AwsAuthModel;
    type Identity = AwsAuthIdentity;

    const NAME: &'static str = "eksauth_aws_auth";

    fn schema(&self) -> Schema {
        schema::schema()
    }

    fn validate(&self, config: &AwsAuthModel, diagnostics: &mut Diagnostics) {
        schema::validate(config, diagnostics);
    }

    fn complete(&self, model: &mut AwsAuthModel) {
        model.id = model.placement().import_id("");
    }

    async fn plan(
        &self,
        cx: &Context<Client>,
        plan: &mut Plan<AwsAuthModel>,
    ) -> Result<(), Diagnostics> {
        plan::plan(cx, plan).await
    }

    async fn create(
        &self,
        cx: &Context<Client>,
        apply: Apply<AwsAuthModel>,
    ) -> Result<State<AwsAuthModel>, Failed<AwsAuthModel>> {
        lifecycle::create(cx, apply).await
    }

    async fn read(
        &self,
        cx: &Context<Client>,
        state: State<AwsAuthModel>,
    ) -> Result<Option<State<AwsAuthModel>>, Diagnostics> {
        lifecycle::read(cx, state).await
    }

    async fn update(
        &self,
        cx: &Context<Client>,
        apply: Apply<AwsAuthModel>,
    ) -> Result<State<AwsAuthModel>, Failed<AwsAuthModel>> {
        lifecycle::update(cx, apply).await
    }

    async fn delete(
        &self,
        cx: &Context<Client>,
        state: State<AwsAuthModel>,
    ) -> Result<(), Diagnostics> {
        lifecycle::delete(cx, state).await
    }

    async fn import(
        &self,
        cx: &Context<Client>,
        id: &str,
    ) -> Result<State<AwsAuthModel>, Diagnostics> {
        import::import(cx, id).await
    }

    async fn import_identity(
        &self,
        cx: &Context<Client>,
        identity: AwsAuthIdentity,
    ) -> Result<State<AwsAuthModel>, Diagnostics> {
        import::import_identity(cx, identity).await
    }

    fn move_from(&self, source: MoveSource) -> Option<Result<State<AwsAuthModel>, Diagnostics>> {
        moved::move_from(&source)
    }

    fn moves(&self) -> bool {
        true
    }
}
