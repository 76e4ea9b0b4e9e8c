//! Messages and paths to the wire.

use crate::diagnostics::{Diagnostic, Diagnostics, Severity};
use crate::path::{AttributePath, Step};
use crate::proto::tfplugin6 as proto;
use crate::provider::Provider;
use crate::schema::Schema;

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

/// The same about an object of a schema. Terraform looks a path up among blocks, and its last step among the arguments of the block that it has come to:
/// what is within an argument it takes for an argument beside it of the same name, or for none, and shows the first line. So the path ends at the argument,
/// and the text says where within it.
pub(crate) fn diagnostics_on<P: Provider>(
    schema: Option<&Schema>,
    said: Diagnostics,
) -> Vec<proto::Diagnostic> {
    let Some(schema) = schema else {
        return diagnostics::<P>(said);
    };
    let mut pointed = Diagnostics::new();
    for diagnostic in said {
        pointed.push(pointed_at(schema, diagnostic));
    }
    diagnostics::<P>(pointed)
}

fn pointed_at(schema: &Schema, mut diagnostic: Diagnostic) -> Diagnostic {
    let Some(path) = diagnostic.path.take() else {
        return diagnostic;
    };
    let argument = schema.argument_of(&path);
    let place = format!("`{path}`");
    if argument != path && !diagnostic.detail.contains(&place) {
        diagnostic.detail = format!("{place}: {}", diagnostic.detail);
    }
    diagnostic.path = Some(argument);
    diagnostic
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
    use crate::schema::{Attribute, Block, Nesting, Schema};
    use crate::types::Type;

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
    fn a_path_ends_at_the_argument_and_the_text_says_where_within() {
        let text = || Attribute::string().optional();
        let schema = Schema::new("")
            .attribute("name", text())
            .attribute(
                "rules",
                Attribute::nested(Nesting::List, [("name", text())]).optional(),
            )
            .attribute("labels", Attribute::map(Type::String).optional())
            .block(
                "way",
                Block::new(Nesting::List).attribute(
                    "steps",
                    Attribute::nested(Nesting::Map, [("name", text())]).optional(),
                ),
            );
        let root = AttributePath::attribute;
        let way = || root("way").index(1);
        for (path, argument, detail) in [
            (root("name"), root("name"), "bad"),
            (
                root("rules").index(2).at("name"),
                root("rules"),
                "`rules[2].name`: bad",
            ),
            (
                root("labels").key("a"),
                root("labels"),
                "`labels[\"a\"]`: bad",
            ),
            (way(), way(), "bad"),
            (way().at("steps"), way().at("steps"), "bad"),
            (
                way().at("steps").key("x").at("name"),
                way().at("steps"),
                "`way[1].steps[\"x\"].name`: bad",
            ),
        ] {
            let shown = pointed_at(&schema, Diagnostic::error("T", "bad").at(path));
            assert_eq!(shown.path, Some(argument));
            assert_eq!(shown.detail, detail);
        }
        let told =
            Diagnostic::error("T", "see `rules[0].name`").at(root("rules").index(0).at("name"));
        assert_eq!(pointed_at(&schema, told).detail, "see `rules[0].name`");
        assert_eq!(
            pointed_at(&schema, Diagnostic::error("T", "bad")).path,
            None
        );
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
