//! Who is calling: the identity behind the provider's credentials, the canonical ARN that a cluster compares with its mappings, and, where a cluster is
//! named, who that identity is there.
//!
//! Without `cluster_name` it asks STS alone, which answers everyone; the provider's default cluster is not asked.

use eksauth_core::access::cluster_access::Principal;
use eksauth_core::access::reconciliation::{ClusterAnswer, Reconciliation};
use eksauth_core::principal::arn::canonical_caller_arn;
use serde::{Deserialize, Serialize};
use tf_provider::{Attr, Attribute, Context, DataSource, Diagnostics, Schema, Validator};

use super::computed::{flag, texts};
use super::identity_mapping::{diagnostics, texts as texts_of};
use crate::access::permissions::{LOOK_UP_ENTRIES, READ_AWS_AUTH, list_entries, read_entries};
use crate::access::reconciliation::ClusterInquiry;
use crate::attributes::cluster::{check_cluster_name, region_attribute};
use crate::client::Client;
use crate::clusters::{DESCRIBE_CLUSTER, LIST_CLUSTERS};
use crate::diagnostics::api_failure;
use crate::permissions::{AwsStatement, DeclaresPermissions, GuardReads, Need, Permissions, Step};
use crate::ports::sts::CallerIdentity;

/// The data source `eksauth_caller_identity`.
pub struct CallerIdentityDataSource;

/// The attributes in schema order.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct CallerIdentityModel {
    /// The cluster that is asked.
    pub cluster_name: Attr<String>,
    /// Its region.
    pub region: Attr<String>,
    /// Twelve digits.
    pub account_id: Attr<String>,
    /// As STS reports it.
    pub arn: Attr<String>,
    /// As a cluster compares it.
    pub canonical_arn: Attr<String>,
    /// `role`, `user`, `assumed_role`, …
    pub principal_type: Attr<String>,
    /// The caller may choose it.
    pub session_name: Attr<String>,
    /// The unique id.
    pub user_id: Attr<String>,
    /// Whether the cluster admits it.
    pub access: Attr<bool>,
    /// As whom.
    pub username: Attr<String>,
    /// In which groups.
    pub groups: Attr<Vec<Attr<String>>>,
    /// Whether it may change aws-auth.
    pub may_write_aws_auth: Attr<bool>,
    /// Whether it may do everything.
    pub is_cluster_admin: Attr<bool>,
    /// Both answers in words.
    pub summary: Attr<String>,
}

impl DeclaresPermissions for CallerIdentityDataSource {
    const PERMISSIONS: Permissions = Permissions {
        aws: &[
            AwsStatement {
                need: Need::RequiredFor {
                    step: Step::Plan,
                    what: "`cluster_name`",
                },
                ..DESCRIBE_CLUSTER
            },
            LIST_CLUSTERS,
            list_entries(LOOK_UP_ENTRIES),
            read_entries(LOOK_UP_ENTRIES),
        ],
        kubernetes: &[READ_AWS_AUTH],
        for_the_guard: GuardReads::NONE,
    };
}

impl DataSource for CallerIdentityDataSource {
    type Client = Client;
    type Model = CallerIdentityModel;

    const NAME: &'static str = "eksauth_caller_identity";

    fn schema(&self) -> Schema {
        let computed = |description: &str| Attribute::string().computed().description(description);
        Schema::new("The identity behind the provider's credentials, and who it is in a cluster. Do not grant access to it: whoever runs the next plan would be granted instead.")
            .attribute(
                "cluster_name",
                Attribute::string()
                    .optional()
                    .validate(Validator::string(check_cluster_name))
                    .description("Name of a cluster that is asked who the identity is there. Unless set, no cluster is asked, not even the provider's `cluster_name`."),
            )
            .attribute("region", region_attribute())
            .attribute("account_id", computed("Account of the caller."))
            .attribute("arn", computed("ARN of the caller as STS reports it; for a role that of the session."))
            .attribute("canonical_arn", computed("ARN that a cluster compares with its mappings: for a session the role's own, without path."))
            .attribute("principal_type", computed("`user`, `role`, `assumed_role`, `federated_user` or `root`."))
            .attribute("session_name", computed("Name of the session, where there is one. The caller chooses it, so it proves nothing."))
            .attribute("user_id", computed("Unique id of the caller, for a role with the session's name."))
            .attribute("access", flag("Whether the cluster admits it: as the API server itself says, else as aws-auth and access entries say. Null without `cluster_name`, and where that could not be found out."))
            .attribute("username", computed("Its user name there, as the API server says. Null where the API server does not say it."))
            .attribute("groups", texts("Its groups there, as the API server says, `system:authenticated` among them. Null where the API server does not say it."))
            .attribute("may_write_aws_auth", flag("Whether it may change aws-auth, as the API server says. Null where that is not known."))
            .attribute("is_cluster_admin", flag("Whether it may do everything in the cluster, as the API server says. Null where that is not known."))
            .attribute("summary", computed("What it gets there in words, and why the API server and the entries differ if they do."))
    }

    async fn read(
        &self,
        cx: &Context<Client>,
        config: CallerIdentityModel,
    ) -> Result<CallerIdentityModel, Diagnostics> {
        if cx.client.cloud().is_none() {
            return Err(api_failure::cannot_answer("caller").into());
        }
        let identity = cx.client.identity_or_failure().await?;
        let model = CallerIdentityModel {
            cluster_name: config.cluster_name.clone(),
            region: config.region.clone(),
            ..flatten(identity.clone())
        };
        if config.cluster_name.is_null() {
            return Ok(model);
        }
        let clusters = cx.client.clusters();
        let cluster = clusters
            .existing(&config.cluster_name, &config.region)
            .await?;
        let principal = Principal::from_caller(&identity.arn)
            .map_err(|error| diagnostics::admitted_nowhere(&identity, &error.to_string()))?;
        let inquiry = ClusterInquiry::new(&cluster, cx.client.session());
        Ok(in_cluster(model, &inquiry.about_caller(principal).await))
    }
}

fn in_cluster(model: CallerIdentityModel, both: &Reconciliation) -> CallerIdentityModel {
    let user = match &both.answer {
        ClusterAnswer::Admitted(user) => Some(user),
        _ => None,
    };
    CallerIdentityModel {
        access: both.enters().into(),
        username: user.map(|user| user.username.clone()).into(),
        groups: match user {
            Some(user) => texts_of(user.groups.iter().cloned()),
            None => Attr::Null,
        },
        may_write_aws_auth: both.rights.may_write_aws_auth.into(),
        is_cluster_admin: both.rights.is_cluster_admin.into(),
        summary: Attr::Known(both.describe()),
        ..model
    }
}

fn flatten(identity: CallerIdentity) -> CallerIdentityModel {
    let canonical = canonical_caller_arn(&identity.arn).ok();
    let session = identity
        .arn
        .split_once(":assumed-role/")
        .and_then(|(_, rest)| rest.split_once('/'));
    CallerIdentityModel {
        account_id: Attr::Known(identity.account),
        canonical_arn: canonical.as_ref().map(|caller| caller.arn.clone()).into(),
        principal_type: canonical
            .map(|caller| caller.principal_type.id().to_owned())
            .into(),
        session_name: session.map(|(_, name)| name.to_owned()).into(),
        arn: Attr::Known(identity.arn),
        user_id: Attr::Known(identity.user_id),
        ..CallerIdentityModel::default()
    }
}

#[cfg(test)]
mod tests;
