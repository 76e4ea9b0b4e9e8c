//! Where all of a configuration goes and that is acknowledged: the binding by which whoever acts may remove the rest goes last.
//!
//! Terraform asks for removals in no order, or for a binding before the entries that it refers to. The binding waits until all else of the plan has gone. Its
//! holder's own entry may be among that: RBAC is asked for each call, and the API server remembers for a while whom it has let in, so the removal that follows at
//! once is still let in. The other way round the entry could not be removed any more. Of several bindings of its own
//! those that remove no roles and bindings go first, and those that do so only together go at the same moment.

use std::collections::BTreeSet;

use eksauth_core::aws_auth::{ReadEntry, Section};
use tf_provider::claims::Going;
use tf_provider::resource::{Private, State};
use tf_provider::{Context, Diagnostics};

use super::diagnostics::{self, About};
use super::guarded::Intended;
use super::objects;
use super::removal::{Reach, Removal};
use super::schema::GroupBindingModel;
use super::{claim_key, guarded};
use crate::access::beside::Beside;
use crate::access::rbac_guard::{Departure, RbacGuard};
use crate::access::teardown::{self, Group};
use crate::aws_auth::WritableCluster;
use crate::aws_auth::entry_claim;
use crate::client::Client;

/// What the plan of a removal does to everything that this configuration has in the cluster.
pub(super) struct Teardown {
    /// Whether all of it goes, as far as is known.
    pub(super) is_whole: bool,
    /// Entries of aws-auth that go.
    entries: BTreeSet<String>,
    /// This binding among all that go; `None` where the plan's notes are not at hand.
    bindings: Option<Going>,
}

/// All group bindings of a cluster, and this one; `None` while it is not known which cluster that is.
pub(super) fn named(model: &GroupBindingModel) -> Option<(String, String)> {
    let group = Group::Bindings.of(&model.cluster_arn)?;
    let first = objects::keys(model)?.into_iter().next()?;
    let object = claim_key(model, &first).into_known()?;
    Some((group, object))
}

/// Notes at plan that a binding is there after it.
pub(super) fn note_staying(cx: &Context<Client>, planned: &GroupBindingModel) {
    if let Some((group, object)) = named(planned) {
        cx.claims.note_staying(&group, &object);
    }
}

/// Notes at plan that a binding goes.
pub(super) fn note_going(cx: &Context<Client>, prior: &GroupBindingModel) {
    if let Some((group, object)) = named(prior) {
        cx.claims.note_going(&group, &object);
    }
}

impl Teardown {
    /// By the notes of the plan; of the plan so far, at plan.
    pub(super) fn of(cx: &Context<Client>, model: &GroupBindingModel, private: &Private) -> Self {
        let facts = &private.entries;
        let bindings =
            named(model).and_then(|(group, object)| cx.claims.going(facts, &group, &object));
        let entries = entry_claim::all_of(&model.placement().remembered())
            .and_then(|group| cx.claims.going_of(facts, &group));
        Self {
            is_whole: teardown::is_whole(cx, &model.placement().remembered(), private),
            entries: entries.map(|going| going.all).unwrap_or_default(),
            bindings,
        }
    }

    /// At apply, where what the plan did not see counts as well.
    ///
    /// # Errors
    /// The cluster cannot be read.
    pub(super) async fn at_apply(
        removal: &Removal<'_>,
        guard: &RbacGuard,
        state: &State<GroupBindingModel>,
    ) -> Result<Self, Diagnostics> {
        let mut teardown = Self::of(removal.cx, &state.model, &state.private);
        if teardown.is_whole && guard.is_teardown_meant() {
            teardown.is_whole = !leaves_out_an_entry(removal.cx, state).await?;
        }
        Ok(teardown)
    }

