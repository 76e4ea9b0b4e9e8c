use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;
use crate::aws_auth::read;

fn ids(section: &str, text: &str) -> Vec<&'static str> {
    let data = BTreeMap::from([(section.to_owned(), text.to_owned())]);
    mapping_findings(&read(&data))
        .into_iter()
        .map(|finding| finding.id)
        .collect()
}

/// An entry; without groups it has one that says nothing.
fn role(arn: &str, username: &str, groups: &str) -> String {
    let groups = match groups {
        "" => "viewers",
        groups => groups,
    };
    format!("- rolearn: \"{arn}\"\n  username: \"{username}\"\n  groups: [{groups}]\n")
}

const ADMIN: &str = "arn:aws:iam::111122223333:role/admins";

#[test]
fn ordinary_entries_give_no_finding() {
    let text = role(ADMIN, "admin", "system:masters")
        + &role(
            "arn:aws:iam::111122223333:role/nodes",
            "system:node:{{EC2PrivateDNSName}}",
            "system:bootstrappers, system:nodes",
        )
        + &role(
            "arn:aws:iam::111122223333:role/fargate",
            "system:node:{{SessionName}}",
            "system:bootstrappers, system:nodes, system:node-proxier",
        );
    assert_eq!(ids("mapRoles", &text), Vec::<&str>::new());
}

#[test]
fn arns_that_match_nobody_are_errors_with_what_to_write() {
    for (arn, id) in [
        (
            "arn:aws:iam::111122223333:role/teams/dev",
            "lockout.rolearn_has_path",
        ),
        (
            "arn:aws:sts::111122223333:assumed-role/dev/eve",
            "lockout.rolearn_is_sts_arn",
        ),
        (
            "arn:aws:iam::111122223333:instance-profile/dev",
            "lockout.arn_never_matches",
        ),
        ("arn:aws:iam::111122223333:role/*", "lockout.arn_wildcard"),
        (
            "arn:aws:iam::111122223333:role/dev ",
            "lockout.arn_whitespace",
        ),
        ("arn:aws:iam::111122223333:role/\u{212a}8s", "arn.non_ascii"),
    ] {
        assert_eq!(ids("mapRoles", &role(arn, "dev", "")), [id], "{arn}");
    }
}

#[test]
fn names_that_a_caller_may_choose_are_told_from_names_that_only_look_odd() {
    assert_eq!(
        ids("mapRoles", &role(ADMIN, "system:{{SessionName}}", "")),
        [
            "privilege.caller_chosen_username",
            "template.sanitised_collision"
        ]
    );
    assert_eq!(
        ids("mapRoles", &role(ADMIN, "dev:{{SessionName}}", "")),
        ["template.caller_chosen", "template.sanitised_collision"]
    );
    assert_eq!(
        ids("mapRoles", &role(ADMIN, "system:kube-scheduler", "")),
        ["privilege.reserved_username"]
    );
    assert_eq!(
        ids("mapRoles", &role(ADMIN, "dev:{{Session}}", "")),
        ["template.unknown_placeholder"]
    );
    assert_eq!(
        ids("mapRoles", &role(ADMIN, "{{SessionNameRaw}}", "")),
        ["template.caller_chosen_whole"]
    );
    assert_eq!(
        ids(
            "mapRoles",
            &role(ADMIN, "dev", "\"system:{{SessionNameRaw}}\"")
        ),
        ["privilege.caller_chosen_group"]
    );
    assert_eq!(
        ids("mapRoles", &role(ADMIN, "dev:{{EC2PrivateDNSName}}", "")),
        ["template.instance_only"]
    );
}

#[test]
fn people_of_a_permission_set_are_no_nodes_whatever_the_username_says() {
    let person = "arn:aws:iam::111122223333:role/AWSReservedSSO_Admin_0123456789abcdef";
    assert_eq!(
        ids(
            "mapRoles",
            &role(person, "system:node:{{EC2PrivateDNSName}}", "")
        ),
        ["template.never_an_instance", "privilege.reserved_username"]
    );
    assert_eq!(
        ids("mapRoles", &role(person, "system:node:{{SessionName}}", "")),
        [
            "privilege.caller_chosen_username",
            "template.sanitised_collision"
        ]
    );
}

#[test]
fn the_arn_says_who_calls_whatever_section_it_stands_in() {
    let user = "arn:aws:iam::111122223333:user/eve";
    assert_eq!(
        ids("mapRoles", &role(user, "dev:{{SessionNameRaw}}", "")),
        ["entry.wrong_section", "template.never_filled"]
    );
    assert_eq!(
        ids(
            "mapUsers",
            &role(ADMIN, "dev:{{SessionNameRaw}}", "").replace("rolearn", "userarn")
        ),
        ["entry.wrong_section", "template.caller_chosen"]
    );
}

