//! The attributes that entry resources share.

use tf_provider::{Attribute, Schema, Type, Validator, Value};

use crate::attributes::cluster::{
    cluster_arn_attribute, cluster_issuer_attribute, cluster_name_attribute, region_attribute,
};
use crate::attributes::id::id_attribute;
use crate::attributes::timeouts::Timeouts;

/// A schema that begins with the cluster.
pub(crate) fn of_cluster(description: &str) -> Schema {
    Schema::new(description)
        .attribute("cluster_name", cluster_name_attribute())
        .attribute("region", region_attribute())
}

/// What the state remembers, and the timeouts.
pub(crate) fn remembering(schema: Schema) -> Schema {
    schema
        .attribute("cluster_arn", cluster_arn_attribute())
        .attribute("cluster_issuer", cluster_issuer_attribute())
        .block("timeouts", Timeouts::block())
}

/// `username` of an entry for a role.
pub(crate) fn username() -> Attribute {
    Attribute::string().required().description(
        "Name in the cluster. Placeholders are filled by the server for each caller: `{{AccountID}}`, `{{SessionName}}`, `{{SessionNameRaw}}`, \
         `{{AccessKeyID}}`, `{{EC2PrivateDNSName}}`. Whoever may assume the role chooses the session name.",
    )
}

/// `username` of an entry for a user.
pub(crate) fn username_of_user() -> Attribute {
    Attribute::string().required().description(
        "Name in the cluster. The server fills `{{AccountID}}` and `{{AccessKeyID}}` for each caller; a user has no session, so `{{SessionName}}` and \
         `{{SessionNameRaw}}` are always empty.",
    )
}

/// `groups` of an entry.
pub(crate) fn groups() -> Attribute {
    Attribute::set(Type::String)
        .default(Value::List(Vec::new()))
        .description(
            "Groups in the cluster, `system:masters` among them. Their order means nothing.",
        )
}

/// `on_conflict` of an entry.
pub(crate) fn on_conflict() -> Attribute {
    Attribute::string().default(Value::String("error".to_owned())).validate(Validator::one_of(&["error", "adopt"])).description(
        "What to do if aws-auth has another entry for the same principal: `error` shows both, `adopt` overwrites it. One that says the same \
         already is taken over in either case, and destroy removes it.",
    )
}

/// `id` of an entry.
pub(crate) fn id() -> Attribute {
    id_attribute(
        "Cluster and principal of the entry, as an import takes it: `cluster#principal`, with `@region` where `region` is set.",
    )
}

/// `adopted` of an entry.
pub(crate) fn adopted() -> Attribute {
    Attribute::bool().computed().keep().description(
        "Whether aws-auth had an entry for the principal before. Destroy removes it all the same.",
    )
}

/// `canonical_arn` of an entry.
pub(crate) fn canonical_arn(what: &str) -> Attribute {
    Attribute::string().computed().keep().description(format!(
        "The ARN that is in aws-auth and that the server compares callers with: {what}."
    ))
}
