//! A change that somebody makes by hand, judged before anything is written: as a plan and an apply judge a resource's.

use std::collections::BTreeMap;
use std::sync::Arc;

use eksauth_core::access::findings::{MappingFinding, mapping_findings};
use eksauth_core::access::severity::Severity;
use eksauth_core::aws_auth::ReadEntry;
use tf_provider::{AttributePath, Diagnostic, Diagnostics};

use super::change_error::ChangeError;
use super::diagnostics;
use super::guard::PlanScope;
use super::request::ChangeRequest;
use super::section_replacement::with_data;
use super::writer::Writer;
use crate::aws_auth::document::Document;
use crate::aws_auth::recovery::KeptCopy;
use crate::aws_auth::rules::check_partition;
use crate::ports::ApiError;
use crate::ports::eks::AuthenticationMode;

/// A change that nothing speaks against.
#[derive(Clone, Debug, PartialEq)]
pub struct PlannedChange {
    /// `data` as it would be.
    pub after: BTreeMap<String, String>,
    /// What should be known before it is written.
    pub remarks: Diagnostics,
}

impl Writer {
    /// What a change alone would make of a document, with everything that the write would be refused for or warned of. A whole text is put back as
    /// it was, so what an entry of a configuration would be refused for is warned of.
    ///
    /// # Errors
    /// A refusal: by the document, for an ARN of another partition, or by the guard.
    pub async fn planned_change(
        &self,
        document: &Document,
        request: &ChangeRequest,
    ) -> Result<PlannedChange, ChangeError> {
        let refused = ChangeError::Refused;
        let write = self.write_alone(document, request).map_err(refused)?;
        self.check_partitions(request).map_err(refused)?;
        let mut remarks = Diagnostics::new();
        if let Some(warning) = self.ignored() {
            remarks.push(warning);
        }
        if !request.texts.is_empty() {
            let after = with_data(document, write.after.clone());
            remarks.extend(self.findings_that_come(document, &after));
        }
        let said = self.judge_alone(document, request, PlanScope::Alone).await;
        remarks.extend(said.map_err(refused)?);
        Ok(PlannedChange {
            after: write.after,
            remarks,
        })
    }

    /// The document, or why it cannot be read as the caller can mend it.
    ///
    /// # Errors
    /// The GET failed.
    pub async fn document_or_reason(&self) -> Result<Arc<Document>, ChangeError> {
        match self.document().await {
            Ok(document) => Ok(document),
            Err(error) => Err(self.cannot_read(&error).await.into()),
        }
    }

    /// The copy that undoes what this run has taken from a document; `None` where nothing was taken or kept.
    pub fn kept_copy(&self, before: &Document) -> Option<KeptCopy> {
        self.recovery_store.copy_of(before.data())
    }

    /// Why the document cannot be read, with the reasons of the API server's refusal where they can be found out.
    pub(super) async fn cannot_read(&self, error: &ApiError) -> Diagnostic {
        let about = format!("aws-auth of cluster `{}`", self.cluster().name);
        self.explain("Cannot Read aws-auth", &about, error).await
    }

    /// Mode API ignores aws-auth.
    pub(super) fn ignored(&self) -> Option<Diagnostic> {
        let mode = self.cluster.cluster.authentication_mode;
        (mode == Some(AuthenticationMode::Api)).then(|| diagnostics::ignored(&self.cluster().name))
    }

    /// What is to be said of the entries of another document that cannot be said of this one.
    fn findings_that_come(&self, before: &Document, after: &Document) -> Diagnostics {
        let known = mapping_findings(before.reading());
        let is_known = |finding: &MappingFinding| {
            known.iter().any(|known| {
                (known.id, known.section, &known.text)
                    == (finding.id, finding.section, &finding.text)
            })
        };
        let found = mapping_findings(after.reading());
        let mut lines: Vec<String> = found
            .iter()
            .filter(|finding| finding.severity != Severity::Note && !is_known(finding))
            .map(diagnostics::finding_line)
            .collect();
        let entries = after.reading().roles.iter().chain(&after.reading().users);
        let others = entries.filter(|entry| before.find(entry.section, &entry.arn).is_empty());
        lines.extend(others.filter_map(|entry| self.other_partition_line(entry)));
        if lines.is_empty() {
            return Diagnostics::new();
        }
        diagnostics::new_text_has_findings(self.cluster(), &lines).into()
    }

    fn other_partition_line(&self, entry: &ReadEntry) -> Option<String> {
        let refusal = self.check_partition(&entry.arn)?;
        Some(diagnostics::place_and_text(
            entry.section,
            entry.line,
            &refusal.detail,
        ))
    }

    fn check_partition(&self, arn: &str) -> Option<Diagnostic> {
        let cluster = &self.cluster().name;
        check_partition(arn, &self.cluster.partition, cluster, AttributePath::root())
    }

    fn check_partitions(&self, request: &ChangeRequest) -> Result<(), Diagnostics> {
        let mut refusals = Diagnostics::new();
        let arns = request.upserts.iter().map(|upsert| upsert.entry.arn());
        arns.filter_map(|arn| self.check_partition(arn))
            .for_each(|refusal| refusals.push(refusal));
        refusals.into_result()
    }
}
