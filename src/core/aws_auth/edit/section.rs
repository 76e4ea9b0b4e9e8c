//! One section of a batch: from its text and its changes to its new text.

use std::collections::HashMap;

use super::{
    anchors, block,
    change::EmptyForm,
    empty,
    error::EditError,
    list::{Content, List, open, refusal},
    replace::Replacement,
    section_changes::{SectionChanges, SectionEdited},
    style::ListStyle,
    verify::{self, Expected, Outcome},
    write::{block_item, flow_item},
};
use crate::aws_auth::{
    Entry, Section,
    read::{is_skipped, syntax_problem},
};
use crate::yaml::{self, FlowParts, Lines};

/// Edits one section; `usual` gives the style for a section without entries.
pub(super) fn edit(
    section: Section,
    text: Option<&str>,
    changes: &SectionChanges<'_>,
    usual: impl FnOnce() -> ListStyle,
) -> Result<SectionEdited, EditError> {
    let Some(given) = text.filter(|text| !is_skipped(text)) else {
        changes.expect_items(section, 0)?;
        return empty::fill_nothing(section, text, changes, usual);
    };
    let document = yaml::parse(given).map_err(|error| refusal(syntax_problem(section, &error)))?;
    match open(section, &document)? {
        Content::List(list) => edit_list(section, &list, changes, usual),
        Content::Null(root) => {
            changes.expect_items(section, 0)?;
            empty::fill_null(section, &document, root, changes, usual)
        }
        Content::Nothing => {
            changes.expect_items(section, 0)?;
            empty::fill_comments(section, &document, changes, usual)
        }
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
        false if count == 0 => empty::bracketed_style(usual()),
        false => ListStyle::from_list(section, list),
    };
    let added_before = change_items(&mut lines, list, &removed, changes, &style);
    anchors::check(section, list.document, lines.removed(), &touched)?;

    let replaced: HashMap<usize, &Entry> = changes.replaced.iter().copied().collect();
    let mut expected = Vec::with_capacity(count + changes.added.len());
    for (index, item) in list.items.iter().enumerate() {
        if index == added_before {
            expected.extend(changes.expect_added());
        }
        match replaced.get(&index) {
            Some(entry) => expected.push(Expected::Replaced(*item, entry)),
            None if removed.get(index) == Some(&true) => {}
            None => expected.push(Expected::Kept(*item)),
        }
    }
    if added_before >= count {
        expected.extend(changes.expect_added());
    }
    let text = finish(list, &lines, &expected)?;
    let is_emptied = count > 0 && expected.is_empty();
    let restored = is_emptied
        .then(|| empty::restored(section, &text, &changes.notes))
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
    if list.is_flow() {
        let parts = list
            .nodes()
            .map(|node| node.start.offset()..node.end())
            .collect();
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

/// Applies the edit and reads the result again. Where dropping the last line break would change a block of text, it stays.
fn finish(list: &List<'_>, lines: &Lines, expected: &[Expected<'_>]) -> Result<String, EditError> {
    let check = |text: &str, new_length: usize| {
        let (changed, old_length) = (lines.changed(), lines.text().len());
        verify::check_list(
            list,
            &Outcome {
                text,
                changed,
                old_length,
                new_length,
            },
            expected,
        )
    };
    let stripped = lines.apply(false);
    let with_break = if lines.is_padded() {
        lines.apply(true)
    } else {
        String::new()
    };
    let new_length = stripped.len().max(with_break.len());
    match check(&stripped, new_length) {
        Ok(()) => Ok(stripped),
        Err(_) if lines.is_padded() && check(&with_break, new_length).is_ok() => Ok(with_break),
        Err(what) => Err(EditError::Internal {
            section: list.section,
            what,
        }),
    }
}
