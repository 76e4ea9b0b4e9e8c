//! The cluster of an aws-auth object with its writer and its document, at each step of the object's life. Which cluster that is, is
//! [`Placement`]'s to say.

use std::sync::Arc;

use tf_provider::{Context, Diagnostics};

use super::writer::Writer;
use super::writers::Writers;
use crate::aws_auth::diagnostics::config_map_gone;
use crate::aws_auth::document::Document;
use crate::clusters::FoundCluster;
use crate::clusters::placement::{Applying, ClusterAtRead, Placement};
use crate::diagnostics::api_failure;
use crate::diagnostics::kept_state;

/// A cluster whose aws-auth can be read and written.
#[derive(Clone)]
pub(crate) struct WritableCluster {
    pub(crate) cluster: Arc<FoundCluster>,
    pub(crate) writer: Arc<Writer>,
}

/// What a read or a plan sees.
pub(crate) enum ReadOutcome {
    /// Nothing can be judged; what should be said was said.
    NotJudged,
    /// The cluster, and what was in it, is gone.
    Gone,
    /// The cluster and its document.
    Found(WritableCluster, Arc<Document>),
}

impl Writers {
    /// What a refresh sees of a state's cluster.
    pub(crate) async fn at_read<C>(
        &self,
        cx: &Context<C>,
        placement: &Placement,
    ) -> Result<ReadOutcome, Diagnostics> {
        match placement.at_read(cx, self.clusters()).await? {
            ClusterAtRead::NotJudged => Ok(ReadOutcome::NotJudged),
            ClusterAtRead::Gone => Ok(ReadOutcome::Gone),
            ClusterAtRead::Found(cluster) => self.read(cx, cluster).await,
        }
    }

    /// What a plan sees. The planned placement is completed with what is known of the cluster.
    pub(crate) async fn at_plan<C>(
        &self,
        cx: &Context<C>,
        planned: &mut Placement,
        prior: Option<&Placement>,
    ) -> Result<ReadOutcome, Diagnostics> {
        match planned.at_plan(cx, self.clusters(), prior).await? {
            Some(cluster) => self.read(cx, cluster).await,
            None => Ok(ReadOutcome::NotJudged),
        }
    }

    /// The cluster at apply, waited for; one that is another than the plan was made for stops the apply.
    pub(crate) async fn at_apply<C>(
        &self,
        cx: &Context<C>,
        applying: Applying<'_>,
    ) -> Result<WritableCluster, Diagnostics> {
        self.writable(applying.cluster(cx, self.clusters()).await?)
    }

    /// The cluster at a removal; `None` if what was in it is gone with it.
    pub(crate) async fn at_delete(
        &self,
        placement: &Placement,
    ) -> Result<Option<WritableCluster>, Diagnostics> {
        let cluster = placement.at_delete(self.clusters()).await?;
        cluster.map(|cluster| self.writable(cluster)).transpose()
    }

    /// The cluster and document that an import id names.
    pub(crate) async fn at_import(
        &self,
        placement: &Placement,
    ) -> Result<(WritableCluster, Arc<Document>), Diagnostics> {
        self.current(placement.at_import(self.clusters()).await?)
            .await
    }

    /// The cluster and document that a data source names.
    pub(crate) async fn at_data_source(
        &self,
        placement: &Placement,
    ) -> Result<(WritableCluster, Arc<Document>), Diagnostics> {
        self.current(placement.at_data_source(self.clusters()).await?)
            .await
    }

    /// The document of a cluster, or why it cannot be read.
    async fn current(
        &self,
        cluster: Arc<FoundCluster>,
    ) -> Result<(WritableCluster, Arc<Document>), Diagnostics> {
        let found = self.writable(cluster)?;
        match found.writer.document().await {
            Ok(document) => Ok((found, document)),
            Err(error) => Err(found.writer.cannot_read(&error).await.into()),
        }
    }

    fn writable(&self, cluster: Arc<FoundCluster>) -> Result<WritableCluster, Diagnostics> {
        let about = cluster.reference.to_string();
        let writer = self.writer(&cluster);
        let writer = writer.map_err(api_failure::failure("Cannot Reach Cluster", &about))?;
        Ok(WritableCluster { cluster, writer })
    }

    async fn read<C>(
        &self,
        cx: &Context<C>,
        cluster: Arc<FoundCluster>,
    ) -> Result<ReadOutcome, Diagnostics> {
        let found = self.writable(cluster)?;
        let error = match found.writer.document().await {
            Ok(document) => {
                if let Some(note) = found.writer.unfinished().await {
                    cx.add(note);
                }
                return Ok(ReadOutcome::Found(found, document));
            }
            Err(error) => error,
        };
        let about = found.about_aws_auth();
        if kept_state::is_kept_by(self.session().settings(), cx, &about, &error) {
            return Ok(ReadOutcome::NotJudged);
        }
        Err(found.writer.cannot_read(&error).await.into())
    }
}

impl WritableCluster {
    /// Mode API ignores aws-auth: said once, where something is about to be written.
    pub(crate) fn warn_if_ignored<C>(&self, cx: &Context<C>) {
        if let Some(warning) = self.writer.ignored() {
            cx.add(warning);
        }
    }

    /// The ConfigMap is gone and a state had something in it: said once for each cluster, with the way back.
    pub(crate) fn warn_if_gone<C>(&self, cx: &Context<C>, document: &Document) {
        if document.config_map().is_none() && self.writer.is_first_to_miss_it() {
            cx.add(config_map_gone(self.writer.cluster()));
        }
    }

    fn about_aws_auth(&self) -> String {
        format!("aws-auth of cluster `{}`", self.cluster.reference.name)
    }
}
