//! An entry found by `cluster:principal_arn`, with an optional `@region`, or by its identity.

use eksauth_core::access::access_entry::EntryPrincipal;
use tf_provider::resource::{Private, State};
use tf_provider::{Attr, Context, Diagnostics};

use super::identity::AccessEntryIdentity;
use super::schema::AccessEntryModel;
use super::{about, diagnostics, flatten, live, with_facts};
use crate::attributes::import_id::ImportId;
use crate::client::Client;
use crate::clusters::ClusterIdentity;
use crate::diagnostics::api_failure;

pub(super) async fn by_id(
    cx: &Context<Client>,
    id: &str,
) -> Result<State<AccessEntryModel>, Diagnostics> {
    let parsed = ImportId::parse(id);
    // A cluster's ARN has colons too; the principal's begins with its own `arn:`.
    let parts = parsed.object.find(":arn:").and_then(|at| {
        let (cluster, principal) = parsed.object.split_at_checked(at)?;
        Some((cluster, principal.strip_prefix(':')?))
    });
    let named = parts.and_then(|(cluster, principal)| {
        let cluster = parsed.within(cluster)?;
        let is_sound = EntryPrincipal::parse(principal).is_ok() && !cluster.object.contains('/');
        is_sound.then(|| {
            let identity = ClusterIdentity::of_import_id(&cluster, cx.client.clusters());
            (identity, principal)
        })
    });
    match named {
        Some((cluster, principal)) => import(cx, &cluster, principal).await,
        None => Err(diagnostics::malformed_import_id(id).into()),
    }
}

pub(super) async fn by_identity(
    cx: &Context<Client>,
    identity: AccessEntryIdentity,
) -> Result<State<AccessEntryModel>, Diagnostics> {
    let principal = identity.principal_arn.known().cloned().unwrap_or_default();
    if EntryPrincipal::parse(&principal).is_err() {
        return Err(diagnostics::malformed_import_id(&principal).into());
    }
    import(cx, &identity.cluster(), &principal).await
}

async fn import(
    cx: &Context<Client>,
    named: &ClusterIdentity,
    principal: &str,
) -> Result<State<AccessEntryModel>, Diagnostics> {
    let placement = named.to_placement();
    let cluster = placement.at_import(cx.client.clusters()).await?;
    named.check_account(&cluster)?;
    let known = |text: &str| Attr::Known(text.to_owned());
    let model = AccessEntryModel {
        principal_arn: known(principal),
        exclusive_policies: Attr::Known(false),
        on_conflict: known("error"),
        adopted: Attr::Known(false),
        ..AccessEntryModel::default()
    };
    let about = about(&model, &cluster);
    let found = live::find(&cluster, principal, false).await;
    let text = about.text();
    let failed = api_failure::failure("Cannot Read Access Entry", &text);
    let Some(found) = found.map_err(failed)? else {
        return Err(diagnostics::nothing_to_import(&about).into());
    };
    let model = flatten::flatten(cx.client.settings(), &found, model);
    Ok(State {
        private: with_facts(Private::default(), &found.details),
        model: model.placed(placement.in_cluster(&cluster)),
    })
}
