//! Edits of documents from the wild, with the whole text compared.

use super::{vectors::editable_documents, *};

pub(super) fn role(arn: &str, username: &str, groups: &[&str]) -> Entry {
    Entry::Role {
        rolearn: arn.to_owned(),
        username: username.to_owned(),
        groups: groups.iter().map(|group| (*group).to_owned()).collect(),
    }
}

pub(super) fn entry_for(section: Section) -> Entry {
    let groups = vec![
        "system:masters".to_owned(),
        "y".to_owned(),
        "{{SessionName}}".to_owned(),
    ];
    match section {
        Section::MapRoles => Entry::Role {
            rolearn: "arn:aws:iam::111122223333:role/new".into(),
            username: "new:{{SessionName}}".into(),
            groups,
        },
        Section::MapUsers => Entry::User {
            userarn: "arn:aws:iam::111122223333:user/new".into(),
            username: "o'neil".into(),
            groups,
        },
        Section::MapAccounts => Entry::Account("012345678901".into()),
    }
}

fn changed_entry_for(section: Section) -> Entry {
    match section {
        Section::MapRoles => role(
            "arn:aws:iam::111122223333:role/new",
            "123",
            &["a", "system:masters"],
        ),
        Section::MapUsers => Entry::User {
            userarn: "arn:aws:iam::111122223333:user/new".into(),
            username: "yes".into(),
            groups: Vec::new(),
        },
        Section::MapAccounts => Entry::Account("999988887777".into()),
    }
}

/// The text of a section after one change.
fn edited(section: Section, text: &str, change: Change) -> String {
    let edited = edit(&data(section, text), &[change]).unwrap();
    edited
        .sections
        .get(&section)
        .cloned()
        .unwrap_or(Some(text.to_owned()))
        .unwrap()
}

fn added(text: &str) -> String {
    edited(
        Section::MapRoles,
        text,
        Change::Add(role(
            "arn:aws:iam::111122223333:role/new",
            "new",
            &["x", "y"],
        )),
    )
}

fn replaced(text: &str, index: usize, entry: Entry) -> String {
    edited(
        Section::MapRoles,
        text,
        Change::Replace {
            section: Section::MapRoles,
            index,
            entry,
        },
    )
}

fn removed(text: &str, index: usize) -> String {
    edited(
        Section::MapRoles,
        text,
        Change::Remove {
            section: Section::MapRoles,
            index,
            undo: None,
        },
    )
}

pub(super) fn with(
    mut data: BTreeMap<String, String>,
    edited: &Edited,
) -> BTreeMap<String, String> {
    for (section, text) in &edited.sections {
        match text {
            Some(text) => data.insert(section.key().to_owned(), text.clone()),
            None => data.remove(section.key()),
        };
    }
    data
}

#[test]
fn every_document_from_the_wild_survives_add_change_and_destroy_byte_for_byte() {
    for (name, editable, data) in editable_documents() {
        for section in editable {
            let context = format!("{name} {section}");
            let before = read(&data);
            let first = edit(&data, &[Change::Add(entry_for(section))]).expect(&context);
            let with_entry = with(data.clone(), &first);
            let reading = read(&with_entry);
            let index = reading.section(section).len() - 1;
            let index = reading.section(section)[index].index;
            assert!(
                reading
                    .section(section)
                    .iter()
                    .any(|entry| entry.same_meaning(&entry_for(section))),
                "{context}"
            );

            let change = Change::Replace {
                section,
                index,
                entry: changed_entry_for(section),
            };
            let second = edit(&with_entry, &[change]).expect(&context);
            let with_change = with(with_entry, &second);
            let reading = read(&with_change);
            assert!(
                reading.section(section)[before.section(section).len()]
                    .same_meaning(&changed_entry_for(section)),
                "{context}"
            );

            let undo = first.undo[0].clone();
            let third = edit(
                &with_change,
                &[Change::Remove {
                    section,
                    index,
                    undo,
                }],
            )
            .expect(&context);
            assert_eq!(with(with_change, &third), data, "{context}");
        }
    }
}

