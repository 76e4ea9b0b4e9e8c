//! What breaks sections in the wild, what is done about it, and what is left alone because it could be meant in more than one way.

use proptest::{prelude::*, sample::select, test_runner::FileFailurePersistence};

use super::*;

const GOOD: &str = "\
# who may enter
- rolearn: arn:aws:iam::111122223333:role/nodes
  username: system:node:{{EC2PrivateDNSName}}
  groups:
    - system:bootstrappers
    - system:nodes
- rolearn: \"arn:aws:iam::111122223333:role/admins\"
  username: admin
  groups: [system:masters]
";

/// The changed lines as `line: before → after (rule)`.
fn edits(text: &str) -> Result<Vec<String>, Irreparable> {
    edits_in(Section::MapRoles, text)
}

fn edits_in(section: Section, text: &str) -> Result<Vec<String>, Irreparable> {
    let repair = repair(section, text)?.expect("the text parses already");
    assert!(
        !read(&data(section, &repair.text))
            .unparsed_sections()
            .contains(&section)
    );
    let edits = repair.edits.iter();
    Ok(edits
        .map(|edit| format!("{}: {} → {}", edit.line, edit.before, edit.after))
        .collect())
}

/// [`GOOD`] with one text in place of another.
fn broken(good: &str, bad: &str) -> String {
    assert!(GOOD.contains(good));
    GOOD.replacen(good, bad, 1)
}

#[test]
fn what_parses_needs_no_repair() {
    for text in [GOOD, "", "[]", "# nothing\n"] {
        assert_eq!(repair(Section::MapRoles, text), Ok(None), "{text}");
    }
}

#[test]
fn the_smallest_edit_is_made() {
    let cases: [(&str, &str, &[&str]); 14] = [
        (
            "  username: admin",
            "\tusername: admin",
            &["8: \tusername: admin →   username: admin"],
        ),
        (
            "    - system:bootstrappers\n    - system:nodes",
            "\t\t- system:bootstrappers\n\t\t- system:nodes",
            &[
                "5: \t\t- system:bootstrappers →   - system:bootstrappers",
                "6: \t\t- system:nodes →   - system:nodes",
            ],
        ),
        (
            "  username: admin",
            "\u{a0}\u{a0}username: admin",
            &["8: \u{a0}\u{a0}username: admin →   username: admin"],
        ),
        (
            "username: admin",
            "username: {{SessionName}}",
            &["8:   username: {{SessionName}} →   username: \"{{SessionName}}\""],
        ),
        (
            "username: admin",
            "username: {{SessionName}}-{{AccountID}} # per session",
            &[
                "8:   username: {{SessionName}}-{{AccountID}} # per session →   username: \"{{SessionName}}-{{AccountID}}\" # per session",
            ],
        ),
        (
            "username: admin",
            "username: @admin",
            &["8:   username: @admin →   username: \"@admin\""],
        ),
        (
            "  username: admin",
            "   username: admin",
            &["8:    username: admin →   username: admin"],
        ),
        (
            "  username: admin",
            " username: admin",
            &["8:  username: admin →   username: admin"],
        ),
        (
            "- rolearn: \"arn:aws:iam::111122223333:role/admins\"\n  username: admin\n  groups: [system:masters]",
            " - rolearn: \"arn:aws:iam::111122223333:role/admins\"\n   username: admin\n   groups: [system:masters]",
            &[
                "7:  - rolearn: \"arn:aws:iam::111122223333:role/admins\" → - rolearn: \"arn:aws:iam::111122223333:role/admins\"",
                "8:    username: admin →   username: admin",
                "9:    groups: [system:masters] →   groups: [system:masters]",
            ],
        ),
        (
            "role/admins\"",
            "role/admins",
            &[
                "7: - rolearn: \"arn:aws:iam::111122223333:role/admins → - rolearn: \"arn:aws:iam::111122223333:role/admins\"",
            ],
        ),
        (
            "[system:masters]",
            "[system:masters",
            &["9:   groups: [system:masters →   groups: [system:masters]"],
        ),
        (
            "- rolearn: arn",
            "-rolearn: arn",
            &[
                "2: -rolearn: arn:aws:iam::111122223333:role/nodes → - rolearn: arn:aws:iam::111122223333:role/nodes",
            ],
        ),
        (
            "username: admin",
            "username:admin",
            &["8:   username:admin →   username: admin"],
        ),
        (
            "username: admin",
            "username admin",
            &["8:   username admin →   username: admin"],
        ),
    ];
    for (good, bad, wanted) in cases {
        let text = broken(good, bad);
        assert_eq!(
            edits(&text).as_deref(),
            Ok(wanted.map_owned().as_slice()),
            "{text}"
        );
    }
}

