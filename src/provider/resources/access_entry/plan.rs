//! What a plan can promise and must say about an access entry.

use std::collections::BTreeSet;
use std::sync::Arc;

use eksauth_core::access::access_entry::Defaults;
use eksauth_core::access::capability::Capability;
use eksauth_core::principal::partition::Partition;
use tf_provider::resource::{Plan, Private};
use tf_provider::{Attr, AttributePath, Context, Diagnostics};

use super::diagnostics::About;
use super::flatten::{self, Wanted};
use super::live::{self, LiveEntry};
use super::schema::AccessEntryModel;
use super::stale::{self, Stale};
use super::{about, carried, claim_key, diagnostics, guarded, holders, noted, planned_removal};
use crate::access::cluster_access::authentication_mode;
use crate::access::entry_principals::FoundPrincipal;
use crate::access::makings;
use crate::attributes::tags::planned_tags_all;
use crate::attributes::values::to_set;
use crate::aws_auth::PlanScope;
use crate::client::Client;
use crate::clusters::FoundCluster;
use crate::clusters::planned_place::{Beside, PlannedPlace};
use crate::diagnostics::access_policy::refused_policy;
use crate::diagnostics::{api_failure, kept_state};
use crate::ports::ApiError;
use crate::ports::eks::AccessPolicy;

/// Private facts: the plan found no entry of the principal.
pub(super) const WAS_ABSENT: &str = "was_absent";

pub(super) async fn plan(
    cx: &Context<Client>,
    plan: &mut Plan<AccessEntryModel>,
) -> Result<(), Diagnostics> {
    let Some(planned) = plan.planned.take() else {
        return planned_removal::plan_removal(cx, plan).await;
    };
    let prior = plan.prior.clone();
    let beside = Beside {
        prior: prior.as_ref().map(AccessEntryModel::placement),
        configured: plan.config.as_ref().map(|config| &config.cluster_name),
    };
    let clusters = cx.client.clusters();
    let place = PlannedPlace::of(planned.placement(), cx, clusters, beside).await?;
    plan.requires_replace.extend(place.replaced_by);
    let mut planned = planned.placed(place.placement);
    let stays = prior.filter(|prior| claim_key(prior) == claim_key(&planned));
    foretell(cx, plan, &mut planned, stays.as_ref());
    holders::note_held(cx, plan, &planned)?;
    let key = claim_key(&planned);
    noted(&planned, &key).stays(&cx.claims);
    if let Some(cluster) = place.cluster {
        let mut judgement = Judgement {
            cx,
            about: about(&planned, &cluster),
            cluster,
            prior: stays.as_ref(),
        };
        judgement.judge(plan, &mut planned).await?;
    }
    let is_there = stays.as_ref().is_some_and(|prior| is_same(prior, &planned));
    if let (Attr::Known(object), false) = (&key, is_there) {
        makings::note_planned(cx, &planned.cluster_arn, object);
    }
    plan.planned = Some(planned);
    Ok(())
}

/// What EKS fills in, where it is documented: unset means that, and not whatever is there.
fn foretell(
    cx: &Context<Client>,
    plan: &Plan<AccessEntryModel>,
    planned: &mut AccessEntryModel,
    prior: Option<&AccessEntryModel>,
) {
    let Some(config) = &plan.config else {
        return;
    };
    let same_type = prior.filter(|prior| prior.entry_type == planned.entry_type);
    let kind = planned.kind();
    planned.user_name = match (&config.user_name, kind, &planned.principal_arn) {
        (Attr::Null, Some(kind), Attr::Known(arn)) if kind.has_documented_username() => {
            Attr::Known(Defaults::for_type(kind.id(), arn).username)
        }
        (Attr::Null, ..) => same_type.map_or(Attr::Unknown, |prior| prior.user_name.clone()),
        (configured, ..) => configured.clone(),
    };
    planned.kubernetes_groups = match (&config.kubernetes_groups, kind) {
        (Attr::Null, Some(kind)) if kind.takes_names() => to_set([]),
        (configured, Some(kind)) if kind.takes_names() => configured.clone(),
        _ => same_type.map_or(Attr::Unknown, |prior| prior.kubernetes_groups.clone()),
    };
    planned.tags_all = planned_tags_all(&cx.client.settings().tags, &config.tags);
}

struct Judgement<'a> {
    cx: &'a Context<Client>,
    cluster: Arc<FoundCluster>,
    about: About,
    /// The state of the same entry.
    prior: Option<&'a AccessEntryModel>,
}

