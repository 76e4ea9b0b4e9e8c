//! One section of a batch: from its text and its changes to its new text.

use std::collections::HashMap;

use super::{
    anchors, block,
    change::EmptyForm,
    error::EditError,
    flow::FlowParts,
    lines::Lines,
    list::{Content, List, open, refusal},
    replace::Replacement,
    style::{Gaps, ListStyle},
    verify::{self, Expected},
    write::{block_item, flow_item},
};
use crate::aws_auth::{
    Entry, Section,
    read::{is_skipped, syntax_problem},
    yaml::{self, Document, Kind, Node, NodeId},
};

/// The changes of one section.
#[derive(Default)]
pub(super) struct SectionChanges<'c> {
    pub(super) added: Vec<&'c Entry>,
    pub(super) replaced: Vec<(usize, &'c Entry)>,
    pub(super) removed: Vec<usize>,
    /// What the section may have looked like without entries.
    pub(super) notes: Vec<&'c EmptyForm>,
}

/// The outcome for one section.
pub(super) struct SectionEdited {
    pub(super) text: Option<String>,
    /// The note for whoever added an entry to a section without any.
    pub(super) note: Option<EmptyForm>,
}

/// Edits one section; `usual` gives the style for a section without entries.
pub(super) fn edit(
    section: Section,
    text: Option<&str>,
    changes: &SectionChanges<'_>,
    usual: impl FnOnce() -> ListStyle,
) -> Result<SectionEdited, EditError> {
    let Some(given) = text.filter(|text| !is_skipped(text)) else {
        changes.expect_items(section, 0)?;
        return fill_nothing(section, text, changes, usual);
    };
    let document = yaml::parse(given).map_err(|error| refusal(syntax_problem(section, &error)))?;
    match open(section, &document)? {
        Content::List(list) => edit_list(section, &list, changes, usual),
        Content::Null(root) => {
            changes.expect_items(section, 0)?;
            fill_null(section, &document, root, changes, usual)
        }
        Content::Nothing => {
            changes.expect_items(section, 0)?;
            fill_comments(section, &document, changes, usual)
        }
    }
}

impl SectionChanges<'_> {
    fn expect_items(&self, section: Section, count: usize) -> Result<(), EditError> {
        let mut wanted = self.removed.clone();
        wanted.extend(self.replaced.iter().map(|(index, _)| *index));
        wanted.sort_unstable();
        if let Some(index) = wanted.last().copied().filter(|index| *index >= count) {
            return Err(EditError::NoSuchEntry {
                section,
                index,
                count,
            });
        }
        match wanted.windows(2).find(|pair| pair.first() == pair.last()) {
            Some(pair) => Err(EditError::Conflict {
                section,
                index: pair.first().copied().unwrap_or_default(),
            }),
            None => Ok(()),
        }
    }

    fn expect_added(&self) -> Vec<Expected<'_, '_>> {
        self.added
            .iter()
            .map(|entry| Expected::Added(entry))
            .collect()
    }
}

fn edit_list(
    section: Section,
    list: &List<'_>,
    changes: &SectionChanges<'_>,
    usual: impl FnOnce() -> ListStyle,
) -> Result<SectionEdited, EditError> {
    let count = list.items.len();
    changes.expect_items(section, count)?;
    let mut removed = vec![false; count];
    for index in &changes.removed {
        if let Some(flag) = removed.get_mut(*index) {
            *flag = true;
        }
    }
    let mut lines = Lines::new(list.document.text);
    let mut touched = Vec::new();
    for (index, entry) in &changes.replaced {
        touched.extend(Replacement::new(section, list, *index, entry).apply(&mut lines));
    }
    let style = match changes.added.is_empty() {
        true => ListStyle::default(),
        false if count == 0 => bracketed_style(usual()),
        false => ListStyle::of(section, list),
    };
    let added_before = change_items(&mut lines, list, &removed, changes, &style);
    anchors::check(section, list.document, lines.removed(), &touched)?;

    let replaced: HashMap<usize, &Entry> = changes.replaced.iter().copied().collect();
    let mut expected = Vec::with_capacity(count + changes.added.len());
    for (index, value) in list.values.iter().enumerate() {
        if index == added_before {
            expected.extend(changes.expect_added());
        }
        match replaced.get(&index) {
            Some(entry) => expected.push(Expected::Replaced(value, entry)),
            None if removed.get(index) == Some(&true) => {}
            None => expected.push(Expected::Kept(value)),
        }
    }
    if added_before >= count {
        expected.extend(changes.expect_added());
    }
    let text = finish(section, &lines, &expected)?;
    let is_emptied = count > 0 && expected.is_empty();
    let restored = is_emptied
        .then(|| restored(section, &text, &changes.notes))
        .flatten();
    let note = (count == 0).then(|| EmptyForm {
        text: Some(list.document.text.to_owned()),
    });
    Ok(SectionEdited {
        text: restored.unwrap_or(Some(text)),
        note,
    })
}

