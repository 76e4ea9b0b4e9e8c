//! The command line's definition: what `--help` prints and what the reference page is made of.

use std::path::PathBuf;

use clap::{ArgGroup, Args, Parser, Subcommand, ValueEnum};

mod authenticator;
mod can_i;
mod entries;
mod entry_migration;
mod migrate;
mod people;
mod pod_identity_migration;
pub(crate) mod values;

pub use authenticator::{
    BackendName, Check, CheckArguments, InitArguments, ServerArguments, StsArguments,
    VerifyArguments, WebIdentityArguments,
};
pub use can_i::CanIArguments;
pub use entries::{
    AddAccountArguments, AddArguments, AddRoleArguments, AddUserArguments, Addition,
    ConflictChoice, MappingArguments, RemoveAccountArguments, RemoveArguments, RemoveRoleArguments,
    RemoveUserArguments, RemovedEntry, TargetArguments,
};

pub use entry_migration::{
    AcceptedDifference, EntryHclArguments, EntryMigrationArguments, EntryMigrationInput,
    EntryMigrationOutput, EntryPlanArguments,
};
pub use migrate::{
    HclArguments, LegacyArguments, LegacyInput, LegacyOutput, LegacySource, MigrateArguments,
    PlanArguments, Restrictions,
};
pub use people::{AwsProfileArguments, ExecName, KubeconfigArguments};
pub use pod_identity_migration::{
    PodIdentityHclArguments, PodIdentityMigrationArguments, PodIdentityMigrationInput,
    PodIdentityMigrationOutput, PodIdentityPlanArguments,
};

/// The port of the webhook, that of the field's other server.
pub const PORT: u16 = 21362;

/// Where a server's certificate, key and kubeconfig are, unless told otherwise.
pub const STATE_DIR: &str = "/var/lib/eksauth";

/// Show and change who may enter an EKS cluster. Terraform starts the same binary as its provider.
#[derive(Debug, Parser)]
#[command(
    name = "terraform-provider-eksauth",
    version,
    after_help = "Exit codes: 0 yes (or done), 1 no (or findings that are errors), 2 could not find out.\n\
                  Started by Terraform or OpenTofu, this binary serves the provider `eksauth/eksauth`."
)]
pub struct Arguments {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Print a token for a cluster, as `aws eks get-token` and `aws-iam-authenticator token` do; `eks get-token` is understood for it too
    Token(TokenArguments),
    /// Show who you are in AWS and in the cluster
    Whoami(WhoamiArguments),
    /// Show what access a cluster gives a principal, and why
    Explain(ExplainArguments),
    /// Show whether a principal may do something in a cluster, and by what
    CanI(CanIArguments),
    /// Find mistakes in an aws-auth ConfigMap, a trust policy or the annotations of kube2iam and kiam
    Lint(LintArguments),
    /// Show who gains and who loses access by a Terraform plan
    CheckPlan(CheckPlanArguments),
    /// Show whose token it is and what access a cluster gives it; the token is never printed
    Verify(VerifyArguments),
    /// Serve the token webhook that a kube-apiserver asks
    Server(Box<ServerArguments>),
    /// Create the certificate, the key and the webhook kubeconfig for `server`
    Init(InitArguments),
    /// Add an entry to aws-auth
    Add(AddArguments),
    /// Remove an entry from aws-auth
    Remove(RemoveArguments),
    /// Restore an aws-auth ConfigMap from a copy that was kept before a change
    Restore(RestoreArguments),
    /// Check whether something will work before it is tried
    Check(CheckArguments),
    /// Put a cluster into a kubeconfig and leave what others wrote there as it is
    Kubeconfig(KubeconfigArguments),
    /// Print the profile of a role for `~/.aws/config`
    AwsProfile(AwsProfileArguments),
    /// Move from kube2iam or kiam to IRSA, from IRSA to Pod Identity, or from aws-auth to access entries, in steps that can stop at any point
    Migrate(MigrateArguments),
    /// Print a completion script for a shell
    Completion(CompletionArguments),
}

/// How to reach AWS; what is not given comes from the environment and the shared configuration.
#[derive(Args, Clone, Debug, Default)]
pub struct AwsArguments {
    /// The cluster's region
    #[arg(long, value_parser = values::region)]
    pub region: Option<String>,
    /// The profile of the shared configuration
    #[arg(long)]
    pub profile: Option<String>,
}

/// How to print.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people.
    #[default]
    Table,
    /// For programs.
    Json,
}

