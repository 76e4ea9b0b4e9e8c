//! The attributes of the data source.

use tf_provider::{Attribute, Schema, Validator};

use crate::attributes::cluster::{cluster_name_attribute, region_attribute};
use crate::attributes::service_account_name::namespace;
use crate::data_sources::computed::{flag, objects, text, texts};

pub(super) fn schema() -> Schema {
    Schema::new(
        "How far each service account is on the way from IRSA to EKS Pod Identity: the association to make and the statement that its role's trust policy needs, or why it cannot move and what \
         to do. Nothing is written. `terraform-provider-eksauth migrate pod-identity hcl` prints the same as configuration, in two phases.",
    )
    .attribute("cluster_name", cluster_name_attribute())
    .attribute("region", region_attribute())
    .attribute("namespace", Attribute::string().optional().validate(Validator::string(namespace)).description(
        "The service accounts of this namespace only. Without it, those of the whole cluster.",
    ))
    .attribute("done", flag(
        "Whether nothing is left to move: no account has an annotation, or is let into the role of its association by a token, and everything could be read.",
    ))
    .attribute("service_accounts", objects(account(), "The service accounts that have an annotation or an association, by namespace and name."))
    .attribute("not_read", texts("What could not be read, one sentence each."))
    .attribute("report", text("The whole as a report in Markdown."))
}

fn account() -> Vec<(&'static str, Attribute)> {
    vec![
        ("namespace", text("Its namespace.")),
        ("name", text("Its name.")),
        (
            "role_arn",
            text(
                "ARN of its role: that of the annotation, else that of the association. Null where an association could not be read.",
            ),
        ),
        (
            "state",
            text(
                "`new` (an association to make), `both` (the association is there, and the annotation or the role's trust in its token still is), `done` or `stays`.",
            ),
        ),
        (
            "trust_statement",
            text(
                "The statement, as JSON, that the role's trust policy lacks to let Pod Identity in for this account: by cluster, account, namespace and name. Null where Pod Identity is let in already, and for what stays.",
            ),
        ),
        (
            "annotation_can_go",
            flag(
                "Whether the annotation can be taken away: an equal association is there, and the role lets Pod Identity in. False where somebody else than this provider holds it.",
            ),
        ),
        (
            "token_trust_can_go",
            flag(
                "Whether the account can be taken out of the role's trust in tokens, together with the annotation: no pod is left that came by one.",
            ),
        ),
        (
            "waiting",
            texts("What keeps the annotation or the trust, one sentence each."),
        ),
        ("reason_id", text("A stable word for why it stays.")),
        ("reason", text("The same in a sentence.")),
        (
            "what_to_do",
            text("What to do about an account that stays."),
        ),
        ("notes", texts("What is good to know.")),
    ]
}
