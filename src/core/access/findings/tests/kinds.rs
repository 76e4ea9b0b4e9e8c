//! The kinds of mistakes that documents of the field have, each with what becomes of it.

use proptest::prelude::*;

use super::*;

/// Section, item, id and severity of the findings about documents of the field, without notes.
fn of_manifest(manifest: &str) -> Vec<(Section, Option<usize>, &'static str, Severity)> {
    let data = crate::aws_auth::data_of_manifest(manifest).unwrap();
    mapping_findings(&read(&data))
        .into_iter()
        .filter(|finding| finding.severity != Severity::Note)
        .map(|finding| (finding.section, finding.index, finding.id, finding.severity))
        .collect()
}

#[test]
fn nodes_among_the_masters_are_an_error_and_fargate_beside_them_is_ordinary() {
    let found = of_manifest(include_str!(
        "../../../testdata/aws_auth/findings/nodes-in-masters.yaml"
    ));
    assert_eq!(
        found,
        [
            (
                Section::MapRoles,
                Some(0),
                "privilege.nodes_in_masters",
                Severity::Error
            ),
            (
                Section::MapUsers,
                Some(0),
                "template.never_filled",
                Severity::Warning
            ),
        ]
    );
    for username in [
        "system:node:{{EC2PrivateDNSName}}",
        "system:node:{{SessionName}}",
    ] {
        let groups = "system:nodes, system:masters, system:bootstrappers";
        assert_eq!(
            ids("mapRoles", &role(ADMIN, username, groups)),
            ["privilege.nodes_in_masters"]
        );
    }
    assert_eq!(
        ids(
            "mapRoles",
            &role(ADMIN, "admin", "system:masters, system:nodes")
        ),
        Vec::<&str>::new()
    );
}

#[test]
fn people_under_the_name_of_a_node_are_an_error_whatever_their_groups() {
    let found = of_manifest(include_str!(
        "../../../testdata/aws_auth/findings/people-as-nodes.yaml"
    ));
    let error = |index| {
        (
            Section::MapRoles,
            Some(index),
            "privilege.caller_chosen_username",
            Severity::Error,
        )
    };
    assert!(
        found.contains(&error(0)) && found.contains(&error(1)),
        "{found:?}"
    );
    let person = "arn:aws:iam::111122223333:role/AWSReservedSSO_Admin_0123456789abcdef";
    let user = "arn:aws:iam::111122223333:user/eve";
    for (arn, username, groups) in [
        (
            person,
            "system:node:{{SessionName}}",
            "system:bootstrappers, system:nodes",
        ),
        (person, "system:node:{{EC2PrivateDNSName}}", "system:nodes"),
        (person, "system:node:ip-10-0-0-1.ec2.internal", "viewers"),
        (
            user,
            "system:node:{{EC2PrivateDNSName}}",
            "system:bootstrappers, system:nodes",
        ),
        (user, "system:node:eve", ""),
        (ADMIN, "system:node:{{SessionName}}", ""),
        (
            ADMIN,
            "system:node:{{SessionName}}",
            "db-user, system:masters",
        ),
        (
            ADMIN,
            "system:node:{{SessionName}}",
            "system:bootstrappers, system:nodes, db-user",
        ),
        (ADMIN, "system:node:{{SessionName}}", "system:bootstrappers"),
        (ADMIN, "system:node:{{EC2PrivateDNSName}}", "db-user"),
        (ADMIN, "system:node:{{SessionNameRaw}}", "system:nodes"),
        (ADMIN, "system:node:build", "system:nodes"),
        (ADMIN, "system:node:dev-{{SessionName}}", "system:nodes"),
    ] {
        let data = BTreeMap::from([("mapRoles".to_owned(), role(arn, username, groups))]);
        let found = mapping_findings(&read(&data));
        let is_error = |finding: &MappingFinding| finding.severity == Severity::Error;
        assert!(
            found.iter().any(is_error),
            "{arn} {username} {groups}: {found:?}"
        );
    }
}

