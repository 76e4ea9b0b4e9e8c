//! The attributes of the data source.

use tf_provider::schema::Nesting;
use tf_provider::{Attribute, Schema, Type};

use crate::attributes::cluster::{cluster_name_attribute, region_attribute};

pub(super) fn schema() -> Schema {
    let description = "The ConfigMap aws-auth of a cluster as it is now: its text, how the cluster reads each entry, and what is wrong with it.";
    Schema::new(description)
        .attribute("cluster_name", cluster_name_attribute())
        .attribute("region", region_attribute())
        .attribute("cluster_arn", Attribute::string().computed().description("ARN of the cluster."))
        .attribute("exists", flag("Whether the cluster has the ConfigMap."))
        .attribute("data", Attribute::map(Type::String).computed().description("The text of each key, including keys that the server ignores."))
        .attribute("sha256", text("SHA-256 of keys and texts: it changes when someone writes the ConfigMap."))
        .attribute("map_roles", list(entry("rolearn", true), "Entries of `mapRoles` in their order."))
        .attribute("map_users", list(entry("userarn", false), "Entries of `mapUsers` in their order."))
        .attribute("map_accounts", Attribute::list(Type::String).computed().description("Accounts of `mapAccounts` in their order."))
        .attribute("findings", list(finding(), "What is wrong with the document, and with the roles it names where IAM may be asked (`iam:ListRoles`): deleted, recreated, of another account. \
                 `suppress_findings` of the provider leaves some out."))
        .attribute("group_findings", list(of_group(), "What mapped groups (of aws-auth and of access entries) and bindings say of each other, once for the cluster: groups that nothing \
                 binds, bindings of groups that nobody is in, groups that can make themselves cluster-admin, and what could not be read. `suppress_findings` of the provider leaves some out."))
        .attribute("unparsed_sections", list(section(), "Sections that do not parse: the server reads each of them as empty."))
}

fn entry(arn: &'static str, is_role: bool) -> Vec<(&'static str, Attribute)> {
    let mut attributes = vec![
        (arn, text("The ARN as it is written there.")),
        (
            "username",
            text("The username template as the server reads it; empty if it is not a string."),
        ),
        (
            "groups",
            Attribute::list(Type::String)
                .computed()
                .description("The group templates as the server reads them."),
        ),
        (
            "line",
            number("The line within the section's text, from 1."),
        ),
    ];
    if is_role {
        attributes.push((
            "is_node",
            flag("Whether it is what EKS writes for EC2 nodes."),
        ));
        attributes.push((
            "is_fargate",
            flag("Whether it is what EKS writes for Fargate."),
        ));
    }
    attributes.push(("effective", flag("Whether the entry can let anyone in.")));
    attributes.push((
        "reason",
        text("Why the entry lets nobody in; null if it can let someone in."),
    ));
    attributes.push((
        "effective_username",
        text(
            "The username of those it answers, with what is the same for all of them put in (`{{AccountID}}`; a user's empty session name). Null \
             where it answers nobody.",
        ),
    ));
    attributes.push((
        "findings",
        Attribute::list(Type::String).computed().description(
            "Ids of its findings; their texts stand in `findings` of the data source.",
        ),
    ));
    attributes
}

fn finding() -> Vec<(&'static str, Attribute)> {
    vec![
        ("id", text("A stable identifier.")),
        ("severity", text("`error`, `warning` or `note`.")),
        ("section", text("`mapRoles`, `mapUsers` or `mapAccounts`.")),
        (
            "line",
            number("The line within the section's text, from 1."),
        ),
        ("column", number("The column in characters, from 1.")),
        (
            "text",
            text("What is wrong and what the server does about it."),
        ),
    ]
}

fn of_group() -> Vec<(&'static str, Attribute)> {
    vec![
        (
            "id",
            text("A stable identifier, explained in the guide on findings."),
        ),
        ("severity", text("`error`, `warning` or `note`.")),
        ("group", text("The group; null if it is about none.")),
        ("text", text("What it is.")),
    ]
}

fn section() -> Vec<(&'static str, Attribute)> {
    vec![
        ("section", text("Its key.")),
        (
            "line",
            number("The line within the section's text, from 1."),
        ),
        ("column", number("The column in characters, from 1.")),
        ("reason", text("What is wrong there.")),
    ]
}

fn list(attributes: Vec<(&'static str, Attribute)>, description: &str) -> Attribute {
    Attribute::nested(Nesting::List, attributes)
        .computed()
        .description(description)
}

fn text(description: &str) -> Attribute {
    Attribute::string().computed().description(description)
}

fn flag(description: &str) -> Attribute {
    Attribute::bool().computed().description(description)
}

fn number(description: &str) -> Attribute {
    Attribute::number().computed().description(description)
}
