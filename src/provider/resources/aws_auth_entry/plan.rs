//! What a plan can promise and must say about one entry.

use eksauth_core::aws_auth::Entry;
use tf_provider::claims::{Holder, Holding};
use tf_provider::resource::Plan;
use tf_provider::{Attr, AttributePath, Context, Diagnostics, Severity};

use super::{EntryModel, Fields, IMPORTED, diagnostics};
use crate::access::makings;
use crate::aws_auth;
use crate::aws_auth::entry_claim;
use crate::aws_auth::rules::{self, Kind};
use crate::aws_auth::write::diagnostics::only_remarked;
use crate::aws_auth::write::request::OnConflict;
use crate::aws_auth::{Document, key};
use crate::aws_auth::{ExclusiveConflict, PlanScope};
use crate::aws_auth::{ReadOutcome, WritableCluster};
use crate::client::Client;
use crate::clusters::placement::Placement;

/// Refines the plan of an entry resource.
pub(crate) async fn plan<M: EntryModel>(
    cx: &Context<Client>,
    plan: &mut Plan<M>,
) -> Result<(), Diagnostics> {
    let Some(planned) = &plan.planned else {
        return plan_removal(cx, plan).await;
    };
    let kind = M::KIND;
    let mut fields = planned.to_fields();
    if let (Attr::Unknown, Some(config)) = (&fields.placement.cluster_name, &plan.config) {
        // Where the configuration says nothing, the provider block does.
        fields.placement.cluster_name = config.to_fields().placement.cluster_name;
    }
    let prior = plan.prior.as_ref().map(EntryModel::to_fields);
    if !fields.permission_set.is_null() {
        fields.written = role_of_set(cx, &fields, prior.as_ref()).await?;
    }
    if let Some(prior) = &prior {
        let is_imported = plan.private.entries.contains_key(IMPORTED);
        keep_spelling(kind, &mut fields, prior, is_imported);
    }
    let view = read_planned_cluster(cx, plan, &mut fields.placement, prior.as_ref()).await?;
    if !plan.requires_replace.is_empty() {
        warn_of_removal(cx, plan).await;
    }
    let stays = prior
        .as_ref()
        .filter(|prior| prior.placement.cluster_arn == fields.placement.cluster_arn);
    let is_unchanged = stays.is_some_and(|prior| {
        let becomes_effective = fields.written != prior.written && matches_nobody(kind, prior);
        fields.is_same_grant(kind, prior) && !becomes_effective
    });
    fields.canonical = match (stays, &fields.written) {
        (Some(prior), _) if is_unchanged => prior.canonical.clone(),
        (_, Attr::Known(written)) => canonical(kind, written)?.into(),
        _ => Attr::Unknown,
    };
    cx.client.group_warnings().note_mapped(&fields.groups);
    note_held(cx, plan, &fields)?;
    if !is_unchanged {
        note_making(cx, kind, &fields);
    }
    if let (Some(prior), Some(wanted)) = (stays, fields.entry(kind)) {
        note_left_behind(cx, kind, prior, &wanted);
    }
    if let ReadOutcome::Found(target, document) = view {
        let judgement = Judgement {
            kind,
            target: &target,
            document: &document,
            fields: &fields,
            is_unchanged,
        };
        judgement.judge(cx, stays).await?;
        judgement.preview(cx, stays).await?;
    }
    if !plan.requires_replace.is_empty() {
        // Terraform asks once more for the object that is made, and not for the one that goes.
        preview_removal(cx, plan).await?;
    }
    plan.planned = Some(M::from_fields(fields));
    Ok(())
}

/// Notes that this object holds its entry, and says if another one does too.
fn note_held<M: EntryModel>(
    cx: &Context<Client>,
    plan: &mut Plan<M>,
    fields: &Fields,
) -> Result<(), Diagnostics> {
    let kind = M::KIND;
    let Some(arn) = fields.canonical.known() else {
        return Ok(());
    };
    let entry = fields.entry(kind);
    let cluster = fields.placement.remembered();
    let Some(claim) = entry_claim::claim(&cluster, kind.section(), arn, entry.as_ref()) else {
        return Ok(());
    };
    if plan.prior.is_none() {
        cx.claims.mark(&mut plan.private.entries, &claim.object);
    }
    let holder = Holder {
        label: fields.request(kind).label(),
        is_in_state: plan.prior.is_some(),
        config: format!("{:?}", plan.config),
        content: claim.content.clone(),
    };
    let holding = entry_claim::EntryHolder {
        claim,
        holder,
        arn,
        section: kind.section(),
        placement: &fields.placement,
        cluster: &cluster,
    };
    match holding.note(&cx.claims) {
        Some(told) if told.severity == Severity::Error => Err(told.into()),
        told => {
            told.into_iter().for_each(|told| cx.add(told));
            Ok(())
        }
    }
}