#[test]
fn an_empty_document_and_an_empty_section_are_said() {
    let found = |data: &[(&str, &str)]| {
        let data = data
            .iter()
            .map(|(key, text)| ((*key).to_owned(), (*text).to_owned()));
        mapping_findings(&read(&data.collect()))
            .into_iter()
            .map(|finding| (finding.section, finding.id, finding.severity))
            .collect::<Vec<_>>()
    };
    let whole = (
        Section::MapRoles,
        "lockout.empty_mapping",
        Severity::Warning,
    );
    for data in [
        vec![],
        vec![("mapRoles", "")],
        vec![("mapRoles", " \n\t\n")],
        vec![("mapRoles", "# - rolearn: x\n")],
        vec![
            ("mapRoles", "[]"),
            ("mapUsers", "null"),
            ("mapAccounts", "''"),
        ],
        vec![("other", "x")],
    ] {
        assert_eq!(found(&data), [whole], "{data:?}");
    }
    let entry = role(ADMIN, "admin", "");
    let note = |section| (section, "lockout.empty_mapping", Severity::Note);
    for text in ["", "\n", "# none\n", "---\n# none\n", "\"\""] {
        assert_eq!(
            found(&[
                ("mapRoles", &entry),
                ("mapUsers", text),
                ("mapAccounts", text)
            ]),
            [note(Section::MapUsers), note(Section::MapAccounts)],
            "{text:?}"
        );
    }
    assert_eq!(found(&[("mapRoles", &entry), ("mapUsers", "[]")]), []);
    assert_eq!(
        found(&[("mapRoles", "- username: a\n")]),
        [(Section::MapRoles, "entry.missing_arn", Severity::Error)]
    );
}

#[test]
fn an_arn_in_the_wrong_section_is_said_with_what_becomes_of_it() {
    let found = |section: &str, text: &str| {
        let data = BTreeMap::from([(section.to_owned(), text.to_owned())]);
        mapping_findings(&read(&data))
            .into_iter()
            .filter(|finding| finding.severity != Severity::Note)
            .map(|finding| (finding.id, finding.severity))
            .collect::<Vec<_>>()
    };
    let field =
        |field: &str, arn: &str| format!("- {field}: {arn}\n  username: u\n  groups: [g]\n");
    let user = "arn:aws:iam::111122223333:user/eve";
    let dropped = [("entry.wrong_section", Severity::Error)];
    assert_eq!(found("mapRoles", &field("userarn", ADMIN)), dropped);
    assert_eq!(found("mapRoles", &field("UserARN", user)), dropped);
    assert_eq!(found("mapUsers", &field("rolearn", user)), dropped);
    assert_eq!(found("mapUsers", &field("rolearn", ADMIN)), dropped);
    let found_all_the_same = [("entry.wrong_section", Severity::Warning)];
    assert_eq!(
        found("mapRoles", &field("rolearn", user)),
        found_all_the_same
    );
    assert_eq!(
        found(
            "mapRoles",
            &field("rolearn", "arn:aws:iam::111122223333:root")
        ),
        found_all_the_same
    );
    assert_eq!(
        found("mapUsers", &field("userarn", ADMIN)),
        found_all_the_same
    );
    assert_eq!(
        found(
            "mapUsers",
            &field("userarn", "arn:aws:iam::111122223333:role/teams/dev")
        ),
        [("lockout.rolearn_has_path", Severity::Error)]
    );
    for arn in [ADMIN, user, "arn:aws:iam::111122223333:root"] {
        let ids: Vec<&str> = found("mapAccounts", &format!("- {arn}\n"))
            .iter()
            .map(|one| one.0)
            .collect();
        assert_eq!(ids, ["account.malformed", "entry.wrong_section"], "{arn}");
    }
    assert_eq!(
        found("mapRoles", &field("rolearn", "'111122223333'")),
        [
            ("lockout.arn_never_matches", Severity::Error),
            ("entry.wrong_section", Severity::Error)
        ]
    );
}

#[test]
fn groups_that_are_null_or_missing_are_said_once() {
    let found = |groups: &str| {
        ids(
            "mapRoles",
            &format!("- rolearn: {ADMIN}\n  username: u\n{groups}"),
        )
    };
    for groups in [
        "",
        "  groups:\n",
        "  groups: null\n",
        "  groups: ~\n",
        "  groups: []\n",
    ] {
        assert_eq!(found(groups), ["groups.missing"], "{groups:?}");
    }
    for groups in [
        "  groups: [null, a]\n",
        "  groups:\n  -\n  - a\n",
        "  groups: ['']\n",
        "  groups: [~]\n",
    ] {
        assert_eq!(found(groups), ["group.empty_name"], "{groups:?}");
    }
    assert_eq!(found("  groups: system:masters\n"), ["groups.not_a_list"]);
    assert_eq!(found("  groups: [1]\n"), ["group.not_text"]);
    assert_eq!(
        found("  groups: [1, null]\n"),
        ["group.empty_name", "group.not_text"]
    );
}

