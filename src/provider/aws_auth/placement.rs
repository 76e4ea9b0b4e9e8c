//! From the attributes of an aws-auth object to the cluster, its writer and its document, at each step of an object's life.

use std::sync::Arc;

use tf_provider::{Attr, Context, Diagnostic, Diagnostics};

use super::document::Document;
use crate::access::unauthorized::Unauthorized;
use crate::attributes::timeouts::{Operation, Timeouts};
use crate::aws_auth::write::queue::Writer;
use crate::client::Client;
use crate::clusters::{ClusterRef, FoundCluster, Remembered, Visibility};
use crate::diagnostics::{api_failure, kept_state};
use crate::ports::ApiError;
use crate::ports::eks::{AuthenticationMode, ClusterStatus};

/// The attributes that say where an object is.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Placement {
    pub(crate) cluster_name: Attr<String>,
    pub(crate) region: Attr<String>,
    pub(crate) cluster_arn: Attr<String>,
    pub(crate) cluster_issuer: Attr<String>,
    pub(crate) timeouts: Option<Timeouts>,
}

/// A cluster that can be worked in.
#[derive(Clone)]
pub(crate) struct Site {
    pub(crate) cluster: Arc<FoundCluster>,
    pub(crate) writer: Arc<Writer>,
}

/// What a read or a plan sees.
pub(crate) enum ReadOutcome {
    /// Nothing can be judged; what should be said was said.
    Nothing,
    /// The cluster, and what was in it, is gone.
    Gone,
    /// The cluster and its document.
    Here(Site, Arc<Document>),
}

impl Placement {
    pub(crate) fn remembered(&self) -> Remembered {
        Remembered {
            cluster_arn: self.cluster_arn.clone(),
            cluster_issuer: self.cluster_issuer.clone(),
        }
    }

    fn names_no_cluster(&self) -> bool {
        self.cluster_name.is_null() && self.cluster_arn.is_null()
    }

    /// True if the planned place is in another cluster than the state's, by name.
    pub(crate) fn is_renamed_from(&self, prior: &Placement) -> bool {
        !prior.cluster_name.is_null() && prior.cluster_name != self.cluster_name
    }

    /// The cluster that is meant, found or not.
    pub(crate) fn resolve(&self, cx: &Context<Client>) -> Result<Attr<ClusterRef>, Diagnostics> {
        cx.client
            .clusters()
            .resolve(&self.cluster_name, &self.region)
    }

    /// What a refresh sees of a state's cluster.
    pub(crate) async fn at_read(&self, cx: &Context<Client>) -> Result<ReadOutcome, Diagnostics> {
        if self.names_no_cluster() && cx.client.settings().cluster_name.is_null() {
            // It came from another provider's state, and only the configuration will name the cluster.
            return Ok(ReadOutcome::Nothing);
        }
        let (Attr::Known(reference), Some(_)) = (self.resolve(cx)?, cx.client.cloud()) else {
            cx.add(api_failure::kept_unread("part of aws-auth"));
            return Ok(ReadOutcome::Nothing);
        };
        let clusters = cx.client.clusters();
        let found = match clusters.find(&reference).await {
            Ok(found) => found,
            Err(error) => return unreadable(cx, &reference, &error),
        };
        match clusters
            .check_place(&self.remembered(), &reference, found.as_deref())
            .await
        {
            Ok(judged) => judged?,
            Err(error) => return unreadable(cx, &reference, &error),
        }
        let Some(cluster) = found.filter(|cluster| {
            !is_without_content(cluster) && !self.remembered().is_replaced_by(cluster)
        }) else {
            return Ok(ReadOutcome::Gone);
        };
        open(cx, cluster).await
    }

