//! STS as the one who knows whose a token is, as the command line's flags reach it.

use std::sync::Arc;

use eksauth_cloud::{StsClient, StsClientSettings};
use eksauth_core::principal::partition::Partition;
use eksauth_core::token::{Identity, StsRequest, Verifier};
use eksauth_provider::access::token_verification::{self, Unverified};
use eksauth_provider::ports::TokenSts;

use crate::command::{AwsArguments, StsArguments};
use crate::failure::Failure;
use crate::session;

/// The way to STS.
pub struct Sts {
    client: Arc<dyn TokenSts>,
}

impl Sts {
    /// A way that was not used yet.
    ///
    /// # Errors
    /// An address, a CA or a proxy that cannot be used.
    pub async fn new(arguments: &StsArguments) -> Result<Self, Failure> {
        let client = StsClient::new(StsClientSettings {
            connect_to: arguments.sts_connect.clone().map(Into::into),
            ca_bundle: arguments.sts_ca.clone(),
        })
        .await?;
        Ok(Self {
            client: Arc::new(client),
        })
    }

    /// The same where `--sts-connect` is not given: by the endpoints, proxies and CAs of the environment and the profile, as every other call of ours.
    /// An endpoint is where the request goes; which hosts a token may name it does not change.
    ///
    /// # Errors
    /// As [`new`](Self::new), or a profile that is not there.
    pub async fn of_environment(
        arguments: &StsArguments,
        aws: &AwsArguments,
    ) -> Result<Self, Failure> {
        if arguments.sts_connect.is_some() {
            return Self::new(arguments).await;
        }
        let client = session::token_sts(aws, arguments.sts_ca.clone()).await?;
        Ok(Self { client })
    }

    /// The way as the rules ask for it.
    pub fn client(&self) -> &dyn TokenSts {
        self.client.as_ref()
    }

    /// Asks once.
    ///
    /// # Errors
    /// STS refused, or did not answer within ten seconds.
    pub async fn identity(&self, request: &StsRequest) -> Result<Identity, Unverified> {
        token_verification::identity(request, self.client.as_ref()).await
    }
}

/// Who verifies, from the command line's words.
///
/// # Errors
/// A partition that does not exist.
pub fn verifier(
    cluster_id: &str,
    partition: Option<&str>,
    region: Option<String>,
) -> Result<Verifier, Failure> {
    let partition = partition
        .map(Partition::parse)
        .transpose()
        .map_err(|error| Failure::new(error.to_string()))?;
    Ok(token_verification::verifier(cluster_id, partition, region))
}

/// The region that is given, else that of the environment.
pub fn region(given: Option<&str>) -> Option<String> {
    let variable = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    given
        .map(str::to_owned)
        .or_else(|| variable("AWS_REGION"))
        .or_else(|| variable("AWS_DEFAULT_REGION"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_partition_is_the_given_one_else_that_of_the_region_else_aws() {
        let partition = |given, region: Option<&str>| {
            verifier("prod", given, region.map(str::to_owned)).map(|one| one.partition.id())
        };
        assert_eq!(partition(None, None).ok(), Some("aws"));
        assert_eq!(partition(None, Some("cn-north-1")).ok(), Some("aws-cn"));
        assert_eq!(
            partition(Some("aws-us-gov"), Some("cn-north-1")).ok(),
            Some("aws-us-gov")
        );
        assert!(partition(Some("aws-mars"), None).is_err());
    }
}
