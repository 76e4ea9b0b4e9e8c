//! Which issuer is meant: the cluster's, or the one in `url`.

use eksauth_core::principal::oidc_issuer::Issuer;
use tf_provider::{Attr, Context, Diagnostics};

use super::diagnostics;
use super::schema::OidcProviderModel;
use crate::attributes::cluster::NamedCluster;
use crate::attributes::import_id::ImportId;
use crate::attributes::tags::planned_tags_all;
use crate::attributes::timeouts::Operation;
use crate::client::Client;
use crate::clusters::placement::Applying;
use crate::clusters::{ClusterIdentity, FoundCluster, Visibility};

/// The issuer and where it comes from.
#[derive(Clone, Debug, Default)]
pub(super) struct IssuerTarget {
    pub(super) cluster_name: Attr<String>,
    pub(super) cluster_arn: Attr<String>,
    pub(super) issuer: Attr<String>,
}

impl IssuerTarget {
    /// What a plan can know. What cannot be seen now stays as the state has it.
    pub(super) async fn at_plan(
        cx: &Context<Client>,
        config: &OidcProviderModel,
        prior: Option<&OidcProviderModel>,
    ) -> Result<Self, Diagnostics> {
        if let Some(target) = Self::from_url(&config.url)? {
            return Ok(target);
        }
        if let Some(prior) = prior {
            let clusters = cx.client.clusters();
            prior
                .placement()
                .note_unused_default(cx, clusters, Some(&config.cluster_name));
        }
        let Some(name) = cluster_name(cx, config, prior) else {
            return Self::kept(prior);
        };
        let reference = cx.client.clusters().resolve(&name, &config.region)?;
        let is_same = |before: &Attr<String>| match (before, &name) {
            (Attr::Known(before), Attr::Known(name)) => NamedCluster::is_same(before, name),
            _ => false,
        };
        let prior = prior.filter(|prior| is_same(&prior.cluster_name));
        if let (Some(prior), Some(reference)) = (prior, reference.known())
            && prior.region == config.region
        {
            prior.placement().remembered().check_region(reference)?;
        }
        let unseen = || match prior {
            Some(prior) => Self {
                cluster_name: name.clone(),
                ..Self::from_state(prior)
            },
            None => Self {
                cluster_name: reference
                    .known()
                    .map_or(name.clone(), |known| known.named_as(&name)),
                cluster_arn: Attr::Unknown,
                issuer: Attr::Unknown,
            },
        };
        match cx.client.clusters().at_plan(cx, &reference).await? {
            Some(cluster) => Self::from_cluster(&cluster, &name),
            None => Ok(unseen()),
        }
    }

    /// What is so at apply; the cluster is waited for. An issuer that is not the planned one stops the apply.
    pub(super) async fn at_apply(
        cx: &Context<Client>,
        config: &OidcProviderModel,
        planned: &OidcProviderModel,
        operation: Operation,
    ) -> Result<Self, Diagnostics> {
        if let Some(target) = Self::from_url(&config.url)? {
            return Ok(target);
        }
        if planned.cluster_name.is_null() {
            return Ok(Self::from_state(planned));
        }
        let applying = Applying {
            config: &config.placement(),
            planned: &planned.placement(),
            operation,
        };
        let cluster = applying.cluster(cx, cx.client.clusters()).await?;
        Self::from_cluster(&cluster, &planned.cluster_name)
    }

    /// A model with everything that follows from the target.
    pub(super) fn fill(self, cx: &Context<Client>, model: OidcProviderModel) -> OidcProviderModel {
        let tags_all = match &model.tags_all {
            Attr::Known(_) => model.tags_all.clone(),
            Attr::Null | Attr::Unknown => planned_tags_all(&cx.client.settings().tags, &model.tags),
        };
        OidcProviderModel {
            cluster_name: self.cluster_name,
            cluster_arn: self.cluster_arn,
            issuer: self.issuer,
            tags_all,
            ..model
        }
    }

