//! Removing an entry: one that was made here goes with its policies, one that was there before stays.

use tf_provider::claims::is_planned_removal;
use tf_provider::resource::State;
use tf_provider::{Attr, Context, Diagnostics};

use super::diagnostics::About;
use super::live::LiveEntry;
use super::schema::AccessEntryModel;
use super::teardown::Teardown;
use super::{about, arn_part, claim_key, diagnostics, guarded, live, noted, stale};
use crate::access::entry_guard::EntryChange;
use crate::access::makings::Change;
use crate::access::replaced_entries::ReplacedEntry;
use crate::attributes::values::known_map;
use crate::client::Client;
use crate::clusters::FoundCluster;
use crate::diagnostics::api_failure;
use crate::ports::ApiError;
use crate::ports::iam::Tags;
use crate::session::consistency::until_shown;
use crate::session::object_claim;

pub(super) async fn delete(
    cx: &Context<Client>,
    state: State<AccessEntryModel>,
) -> Result<(), Diagnostics> {
    let model = &state.model;
    if let Some(key) = claim_key(model).known()
        && object_claim::is_followed(cx, &state.private, key)
    {
        return Ok(());
    }
    let Some(cluster) = model.placement().at_delete(cx.client.clusters()).await? else {
        return Ok(());
    };
    let about = about(model, &cluster);
    let key = claim_key(model);
    let teardown = Teardown {
        cx,
        cluster: &cluster,
        placement: &model.placement(),
        private: &state.private,
        own: noted(model, &key),
        principal_arn: &about.principal_arn,
        label: about.label(),
    };
    let removal = Removal {
        cx,
        cluster: &cluster,
        about: &about,
        state: &state,
    };
    let removed = removal.remove(&teardown).await;
    teardown.note_settled(removed.is_ok());
    removed
}

struct Removal<'a> {
    cx: &'a Context<Client>,
    cluster: &'a FoundCluster,
    about: &'a About,
    state: &'a State<AccessEntryModel>,
}

impl Removal<'_> {
    async fn remove(&self, teardown: &Teardown<'_>) -> Result<(), Diagnostics> {
        if self.find().await?.is_none() {
            return Ok(());
        }
        teardown.await_others().await?;
        let change = Change {
            private: &self.state.private,
            cluster_arn: &self.state.model.cluster_arn,
            own: claim_key(&self.state.model)
                .into_known()
                .into_iter()
                .collect(),
        };
        // What the guard refuses as things are waits for what the plan makes beside it.
        let mut awaited = self.cx.client.makings().awaited(self.cx, change);
        loop {
            awaited.begin();
            let removed = self.remove_found(teardown.is_whole()).await;
            let Err(reasons) = &removed else {
                return removed;
            };
            if !awaited.is_worth_another_try(self.cx, reasons).await {
                return removed;
            }
        }
    }

    /// What is there may be another thing than it was before the wait.
    async fn remove_found(&self, is_teardown: bool) -> Result<(), Diagnostics> {
        match self.find().await? {
            Some(found) => self.delete(&found, is_teardown).await,
            None => Ok(()),
        }
    }

    /// The entry, unless it stays.
    async fn find(&self) -> Result<Option<LiveEntry>, Diagnostics> {
        let found = live::find(self.cluster, &self.about.principal_arn, true).await;
        let Some(found) = found.map_err(|error| self.failed(&error))? else {
            return Ok(None);
        };
        let model = &self.state.model;
        if model.adopted == Attr::Known(true) {
            self.cx.add(diagnostics::adopted_stays(self.about, &found));
            return Ok(None);
        }
        let is_another = arn_part(&model.access_entry_arn)
            .is_some_and(|part| part != format!("entry {}", found.details.arn));
        if is_another {
            self.cx.add(diagnostics::made_again_by_others(self.about));
            return Ok(None);
        }
        Ok(Some(found))
    }

    fn failed(&self, error: &ApiError) -> Diagnostics {
        let text = self.about.text();
        api_failure::failed("Cannot Delete Access Entry", &text, error).into()
    }

    async fn delete(&self, found: &LiveEntry, is_teardown: bool) -> Result<(), Diagnostics> {
        let (cx, cluster, about, model) = (self.cx, self.cluster, self.about, &self.state.model);
        let stale = match model.principal() {
            Some(principal) => {
                let now = cx.client.entry_principals(cluster).now(&principal).await;
                stale::of_state(model, &self.state.private, &now)
            }
            None => None,
        };
        let counts = Some(found).filter(|_| stale.is_none());
        let change = EntryChange {
            is_teardown,
            ..guarded::change(about, counts, None)
        };
        let guard = cx.client.entry_guard(cluster);
        let begun = guard.begin(cluster, &change).await?;
        guarded::say(cx, begun.told.clone());
        let (eks, name) = (cluster.eks(), &cluster.reference.name);
        let deleted = eks.delete_access_entry(name, &about.principal_arn).await;
        deleted.map_err(|error| self.failed(&error))?;
        guard.note_written(&about.principal_arn, None);
        self.wait_until_gone(found).await;
        match guard.end(&begun, &change).await {
            Ok(told) => {
                guarded::say(cx, told);
                self.note_replaced(found);
                Ok(())
            }
            Err(reason) => {
                let written = guarded::Written {
                    cx,
                    cluster,
                    about,
                    before: Some(found),
                    after: None,
                    tags: Tags::new(),
                };
                let put_back = written.put_back().await;
                guard.note_written(&about.principal_arn, Some(found.whole()));
                let failed = put_back.as_ref().err();
                Err(diagnostics::taken_back(&about.text(), &reason, failed))
            }
        }
    }

    /// Until EKS lists it no more, so that whoever makes one next does not find it. It is gone whether that is seen or not.
    async fn wait_until_gone(&self, removed: &LiveEntry) {
        let look = || async {
            let found = live::find(self.cluster, &self.about.principal_arn, false).await?;
            Ok(found.is_none_or(|found| found.details.arn != removed.details.arn))
        };
        if let Err(error) = until_shown(self.cx, "eks:DescribeAccessEntry", look).await {
            tracing::info!(%error, "the access entry was removed and may be listed still");
        }
    }

    /// What others gave an entry that is replaced is put on the new one.
    fn note_replaced(&self, found: &LiveEntry) {
        let (model, private) = (&self.state.model, &self.state.private);
        if is_planned_removal(&private.entries) {
            return;
        }
        let Attr::Known(key) = claim_key(model) else {
            return;
        };
        let names = model.known_policies().filter_map(|policy| policy.name());
        let own_tags = known_map(&model.tags_all).unwrap_or_default();
        let replaced = ReplacedEntry {
            details: found.details.clone(),
            policies: found.policies.clone(),
            own_policies: names.map(str::to_owned).collect(),
            own_tags: own_tags.into_keys().collect(),
        };
        self.cx.client.replaced_entries().note(key, replaced);
    }
}
