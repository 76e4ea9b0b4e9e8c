//! The life of an IAM role as a resource; the resources that manage one differ in whom the role trusts.
//!
//! A resource's model says what of it is the role ([`RoleModel`]) and makes the trust policy. Everything else about the role is here: names, settings,
//! policies and tags, adoption, what an apply could not complete, removal, import and `moved`.

use std::collections::{BTreeMap, BTreeSet};

use tf_provider::Attr;

mod attachments;
mod being_made;
pub(crate) mod diagnostics;
mod existing;
mod flatten;
mod holders;
mod identity;
mod import_detaches;
mod inline_policies;
mod left_behind;
mod lifecycle;
mod lookup;
pub(crate) mod moved;
mod name;
pub(crate) mod named_arns;
pub(crate) mod node_policy;
mod node_role_room;
mod others;
mod passing_on;
pub(crate) mod permissions;
mod plan;
mod preflight;
mod removal;
pub(crate) mod rules;
pub(crate) mod schema;
mod trust_differences;
pub(crate) mod trust_size;
mod unfinished;
mod write;

pub(crate) use flatten::spelt_as;
pub use identity::RoleIdentity;
pub(crate) use lifecycle::{create, delete, import, import_identity, read, update};
use node_policy::LegacySystem;
pub(crate) use plan::{announce, give_up, note_in_state, settle};

/// The attributes of a role, whatever it trusts.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ManagedRole {
    /// `eksauth_irsa_role`.
    pub(crate) resource_type: &'static str,
    pub(crate) name: Attr<String>,
    /// What the name begins with, where it is generated.
    pub(crate) name_prefix: Attr<String>,
    /// `/` or `/a/b/`.
    pub(crate) path: Attr<String>,
    pub(crate) description: Attr<String>,
    /// Seconds.
    pub(crate) max_session_duration: Attr<i64>,
    /// ARN of a managed policy.
    pub(crate) permissions_boundary: Attr<String>,
    /// Whether destroy takes away what others attached.
    pub(crate) force_detach_policies: Attr<bool>,
    /// Managed policies.
    pub(crate) policy_arns: Attr<BTreeSet<Attr<String>>>,
    /// Whether managed policies of others are detached.
    pub(crate) exclusive_policy_arns: Attr<bool>,
    /// Inline policies by name.
    pub(crate) inline_policies: Attr<BTreeMap<String, Attr<String>>>,
    /// `error` or `adopt`.
    pub(crate) on_conflict: Attr<String>,
    /// Which of the policies come from `addon_policies`.
    pub(crate) addon_parts: AddonParts,
    /// Tags as configured.
    pub(crate) tags: Attr<BTreeMap<String, Attr<String>>>,
    /// The role's ARN, with its path.
    pub(crate) arn: Attr<String>,
    /// `AROA…`.
    pub(crate) unique_id: Attr<String>,
    /// The trust policy.
    pub(crate) assume_role_policy: Attr<String>,
    /// Whether it was there before.
    pub(crate) adopted: Attr<bool>,
    /// All tags.
    pub(crate) tags_all: Attr<BTreeMap<String, Attr<String>>>,
    /// What node roles assume the role with.
    pub(crate) system: LegacySystem,
    /// The policies that this resource puts on node roles, by the node role's ARN; null for a resource that puts none.
    pub(crate) node_policies: Attr<BTreeMap<String, Attr<String>>>,
}

/// Of a role's policies those that come from `addon_policies`, as far as they are known.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct AddonParts {
    /// Managed policies by ARN.
    pub(crate) arns: BTreeSet<String>,
    /// Inline policies by name.
    pub(crate) inline: BTreeSet<String>,
}

/// The model of a resource that manages a role.
pub trait RoleModel: Clone {
    /// What of it is the role.
    fn role(&self) -> ManagedRole;

    /// The model with another role, and with what follows from that.
    fn with_role(self, role: ManagedRole) -> Self;

    /// The model with the texts of its inline policies as a state has them, attribute by attribute, where they mean the same.
    fn spelt_as(self, prior: &Self) -> Self;

    /// A model with the attributes that would have made a trust policy, and no others.
    fn from_trust_policy(document: &str) -> Self;
}

fn about(name: &str) -> String {
    format!("Role `{name}`")
}
