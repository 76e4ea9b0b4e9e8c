//! Sections without entries: each form is filled, and comes back when its only entry goes.

use super::{
    edits::{entry_for, role, with},
    vectors::editable_documents,
    *,
};

#[test]
fn an_empty_section_takes_after_the_others() {
    let users = "- userarn: a\n  username: a\n  groups:\n    - x\n";
    let edited = edit(
        &data(Section::MapUsers, users),
        &[Change::Add(role("r", "r", &["g"]))],
    )
    .unwrap();
    let text = "- rolearn: r\n  username: r\n  groups:\n    - g\n".to_owned();
    assert_eq!(
        edited.sections,
        BTreeMap::from([(Section::MapRoles, Some(text))])
    );
    let users = "[{\"userarn\":\"a\",\"username\":\"a\"}]";
    let edited = edit(
        &data(Section::MapUsers, users),
        &[Change::Add(role("r", "r", &[]))],
    )
    .unwrap();
    let text = "[{\"rolearn\":\"r\",\"username\":\"r\"}]".to_owned();
    assert_eq!(
        edited.sections,
        BTreeMap::from([(Section::MapRoles, Some(text))])
    );
}

#[test]
fn every_empty_form_comes_back_when_its_only_entry_goes() {
    let forms = [
        "",
        "\n",
        " \n\t\n",
        "\"\"",
        "''\n",
        "``",
        "null",
        "~\n",
        "[]",
        "[]\n",
        "[ ]\n",
        "[\n]\n",
        "[ # none\n]\n",
        "# c",
        "# c\n\n",
        "---\n",
        "--- # c\n...\n",
        "--- null # c\n",
        "null # c\n",
        "---\n...\n",
        "%YAML 1.1\n---\n",
        "# a\n---\n# b\n...\n# c\n",
        "!!null\n",
        "&a []\n",
        "[] # c",
        "\u{feff}# c\n",
    ];
    for section in Section::ALL {
        for form in forms.iter().map(|form| Some(*form)).chain([None]) {
            let before: BTreeMap<_, _> = form
                .map(|form| (section.key().to_owned(), form.to_owned()))
                .into_iter()
                .collect();
            let adding = edit(&before, &[Change::Add(entry_for(section))])
                .unwrap_or_else(|error| panic!("{form:?}: {error}"));
            assert_eq!(
                adding.undo,
                [Some(EmptyForm {
                    text: form.map(str::to_owned)
                })],
                "{form:?}"
            );
            let after = with(before.clone(), &adding);
            assert!(
                read(&after).section(section)[0].same_meaning(&entry_for(section)),
                "{form:?}: {after:?}"
            );
            let removal = Change::Remove {
                section,
                index: 0,
                undo: adding.undo[0].clone(),
            };
            let removing =
                edit(&after, &[removal]).unwrap_or_else(|error| panic!("{form:?}: {error}"));
            assert_eq!(with(after, &removing), before, "{form:?}");
        }
    }
}

#[test]
fn the_note_of_an_empty_form_is_not_used_when_somebody_wrote_meanwhile() {
    let undo = Some(EmptyForm { text: None });
    let remove = |text: &str| {
        let change = Change::Remove {
            section: Section::MapRoles,
            index: 0,
            undo: undo.clone(),
        };
        edit(&data(Section::MapRoles, text), &[change])
            .unwrap()
            .sections
    };
    assert_eq!(
        remove("- {rolearn: a, username: a}\n"),
        BTreeMap::from([(Section::MapRoles, None)])
    );
    assert_eq!(
        remove("# mine\n- {rolearn: a, username: a}\n"),
        BTreeMap::from([(Section::MapRoles, Some("# mine\n".to_owned()))])
    );
    assert_eq!(
        remove("- {rolearn: a, username: a}\n- {rolearn: b, username: b}\n"),
        BTreeMap::from([(
            Section::MapRoles,
            Some("- {rolearn: b, username: b}\n".to_owned())
        )])
    );
}

