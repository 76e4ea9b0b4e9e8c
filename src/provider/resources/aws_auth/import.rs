//! The map as it is, taken into a state that plans empty: entries keep their own spelling, and those of nodes and Fargate are left to EKS.

use eksauth_core::aws_auth::{ReadEntry, Section};
use tf_provider::resource::State;
use tf_provider::{Context, Diagnostics};

use super::change_request::{IMPORTED, others};
use super::items::{Item, with_items};
use super::lifecycle::with_defaults;
use super::{AwsAuthIdentity, AwsAuthModel, diagnostics};
use crate::attributes::import_id::ImportId;
use crate::aws_auth::WritableCluster;
use crate::aws_auth::rules::{Kind, WrittenEntry, check_entry};
use crate::aws_auth::{self, Document};
use crate::client::Client;
use crate::clusters::{ClusterIdentity, Clusters};

/// The state of the map.
pub(super) async fn import(
    cx: &Context<Client>,
    id: &str,
) -> Result<State<AwsAuthModel>, Diagnostics> {
    let parsed = ImportId::parse(id);
    let cluster = cluster_of(&parsed, cx.client.clusters())
        .ok_or_else(|| diagnostics::malformed_import_id(id))?;
    import_from(cx, &cluster).await
}

/// The state of the map of an identity.
pub(super) async fn import_identity(
    cx: &Context<Client>,
    identity: AwsAuthIdentity,
) -> Result<State<AwsAuthModel>, Diagnostics> {
    import_from(cx, &identity.into_cluster()).await
}

async fn import_from(
    cx: &Context<Client>,
    cluster: &ClusterIdentity,
) -> Result<State<AwsAuthModel>, Diagnostics> {
    let placement = cluster.to_placement();
    let (target, document) = cx.client.aws_auth().at_import(&placement).await?;
    cluster.check_account(&target.cluster)?;
    let empty = AwsAuthModel {
        region: placement.region,
        ..with_defaults(AwsAuthModel::default())
    };
    let mut state = State::from(taken(cx, &target, &document, empty)?);
    let private = &mut state.private.entries;
    private.insert(IMPORTED.to_owned(), true.into());
    Ok(state)
}

/// The model with everything that people own in the document, and notes on what was left to others.
pub(super) fn taken(
    cx: &Context<Client>,
    target: &WritableCluster,
    document: &Document,
    model: AwsAuthModel,
) -> Result<AwsAuthModel, Diagnostics> {
    let cluster = target.writer.cluster();
    let mut refusals = Diagnostics::new();
    for section in Section::ALL {
        if let Some(reason) = document.unparsed(section) {
            refusals.push(aws_auth::diagnostics::unparsed(cluster, section, &reason));
        }
    }
    refusals.into_result()?;
    let (taken, unnamed): (Vec<&ReadEntry>, Vec<&ReadEntry>) = others(document, &[], false)
        .into_iter()
        .partition(|entry| can_be_named(&Item::from_entry(entry)));
    let nodes = count_nodes(document);
    if nodes > 0 {
        cx.add(diagnostics::left_to_eks(cluster, nodes));
    }
    let unnamed: Vec<String> = unnamed
        .into_iter()
        .chain(single_sign_on(document))
        .map(describe)
        .collect();
    if !unnamed.is_empty() {
        cx.add(diagnostics::left_unnamed(cluster, &unnamed));
    }
    let placement = model.placement().in_cluster(&target.cluster);
    Ok(with_items(
        model.at(placement),
        taken.into_iter().map(Item::from_entry).collect(),
    ))
}

/// The cluster that an id names: its name is null for the provider's own.
fn cluster_of(id: &ImportId<'_>, clusters: &Clusters) -> Option<ClusterIdentity> {
    let (namespace, name) = (
        eksauth_core::aws_auth::NAMESPACE,
        eksauth_core::aws_auth::NAME,
    );
    let config_map = format!("{namespace}/{name}");
    if id.object == config_map || id.object == format!("v1//ConfigMap//{name}//{namespace}") {
        return Some(ClusterIdentity {
            region: id.region.map(str::to_owned).into(),
            ..ClusterIdentity::default()
        });
    }
    let cluster = id
        .object
        .strip_suffix(&format!("/{config_map}"))
        .unwrap_or(id.object);
    let named = id.within(cluster)?;
    let is_sound = !named.object.contains(['/', '#']);
    is_sound.then(|| ClusterIdentity::of_import_id(&named, clusters))
}

/// True if a configuration could say the entry and pass its own rules.
fn can_be_named(item: &Item) -> bool {
    let entry = WrittenEntry {
        kind: item.kind,
        written: Some(&item.written),
        caller: item.kind.caller(Some(&item.written)),
        username: (item.kind != Kind::Account).then_some(item.username.as_str()),
        groups: item.groups.iter().flatten().map(String::as_str).collect(),
    };
    !check_entry(&entry, |_| tf_provider::AttributePath::root()).has_errors()
}

fn count_nodes(document: &Document) -> usize {
    document
        .reading()
        .roles
        .iter()
        .filter(|entry| entry.is_node() || entry.is_fargate())
        .count()
}

fn single_sign_on(document: &Document) -> impl Iterator<Item = &ReadEntry> {
    document
        .reading()
        .roles
        .iter()
        .filter(|entry| entry.sso.is_some())
}

fn describe(entry: &ReadEntry) -> String {
    let arn = if entry.arn.is_empty() {
        "(no ARN)"
    } else {
        &entry.arn
    };
    format!("  {arn}: {}\n", aws_auth::diagnostics::meaning_read(entry))
}
