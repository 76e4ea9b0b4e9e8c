//! For any document and any edit: what is outside the edited entry is byte-identical, and what the server would read is exactly the old entries
//! with the edit.

use proptest::{prelude::*, sample::select, test_runner::FileFailurePersistence};

use super::{empty_forms::comes_and_goes, *};

/// A document as pieces, so that a test knows the bytes of every entry.
#[derive(Clone, Debug)]
pub(in crate::aws_auth) struct Generated {
    pub(in crate::aws_auth) section: Section,
    /// Everything before the first entry.
    head: String,
    entries: Vec<Piece>,
    /// Everything behind the last entry.
    tail: String,
}

#[derive(Clone, Debug)]
pub(in crate::aws_auth) struct Piece {
    /// The entry's own bytes, its separator not included.
    text: String,
    /// Comments and white space between this entry and the next.
    gap: String,
}

impl Generated {
    pub(in crate::aws_auth) fn text(&self) -> String {
        let entries = self
            .entries
            .iter()
            .map(|piece| format!("{}{}", piece.text, piece.gap));
        format!("{}{}{}", self.head, entries.collect::<String>(), self.tail)
    }
}

fn any_text() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => "[a-z][a-z0-9:/@_.-]{0,12}",
        2 => select(vec![
            "yes", "y", "null", "~", "123", "012345678901", "1e3", "0x1f", ".inf", "{{SessionName}}", "a: b", "a #b", "#a", "@a", "`a", "- a",
            "-", "?", ":", "a:", " a", "a ", "'", "\"", "o'brien", "\\", "a\\nb", "a\nb", "\ta", "ü", "日本", "\u{85}", "\u{2028}", "\u{feff}", "\u{0}",
            "\u{1f600}", "*a", "&a", "!a", "%a", "[a]", "{a}", "a,b", "a]", "<<", "=", "2001-12-14", "12:30", "system:masters",
            "system:node:{{EC2PrivateDNSName}}", "---", "...", "--- a", "|", ">", "a\r\nb", "\u{7f}", "\u{fffe}",
        ]).prop_map(str::to_owned),
        1 => any::<String>(),
    ]
}

fn arn_text() -> impl Strategy<Value = String> {
    prop_oneof![6 => "arn:aws:iam::[0-9]{12}:role/[A-Za-z0-9+=,.@_-]{1,12}", 1 => "[a-z]{1,6}"]
}

pub(in crate::aws_auth) fn any_entry(section: Section) -> BoxedStrategy<Entry> {
    let parts = (
        arn_text(),
        any_text(),
        prop::collection::vec(any_text(), 0..4),
    );
    match section {
        Section::MapRoles => parts
            .prop_map(|(rolearn, username, groups)| Entry::Role {
                rolearn,
                username,
                groups,
            })
            .boxed(),
        Section::MapUsers => parts
            .prop_map(|(userarn, username, groups)| Entry::User {
                userarn,
                username,
                groups,
            })
            .boxed(),
        Section::MapAccounts => "[0-9]{12}".prop_map(Entry::Account).boxed(),
    }
}

/// A value in one of the ways people write it.
fn written(text: &str, style: u8, in_flow: bool) -> String {
    let simple = text
        .bytes()
        .all(|b| b.is_ascii_alphanumeric() || b":/_-.".contains(&b));
    let plain = simple
        && !text.ends_with(':')
        && text.bytes().next().is_some_and(|b| b.is_ascii_alphabetic());
    let single = !text.contains([
        '\n', '\r', '\t', '\u{85}', '\u{2028}', '\u{2029}', '\u{feff}',
    ]) && !text.chars().any(char::is_control);
    let other_type = ["yes", "y", "null", "no", "n", "on", "off", "true", "false"]
        .contains(&text.to_ascii_lowercase().as_str());
    match style % 3 {
        0 if plain && !other_type && !(in_flow && text.contains(',')) => text.to_owned(),
        1 if single && !text.contains(['\u{fffe}', '\u{ffff}']) => {
            format!("'{}'", text.replace('\'', "''"))
        }
        _ => {
            let escaped = text.chars().map(|c| match c {
                '"' | '\\' => format!("\\{c}"),
                c if c.is_ascii_graphic() || c == ' ' => c.to_string(),
                c => format!("\\U{:08x}", u32::from(c)),
            });
            format!("\"{}\"", escaped.collect::<String>())
        }
    }
}

/// How one document is written.
#[derive(Clone, Debug)]
pub(in crate::aws_auth) struct Style {
    line_break: &'static str,
    indent: usize,
    gap: usize,
    group_offset: usize,
    flow_groups: bool,
    braces: bool,
    brackets: u8,
    quotes: [u8; 3],
    order: usize,
    head: &'static str,
    tail: &'static str,
    comments: u8,
    unknown: bool,
    final_break: bool,
}

