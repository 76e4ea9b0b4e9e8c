//! What a plan says of an entry that is to go.

use tf_provider::resource::Plan;
use tf_provider::{Attr, Context, Diagnostics};

use super::schema::AccessEntryModel;
use super::{about, arn_part, claim_key, diagnostics, guarded, holders, live, noted};
use crate::access::entry_guard::EntryChange;
use crate::access::teardown;
use crate::client::Client;

/// Gives the entry up to whoever else of the configuration holds it, and says whom the removal locks out. Another change of the apply may make up for it, so
/// apply decides.
pub(super) async fn plan_removal(
    cx: &Context<Client>,
    plan: &mut Plan<AccessEntryModel>,
) -> Result<(), Diagnostics> {
    let Some(prior) = &plan.prior else {
        return Ok(());
    };
    holders::give_up(cx, &mut plan.private, prior);
    let key = claim_key(prior);
    noted(prior, &key).goes(&cx.claims);
    if prior.adopted == Attr::Known(true) || arn_part(&prior.access_entry_arn).is_none() {
        return Ok(());
    }
    // What hinders the removal is apply's to refuse.
    let Ok(Attr::Known(reference)) = prior.placement().resolve(cx.client.clusters()) else {
        return Ok(());
    };
    if cx.client.cloud().is_none() {
        return Ok(());
    }
    let Ok(Some(cluster)) = cx.client.clusters().find(&reference).await else {
        return Ok(());
    };
    let is_same = prior.cluster_arn == Attr::Known(cluster.cluster.arn.clone());
    if !is_same || cluster.is_without_content() {
        return Ok(());
    }
    let about = about(prior, &cluster);
    let Ok(Some(found)) = live::find(&cluster, &about.principal_arn, true).await else {
        return Ok(());
    };
    if let Some(told) = diagnostics::capability_loses(&about, &found) {
        cx.add(told);
    }
    let change = EntryChange {
        is_teardown: teardown::is_whole(cx, &prior.placement().remembered(), &plan.private),
        ..guarded::change(&about, Some(&found), None)
    };
    guarded::preview_unless_held(cx, &cluster, &change, &key).await
}
