//! `migrate`: from kube2iam or kiam to web identity, from there to Pod Identity, and from aws-auth to access entries.

use std::path::PathBuf;

use clap::{ArgGroup, Args, Subcommand, ValueEnum};

use super::{AwsArguments, EntryMigrationArguments, Format, PodIdentityMigrationArguments, values};

/// `migrate`.
#[derive(Args, Debug)]
pub struct MigrateArguments {
    /// From what.
    #[command(subcommand)]
    pub from: LegacySource,
}

/// From what.
#[derive(Debug, Subcommand)]
pub enum LegacySource {
    /// From kube2iam to IRSA
    Kube2iam(LegacyArguments),
    /// From kiam to IRSA
    Kiam(LegacyArguments),
    /// From aws-auth to access entries
    AccessEntries(EntryMigrationArguments),
    /// From IRSA to EKS Pod Identity
    PodIdentity(PodIdentityMigrationArguments),
}

/// What is printed.
#[derive(Debug, Subcommand)]
pub enum LegacyOutput {
    /// Say how far each role and account is, and what is in the way; exit code 0: everything is done
    Plan(PlanArguments),
    /// Print the configuration of a phase
    Hcl(HclArguments),
    /// Print a report in Markdown
    Report(LegacyInput),
}

/// `migrate kube2iam` and `migrate kiam`.
#[derive(Args, Debug)]
pub struct LegacyArguments {
    /// What.
    #[command(subcommand)]
    pub what: LegacyOutput,
}

/// `migrate … plan`.
#[derive(Args, Debug)]
pub struct PlanArguments {
    /// What is read.
    #[command(flatten)]
    pub input: LegacyInput,
    /// How to print
    #[arg(short = 'o', long, default_value = "table")]
    pub output: Format,
}

/// `migrate … hcl`.
#[derive(Args, Debug)]
#[command(
    after_help = "Phase 1 lets the service accounts in beside the nodes' roles, phase 2 gives the accounts their role, phase 3 takes the nodes' roles out of every trust policy that \
                  nothing needs them in any more: the role lets each account in, the account is annotated, and each running pod was made since. Every other role keeps them. Whatever \
                  is left out or kept is named on standard error, and makes the exit code 1. Where a role, an account or a workload cannot be read, nothing is printed, and the exit \
                  code is 2. Nothing is written anywhere. Terraform destroys what a file no longer holds, so every file but the first needs the one before with --previous: \
                  what that holds stays held."
)]
pub struct HclArguments {
    /// What is read.
    #[command(flatten)]
    pub input: LegacyInput,
    /// How far the configuration goes
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u8).range(1..=3), default_value_t = 1)]
    pub phase: u8,
    /// The file that was printed and applied last, or `none` where there was none; print to another one
    #[arg(long, value_name = "FILE")]
    pub previous: Option<PathBuf>,
}

/// How namespaces restrict roles in kube2iam.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Restrictions {
    /// Not at all.
    Off,
    /// By globs.
    Glob,
    /// By regular expressions.
    Regexp,
}

/// What is read, and what is said of the system.
#[derive(Args, Debug)]
#[command(group(ArgGroup::new("read").required(true).multiple(true).args(["cluster", "files"])))]
pub struct LegacyInput {
    /// The cluster's name or ARN
    #[arg(long, value_name = "NAME", value_parser = values::cluster_name)]
    pub cluster: Option<String>,
    /// Manifests instead of the cluster's objects, or `-` for standard input; may be given several times
    #[arg(long = "file", value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// The role of nodes that run kube2iam, or of kiam's server; may be given several times
    #[arg(long = "node-role", value_name = "ARN", value_parser = values::role_arn)]
    pub node_roles: Vec<String>,
    /// What bare names of roles are appended to; read from the system's flags, else the cluster's account, unless given
    #[arg(long, value_name = "ARN", value_parser = values::base_role_arn)]
    pub base_role_arn: Option<String>,
    /// kube2iam's default role; read from its flags unless given
    #[arg(long, value_name = "ROLE")]
    pub default_role: Option<String>,
    /// How kube2iam restricts namespaces; read from its flags unless given
    #[arg(long, value_name = "HOW")]
    pub namespace_restrictions: Option<Restrictions>,
    /// kiam runs with `--disable-strict-namespace-regexp`; read from its flags unless given
    #[arg(long)]
    pub disable_strict_namespace_regexp: bool,
    /// How to reach AWS.
    #[command(flatten)]
    pub aws: AwsArguments,
}
