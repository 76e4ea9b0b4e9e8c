//! AWS partitions: ids, DNS suffixes and which region belongs where.
//!
//! What surprises: GovCloud shares `amazonaws.com` with the commercial partition. Source: the SDK's partition table, as aws-iam-authenticator
//! v0.7.18 uses it.

use std::fmt;

use thiserror::Error;

mod sts_host;

pub use sts_host::GLOBAL_STS_HOST;

/// One of the eight partitions that the authenticator knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Partition {
    /// `aws`, the commercial regions.
    Aws,
    /// `aws-cn`, the regions of China.
    AwsCn,
    /// `aws-us-gov`, GovCloud (US).
    AwsUsGov,
    /// `aws-iso`, isolated regions (US).
    AwsIso,
    /// `aws-iso-b`, isolated regions (US).
    AwsIsoB,
    /// `aws-iso-e`, isolated regions (Europe).
    AwsIsoE,
    /// `aws-iso-f`, isolated regions (US).
    AwsIsoF,
    /// `aws-eusc`, the European Sovereign Cloud.
    AwsEusc,
}

/// A text that is no partition id.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error(
    "`{id}` is not an AWS partition; known are aws, aws-cn, aws-us-gov, aws-iso, aws-iso-b, aws-iso-e, aws-iso-f and aws-eusc"
)]
pub struct PartitionError {
    /// The text as given.
    pub id: String,
}

impl Partition {
    /// All partitions, in the order in which regions are looked up.
    pub const ALL: [Partition; 8] = [
        Partition::Aws,
        Partition::AwsCn,
        Partition::AwsUsGov,
        Partition::AwsIso,
        Partition::AwsIsoB,
        Partition::AwsIsoE,
        Partition::AwsIsoF,
        Partition::AwsEusc,
    ];

    /// Reads a partition id; ids are case-sensitive.
    pub fn parse(id: &str) -> Result<Partition, PartitionError> {
        Partition::ALL
            .into_iter()
            .find(|partition| partition.id() == id)
            .ok_or_else(|| PartitionError { id: id.to_owned() })
    }

    /// The partition whose region pattern matches, or none for a name that no partition would have.
    pub fn of_region(region: &str) -> Option<Partition> {
        Partition::ALL
            .into_iter()
            .find(|partition| partition.has_region(region))
    }

    /// The id as it stands in ARNs, such as `aws-us-gov`.
    pub fn id(self) -> &'static str {
        match self {
            Partition::Aws => "aws",
            Partition::AwsCn => "aws-cn",
            Partition::AwsUsGov => "aws-us-gov",
            Partition::AwsIso => "aws-iso",
            Partition::AwsIsoB => "aws-iso-b",
            Partition::AwsIsoE => "aws-iso-e",
            Partition::AwsIsoF => "aws-iso-f",
            Partition::AwsEusc => "aws-eusc",
        }
    }

    /// The suffix of service hosts, without a leading dot.
    pub fn dns_suffix(self) -> &'static str {
        match self {
            Partition::Aws | Partition::AwsUsGov => "amazonaws.com",
            Partition::AwsCn => "amazonaws.com.cn",
            Partition::AwsIso => "c2s.ic.gov",
            Partition::AwsIsoB => "sc2s.sgov.gov",
            Partition::AwsIsoE => "cloud.adc-e.uk",
            Partition::AwsIsoF => "csp.hci.ic.gov",
            Partition::AwsEusc => "amazonaws.eu",
        }
    }

    /// The suffix of dual-stack hosts that a cluster's verifier accepts.
    ///
    /// The isolated partitions have such suffixes in the SDK, but the verifier's own table has none for them, so they count as none here.
    pub fn dual_stack_suffix(self) -> Option<&'static str> {
        match self {
            Partition::Aws | Partition::AwsUsGov => Some("api.aws"),
            Partition::AwsCn => Some("api.amazonwebservices.com.cn"),
            Partition::AwsEusc => Some("api.amazonwebservices.eu"),
            Partition::AwsIso | Partition::AwsIsoB | Partition::AwsIsoE | Partition::AwsIsoF => {
                None
            }
        }
    }

    /// True if the region's name has the shape of this partition's regions, such as `cn-<word>-<number>`.
    pub fn has_region(self, region: &str) -> bool {
        let prefixes: &[&str] = match self {
            Partition::Aws => &[
                "us-", "eu-", "ap-", "sa-", "ca-", "me-", "af-", "il-", "mx-",
            ],
            Partition::AwsCn => &["cn-"],
            Partition::AwsUsGov => &["us-gov-"],
            Partition::AwsIso => &["us-iso-"],
            Partition::AwsIsoB => &["us-isob-"],
            Partition::AwsIsoE => &["eu-isoe-"],
            Partition::AwsIsoF => &["us-isof-"],
            Partition::AwsEusc => &["eusc-de-"],
        };
        prefixes
            .iter()
            .any(|prefix| region.strip_prefix(prefix).is_some_and(is_word_and_number))
    }

    /// The audience service account tokens carry for STS unless told otherwise.
    ///
    /// It is `sts.amazonaws.com` in every partition. China's own guides also show `sts.amazonaws.com.cn`; that works only if the
    /// service account's annotation, the provider's client ids and the trust policy all say so.
    pub fn default_audience(self) -> &'static str {
        "sts.amazonaws.com"
    }

    /// The audience that China's guides use beside the default, where the partition has one.
    pub fn alternative_audience(self) -> Option<&'static str> {
        (self == Partition::AwsCn).then_some("sts.amazonaws.com.cn")
    }
}

impl fmt::Display for Partition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.id())
    }
}

impl std::str::FromStr for Partition {
    type Err = PartitionError;

    fn from_str(id: &str) -> Result<Self, Self::Err> {
        Partition::parse(id)
    }
}

/// `<word>-<number>`, the tail of a region's name, in lower case.
fn is_word_and_number(tail: &str) -> bool {
    let Some((word, number)) = tail.split_once('-') else {
        return false;
    };
    let is_word = !word.is_empty()
        && word
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit());
    is_word && !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_region_belongs_to_the_partition_whose_pattern_it_has() {
        let found: Vec<_> = [
            "us-east-1",
            "cn-north-1",
            "us-gov-west-1",
            "us-iso-east-1",
            "us-isob-east-1",
            "eu-isoe-west-1",
            "us-isof-south-1",
            "eusc-de-east-1",
            "mx-central-1",
            "us-east",
            "aws-global",
            "US-EAST-1",
            "eusc-fr-east-1",
            "us-east-1-lax-1",
            "",
        ]
        .map(Partition::of_region)
        .into_iter()
        .collect();
        assert_eq!(
            found,
            [
                Some(Partition::Aws),
                Some(Partition::AwsCn),
                Some(Partition::AwsUsGov),
                Some(Partition::AwsIso),
                Some(Partition::AwsIsoB),
                Some(Partition::AwsIsoE),
                Some(Partition::AwsIsoF),
                Some(Partition::AwsEusc),
                Some(Partition::Aws),
                None,
                None,
                None,
                None,
                None,
                None,
            ]
        );
    }

    #[test]
    fn every_partition_reads_back_from_its_id() {
        for partition in Partition::ALL {
            assert_eq!(Partition::parse(partition.id()), Ok(partition));
        }
        assert_eq!(
            Partition::parse("AWS").unwrap_err().to_string(),
            "`AWS` is not an AWS partition; known are aws, aws-cn, aws-us-gov, aws-iso, aws-iso-b, aws-iso-e, aws-iso-f and aws-eusc"
        );
    }
}
