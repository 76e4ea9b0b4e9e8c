//! What can be said of a configuration of `eksauth_node_assumed_role` without asking anyone.

use tf_provider::{Attr, Context, Diagnostics};

use super::diagnostics;
use super::schema::NodeAssumedRoleModel;
use crate::client::Client;
use crate::resources::iam_role::node_policy::LegacySystem;

pub(super) fn validate(config: &NodeAssumedRoleModel, diagnostics: &mut Diagnostics) {
    if !config.name.is_null() && !config.name_prefix.is_null() {
        diagnostics.push(diagnostics::conflict(
            "name",
            "name_prefix",
            "a name is either given or generated",
        ));
    }
    let names_no_role = match &config.node_role_arns {
        Attr::Null => true,
        Attr::Unknown => false,
        Attr::Known(arns) => arns.iter().all(Attr::is_null),
    };
    let has_no_statement = match &config.extra_statements {
        Attr::Null => true,
        Attr::Unknown => false,
        Attr::Known(statements) => statements.is_empty(),
    };
    let is_off = |flag: &Attr<bool>| matches!(flag, Attr::Null | Attr::Known(false));
    if names_no_role && has_no_statement && is_off(&config.ec2) {
        diagnostics.push(diagnostics::trusts_no_one());
        return;
    }
    if names_no_role && config.attach_node_policy == Attr::Known(true) {
        diagnostics.push(diagnostics::missing_node_role("attach_node_policy"));
    }
    if names_no_role && !config.external_id.is_null() {
        diagnostics.push(diagnostics::missing_node_role("external_id"));
    }
}

/// Says of a new external id what it does not do.
pub(super) fn warn_of_external_id(
    cx: &Context<Client>,
    prior: Option<&NodeAssumedRoleModel>,
    planned: &NodeAssumedRoleModel,
) {
    let is_new = prior.is_none_or(|prior| {
        prior.external_id != planned.external_id || prior.system != planned.system
    });
    if is_new && !planned.external_id.is_null() && planned.system() == LegacySystem::Kube2iam {
        cx.add(diagnostics::external_id_not_checked());
    }
}
