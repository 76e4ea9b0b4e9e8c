//! The attributes that every cluster-scoped object has, described once.

use eksauth_core::principal::arn::AccountId;
use eksauth_core::principal::partition::Partition;
use tf_provider::schema::Invalid;
use tf_provider::{Attribute, Validator};

/// `cluster_name`: the provider's default where it is not set. Once in a state it stays, whatever the default becomes.
pub fn cluster_name_attribute() -> Attribute {
    Attribute::string()
        .optional()
        .computed()
        .keep()
        .validate(Validator::string(check_cluster_name))
        .description(
            "Name of the cluster, or its ARN; the provider's `cluster_name` unless set. Pass `aws_eks_cluster.this.id`, which is unknown while the \
             cluster is being created or replaced, so that nothing is planned against the old one.",
        )
}

/// `region`: the provider's where it is not set.
pub fn region_attribute() -> Attribute {
    Attribute::string()
        .optional()
        .validate(Validator::string(check_region))
        .description(
            "Region of the cluster; that of the provider's `clusters` for it, or the provider's `region` unless set.",
        )
}

/// `cluster_arn` of a resource: what the state remembers of account and region.
pub fn cluster_arn_attribute() -> Attribute {
    Attribute::string().computed().keep().description(
        "ARN of the cluster. The account and region in it are compared in every run: in another place nothing is read or written.",
    )
}

/// `cluster_issuer`: what the state remembers to tell a cluster from another one of the same name.
pub fn cluster_issuer_attribute() -> Attribute {
    Attribute::string().computed().keep().description(
        "OIDC issuer of the cluster, which is new with every cluster: another one under the same name means that the cluster was replaced.",
    )
}

/// A cluster as somebody names it: by its name, or by its ARN, which says more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NamedCluster<'a> {
    /// Its name.
    pub name: &'a str,
    /// Its region, where an ARN says it.
    pub region: Option<&'a str>,
    /// Its account, where an ARN says it.
    pub account: Option<&'a str>,
}

impl<'a> NamedCluster<'a> {
    /// Takes an ARN of a cluster apart; every other text is a name.
    pub fn parse(text: &'a str) -> Self {
        Self::from_arn(text).unwrap_or(Self {
            name: text,
            region: None,
            account: None,
        })
    }

    fn from_arn(arn: &'a str) -> Option<Self> {
        let mut parts = arn.splitn(6, ':');
        let (scheme, partition, service) = (parts.next()?, parts.next()?, parts.next()?);
        let (region, account, resource) = (parts.next()?, parts.next()?, parts.next()?);
        let name = resource.strip_prefix("cluster/")?;
        let is_arn = scheme == "arn"
            && Partition::parse(partition).is_ok()
            && service == "eks"
            && check_region(region).is_ok()
            && AccountId::parse(account).is_ok()
            && is_name(name);
        is_arn.then_some(Self {
            name,
            region: Some(region),
            account: Some(account),
        })
    }

    /// Whether two texts name the same cluster, as far as they say it.
    pub fn is_same(one: &str, other: &str) -> bool {
        let agree = |one: Option<&str>, other: Option<&str>| {
            one.is_none() || other.is_none() || one == other
        };
        let (one, other) = (NamedCluster::parse(one), NamedCluster::parse(other));
        one.name == other.name
            && agree(one.region, other.region)
            && agree(one.account, other.account)
    }
}

fn is_name(name: &str) -> bool {
    let is_inner = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    let is_first = name
        .bytes()
        .next()
        .is_some_and(|byte| byte.is_ascii_alphanumeric());
    is_first && name.len() <= 100 && name.bytes().all(is_inner)
}

/// The rule of EKS on cluster names; the ARN of a cluster stands for its name.
///
/// # Errors
/// What a name looks like.
pub fn check_cluster_name(name: &str) -> Result<(), Invalid> {
    if is_name(name) || NamedCluster::from_arn(name).is_some() {
        return Ok(());
    }
    let hint = match name.starts_with("arn:") {
        true => {
            " This is an ARN, and not that of a cluster, which looks like `arn:aws:eks:eu-central-1:111122223333:cluster/prod`."
        }
        false => "",
    };
    Err(Invalid::new(
        "Invalid Cluster Name",
        format!(
            "`{name}` is not a cluster's name: 1 to 100 letters, digits, hyphens and underscores, a letter or digit first.{hint}"
        ),
    ))
}

/// A region's name by its shape only: regions are added faster than tables.
///
/// # Errors
/// What a name looks like.
pub fn check_region(region: &str) -> Result<(), Invalid> {
    let parts: Vec<&str> = region.split('-').collect();
    let is_word = |part: &&str| {
        !part.is_empty()
            && part
                .bytes()
                .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
    };
    let ends_in_number = parts
        .last()
        .is_some_and(|part| part.bytes().all(|byte| byte.is_ascii_digit()));
    if parts.len() >= 3 && parts.iter().all(is_word) && ends_in_number {
        return Ok(());
    }
    Err(Invalid::new(
        "Invalid Region",
        format!("`{region}` is not a region's name; it looks like `eu-central-1`."),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wrong_cluster_name_is_refused_with_what_would_be_right() {
        assert_eq!(check_cluster_name("prod_1-a"), Ok(()));
        assert_eq!(
            check_cluster_name("arn:aws:eks:eu-central-1:111122223333:nodegroup/prod")
                .unwrap_err()
                .detail,
            "`arn:aws:eks:eu-central-1:111122223333:nodegroup/prod` is not a cluster's name: 1 to 100 letters, digits, hyphens and underscores, \
             a letter or digit first. This is an ARN, and not that of a cluster, which looks like \
             `arn:aws:eks:eu-central-1:111122223333:cluster/prod`."
        );
        assert!(check_cluster_name("").is_err());
        assert!(check_cluster_name("-prod").is_err());
    }

    #[test]
    fn the_arn_of_a_cluster_stands_for_its_name() {
        let arn = "arn:aws-cn:eks:cn-north-1:111122223333:cluster/prod";
        assert_eq!(check_cluster_name(arn), Ok(()));
        assert_eq!(
            NamedCluster::parse(arn),
            NamedCluster {
                name: "prod",
                region: Some("cn-north-1"),
                account: Some("111122223333")
            }
        );
        assert!(NamedCluster::is_same(arn, "prod"));
        assert!(!NamedCluster::is_same(
            arn,
            "arn:aws:eks:eu-central-1:111122223333:cluster/prod"
        ));
        for wrong in [
            "arn:aws:eks:eu-central-1:1111:cluster/prod",
            "arn:aws:eks::111122223333:cluster/prod",
            "arn:aws:eks:eu-central-1:111122223333:cluster/",
            "arn:aws:eks:eu-central-1:111122223333:cluster/prod/x",
            "arn:aws:iam::111122223333:role/prod",
        ] {
            assert!(check_cluster_name(wrong).is_err(), "{wrong}");
            assert_eq!(NamedCluster::parse(wrong).name, wrong);
        }
    }

    #[test]
    fn a_region_is_judged_by_its_shape() {
        for region in [
            "eu-central-1",
            "us-gov-west-1",
            "us-isob-east-1",
            "eusc-de-east-1",
            "xx-new-1",
        ] {
            assert_eq!(check_region(region), Ok(()));
        }
        for wrong in ["", "eu-central", "eu-central-1a", "EU-central-1", "global"] {
            assert!(check_region(wrong).is_err(), "{wrong}");
        }
    }
}
