//! Who maps whom, ready for every request: requests share one index of the backends, and a change replaces it at once.

use std::sync::{Arc, PoisonError, RwLock};

use eksauth_core::authenticator::backend_findings::backend_findings;
use eksauth_core::authenticator::identity_mapping::{
    Backend, ConfigError, Index, Mappings, Outcome, SsoRoleMatch,
};
use eksauth_core::authenticator::identity_mapping::{DynamicFile, MountedFile};
use eksauth_core::aws_auth::Reading;
use eksauth_core::principal::caller::Caller;

/// The mappings of one backend, before they are joined with the others.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Part {
    /// The configuration file.
    Mounted(Mappings),
    /// aws-auth.
    ConfigMap(Reading),
    /// The dynamic file.
    Dynamic(DynamicFile),
}

impl Part {
    /// How many entries it has, accounts included; unknown for a dynamic file.
    pub(super) fn entries(&self) -> usize {
        match self {
            Part::Mounted(all) => all.roles.len() + all.users.len() + all.accounts.len(),
            Part::ConfigMap(all) => all.roles.len() + all.users.len() + all.accounts.len(),
            Part::Dynamic(_) => 0,
        }
    }

    /// What is worth saying about its entries, a sentence each; aws-auth is for `lint` to judge.
    pub(super) fn findings(&self) -> Vec<String> {
        let found = match self {
            Part::Mounted(mappings) => backend_findings(&mappings.compared()),
            Part::Dynamic(file) => backend_findings(&file.compared()),
            Part::ConfigMap(_) => Vec::new(),
        };
        found.iter().map(ToString::to_string).collect()
    }

    fn backend(&self, reserved_prefixes: Vec<String>) -> Result<Backend, ConfigError> {
        Ok(match self {
            Part::Mounted(mappings) => {
                Backend::MountedFile(MountedFile::new(mappings, reserved_prefixes)?)
            }
            Part::ConfigMap(reading) => Backend::EksConfigMap {
                reading: reading.clone(),
                reserved_prefixes,
            },
            Part::Dynamic(file) => Backend::DynamicFile {
                file: file.clone(),
                reserved_prefixes,
            },
        })
    }
}

fn index(parts: &[Part], reserved_prefixes: &[String]) -> Result<Index, ConfigError> {
    let backends = parts
        .iter()
        .map(|part| part.backend(reserved_prefixes.to_vec()))
        .collect::<Result<_, _>>()?;
    Ok(Index::new(backends))
}

/// The mapper of a server. Requests share it; a change of a backend replaces what they see at once.
#[derive(Debug)]
pub(super) struct Mapper {
    parts: RwLock<Vec<Part>>,
    index: RwLock<Arc<Index>>,
    reserved_prefixes: Vec<String>,
    sso: SsoRoleMatch,
}

impl Mapper {
    /// A mapper of these backends, in their order.
    ///
    /// # Errors
    /// An entry of a configuration file that is not valid.
    pub(super) fn new(
        parts: Vec<Part>,
        reserved_prefixes: Vec<String>,
        sso: SsoRoleMatch,
    ) -> Result<Self, ConfigError> {
        let index = Arc::new(index(&parts, &reserved_prefixes)?);
        Ok(Self {
            parts: RwLock::new(parts),
            index: RwLock::new(index),
            reserved_prefixes,
            sso,
        })
    }

    /// Puts a new version of a backend in the place of the old one.
    ///
    /// # Errors
    /// An entry of a configuration file that is not valid; everything stays as it was.
    pub(super) fn replace(&self, position: usize, part: Part) -> Result<(), ConfigError> {
        let mut parts = self.parts.write().unwrap_or_else(PoisonError::into_inner);
        let mut changed = parts.clone();
        if let Some(place) = changed.get_mut(position) {
            *place = part;
        }
        let index = Arc::new(index(&changed, &self.reserved_prefixes)?);
        *parts = changed;
        *self.index.write().unwrap_or_else(PoisonError::into_inner) = index;
        Ok(())
    }

    /// Whether a backend has these mappings already.
    pub(super) fn has(&self, position: usize, part: &Part) -> bool {
        let parts = self.parts.read().unwrap_or_else(PoisonError::into_inner);
        parts.get(position) == Some(part)
    }

    /// What is worth saying about the entries of all backends, a sentence each.
    pub(super) fn findings(&self) -> Vec<String> {
        let parts = self.parts.read().unwrap_or_else(PoisonError::into_inner);
        parts.iter().flat_map(Part::findings).collect()
    }

    /// Maps a caller.
    pub(super) fn map(&self, caller: &Caller) -> Outcome {
        let index = Arc::clone(&self.index.read().unwrap_or_else(PoisonError::into_inner));
        // Names of instances are EC2's to tell, and this server does not ask EC2.
        index.map(caller, self.sso, &|_| None)
    }

    /// Entries of all backends together.
    pub(super) fn entries(&self) -> usize {
        let parts = self.parts.read().unwrap_or_else(PoisonError::into_inner);
        parts.iter().map(Part::entries).sum()
    }
}

#[cfg(test)]
mod tests;
