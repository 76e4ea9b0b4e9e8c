//! The arguments of the commands that bring a person into a cluster: kubeconfig and aws-profile.

use std::path::PathBuf;

use clap::{ArgGroup, Args, ValueEnum};

use super::{AwsArguments, values};

/// What kubectl runs for a token.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum ExecName {
    /// `token` of this binary.
    #[default]
    Token,
    /// `aws eks get-token`.
    Aws,
}

/// `kubeconfig`.
#[derive(Args, Debug)]
#[command(
    after_help = "The file is that of --kubeconfig, else the first of KUBECONFIG that has the context, else the first of them that is there, else the first of \
                  them, else ~/.kube/config. What others wrote in it stays byte by byte, comments and order too. An entry of the same name with other contents is \
                  refused (exit code 1) unless --overwrite is given; a context's namespace and a cluster's proxy stay then too. The current context is set where there \
                  is none, and otherwise only with --set-current (`aws eks update-kubeconfig` always sets it). A new file is for its owner only (0600), a file that is there \
                  keeps its mode. The names are those of `aws eks update-kubeconfig`, and so is the text with --exec aws. A second run changes nothing. No \
                  token and no key is ever in what is written."
)]
pub struct KubeconfigArguments {
    /// The cluster's name or ARN
    #[arg(long, visible_alias = "name", value_name = "NAME", value_parser = values::cluster_name)]
    pub cluster: String,
    /// The kubeconfig
    #[arg(long, value_name = "FILE")]
    pub kubeconfig: Option<PathBuf>,
    /// The context's name; the cluster's ARN unless given
    #[arg(long, value_name = "NAME", value_parser = values::entry_name)]
    pub alias: Option<String>,
    /// The name of the user's entry; the cluster's ARN unless given. Give one for each role with which you reach the cluster
    #[arg(long, value_name = "NAME", value_parser = values::entry_name)]
    pub user_alias: Option<String>,
    /// What kubectl runs for a token
    #[arg(long, value_name = "NAME", default_value = "token")]
    pub exec: ExecName,
    /// The path or name of this binary in the kubeconfig; by default its name where that is found in PATH, else its path
    #[arg(long, value_name = "PATH", value_parser = values::command)]
    pub command: Option<String>,
    /// A role that is assumed before the token is made; the cluster is looked up without it
    #[arg(long, value_name = "ARN", value_parser = values::role_arn)]
    pub role_arn: Option<String>,
    /// Make the context the current one
    #[arg(long)]
    pub set_current: bool,
    /// Overwrite entries of the same names with other contents
    #[arg(long)]
    pub overwrite: bool,
    /// Show what would change and write nothing
    #[arg(long)]
    pub dry_run: bool,
    /// How to reach AWS; the profile is written into the kubeconfig too.
    #[command(flatten)]
    pub aws: AwsArguments,
}

/// `aws-profile`.
#[derive(Args, Debug)]
#[command(
    group(ArgGroup::new("source").required(true).args(["source_profile", "credential_source"])),
    after_help = "Prints only: append it to ~/.aws/config yourself (`>> ~/.aws/config`), because only you know what stands there under that name. With --mfa-serial the AWS \
                  command line asks for the code, and `token` cannot: use `kubeconfig --exec aws` with such a profile. A role that is assumed by the session of another \
                  role lives an hour at most, whatever --duration says."
)]
pub struct AwsProfileArguments {
    /// The role that is assumed
    #[arg(long, value_name = "ARN", value_parser = values::role_arn)]
    pub role_arn: String,
    /// The profile's name; by default the role's
    #[arg(long, value_name = "NAME")]
    pub name: Option<String>,
    /// The profile whose credentials assume the role
    #[arg(long, value_name = "NAME")]
    pub source_profile: Option<String>,
    /// Where else the credentials come from: Environment, Ec2InstanceMetadata or EcsContainer
    #[arg(long, value_name = "SOURCE")]
    pub credential_source: Option<String>,
    /// The profile's region
    #[arg(long, value_parser = values::region)]
    pub region: Option<String>,
    /// The external id that the role's trust policy asks for
    #[arg(long, value_name = "ID")]
    pub external_id: Option<String>,
    /// The MFA device that the role's trust policy asks for: its ARN or serial number
    #[arg(long, value_name = "ARN|SERIAL")]
    pub mfa_serial: Option<String>,
    /// The session's name
    #[arg(long, value_name = "NAME", value_parser = values::session_name)]
    pub session_name: Option<String>,
    /// How long the session lives, in seconds
    #[arg(long, value_name = "SECONDS")]
    pub duration: Option<u32>,
}