    /// By `url`, if that is configured.
    fn from_url(url: &Attr<String>) -> Result<Option<Self>, Diagnostics> {
        let issuer = match url {
            Attr::Null => return Ok(None),
            Attr::Unknown => Attr::Unknown,
            Attr::Known(url) => Attr::Known(
                Issuer::parse(url)
                    .map_err(|error| diagnostics::wrong_url(&error))?
                    .url(),
            ),
        };
        Ok(Some(Self {
            issuer,
            ..Self::default()
        }))
    }

    fn from_cluster(cluster: &FoundCluster, name: &Attr<String>) -> Result<Self, Diagnostics> {
        let issuer = cluster
            .issuer()
            .ok_or_else(|| diagnostics::no_issuer(cluster))?;
        let issuer = Issuer::parse(issuer).map_err(|error| diagnostics::wrong_url(&error))?;
        Ok(Self {
            cluster_name: cluster.reference.named_as(name),
            cluster_arn: Attr::Known(cluster.cluster.arn.clone()),
            issuer: Attr::Known(issuer.url()),
        })
    }

    fn from_state(state: &OidcProviderModel) -> Self {
        Self {
            cluster_name: state.cluster_name.clone(),
            cluster_arn: state.cluster_arn.clone(),
            issuer: state.issuer.clone(),
        }
    }

    /// Neither a cluster nor a URL any more: what was made stays what it is.
    fn kept(prior: Option<&OidcProviderModel>) -> Result<Self, Diagnostics> {
        match prior {
            Some(prior) => Ok(Self::from_state(prior)),
            None => Err(diagnostics::neither_url_nor_cluster().into()),
        }
    }
}

/// The cluster's name: as configured, else as the state has it, else the provider's. `None` where there is none at all.
fn cluster_name(
    cx: &Context<Client>,
    config: &OidcProviderModel,
    prior: Option<&OidcProviderModel>,
) -> Option<Attr<String>> {
    let name = match (&config.cluster_name, prior.map(|prior| &prior.cluster_name)) {
        (Attr::Null, Some(before @ Attr::Known(_))) => before,
        (Attr::Null, _) => &cx.client.settings().cluster_name,
        (configured, _) => configured,
    };
    (!name.is_null()).then(|| name.clone())
}

/// For an import by ARN: the issuer is in it.
pub(super) fn model_from_arn(arn: &str) -> Result<OidcProviderModel, Diagnostics> {
    let (_, _, issuer) =
        Issuer::from_provider_arn(arn).map_err(|error| diagnostics::wrong_import_arn(&error))?;
    Ok(OidcProviderModel {
        arn: Attr::Known(arn.to_owned()),
        url: Attr::Known(issuer.url()),
        issuer: Attr::Known(issuer.url()),
        ..OidcProviderModel::default()
    })
}

/// For an import by a cluster's name.
pub(super) async fn target_from_cluster(
    cx: &Context<Client>,
    id: &ImportId<'_>,
) -> Result<IssuerTarget, Diagnostics> {
    if id.object.contains('/') {
        return Err(diagnostics::wrong_import_id(id.object).into());
    }
    let clusters = cx.client.clusters();
    let name = Attr::Known(id.object.to_owned());
    let reference = clusters.resolve(&name, &id.region.map(str::to_owned).into())?;
    match clusters.visibility(&reference).await? {
        Visibility::Here(cluster) | Visibility::Passing(cluster) => {
            let named = ClusterIdentity {
                account_id: id.account.map(str::to_owned).into(),
                ..ClusterIdentity::default()
            };
            named.check_account(&cluster)?;
            IssuerTarget::from_cluster(&cluster, &name)
        }
        Visibility::Missing(reference, _) => {
            Err(diagnostics::cluster_missing(&clusters.missing_text(&reference).await).into())
        }
        Visibility::Unknown => Err(diagnostics::block_unknown().into()),
    }
}
