//! What of an IRSA role's attributes is the role, and what is its trust.

use tf_provider::{Attr, Resource};

use super::addon_policies::Policies;
use super::annotations::annotations;
use super::schema::IrsaRoleModel;
use super::{IrsaRoleResource, imported_trust};
use crate::attributes::values::{known_map, known_set};
use crate::resources::iam_role::{AddonParts, ManagedRole, RoleModel, spelt_as};

impl RoleModel for IrsaRoleModel {
    fn role(&self) -> ManagedRole {
        let policies = Policies::of(self);
        ManagedRole {
            resource_type: IrsaRoleResource::NAME,
            name: self.name.clone(),
            name_prefix: self.name_prefix.clone(),
            path: self.path.clone(),
            description: self.description.clone(),
            max_session_duration: self.max_session_duration.clone(),
            permissions_boundary: self.permissions_boundary.clone(),
            force_detach_policies: self.force_detach_policies.clone(),
            policy_arns: policies.all_arns(),
            exclusive_policy_arns: self.exclusive_policy_arns.clone(),
            inline_policies: policies.all_inline(),
            addon_parts: AddonParts {
                arns: known_set(&self.addon_policy_arns).unwrap_or_default(),
                inline: known_map(&self.addon_inline_policies)
                    .unwrap_or_default()
                    .into_keys()
                    .collect(),
            },
            on_conflict: self.on_conflict.clone(),
            tags: self.tags.clone(),
            arn: self.arn.clone(),
            unique_id: self.unique_id.clone(),
            assume_role_policy: self.assume_role_policy.clone(),
            adopted: self.adopted.clone(),
            tags_all: self.tags_all.clone(),
            ..ManagedRole::default()
        }
    }

    fn with_role(self, role: ManagedRole) -> Self {
        let policies = Policies::of(&self).with(role.policy_arns, role.inline_policies);
        Self {
            service_account_annotations: annotations(&role.arn, &self),
            name: role.name,
            name_prefix: role.name_prefix,
            path: role.path,
            description: role.description,
            max_session_duration: role.max_session_duration,
            permissions_boundary: role.permissions_boundary,
            force_detach_policies: role.force_detach_policies,
            policy_arns: policies.arns,
            exclusive_policy_arns: role.exclusive_policy_arns,
            inline_policies: policies.inline,
            addon_policy_arns: policies.of_addons,
            addon_inline_policies: policies.inline_of_addons,
            on_conflict: role.on_conflict,
            tags: role.tags,
            arn: role.arn,
            unique_id: role.unique_id,
            assume_role_policy: role.assume_role_policy,
            adopted: role.adopted,
            tags_all: role.tags_all,
            // IAM does not know them: a state of an older version has none.
            pod_identity: known_or_false(self.pod_identity),
            ec2: known_or_false(self.ec2),
            ..self
        }
    }

    fn spelt_as(self, prior: &Self) -> Self {
        Self {
            inline_policies: spelt_as(&prior.inline_policies, self.inline_policies),
            addon_inline_policies: spelt_as(
                &prior.addon_inline_policies,
                self.addon_inline_policies,
            ),
            ..self
        }
    }

    fn from_trust_policy(document: &str) -> Self {
        imported_trust::fill(Self::default(), document)
    }
}

fn known_or_false(flag: Attr<bool>) -> Attr<bool> {
    match flag {
        Attr::Null => Attr::Known(false),
        flag => flag,
    }
}
