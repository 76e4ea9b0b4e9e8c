//! The attributes of `eksauth_aws_auth` and the rules on a configuration alone.

use tf_provider::schema::Nesting;
use tf_provider::{Attr, Attribute, AttributePath, Diagnostics, Schema, Type, Validator, Value};

use super::AwsAuthModel;
use super::diagnostics::names_nobody_to_leave;
use super::items::sketches;
use crate::attributes::id::id_attribute;
use crate::aws_auth::rules::{Kind, WrittenEntry, check_entry};
use crate::resources::aws_auth_entry::schema::{
    of_cluster, remembering, username, username_of_user,
};

pub(super) fn schema() -> Schema {
    let description = "The grants of the ConfigMap aws-auth in one place, beside whoever else writes it. Entries that are not named here stay as \
                       they are, byte for byte; only with `exclusive = true` do they go, and then only those that the plan named. Entries of \
                       nodes and Fargate belong to EKS. The object itself is never deleted or replaced: destroy leaves it as it is.";
    let schema = of_cluster(description)
        .attribute("map_roles", map(Kind::Role, "Roles that may enter.", "ARN of the role, with its path or without."))
        .attribute("map_users", map(Kind::User, "IAM users that may enter.", "ARN of the user, with its path."))
        .attribute(
            "map_accounts",
            Attribute::set(Type::String)
                .default(Value::List(Vec::new()))
                .description("Account ids, twelve digits in quotes. Every user and role of these accounts may enter, with its own ARN as user name and in no group."),
        )
        .attribute(
            "exclusive",
            Attribute::bool()
                .default(Value::Bool(false))
                .description("Whether entries that are not named here are shown by the plan and removed by apply. Cannot be used beside `eksauth_aws_auth_role` and the like."),
        )
        .attribute(
            "manage_node_entries",
            Attribute::bool()
                .default(Value::Bool(false))
                .description("Whether `exclusive` includes the entries that EKS writes for nodes and Fargate. Those that are named here are always managed."),
        )
        .attribute(
            "leave",
            Attribute::set(Type::String)
                .default(Value::List(Vec::new()))
                .description("ARNs and account ids whose entries stay in aws-auth although they are no longer named here, for moving them elsewhere."),
        )
        .attribute(
            "on_conflict",
            Attribute::string()
                .optional()
                .validate(Validator::one_of(&["error", "adopt"]))
                .description("What to do if aws-auth has another entry for a principal that is named here and new to this map: `error`, the default, shows both, `adopt` overwrites it. An entry with the same content is taken over in either case. Every other entry stays."),
        )
        .attribute(
            "on_lost_access",
            Attribute::string()
                .optional()
                .validate(Validator::one_of(&["warn", "error"]))
                .description("What to do if a change leaves somebody with less access than before, at plan and again when apply writes it: `warn`, the default, says who it is, `error` refuses the change unless `EKSAUTH_LOCKOUT_ACK` acknowledges it. With `error` an entry goes only where something else, such as an access entry, lets its principal in at that moment. A removal of the whole resource does not look at it."),
        )
        .attribute(
            "repair",
            Attribute::bool()
                .optional()
                .description("Whether a section that does not parse gets the smallest edit that makes it parse. The plan shows the edit and who gains access by it; what could be meant in more than one way is an error. Unless it is `true`, such a section is an error."),
        );
    remembering(schema.attribute(
        "id",
        id_attribute(
            "Name of the cluster, which is the import id, with `@region` where `region` is set.",
        ),
    ))
}

fn map(kind: Kind, what: &str, arn_description: &str) -> Attribute {
    let (arn, username) = match kind {
        Kind::User => ("userarn", username_of_user()),
        Kind::Role | Kind::Account => ("rolearn", username()),
    };
    let groups = Attribute::set(Type::String)
        .optional()
        .description("Groups in the cluster.");
    Attribute::nested(
        Nesting::Set,
        [
            (
                arn,
                Attribute::string().required().description(arn_description),
            ),
            ("username", username),
            ("groups", groups),
        ],
    )
    .default(Value::List(Vec::new()))
    .description(what)
}

/// Every element that is known, whatever the others are.
pub(super) fn validate(config: &AwsAuthModel, diagnostics: &mut Diagnostics) {
    for (kind, sketch) in sketches(config) {
        let entry = WrittenEntry {
            kind,
            written: sketch.written.as_deref(),
            caller: kind.caller(sketch.written.as_deref()),
            username: sketch.username.as_deref(),
            groups: sketch.groups.iter().map(String::as_str).collect(),
        };
        let path = AttributePath::attribute(super::items::attribute(kind));
        diagnostics.extend(check_entry(&entry, |_| path.clone()));
    }
    for written in config
        .leave
        .known()
        .into_iter()
        .flatten()
        .filter_map(Attr::known)
    {
        let is_any = Kind::ALL.iter().any(|kind| kind.canonical(written).is_ok());
        if !is_any {
            diagnostics.push(names_nobody_to_leave(written));
        }
    }
}
