//! Where all of a configuration goes and that is acknowledged: the binding by which whoever acts may remove the rest goes last.
//!
//! Terraform asks for removals in no order, or for a binding before the entries that it refers to. The binding waits until all else of the plan has gone. Its
//! holder's own entry may be among that: RBAC is asked for each call, and the API server remembers for a while whom it has let in, so the removal that follows at
//! once is still let in. The other way round the entry could not be removed any more.

use std::collections::BTreeSet;

use tf_provider::claims::Going;
use tf_provider::resource::Private;
use tf_provider::{Context, Diagnostics};

use super::diagnostics;
use super::objects;
use super::removal::Removal;
use super::schema::GroupBindingModel;
use super::{claim_key, guarded};
use crate::access::rbac_guard::RbacGuard;
use crate::access::teardown::{self, Group};
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
fn named(model: &GroupBindingModel) -> Option<(String, String)> {
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

    /// Waits with a binding of whoever acts until all else of an acknowledged teardown has gone.
    ///
    /// # Errors
    /// Something else does not go meanwhile: this binding stays, and so does the entry by which its holder comes in.
    pub(super) async fn await_others(
        &self,
        removal: &Removal<'_>,
        guard: &RbacGuard,
        model: &GroupBindingModel,
        held: &[objects::HeldObject],
    ) -> Result<(), Diagnostics> {
        let (cx, Some(own)) = (removal.cx, &self.bindings) else {
            return Ok(());
        };
        let is_alone = self.entries.is_empty() && own.all.len() <= 1;
        if is_alone || !self.is_whole || !guard.is_teardown_meant() {
            return Ok(());
        }
        let concerned = guarded::concerned(&removal.intended(held).await?);
        if !guard
            .is_about_whoever_acts(removal.kube.as_ref(), &concerned)
            .await
        {
            return Ok(());
        }
        let Some(target) = cx.client.aws_auth().at_delete(&model.placement()).await? else {
            return Ok(());
        };
        let open = || {
            let of_entries = target.writer.still_there(&self.entries);
            of_entries + guard.departing().still_to_come(&own.all)
        };
        match guard.awaits_departure(&own.own, open).await {
            0 => Ok(()),
            open => {
                guard.note_own_binding_stays(&removal.about.label());
                Err(diagnostics::own_binding_goes_last(&removal.about, open).into())
            }
        }
    }

    /// Notes that the binding has gone, or could not.
    pub(super) fn note_settled(&self, guard: &RbacGuard, is_gone: bool) {
        if let Some(own) = &self.bindings {
            guard.departing().note_settled(&own.own, is_gone);
        }
    }
}
