//! Import ids: the object's own id and, as hashicorp/aws 6 takes it, the region after an `@`.

use eksauth_core::principal::partition::Partition;

use super::cluster::NamedCluster;

/// An import id in its parts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImportId<'a> {
    /// The object.
    pub object: &'a str,
    /// The region, where one is given.
    pub region: Option<&'a str>,
    /// The account, where the ARN of a cluster says it.
    pub account: Option<&'a str>,
}

impl<'a> ImportId<'a> {
    /// Splits off a region. A cluster that is named by its ARN has it in there. What follows the last `@` and is no region's name belongs to the object: role names may have an `@`.
    pub fn parse(id: &'a str) -> Self {
        match id.rsplit_once('@') {
            Some((object, region)) if Partition::of_region(region).is_some() => Self {
                object,
                region: Some(region),
                account: None,
            },
            _ => Self::from_cluster_arn(id).unwrap_or(Self {
                object: id,
                region: None,
                account: None,
            }),
        }
    }

    /// An id that begins with a cluster's ARN: the object begins with its name.
    fn from_cluster_arn(id: &'a str) -> Option<Self> {
        let cluster = id.split(['#', ',']).next()?;
        let NamedCluster {
            region, account, ..
        } = NamedCluster::parse(cluster);
        let (_, object) = id.split_once(":cluster/")?;
        let partition = Partition::of_region(region?)?;
        let is_sound = cluster.strip_prefix("arn:")?.split(':').next() == Some(partition.id());
        is_sound.then_some(Self {
            object,
            region,
            account,
        })
    }

    /// A cluster's name that stands within an id, where the region may follow it too: `prod@eu-central-1#…`. `None` where there is no name, or
    /// where the id ends with another region.
    pub fn within(&self, cluster: &'a str) -> Option<Self> {
        let named = ImportId::parse(cluster);
        let is_clear =
            named.region.is_none() || self.region.is_none() || named.region == self.region;
        let region = named.region.or(self.region);
        (is_clear && !named.object.is_empty()).then_some(Self {
            object: named.object,
            region,
            account: named.account.or(self.account),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_region_is_split_off_and_nothing_else() {
        assert_eq!(
            ImportId::parse("prod@eu-central-1"),
            ImportId {
                object: "prod",
                region: Some("eu-central-1"),
                account: None,
            }
        );
        assert_eq!(
            ImportId::parse("prod"),
            ImportId {
                object: "prod",
                region: None,
                account: None,
            }
        );
        assert_eq!(
            ImportId::parse("role@team"),
            ImportId {
                object: "role@team",
                region: None,
                account: None,
            }
        );
        assert_eq!(
            ImportId::parse(
                "arn:aws:eks:eu-central-1:111122223333:cluster/prod#arn:aws:iam::111122223333:role/a"
            ),
            ImportId {
                object: "prod#arn:aws:iam::111122223333:role/a",
                region: Some("eu-central-1"),
                account: Some("111122223333"),
            }
        );
        assert_eq!(
            ImportId::parse("arn:aws:eks:eu-central-1:111122223333:cluster/prod"),
            ImportId {
                object: "prod",
                region: Some("eu-central-1"),
                account: Some("111122223333"),
            }
        );
        assert_eq!(
            ImportId::parse("prod#arn:aws:iam::111122223333:user/a@b.example@us-gov-west-1"),
            ImportId {
                object: "prod#arn:aws:iam::111122223333:user/a@b.example",
                region: Some("us-gov-west-1"),
                account: None,
            }
        );
    }

    #[test]
    fn the_arn_of_a_cluster_says_its_account_and_has_the_partition_of_its_region() {
        let arn = "arn:aws:eks:eu-central-1:111122223333:cluster/prod";
        for (id, cluster) in [
            (format!("{arn}#444455556666"), "prod".to_owned()),
            (format!("{arn}/apps/reader"), arn.to_owned()),
        ] {
            let id = ImportId::parse(&id);
            assert_eq!(
                id.within(&cluster),
                Some(ImportId {
                    object: "prod",
                    region: Some("eu-central-1"),
                    account: Some("111122223333"),
                })
            );
        }
        let elsewhere = arn.replace("arn:aws:", "arn:aws-cn:");
        assert_eq!(ImportId::parse(&elsewhere).object, elsewhere);
    }

    #[test]
    fn a_region_may_follow_the_clusters_name_within_an_id() {
        let region = |region| ImportId {
            object: "prod",
            region,
            account: None,
        };
        let whole = ImportId::parse("prod#444455556666");
        assert_eq!(whole.within("prod"), Some(region(None)));
        assert_eq!(
            whole.within("prod@eu-central-1"),
            Some(region(Some("eu-central-1")))
        );
        let ending = ImportId::parse("prod#444455556666@eu-central-1");
        assert_eq!(ending.within("prod"), Some(region(Some("eu-central-1"))));
        assert_eq!(
            ending.within("prod@eu-central-1"),
            Some(region(Some("eu-central-1")))
        );
        assert_eq!(ending.within("prod@eu-west-1"), None);
        assert_eq!(whole.within("@eu-west-1"), None);
    }
}
