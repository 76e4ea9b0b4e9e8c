//! What of the attributes is the role, and what is whom it trusts.

use eksauth_core::iam_policy::policy_document::grants_the_same;
use tf_provider::{Attr, Resource};

use super::NodeAssumedRoleResource;
use super::annotations::annotations;
use super::schema::NodeAssumedRoleModel;
use super::trust::NodeTrust;
use crate::attributes::values::{to_list, to_set};
use crate::resources::iam_role::node_policy::{self, LegacySystem};
use crate::resources::iam_role::{AddonParts, ManagedRole, RoleModel, spelt_as};

impl NodeAssumedRoleModel {
    /// Which system gives pods the role.
    pub(super) fn system(&self) -> LegacySystem {
        match self.system.known() {
            Some(name) if name == LegacySystem::Kiam.name() => LegacySystem::Kiam,
            _ => LegacySystem::Kube2iam,
        }
    }

    /// What a node role needs, once the role's ARN and the system are known.
    fn node_policy(&self, arn: &Attr<String>) -> Attr<String> {
        match (arn.known(), self.system.is_unknown()) {
            (Some(arn), false) => Attr::Known(node_policy::document(self.system(), arn)),
            _ => Attr::Unknown,
        }
    }
}

impl RoleModel for NodeAssumedRoleModel {
    fn role(&self) -> ManagedRole {
        ManagedRole {
            resource_type: NodeAssumedRoleResource::NAME,
            system: self.system(),
            node_policies: self.attached_node_policies.clone(),
            name: self.name.clone(),
            name_prefix: self.name_prefix.clone(),
            path: self.path.clone(),
            description: self.description.clone(),
            max_session_duration: self.max_session_duration.clone(),
            permissions_boundary: self.permissions_boundary.clone(),
            force_detach_policies: self.force_detach_policies.clone(),
            policy_arns: self.policy_arns.clone(),
            exclusive_policy_arns: self.exclusive_policy_arns.clone(),
            inline_policies: self.inline_policies.clone(),
            on_conflict: self.on_conflict.clone(),
            addon_parts: AddonParts::default(),
            tags: self.tags.clone(),
            arn: self.arn.clone(),
            unique_id: self.unique_id.clone(),
            assume_role_policy: self.assume_role_policy.clone(),
            adopted: self.adopted.clone(),
            tags_all: self.tags_all.clone(),
        }
    }

    fn with_role(self, role: ManagedRole) -> Self {
        Self {
            pod_annotations: annotations(&role.arn, &self),
            node_policy_json: self.node_policy(&role.arn),
            attached_node_policies: role.node_policies,
            name: role.name,
            name_prefix: role.name_prefix,
            path: role.path,
            description: role.description,
            max_session_duration: role.max_session_duration,
            permissions_boundary: role.permissions_boundary,
            force_detach_policies: role.force_detach_policies,
            policy_arns: role.policy_arns,
            exclusive_policy_arns: role.exclusive_policy_arns,
            inline_policies: role.inline_policies,
            on_conflict: role.on_conflict,
            tags: role.tags,
            arn: role.arn,
            unique_id: role.unique_id,
            assume_role_policy: role.assume_role_policy,
            adopted: role.adopted,
            tags_all: role.tags_all,
            // IAM does not know them: after an import and a move they have their defaults.
            system: match self.system {
                Attr::Null => Attr::Known(LegacySystem::default().name().to_owned()),
                system => system,
            },
            ec2: known_or_false(self.ec2),
            attach_node_policy: known_or_false(self.attach_node_policy),
            ..self
        }
    }

    fn spelt_as(self, prior: &Self) -> Self {
        Self {
            inline_policies: spelt_as(&prior.inline_policies, self.inline_policies),
            ..self
        }
    }

    fn from_trust_policy(document: &str) -> Self {
        let trust = NodeTrust::from_document(document);
        let is_faithful = trust
            .to_policy()
            .to_json()
            .is_ok_and(|rebuilt| grants_the_same(&rebuilt, document));
        let trust = match is_faithful {
            true => trust,
            false => NodeTrust::of_raw_statements(document),
        };
        Self {
            node_role_arns: match trust.node_role_arns.is_empty() {
                true => Attr::Null,
                false => to_set(trust.node_role_arns),
            },
            ec2: Attr::Known(trust.ec2),
            external_id: trust.external_id.into(),
            extra_statements: match trust.statements.is_empty() {
                true => Attr::Null,
                false => to_list(trust.statements.iter().map(ToString::to_string)),
            },
            ..Self::default()
        }
    }
}

fn known_or_false(flag: Attr<bool>) -> Attr<bool> {
    match flag {
        Attr::Null => Attr::Known(false),
        flag => flag,
    }
}
