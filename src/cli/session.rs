//! From the command line's flags to clients, exactly as a provider block with nothing else in it would have them.

use std::sync::Arc;

use eksauth_cloud::{Factory, SystemClock};
use eksauth_core::access::cluster_access::Principal;
use eksauth_provider::Client;
use eksauth_provider::attributes::cluster::NamedCluster;
use eksauth_provider::clusters::{ClusterRef, FoundCluster};
use eksauth_provider::config::Settings;
use eksauth_provider::config::{Acknowledgements, LOCKOUT_ACK_VARIABLE as VARIABLE};
use eksauth_provider::ports::cloud::AssumeRole;
use eksauth_provider::ports::sts::CallerIdentity;
use eksauth_provider::ports::{AwsSettings, CloudFactory, ErrorKind, Surface, TokenSts};
use tf_provider::Attr;

use crate::command::AwsArguments;
use crate::failure::Failure;

/// The clients.
///
/// # Errors
/// Flags or files that cannot be used.
pub async fn connect(
    arguments: &AwsArguments,
    assume_role: Option<AssumeRole>,
) -> Result<Client, Failure> {
    let settings = Settings::default();
    connect_with(arguments, assume_role, settings).await
}

/// The clients of a command that writes: these principals must keep their access.
///
/// # Errors
/// As [`connect`].
pub async fn connect_to_write(
    arguments: &AwsArguments,
    protected: &[String],
) -> Result<Client, Failure> {
    let settings = Settings {
        protected_principals: protected.to_vec(),
        ..Settings::default()
    };
    connect_with(arguments, None, settings).await
}

/// The flags for a question about a cluster: the ARN of one says its region where no flag does, for calls that name no cluster too.
pub fn beside_cluster(arguments: &AwsArguments, cluster: Option<&str>) -> AwsArguments {
    let of_arn = cluster.and_then(|cluster| NamedCluster::parse(cluster).region);
    AwsArguments {
        region: arguments.region.clone().or(of_arn.map(str::to_owned)),
        ..arguments.clone()
    }
}

/// STS as it is asked about tokens.
///
/// # Errors
/// Flags or files that cannot be used.
pub async fn token_sts(
    arguments: &AwsArguments,
    ca_bundle: Option<String>,
) -> Result<Arc<dyn TokenSts>, Failure> {
    let settings = AwsSettings {
        custom_ca_bundle: ca_bundle,
        ..aws_settings(arguments)
    };
    Ok(Factory::new().connect(settings).await?.token_sts()?)
}

fn aws_settings(arguments: &AwsArguments) -> AwsSettings {
    AwsSettings {
        region: arguments.region.clone(),
        profile: arguments.profile.clone(),
        user_agent: format!("terraform-provider-eksauth/{}", env!("CARGO_PKG_VERSION")),
        surface: Surface::CommandLine,
        ..AwsSettings::default()
    }
}

async fn connect_with(
    arguments: &AwsArguments,
    assume_role: Option<AssumeRole>,
    settings: Settings,
) -> Result<Client, Failure> {
    let aws = AwsSettings {
        assume_role: assume_role.into_iter().collect(),
        ..aws_settings(arguments)
    };
    let cloud = Factory::new().connect(aws).await?;
    let settings = Settings {
        region: Attr::from(arguments.region.clone()),
        acknowledgements: Acknowledgements::parse(&std::env::var(VARIABLE).unwrap_or_default()),
        surface: Surface::CommandLine,
        ..settings
    };
    Ok(Client::new(settings, Some(cloud), Arc::new(SystemClock)))
}

/// The cluster of a name.
///
/// # Errors
/// No region, no such cluster, or one that cannot be asked.
pub async fn cluster(client: &Client, name: &str) -> Result<Arc<FoundCluster>, Failure> {
    let reference = reference(client, name)?;
    match client.clusters().find(&reference).await? {
        Some(found) => Ok(found),
        None => {
            let text = client.clusters().missing_text(&reference).await;
            Err(Failure::new(text))
        }
    }
}

/// The name with the region that the flags, the environment or the profile give.
///
/// # Errors
/// No region.
pub fn reference(client: &Client, name: &str) -> Result<ClusterRef, Failure> {
    match client
        .clusters()
        .resolve(&Attr::Known(name.to_owned()), &Attr::Null)?
    {
        Attr::Known(reference) => Ok(reference),
        Attr::Null | Attr::Unknown => Err(Failure::new(format!(
            "the region of cluster `{name}` is not known; give --region"
        ))),
    }
}

/// Who calls. STS is asked in a region.
///
/// # Errors
/// No region, no credentials.
pub async fn identity(client: &Client) -> Result<CallerIdentity, Failure> {
    let has_region = client.cloud().is_none_or(|cloud| cloud.region().is_some());
    match client.identity().await {
        Err(error) if error.kind == ErrorKind::Invalid && !has_region => Err(Failure::new(
            "Missing Region: No region is known, and STS is asked in one. Give --region, or have AWS_REGION or the profile's `region` say it.",
        )),
        told => Ok(told?),
    }
}

/// Whom a cluster compares its entries with, of a caller.
///
/// # Errors
/// The ARN that STS reports is no caller's.
pub(crate) fn principal(identity: &CallerIdentity) -> Result<Principal, Failure> {
    Principal::from_caller(&identity.arn)
        .map_err(|error| Failure::new(format!("`{}`: {error}", identity.arn)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_arn_of_a_cluster_says_the_region_where_no_flag_does() {
        let region = |flag: Option<&str>, cluster: Option<&str>| {
            let arguments = AwsArguments {
                region: flag.map(str::to_owned),
                ..AwsArguments::default()
            };
            beside_cluster(&arguments, cluster).region
        };
        let arn = "arn:aws-cn:eks:cn-north-1:111122223333:cluster/prod";
        assert_eq!(region(None, Some(arn)).as_deref(), Some("cn-north-1"));
        let flag = region(Some("eu-central-1"), Some(arn));
        assert_eq!(flag.as_deref(), Some("eu-central-1"));
        assert_eq!(region(None, Some("prod")), None);
        assert_eq!(region(None, None), None);
    }
}