/// Notes that the entry is made or changed: another change that is refused without it waits for it.
fn note_making(cx: &Context<Client>, kind: Kind, fields: &Fields) {
    let cluster = fields.placement.remembered();
    let claim = fields.canonical.known().and_then(|arn| {
        entry_claim::claim(&cluster, kind.section(), arn, fields.entry(kind).as_ref())
    });
    if let Some(claim) = claim {
        makings::note_planned(cx, &cluster.cluster_arn, &claim.object);
    }
}

/// Notes that this object gives its entry up where it becomes another principal's.
fn note_left_behind(cx: &Context<Client>, kind: Kind, prior: &Fields, wanted: &Entry) {
    let before = prior.entry(kind);
    let left = entry_claim::left_behind(before.as_ref(), wanted);
    let cluster = prior.placement.remembered();
    if let Some(claim) = left.and_then(|left| entry_claim::claim_of(&cluster, left)) {
        entry_claim::give_up(&cx.claims, &cluster, &claim);
    }
}

/// What is in the planned cluster; another one than the state's, or another region, needs a new object.
async fn read_planned_cluster<M: EntryModel>(
    cx: &Context<Client>,
    plan: &mut Plan<M>,
    placement: &mut Placement,
    prior: Option<&Fields>,
) -> Result<ReadOutcome, Diagnostics> {
    let aws_auth = cx.client.aws_auth();
    let Some(prior) = prior else {
        return aws_auth.at_plan(cx, placement, None).await;
    };
    let configured = plan.config.as_ref().map(EntryModel::to_fields);
    let configured = configured.map(|fields| fields.placement.cluster_name);
    prior
        .placement
        .note_unused_default(cx, cx.client.clusters(), configured.as_ref());
    if placement.is_moved_from(cx.client.clusters(), &prior.placement)? {
        plan.requires_replace
            .push(AttributePath::attribute("region"));
    }
    let view = aws_auth
        .at_plan(cx, placement, Some(&prior.placement))
        .await?;
    if placement.is_renamed_from(&prior.placement) {
        plan.requires_replace
            .push(AttributePath::attribute("cluster_name"));
    }
    Ok(view)
}

/// The role of the permission set; where it cannot be looked up, the one that the state has of it.
async fn role_of_set(
    cx: &Context<Client>,
    fields: &Fields,
    prior: Option<&Fields>,
) -> Result<Attr<String>, Diagnostics> {
    let reference = fields.placement.resolve(cx.client.clusters())?;
    let kept = prior
        .filter(|prior| prior.permission_set == fields.permission_set)
        .and_then(|prior| prior.written.known());
    let sets = cx.client.permission_sets();
    sets.role_arn(cx, &fields.permission_set, &reference, kept)
        .await
}

/// What is replaced in another place goes from its own as with a destroy. What hinders that is apply's to refuse: the old cluster may be what is
/// wrong.
async fn warn_of_removal<M: EntryModel>(cx: &Context<Client>, plan: &Plan<M>) {
    let Err(reasons) = preview_removal(cx, plan).await else {
        return;
    };
    for reason in reasons {
        cx.add(only_remarked(reason));
    }
}

/// A removal has nothing to refine. It notes what it gives up, and if another object holds that, the entry stays.
async fn plan_removal<M: EntryModel>(
    cx: &Context<Client>,
    plan: &mut Plan<M>,
) -> Result<(), Diagnostics> {
    let claim = plan.prior.as_ref().and_then(|prior| {
        let fields = prior.to_fields();
        entry_claim::claim_of(&fields.placement.remembered(), &fields.entry(M::KIND)?)
    });
    let holding = claim.as_ref().map(|claim| {
        if let Some(prior) = &plan.prior {
            let cluster = prior.to_fields().placement.remembered();
            entry_claim::note_going(&cx.claims, &cluster, claim);
        }
        cx.claims.release(&mut plan.private.entries, claim)
    });
    if holding == Some(Holding::Same) {
        return Ok(());
    }
    let previewed = preview_removal(cx, plan).await;
    if let Some(claim) = &claim {
        cx.claims.renew(&mut plan.private.entries, &claim.object);
    }
    previewed
}