/// How findings are printed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum FindingFormat {
    /// For people.
    #[default]
    Table,
    /// For programs.
    Json,
    /// For code scanning.
    Sarif,
}

/// How a checked plan is printed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum PlanFormat {
    /// For people.
    #[default]
    Table,
    /// For programs.
    Json,
    /// For a pull request.
    Markdown,
    /// For code scanning.
    Sarif,
}

/// `token`.
#[derive(Args, Debug)]
pub struct TokenArguments {
    /// The cluster's name or ARN
    #[arg(
        short = 'i',
        long = "cluster-id",
        visible_aliases = ["cluster-name", "cluster"],
        value_name = "NAME",
        value_parser = values::cluster_id,
        required = true
    )]
    pub cluster: String,
    /// A role to assume first
    #[arg(
        short = 'r',
        long = "role",
        visible_alias = "role-arn",
        value_name = "ARN",
        value_parser = values::role_arn
    )]
    pub role: Option<String>,
    /// The session name for the role
    #[arg(short = 's', long, value_name = "NAME", requires = "role", value_parser = values::session_name)]
    pub session_name: Option<String>,
    /// The external id for the role
    #[arg(short = 'e', long, value_name = "ID", requires = "role")]
    pub external_id: Option<String>,
    /// Give the role's session the name of the current session
    #[arg(long, requires = "role", conflicts_with = "session_name")]
    pub forward_session_name: bool,
    /// Print the token alone, without the ExecCredential around it
    #[arg(long)]
    pub token_only: bool,
    /// Set where the command is spelt as the AWS command line's
    #[arg(long, hide = true)]
    pub as_aws_cli: bool,
    /// Accepted for compatibility; the output is JSON
    #[arg(long, value_name = "FORMAT", default_value = "json")]
    pub output: String,
    /// How to reach AWS.
    #[command(flatten)]
    pub aws: AwsArguments,
}

/// `whoami`.
#[derive(Args, Debug)]
#[command(
    after_help = "Exit code 0: the cluster admits you, or no cluster is named. 1: it refuses you. 2: that could not be found out; who you are in AWS is printed \
                  all the same."
)]
pub struct WhoamiArguments {
    /// The cluster's name or ARN; without it only who you are in AWS is asked
    #[arg(long, value_name = "NAME", value_parser = values::cluster_name)]
    pub cluster: Option<String>,
    /// How to print
    #[arg(short = 'o', long, default_value = "table")]
    pub output: Format,
    /// How to reach AWS.
    #[command(flatten)]
    pub aws: AwsArguments,
}

/// `explain`.
#[derive(Args, Debug)]
#[command(group(ArgGroup::new("asked").required(true).args(["cluster", "aws_auth"])))]
pub struct ExplainArguments {
    /// An ARN of a role, session or user, or `me`
    #[arg(value_name = "ARN")]
    pub principal: String,
    /// The cluster's name or ARN
    #[arg(long, value_name = "NAME", value_parser = values::cluster_name)]
    pub cluster: Option<String>,
    /// An aws-auth from a file instead of a cluster: alone, among other documents, in a List, as `data` alone, in a Terraform plan or state
    #[arg(long, value_name = "FILE")]
    pub aws_auth: Option<PathBuf>,
    /// How to print
    #[arg(short = 'o', long, default_value = "table")]
    pub output: Format,
    /// How to reach AWS.
    #[command(flatten)]
    pub aws: AwsArguments,
}

/// `lint`.
#[derive(Args, Debug)]
#[command(
    group(ArgGroup::new("judged").required(true).args(["files", "cluster"])),
    after_help = "A file may hold aws-auth among several YAML documents or in a List, what `kubectl get -o yaml` or `-o json` prints, `data` alone or one section \
                  of it, trust policies as JSON, in a JSON string or percent-encoded, what `aws iam get-role` or `list-roles` prints, and a Terraform plan or state \
                  (`terraform show -json`, `terraform.tfstate`), in UTF-8 or UTF-16. Every aws-auth and every trust policy in it is judged, and so are namespaces and what runs pods where a role of kube2iam or kiam \
                  is asked for; anything else is named on standard error. Exit code 1: something that --fail-on names was found. 2: nothing in the files can be judged."
)]
pub struct LintArguments {
    /// Files with ConfigMaps, trust policies, plans or states, or `-` for standard input
    #[arg(value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// The aws-auth of a cluster instead of files; its roles are looked up where `iam:ListRoles` is granted
    #[arg(long, value_name = "NAME", value_parser = values::cluster_name)]
    pub cluster: Option<String>,
    /// Which findings make the exit code 1
    #[arg(long, default_value = "error")]
    pub fail_on: FailOn,
    /// How to print
    #[arg(short = 'o', long, default_value = "table")]
    pub output: FindingFormat,
    /// How to reach AWS.
    #[command(flatten)]
    pub aws: AwsArguments,
}

