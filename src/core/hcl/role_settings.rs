//! Everything of a role but its trust, as `eksauth_irsa_role` holds it, because an import answers for all of it.

use std::collections::{BTreeMap, BTreeSet};

use super::{Block, list, map, quoted};

/// The role as IAM has it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RoleSettings {
    /// Its name.
    pub name: String,
    /// `/` or `/a/b/`.
    pub path: String,
    /// Empty: none.
    pub description: String,
    /// Seconds.
    pub max_session_duration: i32,
    /// ARN of its permissions boundary.
    pub permissions_boundary: Option<String>,
    /// Its tags.
    pub tags: BTreeMap<String, String>,
    /// ARNs of its managed policies.
    pub policy_arns: BTreeSet<String>,
    /// Its inline policies, JSON by name.
    pub inline_policies: BTreeMap<String, String>,
}

impl RoleSettings {
    /// Sets what is not the default.
    pub(crate) fn set_in(&self, block: &mut Block) {
        block.set("name", quoted(&self.name));
        if self.path != "/" {
            block.set("path", quoted(&self.path));
        }
        if !self.description.is_empty() {
            block.set("description", quoted(&self.description));
        }
        if self.max_session_duration != 3600 {
            block.set(
                "max_session_duration",
                self.max_session_duration.to_string(),
            );
        }
        if let Some(boundary) = &self.permissions_boundary {
            block.set("permissions_boundary", quoted(boundary));
        }
        if !self.policy_arns.is_empty() {
            block.set("policy_arns", list(&self.policy_arns));
        }
        if !self.inline_policies.is_empty() {
            block.set("inline_policies", map(&self.inline_policies));
        }
        // Tags of AWS itself, such as those of CloudFormation, cannot be set and are left where they are.
        let mut tags = self.tags.clone();
        tags.retain(|key, _| !key.to_ascii_lowercase().starts_with("aws:"));
        if !tags.is_empty() {
            block.set("tags", map(&tags));
        }
    }
}
