//! Who maps whom, ready for every request: the backends in their order, found by ARN instead of searched.
//!
//! The rules stay those of `identity_mapping`: for each ARN that some entry names there is a small chain with only what could match it, so
//! that a thousand entries cost one look-up. What has no ARN of its own (permission sets, session ARNs) stands in
//! every chain, and a dynamic file, which may be keyed by unique id, is searched by its own index.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use eksauth_core::aws_auth::{ReadEntry, Reading, Section};
use eksauth_core::identity_mapping::backend::{DynamicFile, MountedFile, RawMapping};
use eksauth_core::identity_mapping::{
    Backend, Caller, ConfigError, Mappings, Outcome, SsoRoleMatch, map,
};

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
        let index = Arc::new(Index::build(&parts, &reserved_prefixes)?);
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
        let index = Arc::new(Index::build(&changed, &self.reserved_prefixes)?);
        *parts = changed;
        *self.index.write().unwrap_or_else(PoisonError::into_inner) = index;
        Ok(())
    }

    /// Whether a backend has these mappings already.
    pub(super) fn has(&self, position: usize, part: &Part) -> bool {
        let parts = self.parts.read().unwrap_or_else(PoisonError::into_inner);
        parts.get(position) == Some(part)
    }

    /// Maps a caller.
    pub(super) fn map(&self, caller: &Caller) -> Outcome {
        let index = Arc::clone(&self.index.read().unwrap_or_else(PoisonError::into_inner));
        // Names of instances are EC2's to tell, and this server does not ask EC2.
        map(caller, index.chain(caller), self.sso, &|_| None)
    }

    /// Entries of all backends together.
    pub(super) fn entries(&self) -> usize {
        let parts = self.parts.read().unwrap_or_else(PoisonError::into_inner);
        parts.iter().map(Part::entries).sum()
    }
}

/// The chains. INVARIANT: for every caller, [`map`] on its chain answers as on `all`, but for positions in a configuration file.
#[derive(Debug)]
struct Index {
    all: Vec<Backend>,
    rest: Vec<Backend>,
    by_arn: HashMap<String, Vec<Backend>>,
}

impl Index {
    fn build(parts: &[Part], reserved: &[String]) -> Result<Self, ConfigError> {
        let all = chain(parts, reserved)?;
        if parts.iter().any(|part| !part.is_divisible()) {
            return Ok(Self {
                rest: all.clone(),
                all,
                by_arn: HashMap::new(),
            });
        }
        let rest: Vec<Part> = parts.iter().map(Part::without_plain_arns).collect();
        let mut narrowed = Narrowed {
            rest: &rest,
            chains: HashMap::new(),
        };
        for (position, part) in parts.iter().enumerate() {
            part.distribute(position, &mut narrowed);
        }
        let by_arn = narrowed
            .chains
            .into_iter()
            .map(|(key, parts)| Ok((key, chain(&parts, reserved)?)))
            .collect::<Result<_, ConfigError>>()?;
        Ok(Self {
            all,
            rest: chain(&rest, reserved)?,
            by_arn,
        })
    }

    fn chain(&self, caller: &Caller) -> &[Backend] {
        let arn = &caller.canonical_arn;
        if !arn.is_ascii() || account_of(arn) != caller.account_id {
            return &self.all;
        }
        self.by_arn
            .get(&arn.to_ascii_lowercase())
            .unwrap_or(&self.rest)
    }
}

fn chain(parts: &[Part], reserved: &[String]) -> Result<Vec<Backend>, ConfigError> {
    let reserved_prefixes = || reserved.to_vec();
    let backend = |part: &Part| {
        Ok(match part {
            Part::Mounted(mappings) => {
                Backend::MountedFile(MountedFile::new(mappings, reserved_prefixes())?)
            }
            Part::ConfigMap(reading) => Backend::EksConfigMap {
                reading: reading.clone(),
                reserved_prefixes: reserved_prefixes(),
            },
            Part::Dynamic(file) => Backend::DynamicFile {
                file: file.clone(),
                reserved_prefixes: reserved_prefixes(),
            },
        })
    };
    parts.iter().map(backend).collect()
}

