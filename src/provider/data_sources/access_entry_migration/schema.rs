//! The attributes.

use eksauth_core::access::access_entry::EntryPrincipal;
use eksauth_core::access::entry_migration::Difference;
use tf_provider::schema::Invalid;
use tf_provider::{Attribute, Schema, Type, Validator};

use crate::attributes::cluster::{check_cluster_name, region_attribute};
use crate::data_sources::computed::{flag, number, objects, text, texts};
use crate::diagnostics::api_failure::sentence;

pub(super) fn schema() -> Schema {
    Schema::new("What becomes of every entry of aws-auth as an access entry: the entry to make, with the path of its role, or why it cannot move and what to do. Each principal is compared before and after. Nothing is written. `terraform-provider-eksauth migrate access-entries hcl` prints the same as configuration.")
        .attribute(
            "cluster_name",
            Attribute::string()
                .optional()
                .computed()
                .validate(Validator::string(check_cluster_name))
                .description("Name of the cluster, or its ARN; the provider's `cluster_name` unless set."),
        )
        .attribute("region", region_attribute().computed())
        .attribute(
            "principal_arns",
            Attribute::set(Type::String)
                .optional()
                .validate(Validator::each_string(check_principal))
                .description("ARNs, with their path, of principals whose path IAM does not say, such as roles of other accounts. What IAM says counts before them."),
        )
        .attribute(
            "accept",
            Attribute::set(Type::String)
                .optional()
                .validate(Validator::each_string(check_accepted))
                .description("Names of the differences that are accepted: `user-name`, `masters`, `impersonation`. One that is not holds its entry back in aws-auth."),
        )
        .attribute("authentication_mode", text("The cluster's mode now."))
        .attribute("done", flag("Whether nothing is left to move: every entry has an access entry that gives no less, or lets nobody in, and everything could be read."))
        .attribute("entries", objects(entry_attributes(), "The entries, in the order of aws-auth."))
        .attribute("not_read", texts("What could not be read, or what the authenticator cannot read, and what follows from it."))
        .attribute("report", text("The whole as a report in Markdown."))
}

fn entry_attributes() -> Vec<(&'static str, Attribute)> {
    let policy = vec![
        ("policy_arn", text("ARN of the policy.")),
        ("scope", text("`cluster` or `namespace`.")),
        (
            "namespaces",
            texts("Namespaces in which it counts; none: the whole cluster."),
        ),
    ];
    let difference = vec![
        (
            "id",
            text("`user-name`, `masters`, `impersonation` or `rights`."),
        ),
        ("text", text("What it is.")),
    ];
    vec![
        ("section", text("`mapRoles`, `mapUsers` or `mapAccounts`.")),
        (
            "index",
            number("Its place among all items of the section, from 0."),
        ),
        ("arn", text("The ARN or account id as aws-auth has it.")),
        (
            "state",
            text(
                "`new` (an access entry to make), `exists`, `exists_other` (another access entry of the principal counts already), `made_by_eks` (EKS makes it when the mode is raised), `nothing` (it lets nobody in today) or `stays` (it cannot move).",
            ),
        ),
        (
            "principal_arn",
            text("ARN for the access entry, with its path; null where there is none."),
        ),
        ("type", text("Type of the access entry.")),
        (
            "user_name",
            text("Its user name, as it is in the cluster; EKS sets that of nodes."),
        ),
        (
            "kubernetes_groups",
            texts("Its groups, as they are in the cluster."),
        ),
        ("policies", objects(policy, "Its access policies.")),
        (
            "before",
            text("What the principal gets today; null for an account."),
        ),
        (
            "after",
            text("What it gets with the access entries and without what moves in aws-auth."),
        ),
        (
            "differences",
            objects(
                difference,
                "In what the two differ, each to be accepted by its name; none for a principal that has the same as before.",
            ),
        ),
        (
            "held_back",
            text(
                "Why the entry may not be taken out of aws-auth as things are now, such as an access entry that is not there yet or lacks its policy; null: it may.",
            ),
        ),
        (
            "reason_id",
            text("A stable word for why there is no access entry."),
        ),
        ("reason", text("The same in a sentence.")),
        ("what_to_do", text("What to do about an entry that stays.")),
        ("notes", texts("What is good to know.")),
    ]
}

fn check_accepted(name: &str) -> Result<(), Invalid> {
    match Difference::ACCEPTABLE.contains(&name) {
        true => Ok(()),
        false => Err(Invalid::new(
            "Invalid Difference",
            format!(
                "`{name}` is no difference that can be accepted. These are: `{}`.",
                Difference::ACCEPTABLE.join("`, `")
            ),
        )),
    }
}

fn check_principal(arn: &str) -> Result<(), Invalid> {
    EntryPrincipal::parse(arn)
        .map(drop)
        .map_err(|error| Invalid::new("Invalid Principal", sentence(&error.to_string())))
}