#[test]
fn sections_that_are_not_editable_are_refused_with_place_and_reason() {
    let data = |name: &str| {
        editable_documents()
            .into_iter()
            .find(|(found, ..)| found == name)
            .unwrap()
            .2
    };
    let error = |name: &str, section| {
        edit(&data(name), &[Change::Add(entry_for(section))])
            .unwrap_err()
            .to_string()
    };
    assert_eq!(
        error("broken-users", Section::MapUsers),
        "mapUsers cannot be edited: line 2, column 1: a tab where only spaces may indent; the cluster reads this whole section as empty today"
    );
    assert_eq!(
        error("scalar-entry", Section::MapRoles),
        "mapRoles cannot be edited: line 1, column 3: an item of the list is no entry; the cluster drops this item today and reads the others"
    );
}

#[test]
fn a_new_entry_is_written_like_its_neighbours() {
    let arn = "arn:aws:iam::111122223333:role/new";
    let cases = [
        (
            "- rolearn: a\n  username: a\n  groups:\n  - x\n# end\n",
            format!(
                "- rolearn: a\n  username: a\n  groups:\n  - x\n- rolearn: {arn}\n  username: new\n  groups:\n  - x\n  - \"y\"\n# end\n"
            ),
        ),
        (
            "    - rolearn: a\n      username: a\n      groups:\n        - x\n",
            format!(
                "    - rolearn: a\n      username: a\n      groups:\n        - x\n    - rolearn: {arn}\n      username: new\n      groups:\n        - x\n        - \"y\"\n"
            ),
        ),
        (
            "- \"groups\": ['x']\n  \"rolearn\": \"a\"\n  \"username\": 'a'",
            format!(
                "- \"groups\": ['x']\n  \"rolearn\": \"a\"\n  \"username\": 'a'\n- \"groups\": ['x', 'y']\n  \"rolearn\": \"{arn}\"\n  \"username\": 'new'"
            ),
        ),
        (
            "-   rolearn: a\r\n    username: a\r\n",
            format!(
                "-   rolearn: a\r\n    username: a\r\n-   rolearn: {arn}\r\n    username: new\r\n    groups:\r\n    - x\r\n    - \"y\"\r\n"
            ),
        ),
        (
            "[{\"rolearn\":\"a\",\"username\":\"a\",\"groups\":[\"x\"]}]",
            format!(
                "[{{\"rolearn\":\"a\",\"username\":\"a\",\"groups\":[\"x\"]}}, {{\"rolearn\":\"{arn}\",\"username\":\"new\",\"groups\":[\"x\",\"y\"]}}]"
            ),
        ),
        (
            "[\n  {\n    \"rolearn\": \"a\",\n    \"username\": \"a\",\n    \"groups\": [\n      \"x\"\n    ]\n  }\n]\n",
            format!(
                "[\n  {{\n    \"rolearn\": \"a\",\n    \"username\": \"a\",\n    \"groups\": [\n      \"x\"\n    ]\n  }},\n  {{\n    \"rolearn\": \"{arn}\",\n    \"username\": \"new\",\n    \"groups\": [\n      \"x\",\n      \"y\"\n    ]\n  }}\n]\n"
            ),
        ),
        (
            "- {rolearn: a, username: a} # one\n",
            format!(
                "- {{rolearn: a, username: a}} # one\n- {{rolearn: {arn}, username: new, groups: [x, \"y\"]}}\n"
            ),
        ),
        (
            "[]\n",
            format!(
                "[{{\"rolearn\": \"{arn}\", \"username\": \"new\", \"groups\": [\"x\", \"y\"]}}]\n"
            ),
        ),
        (
            "",
            format!("- rolearn: {arn}\n  username: new\n  groups:\n  - x\n  - \"y\"\n"),
        ),
        (
            "# only this",
            format!("# only this\n- rolearn: {arn}\n  username: new\n  groups:\n  - x\n  - \"y\""),
        ),
        (
            "---\n# c\n...\n",
            format!(
                "---\n# c\n- rolearn: {arn}\n  username: new\n  groups:\n  - x\n  - \"y\"\n...\n"
            ),
        ),
        (
            "[ # all\n  {rolearn: a, username: a}, # one\n  {rolearn: b, username: b} # two\n]\n",
            format!(
                "[ # all\n  {{rolearn: a, username: a}}, # one\n  {{rolearn: b, username: b}}, # two\n  {{rolearn: {arn}, username: new, groups: [x, \"y\"]}}\n]\n"
            ),
        ),
        (
            "- rolearn: a\n  username: |\n    a",
            format!(
                "- rolearn: {arn}\n  username: new\n  groups:\n  - x\n  - \"y\"\n- rolearn: a\n  username: |\n    a"
            ),
        ),
    ];
    for (before, after) in cases {
        assert_eq!(added(before), after);
    }
}

