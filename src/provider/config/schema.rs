//! The attributes of the provider block. Names are those of hashicorp/aws wherever it has them.

use tf_provider::schema::{Block, Nesting};
use tf_provider::{Attribute, Schema, Type, Validator};

use super::rules;
use crate::attributes::cluster::{check_cluster_name, check_region};

pub(super) const LOCKOUT_GUARD: [&str; 4] = ["error", "warn", "off", "strict"];
pub(super) const ON_UNREADABLE: [&str; 2] = ["error", "keep_state"];
pub(super) const METADATA_MODE: [&str; 2] = ["IPv4", "IPv6"];
pub(super) const RETRY_MODE: [&str; 2] = ["standard", "adaptive"];
pub(super) const RECOVERY: [&str; 3] = ["configmap", "file", "off"];

pub(crate) fn schema() -> Schema {
    let description = "Who may enter an EKS cluster, and what its pods may do in AWS. A region and the name of a cluster are enough: endpoint and \
                       certificate are looked up, and tokens are made in process and renewed. Nothing falls back to an ambient kubeconfig, to \
                       localhost or to in-cluster credentials.";
    let block = network(accounts(credentials(Schema::new(description))));
    clusters(recovering(judging(without_effect(aws_checks(block)))))
        .block("assume_role", assume_role())
        .block("assume_role_with_web_identity", web_identity())
        .block("default_tags", default_tags())
        .block("ignore_tags", ignore_tags())
        .block("endpoints", endpoints())
}

fn credentials(schema: Schema) -> Schema {
    schema
        .attribute("region", text("Region; else AWS_REGION, AWS_DEFAULT_REGION or the profile's."))
        .attribute("profile", text("Profile of the shared configuration; else AWS_PROFILE."))
        .attribute("access_key", text("Access key id, with `secret_key`; else the environment, the profile, a container's or the machine's role."))
        .attribute("secret_key", text("Secret access key.").sensitive())
        .attribute("token", text("Session token of temporary credentials.").sensitive())
        .attribute("shared_config_files", list("Shared configuration files; else AWS_CONFIG_FILE or `~/.aws/config`. One that is not there is left out, as in hashicorp/aws."))
        .attribute("shared_credentials_files", list("Shared credentials files; else AWS_SHARED_CREDENTIALS_FILE or `~/.aws/credentials`. One that is not there is left out."))
}

fn accounts(schema: Schema) -> Schema {
    schema
        .attribute(
            "allowed_account_ids",
            set("Ids of the accounts that the provider may work in, in quotes. The caller's account is checked before any other call.")
                .validate(Validator::each_string(rules::account_id)),
        )
        .attribute(
            "forbidden_account_ids",
            set("Ids of the accounts that the provider must not work in. Cannot be set together with `allowed_account_ids`.").validate(Validator::each_string(rules::account_id)),
        )
}

fn network(schema: Schema) -> Schema {
    let url = |description: &str| text(description).validate(Validator::string(rules::url));
    schema
        .attribute("max_retries", Attribute::number().optional().validate(Validator::new(rules::max_retries)).description("Attempts of one call, 25 unless set; else AWS_MAX_ATTEMPTS or the profile's `max_attempts`."))
        .attribute(
            "retry_mode",
            text("How the attempts of one call follow one another: `standard` (unless set; else AWS_RETRY_MODE or the profile's) waits a random part of 1, 2, 4, … at most 20 seconds; `adaptive` also slows down the calls that follow, in a run with few calls to one call in two seconds.")
                .validate(Validator::one_of(&RETRY_MODE)),
        )
        .attribute(
            "token_bucket_rate_limiter_capacity",
            Attribute::number()
                .optional()
                .validate(Validator::new(rules::retry_tokens))
                .description("Tokens for retries, shared by all calls: each retry takes five, and calls that succeed give some back; a call that finds none is not retried. No limit unless set."),
        )
        .attribute("http_proxy", url("Proxy for http endpoints; else HTTP_PROXY."))
        .attribute("https_proxy", url("Proxy for https endpoints; else HTTPS_PROXY."))
        .attribute("no_proxy", text("Hosts that are reached without a proxy, separated by commas; else NO_PROXY."))
        .attribute("custom_ca_bundle", text("PEM file with further certificate authorities for AWS endpoints; else AWS_CA_BUNDLE."))
        .attribute("insecure", Attribute::bool().optional().description("Only `false` is accepted, because certificates are always verified. For a certificate authority of your own set `custom_ca_bundle`."))
        .attribute("sts_region", text("Region of the STS that is asked who is calling and that roles are assumed with; else the region of each call. Tokens for clusters are always made for the STS of the cluster's region."))
        .attribute("use_fips_endpoint", Attribute::bool().optional().description("Whether FIPS endpoints are used."))
        .attribute("use_dualstack_endpoint", Attribute::bool().optional().description("Whether dual-stack endpoints are used, which can be reached by IPv4 and IPv6."))
}

