//! An association from hashicorp/aws's state, by a `moved` block. The process that does it is not configured and asks nobody.

use serde_json::Value as Json;
use tf_provider::resource::{MoveSource, State};
use tf_provider::{Attr, Diagnostics};

use super::{AccessPolicyAssociationModel, diagnostics};
use crate::attributes::access_policy::AccessScopeModel;
use crate::attributes::move_source::{is_of_provider, text, texts};
use crate::attributes::values::to_set;

/// Takes over a state; `None` where its type is not known here.
pub(super) fn move_from(
    source: &MoveSource,
) -> Option<Result<State<AccessPolicyAssociationModel>, Diagnostics>> {
    let is_association = is_of_provider(source, "hashicorp", "aws")
        && source.type_name == "aws_eks_access_policy_association";
    is_association.then(|| taken(&source.state))
}

fn taken(state: &Json) -> Result<State<AccessPolicyAssociationModel>, Diagnostics> {
    let (cluster_name, principal_arn, policy_arn) = (
        text(state, "cluster_name"),
        text(state, "principal_arn"),
        text(state, "policy_arn"),
    );
    if !(cluster_name.is_known() && principal_arn.is_known() && policy_arn.is_known()) {
        return Err(diagnostics::moved_without_names().into());
    }
    // A block there: a list of one.
    let scope = state
        .pointer("/access_scope/0")
        .cloned()
        .unwrap_or_default();
    let namespaces = texts(&scope, "namespaces").unwrap_or_default();
    let model = AccessPolicyAssociationModel {
        cluster_name,
        principal_arn,
        policy_arn,
        access_scope: Attr::Known(AccessScopeModel {
            r#type: text(&scope, "type"),
            namespaces: match namespaces.is_empty() {
                true => Attr::Null,
                false => to_set(namespaces),
            },
        }),
        on_conflict: Attr::Known("error".to_owned()),
        adopted: Attr::Known(false),
        ..AccessPolicyAssociationModel::default()
    };
    Ok(model.into())
}
