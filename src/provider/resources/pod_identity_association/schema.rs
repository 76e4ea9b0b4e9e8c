//! The attributes of a Pod Identity association.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use tf_provider::{Attr, Attribute, Schema, Validator, Value};

use super::rules;
use crate::access::pod_identity::AccountName;
use crate::attributes::cluster::{
    cluster_arn_attribute, cluster_issuer_attribute, cluster_name_attribute, region_attribute,
};
use crate::attributes::id::id_attribute;
use crate::attributes::service_account_name;
use crate::attributes::tags::{tags_all_attribute, tags_attribute};
use crate::attributes::timeouts::Timeouts;
use crate::clusters::placement::Placement;
use crate::config::rules::role_arn;

/// The attributes in schema order.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct PodIdentityAssociationModel {
    /// What an import names it by.
    pub id: Attr<String>,
    /// The cluster.
    pub cluster_name: Attr<String>,
    /// Its region.
    pub region: Attr<String>,
    /// Namespace of the service account.
    pub namespace: Attr<String>,
    /// Its name.
    pub service_account: Attr<String>,
    /// The role that EKS assumes.
    pub role_arn: Attr<String>,
    /// The role that is then assumed with that one.
    pub target_role_arn: Attr<String>,
    /// Whether sessions are without tags.
    pub disable_session_tags: Attr<bool>,
    /// A session policy.
    pub policy: Attr<String>,
    /// `error` or `adopt`.
    pub on_conflict: Attr<String>,
    /// `error`, `warn` or `ignore`.
    pub on_untrusted: Attr<String>,
    /// Tags as configured.
    pub tags: Attr<BTreeMap<String, Attr<String>>>,
    /// `a-…`.
    pub association_id: Attr<String>,
    /// Its ARN.
    pub association_arn: Attr<String>,
    /// What EKS says when it asks for the target role.
    pub external_id: Attr<String>,
    /// Whether it was there before.
    pub adopted: Attr<bool>,
    /// All tags.
    pub tags_all: Attr<BTreeMap<String, Attr<String>>>,
    /// The cluster's ARN.
    pub cluster_arn: Attr<String>,
    /// The cluster's OIDC issuer.
    pub cluster_issuer: Attr<String>,
    /// How long to wait for the cluster.
    pub timeouts: Option<Timeouts>,
}

impl PodIdentityAssociationModel {
    /// Which cluster the association is of.
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
        match (&self.namespace, &self.service_account) {
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

    /// The service account, as far as it is known.
    pub(super) fn account(&self) -> AccountName {
        let text = |value: &Attr<String>| value.known().cloned().unwrap_or_default();
        AccountName {
            namespace: text(&self.namespace),
            name: text(&self.service_account),
        }
    }

    pub(super) fn has_session_tags(&self) -> bool {
        self.disable_session_tags != Attr::Known(true)
    }

    pub(super) fn adopts(&self) -> bool {
        self.on_conflict == Attr::Known("adopt".to_owned())
    }
}

pub(super) fn schema() -> Schema {
    let description = "An EKS Pod Identity association: the IAM role that pods of a service account get from EKS, without an OIDC provider and without an \
                       annotation. A service account has one at most; it need not exist yet. Nodes need the add-on `eks-pod-identity-agent`.";
    let schema = Schema::new(description)
        .attribute(
            "id",
            id_attribute("Cluster, namespace and service account, as an import takes them: `cluster/namespace/service_account`, with `@region` where `region` is set."),
        )
        .attribute("cluster_name", cluster_name_attribute())
        .attribute("region", region_attribute());
    computed(lifecycle(roles(named(schema))))
        .attribute("cluster_arn", cluster_arn_attribute())
        .attribute("cluster_issuer", cluster_issuer_attribute())
        .block("timeouts", Timeouts::block())
}

fn named(schema: Schema) -> Schema {
    schema
        .attribute(
            "namespace",
            Attribute::string()
                .required()
                .replace()
                .validate(Validator::string(service_account_name::namespace))
                .description("Namespace of the service account."),
        )
        .attribute(
            "service_account",
            Attribute::string()
                .required()
                .replace()
                .validate(Validator::string(|text| {
                    service_account_name::name("service_account", text)
                }))
                .description("Name of the service account."),
        )
}

fn roles(schema: Schema) -> Schema {
    schema
        .attribute(
            "role_arn",
            Attribute::string().required().validate(Validator::string(role_arn)).description(
                "ARN of the role that EKS assumes, with its path; it is in the cluster's own account. A plan says whether its trust policy lets EKS Pod Identity in for this \
                 service account.",
            ),
        )
        .attribute(
            "target_role_arn",
            Attribute::string().optional().validate(Validator::string(role_arn)).description(
                "ARN of a second role, of any account, that EKS then assumes with the first one and that the pods get. Its trust policy has to let the first role in, with \
                 `external_id` as `sts:ExternalId`; the first role needs `sts:AssumeRole` and `sts:TagSession` on it.",
            ),
        )
        .attribute(
            "disable_session_tags",
            Attribute::bool().default(Value::Bool(false)).description(
                "Whether sessions are without the tags that EKS adds: cluster, namespace, service account and pod. Trust policies that compare `aws:RequestTag/…` let nobody in then.",
            ),
        )
        .attribute(
            "policy",
            Attribute::string().optional().validate(Validator::string(rules::policy)).description(
                "Session policy in JSON: pods get what the role and this policy both allow; with `target_role_arn` it is about that role. It needs `disable_session_tags = true`.",
            ),
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
                "What to do if the service account has an association already: `error` with the import block for it, or `adopt` it. An adopted one gets what is set here and \
                 survives destroy. One that an add-on owns is never taken.",
            ),
        )
        .attribute(
            "on_untrusted",
            choice(&["error", "warn", "ignore"]).description(
                "What to do at plan if the trust policy of a role does not let the pods in: `error` stops the plan, `warn` only says so, `ignore` does not look. A trust policy \
                 that `eksauth_irsa_role` changes in the same plan is judged as planned; for one that another provider changes in the same apply, set `warn`.",
            ),
        )
        .attribute("tags", tags_attribute())
}

fn computed(schema: Schema) -> Schema {
    let text = |description: &str| {
        Attribute::string()
            .computed()
            .keep()
            .description(description)
    };
    schema
        .attribute("association_id", text("Id of the association, `a-…`."))
        .attribute("association_arn", text("ARN of the association."))
        .attribute(
            "external_id",
            text("What EKS says as `sts:ExternalId` when it asks for the target role. Null without one."),
        )
        .attribute(
            "adopted",
            Attribute::bool().computed().keep().description(
                "Whether the association was there before, or was made again by somebody else. Then destroy leaves it.",
            ),
        )
        .attribute("tags_all", tags_all_attribute())
}
