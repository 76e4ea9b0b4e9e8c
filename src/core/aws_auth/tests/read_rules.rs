//! Rules of the reader that the vectors do not state; each was checked against the real parser.

use super::*;

fn problems(section: Section, text: &str) -> Vec<String> {
    read(&data(section, text))
        .problems
        .iter()
        .map(Problem::to_string)
        .collect()
}

fn usernames(text: &str) -> Vec<String> {
    read(&data(Section::MapRoles, text))
        .roles
        .into_iter()
        .map(|entry| entry.username)
        .collect()
}

#[test]
fn a_syntax_error_says_where_and_empties_its_section_only() {
    let mut both = data(Section::MapRoles, "- rolearn: a\n  username: a\n");
    both.extend(data(Section::MapUsers, "- userarn: a\n\tusername: a\n"));
    let reading = read(&both);
    assert_eq!((reading.roles.len(), reading.users.len()), (1, 0));
    assert_eq!(reading.unparsed_sections(), [Section::MapUsers]);
    assert!(reading.is_editable(Section::MapRoles) && !reading.is_editable(Section::MapUsers));
    let texts: Vec<_> = reading.problems.iter().map(Problem::to_string).collect();
    assert_eq!(
        texts,
        ["mapUsers, line 2, column 1: a tab where only spaces may indent"]
    );
}

#[test]
fn a_template_that_begins_with_braces_needs_quotes() {
    assert_eq!(
        problems(
            Section::MapRoles,
            "- rolearn: a\n  username: {{SessionName}}\n  groups: [g]\n"
        ),
        [
            "mapRoles, line 2, column 14: a list or a mapping as the name of a field; write a value that begins with a brace or a bracket in quotes, as in `\"{{SessionName}}\"`"
        ]
    );
}

#[test]
fn fields_of_the_wrong_type_are_emptied_with_their_place() {
    assert_eq!(
        problems(
            Section::MapRoles,
            "- rolearn: a\n  username: yes\n  groups: system:masters\n"
        ),
        [
            "mapRoles, line 3, column 11: `groups` is a text, no list, so the server gives no groups",
            "mapRoles, line 2, column 13: `username` is a boolean, no text, so the server leaves it empty; it needs quotes",
            "mapRoles, line 1, column 3: the entry authenticates with an empty username",
        ]
    );
}

#[test]
fn items_keep_their_index_when_the_server_drops_some() {
    let reading = read(&data(
        Section::MapRoles,
        "- username: a\n- rolearn: b\n  username: b\n  note: x\n",
    ));
    let kept: Vec<_> = reading
        .roles
        .iter()
        .map(|entry| (entry.index, entry.line, entry.has_unknown_fields))
        .collect();
    assert_eq!(kept, [(1, 2, true)]);
    assert!(reading.is_editable(Section::MapRoles));
}

#[test]
fn a_merge_counts_where_it_stands() {
    let base = "- &b {rolearn: a, username: base}\n";
    assert_eq!(
        usernames(&format!("{base}- <<: *b\n  username: own\n")),
        ["base", "own"]
    );
    assert_eq!(
        usernames(&format!("{base}- username: own\n  <<: *b\n")),
        ["base", "base"]
    );
}

#[test]
fn an_sso_of_the_wrong_type_drops_an_entry_with_an_arn() {
    assert_eq!(
        problems(
            Section::MapRoles,
            "- rolearn: a\n  username: a\n  sso: no\n"
        ),
        [
            "mapRoles, line 3, column 8: `sso` is a boolean, no mapping",
            "mapRoles, line 1, column 3: an entry with both `rolearn` and `sso`: the server drops the entry",
        ]
    );
}

#[test]
fn a_shorter_list_of_another_spelling_leaves_its_items_behind_nulls() {
    let text = "- rolearn: a\n  username: a\n  Groups: [a, b]\n  groups: [null]\n";
    let groups: Vec<_> = read(&data(Section::MapRoles, text))
        .roles
        .into_iter()
        .map(|entry| entry.groups)
        .collect();
    assert_eq!(groups, [["a"]]);
}

#[test]
fn an_infinite_number_anywhere_empties_the_section() {
    assert_eq!(
        problems(
            Section::MapRoles,
            "- rolearn: a\n  username: a\n  weight: .inf\n"
        ),
        ["mapRoles, line 3, column 11: an infinite number, or none, which JSON cannot hold"]
    );
}

#[test]
fn an_account_with_a_tag_that_does_not_fit_stops_the_server_in_the_middle() {
    let reading = read(&data(
        Section::MapAccounts,
        "- 111122223333\n- !!int x\n- 444455556666\n",
    ));
    let accounts: Vec<_> = reading
        .accounts
        .iter()
        .map(|entry| entry.arn.as_str())
        .collect();
    assert_eq!(accounts, ["111122223333", "", ""]);
    assert!(reading.has_error() && !reading.is_editable(Section::MapAccounts));
}

#[test]
fn a_text_is_no_list_of_accounts_even_when_it_is_empty() {
    assert!(read(&data(Section::MapAccounts, "|+\n")).has_error());
    assert!(!read(&data(Section::MapAccounts, "~")).has_error());
}

