//! The attributes of the data source, and which of them go together.

use eksauth_core::iam_policy::trust_policy::ServiceAccount;
use eksauth_core::principal::oidc_issuer::Issuer;
use tf_provider::schema::{Invalid, Nesting};
use tf_provider::{Attribute, Diagnostics, Schema, Validator};

use super::WebIdentityCheckModel;
use super::diagnostics::{conflict, missing_role};
use crate::attributes::cluster::{cluster_name_attribute, region_attribute};
use crate::config::rules;
use crate::data_sources::computed::{flag, number, text, texts};
use crate::data_sources::trust_policy::finding_attribute;

pub(super) fn schema() -> Schema {
    let description = "Would a pod of a service account get a role, and if not, why. The role's trust policy is judged as IAM would judge it; no call is \
                       made in the pod's name.";
    with_answer(with_question(Schema::new(description)))
}

fn with_question(schema: Schema) -> Schema {
    let optional = || Attribute::string().optional();
    schema
        .attribute("role_name", optional().computed().description("Name of the role, without path. Either this or `role_arn`."))
        .attribute(
            "role_arn",
            optional()
                .computed()
                .validate(Validator::string(rules::role_arn))
                .description("ARN of the role. Either this or `role_name`; a role of another account is judged only with `policy`."),
        )
        .attribute("policy", optional().description("A trust policy, as JSON, that is judged instead of the role's own. Then IAM is not asked, so the role need not exist, and the OIDC provider counts as registered in its account for the audience."))
        .attribute(
            "service_account",
            Attribute::string()
                .required()
                .validate(Validator::string(check_service_account))
                .description("The service account, as `namespace:name`."),
        )
        .attribute("cluster_name", cluster_name_attribute())
        .attribute("region", region_attribute().computed())
        .attribute(
            "issuer",
            optional()
                .computed()
                .validate(Validator::string(check_issuer))
                .description("OIDC issuer URL, instead of `cluster_name`."),
        )
        .attribute(
            "provider_arn",
            optional()
                .computed()
                .validate(Validator::string(check_provider_arn))
                .description("ARN of an OIDC provider, instead of `cluster_name`: its issuer is used. IAM looks for that issuer's provider in the role's own account, and this is the ARN of that one unless set."),
        )
        .attribute("audience", optional().computed().description("Audience of the token, `sts.amazonaws.com` unless set."))
}

fn with_answer(schema: Schema) -> Schema {
    let condition = vec![
        (
            "operator",
            text("The operator as written, such as `StringEquals`."),
        ),
        ("key", text("The key as written.")),
        ("values", texts("The values of which one must match.")),
    ];
    schema
        .attribute("subject", text("Subject of the token: `system:serviceaccount:NAMESPACE:NAME`."))
        .attribute("allowed", flag("Whether the pod gets the role. Null if what is known does not decide it."))
        .attribute("decision", text("`allow`, `deny`, `invalid` (IAM refuses the document) or `indeterminate`."))
        .attribute("reason", text("What decided, as a stable identifier such as `condition:StringEquals:sub` or `provider.not_found`."))
        .attribute("explanation", text("The same as a sentence."))
        .attribute("statement_index", number("The statement that decided, from 0; null where none did."))
        .attribute(
            "condition",
            Attribute::nested(Nesting::Single, condition)
                .computed()
                .description("The condition that decided; null where none did."),
        )
        .attribute("findings", finding_attribute())
}

/// Which attributes exclude each other.
pub(super) fn validate(config: &WebIdentityCheckModel, diagnostics: &mut Diagnostics) {
    if config.role_name.is_null() && config.role_arn.is_null() {
        diagnostics.push(missing_role());
    }
    if config.role_name.is_known() && config.role_arn.is_known() {
        diagnostics.push(conflict(
            "role_arn",
            "role_name",
            "both say which role is meant",
        ));
    }
    let sources = [
        ("cluster_name", &config.cluster_name),
        ("issuer", &config.issuer),
        ("provider_arn", &config.provider_arn),
    ];
    let mut given = sources.iter().filter(|(_, value)| value.is_known());
    if let (Some((first, _)), Some((second, _))) = (given.next(), given.next()) {
        diagnostics.push(conflict(second, first, "both say whose tokens are meant"));
    }
}

fn check_service_account(given: &str) -> Result<(), Invalid> {
    ServiceAccount::parse(given)
        .map(drop)
        .map_err(|error| Invalid::new("Invalid Service Account", format!("{error}.")))
}

fn check_issuer(given: &str) -> Result<(), Invalid> {
    Issuer::parse(given)
        .map(drop)
        .map_err(|error| Invalid::new("Invalid Issuer", format!("{error}.")))
}

fn check_provider_arn(given: &str) -> Result<(), Invalid> {
    Issuer::from_provider_arn(given)
        .map(drop)
        .map_err(|error| Invalid::new("Invalid OIDC Provider ARN", format!("{error}.")))
}