/// What the guard, and the API server where it is to be asked, think of a removal.
async fn preview_removal<M: EntryModel>(
    cx: &Context<Client>,
    plan: &Plan<M>,
) -> Result<(), Diagnostics> {
    let Some(fields) = plan.prior.as_ref().map(EntryModel::to_fields) else {
        return Ok(());
    };
    let Some(entry) = fields.entry(M::KIND) else {
        return Ok(());
    };
    let mut placement = fields.placement.clone();
    let aws_auth = cx.client.aws_auth();
    let view = aws_auth
        .at_plan(cx, &mut placement, Some(&fields.placement))
        .await?;
    let ReadOutcome::Found(target, document) = view else {
        return Ok(());
    };
    let claim = entry_claim::claim_of(&fields.placement.remembered(), &entry);
    let is_held = || {
        let holding = claim.as_ref().map(|claim| cx.claims.holding_now(claim));
        holding == Some(Holding::Same)
    };
    let mut request = fields.removal(M::KIND, entry, &plan.private);
    let cluster = fields.placement.remembered();
    request.going = claim
        .as_ref()
        .and_then(|claim| entry_claim::going(&cx.claims, &cluster, &plan.private, claim));
    let writer = &target.writer;
    if writer
        .preview_removal(cx, &document, &request, is_held)
        .await
    {
        return Ok(());
    }
    writer.dry_run(cx, &document, &request).await
}

fn canonical(kind: Kind, written: &str) -> Result<String, Diagnostics> {
    // Known only now, so validate could not say it.
    let canonical = kind.canonical(written);
    Ok(canonical.map_err(|reason| diagnostics::matches_nobody(kind, &reason.to_string()))?)
}

/// An imported entry keeps the spelling of its import as long as the configuration only spells the same principal otherwise. With any other
/// change the configuration's spelling comes in, so that the plan after it is empty. The spelling of an entry that matches nobody is what is
/// wrong with it, so another one is a change.
fn keep_spelling(kind: Kind, fields: &mut Fields, prior: &Fields, is_imported: bool) {
    let is_respelled = fields.written != prior.written;
    if !is_imported
        || !fields.is_same_principal(kind, prior)
        || (is_respelled && matches_nobody(kind, prior))
    {
        return;
    }
    let respelled = Fields {
        written: prior.written.clone(),
        ..fields.clone()
    };
    let is_rest_equal = respelled.permission_set == prior.permission_set
        && respelled.username == prior.username
        && respelled.groups == prior.groups
        && respelled.on_conflict == prior.on_conflict
        && respelled.placement.cluster_name == prior.placement.cluster_name
        && respelled.placement.region == prior.placement.region
        && respelled.placement.timeouts == prior.placement.timeouts;
    if is_rest_equal {
        *fields = respelled;
    }
}

/// True for an entry that matches nobody as it stands in the document.
fn matches_nobody(kind: Kind, fields: &Fields) -> bool {
    fields.canonical.known().is_some_and(|stands| {
        kind.canonical(stands)
            .map_or(true, |canonical| key(&canonical) != key(stands))
    })
}

struct Judgement<'a> {
    kind: Kind,
    target: &'a WritableCluster,
    document: &'a Document,
    fields: &'a Fields,
    is_unchanged: bool,
}

