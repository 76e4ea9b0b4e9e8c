//! Making, reading, changing and giving up the map.

use std::collections::BTreeSet;
use std::time::UNIX_EPOCH;

use eksauth_core::aws_auth::{EmptyForm, Entry, Section};
use tf_provider::resource::{Apply, Failed, Private, State};
use tf_provider::{Attr, Context, Diagnostics};

use super::change_request::{IMPORTED, OTHERS, UNDO, noted, others, request};
use super::import::taken;
use super::items::{Item, items, with_items};
use super::repair::{REPAIRS, at_apply, concerned};
use super::{AwsAuthModel, diagnostics, held, roles};
use crate::attributes::move_source::MOVED;
use crate::attributes::timeouts::Operation;
use crate::attributes::values::known_set;
use crate::aws_auth::entry_claim::{leave_what_others_hold, note_failed, take_what_is_given_up};
use crate::aws_auth::rules::Kind;
use crate::aws_auth::write::diagnostics::only_remarked;
use crate::aws_auth::{ChangeOutcome, Document};
use crate::aws_auth::{ReadOutcome, WritableCluster};
use crate::client::Client;
use crate::clusters::Remembered;
use crate::clusters::placement::Applying;
use crate::diagnostics::api_failure;

/// Adds what is missing. The object is made only where there is none.
pub(super) async fn create(
    cx: &Context<Client>,
    apply: Apply<AwsAuthModel>,
) -> Result<State<AwsAuthModel>, Failed<AwsAuthModel>> {
    let target = writable_cluster(cx, &apply, Operation::Create).await?;
    let mut private = Private::default();
    let repairs = apply.private.entries.get_key_value(REPAIRS);
    private
        .entries
        .extend(repairs.map(|(name, noted)| (name.clone(), noted.clone())));
    write(cx, &target, None, apply.planned, private).await
}

/// Changes what the plan named, in one write.
pub(super) async fn update(
    cx: &Context<Client>,
    apply: Apply<AwsAuthModel>,
) -> Result<State<AwsAuthModel>, Failed<AwsAuthModel>> {
    let target = writable_cluster(cx, &apply, Operation::Update).await?;
    let mut private = apply.private;
    // From here on the state is what the configuration names.
    private.entries.remove(MOVED);
    private.entries.remove(IMPORTED);
    write(cx, &target, apply.prior.as_ref(), apply.planned, private).await
}

async fn writable_cluster(
    cx: &Context<Client>,
    apply: &Apply<AwsAuthModel>,
    operation: Operation,
) -> Result<WritableCluster, Diagnostics> {
    let applying = Applying {
        config: &apply.config.placement(),
        planned: &apply.planned.placement(),
        operation,
    };
    cx.client.aws_auth().at_apply(cx, applying).await
}

async fn write(
    cx: &Context<Client>,
    target: &WritableCluster,
    prior: Option<&AwsAuthModel>,
    planned: AwsAuthModel,
    mut private: Private,
) -> Result<State<AwsAuthModel>, Failed<AwsAuthModel>> {
    let about = format!("aws-auth of {}", target.cluster.reference);
    let document = target
        .writer
        .document()
        .await
        .map_err(api_failure::failure("Cannot Read aws-auth", &about))?;
    let repaired = at_apply(target.writer.cluster(), &document, &planned, &private)?;
    private.entries.remove(REPAIRS);
    let base = repaired.document.as_ref().unwrap_or(&document);
    let request =
        request(base, prior, &planned, &private).ok_or_else(diagnostics::still_unknown)?;
    let mut request = repaired.with_repair(request);
    let cluster = Remembered::from_cluster(&target.cluster);
    take_what_is_given_up(cx, &cluster, base, &mut request);
    let guessed = leave_what_others_hold(cx, &cluster, &mut request);
    if cx.claims.is_shared() {
        request.supersede_earlier_walks(prior.is_some());
    }
    let (upserts, holds) = roles::granted(&request);
    let mut granted = target.writer.change(&cx.cancel, request.clone()).await;
    if let (Err(reasons), Some(guessed)) = (&granted, guessed) {
        // What must not go stays, as another plan of this folder says.
        let again = target.writer.change(&cx.cancel, guessed).await;
        if again.is_ok() {
            let reasons = reasons.iter().cloned();
            reasons.for_each(|reason| cx.add(only_remarked(reason)));
        }
        granted = again;
    }
    let granted = match granted {
        Ok(granted) => granted,
        Err(reasons) => {
            note_failed(&cx.claims, &cluster, &request);
            return Err(reasons.into());
        }
    };
    for note in granted.messages() {
        cx.add(note.clone());
    }
    let placement = planned.placement().in_cluster(&target.cluster);
    held::note_had(cx, &planned, &cluster);
    let private = remember_undo(private, granted);
    let now = cx.client.clock().now();
    let now = now.duration_since(UNIX_EPOCH).unwrap_or_default();
    let now = i64::try_from(now.as_secs()).unwrap_or(i64::MAX);
    Ok(State {
        model: planned.at(placement),
        private: roles::remember(private, &upserts, &holds, now),
    })
}

