//! The attributes that every resource has which manages a role.

use tf_provider::{Attribute, Schema, Type, Validator, Value};

use super::rules;
use crate::attributes::id::id_attribute;
use crate::attributes::tags::{tags_all_attribute, tags_attribute};

pub(crate) const ON_CONFLICT_DEFAULT: &str = "error";
pub(crate) const DEFAULT_MAX_SESSION_DURATION: i64 = 3600;

/// The role's name and settings.
pub(crate) fn settings(schema: Schema) -> Schema {
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

/// The role's policies.
pub(crate) fn policies(schema: Schema) -> Schema {
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

/// `on_conflict`.
pub(crate) fn conflict(schema: Schema) -> Schema {
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
}

/// The tags, and what a role has of its own.
pub(crate) fn computed(schema: Schema) -> Schema {
    schema
        .attribute("tags", tags_attribute())
        .attribute("id", id_attribute("Name of the role, which is its import id."))
        .attribute("arn", Attribute::string().computed().keep().description("ARN of the role, with its path."))
        .attribute("unique_id", Attribute::string().computed().keep().description("Unique id, `AROA…`: a role made again under the same name has another one."))
        .attribute(
            "assume_role_policy",
            Attribute::string().computed().keep().description("The trust policy in JSON, known at plan wherever its inputs are. Changed by hand, it shows as drift by meaning, not by text."),
        )
        .attribute(
            "adopted",
            Attribute::bool().computed().keep().description("Whether the role was there before and was taken over. Destroy leaves it then."),
        )
        .attribute("tags_all", tags_all_attribute())
}

/// `extra_statements`.
pub(crate) fn extra_statements() -> Attribute {
    Attribute::list(Type::String).optional().validate(Validator::each_string(rules::statement)).description(
                "Further statements of the trust policy, each a JSON object, for what the typed attributes cannot say.",
            )
}

/// `trust_policy_quota`.
pub(crate) fn trust_policy_quota() -> Attribute {
    Attribute::number().optional().validate(Validator::new(rules::quota)).description(
                "Your account's quota for trust policies in characters (white space is not counted). A longer policy is refused at plan. Without it, \
                 more than the default quota of 2,048 is a warning.",
            )
}

fn text(value: &str) -> Value {
    Value::String(value.to_owned())
}
