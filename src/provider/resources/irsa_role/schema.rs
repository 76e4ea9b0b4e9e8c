//! The attributes of `eksauth_irsa_role`.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use tf_provider::schema::Nesting;
use tf_provider::{Attr, Attribute, Schema, Type, Validator, Value};

use super::rules;
use crate::attributes::cluster::{cluster_arn_attribute, cluster_name_attribute, region_attribute};
use crate::attributes::id::id_attribute;
use crate::attributes::tags::{tags_all_attribute, tags_attribute};
use crate::attributes::timeouts::Timeouts;
use crate::clusters::placement::Placement;

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

pub(super) const ON_CONFLICT_DEFAULT: &str = "error";
pub(super) const DEFAULT_MAX_SESSION_DURATION: i64 = 3600;

pub(super) fn schema() -> Schema {
    let description = "An IAM role that pods can assume, with a trust policy built from typed subjects: service accounts of one or of many \
                       clusters, and where needed EKS Pod Identity, the nodes' role (kube2iam, kiam) or raw statements. Every subject gets the \
                       operator it needs, and the audience is always compared.";
    let schema = Schema::new(description);
    let schema = rest(policies(extra_trust(trust(role(schema)))));
    schema.block("timeouts", Timeouts::block())
}

fn role(schema: Schema) -> Schema {
    schema
        .attribute(
            "name",
            Attribute::string().optional().computed().keep().replace().validate(Validator::string(rules::name)).description(
                "Name of the role, 1 to 64 characters. Without it one is generated, from `name_prefix` if that is set.",
            ),
        )
        .attribute(
            "name_prefix",
            Attribute::string().optional().validate(Validator::string(rules::name_prefix)).description(
                "What a generated name begins with: 38 characters at most, because 26 are added and IAM takes 64.",
            ),
        )
        .attribute(
            "path",
            Attribute::string().default(text("/")).replace().validate(Validator::string(rules::path)).description(
                "Path, `/` or `/a/b/`. It is part of the role's ARN, and no part of what aws-auth compares.",
            ),
        )
        .attribute(
            "description",
            Attribute::string().optional().validate(Validator::string(rules::description)).description("Description of the role, 1,000 characters at most."),
        )
        .attribute(
            "max_session_duration",
            Attribute::number()
                .default(Value::from(DEFAULT_MAX_SESSION_DURATION))
                .validate(Validator::new(rules::max_session_duration))
                .description("Longest session that may be asked for, in seconds: 3600 to 43200."),
        )
        .attribute(
            "permissions_boundary",
            Attribute::string().optional().validate(Validator::string(rules::policy_arn)).description("ARN of the managed policy that is the role's permissions boundary. Removed if it is not set."),
        )
        .attribute(
            "force_detach_policies",
            Attribute::bool().default(Value::Bool(false)).description(
                "Whether destroy also takes away what others attached: managed and inline policies, instance profiles. Without it destroy stops \
                 and says what is there.",
            ),
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
            Attribute::set(Type::String).optional().validate(Validator::each_string(rules::node_role_arn)).description(
                "ARNs of the nodes' roles, or of a kiam server's, that may assume the role: for kube2iam and kiam, and for moving away from them \
                 without downtime.",
            ),
        )
        .attribute("ec2", Attribute::bool().default(Value::Bool(false)).description("Whether EC2 instances may assume the role."))
        .attribute(
            "extra_statements",
            Attribute::list(Type::String).optional().validate(Validator::each_string(rules::statement)).description(
                "Further statements of the trust policy, each a JSON object, for what the typed attributes cannot say.",
            ),
        )
        .attribute(
            "trust_policy_quota",
            Attribute::number().optional().validate(Validator::new(rules::quota)).description(
                "Your account's quota for trust policies in characters (white space is not counted). A longer policy is refused at plan. Without it, \
                 more than the default quota of 2,048 is a warning.",
            ),
        )
}

fn policies(schema: Schema) -> Schema {
    schema
        .attribute(
            "policy_arns",
            Attribute::set(Type::String).optional().validate(Validator::each_string(rules::policy_arn)).description(
                "Managed policies to attach. What others attach is left alone unless `exclusive_policy_arns` is set.",
            ),
        )
        .attribute(
            "exclusive_policy_arns",
            Attribute::bool().default(Value::Bool(false)).description("Whether managed policies that are not in `policy_arns` are detached."),
        )
        .attribute(
            "inline_policies",
            Attribute::map(Type::String).optional().validate(Validator::new(rules::inline_policies)).description(
                "Inline policies, JSON documents by name. Others are left alone. Compared by meaning, never by formatting.",
            ),
        )
}

fn rest(schema: Schema) -> Schema {
    schema
        .attribute(
            "on_conflict",
            Attribute::string()
                .default(text(ON_CONFLICT_DEFAULT))
                .validate(Validator::one_of(&[ON_CONFLICT_DEFAULT, "adopt"]))
                .description(
                    "What to do if the account has a role of the name already: `error` shows both, `adopt` takes it over. An adopted one gets the trust \
                     policy and the settings that are configured, keeps policies and tags of other names (but for `exclusive_policy_arns`), and survives destroy. One of another path \
                     is an error in either case.",
                ),
        )
        .attribute("tags", tags_attribute())
        .attribute("id", id_attribute("Name of the role, which is its import id."))
        .attribute("arn", Attribute::string().computed().keep().description("ARN of the role, with its path."))
        .attribute("unique_id", Attribute::string().computed().keep().description("Unique id, `AROA…`: a role made again under the same name has another one."))
        .attribute(
            "assume_role_policy",
            Attribute::string().computed().keep().description("The trust policy in JSON, known at plan wherever its inputs are. Changed by hand, it shows as drift by meaning, not by text."),
        )
        .attribute(
            "service_account_annotations",
            Attribute::map(Type::String).computed().keep().description("Annotations for the service account: `eks.amazonaws.com/role-arn`, and the audience where it is not the default."),
        )
        .attribute("cluster_arn", cluster_arn_attribute())
        .attribute(
            "adopted",
            Attribute::bool().computed().keep().description("Whether the role was there before and was taken over. Destroy leaves it then."),
        )
        .attribute("tags_all", tags_all_attribute())
}

fn text(value: &str) -> Value {
    Value::String(value.to_owned())
}
