//! An association found by `cluster#principal_arn#policy_arn`, with an optional `@region`, or by its identity.

use eksauth_core::access::access_entry::EntryPrincipal;
use eksauth_core::access::access_policy::policy_name;
use tf_provider::resource::{Private, State};
use tf_provider::{Attr, Context, Diagnostics};

use super::identity::AccessPolicyAssociationIdentity;
use super::schema::AccessPolicyAssociationModel;
use super::{about, as_read, cannot_read, diagnostics, find};
use crate::attributes::import_id::ImportId;
use crate::client::Client;
use crate::clusters::{ClusterIdentity, Clusters};

/// What an import names.
struct Named {
    cluster: ClusterIdentity,
    principal: String,
    policy: String,
}

pub(super) async fn by_id(
    cx: &Context<Client>,
    id: &str,
) -> Result<State<AccessPolicyAssociationModel>, Diagnostics> {
    match parse(id, cx.client.clusters()) {
        Some(named) => import(cx, &named).await,
        None => Err(diagnostics::malformed_import_id(id).into()),
    }
}

fn parse(id: &str, clusters: &Clusters) -> Option<Named> {
    let parsed = ImportId::parse(id);
    let mut parts = parsed.object.split('#');
    let (cluster, principal, policy) = (parts.next()?, parts.next()?, parts.next()?);
    let cluster = parsed.within(cluster)?;
    let is_sound = parts.next().is_none()
        && EntryPrincipal::parse(principal).is_ok()
        && policy_name(policy).is_ok();
    is_sound.then(|| Named {
        cluster: ClusterIdentity::of_import_id(&cluster, clusters),
        principal: principal.to_owned(),
        policy: policy.to_owned(),
    })
}

pub(super) async fn by_identity(
    cx: &Context<Client>,
    identity: AccessPolicyAssociationIdentity,
) -> Result<State<AccessPolicyAssociationModel>, Diagnostics> {
    let text = |value: &Attr<String>| value.known().cloned().unwrap_or_default();
    let named = Named {
        cluster: identity.cluster(),
        principal: text(&identity.principal_arn),
        policy: text(&identity.policy_arn),
    };
    if EntryPrincipal::parse(&named.principal).is_err() || policy_name(&named.policy).is_err() {
        let id = format!("{}#{}", named.principal, named.policy);
        return Err(diagnostics::malformed_import_id(&id).into());
    }
    import(cx, &named).await
}

async fn import(
    cx: &Context<Client>,
    named: &Named,
) -> Result<State<AccessPolicyAssociationModel>, Diagnostics> {
    let placement = named.cluster.to_placement();
    let cluster = placement.at_import(cx.client.clusters()).await?;
    named.cluster.check_account(&cluster)?;
    let known = |text: &str| Attr::Known(text.to_owned());
    let model = AccessPolicyAssociationModel {
        principal_arn: known(&named.principal),
        policy_arn: known(&named.policy),
        on_conflict: known("error"),
        adopted: Attr::Known(false),
        ..AccessPolicyAssociationModel::default()
    };
    let about = about(&model, &cluster);
    let found = find(cx, &cluster, &about).await;
    let Some(found) = found.map_err(|error| cannot_read(&about, &error))? else {
        return Err(diagnostics::nothing_to_import(&about).into());
    };
    let state = State {
        model: model.placed(placement.in_cluster(&cluster)),
        private: Private::default(),
    };
    Ok(as_read(&cluster, &found, state))
}
