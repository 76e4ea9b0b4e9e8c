//! Removing a service account: one that was made here is deleted, one that was there before only loses what was held of it.

use std::sync::Arc;

use tf_provider::resource::State;
use tf_provider::{Attr, Context, Diagnostics};

use super::diagnostics::About;
use super::schema::ServiceAccountModel;
use super::{about, claim_key, conflicts, diagnostics, failed, fields, uid};
use crate::client::Client;
use crate::clusters::FoundCluster;
use crate::diagnostics::api_failure;
use crate::ports::service_account::{AccountFields, AppliedFields, ServiceAccount};
use crate::ports::{ApiError, ErrorKind, KubeApi};
use crate::session::object_claim;

pub(super) async fn delete(
    cx: &Context<Client>,
    state: State<ServiceAccountModel>,
) -> Result<(), Diagnostics> {
    if let Some(key) = claim_key(&state.model).known()
        && object_claim::is_followed(cx, &state.private, key)
    {
        return Ok(());
    }
    let placement = state.model.placement();
    let Some(cluster) = placement.at_delete(cx.client.clusters()).await? else {
        return Ok(());
    };
    let reference = cluster.reference.to_string();
    let removal = Removal {
        cx,
        about: about(&state.model, &cluster),
        kube: cluster
            .kubernetes()
            .map_err(api_failure::failure("Cannot Reach Cluster", &reference))?,
        cluster,
    };
    let Some(account) = removal.find().await? else {
        return Ok(());
    };
    if cx.client.service_accounts().is_taken_over(&account.uid) {
        tracing::debug!(
            "another resource of the configuration goes on with this account, so it stays"
        );
        return Ok(());
    }
    let is_another = uid(&state.private).is_some_and(|uid| uid != account.uid);
    let removed = match is_another || state.model.adopted == Attr::Known(true) {
        true => {
            let before = fields::expand(&state.model).unwrap_or_default();
            removal.let_go(&account, &before).await
        }
        false => removal.delete(&account).await,
    };
    cx.client.service_accounts().forget(&removal.cluster).await;
    removed
}

struct Removal<'a> {
    cx: &'a Context<Client>,
    cluster: Arc<FoundCluster>,
    kube: Arc<dyn KubeApi>,
    about: About,
}

impl Removal<'_> {
    async fn find(&self) -> Result<Option<ServiceAccount>, Diagnostics> {
        let found = self
            .kube
            .service_account(&self.about.namespace, &self.about.name);
        match found.await {
            Ok(found) => Ok(found),
            Err(error) => Err(self.failed("Cannot Read Service Account", &error).await),
        }
    }

    async fn delete(&self, account: &ServiceAccount) -> Result<(), Diagnostics> {
        let About {
            namespace, name, ..
        } = &self.about;
        let deleted = self
            .kube
            .delete_service_account(namespace, name, &account.uid);
        match deleted.await {
            Ok(()) => Ok(()),
            Err(error) if error.kind == ErrorKind::Conflict => {
                Err(diagnostics::changed_meanwhile(&self.about, &error).into())
            }
            Err(error) => Err(self.failed("Cannot Delete Service Account", &error).await),
        }
    }

    /// An apply of nothing gives up what is held. Nothing is sent where nothing is held.
    async fn let_go(
        &self,
        account: &ServiceAccount,
        before: &AccountFields,
    ) -> Result<(), Diagnostics> {
        let mut now = account.clone();
        if !account.own_fields().is_empty() {
            let nothing = AppliedFields {
                namespace: account.namespace.clone(),
                name: account.name.clone(),
                uid: Some(account.uid.clone()),
                ..AppliedFields::default()
            };
            now = match self.kube.apply_service_account(&nothing).await {
                Ok(done) => done.account,
                Err(error) if self.is_gone(&error).await => return Ok(()),
                Err(error) => {
                    return Err(self.failed("Cannot Change Service Account", &error).await);
                }
            };
        }
        self.cx.add(diagnostics::adopted_stays(&self.about));
        let left = conflicts::left_behind(&now, before, &AccountFields::default());
        if !left.is_empty() {
            self.cx.add(diagnostics::stays(&self.about, &left));
        }
        Ok(())
    }

    async fn is_gone(&self, error: &ApiError) -> bool {
        let may_be = matches!(error.kind, ErrorKind::Conflict | ErrorKind::NotFound);
        may_be && matches!(self.find().await, Ok(None))
    }

    async fn failed(&self, title: &str, error: &ApiError) -> Diagnostics {
        failed(self.cx, &self.cluster, title, (&self.about, error)).await
    }
}
