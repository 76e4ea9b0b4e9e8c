//! The attributes of the data source.

use tf_provider::{Attribute, Schema, Validator};

use crate::attributes::cluster::{cluster_name_attribute, region_attribute};
use crate::config::rules;
use crate::data_sources::computed::{flag, number, objects, text, texts};

pub(super) fn schema() -> Schema {
    let description = "What access a cluster gives a principal, by aws-auth and access entries together: whether it gets in, under which name, in which groups, and \
                       by which rule; if it does not enter, what was probably meant.";
    let arn = "ARN of the role, user or session to look up; the caller's unless set.";
    Schema::new(description)
        .attribute("cluster_name", cluster_name_attribute())
        .attribute("region", region_attribute().computed())
        .attribute(
            "arn",
            Attribute::string()
                .optional()
                .computed()
                .validate(Validator::string(rules::principal_arn))
                .description(arn),
        )
        .attribute("canonical_arn", text("ARN that the cluster compares with its mappings: for a role or session the role's own, without path."))
        .attribute("authentication_mode", text("How the cluster finds its mappings: `CONFIG_MAP`, `API_AND_CONFIG_MAP` or `API`."))
        .attribute("access", flag("Whether the principal gets in: for the caller as the API server itself answers, else by the rules. Null if something that decides could not be read; a warning says what."))
        .attribute("access_by_rules", flag("Whether the principal gets in by aws-auth and access entries alone. Null if something that decides could not be read."))
        .attribute("access_by_api_server", flag("Whether the API server itself admits the identity that acts on the cluster: true, or false (401). Null for any other principal, and if the API server does not answer (Kubernetes before 1.28, out of reach)."))
        .attribute("difference", text("Why `access_by_rules` and `access_by_api_server` differ: the cluster's creator, whom no entry names; a client certificate, a service account or another role that acts; an access entry older than its role; a change that is not in force yet; an entry that could not be read. Null where they do not differ."))
        .attribute("may_write_aws_auth", flag("Whether it may change aws-auth, as the API server says. Null if that is not known: for a principal other than the caller it needs the right to ask, and a user name without placeholders."))
        .attribute("is_cluster_admin", flag("Whether it may do everything in the cluster, as the API server says. Null where that is not known."))
        .attribute("summary", text("What it gets, in words."))
        .attribute("username", text("Its user name in Kubernetes. Templates such as `{{SessionName}}` stay as written; where no entry that could be read gives it, as the API server names it. Null without access, and where several entries match and the cluster picks one at random."))
        .attribute("groups", texts("Its groups, sorted; every caller is in `system:authenticated` besides."))
        .attribute("policies", objects(policy(), "EKS access policies that it has, besides what RBAC grants."))
        .attribute("rule", text("The rule that admits it, such as `aws-auth mapRoles[1], line 7`."))
        .attribute("shadowed", texts("Rules that match too and do not count: their groups are not added."))
        .attribute("near_misses", objects(miss(), "If it does not get in: entries that were probably meant for it, the most likely first."))
        .attribute("findings", objects(finding(), "Findings about the entries of aws-auth that name it, and about sections that do not parse. `suppress_findings` of the provider block leaves some out."))
}

/// The attributes of an access policy.
pub(crate) fn policy() -> Vec<(&'static str, Attribute)> {
    vec![
        ("policy_arn", text("ARN of the access policy.")),
        (
            "namespaces",
            texts("Namespaces it is limited to; empty for the whole cluster."),
        ),
    ]
}

fn miss() -> Vec<(&'static str, Attribute)> {
    vec![
        (
            "id",
            text("A stable identifier, explained in the guide on findings."),
        ),
        ("text", text("Which entry, and why it does not match.")),
    ]
}

fn finding() -> Vec<(&'static str, Attribute)> {
    vec![
        (
            "id",
            text("A stable identifier, explained in the guide on findings."),
        ),
        ("severity", text("`error`, `warning` or `note`.")),
        ("section", text("`mapRoles`, `mapUsers` or `mapAccounts`.")),
        (
            "line",
            number("The line within the section's text, from 1."),
        ),
        ("text", text("What is wrong and what would be right.")),
    ]
}
