//! The attributes of the ephemeral resource.

use tf_provider::{Attribute, Schema, Validator};

use crate::attributes::cluster::{check_cluster_name, region_attribute};
use crate::data_sources::computed::{objects, text, texts};
use crate::data_sources::identity_mapping::schema::policy;

pub(super) fn schema() -> Schema {
    let description = "Whether a cluster accepts a token, and as whom: judged by the rules of its authenticator, vouched for by STS, and mapped by aws-auth and access \
                       entries. Nothing is asked in the token's name but STS. A refused token is an answer and no error: test `verdict` in a \
                       postcondition.";
    let offline = "Whether to check the token's form only: neither STS nor the cluster is asked, and whose token it is stays unknown. False unless set.";
    Schema::new(description)
        .attribute(
            "cluster_name",
            Attribute::string()
                .optional()
                .computed()
                .validate(Validator::string(check_cluster_name))
                .description("Name of the cluster that the token must be made for; the provider's `cluster_name` unless set."),
        )
        .attribute("region", region_attribute().computed())
        .attribute("token", Attribute::string().required().sensitive().description("The token, `k8s-aws-v1.…`. No message contains it."))
        .attribute("offline", Attribute::bool().optional().description(offline))
        .attribute("verdict", text("`accepted`, `refused`, or `undecided` where it could not be found out: `offline`, STS that does not answer, something that decides and may not be read."))
        .attribute("reason", text("Why the token is not accepted, as a stable identifier such as `query.date_expired`, `sts.status` or `mapping.not_mapped`. Null if it is."))
        .attribute("reason_class", text("The kind of that reason: `format`, `sts`, `throttling`, or `mapping` where the caller is known and the cluster does not admit it. Null if the token is accepted."))
        .attribute("explanation", text("The verdict in a sentence."))
        .attribute("arn", text("ARN of the caller as STS reports it; a role's session with its name. Null unless STS vouched for the token; so are all attributes below but `expiration`."))
        .attribute("canonical_arn", text("ARN that the cluster compares with its mappings."))
        .attribute("account", text("Account of the caller."))
        .attribute("user_id", text("Unique id of the caller, without the session's name."))
        .attribute("session_name", text("Name of the session, empty for users. **The caller chooses it.**"))
        .attribute("access_key_id", text("Id of the access key that signed the token."))
        .attribute("username", text("User name in Kubernetes, its template filled in. Null where the token is not accepted, and where several entries match and the cluster picks one at random."))
        .attribute("groups", texts("Groups in Kubernetes; every caller is in `system:authenticated` besides."))
        .attribute("policies", objects(policy(), "EKS access policies of the caller, besides what RBAC grants."))
        .attribute("rule", text("The rule that admits the caller, such as `aws-auth mapRoles[1], line 7`."))
        .attribute("shadowed", texts("Rules that match too and do not count: their groups are not added."))
        .attribute("expiration", text("When the token ends, in RFC 3339: 15 minutes after it was made, whatever the token says. Null where its form is wrong."))
}