/// What hashicorp/aws checks or asks, and may be told to leave out.
fn aws_checks(schema: Schema) -> Schema {
    let flag = |description: &str| Attribute::bool().optional().description(description);
    schema
        .attribute(
            "ec2_metadata_service_endpoint",
            text("Address of the instance metadata service; else AWS_EC2_METADATA_SERVICE_ENDPOINT.").validate(Validator::string(rules::url)),
        )
        .attribute(
            "ec2_metadata_service_endpoint_mode",
            text("`IPv4` or `IPv6`: how the instance metadata service is reached; else AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE.")
                .validate(Validator::one_of(&METADATA_MODE)),
        )
        .attribute(
            "skip_metadata_api_check",
            text("`true`: the instance metadata service is never asked for credentials. Text, as in hashicorp/aws.").validate(Validator::string(rules::bool_text)),
        )
        .attribute("skip_region_validation", flag("Whether `region` and `sts_region` may be names that do not look like a region's."))
        .attribute(
            "skip_requesting_account_id",
            flag("Accepted, and without effect: the account is asked for only where something depends on it, so that a state of another account is never taken for empty."),
        )
        .attribute("skip_credentials_validation", flag("Accepted, and without effect: credentials are first tried by the first call that needs them."))
}

/// What a block that is copied from hashicorp/aws may have and nothing here needs.
fn without_effect(schema: Schema) -> Schema {
    schema
        .attribute(
            "s3_us_east_1_regional_endpoint",
            text("Accepted, and without effect: this provider does not call S3."),
        )
        .attribute(
            "s3_use_path_style",
            Attribute::bool()
                .optional()
                .description("Accepted, and without effect: this provider does not call S3."),
        )
}

fn judging(schema: Schema) -> Schema {
    schema
        .attribute(
            "lockout_guard",
            text("What happens to a change that locks somebody out: `error` (the default) refuses it; `warn` makes each refusal a warning; `off` judges nothing and confirms nothing; `strict` refuses, and counts what could not be read against the change.")
                .validate(Validator::one_of(&LOCKOUT_GUARD)),
        )
        .attribute("protected_principals", set("ARNs of roles and users that must keep their access.").validate(Validator::each_string(rules::principal_arn)))
        .attribute(
            "apply_principal_arns",
            set("ARNs of the roles and users that run apply, where plan runs as someone else.").validate(Validator::each_string(rules::principal_arn)),
        )
        .attribute(
            "on_unreadable",
            text("What happens if a plan cannot reach a cluster or may not read something: `error` (the default), or `keep_state`, which keeps what the state has and says that it was not checked.")
                .validate(Validator::one_of(&ON_UNREADABLE)),
        )
        .attribute("suppress_findings", set("Ids of findings that are not shown. Warnings and notes only: an error of the lock-out guard is acknowledged with `EKSAUTH_LOCKOUT_ACK`, not suppressed."))
}

fn recovering(schema: Schema) -> Schema {
    schema
        .attribute(
            "recovery",
            text("Where aws-auth is kept before a write that removes or overwrites an entry: `configmap` (the default), a ConfigMap `aws-auth-recovery-…` in kube-system, at most five; `file`; or `off`. If no copy can be kept, that is a warning.")
                .validate(Validator::one_of(&RECOVERY)),
        )
        .attribute(
            "recovery_folder",
            text("Folder of the copies with `recovery = \"file\"`, at most five per cluster; else `eksauth-recovery` below `.terraform`, or below TF_DATA_DIR."),
        )
        .attribute(
            "confirm_access",
            Attribute::bool().optional().description("Whether a write of aws-auth that can change the access of the identity that applies is checked afterwards with fresh tokens, and undone if it took that access away and nobody meant it to. `true` unless set; without effect with `lockout_guard = \"off\"`."),
        )
        .attribute(
            "dry_run",
            Attribute::bool().optional().description("Whether each planned change of aws-auth is sent to the API server as a dry run, so that what RBAC or an admission webhook refuses shows at plan. One call per change, and `patch` at plan."),
        )
}