#[test]
fn a_key_that_only_looks_like_ascii_is_said_with_what_the_server_makes_of_it() {
    let found = |section: &str, text: &str| {
        let data = BTreeMap::from([(section.to_owned(), text.to_owned())]);
        mapping_findings(&read(&data))
            .into_iter()
            .filter(|finding| finding.id == "yaml.non_ascii_key")
            .map(|finding| (finding.index, finding.severity))
            .collect::<Vec<_>>()
    };
    let entry = |key: &str| format!("- rolearn: {ADMIN}\n  \"{key}\": u\n  groups: [g]\n");
    for key in [
        "usern\u{430}me",
        "username\u{200b}",
        "\u{ff55}sername",
        "gr\u{43e}ups",
        "r\u{43e}learn",
    ] {
        assert_eq!(
            found("mapRoles", &entry(key)),
            [(Some(0), Severity::Error)],
            "{key}"
        );
    }
    assert_eq!(
        found("mapRoles", &entry("u\u{17f}ername")),
        [(Some(0), Severity::Warning)]
    );
    assert_eq!(found("mapRoles", &entry("beschreibung-\u{fc}ber")), []);
    for key in [
        "mapR\u{43e}les",
        "mapRole\u{17f}",
        "mapRoles\u{200b}",
        "\u{ff4d}apUsers",
        "mapA\u{441}counts",
    ] {
        assert_eq!(found(key, "[]"), [(None, Severity::Error)], "{key}");
    }
    assert_eq!(found("\u{43a}\u{43b}\u{44e}\u{447}", "x"), []);
}

#[test]
fn spellings_that_the_server_matches_are_no_errors_and_others_are() {
    let severities = |arn: &str| {
        let data = BTreeMap::from([("mapRoles".to_owned(), role(arn, "dev", ""))]);
        mapping_findings(&read(&data))
            .iter()
            .map(|finding| finding.severity)
            .collect::<Vec<_>>()
    };
    for arn in [
        "ARN:AWS:IAM::111122223333:ROLE/ADMINS",
        "arn:aws:iam::111122223333:Role/Admins",
    ] {
        assert_eq!(severities(arn), [], "{arn}");
    }
    assert_eq!(
        severities("arn:aws:iam::111122223333:role/\u{212a}8s"),
        [Severity::Warning]
    );
    for arn in [
        "arn:aws:iam::111122223333:role/\u{fc}ber",
        "arn:aws:iam::\u{ff11}11122223333:role/x",
    ] {
        assert_eq!(severities(arn), [Severity::Error], "{arn}");
    }
}

proptest! {
    /// An error about the ARN, and nothing else, keeps the principal out that the entry was written for.
    #[test]
    fn an_entry_matches_some_caller_or_its_arn_is_an_error(
        parts in (
            prop_oneof![Just("arn"), Just("ARN"), Just(" arn"), Just("")],
            prop_oneof![Just("aws"), Just("aws-cn"), Just("AWS"), Just("aws-xx"), Just("")],
            prop_oneof![Just("iam"), Just("sts"), Just("IAM"), Just("ec2"), Just("")],
            prop_oneof![4 => Just(""), 1 => Just("eu-west-1"), 1 => Just(" ")],
            prop_oneof![4 => Just("111122223333"), 1 => Just("11112222333"), 1 => Just(""), 1 => Just("aws"), 1 => Just("1111222233334")],
            prop_oneof![
                Just("role/dev"), Just("role/teams/dev"), Just("ROLE/dev"), Just("role/"), Just("role"), Just("role/d*"), Just("role/dev "),
                Just("user/eve"), Just("user/people/eve"), Just("User/Eve"), Just("root"), Just("root/x"), Just("federated-user/bob"),
                Just("assumed-role/dev/eve"), Just("assumed-role/dev"), Just("group/x"), Just("role/\u{212a}8s"), Just("role/\u{fc}"),
            ],
        ),
        is_user in any::<bool>(),
    ) {
        let (prefix, partition, service, region, account, resource) = parts;
        let arn = format!("{prefix}:{partition}:{service}:{region}:{account}:{resource}");
        let (section, field) = match is_user {
            true => ("mapUsers", "userarn"),
            false => ("mapRoles", "rolearn"),
        };
        let text = format!("- {field}: \"{arn}\"\n  username: u\n  groups: [g]\n");
        let reading = read(&BTreeMap::from([(section.to_owned(), text)]));
        // Every caller whose canonical ARN could be meant, by the rules of callers alone.
        let lower = crate::principal::case_folding::fold_key(&arn);
        let matches = crate::principal::arn::canonical_caller_arn(&lower).is_ok_and(|caller| {
            caller.arn == lower && lower.is_ascii()
                && !lower.rsplit(':').next().unwrap().contains('*')
                && !(lower.contains(":role/") && lower.matches('/').count() > 1)
                // STS names no region either, although a session with one would lose it.
                && region.is_empty()
        });
        let is_error = mapping_findings(&reading).iter().any(|finding| finding.severity == Severity::Error);
        prop_assert_eq!(matches, !is_error, "{}", arn);
    }
}