fn any_style() -> impl Strategy<Value = Style> {
    let layout = (
        select(vec!["\n", "\n", "\r\n"]),
        0..5_usize,
        1..4_usize,
        0..3_usize,
        any::<bool>(),
        any::<bool>(),
        0..5_u8,
    );
    let look = (
        any::<[u8; 3]>(),
        0..6_usize,
        select(vec![
            "",
            "",
            "---\n",
            "# head\n",
            "\n",
            "%YAML 1.1\n---\n",
            "\u{feff}",
        ]),
    );
    let rest = (
        select(vec![
            "",
            "",
            "# tail\n",
            "\n",
            "...\n",
            "---\n- other\n",
            "  \n",
        ]),
        any::<u8>(),
        any::<bool>(),
        any::<bool>(),
    );
    (layout, look, rest).prop_map(
        |(layout, (quotes, order, head), (tail, comments, unknown, final_break))| {
            let (line_break, indent, gap, group_offset, flow_groups, braces, brackets) = layout;
            Style {
                line_break,
                indent,
                gap,
                group_offset,
                flow_groups,
                braces,
                brackets,
                quotes,
                order,
                head,
                tail,
                comments,
                unknown,
                final_break,
            }
        },
    )
}

fn fields(entry: &Entry, style: &Style, in_flow: bool) -> Vec<(&'static str, Vec<String>)> {
    let key = entry.section().arn_field().unwrap_or_default();
    let groups = entry
        .groups()
        .iter()
        .map(|group| written(group, style.quotes[2], in_flow || style.flow_groups))
        .collect();
    let mut fields = vec![
        (key, vec![written(entry.arn(), style.quotes[0], in_flow)]),
        (
            "username",
            vec![written(entry.username(), style.quotes[1], in_flow)],
        ),
        ("groups", groups),
    ];
    fields.rotate_left(style.order % 3);
    if style.unknown {
        fields.push(("note", vec!["{k: [1, .5, v]}".to_owned()]));
    }
    fields.retain(|(key, values)| *key != "groups" || !values.is_empty());
    fields
}

fn braced(entry: &Entry, style: &Style) -> String {
    let field = |(key, values): (&str, Vec<String>)| match key {
        "groups" => format!("{key}: [{}]", values.join(", ")),
        _ => format!("{key}: {}", values.concat()),
    };
    let fields: Vec<String> = fields(entry, style, true).into_iter().map(field).collect();
    format!("{{{}}}", fields.join(", "))
}

fn block(entry: &Entry, style: &Style) -> String {
    let (indent, gap, eol) = (
        " ".repeat(style.indent),
        " ".repeat(style.gap),
        style.line_break,
    );
    if let Entry::Account(id) = entry {
        return format!(
            "{indent}-{gap}{}{eol}",
            written(id, style.quotes[0] % 2 + 1, false)
        );
    }
    if style.braces {
        return format!("{indent}-{gap}{}{eol}", braced(entry, style));
    }
    let column = " ".repeat(style.indent + 1 + style.gap);
    let comment = |bit: u8| {
        if style.comments & bit != 0 {
            " # c"
        } else {
            ""
        }
    };
    let mut text = String::new();
    for (at, (key, values)) in fields(entry, style, false).into_iter().enumerate() {
        text.push_str(&if at == 0 {
            format!("{indent}-{gap}")
        } else {
            column.clone()
        });
        match key {
            "groups" if !style.flow_groups => {
                text.push_str(&format!("groups:{}{eol}", comment(1)));
                for value in values {
                    text.push_str(&format!(
                        "{column}{}- {value}{}{eol}",
                        " ".repeat(style.group_offset),
                        comment(2)
                    ));
                }
            }
            "groups" => text.push_str(&format!(
                "groups: [{}]{}{eol}",
                values.join(", "),
                comment(1)
            )),
            _ => text.push_str(&format!("{key}: {}{}{eol}", values.concat(), comment(4))),
        }
    }
    text
}

