//! The attributes of a service account.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use tf_provider::{Attr, Attribute, Schema, Type, Validator, Value};

use super::rules;
use crate::attributes::cluster::{
    cluster_arn_attribute, cluster_issuer_attribute, cluster_name_attribute, region_attribute,
};
use crate::attributes::id::id_attribute;
use crate::attributes::timeouts::Timeouts;
use crate::clusters::placement::Placement;
use crate::config::rules::role_arn;

/// The attributes in schema order.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ServiceAccountModel {
    /// What an import names it by.
    pub id: Attr<String>,
    /// The cluster.
    pub cluster_name: Attr<String>,
    /// Its region.
    pub region: Attr<String>,
    /// Its namespace.
    pub namespace: Attr<String>,
    /// Its name.
    pub name: Attr<String>,
    /// The role that its pods get.
    pub role_arn: Attr<String>,
    /// The audience of their tokens.
    pub audience: Attr<String>,
    /// How long a token lives, in seconds.
    pub token_expiration: Attr<i64>,
    /// Whether the SDKs ask the STS of the region.
    pub sts_regional_endpoints: Attr<bool>,
    /// Labels by key.
    pub labels: Attr<BTreeMap<String, Attr<String>>>,
    /// Names of secrets for pulling images.
    pub image_pull_secrets: Attr<BTreeSet<Attr<String>>>,
    /// Whether pods get a token for the API server.
    pub automount_service_account_token: Attr<bool>,
    /// `error` or `adopt`.
    pub on_conflict: Attr<String>,
    /// `error`, `warn` or `ignore`.
    pub on_untrusted: Attr<String>,
    /// Whether it was there before.
    pub adopted: Attr<bool>,
    /// The cluster's ARN.
    pub cluster_arn: Attr<String>,
    /// The cluster's OIDC issuer.
    pub cluster_issuer: Attr<String>,
    /// How long to wait for the cluster and the namespace.
    pub timeouts: Option<Timeouts>,
}

impl ServiceAccountModel {
    /// Which cluster the account is in.
    pub(super) fn placement(&self) -> Placement {
        Placement {
            cluster_name: self.cluster_name.clone(),
            region: self.region.clone(),
            cluster_arn: self.cluster_arn.clone(),
            cluster_issuer: self.cluster_issuer.clone(),
            timeouts: self.timeouts.clone(),
        }
    }

    /// Cluster, namespace and name, as an import takes them.
    pub(super) fn id(&self) -> Attr<String> {
        match (&self.namespace, &self.name) {
            (Attr::Known(namespace), Attr::Known(name)) => {
                self.placement().import_id(&format!("/{namespace}/{name}"))
            }
            _ => Attr::Unknown,
        }
    }

    /// The same in the cluster of a placement.
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
}

pub(super) fn schema() -> Schema {
    let description = "A ServiceAccount of a cluster, made or adopted, with the annotations by which its pods get an IAM role (IRSA). Only what is set here is \
                       held, by server-side apply under a field manager of its own; annotations, labels and fields of others stay as they are.";
    let schema = Schema::new(description)
        .attribute(
            "id",
            id_attribute("Cluster, namespace and name, as an import takes them: `cluster/namespace/name`, with `@region` where `region` is set."),
        )
        .attribute("cluster_name", cluster_name_attribute())
        .attribute("region", region_attribute());
    lifecycle(fields(annotations(named(schema))))
}

fn named(schema: Schema) -> Schema {
    schema
        .attribute(
            "namespace",
            Attribute::string()
                .required()
                .replace()
                .validate(Validator::string(rules::namespace))
                .description("Its namespace. One that is not there is waited for: two minutes, or as long as `timeouts` says."),
        )
        .attribute(
            "name",
            Attribute::string()
                .required()
                .replace()
                .validate(Validator::string(rules::name))
                .description("Its name."),
        )
}

fn annotations(schema: Schema) -> Schema {
    schema
        .attribute(
            "role_arn",
            Attribute::string()
                .optional()
                .validate(Validator::string(role_arn))
                .description("ARN of the role that its pods get, with its path: the annotation `eks.amazonaws.com/role-arn`. A plan says whether the role's trust policy lets this account in."),
        )
        .attribute(
            "audience",
            Attribute::string()
                .optional()
                .validate(Validator::string(rules::audience))
                .description("Audience of the tokens, `sts.amazonaws.com` unless set: the annotation `eks.amazonaws.com/audience`. The OIDC provider and the role's trust policy have to take it."),
        )
        .attribute(
            "token_expiration",
            Attribute::number()
                .optional()
                .validate(Validator::new(rules::token_expiration))
                .description("How long a token lives, in seconds, 600 to 86400; 86400 unless set: the annotation `eks.amazonaws.com/token-expiration`."),
        )
        .attribute(
            "sts_regional_endpoints",
            Attribute::bool()
                .optional()
                .description("Whether the SDKs in the pods ask the STS of their region: the annotation `eks.amazonaws.com/sts-regional-endpoints`."),
        )
}

fn fields(schema: Schema) -> Schema {
    schema
        .attribute(
            "labels",
            Attribute::map(Type::String)
                .optional()
                .validate(Validator::new(rules::labels))
                .description("Labels. Those of others stay."),
        )
        .attribute(
            "image_pull_secrets",
            Attribute::set(Type::String)
                .optional()
                .validate(Validator::new(rules::secret_names))
                .description("Names of the secrets by which its pods pull images. Kubernetes has this list as one field: set, it is the whole list; not set, it stays as it is."),
        )
        .attribute(
            "automount_service_account_token",
            Attribute::bool()
                .optional()
                .description("Whether pods get a token for the API server without asking. Not set, it stays as it is. IRSA does not need it."),
        )
}

fn lifecycle(schema: Schema) -> Schema {
    let choice = |choices: &'static [&'static str]| {
        let first = choices.first().map(|text| (*text).to_owned());
        Attribute::string()
            .default(Value::String(first.unwrap_or_default()))
            .validate(Validator::one_of(choices))
    };
    schema
        .attribute(
            "on_conflict",
            choice(&["error", "adopt"]).description(
                "What to do if somebody else holds one of these fields with another value: `error` names who it is and what they hold, `adopt` takes the \
                 field over and names at plan what goes. An account that is there is managed from now on in either case. What another configuration of this \
                 provider holds is never taken.",
            ),
        )
        .attribute(
            "on_untrusted",
            choice(&["error", "warn", "ignore"]).description(
                "What to do at plan if the role's trust policy does not let this account in: `error` stops the plan, `warn` only says so, `ignore` does \
                 not look. A trust policy that `eksauth_irsa_role` changes in the same plan is judged as planned; for one that another provider changes in the same \
                 apply, set `warn`.",
            ),
        )
        .attribute(
            "adopted",
            Attribute::bool().computed().keep().description(
                "Whether the account was there before, or was made again by somebody else. Then destroy only takes away what is held here; else it deletes the account.",
            ),
        )
        .attribute("cluster_arn", cluster_arn_attribute())
        .attribute("cluster_issuer", cluster_issuer_attribute())
        .block("timeouts", Timeouts::block())
}