fn clusters(schema: Schema) -> Schema {
    let role = |description: &str| text(description).validate(Validator::string(rules::role_arn));
    schema
        .attribute(
            "cluster_name",
            text("Cluster of the resources that do not set `cluster_name`. Changing it never moves existing objects.").validate(Validator::string(check_cluster_name)),
        )
        .attribute(
            "clusters",
            Attribute::nested(
                Nesting::Map,
                [
                    ("region", text("Its region.").validate(Validator::string(check_region))),
                    ("assume_role_arn", role("Role to assume for EKS calls about this cluster: for a cluster in another account.")),
                    ("kubernetes_role_arn", role("Role to assume for this cluster's tokens.")),
                    ("proxy_url", text("Proxy to its API server.").validate(Validator::string(rules::url))),
                    ("tls_server_name", text("Name expected in its certificate, if that is not the host name in its URL.")),
                    ("host", text("Its endpoint, instead of what DescribeCluster says.").validate(Validator::string(rules::https_url))),
                    ("cluster_ca_certificate", text("PEM of its certificate authority, instead of what DescribeCluster says.").validate(Validator::string(rules::pem))),
                    ("token", text("Bearer token, instead of one made from AWS credentials.").sensitive()),
                    ("client_certificate", text("PEM of a client certificate, instead of a token.").validate(Validator::string(rules::pem))),
                    ("client_key", text("PEM of its key.").sensitive()),
                ],
            )
            .optional()
            .description("How to reach clusters that cannot be reached by name alone: one element per cluster name."),
        )
}

fn assume_role() -> Block {
    session(Block::new(Nesting::List))
        .attribute(
            "external_id",
            text("External id that the role's trust policy asks for."),
        )
        .attribute(
            "tags",
            Attribute::map(Type::String)
                .optional()
                .description("Session tags."),
        )
        .attribute(
            "transitive_tag_keys",
            set("Keys of the session tags that are passed on to roles assumed from this session."),
        )
        .attribute("source_identity", text("Source identity of the session."))
        .description(
            "Role to assume before anything else. Several blocks are assumed one after another.",
        )
}

fn web_identity() -> Block {
    session(Block::new(Nesting::Single))
        .attribute("web_identity_token", text("The token.").sensitive())
        .attribute(
            "web_identity_token_file",
            text("A file with the token, read whenever it is needed."),
        )
        .description("Role to assume with a web identity token, as in pipelines with OIDC.")
}

fn session(block: Block) -> Block {
    block
        .attribute(
            "role_arn",
            text("ARN of the role.").validate(Validator::string(rules::role_arn)),
        )
        .attribute(
            "session_name",
            text("Session name.").validate(Validator::string(rules::session_name)),
        )
        .attribute(
            "duration",
            text("Length of the session, `15m` to `12h`.")
                .validate(Validator::string(rules::session_duration)),
        )
        .attribute(
            "policy",
            text("Session policy in JSON.").validate(Validator::string(rules::policy)),
        )
        .attribute(
            "policy_arns",
            set("ARNs of managed policies that limit the session."),
        )
}

fn default_tags() -> Block {
    Block::new(Nesting::Single)
        .attribute(
            "tags",
            crate::attributes::tags::tags_attribute().description("The tags."),
        )
        .description("Tags for all objects of this provider that can have tags.")
}

fn ignore_tags() -> Block {
    Block::new(Nesting::Single)
        .attribute("keys", set("Keys."))
        .attribute("key_prefixes", set("Beginnings of keys."))
        .description("Tags that others manage: they are neither shown as drift nor removed.")
}

fn endpoints() -> Block {
    let url = |service: &str| {
        text(&format!("Endpoint of {service}.")).validate(Validator::string(rules::url))
    };
    Block::new(Nesting::Single)
        .attribute("iam", url("IAM"))
        .attribute("eks", url("EKS"))
        .attribute("sts", url("STS"))
        .description("Endpoints to use instead of the usual ones. Tokens for clusters are always made for the public STS endpoint of the cluster's region, because clusters accept no other.")
}

fn text(description: &str) -> Attribute {
    Attribute::string().optional().description(description)
}

fn set(description: &str) -> Attribute {
    Attribute::set(Type::String)
        .optional()
        .description(description)
}

fn list(description: &str) -> Attribute {
    Attribute::list(Type::String)
        .optional()
        .description(description)
}
