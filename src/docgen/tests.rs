//! Whole pages beside golden ones in `testdata/repository`, and the check's answer to a changed page.

use std::collections::BTreeMap;
use std::fs;

use eksauth_provider::ObjectKind;
use eksauth_provider::permissions::{AwsResource, AwsStatement, Need, Permissions, Step};
use tf_provider::schema::Nesting;
use tf_provider::{Attribute, Schema};

use super::*;
use crate::garden::{Garden, tree};
use crate::page::{Kind, Object, Sources, object_page};

fn fixture() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/repository")
}

fn golden(page: &str) -> String {
    fs::read_to_string(fixture().join("docs").join(page)).unwrap()
}

const OF_TREE: Permissions = Permissions {
    aws: &[AwsStatement {
        actions: &["iam:GetRole"],
        resource: AwsResource::IamRole { name: "*" },
        need: Need::Required { step: Step::Plan },
    }],
    ..Permissions::NONE
};

fn garden() -> Pages {
    let permissions = BTreeMap::from([((ObjectKind::Resource, "garden_tree"), OF_TREE)]);
    catalog::pages(&Garden, &permissions, &fixture()).unwrap()
}

#[test]
fn the_pages_of_a_provider_are_the_golden_ones() {
    let pages = garden();
    let names: Vec<&str> = pages.keys().map(String::as_str).collect();
    assert_eq!(
        names,
        ["functions/species.md", "index.md", "resources/tree.md"]
    );
    for (page, text) in &pages {
        assert_eq!(*text, golden(page), "{page}");
    }
}

#[test]
fn an_object_without_permissions_is_named() {
    assert_eq!(
        catalog::pages(&Garden, &BTreeMap::new(), &fixture())
            .unwrap_err()
            .to_string(),
        "`garden_tree` has no list of permissions"
    );
}

#[test]
fn an_attribute_without_a_description_is_named() {
    let bird = Attribute::string().required();
    let schema = Schema::new("A tree.").attribute(
        "nests",
        Attribute::nested(Nesting::Set, [("bird", bird)])
            .optional()
            .description("Nests in its branches."),
    );
    assert_eq!(
        from_schema::fields("garden_tree", &schema)
            .unwrap_err()
            .to_string(),
        "`garden_tree.nests.bird` has no description in its schema"
    );
}

#[test]
fn an_object_without_an_example_is_named_with_the_file_that_is_missing() {
    let fields = from_schema::fields("garden_weather", &tree()).unwrap();
    let object = Object {
        kind: Kind::DataSource,
        name: "garden_weather",
        description: "The weather.",
        deprecated: None,
        fields: &fields,
        permissions: Permissions::NONE,
        identity: None,
    };
    assert_eq!(
        object_page(&object, &Sources::below(&fixture()))
            .unwrap_err()
            .to_string(),
        "`garden_weather` has no example: write `examples/data-sources/garden_weather/data-source.tf`"
    );
}

#[test]
fn a_template_of_an_object_that_is_gone_is_named() {
    assert_eq!(
        Sources::below(&fixture())
            .check_templates(&Pages::new())
            .unwrap_err()
            .to_string(),
        "template `docs/templates/resources/tree.md` has no page: no object of the provider has that name"
    );
}

/// Ids of findings in a source text: literals such as `"lockout.yaml_error"`.
fn finding_ids(source: &str) -> impl Iterator<Item = &str> {
    const TOPICS: [&str; 15] = [
        "account",
        "entry",
        "field",
        "group",
        "groups",
        "hygiene",
        "lockout",
        "mapping",
        "privilege",
        "role",
        "section",
        "sso",
        "template",
        "username",
        "yaml",
    ];
    source.split('"').filter(|literal| {
        let is_word = |text: &str| {
            !text.is_empty()
                && text
                    .bytes()
                    .all(|byte| byte.is_ascii_lowercase() || b"_-".contains(&byte))
        };
        literal
            .split_once('.')
            .is_some_and(|(topic, name)| TOPICS.contains(&topic) && is_word(name) && name != "json")
    })
}

fn rust_sources(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    let mut sources = Vec::new();
    for path in entries {
        if path.is_dir() {
            sources.extend(rust_sources(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            sources.push(fs::read_to_string(path).unwrap());
        }
    }
    sources
}

#[test]
fn every_finding_has_its_paragraph_in_the_guide() {
    let repository = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let guide = fs::read_to_string(repository.join("docs/guides/findings.md")).unwrap();
    let headings: Vec<&str> = guide
        .lines()
        .filter_map(|line| line.strip_prefix("### "))
        .collect();
    let sources = rust_sources(&repository.join("src/core"));
    let mut missing: Vec<&str> = sources
        .iter()
        .flat_map(|source| finding_ids(source))
        .filter(|id| !headings.contains(id))
        .collect();
    missing.sort_unstable();
    missing.dedup();
    assert_eq!(missing, [] as [&str; 0]);
    assert_eq!(
        finding_ids(r#"say("lockout.no_door", "trust.json", "lockout is.")"#).collect::<Vec<_>>(),
        ["lockout.no_door"]
    );
}

fn answer(docs: &Path, pages: &Pages, check: bool) -> ExitCode {
    let arguments = Arguments {
        check,
        root: PathBuf::new(),
    };
    run(&arguments, docs, pages).unwrap()
}

#[test]
fn a_changed_page_fails_the_check_until_it_is_written_again() {
    let docs = tempfile::tempdir().unwrap();
    let pages = garden();
    assert_eq!(answer(docs.path(), &pages, false), ExitCode::SUCCESS);
    assert_eq!(answer(docs.path(), &pages, true), ExitCode::SUCCESS);
    fs::write(docs.path().join("resources/tree.md"), "# a tree, by hand\n").unwrap();
    assert_eq!(answer(docs.path(), &pages, true), ExitCode::FAILURE);
    assert_eq!(answer(docs.path(), &pages, false), ExitCode::SUCCESS);
    assert_eq!(answer(docs.path(), &pages, true), ExitCode::SUCCESS);
}

#[test]
fn the_check_names_page_line_and_reason() {
    assert_eq!(
        found(&Difference::Changed("resources/tree.md".to_owned(), 12)),
        "docs/resources/tree.md:12: differs"
    );
    assert_eq!(
        found(&Difference::Missing("index.md".to_owned())),
        "docs/index.md: missing"
    );
    assert_eq!(
        found(&Difference::Stale("resources/old.md".to_owned())),
        "docs/resources/old.md: nothing generates it any more"
    );
}