/// Owned texts, to be compared with.
trait MapOwned {
    fn map_owned(&self) -> Vec<String>;
}

impl MapOwned for [&str] {
    fn map_owned(&self) -> Vec<String> {
        self.iter().map(|text| (*text).to_owned()).collect()
    }
}

#[test]
fn a_whole_section_in_tabs_and_several_faults_are_mended_together() {
    let tabs = GOOD.replace("    - ", "\t\t- ").replace("\n  ", "\n\t");
    let repaired = repair(Section::MapRoles, &tabs).unwrap().unwrap();
    assert_eq!(
        read(&data(Section::MapRoles, &repaired.text)).roles,
        read(&data(Section::MapRoles, GOOD)).roles
    );
    let mixed = broken("username: admin", "username: {{SessionName}}").replacen(
        "    - system:nodes",
        "\t- system:nodes",
        1,
    );
    assert_eq!(
        edits(&mixed).unwrap(),
        [
            "6: \t- system:nodes →     - system:nodes",
            "8:   username: {{SessionName}} →   username: \"{{SessionName}}\""
        ]
    );
}

#[test]
fn line_ends_stay_as_they_are() {
    let text = broken("  username: admin", "\tusername: admin").replace('\n', "\r\n");
    let repaired = repair(Section::MapRoles, &text).unwrap().unwrap();
    assert_eq!(repaired.text, text.replace("\tusername", "  username"));
}

#[test]
fn accounts_are_mended_too() {
    let text = "- \"111122223333\"\n\t- \"444455556666\"\n";
    assert_eq!(
        edits_in(Section::MapAccounts, text).unwrap(),
        ["2: \t- \"444455556666\" → - \"444455556666\""]
    );
}

#[test]
fn what_could_be_meant_otherwise_is_left_alone_and_its_line_is_named() {
    let cases = [
        // Two values on one line: a quote around both would be a guess.
        (
            broken("username: admin", "username: admin groups: [x]"),
            8,
            IrreparableReason::NoRule,
        ),
        (
            broken("username: admin", "username: a: b"),
            8,
            IrreparableReason::NoRule,
        ),
        // No list at all.
        (
            "rolearn: arn:aws:iam::111122223333:role/a\nusername: a\n".to_owned(),
            1,
            IrreparableReason::NoRule,
        ),
        (
            "<<<<<<< HEAD\n- rolearn: arn:aws:iam::111122223333:role/a\n  username: a\n".to_owned(),
            2,
            IrreparableReason::NoRule,
        ),
        // Mended it would be an entry that the server drops.
        (
            "- rolearn: nonsense\n\tusername: a\n".to_owned(),
            2,
            IrreparableReason::NoRule,
        ),
    ];
    for (text, line, reason) in cases {
        let refused = repair(Section::MapRoles, &text).unwrap_err();
        assert_eq!((refused.line, refused.reason), (line, reason), "{text}");
        assert_eq!(refused.text, text.lines().nth(line - 1).unwrap());
    }
}

#[test]
fn a_text_too_large_to_try_is_refused_in_good_time() {
    let item = "- rolearn: arn:aws:iam::111122223333:role/a\n\tusername: a\n";
    let refused = repair(Section::MapRoles, &item.repeat(16_000)).unwrap_err();
    assert_eq!(refused.reason, IrreparableReason::TooLarge);
}