fn layout(section: Section, entries: &[Entry], style: &Style) -> Generated {
    let eol = style.line_break;
    let own = |text: &str| text.replace('\n', eol);
    let item = |entry: &Entry| match entry {
        Entry::Account(id) => written(id, style.quotes[0] % 2 + 1, true),
        _ => braced(entry, style),
    };
    let last = entries.len().saturating_sub(1);
    if style.brackets < 2 {
        // In brackets, on one line or a line each.
        let lines = style.brackets == 1;
        let (open, between, close) = if lines {
            (format!("[{eol}  "), format!(",{eol}  "), format!("{eol}]"))
        } else {
            ("[".into(), ", ".into(), "]".into())
        };
        let pieces = entries.iter().enumerate().map(|(at, entry)| Piece {
            text: item(entry),
            gap: if at == last {
                String::new()
            } else {
                between.clone()
            },
        });
        let tail = format!("{close}{}", if style.final_break { eol } else { "" });
        return Generated {
            section,
            head: format!("{}{open}", own(style.head)),
            entries: pieces.collect(),
            tail,
        };
    }
    let comment = if style.comments & 8 != 0 {
        format!("{}# between{eol}", " ".repeat(style.indent))
    } else {
        String::new()
    };
    let pieces = entries.iter().enumerate().map(|(at, entry)| Piece {
        text: block(entry, style),
        gap: if at == last {
            String::new()
        } else {
            comment.clone()
        },
    });
    let mut generated = Generated {
        section,
        head: own(style.head),
        entries: pieces.collect(),
        tail: own(style.tail),
    };
    if !style.final_break && generated.tail.is_empty() && !entries.is_empty() {
        let piece = generated.entries.last_mut().unwrap();
        piece.text.truncate(piece.text.len() - eol.len());
    }
    generated
}

pub(in crate::aws_auth) fn any_document() -> impl Strategy<Value = (Generated, Vec<Entry>, Style)> {
    (select(Section::ALL.to_vec()), any_style()).prop_flat_map(|(section, style)| {
        prop::collection::vec(any_entry(section), 1..5).prop_map(move |entries| {
            let generated = layout(section, &entries, &style);
            (generated, entries, style.clone())
        })
    })
}

pub(in crate::aws_auth) fn config() -> ProptestConfig {
    let persistence = Box::new(FileFailurePersistence::Off);
    ProptestConfig {
        max_shrink_iters: 200,
        failure_persistence: Some(persistence),
        ..ProptestConfig::default()
    }
}

/// What the server reads of a section, as entries.
fn entries_of(section: Section, text: &str) -> Vec<Entry> {
    read(&data(section, text))
        .section(section)
        .iter()
        .filter_map(ReadEntry::to_entry)
        .collect()
}

