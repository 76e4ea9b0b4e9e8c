//! An access entry of EKS: whom it lets into the cluster, under which name and groups, and with which access policies.
//!
//! Permissions: in `access_entry/permissions.rs`. Import id: `cluster:principal_arn`, with an optional `@region`. An entry counts for the principal that had
//! the ARN when it was made, so one whose role was made again is replaced.

use tf_provider::resource::{Apply, Failed, MoveSource, Plan, Private, State};
use tf_provider::{Attr, Context, Diagnostics, Resource, Schema};

use crate::access::teardown::{Group, Noted};
use crate::attributes::values::known_map;
use crate::client::Client;
use crate::clusters::FoundCluster;
use crate::clusters::placement::ClusterAtRead;
use crate::diagnostics::{api_failure, kept_state};
use crate::ports::eks::AccessEntryDetails;
use crate::session::object_claim::{self, Origin};

mod carried;
pub(in crate::resources) mod diagnostics;
mod flatten;
pub(in crate::resources) mod guarded;
pub(in crate::resources) mod holders;
mod identity;
mod import;
pub(in crate::resources) mod live;
mod moved;
pub(in crate::resources) mod permissions;
pub(in crate::resources) mod plan;
mod planned_removal;
mod removal;
mod schema;
mod stale;
pub(in crate::resources) mod teardown;
mod validation;
pub(in crate::resources) mod write;

#[cfg(test)]
mod tests;

pub use identity::AccessEntryIdentity;
pub use schema::{AccessEntryModel, EntryPolicyModel};

use diagnostics::About;

/// The resource `eksauth_access_entry`.
pub struct AccessEntryResource;

impl Resource for AccessEntryResource {
    type Client = Client;
    type Model = AccessEntryModel;
    type Identity = AccessEntryIdentity;

    const NAME: &'static str = "eksauth_access_entry";

    fn schema(&self) -> Schema {
        schema::schema()
    }

    fn validate(&self, config: &AccessEntryModel, diagnostics: &mut Diagnostics) {
        validation::validate(config, diagnostics);
    }

    fn complete(&self, model: &mut AccessEntryModel) {
        model.id = model.id();
    }

    async fn plan(
        &self,
        cx: &Context<Client>,
        plan: &mut Plan<AccessEntryModel>,
    ) -> Result<(), Diagnostics> {
        plan::plan(cx, plan).await
    }

    async fn create(
        &self,
        cx: &Context<Client>,
        apply: Apply<AccessEntryModel>,
    ) -> Result<State<AccessEntryModel>, Failed<AccessEntryModel>> {
        write::create(cx, apply).await
    }

    async fn read(
        &self,
        cx: &Context<Client>,
        state: State<AccessEntryModel>,
    ) -> Result<Option<State<AccessEntryModel>>, Diagnostics> {
        let cluster = match state
            .model
            .placement()
            .at_read(cx, cx.client.clusters())
            .await?
        {
            ClusterAtRead::NotJudged => return Ok(Some(state)),
            ClusterAtRead::Gone => return Ok(None),
            ClusterAtRead::Found(cluster) => cluster,
        };
        let state = placed(state, &cluster);
        let about = about(&state.model, &cluster);
        let asks_for_policies = !state.model.policies.is_null() || state.model.is_exclusive();
        match live::find(&cluster, &about.principal_arn, asks_for_policies).await {
            Ok(Some(found)) => {
                let read = flatten::as_read(cx, &found, state);
                note_in_state(cx, &read.model);
                Ok(Some(read))
            }
            Ok(None) => Ok(None),
            Err(error) if kept_state::is_kept(cx, &about.text(), &error) => Ok(Some(state)),
            Err(error) => {
                Err(api_failure::failed("Cannot Read Access Entry", &about.text(), &error).into())
            }
        }
    }

    async fn update(
        &self,
        cx: &Context<Client>,
        apply: Apply<AccessEntryModel>,
    ) -> Result<State<AccessEntryModel>, Failed<AccessEntryModel>> {
        write::update(cx, apply).await
    }

    async fn delete(
        &self,
        cx: &Context<Client>,
        state: State<AccessEntryModel>,
    ) -> Result<(), Diagnostics> {
        removal::delete(cx, state).await
    }