#[test]
fn removing_takes_the_entrys_own_lines_and_leaves_comments_between() {
    let text = "# a\n- rolearn: a # own\n  # inside\n  username: a\n  # behind\n# b\n- rolearn: b\n  username: b\n";
    assert_eq!(
        removed(text, 0),
        "# a\n  # behind\n# b\n- rolearn: b\n  username: b\n"
    );
    assert_eq!(
        removed(text, 1),
        "# a\n- rolearn: a # own\n  # inside\n  username: a\n  # behind\n# b\n"
    );
    assert_eq!(
        removed("- {rolearn: a}\n- {rolearn: b}", 1),
        "- {rolearn: a}"
    );
    assert_eq!(
        removed("- {rolearn: a}\n- {rolearn: b}", 0),
        "- {rolearn: b}"
    );
    assert_eq!(
        removed("[{rolearn: a}, {rolearn: b}, {rolearn: c}]", 0),
        "[{rolearn: b}, {rolearn: c}]"
    );
    assert_eq!(
        removed("[{rolearn: a}, {rolearn: b}, {rolearn: c}]", 1),
        "[{rolearn: a}, {rolearn: c}]"
    );
    assert_eq!(
        removed("[{rolearn: a}, {rolearn: b}, {rolearn: c}, ]", 2),
        "[{rolearn: a}, {rolearn: b}, ]"
    );
    assert_eq!(removed("[{rolearn: a},]", 0), "[]");
    assert_eq!(
        removed(
            "[\n  {rolearn: a}, # one\n  # about b\n  {rolearn: b} # two\n]\n",
            1
        ),
        "[\n  {rolearn: a} # one\n  # about b\n]\n"
    );
    assert_eq!(
        removed(
            "[\n  {rolearn: a}, # one\n  # about b\n  {rolearn: b} # two\n]\n",
            0
        ),
        "[\n  # about b\n  {rolearn: b} # two\n]\n"
    );
    assert_eq!(removed("!!seq\n- {rolearn: a}\n", 0), "!!seq\n[]\n");
}