#[test]
fn the_note_goes_through_json() {
    let note = EmptyForm {
        text: Some("[]\n".to_owned()),
    };
    let json = serde_json::to_string(&note).unwrap();
    assert_eq!(json, "{\"text\":\"[]\\n\"}");
    assert_eq!(serde_json::from_str::<EmptyForm>(&json).unwrap(), note);
}

/// Lists as people and machines write them; `{arn}` is the field that names a principal.
const NEIGHBOURS: [&str; 12] = [
    "- {arn}: a\n  username: a\n  groups:\n  - x\n",
    "- {arn}: a\n  username: a\n  groups:\n    - x\n",
    "- groups: [x]\n  {arn}: a\n  username: a\n",
    "[{\"{arn}\":\"a\",\"username\":\"a\",\"groups\":[\"x\"]}]",
    "[\n  {\n    \"{arn}\": \"a\",\n    \"username\": \"a\",\n    \"groups\": [\n      \"x\"\n    ]\n  }\n]\n",
    "[\r\n\t{\r\n\t\t\"{arn}\": \"a\",\r\n\t\t\"username\": \"a\"\r\n\t}\r\n]\r\n",
    "[\n  {{arn}: a, username: a},\n  {{arn}: b, username: b},\n]\n",
    "[\n{{arn}: a, username: a}\n]\n",
    "[ {{arn}: a, username: a} ]\n",
    "[{{arn}: a, username: a},\n {{arn}: b, username: b}]\n",
    "[\n\n  {{arn}: a, username: a}\n\n]",
    "[{{arn}: a, username: a}\n]",
];

/// Adds entries to a section that is not there and takes them away again, all at once or one after the other.
pub(super) fn comes_and_goes(before: &BTreeMap<String, String>, section: Section, count: usize) {
    let entry = |number: usize| match entry_for(section) {
        Entry::Account(_) => Entry::Account(format!("11112222333{number}")),
        Entry::Role {
            rolearn,
            username,
            groups,
        } => Entry::Role {
            rolearn: format!("{rolearn}{number}"),
            username,
            groups,
        },
        Entry::User {
            userarn,
            username,
            groups,
        } => Entry::User {
            userarn: format!("{userarn}{number}"),
            username,
            groups,
        },
    };
    let changes: Vec<_> = (0..count)
        .map(|number| Change::Add(entry(number)))
        .collect();
    let adding = edit(before, &changes).unwrap_or_else(|error| panic!("{before:?}: {error}"));
    let after = with(before.clone(), &adding);
    let removal = |index: usize| Change::Remove {
        section,
        index,
        undo: adding.undo[index].clone(),
    };
    let removals: Vec<_> = (0..count).map(removal).collect();
    let removing = edit(&after, &removals).unwrap_or_else(|error| panic!("{after:?}: {error}"));
    assert_eq!(&with(after.clone(), &removing), before, "{after:?}");
    let mut left = after.clone();
    for index in (0..count).rev() {
        let removing =
            edit(&left, &[removal(index)]).unwrap_or_else(|error| panic!("{left:?}: {error}"));
        left = with(left, &removing);
    }
    assert_eq!(&left, before, "one after the other: {after:?}");
}

#[test]
fn an_absent_section_is_absent_again_whatever_the_style_of_its_neighbour() {
    let neighbours = NEIGHBOURS.map(|text| text.replace("{arn}", "userarn"));
    for neighbour in &neighbours {
        for section in [Section::MapRoles, Section::MapAccounts] {
            for form in [
                None,
                Some(""),
                Some("\n"),
                Some("null"),
                Some("null # none\n"),
                Some("[]\n"),
                Some("# c\n"),
            ] {
                let mut before = data(Section::MapUsers, neighbour);
                before.extend(form.map(|form| (section.key().to_owned(), form.to_owned())));
                for count in 1..4 {
                    comes_and_goes(&before, section, count);
                }
            }
        }
    }
}

#[test]
fn an_absent_section_is_absent_again_in_every_document_from_the_wild() {
    let mut tried = 0;
    for (_, editable, document) in editable_documents() {
        for section in editable {
            let mut before = document.clone();
            before.remove(section.key());
            comes_and_goes(&before, section, 1);
            comes_and_goes(&before, section, 2);
            tried += 1;
        }
    }
    assert!(tried > 0);
}
