//! A text cut into its documents: JSON values one after another, YAML documents between lines of `---`, a policy in a JSON string.

use super::json_tree::from_json;
use super::tree::{Tree, TreeError, Value, from_yaml};
use super::{
    Broken, ConfigMap, Content, Document, MOST_DOCUMENTS, Place, TextLines, kubernetes, policy,
    unknown,
};

/// How often a JSON text may stand in a JSON string, or be percent-encoded.
const MOST_WRAPPINGS: usize = 4;

/// The documents of a text; none where it has nothing but white space and comments.
pub(super) fn read(text: &str) -> Vec<Document> {
    let trimmed = text.trim_start_matches('\u{feff}').trim();
    if trimmed.is_empty() {
        return Vec::new();
    }
    if let Some(what) = unknown::of_text(trimmed) {
        return vec![other(text, what)];
    }
    if let Some(inner) = policy::percent_decoded(trimmed) {
        return of_wrapped(&inner, 1);
    }
    let begins_as_json = trimmed.starts_with(['{', '[', '"']);
    if begins_as_json {
        match from_json(text) {
            Ok(trees) => return of_trees(&trees, 0),
            Err(error) if is_json(trimmed) => return vec![broken(&error, Place::default())],
            // A mapping of YAML may begin with a brace too.
            Err(_) => {}
        }
    }
    of_yaml(text)
}

/// YAML in braces has names without quotes.
fn is_json(text: &str) -> bool {
    let rest = text.trim_start_matches(['{', '[']).trim_start();
    rest.starts_with(['"', '{', '[', '}', ']']) && !text.contains("\n---")
}

fn other(text: &str, what: String) -> Document {
    let before = text.len() - text.trim_start().len();
    let line = 1 + text.get(..before).unwrap_or_default().matches('\n').count();
    Document {
        place: Place {
            line,
            ..Place::default()
        },
        content: Content::Other(what),
    }
}

fn broken(error: &TreeError, place: Place) -> Document {
    Document {
        place: Place {
            line: error.line,
            ..place
        },
        content: Content::Broken(Broken {
            line: error.line,
            column: error.column,
            what: error.what.clone(),
        }),
    }
}

/// What stood in a string, of which every line is that of the string.
fn of_wrapped(text: &str, wrappings: usize) -> Vec<Document> {
    let trimmed = text.trim();
    if let Some(inner) = policy::percent_decoded(trimmed)
        && wrappings < MOST_WRAPPINGS
    {
        return of_wrapped(&inner, wrappings + 1);
    }
    match from_json(trimmed) {
        Ok(trees) => of_trees(&trees, wrappings),
        Err(error) => vec![broken(&error, Place::default())],
    }
}

fn of_trees(trees: &[Tree<'_>], wrappings: usize) -> Vec<Document> {
    let mut documents = Vec::new();
    for (index, tree) in trees.iter().enumerate().take(MOST_DOCUMENTS) {
        let place = Place {
            document: (trees.len() > 1).then_some(index + 1),
            line: tree.line,
            ..Place::default()
        };
        match tree.text().map(str::trim) {
            Some(inner)
                if wrappings < MOST_WRAPPINGS
                    && (inner.starts_with(['{', '[', '"'])
                        || policy::percent_decoded(inner).is_some()) =>
            {
                let found = of_wrapped(inner, wrappings + 1);
                documents.extend(found.into_iter().map(|document| Document {
                    place: place.clone(),
                    ..document
                }));
            }
            _ => unknown::classify(tree, place, &mut documents),
        }
    }
    documents
}

fn of_yaml(text: &str) -> Vec<Document> {
    let pieces = pieces(text);
    let parsed: Vec<_> = pieces
        .iter()
        .map(|piece| (piece, from_yaml(piece.text, piece.line)))
        .filter(|(_, tree)| !matches!(tree, Ok(tree) if tree.is_null()))
        .collect();
    let mut documents = Vec::new();
    for (index, (piece, tree)) in parsed.iter().enumerate() {
        let place = Place {
            document: (parsed.len() > 1).then_some(index + 1),
            line: piece.line,
            ..Place::default()
        };
        match tree {
            Ok(tree) => of_piece(piece, tree, place, &mut documents),
            Err(error) => documents.push(of_broken(piece, error, place)),
        }
    }
    documents
}

fn of_piece(piece: &Piece<'_>, tree: &Tree<'_>, place: Place, documents: &mut Vec<Document>) {
    let place = Place {
        line: tree.line,
        ..place
    };
    if let Some(section) = kubernetes::section_of(tree) {
        let lines = TextLines::From(piece.line);
        documents.push(Document {
            place,
            content: Content::ConfigMap(ConfigMap::from_section(
                section,
                piece.text.to_owned(),
                lines,
            )),
        });
        return;
    }
    match &tree.value {
        Value::Text(inner, _) if inner.trim_start().starts_with('{') => {
            let found = of_wrapped(inner, 1);
            documents.extend(found.into_iter().map(|document| Document {
                place: place.clone(),
                ..document
            }));
        }
        Value::Text(..) => match unknown::of_broken_yaml(piece.text) {
            Some(is) => documents.push(Document {
                place,
                content: Content::Other(is),
            }),
            None => unknown::classify(tree, place, documents),
        },
        _ => unknown::classify(tree, place, documents),
    }
}

fn of_broken(piece: &Piece<'_>, error: &TreeError, place: Place) -> Document {
    let TreeError { line, what, .. } = error;
    match unknown::of_broken_yaml(piece.text) {
        Some(is) => Document {
            place: Place {
                line: *line,
                ..place
            },
            content: Content::Other(format!("{is} (line {line}: {what})")),
        },
        None => broken(error, place),
    }
}

/// A YAML document and the line, from 1, where it begins.
struct Piece<'t> {
    text: &'t str,
    line: usize,
}

/// Cuts before each line that begins with `---`. Directives stand before such a line and stay with what follows.
fn pieces(text: &str) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    let (mut start, mut start_line) = (0, 1);
    let mut offset = 0;
    for (index, line) in text.split_inclusive('\n').enumerate() {
        let is_mark = line
            .strip_prefix("---")
            .is_some_and(|rest| rest.is_empty() || rest.starts_with([' ', '\t', '\r', '\n']));
        let piece = text.get(start..offset).unwrap_or_default();
        if is_mark && pieces.len() + 1 < MOST_DOCUMENTS && !is_head(piece) {
            pieces.push(Piece {
                text: piece,
                line: start_line,
            });
            (start, start_line) = (offset, index + 1);
        }
        offset += line.len();
    }
    pieces.push(Piece {
        text: text.get(start..).unwrap_or_default(),
        line: start_line,
    });
    pieces
}

/// Nothing but comments and directives.
fn is_head(piece: &str) -> bool {
    piece.lines().all(|line| {
        let line = line.trim_start_matches('\u{feff}');
        line.trim().is_empty() || line.starts_with(['#', '%'])
    })
}
