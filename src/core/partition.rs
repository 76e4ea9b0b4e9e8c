//! AWS partitions: ids, DNS suffixes, which region belongs where, and the exact names of STS.
//!
//! What surprises: GovCloud shares `amazonaws.com` with the commercial partition, and its FIPS name of STS carries no `-fips`.
//! A token names the host its verifier will call, so [`Partition::is_sts_host`] compares whole names and never label by label.
//! Sources: the SDK's partition table and the endpoint rules of STS, as aws-iam-authenticator v0.7.18 uses them.

use std::fmt;

use thiserror::Error;

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

/// The host of STS that belongs to no region; only the commercial partition has it.
pub const GLOBAL_STS_HOST: &str = "sts.amazonaws.com";

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

    /// The public host of STS in a region: `sts.<region>.<suffix>`. Tokens are minted for this one.
    pub fn sts_host(self, region: &str) -> String {
        format!("sts.{region}.{}", self.dns_suffix())
    }

    /// Every host of STS in a region of this partition: plain, FIPS, dual-stack and both.
    ///
    /// GovCloud has no FIPS name of its own under `amazonaws.com`, because its plain endpoint is the FIPS one.
    pub fn sts_hosts(self, region: &str) -> Vec<String> {
        let mut hosts = vec![self.sts_host(region)];
        if self != Partition::AwsUsGov {
            hosts.push(format!("sts-fips.{region}.{}", self.dns_suffix()));
        }
        if let Some(suffix) = self.dual_stack_suffix() {
            hosts.push(format!("sts.{region}.{suffix}"));
            hosts.push(format!("sts-fips.{region}.{suffix}"));
        }
        hosts
    }

    /// True if `host` is exactly one of the names of STS in this partition.
    ///
    /// `configured_region` is the verifier's own region; it counts even where its name fits no pattern (a region younger than this
    /// table). Stricter than the reference, which lets any label pass under the commercial suffix.
    pub fn is_sts_host(self, host: &str, configured_region: Option<&str>) -> bool {
        if host == GLOBAL_STS_HOST {
            return self == Partition::Aws;
        }
        let Some(StsHost {
            is_fips,
            region,
            suffix,
        }) = StsHost::of(host)
        else {
            return false;
        };
        let is_dual_stack = self.dual_stack_suffix() == Some(suffix);
        let is_plain = self.dns_suffix() == suffix;
        if self.has_region(region) {
            return is_dual_stack || is_plain && !(is_fips && self == Partition::AwsUsGov);
        }
        configured_region == Some(region) && self.is_sts_host_of_foreign_region(host, region)
    }

    /// The names of STS in a region that is not of this partition's pattern: plain and dual-stack with this partition's suffixes, and what the
    /// SDK resolves, which gives a region that it does not know the commercial names, those of FIPS included.
    fn is_sts_host_of_foreign_region(self, host: &str, region: &str) -> bool {
        let suffixes = [Some(self.dns_suffix()), self.dual_stack_suffix()];
        let mut suffixes = suffixes.into_iter().flatten();
        let of_globals = || Partition::parse(region.strip_suffix("-global")?).ok();
        let resolved = Partition::of_region(region)
            .or_else(of_globals)
            .unwrap_or(Partition::Aws);
        suffixes.any(|suffix| {
            let is_resolved = host
                .strip_suffix(suffix)
                .is_some_and(|labels| labels.ends_with('.'))
                && resolved.sts_hosts(region).iter().any(|name| name == host);
            is_resolved || host == format!("sts.{region}.{suffix}")
        })
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

/// The parts of a host that could be one of STS.
struct StsHost<'h> {
    is_fips: bool,
    /// Lower-case letters, digits and inner hyphens.
    region: &'h str,
    /// Everything after the region and its dot.
    suffix: &'h str,
}

