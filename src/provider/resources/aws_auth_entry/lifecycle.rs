//! Making, reading, changing and removing one entry.

use eksauth_core::aws_auth::Entry;
use tf_provider::claims::Holding;
use tf_provider::resource::{Apply, Failed, Private, State};
use tf_provider::{Attr, Context, Diagnostics};

use super::teardown::GoingEntry;
use super::{EntryModel, Fields, IMPORTED, REFUSED_IN_DOUBT, UNDO, diagnostics};
use crate::access::makings::Change;
use crate::attributes::timeouts::Operation;
use crate::aws_auth;
use crate::aws_auth::diagnostics::TwoResources;
use crate::aws_auth::entry_claim::{
    claim_of, going, note_failed, note_had, pass_on, take_what_is_given_up,
};
use crate::aws_auth::rules::Kind;
use crate::aws_auth::write::request::{ChangeOutcome, ChangeRequest, Doubt};
use crate::aws_auth::{ReadOutcome, WritableCluster};
use crate::client::Client;
use crate::clusters::Remembered;
use crate::clusters::placement::Applying;

/// Adds the entry, or takes over one that says the same.
pub(crate) async fn create<M: EntryModel>(
    cx: &Context<Client>,
    apply: Apply<M>,
) -> Result<State<M>, Failed<M>> {
    let kind = M::KIND;
    let (config, planned) = (apply.config.to_fields(), apply.planned.to_fields());
    let applying = Applying {
        config: &config.placement,
        planned: &planned.placement,
        operation: Operation::Create,
    };
    let target = cx.client.aws_auth().at_apply(cx, applying).await?;
    let mut fields = resolved(cx, kind, &target, planned).await?;
    let entry = fields
        .entry(kind)
        .ok_or_else(|| diagnostics::still_unknown(kind))?;
    let mut request = fields.upsert(kind, entry, None);
    let cluster = fields.placement.remembered();
    if let Ok(document) = target.writer.document().await {
        take_what_is_given_up(cx, &cluster, &document, &mut request);
    }
    let asking = Asking {
        private: &Private::default(),
        cluster: &cluster,
        is_in_state: false,
    };
    let granted = match asking.ask(cx, &target, request.clone()).await {
        Ok(granted) => granted,
        Err(reasons) => {
            note_failed(&cx.claims, &cluster, &request);
            return Err(reasons.into());
        }
    };
    request
        .upserts
        .iter()
        .for_each(|upsert| note_had(&cx.claims, &cluster, &upsert.entry));
    fields.adopted = Attr::Known(granted.adopted);
    Ok(State {
        model: M::from_fields(fields),
        private: noted(Private::default(), kind, &granted),
    })
}

/// The entry as the document has it; `None` if it, the ConfigMap or the cluster is gone.
pub(crate) async fn read<M: EntryModel>(
    cx: &Context<Client>,
    state: State<M>,
) -> Result<Option<State<M>>, Diagnostics> {
    let kind = M::KIND;
    let fields = state.model.to_fields();
    let (target, document) = match cx.client.aws_auth().at_read(cx, &fields.placement).await? {
        ReadOutcome::NotJudged => return Ok(Some(state)),
        ReadOutcome::Gone => return Ok(None),
        ReadOutcome::Found(target, document) => (target, document),
    };
    target.warn_if_gone(cx, &document);
    if let Some(place) = document.unparsed(kind.section()) {
        return Err(aws_auth::diagnostics::unparsed(
            target.writer.cluster(),
            kind.section(),
            &place,
        )
        .into());
    }
    let Some(remembered) = fields.entry(kind) else {
        return Ok(Some(state));
    };
    let Some(found) = document.find_as(&remembered) else {
        return Ok(None);
    };
    Ok(Some(State {
        model: M::from_fields(fields.with(found)),
        private: state.private,
    }))
}

/// Changes the entry in place, its ARN too, in one write.
pub(crate) async fn update<M: EntryModel>(
    cx: &Context<Client>,
    apply: Apply<M>,
) -> Result<State<M>, Failed<M>> {
    let kind = M::KIND;
    let prior = apply
        .prior
        .as_ref()
        .map(EntryModel::to_fields)
        .unwrap_or_default();
    let (config, planned) = (apply.config.to_fields(), apply.planned.to_fields());
    let applying = Applying {
        config: &config.placement,
        planned: &planned.placement,
        operation: Operation::Update,
    };
    let target = cx.client.aws_auth().at_apply(cx, applying).await?;
    let fields = resolved(cx, kind, &target, planned).await?;
    let wanted = fields
        .entry(kind)
        .ok_or_else(|| diagnostics::still_unknown(kind))?;
    let mut private = apply.private;
    private.entries.remove(IMPORTED);
    let remembered = prior.entry(kind);
    if remembered.as_ref() == Some(&wanted) {
        // Only the spelling changed, or what does not stand in the document.
        return Ok(State {
            model: M::from_fields(fields),
            private,
        });
    }
    refuse_second_holder(cx, kind, &fields, &wanted)?;
    let mut request = fields.upsert(kind, wanted, remembered);
    if let Ok(document) = target.writer.document().await {
        pass_on(cx, &prior.placement.remembered(), &document, &mut request);
    }
    let asking = Asking {
        private: &Private::default(),
        cluster: &fields.placement.remembered(),
        is_in_state: true,
    };
    let granted = asking.ask(cx, &target, request).await?;
    Ok(State {
        model: M::from_fields(fields),
        private: noted(private, kind, &granted),
    })
}