/// Removes and adds items; returns before which old item the new ones stand.
fn change_items(
    lines: &mut Lines,
    list: &List<'_>,
    removed: &[bool],
    changes: &SectionChanges<'_>,
    style: &ListStyle,
) -> usize {
    let Some(root) = list.document.node(list.root) else {
        return removed.len();
    };
    if matches!(root.kind, Kind::Sequence { flow: true }) {
        let items = list
            .items
            .iter()
            .filter_map(|item| list.document.node(*item));
        let parts = items.map(|node| node.start.offset()..node.end()).collect();
        let added: Vec<String> = changes
            .added
            .iter()
            .map(|entry| flow_item(entry, style))
            .collect();
        let gaps = style.brackets.clone().unwrap_or_default();
        FlowParts {
            open: root.content(),
            parts,
        }
        .edit(lines, removed, &added, &gaps);
        return removed.len();
    }
    let line_break = lines.line_break;
    let added: Vec<String> = changes
        .added
        .iter()
        .map(|entry| block_item(entry, style, line_break))
        .collect();
    block::edit(lines, list, removed, &added)
}

/// A section that is absent, blank or a pair of quotes: the new entries are its whole text.
fn fill_nothing(
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
    verify::check(section, &new, &changes.expect_added())
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
fn bracketed_style(usual: ListStyle) -> ListStyle {
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
fn fill_null(
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
    verify::check(section, &new, &changes.expect_added())
        .map_err(|what| EditError::Internal { section, what })?;
    Ok(SectionEdited {
        text: Some(new),
        note,
    })
}

/// A section of comments and marks only: entries go behind them.
fn fill_comments(
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
    let text = finish(section, &lines, &changes.expect_added())?;
    Ok(SectionEdited {
        text: Some(text),
        note,
    })
}

/// Applies the edit and reads the result again. Where dropping the last line break would change a block of text, it stays.
fn finish(
    section: Section,
    lines: &Lines,
    expected: &[Expected<'_, '_>],
) -> Result<String, EditError> {
    let text = lines.apply(false);
    match verify::check(section, &text, expected) {
        Ok(()) => Ok(text),
        Err(what) => {
            let with_break = lines.apply(true);
            if lines.is_padded() && verify::check(section, &with_break, expected).is_ok() {
                return Ok(with_break);
            }
            Err(EditError::Internal { section, what })
        }
    }
}

/// The form a section had before entries were added, if what is left of it shows that nobody wrote in it meanwhile.
fn restored(section: Section, left: &str, notes: &[&EmptyForm]) -> Option<Option<String>> {
    let note = notes.iter().find(|note| {
        remainders(section, note.text.as_deref())
            .iter()
            .any(|text| text == left)
    })?;
    Some(note.text.clone())
}

/// What stays of an empty form when entries were added to it and removed again without a note.
fn remainders(section: Section, text: Option<&str>) -> Vec<String> {
    let plain = || vec![String::new(), "[]".to_owned()];
    let Some(given) = text.filter(|text| !is_skipped(text)) else {
        return plain();
    };
    let Ok(document) = yaml::parse(given) else {
        return Vec::new();
    };
    match open(section, &document) {
        Ok(Content::Null(root)) => {
            let place = document
                .node(root)
                .map(|node: &Node<'_>| node.start.offset()..node.end());
            let Some(place) = place else {
                return Vec::new();
            };
            if given.get(place.clone()) == Some(given.trim()) {
                return plain();
            }
            vec![replaced(given, place, "[]")]
        }
        Ok(Content::Nothing) => vec![given.to_owned()],
        Ok(Content::List(list)) if list.items.is_empty() => vec![given.to_owned()],
        _ => Vec::new(),
    }
}

fn replaced(text: &str, place: std::ops::Range<usize>, by: &str) -> String {
    let (before, behind) = (
        text.get(..place.start).unwrap_or_default(),
        text.get(place.end..).unwrap_or_default(),
    );
    format!("{before}{by}{behind}")
}
