//! STS as the one who knows whose a token is: the request that the judge made goes out once, and its answer is judged again.

use eksauth_cloud::{StsDoor, StsDoorSettings};
use eksauth_core::partition::Partition;
use eksauth_core::token::{Identity, Refusal, StsRequest, Verifier};
use eksauth_provider::ports::ErrorKind;

use crate::command::StsArguments;
use crate::failure::Failure;

/// The way to STS.
#[derive(Debug)]
pub struct Sts {
    door: StsDoor,
}

/// A token that STS did not vouch for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unverified {
    /// Why.
    pub refusal: Refusal,
    /// What lies below, where STS could not be reached; without secrets.
    pub causes: Vec<String>,
}

impl Sts {
    /// A way that was not used yet.
    ///
    /// # Errors
    /// An address, a CA or a proxy that cannot be used.
    pub fn new(arguments: &StsArguments) -> Result<Self, Failure> {
        let door = StsDoor::new(StsDoorSettings {
            connect_to: arguments.sts_connect.clone(),
            ca_bundle: arguments.sts_ca.clone(),
        })?;
        Ok(Self { door })
    }

    /// Asks once.
    ///
    /// # Errors
    /// STS refused, or did not answer within ten seconds.
    pub async fn identity(&self, request: &StsRequest) -> Result<Identity, Unverified> {
        match self.door.ask(request).await {
            Ok(answer) => request
                .answer(answer.status, &answer.body)
                .map_err(|refusal| Unverified {
                    refusal,
                    causes: Vec::new(),
                }),
            Err(error) => Err(Unverified {
                refusal: match error.kind {
                    ErrorKind::AnswerLost => Refusal::StsRead,
                    _ => Refusal::StsTransport,
                },
                causes: error.causes,
            }),
        }
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
    let partition = match partition {
        Some(id) => Partition::parse(id).map_err(|error| Failure::new(error.to_string()))?,
        None => region
            .as_deref()
            .and_then(Partition::of_region)
            .unwrap_or(Partition::Aws),
    };
    Ok(Verifier {
        cluster_id: cluster_id.to_owned(),
        partition,
        region,
    })
}

/// The region that is given, else that of the environment.
pub fn region(given: Option<&str>) -> Option<String> {
    let of = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    given
        .map(str::to_owned)
        .or_else(|| of("AWS_REGION"))
        .or_else(|| of("AWS_DEFAULT_REGION"))
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
