//! A kubeconfig for one cluster: what the command `kubeconfig` writes into a file that is new. No token is in it and none is asked for.
//!
//! API actions: eks:DescribeCluster.

use eksauth_core::kubeconfig::Program;
use serde::{Deserialize, Serialize};
use tf_provider::{Attr, Attribute, Context, DataSource, Diagnostics, Schema, Validator};

use crate::attributes::cluster::{check_cluster_name, region_attribute};
use crate::attributes::kubeconfig::{check_command, check_entry_name, check_profile};
use crate::client::Client;
use crate::clusters::{ConnectionRequest, DESCRIBE_CLUSTER, LIST_CLUSTERS};
use crate::config::rules;
use crate::data_sources::computed::text;
use crate::permissions::{DeclaresPermissions, Permissions};

mod diagnostics;

#[cfg(test)]
mod tests;

/// The name of this binary, as it is found in PATH.
pub const PROGRAM: &str = "terraform-provider-eksauth";

/// The data source `eksauth_kubeconfig`.
pub struct KubeconfigDataSource;

/// The attributes in schema order.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct KubeconfigModel {
    /// The name.
    pub cluster_name: Attr<String>,
    /// The region.
    pub region: Attr<String>,
    /// The context's name.
    pub context: Attr<String>,
    /// The name of the user's entry.
    pub user: Attr<String>,
    /// `token` or `aws`.
    pub exec: Attr<String>,
    /// The path or name of this binary.
    pub command: Attr<String>,
    /// The role that is assumed first.
    pub role_arn: Attr<String>,
    /// The profile.
    pub profile: Attr<String>,
    /// The text.
    pub content: Attr<String>,
}

impl DeclaresPermissions for KubeconfigDataSource {
    const PERMISSIONS: Permissions = Permissions {
        aws: &[DESCRIBE_CLUSTER, LIST_CLUSTERS],
        ..Permissions::NONE
    };
}

impl DataSource for KubeconfigDataSource {
    type Client = Client;
    type Model = KubeconfigModel;

    const NAME: &'static str = "eksauth_kubeconfig";

    fn schema(&self) -> Schema {
        let optional = || Attribute::string().optional();
        Schema::new(
            "A kubeconfig for one cluster, for whoever uses `kubectl` there. It has no token and no key: its user is a command that makes a token from the \
             credentials of whoever runs `kubectl`. The command line's `kubeconfig` puts the same entries into a file that others wrote in.",
        )
        .attribute(
            "cluster_name",
            optional()
                .computed()
                .validate(Validator::string(check_cluster_name))
                .description("Name of the cluster, or its ARN; the provider's `cluster_name` unless set."),
        )
        .attribute("region", region_attribute().computed())
        .attribute(
            "context",
            optional()
                .computed()
                .validate(Validator::string(check_entry_name))
                .description("Name of the context; the cluster's ARN unless set, as with `aws eks update-kubeconfig`."),
        )
        .attribute(
            "user",
            optional()
                .computed()
                .validate(Validator::string(check_entry_name))
                .description(
                    "Name of the user's entry; the cluster's ARN unless set. Set it where one person reaches the cluster with several roles.",
                ),
        )
        .attribute(
            "exec",
            optional()
                .computed()
                .validate(Validator::one_of(&["token", "aws"]))
                .description("What makes tokens: `token`, this binary (the default), or `aws`, which is `aws eks get-token`."),
        )
        .attribute(
            "command",
            optional()
                .validate(Validator::string(check_command))
                .description("Path of this binary where `kubectl` runs; by default its name, `terraform-provider-eksauth`, which is looked for in PATH. Only with `exec = \"token\"`."),
        )
        .attribute(
            "role_arn",
            optional()
                .validate(Validator::string(rules::role_arn))
                .description("ARN of a role that is assumed before the token is made. Not needed with a profile that assumes it."),
        )
        .attribute(
            "profile",
            optional()
                .validate(Validator::string(check_profile))
                .description("Profile of the shared configuration that the token is made with, on the machine where `kubectl` runs."),
        )
        .attribute("content", text("The text of the kubeconfig. The context is its current context."))
    }

    fn validate(&self, config: &KubeconfigModel, told: &mut Diagnostics) {
        let is_aws = config.exec.known().is_some_and(|exec| exec == "aws");
        if is_aws && config.command.known().is_some() {
            told.push(diagnostics::command_of_another_program());
        }
    }

    async fn read(
        &self,
        cx: &Context<Client>,
        config: KubeconfigModel,
    ) -> Result<KubeconfigModel, Diagnostics> {
        let clusters = cx.client.clusters();
        let cluster = clusters
            .existing(&config.cluster_name, &config.region)
            .await?;
        let exec = config.exec.known().map_or("token", String::as_str);
        let program = match exec {
            "aws" => Program::Aws,
            _ => Program::Token {
                command: config
                    .command
                    .known()
                    .cloned()
                    .unwrap_or_else(|| PROGRAM.to_owned()),
            },
        };
        let connection = cluster.connection(ConnectionRequest {
            context: config.context.known().cloned(),
            user: config.user.known().cloned(),
            program,
            role_arn: config.role_arn.known().cloned(),
            profile: config.profile.known().cloned(),
        })?;
        Ok(KubeconfigModel {
            cluster_name: cluster.reference.named_as(&config.cluster_name),
            region: Attr::Known(cluster.reference.region.clone()),
            exec: Attr::Known(exec.to_owned()),
            content: Attr::Known(connection.fresh()),
            context: Attr::Known(connection.context),
            user: Attr::Known(connection.user),
            ..config
        })
    }
}
