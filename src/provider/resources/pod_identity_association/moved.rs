//! An association from hashicorp/aws's state, by a `moved` block. The process that does it is not configured and asks nobody: account and region are in
//! the ARN. What the state does not say, such as a session policy, the read after it fills in.

use eksauth_core::principal::arn::Arn;
use serde_json::Value as Json;
use tf_provider::resource::{MoveSource, Private, State};
use tf_provider::{Attr, Diagnostics};

use super::{ID, PodIdentityAssociationModel, diagnostics};
use crate::attributes::move_source::{is_of_provider, tags, text};

/// Takes over a state; `None` where its type is not known here.
pub(super) fn move_from(
    source: &MoveSource,
) -> Option<Result<State<PodIdentityAssociationModel>, Diagnostics>> {
    let is_association = is_of_provider(source, "hashicorp", "aws")
        && source.type_name == "aws_eks_pod_identity_association";
    is_association.then(|| taken(&source.state))
}

fn taken(state: &Json) -> Result<State<PodIdentityAssociationModel>, Diagnostics> {
    let association_id = text(state, "association_id");
    let association_arn = text(state, "association_arn");
    let (Attr::Known(id), Some(cluster_arn)) = (
        &association_id,
        association_arn.known().and_then(|arn| cluster_arn(arn)),
    ) else {
        return Err(diagnostics::moved_without_an_arn().into());
    };
    let private = Private {
        entries: [(ID.to_owned(), Json::String(id.clone()))].into(),
    };
    let flag = |name: &str| state.get(name).and_then(Json::as_bool).unwrap_or_default();
    let model = PodIdentityAssociationModel {
        cluster_name: text(state, "cluster_name"),
        namespace: text(state, "namespace"),
        service_account: text(state, "service_account"),
        role_arn: text(state, "role_arn"),
        target_role_arn: text(state, "target_role_arn"),
        disable_session_tags: Attr::Known(flag("disable_session_tags")),
        policy: text(state, "policy"),
        on_conflict: Attr::Known("error".to_owned()),
        on_untrusted: Attr::Known("error".to_owned()),
        tags: tags(state, "tags"),
        external_id: text(state, "external_id"),
        adopted: Attr::Known(false),
        tags_all: tags(state, "tags_all"),
        cluster_arn: Attr::Known(cluster_arn),
        association_id,
        association_arn,
        ..PodIdentityAssociationModel::default()
    };
    Ok(State { model, private })
}

/// The cluster of `arn:aws:eks:REGION:ACCOUNT:podidentityassociation/CLUSTER/ID`.
fn cluster_arn(association: &str) -> Option<String> {
    let arn = Arn::parse(association).ok()?;
    let rest = arn.resource.strip_prefix("podidentityassociation/")?;
    let (cluster, _) = rest.split_once('/')?;
    let account = arn.account?;
    Some(format!(
        "arn:{}:eks:{}:{account}:cluster/{cluster}",
        arn.partition, arn.region
    ))
}
