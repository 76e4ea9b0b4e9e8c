//! The attributes of the data source.

use tf_provider::{Attribute, AttributePath, Diagnostics, Schema, Validator};

use super::{CanIModel, diagnostics, question};
use crate::attributes::cluster::{cluster_name_attribute, region_attribute};
use crate::config::rules;
use crate::data_sources::computed::{flag, objects, text, texts};

pub(super) fn schema() -> Schema {
    let description = "Whether a principal may do something in a cluster, by its mapping (aws-auth or access entry), RBAC and access policies: as the API server \
                       itself says where it may be asked, else by what can be read; with the binding or access policy that allows it, or what comes nearest.";
    Schema::new(description)
        .attribute("cluster_name", cluster_name_attribute())
        .attribute("region", region_attribute().computed())
        .attribute(
            "arn",
            Attribute::string()
                .optional()
                .computed()
                .validate(Validator::string(rules::principal_arn))
                .description("ARN of the role, user or session to ask about; the caller's unless set. The ARN of a session fills in `{{SessionName}}` of the mapping."),
        )
        .attribute("verb", Attribute::string().required().description("The verb: `get`, `list`, `watch`, `create`, `update`, `patch`, `delete`, `impersonate`, … or `*`."))
        .attribute(
            "resource",
            Attribute::string().required().description(
                "The resource by its plural, with its API group unless that is the core group, and a subresource: `pods`, `pods/log`, `deployments.apps/scale`; `*` \
                 is every resource of every group. A text that starts with `/` is a path, such as `/healthz`.",
            ),
        )
        .attribute("namespace", Attribute::string().optional().description("The namespace of the objects. Null asks about all namespaces, or about objects that are in none."))
        .attribute("name", Attribute::string().optional().description("The name of one object; null for any."))
        .attribute("allowed", flag("Whether it may. Null if that could not be found out; a warning says why."))
        .attribute("answered_by", text("Who said so: `api_server` (a review of access) or `rules` (what could be read of RBAC and access policies)."))
        .attribute("summary", text("The answer in words."))
        .attribute("username", text("Its user name in Kubernetes, with what is known of its session filled in. Null without access."))
        .attribute("groups", texts("Its groups, `system:authenticated` among them. Null without access."))
        .attribute("mapping", text("The rule that admits it, such as `aws-auth mapRoles[1], line 7`."))
        .attribute("granted_by", objects(granted(), "What allows it; empty where nothing does."))
        .attribute("reasons", texts("Why not, or why that is not known."))
        .attribute("nearest", objects(near(), "What comes nearest to allowing it: another namespace, verb, API group or name, a role that does not exist, a subject with another spelling."))
        .attribute("near_misses", objects(near(), "If the cluster does not admit it: entries that were probably meant for it, the most likely first."))
        .attribute("not_asked", text("Why the API server's own answer was not had; null where it was."))
}

pub(super) fn validate(config: &CanIModel, diagnostics: &mut Diagnostics) {
    let values = [
        &config.verb,
        &config.resource,
        &config.namespace,
        &config.name,
    ];
    if values.iter().any(|value| value.is_unknown()) {
        return;
    }
    if let Err(reason) = question(config) {
        diagnostics.push(diagnostics::no_resource(reason).at(AttributePath::attribute("resource")));
    }
}

fn granted() -> Vec<(&'static str, Attribute)> {
    vec![
        (
            "kind",
            text(
                "`RoleBinding`, `ClusterRoleBinding`, `AccessPolicy`, `system:masters`, or `Authorizer` for what only the API server knows.",
            ),
        ),
        ("namespace", text("The binding's namespace.")),
        (
            "name",
            text("The binding's name, or the access policy's ARN."),
        ),
        ("role_kind", text("`Role` or `ClusterRole`.")),
        ("role", text("The role's name.")),
        ("text", text("All of it in words, with the rule.")),
    ]
}

fn near() -> Vec<(&'static str, Attribute)> {
    vec![
        ("id", text("A stable identifier.")),
        ("text", text("What it allows, and what it lacks.")),
    ]
}
