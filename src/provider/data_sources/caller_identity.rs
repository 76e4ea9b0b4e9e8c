//! Who is calling: the identity behind the provider's credentials, and the canonical ARN that a cluster compares with its mappings.
//!
//! It asks STS alone, which answers everyone.

use eksauth_core::principal::arn::canonical_caller_arn;
use serde::{Deserialize, Serialize};
use tf_provider::{Attr, Attribute, Context, DataSource, Diagnostics, Schema};

use crate::client::Client;
use crate::diagnostics::api_failure;
use crate::permissions::{DeclaresPermissions, Permissions};
use crate::ports::sts::CallerIdentity;

/// The data source `eksauth_caller_identity`.
pub struct CallerIdentityDataSource;

/// The attributes in schema order.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct CallerIdentityModel {
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
}

impl DeclaresPermissions for CallerIdentityDataSource {
    const PERMISSIONS: Permissions = Permissions::NONE;
}

impl DataSource for CallerIdentityDataSource {
    type Client = Client;
    type Model = CallerIdentityModel;

    const NAME: &'static str = "eksauth_caller_identity";

    fn schema(&self) -> Schema {
        let computed = |description: &str| Attribute::string().computed().description(description);
        Schema::new("The identity behind the provider's credentials. Do not grant access to it: whoever runs the next plan would be granted instead.")
            .attribute("account_id", computed("Account of the caller."))
            .attribute("arn", computed("ARN of the caller as STS reports it; for a role that of the session."))
            .attribute("canonical_arn", computed("ARN that a cluster compares with its mappings: for a session the role's own, without path."))
            .attribute("principal_type", computed("`user`, `role`, `assumed_role`, `federated_user` or `root`."))
            .attribute("session_name", computed("Name of the session, where there is one. The caller chooses it, so it proves nothing."))
            .attribute("user_id", computed("Unique id of the caller, for a role with the session's name."))
    }

    async fn read(
        &self,
        cx: &Context<Client>,
        _config: CallerIdentityModel,
    ) -> Result<CallerIdentityModel, Diagnostics> {
        if cx.client.cloud().is_none() {
            return Err(api_failure::cannot_answer("caller").into());
        }
        Ok(flatten(cx.client.identity_or_failure().await?))
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
    }
}

#[cfg(test)]
mod tests;
