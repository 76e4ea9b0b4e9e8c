//! Removing an entry: one that was made here goes with its policies, one that was there before stays.

use tf_provider::resource::State;
use tf_provider::{Attr, Context, Diagnostics};

use super::schema::AccessEntryModel;
use super::{about, arn_part, claim_key, diagnostics, guarded, live, stale};
use crate::client::Client;
use crate::diagnostics::api_failure;
use crate::session::object_claim;

pub(super) async fn delete(
    cx: &Context<Client>,
    state: State<AccessEntryModel>,
) -> Result<(), Diagnostics> {
    let model = &state.model;
    if let Some(key) = claim_key(model).known()
        && object_claim::is_followed(cx, &state.private, key)
    {
        return Ok(());
    }
    let Some(cluster) = model.placement().at_delete(cx.client.clusters()).await? else {
        return Ok(());
    };
    let about = about(model, &cluster);
    let text = about.text();
    let failed = api_failure::failure("Cannot Delete Access Entry", &text);
    let found = live::find(&cluster, &about.principal_arn, true).await;
    let Some(found) = found.map_err(&failed)? else {
        return Ok(());
    };
    if model.adopted == Attr::Known(true) {
        cx.add(diagnostics::adopted_stays(&about, &found));
        return Ok(());
    }
    let is_another = arn_part(&model.access_entry_arn)
        .is_some_and(|part| part != format!("entry {}", found.details.arn));
    if is_another {
        cx.add(diagnostics::made_again_by_others(&about));
        return Ok(());
    }
    let stale = match model.principal() {
        Some(principal) => {
            let now = cx.client.entry_principals(&cluster).now(&principal).await;
            stale::of_state(model, &state.private, &now)
        }
        None => None,
    };
    let counts = Some(&found).filter(|_| stale.is_none());
    let change = guarded::change(&about, counts, None);
    let guard = cx.client.entry_guard(&cluster);
    let begun = guard.begin(&cluster, &change).await?;
    guarded::say(cx, begun.told.clone());
    let (eks, name) = (cluster.eks(), &cluster.reference.name);
    let deleted = eks.delete_access_entry(name, &about.principal_arn).await;
    deleted.map_err(&failed)?;
    guard.note_written(&about.principal_arn, None);
    let Some(proof) = &begun.proof else {
        return Ok(());
    };
    let lost = proof.lost().await;
    if lost.is_empty() {
        return Ok(());
    }
    let put_back = guarded::put_back(&cluster, &about, Some(&found), false).await;
    guard.note_written(&about.principal_arn, Some(found.whole()));
    Err(guarded::taken_back(&about, &lost, &put_back))
}
