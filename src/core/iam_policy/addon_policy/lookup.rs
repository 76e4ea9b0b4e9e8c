//! Which add-on a name means.

use super::addon::{Addon, listed};
use super::catalogue::ADDONS;
use super::error::AddonPolicyError;
use crate::nearness::nearest;

impl Addon {
    /// All add-ons, by name.
    pub fn all() -> &'static [Addon] {
        ADDONS
    }

    /// The add-on of that name; spelling with `_`, capitals or `attach_…_policy` does not matter.
    pub fn find(name: &str) -> Result<&'static Addon, AddonPolicyError> {
        let wanted = letters(name);
        let is_called = |addon: &&Addon| addon.names().any(|known| letters(known) == wanted);
        ADDONS.iter().find(is_called).ok_or_else(|| {
            let names: Vec<String> = ADDONS
                .iter()
                .flat_map(|addon| addon.names().map(letters))
                .collect();
            let meant = nearest(&wanted, &names);
            AddonPolicyError::UnknownAddon {
                name: name.to_owned(),
                nearest_name: ADDONS
                    .iter()
                    .find(|addon| {
                        addon
                            .names()
                            .any(|known| meant == Some(letters(known).as_str()))
                    })
                    .map(|addon| addon.name),
                known: listed(ADDONS.iter().map(|addon| addon.name)),
            }
        })
    }

    fn names(&self) -> impl Iterator<Item = &'static str> + use<> {
        std::iter::once(self.name).chain(self.aliases.iter().copied())
    }
}

/// What a name is told by: what it has beside hyphens and spaces, without what a module's switch has around it.
fn letters(name: &str) -> String {
    let name = name.to_lowercase().replace('_', "-");
    let name = name.strip_prefix("attach-").unwrap_or(&name);
    let name = name.strip_suffix("-policy").unwrap_or(name);
    name.chars().filter(|c| !matches!(c, '-' | ' ')).collect()
}
