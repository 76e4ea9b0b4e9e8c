//! Removing an association: one that was made here is deleted, one that was there before is only forgotten, and an add-on's is refused.

use tf_provider::resource::State;
use tf_provider::{Attr, Context, Diagnostics};

use super::schema::PodIdentityAssociationModel;
use super::{about, claim_key, diagnostics, known_id, owner};
use crate::client::Client;
use crate::session::object_claim;

pub(super) async fn delete(
    cx: &Context<Client>,
    state: State<PodIdentityAssociationModel>,
) -> Result<(), Diagnostics> {
    if let Some(key) = claim_key(&state.model).known()
        && object_claim::is_followed(cx, &state.private, key)
    {
        return Ok(());
    }
    let placement = state.model.placement();
    let Some(cluster) = placement.at_delete(cx.client.clusters()).await? else {
        return Ok(());
    };
    let about = about(&state.model, &cluster);
    if let Some(owner) = owner(&state.private) {
        return Err(diagnostics::owned(&about.account, owner).into());
    }
    if state.model.adopted == Attr::Known(true) {
        cx.add(diagnostics::adopted_stays(&about));
        return Ok(());
    }
    let known = state.model.association_id.known().map(String::as_str);
    let Some(id) = known.or(known_id(&state.private)) else {
        return Ok(());
    };
    let eks = cluster.eks();
    let deleted = eks.delete_pod_identity_association(&cluster.cluster.name, id);
    let deleted = deleted.await;
    cx.client.pod_identity().forget(&cluster).await;
    deleted.map_err(|error| diagnostics::cannot_delete(&about, &error).into())
}
