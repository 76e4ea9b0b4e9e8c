//! The exact names of STS.
//!
//! A token names the host its verifier will call, so [`Partition::is_sts_host`] compares whole names and never label by label. What surprises:
//! GovCloud's FIPS name of STS carries no `-fips`. Source: the endpoint rules of STS, as aws-iam-authenticator v0.7.18 uses them.

use super::Partition;

/// The host of STS that belongs to no region; only the commercial partition has it.
pub const GLOBAL_STS_HOST: &str = "sts.amazonaws.com";

impl Partition {
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
        }) = StsHost::parse(host)
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
    fn parse(host: &'h str) -> Option<StsHost<'h>> {
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

#[cfg(test)]
mod tests {
    use super::*;

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