fn account_of(arn: &str) -> &str {
    arn.split(':').nth(4).unwrap_or_default()
}

/// The look-up key of an entry; none for one that must stand in every chain.
fn key_of(arn: &str) -> Option<String> {
    let lower = arn.to_ascii_lowercase();
    let is_plain = lower.is_ascii() && !lower.is_empty() && !lower.contains(":assumed-role/");
    is_plain.then_some(lower)
}

fn key_of_read(entry: &ReadEntry) -> Option<String> {
    match entry.sso {
        Some(_) => None,
        None => key_of(&entry.arn),
    }
}

fn key_of_raw(entry: &RawMapping) -> Option<String> {
    match entry.sso {
        Some(_) => None,
        None => key_of(&entry.arn),
    }
}

/// The backends by key while they are divided.
struct Narrowed<'r> {
    rest: &'r [Part],
    chains: HashMap<String, Vec<Part>>,
}

impl Narrowed<'_> {
    fn place(&mut self, key: String, position: usize) -> Option<&mut Part> {
        let account = account_of(&key).to_owned();
        let narrow = || {
            let parts = self.rest.iter();
            parts.map(|part| part.of_account(&account)).collect()
        };
        let chain: &mut Vec<Part> = self.chains.entry(key).or_insert_with(narrow);
        chain.get_mut(position)
    }
}

impl Part {
    /// Whether entries may be taken apart by ARN. Those with letters outside ASCII may overwrite others under a key that is not theirs.
    fn is_divisible(&self) -> bool {
        match self {
            Part::Mounted(all) => all
                .roles
                .iter()
                .chain(&all.users)
                .all(|entry| entry.arn.is_ascii()),
            Part::ConfigMap(all) => all
                .roles
                .iter()
                .chain(&all.users)
                .all(|entry| entry.arn.is_ascii()),
            Part::Dynamic(_) => false,
        }
    }

    fn distribute(&self, position: usize, narrowed: &mut Narrowed<'_>) {
        match self {
            Part::Mounted(all) => {
                for (entry, is_role) in all
                    .roles
                    .iter()
                    .map(|role| (role, true))
                    .chain(all.users.iter().map(|user| (user, false)))
                {
                    let place = key_of_raw(entry).and_then(|key| narrowed.place(key, position));
                    if let Some(Part::Mounted(mine)) = place {
                        let list = if is_role {
                            &mut mine.roles
                        } else {
                            &mut mine.users
                        };
                        list.push(entry.clone());
                    }
                }
            }
            Part::ConfigMap(all) => {
                for entry in all.roles.iter().chain(&all.users) {
                    let place = key_of_read(entry).and_then(|key| narrowed.place(key, position));
                    if let Some(Part::ConfigMap(mine)) = place {
                        let list = match entry.section {
                            Section::MapUsers => &mut mine.users,
                            _ => &mut mine.roles,
                        };
                        list.push(entry.clone());
                    }
                }
            }
            Part::Dynamic(_) => {}
        }
    }

    /// The entries that must stand in every chain, and the accounts.
    fn without_plain_arns(&self) -> Part {
        let mut part = self.clone();
        match &mut part {
            Part::Mounted(all) => {
                all.roles.retain(|entry| key_of_raw(entry).is_none());
                all.users.retain(|entry| key_of_raw(entry).is_none());
            }
            Part::ConfigMap(all) => {
                all.roles.retain(|entry| key_of_read(entry).is_none());
                all.users.retain(|entry| key_of_read(entry).is_none());
                all.problems.clear();
            }
            Part::Dynamic(_) => {}
        }
        part
    }

    /// The same with no other account listed than this one.
    fn of_account(&self, account: &str) -> Part {
        let mut part = self.clone();
        match &mut part {
            Part::Mounted(all) => all.accounts.retain(|listed| listed == account),
            Part::ConfigMap(all) => all.accounts.retain(|listed| listed.arn == account),
            Part::Dynamic(_) => {}
        }
        part
    }
}

#[cfg(test)]
mod tests;
