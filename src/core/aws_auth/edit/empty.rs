//! Sections without entries: filling each of their many forms, and putting a form back.
//!
//! Absent, blank, `""`, `null`, `[]`, comments only, `---`: each stays as far as it can, and what must give way goes into the note for the removal.

use super::{
    change::EmptyForm,
    error::EditError,
    list::{Content, open},
    section_changes::{SectionChanges, SectionEdited},
    style::ListStyle,
    verify,
    write::{block_item, flow_item},
};
use crate::aws_auth::{Section, read::is_skipped};
use crate::yaml::{self, Document, Gaps, Lines, Node, NodeId};

/// A section that is absent, blank or a pair of quotes: the new entries are its whole text.
pub(super) fn fill_nothing(
    section: Section,
    text: Option<&str>,
    changes: &SectionChanges<'_>,
    usual: impl FnOnce() -> ListStyle,
) -> Result<SectionEdited, EditError> {
    let note = Some(EmptyForm {
        text: text.map(str::to_owned),
    });
    if changes.added.is_empty() {
        return Ok(SectionEdited {
            text: text.map(str::to_owned),
            note,
        });
    }
    let new = whole_text(changes, &usual());
    verify::check(section, None, &new, &changes.expect_added())
        .map_err(|what| EditError::Internal { section, what })?;
    Ok(SectionEdited {
        text: Some(new),
        note,
    })
}

fn whole_text(changes: &SectionChanges<'_>, style: &ListStyle) -> String {
    match style.brackets {
        Some(_) => bracketed_items(changes, style),
        None => changes
            .added
            .iter()
            .map(|entry| block_item(entry, style, "\n"))
            .collect(),
    }
}

fn bracketed_items(changes: &SectionChanges<'_>, style: &ListStyle) -> String {
    let gaps = style.brackets.clone().unwrap_or_default();
    let items: Vec<String> = changes
        .added
        .iter()
        .map(|entry| flow_item(entry, style))
        .collect();
    format!("[{}{}{}]", gaps.open, items.join(&gaps.comma), gaps.close)
}

/// The style for a section that keeps its brackets.
pub(super) fn bracketed_style(usual: ListStyle) -> ListStyle {
    let tight = |gaps: Gaps| Gaps {
        open: String::new(),
        close: String::new(),
        ..gaps
    };
    match usual.brackets {
        Some(gaps) => ListStyle {
            brackets: Some(tight(gaps)),
            ..usual
        },
        None => ListStyle::json(),
    }
}

/// A section that is null: the word alone gives way, among comments and marks it becomes a list in brackets.
pub(super) fn fill_null(
    section: Section,
    document: &Document<'_>,
    root: NodeId,
    changes: &SectionChanges<'_>,
    usual: impl FnOnce() -> ListStyle,
) -> Result<SectionEdited, EditError> {
    let given = document.text;
    let note = Some(EmptyForm {
        text: Some(given.to_owned()),
    });
    let place = document
        .node(root)
        .map(|node| node.start.offset()..node.end());
    let (Some(place), false) = (place, changes.added.is_empty()) else {
        return Ok(SectionEdited {
            text: Some(given.to_owned()),
            note,
        });
    };
    let new = match given.get(place.clone()) == Some(given.trim()) {
        true => whole_text(changes, &usual()),
        false => replaced(
            given,
            place,
            &bracketed_items(changes, &bracketed_style(usual())),
        ),
    };
    verify::check(section, None, &new, &changes.expect_added())
        .map_err(|what| EditError::Internal { section, what })?;
    Ok(SectionEdited {
        text: Some(new),
        note,
    })
}

/// A section of comments and marks only: entries go behind them.
pub(super) fn fill_comments(
    section: Section,
    document: &Document<'_>,
    changes: &SectionChanges<'_>,
    usual: impl FnOnce() -> ListStyle,
) -> Result<SectionEdited, EditError> {
    let note = Some(EmptyForm {
        text: Some(document.text.to_owned()),
    });
    let mut lines = Lines::new(document.text);
    if !changes.added.is_empty() {
        let usual = usual();
        let style = ListStyle {
            brackets: None,
            entry: usual.entry,
            ..ListStyle::default()
        };
        let line_break = lines.line_break;
        let text: String = changes
            .added
            .iter()
            .map(|entry| block_item(entry, &style, line_break))
            .collect();
        let end = document.end.offset();
        let at = if end >= lines.given_end() {
            lines.text().len()
        } else {
            end
        };
        lines.insert(at, text);
    }
    let text = lines.apply(false);
    verify::check(section, None, &text, &changes.expect_added())
        .map_err(|what| EditError::Internal { section, what })?;
    Ok(SectionEdited {
        text: Some(text),
        note,
    })
}

/// The form a section had before entries were added, if what is left of it shows that nobody wrote in it meanwhile.
pub(super) fn restored(
    section: Section,
    left: &str,
    notes: &[&EmptyForm],
) -> Option<Option<String>> {
    let note = notes
        .iter()
        .find(|note| is_remainder(section, note.text.as_deref(), left))?;
    Some(note.text.clone())
}

/// Whether a text is what stays of an empty form when entries were added to it and removed again without a note.
fn is_remainder(section: Section, text: Option<&str>, left: &str) -> bool {
    let Some(given) = text.filter(|text| !is_skipped(text)) else {
        return is_bare(left);
    };
    let Ok(document) = yaml::parse(given) else {
        return false;
    };
    match open(section, &document) {
        Ok(Content::Null(root)) => {
            let place = document
                .node(root)
                .map(|node: &Node<'_>| node.start.offset()..node.end());
            let Some(place) = place else {
                return false;
            };
            if given.get(place.clone()) == Some(given.trim()) {
                return is_bare(left);
            }
            replaced(given, place, "[]") == left
        }
        Ok(Content::Nothing) => given == left,
        Ok(Content::List(list)) if list.items.is_empty() => given == left,
        _ => false,
    }
}

/// Nothing, or a pair of brackets: those that the entries came with may stand on lines of their own, as a neighbour has them.
fn is_bare(left: &str) -> bool {
    let inner = left
        .strip_prefix('[')
        .and_then(|left| left.strip_suffix(']'));
    left.is_empty() || inner.is_some_and(|inner| inner.trim().is_empty())
}

fn replaced(text: &str, place: std::ops::Range<usize>, by: &str) -> String {
    let (before, behind) = (
        text.get(..place.start).unwrap_or_default(),
        text.get(place.end..).unwrap_or_default(),
    );
    format!("{before}{by}{behind}")
}