#[test]
fn changing_touches_only_what_differs_in_meaning() {
    let entry = role("arn:aws:iam::1:role/a", "new", &["x", "z"]);
    let cases = [
        // Order, comments, unknown fields, quotes and the case of the ARN stay.
        (
            "- username: 'old' # who\n  # why\n  rolearn: arn:aws:iam::1:role/A\n  note: [1]\n  groups:\n    - x # first\n    - y # second\n    # tail\n",
            "- username: 'new' # who\n  # why\n  rolearn: arn:aws:iam::1:role/A\n  note: [1]\n  groups:\n    - x # first\n    - z\n    # tail\n",
        ),
        (
            "- {rolearn: \"arn:aws:iam::1:role/a\", username: new, groups: [x, y]}\n",
            "- {rolearn: \"arn:aws:iam::1:role/a\", username: new, groups: [x, z]}\n",
        ),
        (
            "- rolearn: arn:aws:iam::1:role/a\n  username: new\n",
            "- rolearn: arn:aws:iam::1:role/a\n  username: new\n  groups:\n  - x\n  - z\n",
        ),
        (
            "- rolearn: arn:aws:iam::1:role/a\n  username: yes\n  groups: x\n",
            "- rolearn: arn:aws:iam::1:role/a\n  username: new\n  groups: [x, z]\n",
        ),
        (
            "- rolearn: arn:aws:iam::1:role/a\n  username:\n  groups: # none\n",
            "- rolearn: arn:aws:iam::1:role/a\n  username: new\n  groups: [x, z] # none\n",
        ),
        (
            "- rolearn: arn:aws:iam::1:role/a\n  username: |\n    old\n  groups: [x, z]\n",
            "- rolearn: arn:aws:iam::1:role/a\n  username: new\n  groups: [x, z]\n",
        ),
        (
            "- rolearn: arn:aws:iam::1:role/a\n  username: !!str old\n  groups: [z, x, x]\n",
            "- rolearn: arn:aws:iam::1:role/a\n  username: !!str new\n  groups: [z, x, x]\n",
        ),
        (
            "- Username: old\n  username: older\n  rolearn: arn:aws:iam::1:role/a\n  groups: [x, z]\n",
            "- Username: old\n  username: new\n  rolearn: arn:aws:iam::1:role/a\n  groups: [x, z]\n",
        ),
        (
            "- sso: {accountID: '1'}\n  username: new\n  groups: [x, z]\n",
            "- username: new\n  groups: [x, z]\n  rolearn: arn:aws:iam::1:role/a\n",
        ),
        (
            "- {username: new, sso: {accountID: '1'}, groups: [x, z]}\n",
            "- {username: new, groups: [x, z], rolearn: arn:aws:iam::1:role/a}\n",
        ),
        (
            "[rolearn: b]\n",
            "[{rolearn: arn:aws:iam::1:role/a, username: \"new\", groups: [\"x\", \"z\"]}]\n",
        ),
        (
            "- rolearn: arn:aws:iam::1:role/a\n  ? username # c\n  groups: [x, z]\n",
            "- rolearn: arn:aws:iam::1:role/a\n  ? username\n  : new # c\n  groups: [x, z]\n",
        ),
        (
            "- username:\n    - a\n  rolearn: arn:aws:iam::1:role/a\n  groups:\n  - q\n",
            "- username: new\n  rolearn: arn:aws:iam::1:role/a\n  groups:\n  - x\n  - z\n",
        ),
    ];
    for (before, after) in cases {
        assert_eq!(replaced(before, 0, entry.clone()), after, "{before}");
    }
    let none = role("arn:aws:iam::1:role/a", "new", &[]);
    assert_eq!(
        replaced(
            "- rolearn: arn:aws:iam::1:role/a\n  username: new\n  groups: # all\n  - x\n  - y # z\n",
            0,
            none.clone()
        ),
        "- rolearn: arn:aws:iam::1:role/a\n  username: new\n  groups: [] # all\n"
    );
    assert_eq!(
        replaced(
            "- {rolearn: \"arn:aws:iam::1:role/a\", username: new, groups: [ x ]}",
            0,
            none
        ),
        "- {rolearn: \"arn:aws:iam::1:role/a\", username: new, groups: [  ]}"
    );
}

#[test]
fn what_would_swallow_a_comma_is_kept_apart() {
    let add = |text: &str| {
        edited(
            Section::MapAccounts,
            text,
            Change::Add(Entry::Account("1".into())),
        )
    };
    assert_eq!(add("[!x ]"), "[!x , \"1\" ]");
    assert_eq!(
        added("[{rolearn: a}, {note: }]")
            .matches("{note: }, {")
            .count(),
        1
    );
    assert_eq!(removed("[rolearn: , {rolearn: b}]", 1), "[rolearn: ]");
    assert_eq!(removed("[rolearn: a:, {rolearn: b}]", 1), "[rolearn: a:]");
}

#[test]
fn a_block_of_text_keeps_its_line_breaks_when_its_neighbour_goes() {
    let text = "- rolearn: a\n  username: >+\n   text\n\n- rolearn: b\n\n# c\n";
    assert_eq!(
        removed(text, 1),
        "- rolearn: a\n  username: >+\n   text\n\n# c\n"
    );
    let tagged = "- rolearn: a\n  username: a\n  groups: !!seq # all\n  - x\n";
    let none = Entry::Role {
        rolearn: "a".into(),
        username: "a".into(),
        groups: Vec::new(),
    };
    assert_eq!(
        replaced(tagged, 0, none),
        "- rolearn: a\n  username: a\n  groups: [] # all\n"
    );
}

#[test]
fn a_list_with_a_second_document_behind_it_keeps_its_brackets_when_it_is_emptied() {
    assert_eq!(removed("- rolearn: a\n...\n", 0), "[]\n...\n");
    assert_eq!(
        removed("- rolearn: a\n---\n- rolearn: b\n", 0),
        "[]\n---\n- rolearn: b\n"
    );
    assert_eq!(removed("---\n- rolearn: a\n...\n", 0), "---\n...\n");
}

