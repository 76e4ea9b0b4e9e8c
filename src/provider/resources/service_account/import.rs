//! An account found by `cluster/namespace/name`, with an optional `@region`, or by its identity.

use tf_provider::resource::{Private, State};
use tf_provider::{Attr, Context, Diagnostics};

use super::identity::ServiceAccountIdentity;
use super::schema::ServiceAccountModel;
use super::{about, cannot_read, diagnostics, fields, rules, with_uid};
use crate::attributes::import_id::ImportId;
use crate::client::Client;
use crate::clusters::{ClusterIdentity, Clusters};
use crate::ports::service_account::ServiceAccount;
use crate::session::recent::Asked;

/// What an import names.
struct Named {
    cluster: ClusterIdentity,
    namespace: String,
    name: String,
}

pub(super) async fn by_id(
    cx: &Context<Client>,
    id: &str,
) -> Result<State<ServiceAccountModel>, Diagnostics> {
    let named =
        parse(id, cx.client.clusters()).ok_or_else(|| diagnostics::malformed_import_id(id))?;
    import(cx, &named).await
}

pub(super) async fn by_identity(
    cx: &Context<Client>,
    identity: ServiceAccountIdentity,
) -> Result<State<ServiceAccountModel>, Diagnostics> {
    let text = |value: &Attr<String>| value.known().cloned().unwrap_or_default();
    let named = Named {
        cluster: identity.cluster(),
        namespace: text(&identity.namespace),
        name: text(&identity.name),
    };
    if !is_sound(&named) {
        let id = format!(
            "{}/{}/{}",
            text(&identity.cluster_name),
            named.namespace,
            named.name
        );
        return Err(diagnostics::malformed_import_id(&id).into());
    }
    import(cx, &named).await
}

/// The cluster may be an ARN, which has slashes too; names of Kubernetes have none.
fn parse(id: &str, clusters: &Clusters) -> Option<Named> {
    let parsed = ImportId::parse(id);
    let mut parts = parsed.object.rsplitn(3, '/');
    let (name, namespace, cluster) = (parts.next()?, parts.next()?, parts.next()?);
    let cluster = parsed.within(cluster)?;
    let named = Named {
        cluster: ClusterIdentity::of_import_id(&cluster, clusters),
        namespace: namespace.to_owned(),
        name: name.to_owned(),
    };
    (is_sound(&named) && !cluster.object.contains('/')).then_some(named)
}

fn is_sound(named: &Named) -> bool {
    rules::namespace(&named.namespace).is_ok() && rules::name(&named.name).is_ok()
}

async fn import(
    cx: &Context<Client>,
    named: &Named,
) -> Result<State<ServiceAccountModel>, Diagnostics> {
    let placement = named.cluster.to_placement();
    let cluster = placement.at_import(cx.client.clusters()).await?;
    named.cluster.check_account(&cluster)?;
    let model = ServiceAccountModel {
        namespace: Attr::Known(named.namespace.clone()),
        name: Attr::Known(named.name.clone()),
        ..ServiceAccountModel::default()
    };
    let about = about(&model, &cluster);
    let accounts = cx.client.service_accounts();
    let account = match accounts
        .read(&cluster, &named.namespace, &named.name, Asked::AtRefresh)
        .await
    {
        Ok(Some(account)) => account,
        Ok(None) => return Err(diagnostics::nothing_to_import(&about).into()),
        Err(error) => return Err(cannot_read(cx, &cluster, &about, &error).await),
    };
    for (key, value) in fields::unreadable(&account) {
        cx.add(diagnostics::annotation_left_out(&about, &key, &value));
    }
    let state = state(&account, model).placed(placement.in_cluster(&cluster));
    Ok(State {
        private: with_uid(Private::default(), &account),
        model: state,
    })
}

/// Every annotation of the webhook, what this provider holds beside it, and every default, so that generated configuration plans empty.
fn state(account: &ServiceAccount, named: ServiceAccountModel) -> ServiceAccountModel {
    let known = |text: &str| Attr::Known(text.to_owned());
    let all = fields::flatten(account, fields::imported(account));
    ServiceAccountModel {
        namespace: named.namespace,
        name: named.name,
        on_conflict: known("error"),
        on_untrusted: known("error"),
        adopted: Attr::Known(!account.is_made_here()),
        ..all
    }
}
