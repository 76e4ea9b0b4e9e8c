//! Messages and paths to the wire.

use crate::diagnostics::{Diagnostics, Severity};
use crate::path::{AttributePath, Step};
use crate::proto::tfplugin6 as proto;

pub(crate) fn diagnostics(diagnostics: Diagnostics) -> Vec<proto::Diagnostic> {
    diagnostics
        .into_iter()
        .map(|diagnostic| proto::Diagnostic {
            severity: match diagnostic.severity {
                Severity::Error => proto::diagnostic::Severity::Error,
                Severity::Warning => proto::diagnostic::Severity::Warning,
            }
            .into(),
            summary: diagnostic.summary,
            detail: diagnostic.detail,
            attribute: diagnostic.path.as_ref().map(path),
        })
        .collect()
}

pub(crate) fn paths(paths: &[AttributePath]) -> Vec<proto::AttributePath> {
    paths.iter().map(path).collect()
}

fn path(path: &AttributePath) -> proto::AttributePath {
    use proto::attribute_path::step::Selector;
    let steps = path.steps().iter().map(|step| match step {
        Step::Attribute(name) => Selector::AttributeName(name.clone()),
        Step::Key(key) => Selector::ElementKeyString(key.clone()),
        Step::Index(index) => Selector::ElementKeyInt(*index),
    });
    proto::AttributePath {
        steps: steps
            .map(|selector| proto::attribute_path::Step {
                selector: Some(selector),
            })
            .collect(),
    }
}