/// A sound section with some of its lines broken as people break them.
fn broken_section() -> impl Strategy<Value = (String, String)> {
    let entry = (
        "[a-z]{1,8}",
        "[a-z]{1,8}",
        prop::collection::vec("g[a-z]{1,6}", 0..4),
    );
    let breakage = select(vec!["tab", "space", "quote", "dash", "none"]);
    prop::collection::vec((entry, breakage), 1..6).prop_map(|entries| {
        let (mut good, mut bad) = (String::new(), String::new());
        for ((role, username, groups), breakage) in entries {
            let list: String = groups
                .iter()
                .map(|group| format!("  - {group}\n"))
                .collect();
            let list = if list.is_empty() {
                list
            } else {
                format!("  groups:\n{list}")
            };
            let arn = format!("arn:aws:iam::111122223333:role/{role}");
            let quoted =
                format!("- rolearn: {arn}\n  username: \"{{{{SessionName}}}}:{username}\"\n{list}");
            good.push_str(&quoted);
            bad.push_str(&match breakage {
                "tab" => quoted.replacen("  username", "\tusername", 1),
                "space" => quoted.replacen("  username", "   username", 1),
                "quote" => quoted.replacen('"', "", 2),
                "dash" => quoted.replacen("- rolearn", "-rolearn", 1),
                _ => quoted,
            });
        }
        (good, bad)
    })
}

fn cases() -> ProptestConfig {
    ProptestConfig {
        cases: 96,
        failure_persistence: Some(Box::new(FileFailurePersistence::Off)),
        ..ProptestConfig::default()
    }
}

#[test]
fn five_entries_broken_in_three_ways_are_mended_together_or_could_be_meant_otherwise() {
    let good = "- rolearn: arn:aws:iam::111122223333:role/a\n  username: \"{{SessionName}}:a\"\n";
    let groups = "  groups:\n  - ga\n";
    let dash = good.replacen("- rolearn", "-rolearn", 1);
    let bad = format!(
        "{dash}{groups}{dash}{dash}{}{}{groups}",
        good.replacen("  username", "\tusername", 1),
        good.replacen("  username", "   username", 1)
    );
    match repair(Section::MapRoles, &bad) {
        Ok(Some(repaired)) => {
            let whole = format!("{good}{groups}{good}{good}{good}{good}{groups}");
            assert_eq!(repaired.text, whole);
        }
        other => assert_eq!(other.unwrap_err().reason, IrreparableReason::Ambiguous),
    }
}

proptest! {
    #![proptest_config(cases())]

    #[test]
    fn a_repair_parses_and_leaves_every_other_line_alone((good, bad) in broken_section()) {
        match repair(Section::MapRoles, &bad) {
            Ok(None) => prop_assert_eq!(good, bad),
            Ok(Some(repaired)) => {
                expect_only_named_lines(&bad, &repaired);
                let reading = read(&data(Section::MapRoles, &repaired.text));
                prop_assert_eq!(reading.roles, read(&data(Section::MapRoles, &good)).roles);
            }
            Err(refused) => prop_assert_eq!(refused.reason, IrreparableReason::Ambiguous, "{}", bad),
        }
    }

    #[test]
    fn any_text_is_repaired_soundly_or_left_alone(text in "([-a-z:# \t\"'\\[{}@]{0,10}(\n|\r\n)?){0,5}") {
        if let Ok(Some(repaired)) = repair(Section::MapRoles, &text) {
            expect_only_named_lines(&text, &repaired);
            prop_assert!(read(&data(Section::MapRoles, &repaired.text)).is_editable(Section::MapRoles));
        }
    }
}

fn expect_only_named_lines(before: &str, repaired: &Repair) {
    let old: Vec<&str> = before.split_inclusive('\n').collect();
    let new: Vec<&str> = repaired.text.split_inclusive('\n').collect();
    assert_eq!(old.len(), new.len());
    for (number, (old, new)) in old.iter().zip(new).enumerate() {
        let named = repaired.edits.iter().find(|edit| edit.line == number + 1);
        match named {
            Some(edit) => assert_eq!(
                (
                    old.trim_end_matches(['\r', '\n']),
                    new.trim_end_matches(['\r', '\n'])
                ),
                (edit.before.as_str(), edit.after.as_str())
            ),
            None => assert_eq!(*old, new),
        }
    }
}