#[test]
fn what_follows_brackets_without_a_key_is_ignored() {
    let reading = read(&data(Section::MapRoles, "[]groups: x\n"));
    assert!(!reading.has_error() && !reading.is_editable(Section::MapRoles));
    assert_eq!(
        reading
            .problems
            .iter()
            .map(|problem| problem.kind)
            .collect::<Vec<_>>(),
        [ProblemKind::TextBehindValue]
    );
}

#[test]
fn only_the_first_document_counts_and_the_rest_is_reported() {
    let text = "- rolearn: a\n  username: a\n---\n- rolearn: b\n  username: b\n";
    assert_eq!(usernames(text), ["a"]);
    assert_eq!(
        problems(Section::MapRoles, text),
        ["mapRoles, line 3, column 1: the server reads up to here and ignores what follows"]
    );
    assert_eq!(
        problems(
            Section::MapRoles,
            "- rolearn: a\n  username: a\n...\n# end\n"
        ),
        Vec::<String>::new()
    );
}

#[test]
fn windows_line_ends_a_byte_order_mark_and_other_line_breaks_are_read() {
    assert_eq!(
        usernames("\u{feff}- rolearn: a\r\n  username: ü\r\n"),
        ["ü"]
    );
    assert_eq!(usernames("- rolearn: a\u{85}  username: b\u{2028}"), ["b"]);
}

#[test]
fn a_control_character_empties_the_section() {
    assert_eq!(
        problems(Section::MapRoles, "- rolearn: a\n  username: a\u{1}\n"),
        ["mapRoles, line 2, column 14: the control character U+0001"]
    );
}

#[test]
fn a_section_in_another_case_is_ignored_and_reported() {
    let reading = read(&BTreeMap::from([(
        "maproles".to_owned(),
        "- rolearn: a\n  username: a\n".to_owned(),
    )]));
    assert_eq!(reading.roles, []);
    assert_eq!(
        reading
            .problems
            .iter()
            .map(Problem::to_string)
            .collect::<Vec<_>>(),
        [
            "mapRoles, line 1, column 1: the server ignores the key `maproles`; the section's name is `mapRoles`"
        ]
    );
}

#[test]
fn nesting_without_end_is_refused_and_does_not_overflow() {
    for text in [
        "[".repeat(100_000),
        "- ".repeat(100_000),
        "{a: ".repeat(100_000),
        "? ".repeat(100_000),
    ] {
        assert_eq!(
            read(&data(Section::MapRoles, &text)).unparsed_sections(),
            [Section::MapRoles]
        );
    }
}

#[test]
fn aliases_that_blow_up_are_refused() {
    let mut text = "- &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
    for level in 1..9 {
        let items = vec![format!("*a{}", level - 1); 10].join(", ");
        text.push_str(&format!("- &a{level} [{items}]\n"));
    }
    let texts = problems(Section::MapRoles, &text);
    assert_eq!(texts.len(), 1);
    assert!(
        texts[0].ends_with("too much of the document comes from aliases"),
        "{texts:?}"
    );
}

#[test]
fn of_several_entries_of_one_role_the_last_wins_and_of_case_variants_of_users_none_is_sure() {
    let mut both = data(
        Section::MapRoles,
        "- {rolearn: R, username: a}\n- {rolearn: r, username: b}\n",
    );
    both.extend(data(
        Section::MapUsers,
        "- {userarn: U, username: a}\n- {userarn: u, username: b}\n- {userarn: v, username: c}\n",
    ));
    let reading = read(&both);
    let states = |section| {
        reading
            .effective(section)
            .into_iter()
            .map(|effective| effective.state)
            .collect::<Vec<_>>()
    };
    assert_eq!(
        states(Section::MapRoles),
        [EffectiveState::ShadowedBy { by: 1 }, EffectiveState::Wins]
    );
    assert_eq!(
        states(Section::MapUsers),
        [
            EffectiveState::Random,
            EffectiveState::Random,
            EffectiveState::Wins
        ]
    );
    assert_eq!(reading.find(Section::MapRoles, "R").len(), 2);
}

/// Spellings that the server's `strings.EqualFold` holds equal, and one that it holds apart: mappings of whole texts to lower case do it otherwise.
#[test]
fn spellings_of_an_arn_are_compared_one_letter_with_one() {
    let arn = |name: &str| format!("arn:aws:iam::111122223333:role/{name}");
    let equal = [
        (
            "\u{39f}\u{394}\u{39f}\u{3a3}",
            "\u{3bf}\u{3b4}\u{3bf}\u{3c3}",
        ),
        ("\u{3d0}", "\u{3b2}"),
        ("\u{212a}8\u{17f}", "k8S"),
    ];
    for (one, other) in equal {
        let reading = read(&data(
            Section::MapRoles,
            &format!("- rolearn: {}\n  username: a\n", arn(one)),
        ));
        let found = reading.find(Section::MapRoles, &arn(other));
        assert_eq!(found.len(), 1, "{one} {other}");
        let entry = Entry::Role {
            rolearn: arn(other),
            username: "a".to_owned(),
            groups: Vec::new(),
        };
        assert!(found[0].same_meaning(&entry), "{one} {other}");
    }
    let reading = read(&data(
        Section::MapRoles,
        &format!("- rolearn: {}\n  username: a\n", arn("\u{130}")),
    ));
    assert!(reading.find(Section::MapRoles, &arn("i\u{307}")).is_empty());
}
