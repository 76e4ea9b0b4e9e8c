//! The attributes of `eksauth_authentication_mode`.

use eksauth_core::access::access_entry::AuthenticationMode;
use serde::{Deserialize, Serialize};
use tf_provider::{Attr, Attribute, Schema, Validator};

use crate::attributes::cluster::{
    cluster_arn_attribute, cluster_issuer_attribute, cluster_name_attribute, region_attribute,
};
use crate::attributes::id::id_attribute;
use crate::attributes::timeouts::Timeouts;
use crate::clusters::placement::Placement;

/// The attributes in schema order.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct AuthenticationModeModel {
    /// What an import names it by.
    pub id: Attr<String>,
    /// The cluster.
    pub cluster_name: Attr<String>,
    /// Its region.
    pub region: Attr<String>,
    /// CONFIG_MAP, API_AND_CONFIG_MAP or API.
    pub authentication_mode: Attr<String>,
    /// The cluster's ARN.
    pub cluster_arn: Attr<String>,
    /// The cluster's OIDC issuer.
    pub cluster_issuer: Attr<String>,
    /// How long to wait.
    pub timeouts: Option<Timeouts>,
}

impl AuthenticationModeModel {
    /// Which cluster it is.
    pub(super) fn placement(&self) -> Placement {
        Placement {
            cluster_name: self.cluster_name.clone(),
            region: self.region.clone(),
            cluster_arn: self.cluster_arn.clone(),
            cluster_issuer: self.cluster_issuer.clone(),
            timeouts: self.timeouts.clone(),
        }
    }

    /// The same of the cluster of a placement.
    pub(super) fn placed(self, placement: Placement) -> Self {
        Self {
            cluster_name: placement.cluster_name,
            region: placement.region,
            cluster_arn: placement.cluster_arn,
            cluster_issuer: placement.cluster_issuer,
            timeouts: placement.timeouts,
            ..self
        }
    }

    /// The mode, once it is known.
    pub(super) fn mode(&self) -> Option<AuthenticationMode> {
        AuthenticationMode::parse(self.authentication_mode.known()?)
    }
}

const MODES: [&str; 3] = ["CONFIG_MAP", "API_AND_CONFIG_MAP", "API"];

pub(super) fn schema() -> Schema {
    let description = "The authentication mode of a cluster that something else makes. It goes from `CONFIG_MAP` to `API_AND_CONFIG_MAP` to `API`, one step at a time and never \
                       back. Every step is judged by the lock-out guard before it is made; nothing else of the cluster is touched, and destroy leaves the mode as it is.";
    Schema::new(description)
        .attribute(
            "id",
            id_attribute("The cluster, as an import takes it: its name, with `@region` where `region` is set."),
        )
        .attribute("cluster_name", cluster_name_attribute())
        .attribute("region", region_attribute())
        .attribute(
            "authentication_mode",
            Attribute::string()
                .required()
                .validate(Validator::one_of(&MODES))
                .description(
                    "Who decides who enters: `CONFIG_MAP` (aws-auth alone), `API_AND_CONFIG_MAP` (access entries, then aws-auth) or `API` (access entries alone). A cluster that \
                     is in the mode already needs nothing; one that is further is refused, because EKS has no way back.",
                ),
        )
        .attribute("cluster_arn", cluster_arn_attribute())
        .attribute("cluster_issuer", cluster_issuer_attribute())
        .block("timeouts", Timeouts::block())
}
