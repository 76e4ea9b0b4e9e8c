//! Making and changing an access entry: the entry first, then what policies it gets, and only then what it loses.

use std::sync::Arc;

use eksauth_core::access::access_entry::AccessEntry;
use tf_provider::resource::{Apply, Failed, Private, State};
use tf_provider::{Attr, Context, Diagnostics};

use super::diagnostics::About;
use super::flatten::{self, Wanted};
use super::live::{self, LiveEntry};
use super::plan::{self, Changed, WAS_ABSENT, partition};
use super::schema::AccessEntryModel;
use super::{about, arn_part, claim_key, diagnostics, guarded, stale, with_facts};
use crate::access::entry_guard::{Begun, EntryGuard, TakenBack};
use crate::attributes::timeouts::{Operation, Timeouts};
use crate::client::Client;
use crate::clusters::FoundCluster;
use crate::clusters::placement::Applying;
use crate::diagnostics::api_failure;
use crate::ports::ApiError;
use crate::ports::iam::Tags;
use crate::session::object_claim::{self, Origin};

mod made_again;
pub(in crate::resources) mod steps;

/// Makes the entry of a plan, or goes on with the one that is there.
pub(super) async fn create(
    cx: &Context<Client>,
    apply: Apply<AccessEntryModel>,
) -> Result<State<AccessEntryModel>, Failed<AccessEntryModel>> {
    let was_absent = apply.private.entries.contains_key(WAS_ABSENT);
    let writing = Writing::begin(cx, apply, Operation::Create).await?;
    let made = writing.make(was_absent).await;
    let key = claim_key(&writing.planned);
    cx.client.makings().note_done(&key);
    if made.is_err() {
        object_claim::note_failed(cx, &key);
    }
    made
}

/// Changes what is there; an entry that is gone meanwhile is made again.
pub(super) async fn update(
    cx: &Context<Client>,
    apply: Apply<AccessEntryModel>,
) -> Result<State<AccessEntryModel>, Failed<AccessEntryModel>> {
    let writing = Writing::begin(cx, apply, Operation::Update).await?;
    let changed = writing.change_or_make().await;
    cx.client.makings().note_done(&claim_key(&writing.planned));
    changed
}

fn origin_of(model: &AccessEntryModel) -> Origin {
    super::origin(model)
}

/// Why an entry cannot go on as it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Anew {
    /// It counts for a principal that is gone.
    Stale,
    /// EKS cannot change its type.
    Type,
}

/// An entry on its way.
struct Writing<'a> {
    cx: &'a Context<Client>,
    cluster: Arc<FoundCluster>,
    guard: Arc<EntryGuard>,
    about: About,
    planned: AccessEntryModel,
    prior: Option<AccessEntryModel>,
    private: Private,
}

impl<'a> Writing<'a> {
    async fn begin(
        cx: &'a Context<Client>,
        apply: Apply<AccessEntryModel>,
        operation: Operation,
    ) -> Result<Self, Diagnostics> {
        let (config, planned) = (apply.config.placement(), apply.planned.placement());
        let applying = Applying {
            config: &config,
            planned: &planned,
            operation,
        };
        let clusters = cx.client.clusters();
        let cluster = applying.cluster(cx, clusters).await?;
        let timeout = Timeouts::or_default(planned.timeouts.as_ref(), operation);
        let cluster = clusters
            .wait_for_access_entries(&cx.cancel, cluster, timeout)
            .await?;
        let planned = apply.planned.placed(planned.in_cluster(&cluster));
        if let (Some(principal), Some(kind)) = (planned.principal(), planned.kind()) {
            principal
                .check_place(kind, &cluster.account, partition(&cluster))
                .map_err(|error| diagnostics::misplaced(&error))?;
        }
        Ok(Self {
            about: about(&planned, &cluster),
            guard: cx.client.entry_guard(&cluster),
            cx,
            cluster,
            planned,
            prior: apply.prior,
            private: apply.private,
        })
    }

    async fn change_or_make(&self) -> Result<State<AccessEntryModel>, Failed<AccessEntryModel>> {
        match self.find().await? {
            Some(found) => self.change(&found, origin_of(&self.planned)).await,
            None => self.make_new().await,
        }
    }

    async fn find(&self) -> Result<Option<LiveEntry>, Diagnostics> {
        let found = live::find(&self.cluster, &self.about.principal_arn, true).await;
        found.map_err(|error| self.failed("Cannot Read Access Entry", &error))
    }

