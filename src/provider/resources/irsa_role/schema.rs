//! The attributes of `eksauth_irsa_role`.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use tf_provider::schema::Nesting;
use tf_provider::{Attr, Attribute, Schema, Type, Validator, Value};

use super::rules;
use crate::attributes::addon::{
    AddonElement, argument_attributes, name_attribute, narrow_attribute, version_attribute,
};
use crate::attributes::cluster::{cluster_arn_attribute, cluster_name_attribute, region_attribute};
use crate::attributes::timeouts::Timeouts;
use crate::clusters::placement::Placement;
use crate::resources::iam_role::rules::node_role_arn;
use crate::resources::iam_role::schema::{
    computed, conflict, extra_statements, policies, settings, trust_policy_quota,
};

/// The attributes in schema order.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct IrsaRoleModel {
    /// The role's name.
    pub name: Attr<String>,
    /// What the name begins with, where it is generated.
    pub name_prefix: Attr<String>,
    /// `/` or `/a/b/`.
    pub path: Attr<String>,
    /// A text for people.
    pub description: Attr<String>,
    /// Seconds.
    pub max_session_duration: Attr<i64>,
    /// ARN of a managed policy.
    pub permissions_boundary: Attr<String>,
    /// Whether destroy takes away what others attached.
    pub force_detach_policies: Attr<bool>,
    /// The cluster whose service accounts are trusted.
    pub cluster_name: Attr<String>,
    /// The cluster's region.
    pub region: Attr<String>,
    /// The OIDC provider, instead of a cluster.
    pub oidc_provider_arn: Attr<String>,
    /// `namespace:name`.
    pub service_accounts: Attr<BTreeSet<Attr<String>>>,
    /// `namespace:name` with wildcards.
    pub service_account_patterns: Attr<BTreeSet<Attr<String>>>,
    /// The audience of the tokens.
    pub audience: Attr<String>,
    /// The same for several clusters or providers.
    pub trust: Attr<Vec<Attr<TrustModel>>>,
    /// Whether EKS Pod Identity is trusted.
    pub pod_identity: Attr<bool>,
    /// A condition block in JSON.
    pub pod_identity_condition: Attr<String>,
    /// Roles of nodes or of a kiam server.
    pub node_role_arns: Attr<BTreeSet<Attr<String>>>,
    /// Whether EC2 instances are trusted.
    pub ec2: Attr<bool>,
    /// Statements in JSON.
    pub extra_statements: Attr<Vec<Attr<String>>>,
    /// The account's quota for trust policies.
    pub trust_policy_quota: Attr<i64>,
    /// Managed policies.
    pub policy_arns: Attr<BTreeSet<Attr<String>>>,
    /// Whether managed policies of others are detached.
    pub exclusive_policy_arns: Attr<bool>,
    /// Inline policies by name.
    pub inline_policies: Attr<BTreeMap<String, Attr<String>>>,
    /// Add-ons whose policies the role gets.
    pub addon_policies: Attr<Vec<Attr<AddonElement>>>,
    /// `error` or `adopt`.
    pub on_conflict: Attr<String>,
    /// Tags as configured.
    pub tags: Attr<BTreeMap<String, Attr<String>>>,
    /// The name.
    pub id: Attr<String>,
    /// The role's ARN, with its path.
    pub arn: Attr<String>,
    /// `AROA…`.
    pub unique_id: Attr<String>,
    /// The trust policy.
    pub assume_role_policy: Attr<String>,
    /// For the service account.
    pub service_account_annotations: Attr<BTreeMap<String, Attr<String>>>,
    /// The ARN of the cluster in `cluster_name`.
    pub cluster_arn: Attr<String>,
    /// Managed policies of the add-ons.
    pub addon_policy_arns: Attr<BTreeSet<Attr<String>>>,
    /// Inline policies of the add-ons by name.
    pub addon_inline_policies: Attr<BTreeMap<String, Attr<String>>>,
    /// Whether it was there before.
    pub adopted: Attr<bool>,
    /// All tags.
    pub tags_all: Attr<BTreeMap<String, Attr<String>>>,
    /// How long to wait.
    pub timeouts: Option<Timeouts>,
}

impl IrsaRoleModel {
    /// Which cluster the attributes beside `trust` name.
    pub(super) fn placement(&self) -> Placement {
        Placement {
            cluster_name: self.cluster_name.clone(),
            region: self.region.clone(),
            cluster_arn: self.cluster_arn.clone(),
            timeouts: self.timeouts.clone(),
            ..Placement::default()
        }
    }
}

/// One element of `trust`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct TrustModel {
    /// The cluster.
    pub cluster_name: Attr<String>,
    /// Its region.
    pub region: Attr<String>,
    /// The OIDC provider, instead of a cluster.
    pub oidc_provider_arn: Attr<String>,
    /// `namespace:name`.
    pub service_accounts: Attr<BTreeSet<Attr<String>>>,
    /// `namespace:name` with wildcards.
    pub service_account_patterns: Attr<BTreeSet<Attr<String>>>,
    /// The audience of the tokens.
    pub audience: Attr<String>,
}

