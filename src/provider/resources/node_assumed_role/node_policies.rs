//! Which node roles are to have a policy.

use std::collections::BTreeMap;

use eksauth_core::iam_policy::policy_document::grants_the_same;
use tf_provider::Attr;

use super::schema::NodeAssumedRoleModel;

/// Fills in the policies of a plan; a text that means the same stays as the state has it.
pub(super) fn fill(prior: Option<&NodeAssumedRoleModel>, planned: &mut NodeAssumedRoleModel) {
    planned.attached_node_policies = wanted(prior, planned);
}

fn wanted(
    prior: Option<&NodeAssumedRoleModel>,
    planned: &NodeAssumedRoleModel,
) -> Attr<BTreeMap<String, Attr<String>>> {
    match planned.attach_node_policy {
        Attr::Known(true) => {}
        Attr::Unknown => return Attr::Unknown,
        Attr::Known(false) | Attr::Null => return Attr::Null,
    }
    let Attr::Known(node_roles) = &planned.node_role_arns else {
        return Attr::Unknown;
    };
    let before = prior.and_then(|prior| prior.attached_node_policies.known());
    let mut policies = BTreeMap::new();
    for node_role in node_roles.iter().filter(|node_role| !node_role.is_null()) {
        let Attr::Known(node_role) = node_role else {
            return Attr::Unknown;
        };
        let before = before.and_then(|before| before.get(node_role));
        let policy = match (
            before.and_then(Attr::known),
            planned.node_policy_json.known(),
        ) {
            (Some(before), Some(now)) if grants_the_same(before, now) => {
                Attr::Known(before.clone())
            }
            _ => planned.node_policy_json.clone(),
        };
        policies.insert(node_role.clone(), policy);
    }
    Attr::Known(policies)
}