fn remember_undo(mut private: Private, granted: ChangeOutcome) -> Private {
    let mut notes: Vec<(Section, EmptyForm)> = noted(&private, UNDO);
    notes.retain(|(section, _)| !granted.undo.contains_key(section));
    notes.extend(granted.undo);
    if let Ok(notes) = serde_json::to_value(notes) {
        private.entries.insert(UNDO.to_owned(), notes);
    }
    private
}

/// The state's elements as the document has them, and with `exclusive` those of others too.
pub(super) async fn read(
    cx: &Context<Client>,
    state: State<AwsAuthModel>,
) -> Result<Option<State<AwsAuthModel>>, Diagnostics> {
    let State { model, mut private } = state;
    let (target, document) = match cx.client.aws_auth().at_read(cx, &model.placement()).await? {
        ReadOutcome::NotJudged => return Ok(Some(State { model, private })),
        ReadOutcome::Gone => return Ok(None),
        ReadOutcome::Found(target, document) => (target, document),
    };
    let model = match private.entries.remove(MOVED) {
        Some(_) => {
            private.entries.insert(IMPORTED.to_owned(), true.into());
            taken(cx, &target, &document, model)?
        }
        None => model,
    };
    let Some(remembered) = items(&model) else {
        return Ok(Some(State { model, private }));
    };
    if document.config_map().is_none() && !remembered.is_empty() {
        target.warn_if_gone(cx, &document);
        return Ok(None);
    }
    warn_of_unparsed(cx, &target, &document, &model, &remembered);
    let is_kept = |item: &Item| document.unparsed(item.kind.section()).is_some();
    let mut found: Vec<Item> = remembered
        .into_iter()
        .filter_map(|item| {
            if is_kept(&item) {
                Some(item)
            } else {
                as_found(item, &document)
            }
        })
        .collect();
    if model.is_exclusive() {
        let leave = known_set(&model.leave).unwrap_or_default();
        let strangers = others(&document, &found, model.manages_node_entries());
        let strangers = strangers.into_iter().map(Item::from_entry);
        found.extend(strangers.filter(|item| !item.is_in(&leave)));
        private.entries.remove(OTHERS);
    } else {
        remember_others(&mut private, &document, &found);
    }
    let model = with_repair(with_items(model, found), &document);
    Ok(Some(State { model, private }))
}

/// A map that was to be repaired and needs it again shows it as a change, so that there is something to apply.
fn with_repair(model: AwsAuthModel, document: &Document) -> AwsAuthModel {
    let is_needed = !document.reading().unparsed_sections().is_empty();
    let repair = match model.repair {
        Attr::Known(true) => Attr::Known(!is_needed),
        repair => repair,
    };
    AwsAuthModel { repair, ..model }
}

/// Notes the entries of others: all of them, because a map that becomes exclusive may begin to manage node entries at the same time.
fn remember_others(private: &mut Private, document: &Document, found: &[Item]) {
    let strangers = others(document, found, true);
    let strangers: Vec<Entry> = strangers
        .iter()
        .filter_map(|entry| entry.to_entry())
        .collect();
    if let Ok(strangers) = serde_json::to_value(strangers) {
        private.entries.insert(OTHERS.to_owned(), strangers);
    }
}

/// The element as the document says it; `None` if it is gone.
fn as_found(item: Item, document: &Document) -> Option<Item> {
    let entry = document.find_as(&item.standing(document))?;
    if item.kind == Kind::Account {
        return Some(item);
    }
    let read = Item::from_entry(entry);
    let is_same =
        item.groups.clone().unwrap_or_default() == read.groups.clone().unwrap_or_default();
    let groups = if is_same { item.groups } else { read.groups };
    Some(Item {
        username: read.username,
        groups,
        ..item
    })
}

/// A section that does not parse hides what this map has in it. Only a plan knows whether the configuration wants it repaired, so it is the
/// plan that fails.
fn warn_of_unparsed(
    cx: &Context<Client>,
    target: &WritableCluster,
    document: &Document,
    model: &AwsAuthModel,
    items: &[Item],
) {
    let has_items = |section: Section| items.iter().any(|item| item.kind.section() == section);
    for (section, place) in concerned(document, model.is_exclusive(), has_items) {
        cx.add(diagnostics::kept_unparsed(
            target.writer.cluster(),
            section,
            &place,
        ));
    }
}

/// Writes nothing: the document stays as it is, and what it still grants is said.
pub(super) async fn delete(
    cx: &Context<Client>,
    state: State<AwsAuthModel>,
) -> Result<(), Diagnostics> {
    let Some(target) = cx
        .client
        .aws_auth()
        .at_delete(&state.model.placement())
        .await?
    else {
        return Ok(());
    };
    match target.writer.document().await {
        Ok(document) => cx.add(diagnostics::left(
            target.writer.cluster(),
            document.reading(),
        )),
        Err(error) => cx.add(diagnostics::left_unread(target.writer.cluster(), &error)),
    }
    Ok(())
}

/// The defaults of what a configuration may leave out.
pub(super) fn with_defaults(model: AwsAuthModel) -> AwsAuthModel {
    AwsAuthModel {
        map_roles: Attr::Known(BTreeSet::new()),
        map_users: Attr::Known(BTreeSet::new()),
        map_accounts: Attr::Known(BTreeSet::new()),
        exclusive: Attr::Known(false),
        manage_node_entries: Attr::Known(false),
        leave: Attr::Known(BTreeSet::new()),
        ..model
    }
}