pub(in crate::aws_auth) fn apply(
    section: Section,
    text: &str,
    changes: &[Change],
) -> (String, Edited) {
    let edited =
        edit(&data(section, text), changes).unwrap_or_else(|error| panic!("{error}\n{text:?}"));
    (
        edited
            .sections
            .get(&section)
            .cloned()
            .unwrap_or(Some(text.to_owned()))
            .unwrap_or_default(),
        edited,
    )
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn the_generator_writes_what_it_means((generated, entries, _) in any_document()) {
        prop_assert_eq!(entries_of(generated.section, &generated.text()), entries);
    }

    #[test]
    fn an_addition_inserts_bytes_and_nothing_else(
        (generated, entries, new) in any_document().prop_flat_map(|(generated, entries, _)| {
            let section = generated.section;
            (Just(generated), Just(entries), any_entry(section))
        })
    ) {
        let (section, text) = (generated.section, generated.text());
        let (after, _) = apply(section, &text, &[Change::Add(new.clone())]);
        let mut wanted = entries.clone();
        wanted.push(new);
        prop_assert_eq!(entries_of(section, &after), wanted);
        let start = text.bytes().zip(after.bytes()).take_while(|(one, other)| one == other).count();
        let inserted = after.len() - text.len();
        let is_insertion = (0..=start).any(|at| {
            after.as_bytes()[..at] == text.as_bytes()[..at] && after.as_bytes()[at + inserted..] == text.as_bytes()[at..]
        });
        prop_assert!(is_insertion, "{:?} -> {:?}", text, after);
        let index = entries.len();
        let (back, _) = apply(section, &after, &[Change::Remove { section, index, undo: None }]);
        prop_assert_eq!(back, text);
    }

    #[test]
    fn an_absent_section_is_absent_again_after_its_entries_went(
        (generated, section, count) in (any_document(), select(Section::ALL.to_vec()), 1..4_usize)
            .prop_map(|((generated, ..), section, count)| (generated, section, count))
    ) {
        prop_assume!(section != generated.section);
        comes_and_goes(&data(generated.section, &generated.text()), section, count);
    }

    #[test]
    fn a_removal_takes_the_entrys_own_bytes((generated, entries, style) in any_document(), at in any::<prop::sample::Index>()) {
        let (section, index) = (generated.section, at.index(entries.len()));
        let text = generated.text();
        let (after, _) = apply(section, &text, &[Change::Remove { section, index, undo: None }]);
        let mut wanted = entries.clone();
        wanted.remove(index);
        prop_assert_eq!(entries_of(section, &after), wanted);
        // Its separator goes with it; comments and everything of the others stays in its order.
        let mut rest = after.as_str();
        let pieces = std::iter::once(&generated.head).chain(generated.entries.iter().enumerate().filter(|(at, _)| *at != index).map(|(_, piece)| &piece.text));
        for piece in pieces {
            let bare = piece.trim_end();
            let found = rest.find(bare);
            prop_assert!(found.is_some(), "{:?} lost {:?}: {:?}", text, bare, after);
            rest = &rest[found.unwrap() + bare.len()..];
        }
        let gone = text.len() - after.len();
        let own = generated.entries[index].text.len();
        let slack = style.line_break.len() + 4;
        prop_assert!(gone.abs_diff(own) <= slack, "{} of {}: {:?} -> {:?}", gone, own, text, after);
    }

    #[test]
    fn a_change_stays_inside_its_entry(
        (generated, entries, new) in any_document().prop_flat_map(|(generated, entries, _)| {
            let section = generated.section;
            (Just(generated), Just(entries), any_entry(section))
        }),
        at in any::<prop::sample::Index>(),
        same_arn in any::<bool>(),
    ) {
        let (section, index) = (generated.section, at.index(entries.len()));
        let text = generated.text();
        let entry = match (same_arn, new, &entries[index]) {
            (true, Entry::Role { username, groups, .. }, Entry::Role { rolearn, .. }) => Entry::Role { rolearn: rolearn.clone(), username, groups },
            (true, Entry::User { username, groups, .. }, Entry::User { userarn, .. }) => Entry::User { userarn: userarn.clone(), username, groups },
            (_, new, _) => new,
        };
        let (after, _) = apply(section, &text, &[Change::Replace { section, index, entry: entry.clone() }]);
        let reading = read(&data(section, &after));
        let read_entries = reading.section(section);
        prop_assert_eq!(read_entries.len(), entries.len());
        for (at, (found, old)) in read_entries.iter().zip(&entries).enumerate() {
            if at == index {
                prop_assert!(found.same_meaning(&entry), "{:?} -> {:?}", text, after);
            } else {
                prop_assert_eq!(found.to_entry().unwrap(), old.clone());
            }
        }
        let prefix: usize = generated.head.len() + generated.entries[..index].iter().map(|piece| piece.text.len() + piece.gap.len()).sum::<usize>();
        let own = generated.entries[index].text.trim_end().len();
        let suffix = &text[prefix + own..];
        prop_assert_eq!(&after[..prefix], &text[..prefix]);
        prop_assert!(after.ends_with(suffix), "{:?} -> {:?}", text, after);
        let (again, _) = apply(section, &after, &[Change::Replace { section, index, entry }]);
        prop_assert_eq!(again, after);
    }

    #[test]
    fn a_batch_is_its_changes_at_once(
        (generated, entries, new) in any_document().prop_flat_map(|(generated, entries, _)| {
            let section = generated.section;
            (Just(generated), Just(entries), prop::collection::vec(any_entry(section), 0..4))
        }),
        fates in prop::collection::vec(0..3_u8, 5),
    ) {
        let (section, text) = (generated.section, generated.text());
        let mut changes: Vec<Change> = new.iter().cloned().map(Change::Add).collect();
        let mut wanted = Vec::new();
        for (index, entry) in entries.iter().enumerate() {
            match (fates[index], new.first()) {
                (1, _) => changes.push(Change::Remove { section, index, undo: None }),
                (2, Some(entry)) => {
                    changes.push(Change::Replace { section, index, entry: entry.clone() });
                    wanted.push(entry.clone());
                }
                _ => wanted.push(entry.clone()),
            }
        }
        wanted.extend(new);
        let (after, _) = apply(section, &text, &changes);
        let reading = read(&data(section, &after));
        prop_assert_eq!(reading.section(section).len(), wanted.len());
        for (found, wanted) in reading.section(section).iter().zip(&wanted) {
            prop_assert!(found.same_meaning(wanted), "{:?} -> {:?}", text, after);
        }
    }

    #[test]
    fn no_text_makes_the_reader_or_the_editor_panic(text in any::<String>(), section in select(Section::ALL.to_vec())) {
        let reading = read(&data(section, &text));
        let entry = Entry::Account("111122223333".into());
        let result = edit(&data(entry.section(), &text), &[Change::Add(entry.clone())]);
        if section == entry.section() {
            prop_assert_eq!(result.is_ok(), reading.is_editable(section));
        }
    }
}
