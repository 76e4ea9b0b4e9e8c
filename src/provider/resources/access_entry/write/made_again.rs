//! An entry that a plan replaces. EKS has one entry of a principal, and drops what others gave it when it goes. Terraform may create before it destroys, while
//! the old entry is still there.

use eksauth_core::access::access_entry::AccessEntry;
use eksauth_core::access::access_policy::AccessPolicy;
use tf_provider::Diagnostics;
use tf_provider::resource::{Failed, State};

use super::{Anew, Writing};
use crate::access::replaced_entries::ReplacedEntry;
use crate::diagnostics::api_failure;
use crate::resources::access_entry::live::LiveEntry;
use crate::resources::access_entry::schema::AccessEntryModel;
use crate::resources::access_entry::{carried, claim_key, holders, stale};
use crate::session::object_claim::Origin;

impl Writing<'_> {
    /// Whether the entry that is there has to go before the one that is wanted can be.
    pub(super) async fn is_to_be_made_again(&self, found: &LiveEntry) -> Option<Anew> {
        if let Some(principal) = self.planned.principal() {
            let principals = self.cx.client.entry_principals(&self.cluster);
            let now = principals.now(&principal).await;
            let is_handed_on = self.handed_on(found).is_some();
            let key = claim_key(&self.planned)
                .into_known()
                .filter(|_| is_handed_on);
            if stale::is_of_another(self.cx, key.as_deref(), found, &now) {
                return Some(Anew::Stale);
            }
        }
        let kind = self.planned.entry_type.known()?;
        (*kind != found.details.entry.kind).then_some(Anew::Type)
    }

    /// Removes the entry and makes the one that is wanted, with the policies and tags of others that it may have.
    pub(super) async fn make_again(
        &self,
        found: &LiveEntry,
        (origin, why): (Origin, Anew),
    ) -> Result<State<AccessEntryModel>, Failed<AccessEntryModel>> {
        let wanted = self.wanted_anew(found)?;
        let counts = Some(found).filter(|_| why == Anew::Type);
        let begun = self.judged(counts, &wanted).await?;
        self.remove(found).await?;
        let tags = &found.details.tags;
        let others = carried::others_tags(tags, &self.held_tags(tags));
        let made = match self.create_entry(&wanted, &others).await {
            Ok(made) => made,
            Err(failed) => return Err(self.put_back_after(counts, failed).await.into()),
        };
        let wanted = self.with_those_there(wanted).await;
        let done = self.put_anew(&wanted, &made).await;
        self.end(begun, counts, (done, &wanted, made), origin).await
    }

    /// The entry that the other half of this replacement has removed.
    pub(super) fn removed(&self) -> Option<ReplacedEntry> {
        let key = claim_key(&self.planned).into_known()?;
        self.cx.client.replaced_entries().take(&key)
    }

    /// Makes the entry after the other half of the replacement has removed the old one, with the policies and tags of others that it may have.
    pub(super) async fn make_after(
        &self,
        removed: ReplacedEntry,
    ) -> Result<State<AccessEntryModel>, Failed<AccessEntryModel>> {
        let others = carried::others_tags(&removed.details.tags, &removed.own_tags);
        let mut policies = removed.policies;
        policies.retain(|policy| {
            !removed.own_policies.contains(policy.name())
                || holders::is_held_elsewhere(self.cx, &self.planned, policy.name())
        });
        let details = removed.details;
        let wanted = self.wanted_anew(&LiveEntry { details, policies })?;
        let begun = self.judged(None, &wanted).await?;
        let made = self.create_entry(&wanted, &others).await?;
        let wanted = self.with_those_there(wanted).await;
        let done = self.put_anew(&wanted, &made).await;
        self.end(begun, None, (done, &wanted, made), Origin::Made)
            .await
    }

    /// Another resource may have changed the scope of its policy on the new entry already; that one counts.
    async fn with_those_there(&self, mut wanted: AccessEntry) -> AccessEntry {
        let is_named = |policy: &AccessPolicy| {
            let mut named = self.planned.known_policies();
            named.any(|one| one.name() == Some(policy.name()))
        };
        if wanted.policies.iter().all(is_named) {
            return wanted;
        }
        let (eks, cluster) = (self.cluster.eks(), &self.cluster.reference.name);
        let listed = eks
            .list_associated_policies(cluster, &self.about.principal_arn)
            .await;
        let there = listed.unwrap_or_default();
        for policy in &mut wanted.policies {
            let mut there = there.iter();
            if let (false, Some(now)) = (
                is_named(policy),
                there.find(|one| one.policy_arn == policy.policy_arn),
            ) {
                policy.clone_from(now);
            }
        }
        wanted
    }

    async fn remove(&self, found: &LiveEntry) -> Result<(), Diagnostics> {
        let (eks, cluster) = (self.cluster.eks(), &self.cluster.reference.name);
        let principal = &found.details.entry.principal_arn;
        let gone = eks.delete_access_entry(cluster, principal).await;
        gone.map_err(|error| self.failed("Cannot Delete Access Entry", &error))?;
        self.guard.note_written(&self.about.principal_arn, None);
        Ok(())
    }

    /// What is there is wanted of the new one only where its type may have it.
    fn wanted_anew(&self, found: &LiveEntry) -> Result<AccessEntry, Diagnostics> {
        let kind = self.planned.entry_type.known().map(String::as_str);
        let old = carried::as_type(found, kind.unwrap_or(&found.details.entry.kind));
        let wanted = self.wanted(Some(&old))?;
        Ok(AccessEntry {
            created_at: None,
            ..wanted
        })
    }

    /// An entry that counted is there again where the new one could not be made.
    async fn put_back_after(&self, before: Option<&LiveEntry>, failed: Diagnostics) -> Diagnostics {
        let Some(before) = before else {
            return failed;
        };
        let mut told = failed;
        match self.written(Some(before), None).put_back().await {
            Ok(()) => self
                .guard
                .note_written(&self.about.principal_arn, Some(before.whole())),
            Err(error) => told.push(api_failure::failed(
                "Cannot Create Access Entry",
                &self.about.text(),
                &error,
            )),
        }
        told
    }
}
