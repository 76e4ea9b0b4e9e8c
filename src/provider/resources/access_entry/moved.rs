//! An entry from hashicorp/aws's state, by a `moved` block. The process that does it is not configured and asks nobody: the refresh after it finds the
//! cluster.

use serde_json::Value as Json;
use tf_provider::Attr;
use tf_provider::Diagnostics;
use tf_provider::resource::{MoveSource, State};

use super::{AccessEntryModel, diagnostics};
use crate::attributes::move_source::{is_of_provider, tags, text, texts};
use crate::attributes::values::to_set;

/// Takes over a state; `None` where its type is not known here.
pub(super) fn move_from(
    source: &MoveSource,
) -> Option<Result<State<AccessEntryModel>, Diagnostics>> {
    let is_entry =
        is_of_provider(source, "hashicorp", "aws") && source.type_name == "aws_eks_access_entry";
    is_entry.then(|| taken(&source.state))
}

fn taken(state: &Json) -> Result<State<AccessEntryModel>, Diagnostics> {
    let (cluster_name, principal_arn) = (text(state, "cluster_name"), text(state, "principal_arn"));
    if !cluster_name.is_known() || !principal_arn.is_known() {
        return Err(diagnostics::moved_without_names().into());
    }
    let known = |text: &str| Attr::Known(text.to_owned());
    let model = AccessEntryModel {
        cluster_name,
        principal_arn,
        region: Attr::Null,
        entry_type: match text(state, "type") {
            Attr::Known(kind) => Attr::Known(kind),
            _ => known("STANDARD"),
        },
        user_name: text(state, "user_name"),
        kubernetes_groups: to_set(texts(state, "kubernetes_groups").unwrap_or_default()),
        exclusive_policies: Attr::Known(false),
        on_conflict: known("error"),
        tags: tags(state, "tags"),
        tags_all: tags(state, "tags_all"),
        access_entry_arn: text(state, "access_entry_arn"),
        adopted: Attr::Known(false),
        ..AccessEntryModel::default()
    };
    Ok(model.into())
}
