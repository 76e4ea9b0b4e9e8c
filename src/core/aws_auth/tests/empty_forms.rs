//! Sections without entries: each form is filled, and comes back when its only entry goes.

use super::{
    edits::{entry_for, role, with},
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
