//! A planned write as a dry run of the API server, where the provider block asks for it: what RBAC or an admission webhook refuses shows at plan.
//!
//! Terraform plans one object at a time, so each planned change is one call, and is tried alone.

use eksauth_core::aws_auth;
use tf_provider::{Context, Diagnostics};

use super::diagnostics;
use super::document_write::{ApiRequest, DocumentWrite};
use super::request::ChangeRequest;
use super::writer::Writer;
use crate::aws_auth::document::Document;
use crate::ports::{ApiError, ErrorKind};

impl Writer {
    /// Has the API server judge the write that a change would be; nothing is stored. Warns where it takes no dry run.
    ///
    /// # Errors
    /// The server refuses it, in its words.
    pub(crate) async fn dry_run<C>(
        &self,
        cx: &Context<C>,
        document: &Document,
        request: &ChangeRequest,
    ) -> Result<(), Diagnostics> {
        if !self.session.settings().dry_run {
            return Ok(());
        }
        let Some(write) = self.planned_write(document, request) else {
            return Ok(());
        };
        let Err(error) = self.send_dry_run(document, write).await else {
            return Ok(());
        };
        match error.kind {
            // Someone wrote since the document was read. Apply reads anew.
            ErrorKind::Conflict | ErrorKind::NotFound | ErrorKind::AlreadyExists => Ok(()),
            ErrorKind::NoDryRun => {
                cx.add(diagnostics::no_dry_run(&self.name, &error));
                Ok(())
            }
            _ => {
                let about = format!(
                    "`dry_run = true`: the API server of cluster `{}` refuses this change of aws-auth, and would refuse it at apply",
                    self.name.name
                );
                let refusal = self
                    .explain("Change Would Be Refused", &about, &error)
                    .await;
                Err(refusal.into())
            }
        }
    }

    async fn send_dry_run(
        &self,
        document: &Document,
        write: DocumentWrite,
    ) -> Result<(), ApiError> {
        match write.request(document) {
            ApiRequest::Patch(patch) => {
                self.kube
                    .dry_run_patch(aws_auth::NAMESPACE, aws_auth::NAME, &patch)
                    .await
            }
            ApiRequest::Create(new) => {
                self.kube
                    .dry_run_create(aws_auth::NAMESPACE, aws_auth::NAME, &new)
                    .await
            }
        }
    }
}
