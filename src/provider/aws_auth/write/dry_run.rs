//! A planned write as a dry run of the API server, where the provider block asks for it: what RBAC or an admission webhook refuses shows at plan.
//!
//! Terraform plans one object at a time, so each planned change is one call, and is tried alone.

use tf_provider::{Context, Diagnostic, Diagnostics};

use super::preview::Preview;
use super::queue::Writer;
use super::request::ChangeRequest;
use crate::aws_auth::document::{Document, NAME, NAMESPACE};
use crate::client::Client;
use crate::diagnostics::api_failure;
use crate::ports::kubernetes::{ConfigMapPatch, NewConfigMap};
use crate::ports::{ApiError, ErrorKind};

impl Writer {
    /// Has the API server judge the write that a change would be; nothing is stored.
    ///
    /// # Errors
    /// The server refuses it, in its words.
    pub(crate) async fn dry_run(
        &self,
        cx: &Context<Client>,
        document: &Document,
        request: &ChangeRequest,
    ) -> Result<(), Diagnostics> {
        if !cx.client.settings().dry_run {
            return Ok(());
        }
        let Some(preview) = self.planned_write(document, request) else {
            return Ok(());
        };
        let Err(error) = self.send_dry_run(document, preview).await else {
            return Ok(());
        };
        match error.kind {
            // Someone wrote since the document was read. Apply reads anew.
            ErrorKind::Conflict | ErrorKind::NotFound | ErrorKind::AlreadyExists => Ok(()),
            ErrorKind::NoDryRun => {
                cx.add(self.not_dry_run(&error));
                Ok(())
            }
            _ => Err(self.refused(&error).await.into()),
        }
    }

    async fn send_dry_run(&self, document: &Document, preview: Preview) -> Result<(), ApiError> {
        match document.config_map() {
            Some(config_map) => {
                let patch = ConfigMapPatch {
                    resource_version: config_map.resource_version.clone(),
                    data: preview.patch,
                };
                self.kube.dry_run_patch(NAMESPACE, NAME, &patch).await
            }
            None => {
                let new = NewConfigMap {
                    data: preview.after,
                    ..NewConfigMap::default()
                };
                self.kube.dry_run_create(NAMESPACE, NAME, &new).await
            }
        }
    }

    async fn refused(&self, error: &ApiError) -> Diagnostic {
        let about = format!(
            "`dry_run = true`: the API server of cluster `{}` refuses this change of aws-auth, and would refuse it at apply",
            self.cluster.name
        );
        match &self.unauthorized {
            Some(unauthorized) => {
                unauthorized
                    .failed("Change Would Be Refused", &about, error)
                    .await
            }
            None => api_failure::failed("Change Would Be Refused", &about, error),
        }
    }

    fn not_dry_run(&self, error: &ApiError) -> Diagnostic {
        Diagnostic::warning(
            "NOT JUDGED",
            format!(
                "`dry_run = true`: this change of aws-auth of cluster `{}` could not be tried, because an admission webhook takes no dry runs. \
                 Apply may succeed or not.\n\n{}",
                self.cluster.name,
                error.detail()
            ),
        )
    }
}