    /// What a plan sees. `self` is the planned place; it is completed with what is known of the cluster.
    pub(crate) async fn at_plan(
        &mut self,
        cx: &Context<Client>,
        prior: Option<&Placement>,
    ) -> Result<ReadOutcome, Diagnostics> {
        let reference = self.resolve(cx)?;
        match &reference {
            Attr::Known(reference) => self.cluster_name = Attr::Known(reference.name.clone()),
            Attr::Unknown if self.cluster_name.is_null() => self.cluster_name = Attr::Unknown,
            Attr::Unknown | Attr::Null => {}
        }
        let is_other = prior.is_some_and(|prior| {
            prior.cluster_name != self.cluster_name || self.is_in_other_region(prior, &reference)
        });
        if prior.is_none() || is_other {
            self.cluster_arn = Attr::Unknown;
            self.cluster_issuer = Attr::Unknown;
        }
        let cluster = match cx.client.clusters().visibility(&reference).await? {
            Visibility::Unknown | Visibility::Passing(_) => return Ok(ReadOutcome::Nothing),
            Visibility::Missing(_, warning) => {
                cx.add(warning);
                return Ok(ReadOutcome::Nothing);
            }
            Visibility::Here(cluster) => cluster,
        };
        if !self.cluster_arn.is_known() || !self.cluster_issuer.is_known() {
            let Remembered {
                cluster_arn,
                cluster_issuer,
            } = Remembered::of(&cluster);
            (self.cluster_arn, self.cluster_issuer) = (cluster_arn, cluster_issuer);
        }
        open(cx, cluster).await
    }

    /// True if the configuration moves the object into another region; an environment that changed is no move but an error at read.
    pub(crate) fn is_in_other_region(
        &self,
        prior: &Placement,
        reference: &Attr<ClusterRef>,
    ) -> bool {
        if prior.region == self.region {
            return false;
        }
        let remembered = prior
            .cluster_arn
            .known()
            .and_then(|arn| arn.split(':').nth(3));
        match (reference, remembered) {
            (Attr::Known(reference), Some(region)) => reference.region != region,
            (Attr::Unknown, _) => true,
            _ => false,
        }
    }

    /// True if the planned place is another one than the state's.
    pub(crate) fn is_moved_from(
        &self,
        cx: &Context<Client>,
        prior: &Placement,
    ) -> Result<bool, Diagnostics> {
        Ok(self.is_in_other_region(prior, &self.resolve(cx)?))
    }

    /// The cluster at apply, waited for; one that is another than the plan was made for stops the apply. `self` is the planned place.
    pub(crate) async fn at_apply(
        &self,
        cx: &Context<Client>,
        config: &Placement,
        operation: Operation,
    ) -> Result<Site, Diagnostics> {
        let name = if self.cluster_name.is_known() {
            &self.cluster_name
        } else {
            &config.cluster_name
        };
        let Attr::Known(reference) = cx.client.clusters().resolve(name, &self.region)? else {
            return Err(unknown_at_apply().into());
        };
        let timeout = Timeouts::of(self.timeouts.as_ref(), operation);
        let cluster = cx
            .client
            .clusters()
            .wait_until_active(&cx.cancel, &reference, timeout)
            .await?;
        self.remembered().check_same(&cluster)?;
        site(cx, cluster)
    }

    /// The cluster at a removal; `None` if what was in it is gone with it.
    pub(crate) async fn at_delete(
        &self,
        cx: &Context<Client>,
    ) -> Result<Option<Site>, Diagnostics> {
        let Attr::Known(reference) = self.resolve(cx)? else {
            return Err(unknown_at_apply().into());
        };
        let clusters = cx.client.clusters();
        let about = reference.to_string();
        let found = clusters
            .find_now(&reference)
            .await
            .map_err(api_failure::failure("Cannot Read Cluster", &about))?;
        let remembered = self.remembered();
        let judged = clusters
            .check_place(&remembered, &reference, found.as_deref())
            .await;
        judged.map_err(api_failure::failure("Cannot Read Cluster", &about))??;
        match found
            .filter(|cluster| !is_without_content(cluster) && !remembered.is_replaced_by(cluster))
        {
            Some(cluster) => site(cx, cluster).map(Some),
            None => Ok(None),
        }
    }

