//! The arguments of `can-i`.

use clap::Args;

use super::{AwsArguments, Format, values};

/// What `can-i` says of itself.
const NOTES: &str = "\
RESOURCE is the plural, with its API group where it is not the core group, and a subresource: `pods`, `pods/log`, `deployments.apps/scale`; `*` is every \
resource of every group. A text that starts with `/` is a path, `/healthz`. Without --namespace the question is about all namespaces, or about objects that \
are in none.

The API server itself answers where it may be asked (create on subjectaccessreviews; about yourself always), else the roles, bindings and access policies that \
can be read; `answered` says which. An access policy counts as far as AWS documents what it allows. Exit code 0: yes. 1: no. 2: that could not be found out.";

/// `can-i`.
#[derive(Args, Debug)]
#[command(after_help = NOTES)]
pub struct CanIArguments {
    /// An ARN of a role, session or user, or `me`; the ARN of a session fills in the session's name
    #[arg(value_name = "ARN")]
    pub principal: String,
    /// The verb: get, list, watch, create, update, patch, delete, impersonate, …, or `*`
    #[arg(value_name = "VERB")]
    pub verb: String,
    /// The resource, or a path that starts with `/`
    #[arg(value_name = "RESOURCE[.GROUP][/SUBRESOURCE]")]
    pub resource: String,
    /// The name of one object
    #[arg(value_name = "NAME")]
    pub name: Option<String>,
    /// The namespace of the objects
    #[arg(short = 'n', long, value_name = "NAME")]
    pub namespace: Option<String>,
    /// The cluster's name or ARN
    #[arg(long, value_name = "NAME", value_parser = values::cluster_name)]
    pub cluster: String,
    /// How to print
    #[arg(short = 'o', long, default_value = "table")]
    pub output: Format,
    /// How to reach AWS.
    #[command(flatten)]
    pub aws: AwsArguments,
}