    async fn import(
        &self,
        cx: &Context<Client>,
        id: &str,
    ) -> Result<State<AccessEntryModel>, Diagnostics> {
        import::by_id(cx, id).await
    }

    async fn import_identity(
        &self,
        cx: &Context<Client>,
        identity: AccessEntryIdentity,
    ) -> Result<State<AccessEntryModel>, Diagnostics> {
        import::by_identity(cx, identity).await
    }

    fn move_from(
        &self,
        source: MoveSource,
    ) -> Option<Result<State<AccessEntryModel>, Diagnostics>> {
        moved::move_from(&source)
    }

    fn moves(&self) -> bool {
        true
    }
}

/// A state that came by a move remembers no cluster yet.
fn placed(state: State<AccessEntryModel>, cluster: &FoundCluster) -> State<AccessEntryModel> {
    if state.model.cluster_arn.is_known() {
        return state;
    }
    let placement = state.model.placement().in_cluster(cluster);
    State {
        model: state.model.placed(placement),
        private: state.private,
    }
}

fn about(model: &AccessEntryModel, cluster: &FoundCluster) -> About {
    About {
        principal_arn: model.principal_arn.known().cloned().unwrap_or_default(),
        cluster: cluster.reference.name.clone(),
    }
}

/// How it came to the state, for another address that goes on with it.
fn origin(model: &AccessEntryModel) -> Origin {
    match model.adopted {
        Attr::Known(true) => Origin::Adopted,
        _ => Origin::Made,
    }
}

/// Which entry of the principal it is: EKS gives each its own ARN.
fn arn_part(arn: &Attr<String>) -> Option<String> {
    arn.known()
        .filter(|arn| !arn.is_empty())
        .map(|arn| format!("entry {arn}"))
}

/// A tag that the configuration has put on the entry.
fn tag_part(key: &str) -> String {
    format!("tag {key}")
}

/// What an address has put on its entry, for another one that goes on with it: which entry it is, for whom it was made, and its tags.
fn parts(model: &AccessEntryModel) -> impl Iterator<Item = String> {
    let tags = known_map(&model.tags_all).unwrap_or_default();
    let parts = arn_part(&model.access_entry_arn).into_iter();
    parts
        .chain([stale::part(&model.principal_id)])
        .chain(tags.into_keys().map(|key| tag_part(&key)))
}

/// What names the entry for those who hold it in one configuration.
fn claim_key(model: &AccessEntryModel) -> Attr<String> {
    entry_key(&model.cluster_arn, &model.principal_arn)
}

/// What names a principal's entry for those who hold it.
fn entry_key(cluster_arn: &Attr<String>, principal_arn: &Attr<String>) -> Attr<String> {
    match (cluster_arn, principal_arn) {
        (Attr::Known(cluster), Attr::Known(principal)) => {
            Attr::Known(format!("{cluster} accessentry {principal}"))
        }
        _ => Attr::Unknown,
    }
}

/// The entry among all that the configuration has in the cluster.
fn noted<'a>(model: &'a AccessEntryModel, key: &'a Attr<String>) -> Noted<'a> {
    Noted {
        group: Group::AccessEntries,
        cluster_arn: &model.cluster_arn,
        object: key,
    }
}

/// Notes at refresh and plan what the state has: whoever is to make the entry finds what this configuration holds.
fn note_in_state(cx: &Context<Client>, model: &AccessEntryModel) {
    let key = claim_key(model);
    for part in parts(model) {
        object_claim::note_in_state(cx, &key, origin(model), Some(part));
    }
    if let Some(key) = key.known() {
        cx.client.account_objects().note_in_state(key);
    }
    holders::note_policies_in_state(cx, model);
}

/// Private facts: when EKS made the entry, in seconds since 1970.
const CREATED_AT: &str = "created_at";
/// Private facts: the entry's ARN, for the second plan of a replacement.
const ENTRY_ARN: &str = "entry_arn";

/// What is remembered of an entry beside the state.
fn with_facts(mut private: Private, details: &AccessEntryDetails) -> Private {
    private
        .entries
        .insert(ENTRY_ARN.to_owned(), details.arn.clone().into());
    if let Some(created_at) = details.entry.created_at {
        private
            .entries
            .insert(CREATED_AT.to_owned(), created_at.into());
    }
    private
}