impl Judgement<'_> {
    async fn judge(
        &mut self,
        plan: &mut Plan<AccessEntryModel>,
        planned: &mut AccessEntryModel,
    ) -> Result<(), Diagnostics> {
        self.check_policies(planned).await?;
        let (Some(principal), Some(kind)) = (planned.principal(), planned.kind()) else {
            return Ok(());
        };
        let partition = partition(&self.cluster);
        principal
            .check_place(kind, &self.cluster.account, partition)
            .map_err(|error| diagnostics::misplaced(&error))?;
        let found = self
            .cx
            .client
            .entry_principals(&self.cluster)
            .at_plan(&principal)
            .await;
        self.check_principal(planned, &found)?;
        let stale = match self.prior {
            Some(prior) => stale::of_state(prior, &plan.private, &found),
            None => None,
        };
        if let Some(stale) = &stale {
            self.tell_stale(planned, stale).await;
            planned.principal_id = Attr::Unknown;
            plan.requires_replace
                .push(AttributePath::attribute("principal_id"));
        }
        if !authentication_mode(&self.cluster).reads_access_entries() {
            self.cx.add(diagnostics::mode_without_entries(&self.about));
            return Ok(());
        }
        self.judge_change(plan, planned, stale).await
    }

    async fn tell_stale(&self, planned: &AccessEntryModel, stale: &Stale) {
        let changed = Changed {
            prior: self.prior,
            planned,
        };
        let found = live::find(&self.cluster, &self.about.principal_arn, true).await;
        // What cannot be read is told where the change is judged.
        let found = found.ok().flatten();
        let others = found.map(|found| carried::names(self.cx, changed, &found));
        let told = diagnostics::stale(&self.about, stale, &others.unwrap_or_default());
        self.cx.add(told);
    }

    /// Unknown names, and ARNs of another partition.
    async fn check_policies(&self, planned: &AccessEntryModel) -> Result<(), Diagnostics> {
        let policies = self.cx.client.access_policies();
        let partition = partition(&self.cluster);
        for policy in planned.known_policies() {
            let Attr::Known(given) = &policy.policy_arn else {
                continue;
            };
            let known = self.prior.is_some_and(|prior| {
                let mut names = prior.known_policies().filter_map(|one| one.name());
                names.any(|name| Some(name) == policy.name())
            });
            if let Err(error) = eksauth_core::access::access_policy::policy_arn(given, partition) {
                return Err(refused_policy(&error).into());
            }
            if let (false, Some(name)) = (known, policy.name())
                && let Some(unknown) = policies.unknown(&self.cluster, name).await
            {
                return Err(diagnostics::unknown_policy(&unknown).into());
            }
        }
        Ok(())
    }

    fn check_principal(
        &self,
        planned: &AccessEntryModel,
        found: &FoundPrincipal,
    ) -> Result<(), Diagnostics> {
        let arn = &self.about.principal_arn;
        match found {
            FoundPrincipal::Found(facts) if found.exactly(arn).is_none() => {
                Err(diagnostics::another_path(arn, &facts.arn).into())
            }
            FoundPrincipal::Gone if self.prior.is_none() && planned.principal_arn.is_known() => {
                self.cx.add(diagnostics::no_principal(&self.about));
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// The entry as it is, and what the change does to access.
    async fn judge_change(
        &self,
        plan: &mut Plan<AccessEntryModel>,
        planned: &AccessEntryModel,
        stale: Option<Stale>,
    ) -> Result<(), Diagnostics> {
        if self.prior.is_some_and(|prior| is_same(prior, planned)) {
            return Ok(());
        }
        let about = &self.about;
        let found = match self.find().await {
            Ok(found) => found,
            Err(error) if kept_state::is_kept(self.cx, &about.text(), &error) => return Ok(()),
            Err(error) => {
                return Err(
                    api_failure::failed("Cannot Read Access Entry", &about.text(), &error).into(),
                );
            }
        };
        let changed = Changed {
            prior: self.prior,
            planned,
        };
        let kind = planned.entry_type.known();
        let old = match (self.prior, &found, kind) {
            (Some(_), Some(found), Some(kind)) => Some(carried::as_type(found, kind)),
            _ => found.clone(),
        };
        if let (Some(found), Some(old)) = (&found, &old) {
            self.tell_policies_of_type(found, old);
        }
        let there = old.as_ref().map(|old| old.policies.as_slice());
        let going = going(self.cx, changed, there.unwrap_or_default());
        let wanted = flatten::expand(Wanted {
            model: planned,
            partition: partition(&self.cluster),
            found: old.as_ref(),
            going: &going,
        });
        let Some(wanted) = wanted else {
            return Ok(());
        };
        let goes_on = self
            .note_existing(&mut plan.private, planned, found.as_ref())
            .await;
        if !goes_on {
            return Ok(());
        }
        let counts = found.as_ref().filter(|_| stale.is_none());
        let change = guarded::change(about, counts, Some(wanted));
        let scope = match self.prior {
            Some(_) => PlanScope::OneEntry,
            None => PlanScope::Others,
        };
        guarded::preview(self.cx, &self.cluster, &change, scope).await
    }

    /// Of many that are to be made most are not there, and one list says so.
    async fn find(&self) -> Result<Option<LiveEntry>, ApiError> {
        let (client, arn) = (&self.cx.client, &self.about.principal_arn);
        let listing = client.access_entry_listing();
        match self.prior.is_some() || listing.may_have(&self.cluster, arn).await {
            true => live::find(&self.cluster, arn, true).await,
            false => Ok(None),
        }
    }

    /// Names what others gave the entry and one of its new type cannot have.
    fn tell_policies_of_type(&self, found: &LiveEntry, carried: &LiveEntry) {
        let is_own = |name: &str| {
            let prior = self.prior.into_iter();
            let mut own = prior.flat_map(AccessEntryModel::known_policies);
            own.any(|one| one.name() == Some(name))
        };
        let gone = found.policies.iter();
        let gone = gone.filter(|policy| !carried.policies.contains(policy));
        let names: Vec<&str> = gone
            .map(AccessPolicy::name)
            .filter(|name| !is_own(name))
            .collect();
        if !names.is_empty() {
            let kind = &carried.details.entry.kind;
            self.cx
                .add(diagnostics::policies_of_old_type(&self.about, kind, &names));
        }
    }

    /// Says that an entry to make is there already, unless it is this configuration's own; false where apply will not go on with it.
    async fn note_existing(
        &self,
        private: &mut Private,
        planned: &AccessEntryModel,
        found: Option<&LiveEntry>,
    ) -> bool {
        if self.prior.is_some() {
            return true;
        }
        let Some(found) = found else {
            private.entries.insert(WAS_ABSENT.to_owned(), true.into());
            return true;
        };
        let key = claim_key(planned).into_known().unwrap_or_default();
        let objects = self.cx.client.account_objects();
        if objects.is_own(self.cx, &key).await {
            return true;
        }
        if let Some(told) = diagnostics::of_capability(&self.about, found) {
            self.cx.add(told.as_warning());
            return false;
        }
        self.cx
            .add(diagnostics::exists_at_plan(&self.about, planned, found));
        planned.on_conflict == Attr::Known("adopt".to_owned())
    }
}

/// What a change of an entry is made of.
#[derive(Clone, Copy)]
pub(super) struct Changed<'a> {
    /// The state of the same address; `None` where another address, or nobody, had the entry until now.
    pub(super) prior: Option<&'a AccessEntryModel>,
    pub(super) planned: &'a AccessEntryModel,
}

/// Names of the policies that are there and go: those that the state held here, or another address that gives the entry up, and the plan does not; with
/// `exclusive_policies` all that are not named, but for those that EKS gives a capability. One that another resource of the configuration holds stays.
pub(super) fn going(
    cx: &Context<Client>,
    changed: Changed<'_>,
    policies: &[AccessPolicy],
) -> BTreeSet<String> {
    let Changed { prior, planned } = changed;
    let names = |model: &AccessEntryModel| -> BTreeSet<String> {
        let policies = model.known_policies();
        policies
            .filter_map(|policy| policy.name().map(str::to_owned))
            .collect()
    };
    let wanted = names(planned);
    let held = prior.map(names).unwrap_or_default();
    let was_held = |name: &str| match prior {
        Some(_) => held.contains(name),
        None => holders::was_held(cx, planned, name),
    };
    let there = policies.iter().map(AccessPolicy::name);
    there
        .filter(|name| !wanted.contains(*name))
        .filter(|name| {
            was_held(name) || planned.is_exclusive() && Capability::of_policy(name).is_none()
        })
        .filter(|name| !holders::is_held_elsewhere(cx, planned, name))
        .map(str::to_owned)
        .collect()
}

pub(in crate::resources) fn partition(cluster: &FoundCluster) -> Partition {
    Partition::parse(&cluster.partition).unwrap_or(Partition::Aws)
}

/// Whether nothing of what decides access changes.
fn is_same(prior: &AccessEntryModel, planned: &AccessEntryModel) -> bool {
    prior.user_name == planned.user_name
        && prior.kubernetes_groups == planned.kubernetes_groups
        && prior.policies == planned.policies
        && prior.exclusive_policies == planned.exclusive_policies
        && prior.principal_id == planned.principal_id
}