    /// The cluster and document that an import id names.
    pub(crate) async fn at_import(
        &self,
        cx: &Context<Client>,
    ) -> Result<(Site, Arc<Document>), Diagnostics> {
        let Attr::Known(reference) = self.resolve(cx)? else {
            return Err(unknown_at_apply().into());
        };
        let clusters = cx.client.clusters();
        let about = reference.to_string();
        let found = clusters
            .find(&reference)
            .await
            .map_err(api_failure::failure("Cannot Read Cluster", &about))?;
        let Some(cluster) = found else {
            let text = clusters.missing_text(&reference).await;
            return Err(Diagnostic::error(
                "Cluster Not Found",
                format!("{text} An import id begins with the cluster's name."),
            )
            .into());
        };
        let site = site(cx, cluster)?;
        let document = site.writer.document().await;
        let document = document.map_err(api_failure::failure(
            "Cannot Read aws-auth",
            &format!("aws-auth of cluster `{}`", reference.name),
        ))?;
        Ok((site, document))
    }
}

impl Site {
    /// A place in this cluster, as a state remembers it.
    pub(crate) fn place(&self, planned: &Placement) -> Placement {
        let Remembered {
            cluster_arn,
            cluster_issuer,
        } = Remembered::of(&self.cluster);
        Placement {
            cluster_name: Attr::Known(self.cluster.reference.name.clone()),
            cluster_arn,
            cluster_issuer,
            ..planned.clone()
        }
    }

    /// Mode API ignores aws-auth: said once, where something is about to be written.
    pub(crate) fn warn_if_ignored(&self, cx: &Context<Client>) {
        if self.cluster.cluster.authentication_mode == Some(AuthenticationMode::Api) {
            cx.warning(
                "aws-auth Is Ignored",
                format!(
                    "Cluster `{}` has authentication mode API: it looks at access entries only, and nothing in aws-auth gives access.",
                    self.cluster.reference.name
                ),
            );
        }
    }
}

/// A cluster that is being made has nothing of ours in it yet, one that is being deleted takes it along.
fn is_without_content(cluster: &FoundCluster) -> bool {
    cluster.is_gone() || cluster.cluster.status == ClusterStatus::Creating
}

fn site(cx: &Context<Client>, cluster: Arc<FoundCluster>) -> Result<Site, Diagnostics> {
    let about = cluster.reference.to_string();
    let writer = cx.client.aws_auth().of(&cx.client, &cluster);
    let writer = writer.map_err(api_failure::failure("Cannot Reach Cluster", &about))?;
    Ok(Site { cluster, writer })
}

async fn open(
    cx: &Context<Client>,
    cluster: Arc<FoundCluster>,
) -> Result<ReadOutcome, Diagnostics> {
    let site = site(cx, cluster)?;
    match site.writer.document().await {
        Ok(document) => Ok(ReadOutcome::Here(site, document)),
        Err(error) => {
            let about = format!("aws-auth of cluster `{}`", site.cluster.reference.name);
            if kept_state::is_kept(cx, &about, &error) {
                return Ok(ReadOutcome::Nothing);
            }
            let explainer = Unauthorized::of(&cx.client, &site.cluster);
            let told = explainer.failed("Cannot Read aws-auth", &about, &error);
            Err(told.await.into())
        }
    }
}

/// A cluster that could not be read fails the plan, or the state is kept where the practitioner prefers that.
fn unreadable(
    cx: &Context<Client>,
    reference: &ClusterRef,
    error: &ApiError,
) -> Result<ReadOutcome, Diagnostics> {
    let about = reference.to_string();
    if kept_state::is_kept(cx, &about, error) {
        return Ok(ReadOutcome::Nothing);
    }
    Err(api_failure::failed("Cannot Read Cluster", &about, error).into())
}

fn unknown_at_apply() -> Diagnostic {
    Diagnostic::error(
        "Cluster Not Known",
        "The cluster's name or the provider block is not known yet, so nothing can be done in it. If the provider block takes values from \
         resources, apply those first (`terraform apply -target=…`).",
    )
}
