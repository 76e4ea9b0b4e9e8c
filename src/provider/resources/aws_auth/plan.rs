//! What a plan of the whole map can promise and must say.

use std::collections::BTreeSet;

use eksauth_core::access::findings::MappingFinding;
use eksauth_core::aws_auth::{Entry, Section};
use tf_provider::resource::{Plan, Private};
use tf_provider::{Attr, AttributePath, Context, Diagnostics};

use super::change_request::{
    IMPORTED, is_named, is_respelled, others, request, taken_by_exclusivity,
};
use super::items::{Item, attribute, items, items_of, paired, sketches};
use super::repair::{Repaired, at_plan, concerned};
use super::{AwsAuthModel, diagnostics, held, roles};
use crate::attributes::values::known_set;
use crate::aws_auth::rules::{self, Kind};
use crate::aws_auth::{self, ChangeRequest, Document, ExclusiveConflict, OnConflict};
use crate::aws_auth::{ReadOutcome, WritableCluster};
use crate::client::Client;
use crate::resources::aws_auth_entry::groups::warn_of_groups;

/// Refines the plan.
pub(super) async fn plan(
    cx: &Context<Client>,
    plan: &mut Plan<AwsAuthModel>,
) -> Result<(), Diagnostics> {
    let Some(mut planned) = plan.planned.clone() else {
        // A removal writes nothing; apply says what stays.
        if let Some(prior) = &plan.prior {
            held::note_leaving(cx, prior);
        }
        return Ok(());
    };
    let prior = plan.prior.clone();
    let mut placement = planned.placement();
    if let (Attr::Unknown, Some(config)) = (&placement.cluster_name, &plan.config) {
        // Where the configuration says nothing, the provider block does.
        placement.cluster_name = config.cluster_name.clone();
    }
    if let Some(prior) = &prior
        && placement.is_moved_from(cx.client.clusters(), &prior.placement())?
    {
        plan.requires_replace
            .push(AttributePath::attribute("region"));
    }
    let before = prior.as_ref().map(AwsAuthModel::placement);
    if let Some(before) = &before {
        let configured = plan.config.as_ref().map(|config| &config.cluster_name);
        before.note_unused_default(cx, cx.client.clusters(), configured);
    }
    let aws_auth = cx.client.aws_auth();
    let view = aws_auth
        .at_plan(cx, &mut placement, before.as_ref())
        .await?;
    if let Some(prior) = &prior
        && placement.is_renamed_from(&prior.placement())
    {
        plan.requires_replace
            .push(AttributePath::attribute("cluster_name"));
    }
    planned = planned.at(placement);
    let repaired = match &view {
        ReadOutcome::Found(target, document) => {
            at_plan(cx, target, document, &planned, &mut plan.private).await?
        }
        ReadOutcome::NotJudged | ReadOutcome::Gone => Repaired::default(),
    };
    let document = match &view {
        ReadOutcome::Found(_, document) => Some(repaired.document.as_ref().unwrap_or(document)),
        ReadOutcome::NotJudged | ReadOutcome::Gone => None,
    };
    let stays = prior
        .as_ref()
        .filter(|prior| prior.cluster_arn == planned.cluster_arn);
    if let Some(prior) = stays {
        keep_spelling(&mut planned, prior, document);
    }
    note_groups(cx, &planned);
    let config = format!("{:?}", plan.config);
    held::note(cx, &planned, prior.as_ref(), config, document)?;
    if let (ReadOutcome::Found(target, read), Some(document)) = (&view, document) {
        warn_of_old_manifest(cx, target, read);
        Judgement {
            target,
            read,
            document,
            repaired: &repaired,
            planned: &planned,
            prior: stays,
            private: &plan.private,
        }
        .judge(cx)
        .await?;
        roles::warn(cx, target, document, &planned, &plan.private).await;
    }
    plan.planned = Some(planned);
    Ok(())
}

/// Notes the groups that the map gives.
fn note_groups(cx: &Context<Client>, planned: &AwsAuthModel) {
    let warnings = cx.client.group_warnings();
    if planned.map_roles.is_unknown() || planned.map_users.is_unknown() {
        warnings.note_mapped(&Attr::Unknown);
    }
    let unknown = Attr::Unknown;
    let roles = planned.map_roles.known().into_iter().flatten();
    let users = planned.map_users.known().into_iter().flatten();
    let of_roles = roles.map(|role| role.known().map_or(&unknown, |role| &role.groups));
    let of_users = users.map(|user| user.known().map_or(&unknown, |user| &user.groups));
    of_roles
        .chain(of_users)
        .for_each(|groups| warnings.note_mapped(groups));
}

