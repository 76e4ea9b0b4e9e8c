//! From `cluster_name` and `region` of an object, and what the provider block says beside them, to the cluster that is meant. Asks nobody.

use std::collections::BTreeMap;
use std::fmt;

use tf_provider::{Attr, Diagnostics};

use super::diagnostics;
use super::lookup::Clusters;
use crate::attributes::cluster::NamedCluster;
use crate::ports::ClusterAccess;

/// A cluster that is meant, whether or not it exists.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ClusterRef {
    /// Its name.
    pub name: String,
    /// Its region.
    pub region: String,
}

impl ClusterRef {
    /// What an object has as its `cluster_name`: what was configured, be it a name or an ARN, else the name.
    pub(crate) fn named_as(&self, configured: &Attr<String>) -> Attr<String> {
        match configured {
            Attr::Known(text) if NamedCluster::parse(text).name == self.name => {
                Attr::Known(text.clone())
            }
            _ => Attr::Known(self.name.clone()),
        }
    }
}

impl fmt::Display for ClusterRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Cluster `{}` in region `{}`", self.name, self.region)
    }
}

impl Clusters {
    /// The cluster a resource means: its own attributes, else the provider's defaults. Give it the configuration's values (or, on read,
    /// the state's), so that null still means "not set". Unknown while any of what decides is.
    ///
    /// # Errors
    /// Neither the resource nor the provider block names a cluster, or nothing names a region.
    pub fn resolve(
        &self,
        cluster_name: &Attr<String>,
        region: &Attr<String>,
    ) -> Result<Attr<ClusterRef>, Diagnostics> {
        let settings = self.session.settings();
        let name = match (cluster_name, &settings.cluster_name) {
            (Attr::Known(name), _) | (Attr::Null, Attr::Known(name)) => name.clone(),
            (Attr::Unknown, _) | (Attr::Null, Attr::Unknown) => return Ok(Attr::Unknown),
            (Attr::Null, Attr::Null) => return Err(diagnostics::no_cluster_name().into()),
        };
        let access = self.access(&name);
        if access.is_unknown() || region.is_unknown() {
            return Ok(Attr::Unknown);
        }
        let named = NamedCluster::parse(&name);
        let of_arns = [Some(named), self.same_by_arn(named.name)];
        let of_arn = of_arns
            .into_iter()
            .flatten()
            .find(|named| named.region.is_some());
        if let (Some(region), Some(of_arn)) = (region.known(), named.region)
            && region != of_arn
        {
            return Err(diagnostics::region_is_not_that_of_arn(&name, region).into());
        }
        let region = region
            .known()
            .map(String::as_str)
            .or(named.region)
            .or_else(|| access.known()?.region.as_deref())
            .or_else(|| of_arn?.region);
        let reference = match (region, &settings.region) {
            (Some(region), _) => Attr::Known(region.to_owned()),
            (None, region) => region.clone(),
        };
        let reference = match reference {
            Attr::Known(region) => Attr::Known(ClusterRef {
                name: named.name.to_owned(),
                region,
            }),
            Attr::Unknown => Attr::Unknown,
            Attr::Null => self.in_ambient_region(named.name.to_owned())?,
        };
        if let (Attr::Known(reference), Some(account)) =
            (&reference, of_arn.and_then(|named| named.account))
        {
            self.expect_account(reference, account);
        }
        Ok(reference)
    }

    /// The cluster of a name as the provider block's `cluster_name` or a key of its `clusters` has it by ARN.
    fn same_by_arn(&self, name: &str) -> Option<NamedCluster<'_>> {
        let settings = self.session.settings();
        let keys = settings
            .clusters
            .known()
            .into_iter()
            .flat_map(BTreeMap::keys);
        settings
            .cluster_name
            .known()
            .into_iter()
            .chain(keys)
            .map(|text| NamedCluster::parse(text))
            .find(|named| named.region.is_some() && named.name == name)
    }

    /// How to reach the cluster of a name; unknown where the provider block's entry is.
    pub fn access(&self, name: &str) -> Attr<ClusterAccess> {
        match &self.session.settings().clusters {
            Attr::Unknown => Attr::Unknown,
            Attr::Null => Attr::Known(ClusterAccess::default()),
            Attr::Known(clusters) => match clusters.get(name).or_else(|| {
                let mut others = clusters.iter();
                others
                    .find(|(key, _)| NamedCluster::is_same(key, name))
                    .map(|(_, access)| access)
            }) {
                None | Some(Attr::Null) => Attr::Known(ClusterAccess::default()),
                Some(access) => access.clone(),
            },
        }
    }

    fn in_ambient_region(&self, name: String) -> Result<Attr<ClusterRef>, Diagnostics> {
        let Some(cloud) = self.session.cloud() else {
            return Ok(Attr::Unknown);
        };
        match cloud.region() {
            Some(region) => Ok(Attr::Known(ClusterRef { name, region })),
            None => Err(diagnostics::no_region(&name, self.session.settings().surface).into()),
        }
    }
}