#[test]
fn a_field_that_a_merge_brings_is_written_out_behind_it() {
    let text = "- &b\n  rolearn: a\n  username: a\n  groups: [x]\n- <<: *b\n  rolearn: b\n";
    assert_eq!(
        replaced(text, 1, role("b", "new", &["x"])),
        "- &b\n  rolearn: a\n  username: a\n  groups: [x]\n- <<: *b\n  rolearn: b\n  username: new\n"
    );
    assert_eq!(
        replaced(
            "- &b {rolearn: a, username: a}\n- *b\n",
            1,
            role("b", "new", &["x"])
        ),
        "- &b {rolearn: a, username: a}\n- {rolearn: b, username: new, groups: [x]}\n"
    );
}

#[test]
fn an_anchor_that_others_use_is_not_taken_from_them() {
    let text = "- &b\n  rolearn: a\n  username: &u a\n  groups: [x]\n- <<: *b\n  rolearn: b\n";
    let error = |change| {
        edit(&data(Section::MapRoles, text), &[change])
            .unwrap_err()
            .to_string()
    };
    let refusal = "mapRoles cannot be edited: the anchor `b` in line 1, column 3, is used by another part of the document, in line 5; write that part out first";
    let section = Section::MapRoles;
    assert_eq!(
        error(Change::Remove {
            section,
            index: 0,
            undo: None
        }),
        refusal
    );
    assert_eq!(
        error(Change::Replace {
            section,
            index: 0,
            entry: role("a", "z", &["x"])
        }),
        refusal
    );
    let both = [0, 1].map(|index| Change::Remove {
        section,
        index,
        undo: None,
    });
    assert_eq!(
        edit(&data(section, text), &both).unwrap().sections,
        BTreeMap::from([(section, Some(String::new()))])
    );
}

#[test]
fn a_batch_is_judged_as_one() {
    let section = Section::MapRoles;
    let text = "- {rolearn: a, username: a}\n- {rolearn: b, username: b}";
    let batch = [
        Change::Remove {
            section,
            index: 1,
            undo: None,
        },
        Change::Add(role("c", "c", &[])),
        Change::Replace {
            section,
            index: 0,
            entry: role("a", "z", &[]),
        },
        Change::Add(role("d", "d", &[])),
    ];
    let after =
        "- {rolearn: a, username: z}\n- {rolearn: c, username: c}\n- {rolearn: d, username: d}";
    assert_eq!(
        edit(&data(section, text), &batch).unwrap().sections,
        BTreeMap::from([(section, Some(after.to_owned()))])
    );
    let conflict = [0, 0].map(|index| Change::Remove {
        section,
        index,
        undo: None,
    });
    assert_eq!(
        edit(&data(section, text), &conflict),
        Err(EditError::Conflict { section, index: 0 })
    );
    let missing = [Change::Remove {
        section,
        index: 2,
        undo: None,
    }];
    assert_eq!(
        edit(&data(section, text), &missing),
        Err(EditError::NoSuchEntry {
            section,
            index: 2,
            count: 2
        })
    );
    let wrong = [Change::Replace {
        section,
        index: 0,
        entry: Entry::Account("1".into()),
    }];
    assert_eq!(
        edit(&data(section, text), &wrong),
        Err(EditError::WrongSection {
            section,
            found: Section::MapAccounts
        })
    );
    assert_eq!(
        edit(&data(section, text), &[]).unwrap(),
        Edited {
            sections: BTreeMap::new(),
            undo: Vec::new()
        }
    );
}

#[test]
fn an_oversized_document_is_refused_and_may_still_shrink() {
    let section = Section::MapRoles;
    let filler = format!(
        "# {}\n- {{rolearn: a, username: a}}\n",
        "x".repeat(MAX_DATA_BYTES)
    );
    let before = filler.len();
    let error = edit(&data(section, &filler), &[Change::Add(role("b", "b", &[]))]).unwrap_err();
    let size = before + "- {rolearn: b, username: b}\n".len();
    assert_eq!(
        error,
        EditError::TooLarge {
            size,
            before,
            limit: MAX_DATA_BYTES
        }
    );
    assert!(
        edit(
            &data(section, &filler),
            &[Change::Remove {
                section,
                index: 0,
                undo: None
            }]
        )
        .is_ok()
    );
}