/// A map that means what it meant is no change, however it is spelt and ordered.
fn keep_spelling(planned: &mut AwsAuthModel, prior: &AwsAuthModel, document: Option<&Document>) {
    let is_same = |kind: Kind| {
        let (Some(wanted), Some(before)) = (items_of(planned, kind), items_of(prior, kind)) else {
            return false;
        };
        let (pairs, dropped) = paired(&wanted, &before);
        let is_kept = |(item, was): &(&Item, Option<&Item>)| {
            was.is_some_and(|was| {
                item.is_same_grant(was)
                    && !document.is_some_and(|document| is_respelled(document, item, was))
            })
        };
        dropped.is_empty() && pairs.iter().all(is_kept)
    };
    let (roles, users, accounts) = (
        is_same(Kind::Role),
        is_same(Kind::User),
        is_same(Kind::Account),
    );
    if roles {
        planned.map_roles = prior.map_roles.clone();
    }
    if users {
        planned.map_users = prior.map_users.clone();
    }
    if accounts {
        planned.map_accounts = prior.map_accounts.clone();
    }
}

/// One warning where a manifest that was applied before would undo what stands there now.
fn warn_of_old_manifest(cx: &Context<Client>, target: &WritableCluster, document: &Document) {
    let found = document.last_applied_findings();
    let suppressed = &cx.client.settings().suppress_findings;
    let found: Vec<&MappingFinding> = found
        .iter()
        .filter(|finding| !suppressed.contains(finding.id))
        .collect();
    if !found.is_empty() {
        cx.add(diagnostics::stale_manifest(target.writer.cluster(), &found));
    }
}

struct Judgement<'a> {
    target: &'a WritableCluster,
    /// The document as it was read.
    read: &'a Document,
    /// The same with its sections repaired.
    document: &'a Document,
    /// The repair.
    repaired: &'a Repaired,
    planned: &'a AwsAuthModel,
    /// `None` for a create, and where the map moves to another cluster.
    prior: Option<&'a AwsAuthModel>,
    private: &'a Private,
}