#[test]
fn every_finding_of_a_template_says_what_the_caller_gets() {
    let text = |arn: &str, username: &str, groups: &str| {
        let data = BTreeMap::from([("mapRoles".to_owned(), role(arn, username, groups))]);
        let found = mapping_findings(&read(&data));
        found
            .first()
            .map(|finding| finding.text.clone())
            .unwrap_or_default()
    };
    for (username, groups, wanted) in [
        (
            "system:{{SessionNameRaw}}",
            "",
            "username `system:{{SessionNameRaw}}`: who assumes the role chooses {{SessionNameRaw}} and can become a `system:` identity",
        ),
        (
            "dev",
            "'system:{{SessionNameRaw}}'",
            "group `system:{{SessionNameRaw}}`: who assumes the role chooses {{SessionNameRaw}} and can join a `system:` group",
        ),
        (
            "{{SessionNameRaw}}",
            "",
            "username `{{SessionNameRaw}}`: who assumes the role chooses {{SessionNameRaw}} and can take any name without a colon, that of another \
             entry too",
        ),
        (
            "dev:{{SessionNameRaw}}",
            "",
            "username `dev:{{SessionNameRaw}}`: who assumes the role chooses {{SessionNameRaw}}",
        ),
        (
            "dev:{{ SessionName }}",
            "",
            "username `dev:{{ SessionName }}`: `{{ SessionName }}` is no placeholder and stays as it is; write `{{SessionName}}`",
        ),
        (
            "dev:{{EC2PrivateDNSName}}",
            "",
            "username `dev:{{EC2PrivateDNSName}}`: only sessions named like an EC2 instance get in, and whoever may assume the role can name one so",
        ),
        (
            "system:kube-scheduler",
            "",
            "username `system:kube-scheduler` is one of Kubernetes' own; whoever has this entry acts as it",
        ),
    ] {
        assert_eq!(text(ADMIN, username, groups), wanted);
    }
    let user = "arn:aws:iam::111122223333:user/eve";
    let text = |arn: &str, username: &str, groups: &str| {
        let users = role(arn, username, groups).replace("rolearn", "userarn");
        let found = mapping_findings(&read(&BTreeMap::from([("mapUsers".to_owned(), users)])));
        found.first().unwrap().text.clone()
    };
    assert_eq!(
        text(user, "dev:{{EC2PrivateDNSName}}", ""),
        "username `dev:{{EC2PrivateDNSName}}`: {{EC2PrivateDNSName}} is for EC2 instances, and a user is never one, so the authenticator refuses \
         everybody"
    );
    assert_eq!(
        text(user, "dev:{{SessionNameRaw}}", ""),
        "username `dev:{{SessionNameRaw}}`: a user has no session, so {{SessionNameRaw}} is always empty"
    );
}

#[test]
fn duplicates_and_whole_accounts_are_pointed_out() {
    let twice = role(ADMIN, "a", "x1") + &role(ADMIN, "b", "x2");
    assert_eq!(ids("mapRoles", &twice), ["mapping.duplicate_arn"]);
    assert_eq!(
        ids("mapAccounts", "- \"444455556666\"\n"),
        ["privilege.account_admits_all"]
    );
}

#[test]
fn a_section_that_is_empty_for_the_server_is_an_error_with_its_line() {
    let data = BTreeMap::from([(
        "mapUsers".to_owned(),
        "- userarn: a\n\tusername: b\n".to_owned(),
    )]);
    let found = mapping_findings(&read(&data));
    let places: Vec<_> = found
        .iter()
        .map(|finding| (finding.id, finding.severity, finding.line))
        .collect();
    assert_eq!(places, [("lockout.yaml_error", Severity::Error, 2)]);
}

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
        "../../testdata/aws_auth/findings/nodes-in-masters.yaml"
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
        "../../testdata/aws_auth/findings/people-as-nodes.yaml"
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
        });
        let is_error = mapping_findings(&reading).iter().any(|finding| finding.severity == Severity::Error);
        prop_assert_eq!(matches, !is_error, "{}", arn);
    }
}

#[test]
fn every_published_document_raises_at_least_its_findings() {
    let suite: serde_json::Value =
        serde_json::from_str(include_str!("../../testdata/mapping.json")).unwrap();
    let mut seen = 0;
    for case in suite["cases"].as_array().unwrap() {
        let Some(wanted) = case["plan_findings"].as_array() else {
            continue;
        };
        let Ok(data) = serde_json::from_value::<BTreeMap<String, String>>(
            case["input"]["configmap_data"].clone(),
        ) else {
            continue;
        };
        let found: Vec<&str> = mapping_findings(&read(&data))
            .into_iter()
            .map(|finding| finding.id)
            .collect();
        for id in wanted {
            seen += 1;
            assert!(
                found.contains(&id.as_str().unwrap()),
                "{}: {id} is not among {found:?}",
                case["name"]
            );
        }
    }
    assert!(seen > 8, "the suite was read");
}
