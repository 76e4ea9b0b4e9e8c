//! Entries of a role or user that was deleted and made again under the same ARN: EKS keeps them, and they let nobody in.

use tf_provider::resource::Private;
use tf_provider::{Attr, Context};

use super::CREATED_AT;
use super::live::LiveEntry;
use super::schema::AccessEntryModel;
use crate::access::entry_principals::FoundPrincipal;
use crate::client::Client;
use crate::session::object_claim;

/// Why an entry counts for nobody any more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Stale {
    /// The id for which it was made, where that was noted.
    pub(super) was: Option<String>,
    /// The id that has the ARN now.
    pub(super) is: String,
}

/// Whether the entry of a state was made for another principal than the one that has the ARN now; `None` too where that is not known.
pub(super) fn of_state(
    prior: &AccessEntryModel,
    private: &Private,
    found: &FoundPrincipal,
) -> Option<Stale> {
    let facts = found.exactly(prior.principal_arn.known()?)?;
    let was = prior.principal_id.known();
    let is_another = was.is_some_and(|was| *was != facts.unique_id);
    let made_at = private
        .entries
        .get(CREATED_AT)
        .and_then(serde_json::Value::as_i64);
    let is_older = made_at.is_some_and(|made_at| made_at < facts.created_at);
    (is_another || is_older).then(|| Stale {
        was: was.cloned(),
        is: facts.unique_id.clone(),
    })
}

/// How an address notes for whom its entry was made; an empty id where it was not known.
pub(super) fn part(principal_id: &Attr<String>) -> String {
    format!(
        "entry of {}",
        principal_id.known().map_or("", String::as_str)
    )
}

/// The same of an entry that another address of the configuration gives up, by `key`, or that was there before.
pub(super) fn is_of_another(
    cx: &Context<Client>,
    key: Option<&str>,
    live: &LiveEntry,
    found: &FoundPrincipal,
) -> bool {
    let Some(facts) = found.exactly(&live.details.entry.principal_arn) else {
        return false;
    };
    let made_at = live.details.entry.created_at;
    let is_older = made_at.is_some_and(|made_at| made_at < facts.created_at);
    let is_for = |id: Attr<String>| {
        key.is_none_or(|key| object_claim::is_part_given_up(cx, key, &part(&id)))
    };
    is_older || !is_for(Attr::Known(facts.unique_id.clone())) && !is_for(Attr::Null)
}

/// The id that a new entry counts for.
pub(super) fn id_of(found: &FoundPrincipal, principal_arn: &str) -> Attr<String> {
    found
        .exactly(principal_arn)
        .map(|facts| facts.unique_id.clone())
        .into()
}
