//! A mode found by the cluster's name, with an optional `@region`, by its ARN, or by its identity.

use tf_provider::resource::State;
use tf_provider::{Context, Diagnostics};

use super::schema::AuthenticationModeModel;
use super::{diagnostics, in_mode_of};
use crate::attributes::cluster::check_cluster_name;
use crate::attributes::import_id::ImportId;
use crate::client::Client;
use crate::clusters::ClusterIdentity;

pub(super) async fn by_id(
    cx: &Context<Client>,
    id: &str,
) -> Result<State<AuthenticationModeModel>, Diagnostics> {
    let parsed = ImportId::parse(id);
    if check_cluster_name(parsed.object).is_err() || parsed.object.contains(':') {
        return Err(diagnostics::malformed_import_id(id).into());
    }
    let named = ClusterIdentity::of_import_id(&parsed, cx.client.clusters());
    import(cx, &named).await
}

pub(super) async fn import(
    cx: &Context<Client>,
    named: &ClusterIdentity,
) -> Result<State<AuthenticationModeModel>, Diagnostics> {
    let placement = named.to_placement();
    let cluster = placement.at_import(cx.client.clusters()).await?;
    named.check_account(&cluster)?;
    let model = AuthenticationModeModel::default().placed(placement.in_cluster(&cluster));
    Ok(in_mode_of(model, &cluster).into())
}