impl<'h> StsHost<'h> {
    fn of(host: &'h str) -> Option<StsHost<'h>> {
        let (is_fips, rest) = match host.strip_prefix("sts-fips.") {
            Some(rest) => (true, rest),
            None => (false, host.strip_prefix("sts.")?),
        };
        let (region, suffix) = rest.split_once('.')?;
        let is_inner =
            |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        let could_be = !region.is_empty()
            && region.bytes().all(is_inner)
            && !region.starts_with('-')
            && !region.ends_with('-');
        could_be.then_some(StsHost {
            is_fips,
            region,
            suffix,
        })
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

    #[test]
    fn govcloud_has_a_fips_name_only_in_the_dual_stack_form() {
        assert_eq!(
            Partition::AwsUsGov.sts_hosts("us-gov-west-1"),
            [
                "sts.us-gov-west-1.amazonaws.com",
                "sts.us-gov-west-1.api.aws",
                "sts-fips.us-gov-west-1.api.aws"
            ]
        );
        assert!(!Partition::AwsUsGov.is_sts_host("sts-fips.us-gov-west-1.amazonaws.com", None));
    }

    #[test]
    fn the_commercial_and_the_government_verifier_refuse_each_others_hosts() {
        assert!(Partition::Aws.is_sts_host("sts.us-east-1.amazonaws.com", None));
        assert!(!Partition::AwsUsGov.is_sts_host("sts.us-east-1.amazonaws.com", None));
        assert!(!Partition::Aws.is_sts_host("sts.us-gov-west-1.amazonaws.com", None));
    }

    #[test]
    fn every_name_of_sts_is_known_and_none_of_another_form() {
        for partition in Partition::ALL {
            let region = match partition {
                Partition::Aws => "eu-west-1",
                Partition::AwsCn => "cn-north-1",
                Partition::AwsUsGov => "us-gov-west-1",
                Partition::AwsIso => "us-iso-east-1",
                Partition::AwsIsoB => "us-isob-east-1",
                Partition::AwsIsoE => "eu-isoe-west-1",
                Partition::AwsIsoF => "us-isof-south-1",
                Partition::AwsEusc => "eusc-de-east-1",
            };
            let names = partition.sts_hosts(region);
            let suffixes = Partition::ALL.into_iter().flat_map(|any| {
                [Some(any.dns_suffix()), any.dual_stack_suffix()]
                    .into_iter()
                    .flatten()
            });
            for suffix in suffixes {
                for service in ["sts", "sts-fips", "sts-fips.sts", "iam"] {
                    let host = format!("{service}.{region}.{suffix}");
                    assert_eq!(
                        partition.is_sts_host(&host, None),
                        names.contains(&host),
                        "{host} in {partition}"
                    );
                }
            }
        }
    }

    #[test]
    fn a_host_is_compared_as_a_whole() {
        for host in [
            "sts.us-west-2.amazonaws.com.evil.example",
            "sts.us-west-2.amazonaws.com:443",
            "sts.us-west-2.amazonaws.com.",
            "STS.us-west-2.amazonaws.com",
            "sts.US-WEST-2.amazonaws.com",
            "sts.us-west-2.amazonaws.com.cn",
            "sts.s3.amazonaws.com",
            "sts.not-a-region.amazonaws.com",
            "a.sts.us-west-2.amazonaws.com",
            "sts..amazonaws.com",
            "sts",
            "",
        ] {
            assert!(
                !Partition::Aws.is_sts_host(host, Some("us-west-2")),
                "{host}"
            );
        }
    }

    #[test]
    fn the_configured_region_counts_even_where_no_pattern_knows_it() {
        assert!(Partition::AwsCn.is_sts_host("sts.xx-new-1.amazonaws.com.cn", Some("xx-new-1")));
        assert!(Partition::AwsCn.is_sts_host(
            "sts.xx-new-1.api.amazonwebservices.com.cn",
            Some("xx-new-1")
        ));
        assert!(
            !Partition::AwsCn.is_sts_host("sts-fips.xx-new-1.amazonaws.com.cn", Some("xx-new-1"))
        );
        assert!(!Partition::AwsCn.is_sts_host("sts.xx-new-1.amazonaws.com.cn", None));
    }

    #[test]
    fn a_region_that_the_sdk_does_not_know_has_the_commercial_names_and_fips_among_them() {
        let accepted = |partition: Partition, region: &str| -> Vec<String> {
            let mut hosts: Vec<String> = Partition::ALL
                .into_iter()
                .flat_map(|partition| partition.sts_hosts(region))
                .chain([
                    format!("sts-fips.{region}.amazonaws.com"),
                    format!("sts-fips.{region}.api.aws"),
                ])
                .filter(|host| partition.is_sts_host(host, Some(region)))
                .collect();
            hosts.sort();
            hosts.dedup();
            hosts
        };
        assert_eq!(
            accepted(Partition::Aws, "xx-new-1"),
            [
                "sts-fips.xx-new-1.amazonaws.com",
                "sts-fips.xx-new-1.api.aws",
                "sts.xx-new-1.amazonaws.com",
                "sts.xx-new-1.api.aws",
            ]
        );
        assert_eq!(
            accepted(Partition::AwsUsGov, "xx-new-1"),
            accepted(Partition::Aws, "xx-new-1")
        );
        assert_eq!(
            accepted(Partition::AwsIso, "xx-new-1"),
            ["sts.xx-new-1.c2s.ic.gov"]
        );
        assert_eq!(
            accepted(Partition::AwsCn, "us-isob-east-1"),
            [
                "sts.us-isob-east-1.amazonaws.com.cn",
                "sts.us-isob-east-1.api.amazonwebservices.com.cn"
            ]
        );
        assert_eq!(
            accepted(Partition::Aws, "aws-cn-global"),
            [
                "sts.aws-cn-global.amazonaws.com",
                "sts.aws-cn-global.api.aws",
            ]
        );
        assert_eq!(
            accepted(Partition::Aws, "us-gov-west-1"),
            [
                "sts-fips.us-gov-west-1.api.aws",
                "sts.us-gov-west-1.amazonaws.com",
                "sts.us-gov-west-1.api.aws",
            ]
        );
    }
}
