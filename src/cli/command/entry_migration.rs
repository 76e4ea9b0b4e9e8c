//! `migrate access-entries`: from aws-auth to access entries.

use clap::{Args, Subcommand, ValueEnum};

use super::{AwsArguments, Format, values};

/// `migrate access-entries`.
#[derive(Args, Debug)]
pub struct EntryMigrationArguments {
    /// What.
    #[command(subcommand)]
    pub what: EntryMigrationOutput,
}

/// What is printed.
#[derive(Debug, Subcommand)]
pub enum EntryMigrationOutput {
    /// Say what becomes of each entry, and whether its principal has afterwards what it had before; exit code 0: nothing is left to move
    Plan(EntryPlanArguments),
    /// Print the mode, the access entries and a look at what may go from aws-auth as configuration, with import blocks for entries that exist
    Hcl(EntryHclArguments),
    /// Print a report in Markdown
    Report(EntryMigrationInput),
}

/// `migrate access-entries plan`.
#[derive(Args, Debug)]
pub struct EntryPlanArguments {
    /// What is read.
    #[command(flatten)]
    pub input: EntryMigrationInput,
    /// How to print
    #[arg(short = 'o', long, default_value = "table")]
    pub output: Format,
}

/// A difference that cannot be had away.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum AcceptedDifference {
    /// User names that EKS does not take change
    UserName,
    /// A policy stands for `system:masters`
    Masters,
    /// What a policy allows is not had by impersonation
    Impersonation,
}

impl AcceptedDifference {
    /// The name of the rules.
    pub fn id(self) -> &'static str {
        match self {
            Self::UserName => "user-name",
            Self::Masters => "masters",
            Self::Impersonation => "impersonation",
        }
    }
}

/// `migrate access-entries hcl`.
#[derive(Args, Debug)]
#[command(
    after_help = "An access entry counts before aws-auth as soon as it exists. So one that gives its principal something else than before is printed only once each difference is \
                  accepted by its name with --accept; what is left out is named on standard error and makes the exit code 1. Where the access entries that exist cannot be read, nothing is \
                  printed, and the exit code is 2. Nothing is written anywhere, and nothing is taken out of aws-auth. Keep what was printed and applied: without its entry in aws-auth a \
                  principal is not printed again."
)]
pub struct EntryHclArguments {
    /// What is read.
    #[command(flatten)]
    pub input: EntryMigrationInput,
    /// A difference that is accepted; may be given several times
    #[arg(long = "accept", value_name = "DIFFERENCE")]
    pub accepted: Vec<AcceptedDifference>,
    /// A resource of yours that raises the mode, such as `aws_eks_cluster.this`: the access entries wait for it, and no `eksauth_authentication_mode` is printed
    #[arg(long, value_name = "ADDRESS", value_parser = values::resource_address)]
    pub after: Option<String>,
}

/// What is read.
#[derive(Args, Debug)]
pub struct EntryMigrationInput {
    /// The cluster's name or ARN
    #[arg(long, value_name = "NAME", value_parser = values::cluster_name)]
    pub cluster: String,
    /// The ARN, with its path, of a principal whose path IAM does not say, such as one of another account; may be given several times
    #[arg(long = "principal-arn", value_name = "ARN", value_parser = values::principal_arn)]
    pub principal_arns: Vec<String>,
    /// How to reach AWS.
    #[command(flatten)]
    pub aws: AwsArguments,
}
