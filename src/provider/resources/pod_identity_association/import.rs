//! An association found by `cluster/namespace/service_account`, by `cluster,id` as hashicorp/aws names it, or by its identity.

use tf_provider::resource::{Private, State};
use tf_provider::{Attr, Context, Diagnostics};

use super::diagnostics::About;
use super::identity::PodIdentityAssociationIdentity;
use super::schema::PodIdentityAssociationModel;
use super::{diagnostics, flatten, of_account, with_facts};
use crate::access::pod_identity::AccountName;
use crate::attributes::import_id::ImportId;
use crate::attributes::service_account_name;
use crate::client::Client;
use crate::clusters::{ClusterIdentity, Clusters};

/// What an import names.
struct Named {
    cluster: ClusterIdentity,
    object: Object,
}

/// Which association of the cluster.
enum Object {
    OfAccount(AccountName),
    OfId(String),
}

pub(super) async fn by_id(
    cx: &Context<Client>,
    id: &str,
) -> Result<State<PodIdentityAssociationModel>, Diagnostics> {
    let named =
        parse(id, cx.client.clusters()).ok_or_else(|| diagnostics::malformed_import_id(id))?;
    import(cx, named).await
}

pub(super) async fn by_identity(
    cx: &Context<Client>,
    identity: PodIdentityAssociationIdentity,
) -> Result<State<PodIdentityAssociationModel>, Diagnostics> {
    let text = |value: &Attr<String>| value.known().cloned().unwrap_or_default();
    let account = AccountName {
        namespace: text(&identity.namespace),
        name: text(&identity.service_account),
    };
    if !is_sound(&account) {
        let cluster = text(&identity.cluster_name);
        let id = format!("{cluster}/{}/{}", account.namespace, account.name);
        return Err(diagnostics::malformed_import_id(&id).into());
    }
    let named = Named {
        cluster: identity.cluster(),
        object: Object::OfAccount(account),
    };
    import(cx, named).await
}

/// The cluster may be an ARN, which has slashes too; names of Kubernetes and ids have neither slashes nor commas.
fn parse(id: &str, clusters: &Clusters) -> Option<Named> {
    let parsed = ImportId::parse(id);
    let (cluster, object) = match parsed.object.rsplit_once(',') {
        Some((cluster, id)) => (cluster, Object::OfId(association_id(id)?)),
        None => {
            let mut parts = parsed.object.rsplitn(3, '/');
            let (name, namespace, cluster) = (parts.next()?, parts.next()?, parts.next()?);
            let account = AccountName {
                namespace: namespace.to_owned(),
                name: name.to_owned(),
            };
            (cluster, Object::OfAccount(account))
        }
    };
    if let Object::OfAccount(account) = &object
        && !is_sound(account)
    {
        return None;
    }
    let cluster = parsed.within(cluster)?;
    let named = Named {
        cluster: ClusterIdentity::of_import_id(&cluster, clusters),
        object,
    };
    (!cluster.object.contains(['/', ','])).then_some(named)
}

fn association_id(text: &str) -> Option<String> {
    let rest = text.strip_prefix("a-")?;
    let is_id = !rest.is_empty() && rest.bytes().all(|byte| byte.is_ascii_alphanumeric());
    is_id.then(|| text.to_owned())
}

fn is_sound(account: &AccountName) -> bool {
    service_account_name::namespace(&account.namespace).is_ok()
        && service_account_name::name("service_account", &account.name).is_ok()
}

async fn import(
    cx: &Context<Client>,
    named: Named,
) -> Result<State<PodIdentityAssociationModel>, Diagnostics> {
    let placement = named.cluster.to_placement();
    let cluster = placement.at_import(cx.client.clusters()).await?;
    named.cluster.check_account(&cluster)?;
    let name = cluster.reference.name.clone();
    let (what, found) = match &named.object {
        Object::OfAccount(account) => {
            let about = About {
                account: account.clone(),
                cluster: name,
            };
            (about.text(), of_account(&cluster, account).await)
        }
        Object::OfId(id) => {
            let eks = cluster.eks();
            let found = eks.describe_pod_identity_association(&cluster.cluster.name, id);
            let what = format!("Pod Identity association `{id}` of cluster `{name}`");
            (what, found.await)
        }
    };
    let found = found.map_err(|error| diagnostics::cannot_read_named(&what, &error))?;
    let found = found.ok_or_else(|| diagnostics::nothing_to_import(&what))?;
    if let Some(owner) = &found.owner_arn {
        return Err(diagnostics::owned_at_import(&what, owner).into());
    }
    let model = flatten::flatten(
        cx.client.settings(),
        &found,
        PodIdentityAssociationModel::default(),
    );
    Ok(State {
        private: with_facts(Private::default(), &found),
        model: model.placed(placement.in_cluster(&cluster)),
    })
}