impl Judgement<'_> {
    /// Refuses what this change alone can be refused for, and warns of what another change of the same apply may make right.
    async fn judge(&self, cx: &Context<Client>, prior: Option<&Fields>) -> Result<(), Diagnostics> {
        let (kind, cluster) = (self.kind, self.target.writer.cluster());
        if let Some(place) = self.document.unparsed(kind.section()) {
            return Err(aws_auth::diagnostics::unparsed(cluster, kind.section(), &place).into());
        }
        let asked = self.fields.request(kind);
        if let Some(ExclusiveConflict { map, other }) = self.target.writer.note_planned(&asked) {
            return Err(aws_auth::diagnostics::exclusive(cluster, &map, &other).into());
        }
        if self.is_unchanged {
            super::groups::warn_of_groups(cx, self.target, self.document).await;
            return Ok(());
        }
        if let Err(reason) = self.document.check_writable(kind.section()) {
            return Err(aws_auth::diagnostics::unwritable(cluster, &reason.to_string()).into());
        }
        if let (Some(written), Kind::Role | Kind::User) = (self.fields.written.known(), kind) {
            let path = AttributePath::attribute(kind.attribute());
            let refusal = rules::check_partition(
                written,
                &self.target.cluster.partition,
                &cluster.name,
                path,
            );
            refusal.map_or(Ok(()), |refusal| Err(Diagnostics::from(refusal)))?;
        }
        self.target.warn_if_ignored(cx);
        match prior {
            Some(prior) => self.warn_if_it_becomes_effective(cx, prior),
            None => self.warn_of_existing(cx).await,
        }
        self.warn_of_missing_role(cx, prior).await;
        Ok(())
    }

    /// What the guard thinks of a change in place, and the API server of any change where it is to be asked.
    async fn preview(
        &self,
        cx: &Context<Client>,
        prior: Option<&Fields>,
    ) -> Result<(), Diagnostics> {
        let (false, Some(wanted)) = (self.is_unchanged, self.fields.entry(self.kind)) else {
            return Ok(());
        };
        let writer = &self.target.writer;
        let before = prior.and_then(|prior| prior.entry(self.kind));
        let left = prior.and_then(|prior| {
            let left = entry_claim::left_behind(before.as_ref(), &wanted)?;
            entry_claim::claim_of(&prior.placement.remembered(), left)
        });
        let mut request = self.fields.upsert(self.kind, wanted, before);
        if let Some(claim) = left {
            // Another address may take what this one leaves, and then it stays.
            let is_held = || {
                let holding = cx.claims.holding_now(&claim);
                matches!(holding, Holding::Same | Holding::Changed)
            };
            if !writer
                .preview_removal(cx, self.document, &request, is_held)
                .await
            {
                return writer.dry_run(cx, self.document, &request).await;
            }
            request
                .upserts
                .iter_mut()
                .for_each(|upsert| upsert.prior = None);
            writer
                .preview(cx, self.document, &request, PlanScope::Others)
                .await?;
            return writer.dry_run(cx, self.document, &request).await;
        }
        // What is made may take another's place, and another change may make up for that.
        let scope = match prior {
            Some(_) => PlanScope::OneEntry,
            None => PlanScope::Others,
        };
        writer.preview(cx, self.document, &request, scope).await?;
        writer.dry_run(cx, self.document, &request).await
    }

    /// An entry that never matched anyone is about to match.
    fn warn_if_it_becomes_effective(&self, cx: &Context<Client>, prior: &Fields) {
        let (Some(stands), Some(will)) = (prior.canonical.known(), self.fields.canonical.known())
        else {
            return;
        };
        if matches_nobody(self.kind, prior) && key(stands) != key(will) {
            let Some(entry) = self.fields.entry(self.kind) else {
                return;
            };
            cx.add(diagnostics::becomes_effective(
                self.target.writer.cluster(),
                stands,
                &entry,
            ));
        }
    }

    /// A role that is named anew and that IAM does not have. The role of a permission set was just found there.
    async fn warn_of_missing_role(&self, cx: &Context<Client>, prior: Option<&Fields>) {
        let is_new = prior.is_none_or(|prior| !self.fields.is_same_principal(self.kind, prior));
        let is_named = self.kind == Kind::Role && self.fields.permission_set.is_null();
        let (true, true, Some(arn)) = (is_new, is_named, self.fields.canonical.known()) else {
            return;
        };
        super::missing_roles::warn_of_missing(cx, self.target, [arn.as_str()]).await;
    }

    /// An entry of the principal is there: the same, or another one, of which apply decides by what else this plan does with it.
    async fn warn_of_existing(&self, cx: &Context<Client>) {
        let Some(entry) = self.fields.entry(self.kind) else {
            return;
        };
        let there = self.document.find(entry.section(), entry.arn());
        let Some(counts) = there.last() else {
            return;
        };
        let (writer, cluster) = (&self.target.writer, self.target.writer.cluster());
        let is_same = self.document.answers_as(&entry);
        let remembered = self.fields.placement.remembered();
        let claim = counts
            .to_entry()
            .and_then(|counts| entry_claim::claim_of(&remembered, &counts));
        let is_own = || claim.as_ref().is_some_and(|claim| cx.claims.is_own(claim));
        if writer.awaits_plan(cx, is_own).await {
            return;
        }
        cx.add(if is_same {
            aws_auth::diagnostics::will_be_taken_over(cluster, &[&entry])
        } else if self.fields.on_conflict() == OnConflict::Adopt {
            aws_auth::diagnostics::will_be_overwritten(cluster, &entry, &there)
        } else {
            let importer = self.fields.request(self.kind).importer();
            aws_auth::diagnostics::exists_at_plan(importer, cluster, &entry, &there)
        });
    }
}
