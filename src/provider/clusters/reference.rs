//! From `cluster_name` and `region` of an object, and what the provider block says beside them, to the cluster that is meant. Asks nobody.

use std::fmt;

use tf_provider::{Attr, Diagnostics};

use super::diagnostics;
use super::lookup::Clusters;
use crate::ports::ClusterAccess;

/// A cluster that is meant, whether or not it exists.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ClusterRef {
    /// Its name.
    pub name: String,
    /// Its region.
    pub region: String,
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
        let named = region.known().or_else(|| access.known()?.region.as_ref());
        match (named, &settings.region) {
            (Some(region), _) | (None, Attr::Known(region)) => Ok(Attr::Known(ClusterRef {
                name,
                region: region.clone(),
            })),
            (None, Attr::Unknown) => Ok(Attr::Unknown),
            (None, Attr::Null) => self.in_ambient_region(name),
        }
    }

    /// How to reach the cluster of a name; unknown where the provider block's entry is.
    pub fn access(&self, name: &str) -> Attr<ClusterAccess> {
        match &self.session.settings().clusters {
            Attr::Unknown => Attr::Unknown,
            Attr::Null => Attr::Known(ClusterAccess::default()),
            Attr::Known(clusters) => match clusters.get(name) {
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
