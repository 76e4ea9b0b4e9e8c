//! An entry that a plan replaces while it is still there: Terraform may create before it destroys, and EKS has one entry of a principal.

use eksauth_core::access::access_entry::{AccessEntry, Defaults, EntryType, PoliciesAllowed};
use eksauth_core::access::access_policy::AccessPolicy;
use tf_provider::Diagnostics;
use tf_provider::resource::{Failed, State};

use super::Writing;
use crate::diagnostics::api_failure;
use crate::resources::access_entry::live::LiveEntry;
use crate::resources::access_entry::schema::AccessEntryModel;
use crate::resources::access_entry::{claim_key, guarded, stale};
use crate::session::object_claim::Origin;

/// Why an entry cannot go on as it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Anew {
    /// It counts for a principal that is gone.
    Stale,
    /// EKS cannot change its type.
    Type,
}

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

    /// Removes the entry and makes the one that is wanted, with the policies of others that it may have.
    pub(super) async fn make_again(
        &self,
        found: &LiveEntry,
        (origin, why): (Origin, Anew),
    ) -> Result<State<AccessEntryModel>, Failed<AccessEntryModel>> {
        let wanted = self.wanted_anew(found)?;
        let counts = Some(found).filter(|_| why == Anew::Type);
        let begun = self.judged(counts, &wanted).await?;
        self.remove(found).await?;
        let made = match self.create_entry(&wanted).await {
            Ok(made) => made,
            Err(failed) => return Err(self.put_back_after(counts, failed).await.into()),
        };
        let none: Vec<AccessPolicy> = Vec::new();
        let done = async {
            self.put_policies(&none, &wanted).await?;
            self.wait_until_listed(&wanted).await
        };
        let done = done.await;
        self.end(begun, counts, (done, &wanted, made), origin).await
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
        let mut old = found.clone();
        if let Some(kind) = self.planned.entry_type.known()
            && *kind != old.details.entry.kind
        {
            let defaults = Defaults::for_type(kind, &self.about.principal_arn);
            old.details.entry.username = defaults.username;
            old.details.entry.groups = defaults.groups;
            old.policies.retain(|policy| may_have(kind, policy));
        }
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
        match guarded::put_back(&self.cluster, &self.about, Some(before), None).await {
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

fn may_have(kind: &str, policy: &AccessPolicy) -> bool {
    match EntryType::parse(kind).map(EntryType::policies_allowed) {
        Some(PoliciesAllowed::Only(only)) => policy.name() == only,
        Some(PoliciesAllowed::None) => false,
        Some(PoliciesAllowed::All) | None => true,
    }
}
