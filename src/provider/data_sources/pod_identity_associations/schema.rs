//! The attributes of the data source.

use tf_provider::{Attribute, Schema, Type, Validator};

use crate::attributes::cluster::{cluster_name_attribute, region_attribute};
use crate::attributes::service_account_name::namespace;
use crate::data_sources::computed::{flag, objects, text, texts};

pub(super) fn schema() -> Schema {
    Schema::new(
        "The EKS Pod Identity associations of a cluster or of a namespace: which service accounts have one, whose they are, and with `details` which roles they give. Everything \
         is read as it is now.",
    )
    .attribute("cluster_name", cluster_name_attribute())
    .attribute("region", region_attribute())
    .attribute(
        "namespace",
        Attribute::string()
            .optional()
            .validate(Validator::string(namespace))
            .description("The associations of this namespace only. Without it, those of the whole cluster."),
    )
    .attribute(
        "details",
        Attribute::bool().optional().description(
            "Whether roles, session policy and tags are read too, which takes a call for each association. Without it they are null.",
        ),
    )
    .attribute(
        "associations",
        objects(association(), "The associations by namespace and service account."),
    )
    .attribute(
        "unread",
        texts("What could not be read, one sentence each. The details of those associations are null."),
    )
}

fn association() -> Vec<(&'static str, Attribute)> {
    vec![
        ("namespace", text("Namespace of the service account.")),
        ("service_account", text("Name of the service account.")),
        ("association_id", text("Id of the association, `a-…`.")),
        ("association_arn", text("ARN of the association.")),
        (
            "owner_arn",
            text("ARN of the add-on that makes, changes and deletes it. Null for one of nobody's."),
        ),
        (
            "role_arn",
            text("ARN of the role that EKS assumes. Null without `details`."),
        ),
        (
            "target_role_arn",
            text("ARN of the role that EKS then assumes with the first one, where there is one."),
        ),
        (
            "external_id",
            text("What EKS says as `sts:ExternalId` when it asks for the target role."),
        ),
        (
            "disable_session_tags",
            flag("Whether sessions are without the tags that EKS adds. Null without `details`."),
        ),
        (
            "policy",
            text("The session policy in JSON, where there is one."),
        ),
        (
            "tags",
            Attribute::map(Type::String)
                .computed()
                .description("Tags. Null without `details`."),
        ),
    ]
}
