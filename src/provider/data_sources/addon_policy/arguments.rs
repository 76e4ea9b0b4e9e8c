//! From the attributes to the arguments of the catalogue, as far as they are known.

use std::collections::BTreeSet;

use eksauth_core::iam_policy::addon_policy::{AddonArgument, AddonArguments, ArgumentValue};
use tf_provider::Attr;

use super::AddonPolicyModel;
use crate::attributes::addon::AddonChoice;
use crate::attributes::values::known_set;

impl AddonPolicyModel {
    /// The add-on that is asked for.
    pub(super) fn choice(&self) -> AddonChoice {
        AddonChoice {
            name: self.name.clone(),
            version: self.version.clone(),
            narrow: self.narrow.clone(),
            arguments: self.arguments(),
        }
    }

    /// What is set.
    pub(super) fn arguments(&self) -> AddonArguments {
        let mut arguments = AddonArguments::default();
        for argument in AddonArgument::ALL {
            if let Some(value) = self.value(argument) {
                arguments.set(argument, value);
            }
        }
        arguments
    }

    fn value(&self, argument: AddonArgument) -> Option<ArgumentValue> {
        match argument {
            AddonArgument::AccessLogs => flag(&self.access_logs),
            AddonArgument::CertificateArns => texts(&self.certificate_arns),
            AddonArgument::CertificateAuthorityArns => texts(&self.certificate_authority_arns),
            AddonArgument::CloudMap => flag(&self.cloud_map),
            AddonArgument::CloudwatchLogs => flag(&self.cloudwatch_logs),
            AddonArgument::ClusterName => text(&self.cluster_name),
            AddonArgument::ClusterNames => texts(&self.cluster_names),
            AddonArgument::DbClusterArns => texts(&self.db_cluster_arns),
            AddonArgument::DbInstanceArns => texts(&self.db_instance_arns),
            AddonArgument::DirectoryBucketArns => texts(&self.directory_bucket_arns),
            AddonArgument::FileSystemArns => texts(&self.file_system_arns),
            AddonArgument::HostedZoneArns => texts(&self.hosted_zone_arns),
            AddonArgument::IpFamily => text(&self.ip_family),
            AddonArgument::KmsKeyArns => texts(&self.kms_key_arns),
            AddonArgument::MeshArns => texts(&self.mesh_arns),
            AddonArgument::NodeRoleArns => texts(&self.node_role_arns),
            AddonArgument::PushSecrets => flag(&self.push_secrets),
            AddonArgument::ReadOnly => flag(&self.read_only),
            AddonArgument::Region => text(&self.region),
            AddonArgument::S3BucketArns => texts(&self.s3_bucket_arns),
            AddonArgument::S3Prefixes => texts(&self.s3_prefixes),
            AddonArgument::SecretsManagerArns => texts(&self.secrets_manager_arns),
            AddonArgument::SqsQueueArns => texts(&self.sqs_queue_arns),
            AddonArgument::SsmParameterArns => texts(&self.ssm_parameter_arns),
            AddonArgument::TargetGroupArns => texts(&self.target_group_arns),
            AddonArgument::WorkspaceArns => texts(&self.workspace_arns),
        }
    }
}

fn texts(attribute: &Attr<BTreeSet<Attr<String>>>) -> Option<ArgumentValue> {
    match known_set(attribute) {
        None => Some(ArgumentValue::Undecided),
        Some(texts) => Some(ArgumentValue::Texts(texts.into_iter().collect())),
    }
}

fn text(attribute: &Attr<String>) -> Option<ArgumentValue> {
    match attribute {
        Attr::Null => None,
        Attr::Unknown => Some(ArgumentValue::Undecided),
        Attr::Known(text) => Some(ArgumentValue::Text(text.clone())),
    }
}

fn flag(attribute: &Attr<bool>) -> Option<ArgumentValue> {
    match attribute {
        Attr::Null => None,
        Attr::Unknown => Some(ArgumentValue::Undecided),
        Attr::Known(flag) => Some(ArgumentValue::Flag(*flag)),
    }
}
