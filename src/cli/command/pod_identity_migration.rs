//! `migrate pod-identity`: from IRSA to EKS Pod Identity.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::{AwsArguments, Format, values};

/// `migrate pod-identity`.
#[derive(Args, Debug)]
pub struct PodIdentityMigrationArguments {
    /// What.
    #[command(subcommand)]
    pub what: PodIdentityMigrationOutput,
}

/// What is printed.
#[derive(Debug, Subcommand)]
pub enum PodIdentityMigrationOutput {
    /// Say how far each service account is, and what is in the way; exit code 0: nothing is left to move
    Plan(PodIdentityPlanArguments),
    /// Print the configuration of a phase
    Hcl(PodIdentityHclArguments),
    /// Print a report in Markdown
    Report(PodIdentityMigrationInput),
}

/// `migrate pod-identity plan`.
#[derive(Args, Debug)]
pub struct PodIdentityPlanArguments {
    /// What is read.
    #[command(flatten)]
    pub input: PodIdentityMigrationInput,
    /// How to print
    #[arg(short = 'o', long, default_value = "table")]
    pub output: Format,
}

/// `migrate pod-identity hcl`.
#[derive(Args, Debug)]
#[command(
    after_help = "Phase 1 lets Pod Identity into each role beside the trust in tokens and makes the associations. Phase 2 takes the annotation away that the file before holds, once the role lets \
                  Pod Identity in, and the account out of the trust in tokens, once no pod is left that came by one. Whatever stays or is kept is named on standard error, and makes the exit code 1. \
                  Where something that decides cannot be read, nothing is printed, and the exit code is 2. Nothing is written anywhere. Terraform destroys what a file no longer holds, so every file \
                  but the first needs the one before with --previous: what that holds stays held. A file of `migrate kube2iam` or `migrate kiam` counts as one before."
)]
pub struct PodIdentityHclArguments {
    /// What is read.
    #[command(flatten)]
    pub input: PodIdentityMigrationInput,
    /// How far the configuration goes
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u8).range(1..=2), default_value_t = 1)]
    pub phase: u8,
    /// The file that was printed and applied last, or `none` where there was none; print to another one
    #[arg(long, value_name = "FILE")]
    pub previous: Option<PathBuf>,
}

/// What is read.
#[derive(Args, Debug)]
pub struct PodIdentityMigrationInput {
    /// The cluster's name or ARN
    #[arg(long, value_name = "NAME", value_parser = values::cluster_name)]
    pub cluster: String,
    /// Service accounts of this namespace only; what a file before holds of others stays as it is
    #[arg(long, value_name = "NAME")]
    pub namespace: Option<String>,
    /// How to reach AWS.
    #[command(flatten)]
    pub aws: AwsArguments,
}
