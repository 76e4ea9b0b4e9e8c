//! The arguments of the commands that change one entry of aws-auth: add and remove.

use clap::{Args, Subcommand, ValueEnum};

use super::{AwsArguments, values};

/// `add`.
#[derive(Args, Debug)]
pub struct AddArguments {
    /// What.
    #[command(subcommand)]
    pub what: Addition,
}

/// What is added to aws-auth.
#[derive(Debug, Subcommand)]
pub enum Addition {
    /// Add an entry to mapRoles
    Role(AddRoleArguments),
    /// Add an entry to mapUsers
    User(AddUserArguments),
    /// Add an account to mapAccounts; each of its users and roles is then admitted, as a user named by its ARN
    Account(AddAccountArguments),
}

/// What `add` says before it writes.
const ADD_NOTES: &str = "\
The checks are those of the Terraform resource for such an entry: what it refuses is refused here, with --dry-run too, and its warnings are printed. The lock-out guard judges the write; \
EKSAUTH_LOCKOUT_ACK acknowledges a finding. Exit code 0: the entry is there, or was there before with the same meaning. 1: something speaks against \
the entry. 2: that could not be found out.";

/// `add role`.
#[derive(Args, Debug)]
#[command(after_help = ADD_NOTES)]
pub struct AddRoleArguments {
    /// The role; a path in its ARN is left out, because the authenticator compares ARNs without it
    #[arg(long, value_name = "ARN")]
    pub rolearn: String,
    /// Where the entry goes.
    #[command(flatten)]
    pub target: TargetArguments,
    /// The rest of the entry.
    #[command(flatten)]
    pub mapping: MappingArguments,
}

/// `add user`.
#[derive(Args, Debug)]
#[command(after_help = ADD_NOTES)]
pub struct AddUserArguments {
    /// The user, with its path
    #[arg(long, value_name = "ARN")]
    pub userarn: String,
    /// Where the entry goes.
    #[command(flatten)]
    pub target: TargetArguments,
    /// The rest of the entry.
    #[command(flatten)]
    pub mapping: MappingArguments,
}

/// `add account`.
#[derive(Args, Debug)]
#[command(after_help = ADD_NOTES)]
pub struct AddAccountArguments {
    /// The account, 12 digits
    #[arg(long, value_name = "ID", value_parser = values::account_id)]
    pub account_id: String,
    /// Where the entry goes.
    #[command(flatten)]
    pub target: TargetArguments,
}

/// What an entry gives.
#[derive(Args, Debug)]
pub struct MappingArguments {
    /// The Kubernetes user name, a template
    #[arg(long, value_name = "TEMPLATE")]
    pub username: String,
    /// The Kubernetes groups, comma separated
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    pub groups: Vec<String>,
    /// What happens if the ARN has another entry already: it is refused, or overwritten
    #[arg(long, default_value = "error")]
    pub on_conflict: ConflictChoice,
}

/// What happens to another entry of the ARN.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum ConflictChoice {
    /// Nothing is written.
    #[default]
    Error,
    /// It is overwritten.
    Adopt,
}

/// `remove`.
#[derive(Args, Debug)]
pub struct RemoveArguments {
    /// What.
    #[command(subcommand)]
    pub what: RemovedEntry,
}

/// What is removed from aws-auth.
#[derive(Debug, Subcommand)]
pub enum RemovedEntry {
    /// Remove every entry of a role from mapRoles
    Role(RemoveRoleArguments),
    /// Remove every entry of a user from mapUsers
    User(RemoveUserArguments),
    /// Remove an account from mapAccounts
    Account(RemoveAccountArguments),
}

/// What `remove` says before it writes.
const REMOVE_NOTES: &str = "\
Only the entry's own lines are removed, and a copy of aws-auth is kept first, which `restore` puts back. The lock-out guard judges the write, with \
--dry-run too; EKSAUTH_LOCKOUT_ACK acknowledges a finding. An entry that Terraform manages comes back with its next apply. Exit code 0: there is no \
such entry now, also where there was none; the nearest entry is named then, in case the name is misspelt. 1: something speaks against its removal. 2: that could not be found out.";

/// `remove role`.
#[derive(Args, Debug)]
#[command(after_help = REMOVE_NOTES)]
pub struct RemoveRoleArguments {
    /// The role, with or without its path
    #[arg(long, value_name = "ARN")]
    pub rolearn: String,
    /// Where the entry is.
    #[command(flatten)]
    pub target: TargetArguments,
}

/// `remove user`.
#[derive(Args, Debug)]
#[command(after_help = REMOVE_NOTES)]
pub struct RemoveUserArguments {
    /// The user, with its path
    #[arg(long, value_name = "ARN")]
    pub userarn: String,
    /// Where the entry is.
    #[command(flatten)]
    pub target: TargetArguments,
}

/// `remove account`.
#[derive(Args, Debug)]
#[command(after_help = REMOVE_NOTES)]
pub struct RemoveAccountArguments {
    /// The account, as aws-auth has it
    #[arg(long, value_name = "ID")]
    pub account_id: String,
    /// Where the entry is.
    #[command(flatten)]
    pub target: TargetArguments,
}

/// The cluster whose aws-auth changes, and how.
#[derive(Args, Debug)]
pub struct TargetArguments {
    /// The cluster's name or ARN
    #[arg(long, value_name = "NAME", value_parser = values::cluster_name)]
    pub cluster: String,
    /// Print what would change and write nothing
    #[arg(long)]
    pub dry_run: bool,
    /// A role or user (ARN) that must keep its access; may be given several times
    #[arg(long = "protect", value_name = "ARN", value_parser = values::principal_arn)]
    pub protected: Vec<String>,
    /// How to reach AWS.
    #[command(flatten)]
    pub aws: AwsArguments,
}