    fn failed(&self, title: &str, error: &ApiError) -> Diagnostics {
        diagnostics::failed(title, &self.about, error).into()
    }

    async fn make(
        &self,
        was_absent: bool,
    ) -> Result<State<AccessEntryModel>, Failed<AccessEntryModel>> {
        let removed = self.removed();
        let is_removed = |found: &LiveEntry| {
            let removed = removed.as_ref();
            removed.is_some_and(|removed| removed.details.arn == found.details.arn)
        };
        // EKS lists one that was removed for some seconds.
        match self.find().await?.filter(|found| !is_removed(found)) {
            None => match removed {
                Some(removed) => self.make_after(removed).await,
                None => self.make_new().await,
            },
            Some(found) => {
                let origin = self.takes_over(&found, was_absent)?;
                match self.is_to_be_made_again(&found).await {
                    // What somebody else made is not removed for its type.
                    Some(Anew::Type) if origin == Origin::Adopted => {
                        let wanted = self.wanted(Some(&found))?;
                        Err(diagnostics::another_type(&self.about, &found, &wanted.kind).into())
                    }
                    Some(why) => self.make_again(&found, (origin, why)).await,
                    None => self.change(&found, origin).await,
                }
            }
        }
    }

    /// Whether an entry that is there is gone on with, and how it came there then.
    fn takes_over(&self, found: &LiveEntry, was_absent: bool) -> Result<Origin, Diagnostics> {
        if let Some(origin) = self.handed_on(found) {
            return Ok(origin);
        }
        if let Some(told) = diagnostics::of_capability(&self.about, found) {
            return Err(told.as_error().into());
        }
        let wanted = self.wanted(Some(found))?;
        if found.details.entry.kind != wanted.kind {
            return Err(diagnostics::another_type(&self.about, found, &wanted.kind).into());
        }
        let adopts = self.planned.on_conflict == Attr::Known("adopt".to_owned());
        let is_equal = flatten::says_the_same(&found.details.entry, &wanted);
        if adopts || (was_absent && is_equal) {
            self.cx.add(diagnostics::taken_over(&self.about, found));
            return Ok(Origin::Adopted);
        }
        Err(diagnostics::exists(&self.about, found).into())
    }

    /// How the entry came to the address that gives it up; `None` for one that no address of the configuration has.
    fn handed_on(&self, found: &LiveEntry) -> Option<Origin> {
        let key = claim_key(&self.planned).into_known()?;
        let origin = object_claim::given_up(self.cx, &key)?;
        let part = arn_part(&Attr::Known(found.details.arn.clone()))?;
        object_claim::is_part_given_up(self.cx, &key, &part).then_some(origin)
    }

    fn wanted(&self, found: Option<&LiveEntry>) -> Result<AccessEntry, Diagnostics> {
        let changed = Changed {
            prior: self.prior.as_ref(),
            planned: &self.planned,
        };
        let there = found.map(|found| found.policies.as_slice());
        let going = plan::going(self.cx, changed, there.unwrap_or_default());
        let wanted = flatten::expand(Wanted {
            model: &self.planned,
            partition: partition(&self.cluster),
            found,
            going: &going,
        });
        wanted.ok_or_else(|| api_failure::not_known_at_apply("access entry").into())
    }

    async fn judged(
        &self,
        before: Option<&LiveEntry>,
        after: &AccessEntry,
    ) -> Result<Begun, Diagnostics> {
        let change = guarded::change(&self.about, before, Some(after.clone()));
        let begun = self.guard.begin(&self.cluster, &change).await?;
        guarded::say(self.cx, begun.told.clone());
        Ok(begun)
    }

    async fn make_new(&self) -> Result<State<AccessEntryModel>, Failed<AccessEntryModel>> {
        let wanted = self.wanted(None)?;
        let begun = self.judged(None, &wanted).await?;
        let made = self.create_entry(&wanted, &Tags::new()).await?;
        let done = self.put_anew(&wanted, &made).await;
        self.end(begun, None, (done, &wanted, made), Origin::Made)
            .await
    }

    async fn change(
        &self,
        found: &LiveEntry,
        origin: Origin,
    ) -> Result<State<AccessEntryModel>, Failed<AccessEntryModel>> {
        let wanted = self.wanted(Some(found))?;
        let begun = self.judged(Some(found), &wanted).await?;
        let done = async {
            self.put_names(found, &wanted).await?;
            self.put_tags(found).await?;
            self.put_policies(&found.policies, &wanted).await?;
            let is_listed = |now: &LiveEntry| self.is_as_wanted(now, &wanted, &found.policies);
            match is_listed(found) {
                true => Ok(()),
                false => self.wait_until_listed(is_listed).await,
            }
        };
        let done = done.await;
        self.end(
            begun,
            Some(found),
            (done, &wanted, found.details.clone()),
            origin,
        )
        .await
    }

