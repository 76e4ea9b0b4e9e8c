//! Which entries a whole map holds and gives up, beside the resources of single entries: an entry that moves from the one to the other stays as it is.

use std::collections::BTreeSet;
use std::time::Duration;

use tf_provider::claims::Holder;
use tf_provider::{Context, Diagnostics, Severity};

use super::AwsAuthModel;
use super::items::{Item, items};
use crate::aws_auth::entry_claim::{self, EntryHolder, claim_of, leave_what_others_may_hold};
use crate::aws_auth::{ChangeRequest, Document, PlanScope, WritableCluster};
use crate::client::Client;
use crate::clusters::Remembered;

/// A map whose plan would be refused waits so long for the plan of somebody who holds what it gives up.
const PATIENCE: Duration = Duration::from_millis(500);
const STEP: Duration = Duration::from_millis(25);

/// Notes what the map holds, and says which entries another resource holds too.
pub(super) fn note(
    cx: &Context<Client>,
    planned: &AwsAuthModel,
    prior: Option<&AwsAuthModel>,
    config: String,
    document: Option<&Document>,
) -> Result<(), Diagnostics> {
    let placement = planned.placement();
    let cluster = placement.remembered();
    let before = prior.and_then(items).unwrap_or_default();
    let mut noted = BTreeSet::new();
    for item in items(planned).unwrap_or_default() {
        let entry = document.map_or_else(|| item.to_entry(), |document| item.standing(document));
        let Some(claim) = claim_of(&cluster, &entry) else {
            continue;
        };
        if !noted.insert(claim.object.clone()) {
            // The map names it twice, which is another matter.
            continue;
        }
        let was_there = |was: &Item| was.is_same_principal(&item);
        let holder = Holder {
            label: "`eksauth_aws_auth`".to_owned(),
            is_in_state: before.iter().any(was_there),
            config: config.clone(),
            content: claim.content.clone(),
        };
        let holding = EntryHolder {
            claim,
            holder,
            arn: entry.arn(),
            section: entry.section(),
            placement: &placement,
            cluster: &cluster,
        };
        match holding.note(&cx.claims) {
            Some(told) if told.severity == Severity::Error => return Err(told.into()),
            told => told.into_iter().for_each(|told| cx.add(told)),
        }
    }
    Ok(())
}

/// Notes that a map leaves the state: its entries stay in aws-auth, and the configuration keeps none of them.
pub(super) fn note_leaving(cx: &Context<Client>, prior: &AwsAuthModel) {
    let cluster = prior.placement().remembered();
    let entries = items(prior).unwrap_or_default();
    for claim in entries
        .iter()
        .filter_map(|item| claim_of(&cluster, &item.to_entry()))
    {
        entry_claim::note_absent(&cx.claims, &cluster, &claim);
    }
}

/// Notes at apply what the map has now.
pub(super) fn note_had(cx: &Context<Client>, model: &AwsAuthModel, cluster: &Remembered) {
    for item in items(model).unwrap_or_default() {
        entry_claim::note_had(&cx.claims, cluster, &item.to_entry());
    }
}

/// Notes what the map gives up, and leaves out what others hold.
pub(super) fn give_up(cx: &Context<Client>, target: &WritableCluster, request: &mut ChangeRequest) {
    let cluster = Remembered::from_cluster(&target.cluster);
    let removals = request.removals.iter();
    for claim in removals.filter_map(|removal| claim_of(&cluster, &removal.entry)) {
        entry_claim::give_up(&cx.claims, &cluster, &claim);
    }
    leave_what_others_may_hold(cx, &cluster, request);
}

/// Has the guard judge the change; whoever holds what the map gives up may be planned only now. Returns what is left of the change.
pub(super) async fn preview(
    cx: &Context<Client>,
    target: &WritableCluster,
    document: &Document,
    mut request: ChangeRequest,
) -> Result<ChangeRequest, Diagnostics> {
    let cluster = Remembered::from_cluster(&target.cluster);
    let mut waited = Duration::ZERO;
    loop {
        let judged = target
            .writer
            .preview(cx, document, &request, PlanScope::Alone)
            .await;
        let Err(reasons) = judged else {
            return Ok(request);
        };
        let before = request.removals.len();
        while request.removals.len() == before {
            if before == 0 || waited >= PATIENCE || cx.cancel.is_cancelled() {
                return Err(reasons);
            }
            cx.client.clock().sleep(STEP).await;
            waited += STEP;
            leave_what_others_may_hold(cx, &cluster, &mut request);
        }
    }
}
