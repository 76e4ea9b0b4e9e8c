//! Whether everything a role names can be where the role is: its partition, and for node roles that get a policy its account.

use eksauth_core::principal::arn::Arn;
use tf_provider::{Attr, AttributePath, Diagnostics};

use super::diagnostics::node_role_of_another_account;
use super::schema::NodeAssumedRoleModel;
use crate::resources::iam_role::RoleModel;
use crate::resources::iam_role::named_arns::{of_role, partitions};

/// Compares what is known of a plan; the role's own ARN says where it will be.
pub(super) fn check(planned: &NodeAssumedRoleModel) -> Result<(), Diagnostics> {
    let Some(role) = planned.arn.known().and_then(|arn| Arn::parse(arn).ok()) else {
        return Ok(());
    };
    let mut diagnostics = Diagnostics::new();
    of_role(&role, &planned.role(), &mut diagnostics);
    partitions(
        &role,
        &planned.node_role_arns,
        &AttributePath::attribute("node_role_arns"),
        &mut diagnostics,
    );
    if planned.attach_node_policy == Attr::Known(true) {
        let node_roles = planned.node_role_arns.known().into_iter().flatten();
        let node_roles = node_roles.filter_map(|arn| Arn::parse(arn.known()?).ok());
        for node_role in node_roles.filter(|node_role| node_role.account != role.account) {
            diagnostics.push(node_role_of_another_account(&node_role, &role));
        }
    }
    diagnostics.into_result()
}