    /// Notes what was written, and looks whether whoever acts has what it had; else everything is put back.
    async fn end(
        &self,
        begun: Begun,
        before: Option<&LiveEntry>,
        (done, wanted, details): (
            Result<(), Diagnostics>,
            &AccessEntry,
            crate::ports::eks::AccessEntryDetails,
        ),
        origin: Origin,
    ) -> Result<State<AccessEntryModel>, Failed<AccessEntryModel>> {
        self.guard
            .note_written(&self.about.principal_arn, Some(wanted.clone()));
        let mut failed = done.err();
        if failed.is_none()
            && let Err(reason) = self.proven(&begun, before, wanted).await
        {
            let put_back = self.written(before, Some(wanted)).put_back().await;
            self.guard
                .note_written(&self.about.principal_arn, before.map(LiveEntry::whole));
            let failure = put_back.as_ref().err();
            let told = diagnostics::taken_back(&self.about.text(), &reason, failure);
            if before.is_none() && put_back.is_ok() {
                return Err(told.into());
            }
            failed = Some(told);
        }
        let live = LiveEntry {
            policies: wanted.policies.clone(),
            details: crate::ports::eks::AccessEntryDetails {
                entry: AccessEntry {
                    policies: Vec::new(),
                    created_at: details.entry.created_at,
                    ..wanted.clone()
                },
                ..details
            },
        };
        let state = self.state(&live, origin).await;
        match failed {
            None => Ok(state),
            Some(diagnostics) => Err(Failed {
                state: match &self.prior {
                    None => Some(state),
                    // The attributes stay, so that the next plan goes on.
                    Some(prior) => Some(State {
                        model: prior.clone(),
                        private: state.private,
                    }),
                },
                diagnostics,
            }),
        }
    }

    fn written<'b>(
        &'b self,
        before: Option<&'b LiveEntry>,
        after: Option<&'b AccessEntry>,
    ) -> guarded::Written<'b> {
        guarded::Written {
            cx: self.cx,
            cluster: &self.cluster,
            about: &self.about,
            before,
            after,
            tags: before.map_or_else(Tags::new, |before| self.tags_after(&before.details.tags)),
        }
    }

    async fn proven(
        &self,
        begun: &Begun,
        before: Option<&LiveEntry>,
        wanted: &AccessEntry,
    ) -> Result<(), TakenBack> {
        let change = guarded::change(&self.about, before, Some(wanted.clone()));
        let told = self.guard.end(begun, &change).await?;
        guarded::say(self.cx, told);
        Ok(())
    }

    /// What was planned, with what only the write could tell.
    async fn state(&self, live: &LiveEntry, origin: Origin) -> State<AccessEntryModel> {
        let known = |planned: &Attr<String>, now: &str| match planned {
            Attr::Known(_) => planned.clone(),
            _ => Attr::Known(now.to_owned()),
        };
        let entry = &live.details.entry;
        let principal_id = match (&self.planned.principal_id, self.planned.principal()) {
            (Attr::Unknown, Some(principal)) => {
                let found = self
                    .cx
                    .client
                    .entry_principals(&self.cluster)
                    .now(&principal)
                    .await;
                stale::id_of(&found, &self.about.principal_arn)
            }
            (Attr::Unknown, None) => Attr::Null,
            (planned, _) => planned.clone(),
        };
        let planned = &self.planned;
        let mut private = self.private.clone();
        private.entries.remove(WAS_ABSENT);
        State {
            private: with_facts(private, &live.details),
            model: AccessEntryModel {
                user_name: known(&planned.user_name, &entry.username),
                kubernetes_groups: match &planned.kubernetes_groups {
                    Attr::Known(_) => planned.kubernetes_groups.clone(),
                    _ => crate::attributes::values::to_set(entry.groups.iter().cloned()),
                },
                access_entry_arn: known(&planned.access_entry_arn, &live.details.arn),
                principal_id,
                adopted: match &planned.adopted {
                    Attr::Known(promised) => Attr::Known(*promised),
                    _ => Attr::Known(origin == Origin::Adopted),
                },
                ..planned.clone()
            },
        }
    }
}
