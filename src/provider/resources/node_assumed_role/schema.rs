//! The attributes of `eksauth_node_assumed_role`.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use tf_provider::{Attr, Attribute, Schema, Type, Validator, Value};

use super::rules;
use crate::resources::iam_role::node_policy::LegacySystem;
use crate::resources::iam_role::rules::node_role_arn;
use crate::resources::iam_role::schema::{
    computed, conflict, extra_statements, policies, settings, trust_policy_quota,
};

/// The attributes in schema order.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct NodeAssumedRoleModel {
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
    /// `kube2iam` or `kiam`.
    pub system: Attr<String>,
    /// Roles of nodes or of a kiam server.
    pub node_role_arns: Attr<BTreeSet<Attr<String>>>,
    /// Whether EC2 instances are trusted.
    pub ec2: Attr<bool>,
    /// What the node roles have to give.
    pub external_id: Attr<String>,
    /// Statements in JSON.
    pub extra_statements: Attr<Vec<Attr<String>>>,
    /// The account's quota for trust policies.
    pub trust_policy_quota: Attr<i64>,
    /// What names in annotations are appended to.
    pub base_arn: Attr<String>,
    /// Whether each node role gets a policy.
    pub attach_node_policy: Attr<bool>,
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
    /// Whether it was there before.
    pub adopted: Attr<bool>,
    /// All tags.
    pub tags_all: Attr<BTreeMap<String, Attr<String>>>,
    /// For the pod.
    pub pod_annotations: Attr<BTreeMap<String, Attr<String>>>,
    /// What a node role needs.
    pub node_policy_json: Attr<String>,
    /// The policies on node roles.
    pub attached_node_policies: Attr<BTreeMap<String, Attr<String>>>,
}

const SYSTEMS: [&str; 2] = [LegacySystem::Kube2iam.name(), LegacySystem::Kiam.name()];

pub(super) fn schema() -> Schema {
    let description = "An IAM role for pods of kube2iam or kiam: trusted by the roles of named nodes, or by the role of kiam's server. It says what a pod is \
                       annotated with, and the least policy that the node role needs, and puts that on the node role where it is told to.";
    let schema = Schema::new(description);
    let schema = policies(node_side(trust(settings(schema))));
    for_others(computed(conflict(schema)))
}

fn trust(schema: Schema) -> Schema {
    schema
        .attribute(
            "system",
            Attribute::string()
                .default(Value::String(LegacySystem::Kube2iam.name().to_owned()))
                .validate(Validator::one_of(&SYSTEMS))
                .description("Which system gives pods the role: `kube2iam` or `kiam`. It makes the difference in what the node role needs."),
        )
        .attribute(
            "node_role_arns",
            Attribute::set(Type::String).optional().validate(Validator::each_string(node_role_arn)).description(
                "ARNs of the roles that may assume the role: with kube2iam those of the nodes, with kiam that of the nodes that its server runs on.",
            ),
        )
        .attribute(
            "ec2",
            Attribute::bool().default(Value::Bool(false)).description(
                "Whether EC2 instances may assume the role (`ec2.amazonaws.com`). Neither system needs it: an instance that is started with the role has it then.",
            ),
        )
        .attribute(
            "external_id",
            Attribute::string().optional().validate(Validator::string(rules::external_id)).description(
                "External id that the node roles have to give, from the pod's annotation `iam.amazonaws.com/external-id`.",
            ),
        )
        .attribute("extra_statements", extra_statements())
        .attribute("trust_policy_quota", trust_policy_quota())
}

fn node_side(schema: Schema) -> Schema {
    schema
        .attribute(
            "base_arn",
            Attribute::string().optional().validate(Validator::string(rules::base_arn)).description(
                "What the system puts before the names in annotations: kube2iam's `--base-role-arn`, kiam's `--role-base-arn`. With it `pod_annotations` has the \
                 name behind it, without it the role's ARN, which both take.",
            ),
        )
        .attribute(
            "attach_node_policy",
            Attribute::bool().default(Value::Bool(false)).description(
                "Whether `node_policy_json` is put on each role in `node_role_arns`, as an inline policy named `eksauth-assume-` and the role's name.",
            ),
        )
}

fn for_others(schema: Schema) -> Schema {
    schema
        .attribute(
            "pod_annotations",
            Attribute::map(Type::String).computed().keep().description("Annotations for pods: `iam.amazonaws.com/role`, and the external id where there is one."),
        )
        .attribute(
            "node_policy_json",
            Attribute::string().computed().keep().description(
                "The least policy that a role in `node_role_arns` needs: `sts:AssumeRole` on exactly this role, and for kube2iam `ec2:DescribeRegions`.",
            ),
        )
        .attribute(
            "attached_node_policies",
            Attribute::map(Type::String).computed().keep().description("The policies that `attach_node_policy` has put on node roles, by the node role's ARN."),
        )
}