/// When `lint` and `check-plan` answer no.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum FailOn {
    /// For errors.
    #[default]
    Error,
    /// For warnings too.
    Warning,
    /// Never: the report is all that is wanted.
    Never,
}

/// `check-plan`.
#[derive(Args, Debug)]
#[command(
    after_help = "Exit code 0: there is nothing that --fail-on names. 1: there is, even if something else could not be found out. 2: something that decides could not be found out (values \
                  that are decided during apply, a plan that is errored or incomplete, an unknown applier, an aws-auth or policies that could not be \
                  read), or the command line or a file cannot be used. With --fail-on never what could not be found out is 0 too. EKSAUTH_LOCKOUT_ACK counts as at \
                  apply, and so does what the provider block of the plan says in constants and root variables. `not judged` names what could not be read; where it decides, the last line says that not \
                  everything could be found out."
)]
pub struct CheckPlanArguments {
    /// The output of `terraform show -json PLANFILE`, or `-` for standard input
    #[arg(value_name = "FILE")]
    pub plan: PathBuf,
    /// A cluster to judge, in the region of --region; may be given several times
    #[arg(long = "cluster", value_name = "NAME", value_parser = values::cluster_name, required = true)]
    pub clusters: Vec<String>,
    /// Offline: the cluster's aws-auth from a file (ConfigMap as YAML or JSON, alone or among others)
    #[arg(long, value_name = "FILE")]
    pub aws_auth: Option<PathBuf>,
    /// Offline: the cluster's access entries from a file, as `aws eks describe-access-entry`, `list-access-entries` and `list-associated-access-policies` print them, one after another or in a list; needs --aws-auth
    #[arg(long, value_name = "FILE", requires = "aws_auth")]
    pub access_entries: Option<PathBuf>,
    /// The role or user (ARN) that applies the plan, if that is not the identity that runs this command; used instead of `apply_principal_arns`; may be given several times
    #[arg(long = "apply-principal", value_name = "ARN", value_parser = values::principal_arn)]
    pub apply_principals: Vec<String>,
    /// A role or user (ARN) that must keep its access, as with `protected_principals`; may be given several times
    #[arg(long = "protect", value_name = "ARN", value_parser = values::principal_arn)]
    pub protected: Vec<String>,
    /// Which findings make the exit code 1
    #[arg(long, default_value = "error")]
    pub fail_on: FailOn,
    /// How to print
    #[arg(short = 'o', long, default_value = "table")]
    pub output: PlanFormat,
    /// How to reach AWS.
    #[command(flatten)]
    pub aws: AwsArguments,
}

/// `restore`.
#[derive(Args, Debug)]
#[command(
    override_usage = "terraform-provider-eksauth restore [OPTIONS] --cluster <NAME> [NAME|--file <FILE>]",
    after_help = "Without NAME and --file the copies are listed, the newest first. With one of them the difference is shown, and the copy is put back after \
                  a `yes` at the terminal or with --yes. Only the sections mapRoles, mapUsers and mapAccounts are written. Findings in the copy \
                  are shown as warnings. If the lock-out guard refuses, the exit code is 1; EKSAUTH_LOCKOUT_ACK acknowledges a finding."
)]
pub struct RestoreArguments {
    /// The copy, as the list names it
    #[arg(value_name = "NAME", conflicts_with = "file")]
    pub name: Option<String>,
    /// The cluster's name or ARN
    #[arg(long, value_name = "NAME", value_parser = values::cluster_name)]
    pub cluster: String,
    /// A copy in a file: a ConfigMap in YAML or JSON, or `-` for standard input
    #[arg(long, value_name = "FILE")]
    pub file: Option<PathBuf>,
    /// Put it back without asking first
    #[arg(long)]
    pub yes: bool,
    /// A principal that must keep its access; may be given several times
    #[arg(long = "protect", value_name = "ARN", value_parser = values::principal_arn)]
    pub protected: Vec<String>,
    /// How to print
    #[arg(short = 'o', long, default_value = "table")]
    pub output: Format,
    /// How to reach AWS.
    #[command(flatten)]
    pub aws: AwsArguments,
}

/// `completion`.
#[derive(Args, Debug)]
pub struct CompletionArguments {
    /// The shell
    pub shell: clap_complete::Shell,
}