pub(super) fn schema() -> Schema {
    let description = "An IAM role that pods can assume, with a trust policy built from typed subjects: service accounts of one or of many \
                       clusters, and where needed EKS Pod Identity, the nodes' role (kube2iam, kiam) or raw statements. Every subject gets the \
                       operator it needs, and the audience is always compared.";
    let schema = Schema::new(description);
    let schema = policies(extra_trust(trust(settings(schema))))
        .attribute("addon_policies", addon_policies());
    let schema = computed(conflict(schema))
        .attribute(
            "service_account_annotations",
            Attribute::map(Type::String).computed().keep().description("Annotations for the service account: `eks.amazonaws.com/role-arn`, and the audience where it is not the default."),
        )
        .attribute("cluster_arn", cluster_arn_attribute())
        .attribute(
            "addon_policy_arns",
            Attribute::set(Type::String).computed().keep().description("ARNs of AWS's policies that `addon_policies` attach."),
        )
        .attribute(
            "addon_inline_policies",
            Attribute::map(Type::String).computed().keep().description(
                "Inline policies that `addon_policies` make, by name: `addon-` and the add-on's name, with a number behind it where one has several documents. \
                 Changed by hand, they show as drift by meaning.",
            ),
        );
    schema.block("timeouts", Timeouts::block())
}

fn addon_policies() -> Attribute {
    let mut attributes = vec![
        ("name", name_attribute()),
        ("version", version_attribute("")),
        ("narrow", narrow_attribute()),
    ];
    attributes.extend(argument_attributes());
    Attribute::nested(Nesting::List, attributes).optional().description(
        "Well-known add-ons whose least policies the role gets, as `eksauth_addon_policy` has them: managed policies of AWS are attached beside \
         `policy_arns`, documents become inline policies named `addon-` and the add-on's name. Each add-on stands here once, and one that is removed \
         takes exactly its policies along.",
    )
}

fn trust(schema: Schema) -> Schema {
    schema
        .attribute("cluster_name", cluster_name_attribute())
        .attribute("region", region_attribute())
        .attribute("oidc_provider_arn", oidc_provider_arn().computed().keep())
        .attribute("service_accounts", service_accounts())
        .attribute("service_account_patterns", service_account_patterns())
        .attribute("audience", audience())
        .attribute(
            "trust",
            Attribute::nested(
                Nesting::List,
                [
                    ("cluster_name", trust_cluster_name()),
                    ("region", region_attribute()),
                    ("oidc_provider_arn", oidc_provider_arn()),
                    ("service_accounts", service_accounts()),
                    ("service_account_patterns", service_account_patterns()),
                    ("audience", audience()),
                ],
            )
            .optional()
            .description(
                "Service accounts of several clusters or OIDC providers, instead of the attributes above. The provider's `cluster_name` is never \
                 added to it.",
            ),
        )
}

fn trust_cluster_name() -> Attribute {
    Attribute::string()
        .optional()
        .validate(Validator::string(
            crate::attributes::cluster::check_cluster_name,
        ))
        .description("Name of the cluster. Its OIDC provider is the one in the role's own account.")
}

fn oidc_provider_arn() -> Attribute {
    Attribute::string().optional().validate(Validator::string(rules::oidc_provider_arn)).description(
        "ARN of the OIDC provider, instead of `cluster_name`: it must be in the role's own account.",
    )
}

fn service_accounts() -> Attribute {
    Attribute::set(Type::String)
        .optional()
        .validate(Validator::each_string(rules::service_account))
        .description("Service accounts that may assume the role, as `namespace:name`, exactly.")
}

fn service_account_patterns() -> Attribute {
    Attribute::set(Type::String).optional().validate(Validator::each_string(rules::service_account_pattern)).description(
        "Service accounts by pattern, `namespace:name` with `*` and `?` in either part. A pattern never reaches over the colon.",
    )
}

fn audience() -> Attribute {
    Attribute::string()
        .optional()
        .validate(Validator::string(rules::audience))
        .description("Audience that the tokens must carry, `sts.amazonaws.com` unless set.")
}

fn extra_trust(schema: Schema) -> Schema {
    schema
        .attribute("pod_identity", Attribute::bool().default(Value::Bool(false)).description("Whether EKS Pod Identity may assume the role too."))
        .attribute(
            "pod_identity_condition",
            Attribute::string().optional().validate(Validator::string(rules::condition)).description(
                "Condition block in JSON for the Pod Identity statement, such as \
                 `jsonencode({ StringEquals = { \"aws:RequestTag/kubernetes-namespace\" = \"apps\" } })`.",
            ),
        )
        .attribute(
            "node_role_arns",
            Attribute::set(Type::String).optional().validate(Validator::each_string(node_role_arn)).description(
                "ARNs of the nodes' roles, or of a kiam server's, that may assume the role: for kube2iam and kiam, and for moving away from them \
                 without downtime.",
            ),
        )
        .attribute("ec2", Attribute::bool().default(Value::Bool(false)).description("Whether EC2 instances may assume the role."))
        .attribute("extra_statements", extra_statements())
        .attribute("trust_policy_quota", trust_policy_quota())
}