impl Judgement<'_> {
    async fn judge(&self, cx: &Context<Client>) -> Result<(), Diagnostics> {
        self.refuse_unparsed()?;
        let Some(wanted) = items(self.planned) else {
            return Ok(());
        };
        let Some(request) = request(self.document, self.prior, self.planned, self.private) else {
            return Ok(());
        };
        let mut request = self.repaired.with_repair(request);
        held::give_up(cx, self.target, &mut request);
        let cluster = self.target.writer.cluster();
        let mut refusals = Diagnostics::new();
        if let Some(ExclusiveConflict { map, other }) = self.target.writer.note_planned(&request) {
            refusals.push(aws_auth::diagnostics::exclusive(cluster, &map, &other));
        }
        self.refuse_doubles(&wanted, &mut refusals);
        // A map that names nobody writes nothing now, and its next plan would take everybody away.
        self.refuse_unnamed_strangers(&wanted, &mut refusals);
        if request.upserts.is_empty() && request.removals.is_empty() && request.texts.is_empty() {
            if self.prior.is_some() && refusals.is_empty() {
                warn_of_groups(cx, self.target, self.document).await;
            }
            return refusals.into_result();
        }
        for section in request.sections() {
            if let Err(reason) = self.document.check_writable(section) {
                refusals.push(aws_auth::diagnostics::unwritable(
                    cluster,
                    &reason.to_string(),
                ));
            }
        }
        self.refuse_other_partitions(&wanted, &mut refusals);
        refusals.into_result()?;
        self.target.warn_if_ignored(cx);
        self.warn_of_existing(cx, &request);
        self.warn_of_import(cx, &request);
        self.warn_of_removals(cx, &request, &wanted);
        let request = held::preview(cx, self.target, self.read, request).await?;
        self.target.writer.dry_run(cx, self.read, &request).await
    }

    /// A section that does not parse, where nobody wants it repaired: nothing can be said of what this map has or wants in it.
    fn refuse_unparsed(&self) -> Result<(), Diagnostics> {
        let sketched = |model: Option<&AwsAuthModel>, section: Section| {
            let sketches = model.map(sketches).unwrap_or_default();
            sketches.iter().any(|(kind, _)| kind.section() == section)
        };
        let has_items = |section: Section| {
            sketched(Some(self.planned), section) || sketched(self.prior, section)
        };
        let mut refusals = Diagnostics::new();
        for (section, place) in concerned(self.document, self.planned.is_exclusive(), has_items) {
            let cluster = self.target.writer.cluster();
            refusals.push(aws_auth::diagnostics::unparsed(cluster, section, &place));
        }
        refusals.into_result()
    }

    /// Two elements for one principal: the server would use one of them. Those that the document has already were imported so.
    fn refuse_doubles(&self, wanted: &[Item], refusals: &mut Diagnostics) {
        let before = self.prior.and_then(items).unwrap_or_default();
        for (position, item) in wanted.iter().enumerate() {
            let twin = wanted
                .iter()
                .skip(position + 1)
                .find(|other| item.is_same_principal(other));
            let was_so = |item: &Item| before.iter().any(|was| was.is_same_grant(item));
            if let Some(twin) = twin.filter(|twin| !(was_so(item) && was_so(twin))) {
                refusals.push(
                    diagnostics::double(item, twin)
                        .at(AttributePath::attribute(attribute(item.kind))),
                );
            }
        }
    }

    fn refuse_other_partitions(&self, wanted: &[Item], refusals: &mut Diagnostics) {
        let cluster = &self.target.writer.cluster().name;
        for item in wanted.iter().filter(|item| item.kind != Kind::Account) {
            let path = AttributePath::attribute(attribute(item.kind));
            let refusal = rules::check_partition(
                &item.written,
                &self.target.cluster.partition,
                cluster,
                path,
            );
            refusal
                .into_iter()
                .for_each(|refusal| refusals.push(refusal));
        }
    }

    /// A new exclusive map would remove what no plan has named.
    fn refuse_unnamed_strangers(&self, wanted: &[Item], refusals: &mut Diagnostics) {
        if self.prior.is_some() || !self.planned.is_exclusive() {
            return;
        }
        let leave = known_set(&self.planned.leave).unwrap_or_default();
        let strangers = others(self.document, wanted, self.planned.manages_node_entries());
        let strangers: Vec<Entry> = strangers
            .iter()
            .filter_map(|entry| entry.to_entry())
            .collect();
        let strangers: Vec<&Entry> = strangers
            .iter()
            .filter(|entry| !is_named(entry, wanted, &leave))
            .collect();
        if !strangers.is_empty() {
            refusals.push(diagnostics::import_first(
                self.target.writer.cluster(),
                &strangers,
            ));
        }
    }

    /// Entries that are there already: the same, all in one warning, and others.
    fn warn_of_existing(&self, cx: &Context<Client>, request: &ChangeRequest) {
        let cluster = self.target.writer.cluster();
        let new = request.upserts.iter();
        let mut same = Vec::new();
        for upsert in new.filter(|upsert| upsert.prior.is_none()) {
            let wanted = &upsert.entry;
            let there = self.document.find(wanted.section(), wanted.arn());
            if there.is_empty() {
                continue;
            }
            if self.document.answers_as(wanted) {
                same.push(wanted);
            } else if upsert.on_conflict == OnConflict::Adopt {
                cx.add(aws_auth::diagnostics::will_be_overwritten(
                    cluster, wanted, &there,
                ));
            } else {
                let importer = request.importer();
                cx.add(aws_auth::diagnostics::exists_at_plan(
                    importer, cluster, wanted, &there,
                ));
            }
        }
        if !same.is_empty() {
            cx.add(aws_auth::diagnostics::will_be_taken_over(cluster, &same));
        }
    }

    /// An import answers for every entry, and what the configuration does not name goes.
    fn warn_of_import(&self, cx: &Context<Client>, request: &ChangeRequest) {
        let is_imported = self.private.entries.contains_key(IMPORTED);
        if !is_imported || self.planned.is_exclusive() || request.removals.is_empty() {
            return;
        }
        let removals = request.removals.iter();
        let gone: Vec<&Entry> = removals.map(|removal| &removal.entry).collect();
        let cluster = self.target.writer.cluster();
        cx.add(diagnostics::import_removes(cluster, &gone));
    }

    fn warn_of_removals(&self, cx: &Context<Client>, request: &ChangeRequest, wanted: &[Item]) {
        let cluster = self.target.writer.cluster();
        let leave: BTreeSet<String> = known_set(&self.planned.leave).unwrap_or_default();
        let others = taken_by_exclusivity(self.prior, self.planned, self.private);
        let others: Vec<&Entry> = others
            .iter()
            .filter(|entry| !is_named(entry, wanted, &leave))
            .collect();
        if !others.is_empty() {
            cx.add(diagnostics::becomes_exclusive(cluster, &others));
        }
        let is_of_nodes = |entry: &Entry| {
            let there = self.document.find_as(entry);
            there.is_some_and(|there| there.is_node() || there.is_fargate())
        };
        let nodes: Vec<&Entry> = request
            .removals
            .iter()
            .map(|removal| &removal.entry)
            .filter(|entry| is_of_nodes(entry))
            .collect();
        if !nodes.is_empty() {
            cx.add(diagnostics::removes_nodes(cluster, &nodes));
        }
        if let Attr::Known(_) = &self.planned.cluster_arn {
            for upsert in &request.upserts {
                let Some(prior) = &upsert.prior else { continue };
                if aws_auth::key(prior.arn()) != aws_auth::key(upsert.entry.arn()) {
                    cx.add(diagnostics::becomes_effective(
                        cluster,
                        prior,
                        &upsert.entry,
                    ));
                }
            }
        }
    }
}
