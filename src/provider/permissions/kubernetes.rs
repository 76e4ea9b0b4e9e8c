//! Permissions in a cluster, in the shape of a rule of RBAC.

use super::Need;

/// Verbs that are needed on one kind of object for one reason.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KubernetesRule {
    /// `get`, `patch`.
    pub verbs: &'static [&'static str],
    /// The empty text is the core group.
    pub api_group: &'static str,
    /// `configmaps`.
    pub resource: &'static str,
    /// Empty: all of them. RBAC cannot name what is created or listed.
    pub names: &'static [&'static str],
    /// `None`: in the whole cluster.
    pub namespace: Option<&'static str>,
    /// Whether the object can do without.
    pub need: Need,
}
