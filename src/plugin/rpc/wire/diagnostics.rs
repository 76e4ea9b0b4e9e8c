//! Messages and paths to the wire.

use crate::diagnostics::{Diagnostic, Diagnostics, Severity};
use crate::path::{AttributePath, Step};
use crate::proto::tfplugin6 as proto;
use crate::provider::Provider;

/// Messages as they leave the provider: below the text of an error stands the address of its page, where there is one.
pub(crate) fn diagnostics<P: Provider>(diagnostics: Diagnostics) -> Vec<proto::Diagnostic> {
    diagnostics
        .into_iter()
        .map(|diagnostic| proto::Diagnostic {
            severity: match diagnostic.severity {
                Severity::Error => proto::diagnostic::Severity::Error,
                Severity::Warning => proto::diagnostic::Severity::Warning,
            }
            .into(),
            detail: detail::<P>(&diagnostic),
            summary: diagnostic.summary,
            attribute: diagnostic.path.as_ref().map(path),
        })
        .collect()
}

fn detail<P: Provider>(diagnostic: &Diagnostic) -> String {
    let text = &diagnostic.detail;
    let page = match diagnostic.severity {
        Severity::Error => P::page_about(&diagnostic.summary),
        Severity::Warning => None,
    };
    match page {
        Some(page) => format!("{}\n\nSee {page}", text.trim_end()),
        None => text.clone(),
    }
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::provider::{Configure, Objects};
    use crate::schema::Schema;

    struct WithPages;

    impl Provider for WithPages {
        type Client = ();
        type Model = ();

        const ADDRESS: &'static str = "example/pages";

        fn schema(&self) -> Schema {
            Schema::new("Pages.")
        }

        async fn configure(
            &self,
            _request: Configure<()>,
            _diagnostics: &mut Diagnostics,
        ) -> Result<(), Diagnostics> {
            Ok(())
        }

        fn page_about(title: &str) -> Option<String> {
            (title == "Long").then(|| "https://example.com/long".to_owned())
        }

        fn objects(&self) -> Objects<()> {
            Objects::new()
        }
    }

    #[test]
    fn an_error_with_a_page_names_it_below_its_text() {
        let mut said = Diagnostics::new();
        said.error("Long", "The text.\n");
        said.warning("Long", "The text.");
        said.error("Short", "The text.");
        let texts: Vec<String> = diagnostics::<WithPages>(said)
            .into_iter()
            .map(|shown| shown.detail)
            .collect();
        assert_eq!(
            texts,
            [
                "The text.\n\nSee https://example.com/long",
                "The text.",
                "The text."
            ]
        );
    }
}
