//! A token for a cluster, for other providers in the same run. It reaches no state and no plan, and no data source returns one.
//!
//! API actions: none, with `role_arn` sts:AssumeRole; the token is a request to STS that is signed here and sent by the cluster. A token is good for 14 minutes and
//! Terraform cannot hand out a new one in its place, so what renewal can do is to say that it has ended. Resources of this provider need
//! none: they make their own for every connection.

use serde::{Deserialize, Serialize};
use serde_json::json;
use tf_provider::ephemeral::{Opened, Renewed};
use tf_provider::resource::Private;
use tf_provider::{Attr, Attribute, Context, Diagnostics, EphemeralResource, Schema};

use crate::attributes::cluster::{check_cluster_name, region_attribute};
use crate::client::Client;
use crate::diagnostics::api_failure;
use crate::permissions::{AwsResource, AwsStatement, DeclaresPermissions, Need, Permissions, Step};

mod diagnostics;

#[cfg(test)]
mod tests;

/// The ephemeral resource `eksauth_cluster_auth`.
pub struct ClusterAuthEphemeral;

/// The attributes in schema order. Without `Debug`: there is a token in it.
#[derive(Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct ClusterAuthModel {
    /// The cluster; the provider's unless set.
    pub cluster_name: Attr<String>,
    /// Its region.
    pub region: Attr<String>,
    /// A role to assume for the token.
    pub role_arn: Attr<String>,
    /// The token.
    pub token: Attr<String>,
    /// When it ends, in RFC 3339.
    pub expiration: Attr<String>,
}

impl DeclaresPermissions for ClusterAuthEphemeral {
    const PERMISSIONS: Permissions = Permissions {
        aws: &[AwsStatement {
            actions: &["sts:AssumeRole"],
            resource: AwsResource::IamRole { name: "*" },
            need: Need::RequiredFor {
                step: Step::Plan,
                what: "`role_arn`",
            },
        }],
        ..Permissions::NONE
    };
}

impl EphemeralResource for ClusterAuthEphemeral {
    type Client = Client;
    type Model = ClusterAuthModel;

    const NAME: &'static str = "eksauth_cluster_auth";

    fn schema(&self) -> Schema {
        let description = "A token for a cluster, as `aws eks get-token` makes it, for the kubernetes or helm provider of the same run. It ends after \
                           14 minutes, and Terraform has no way to hand out another in its place: for long applies let those providers run a \
                           command (`terraform-provider-eksauth token`). The resources of this provider need no token at all.";
        Schema::new(description)
            .attribute(
                "cluster_name",
                Attribute::string()
                    .optional()
                    .computed()
                    .validate(tf_provider::Validator::string(check_cluster_name))
                    .description("Name of the cluster; the provider's `cluster_name` unless set."),
            )
            .attribute("region", region_attribute().computed())
            .attribute(
                "role_arn",
                Attribute::string()
                    .optional()
                    .validate(tf_provider::Validator::string(crate::config::rules::role_arn))
                    .description("Role to assume for the token; `kubernetes_role_arn` of the provider's `clusters` for it unless set."),
            )
            .attribute("token", Attribute::string().computed().sensitive().description("The token."))
            .attribute(
                "expiration",
                Attribute::string().computed().description("When the token ends, in RFC 3339: 14 minutes after it was made."),
            )
    }

    async fn open(
        &self,
        cx: &Context<Client>,
        config: ClusterAuthModel,
    ) -> Result<Opened<ClusterAuthModel>, Diagnostics> {
        let clusters = cx.client.clusters();
        let reference = clusters.resolve(&config.cluster_name, &config.region)?;
        let (Some(reference), Some(_)) = (reference.into_known(), cx.client.cloud()) else {
            return Err(api_failure::cannot_answer("token").into());
        };
        let access = clusters
            .access(&reference.name)
            .into_known()
            .unwrap_or_default();
        let role = config
            .role_arn
            .known()
            .or(access.kubernetes_role_arn.as_ref());
        let about = reference.to_string();
        let failed = api_failure::failure("Cannot Make Token", &about);
        let cloud = cx.client.admitted().await.map_err(&failed)?;
        let token = cloud
            .cluster_token(&reference.name, &reference.region, role.map(String::as_str))
            .await
            .map_err(failed)?;
        let expiration = jiff::Timestamp::try_from(token.expires_at)
            .unwrap_or_default()
            .to_string();
        let private = Private {
            entries: [
                ("cluster".to_owned(), json!(about)),
                ("expiration".to_owned(), json!(expiration)),
            ]
            .into(),
        };
        Ok(Opened {
            model: ClusterAuthModel {
                cluster_name: reference.named_as(&config.cluster_name),
                region: Attr::Known(reference.region),
                token: Attr::Known(token.token.expose().to_owned()),
                expiration: Attr::Known(expiration),
                ..config
            },
            private,
            renew_at: Some(token.expires_at),
        })
    }

    async fn renew(&self, cx: &Context<Client>, private: Private) -> Result<Renewed, Diagnostics> {
        let text = |name: &str| {
            private
                .entries
                .get(name)
                .and_then(|value| value.as_str())
                .unwrap_or_default()
                .to_owned()
        };
        cx.add(diagnostics::token_has_ended(
            &text("cluster"),
            &text("expiration"),
        ));
        Ok(Renewed {
            private,
            renew_at: None,
        })
    }
}
