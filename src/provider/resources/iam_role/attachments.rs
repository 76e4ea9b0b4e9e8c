//! What hangs on a role and keeps it from being deleted.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use super::ManagedRole;
use crate::attributes::values::{known_map, known_set};
use crate::ports::iam::InlinePolicies;
use crate::ports::{ApiError, IamApi};

/// One thing that hangs on it, in the order in which they are listed. Displayed as kind and name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Attachment {
    /// A managed policy, by ARN.
    ManagedPolicy(String),
    /// An inline policy, by name.
    InlinePolicy(String),
    /// An instance profile that it is in, by name.
    InstanceProfile(String),
}

impl Attachment {
    /// Takes it away; IAM takes what is gone already for a success.
    pub(super) async fn take_away(&self, iam: &dyn IamApi, role: &str) -> Result<(), ApiError> {
        match self {
            Self::ManagedPolicy(arn) => iam.detach_role_policy(role, arn).await,
            Self::InlinePolicy(name) => iam.delete_role_policy(role, name).await,
            Self::InstanceProfile(name) => iam.remove_role_from_instance_profile(role, name).await,
        }
    }

    /// The action that takes it away.
    pub(super) fn removal(&self) -> &'static str {
        match self {
            Self::ManagedPolicy(_) => "iam:DetachRolePolicy",
            Self::InlinePolicy(_) => "iam:DeleteRolePolicy",
            Self::InstanceProfile(_) => "iam:RemoveRoleFromInstanceProfile",
        }
    }
}

impl fmt::Display for Attachment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (kind, name) = match self {
            Self::ManagedPolicy(arn) => ("managed policy", arn),
            Self::InlinePolicy(name) => ("inline policy", name),
            Self::InstanceProfile(name) => ("instance profile", name),
        };
        write!(f, "{kind:<16}  {name}")
    }
}

/// All that hangs on a role.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Attachments {
    /// Each by its name.
    pub(super) all: BTreeSet<Attachment>,
    /// The texts of the inline policies, by name.
    inline_policies: BTreeMap<String, String>,
}

impl Attachments {
    /// What hangs on it now; `None` where the role is gone.
    pub(super) async fn read(iam: &dyn IamApi, role: &str) -> Result<Option<Self>, ApiError> {
        let Some(details) = iam.role_details(role, InlinePolicies::Read).await? else {
            return Ok(None);
        };
        let profiles = iam.instance_profiles_of_role(role).await?;
        let inline_policies = details.inline_policies.unwrap_or_default();
        let mut found = Self::from_policies(details.attached_policies, inline_policies);
        let profiles = profiles.into_iter().map(Attachment::InstanceProfile);
        found.all.extend(profiles);
        Ok(Some(found))
    }

    /// What this resource attached.
    pub(super) fn of_state(state: &ManagedRole) -> Self {
        Self::from_policies(
            known_set(&state.policy_arns).unwrap_or_default(),
            known_map(&state.inline_policies).unwrap_or_default(),
        )
    }

    fn from_policies(managed: BTreeSet<String>, inline_policies: BTreeMap<String, String>) -> Self {
        let managed = managed.into_iter().map(Attachment::ManagedPolicy);
        let inline = inline_policies
            .keys()
            .cloned()
            .map(Attachment::InlinePolicy);
        Self {
            all: managed.chain(inline).collect(),
            inline_policies,
        }
    }

    /// The text of one of them, where it is an inline policy.
    pub(super) fn document(&self, one: &Attachment) -> Option<String> {
        match one {
            Attachment::InlinePolicy(name) => self.inline_policies.get(name).cloned(),
            Attachment::ManagedPolicy(_) | Attachment::InstanceProfile(_) => None,
        }
    }

    /// Puts one of them back.
    pub(super) async fn put_back(
        &self,
        iam: &dyn IamApi,
        role: &str,
        one: &Attachment,
    ) -> Result<(), ApiError> {
        match one {
            Attachment::ManagedPolicy(arn) => iam.attach_role_policy(role, arn).await,
            Attachment::InlinePolicy(name) => {
                let document = self.document(one).unwrap_or_default();
                iam.put_role_policy(role, name, &document).await
            }
            Attachment::InstanceProfile(name) => {
                let Err(error) = iam.add_role_to_instance_profile(role, name).await else {
                    return Ok(());
                };
                // IAM refuses a profile that has its one role, also where it is this one: it was not left after all.
                match iam.instance_profiles_of_role(role).await {
                    Ok(profiles) if profiles.contains(name) => Ok(()),
                    _ => Err(error),
                }
            }
        }
    }
}