    /// How a binding of whoever acts goes with all of an acknowledged teardown; `None` for any other, which waits for nobody.
    ///
    /// # Errors
    /// The cluster or the binding cannot be read.
    pub(super) async fn own_departure(
        &self,
        removal: &Removal<'_>,
        guard: &RbacGuard,
        state: &State<GroupBindingModel>,
        held: &[objects::HeldObject],
    ) -> Result<Option<OwnDeparture<'_>>, Diagnostics> {
        let (model, private) = (&state.model, &state.private);
        let (cx, Some(own)) = (removal.cx, &self.bindings) else {
            return Ok(None);
        };
        if !self.is_whole || !guard.is_teardown_meant() {
            return Ok(None);
        }
        let cluster = model.placement().remembered();
        let beside = Beside::of(cx, &cluster, private, &removal.kube).await;
        if self.entries.is_empty() && own.all.len() <= 1 && beside.is_none() {
            return Ok(None);
        }
        let intended = removal.intended(held).await?;
        let concerned = guarded::concerned_for_removals(&intended);
        if !guard
            .is_about_whoever_acts(removal.kube.as_ref(), &concerned)
            .await
        {
            return Ok(None);
        }
        let target = cx.client.aws_auth().at_delete(&model.placement()).await?;
        let reach = removal.reach(&intended).await;
        Ok(target.map(|target| OwnDeparture {
            going: own,
            reach,
            beside,
            entries: &self.entries,
            target,
            intended,
        }))
    }

    /// Notes that the binding has gone, or could not.
    pub(super) fn note_settled(&self, guard: &RbacGuard, is_gone: bool) {
        if let Some(own) = &self.bindings {
            guard.departing().note_settled(&own.own, is_gone);
        }
    }
}

/// Whether an entry is in aws-auth that an earlier plan of this configuration kept and this one knows nothing of, as with `-target`.
async fn leaves_out_an_entry(
    cx: &Context<Client>,
    state: &State<GroupBindingModel>,
) -> Result<bool, Diagnostics> {
    let placement = state.model.placement();
    let cluster = placement.remembered();
    let target = cx.client.aws_auth().at_delete(&placement).await?;
    let (Some(target), Some(group)) = (target, entry_claim::all_of(&cluster)) else {
        return Ok(false);
    };
    let document = match target.writer.document().await {
        Ok(document) => document,
        Err(error) => {
            tracing::info!(%error, "aws-auth cannot be read, so nobody knows here what the plan left out; the guard says so itself");
            return Ok(false);
        }
    };
    let mut entries = Section::ALL
        .into_iter()
        .flat_map(|section| document.reading().section(section));
    Ok(entries.any(|entry| {
        let claim = ReadEntry::to_entry(entry);
        let claim = claim.and_then(|entry| entry_claim::claim_of(&cluster, &entry));
        claim.is_some_and(|claim| {
            let facts = &state.private.entries;
            cx.claims.is_left_out(facts, &group, &claim.object)
        })
    }))
}

/// A binding of whoever acts on its way.
pub(super) struct OwnDeparture<'a> {
    going: &'a Going,
    reach: Reach,
    beside: Option<Beside>,
    entries: &'a BTreeSet<String>,
    target: WritableCluster,
    /// What becomes of its objects, as they were before it waits.
    pub(super) intended: Vec<Intended>,
}

impl OwnDeparture<'_> {
    /// Waits until all else of the teardown has gone.
    ///
    /// # Errors
    /// Something else does not go meanwhile: this binding stays, and so does the entry by which its holder comes in.
    pub(super) async fn await_others(
        &self,
        about: &About,
        guard: &RbacGuard,
    ) -> Result<(), Diagnostics> {
        let entries = || self.target.writer.still_there(self.entries);
        let departure = Departure {
            going: self.going,
            stage: self.reach.stage,
            gives_everything: self.reach.is_everything,
            beside: self.beside.as_ref(),
        };
        match guard.awaits_departure(departure, entries).await {
            0 => Ok(()),
            open => {
                guard.note_own_binding_stays(&about.label());
                Err(diagnostics::own_binding_goes_last(about, open).into())
            }
        }
    }
}