/// Two resources that hold one entry would write it in turns, apply after apply.
fn refuse_second_holder(
    cx: &Context<Client>,
    kind: Kind,
    fields: &Fields,
    wanted: &Entry,
) -> Result<(), Diagnostics> {
    let Some(claim) = claim_of(&fields.placement.remembered(), wanted) else {
        return Ok(());
    };
    let noted = cx.claims.noted(&claim);
    if !(noted.is_held && noted.is_held_otherwise) {
        return Ok(());
    }
    let about = TwoResources {
        cluster: fields
            .placement
            .cluster_name
            .known()
            .map_or("", String::as_str),
        entry: wanted.arn(),
        section: wanted.section(),
        later: "another resource of this configuration",
        earlier: &fields.request(kind).label(),
    };
    Err(about.refused().into())
}

/// Removes the entry, adopted or not, unless another resource of the configuration holds it.
pub(crate) async fn delete<M: EntryModel>(
    cx: &Context<Client>,
    state: State<M>,
) -> Result<(), Diagnostics> {
    let kind = M::KIND;
    let fields = state.model.to_fields();
    let Some(entry) = fields.entry(kind) else {
        return Ok(());
    };
    let cluster = fields.placement.remembered();
    let claim = claim_of(&cluster, &entry);
    let holding = claim
        .as_ref()
        .map(|claim| cx.claims.at_removal(&state.private.entries, claim));
    if let Some(Holding::Same | Holding::Changed) = holding {
        tracing::debug!(
            arn = entry.arn(),
            ?holding,
            "another resource of the configuration holds this entry, so it stays"
        );
        return Ok(());
    }
    let Some(target) = cx.client.aws_auth().at_delete(&fields.placement).await? else {
        return Ok(());
    };
    let going_entry = GoingEntry {
        entry: &entry,
        cluster: &cluster,
        private: &state.private,
        target: &target,
    };
    going_entry.await_others(cx).await?;
    let mut request = fields.removal(kind, entry, &state.private);
    request.going = claim.and_then(|claim| going(&cx.claims, &cluster, &state.private, &claim));
    if holding == Some(Holding::Unknown) {
        let doubt = if state.private.entries.contains_key(REFUSED_IN_DOUBT) {
            Doubt::MayBeHeldStill
        } else {
            Doubt::MayBeHeld
        };
        request
            .removals
            .iter_mut()
            .for_each(|removal| removal.doubt = doubt);
    }
    let asking = Asking {
        private: &state.private,
        cluster: &cluster,
        is_in_state: true,
    };
    if let Err(reasons) = asking.ask(cx, &target, request).await {
        if aws_auth::diagnostics::is_refused_in_doubt(&reasons) {
            cx.keep(REFUSED_IN_DOUBT, true);
        }
        return Err(reasons);
    }
    Ok(())
}

/// Who asks for a change.
struct Asking<'a> {
    /// Of a planned removal; else empty.
    private: &'a Private,
    cluster: &'a Remembered,
    /// Whether the resource has the entry already.
    is_in_state: bool,
}

impl Asking<'_> {
    /// Asks for the change. What the guard refuses as things are waits for what the plan makes beside it.
    async fn ask(
        &self,
        cx: &Context<Client>,
        target: &WritableCluster,
        mut request: ChangeRequest,
    ) -> Result<ChangeOutcome, Diagnostics> {
        if cx.claims.is_shared() {
            request.supersede_earlier_walks(self.is_in_state);
        }
        let made = request.upserts.iter();
        let made = made.filter_map(|upsert| claim_of(self.cluster, &upsert.entry));
        let change = Change {
            private: self.private,
            cluster_arn: &self.cluster.cluster_arn,
            own: made.map(|claim| claim.object).collect(),
        };
        let mut awaited = cx.client.makings().awaited(cx, change);
        loop {
            awaited.begin();
            let asked = target.writer.change(&cx.cancel, request.clone()).await;
            awaited.note_done();
            match asked {
                Ok(granted) => {
                    for note in granted.messages() {
                        cx.add(note.clone());
                    }
                    return Ok(granted);
                }
                Err(reasons) => {
                    if !awaited.is_worth_another_try(cx, &reasons).await {
                        return Err(reasons);
                    }
                }
            }
        }
    }
}

/// The planned attributes with everything that was unknown at plan.
async fn resolved(
    cx: &Context<Client>,
    kind: Kind,
    target: &WritableCluster,
    mut planned: Fields,
) -> Result<Fields, Diagnostics> {
    if planned.written.is_unknown() {
        let reference = Attr::Known(target.cluster.reference.clone());
        let sets = cx.client.permission_sets();
        planned.written = sets
            .role_arn(cx, &planned.permission_set, &reference, None)
            .await?;
    }
    let canonical = match (&planned.canonical, &planned.written) {
        (Attr::Known(canonical), _) => canonical.clone(),
        (_, Attr::Known(written)) => kind
            .canonical(written)
            .map_err(|reason| diagnostics::would_match_nobody(kind, &reason.to_string()))?,
        _ => return Err(diagnostics::still_unknown(kind).into()),
    };
    Ok(Fields {
        placement: planned.placement.in_cluster(&target.cluster),
        canonical: Attr::Known(canonical),
        ..planned
    })
}

fn noted(mut private: Private, kind: Kind, granted: &ChangeOutcome) -> Private {
    if let Some(note) = granted.undo.get(&kind.section())
        && let Ok(note) = serde_json::to_value(note)
    {
        private.entries.insert(UNDO.to_owned(), note);
    }
    private
}
