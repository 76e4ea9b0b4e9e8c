use std::collections::BTreeMap;

use super::*;
use crate::aws_auth::read;

mod kinds;

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
            "username `{{SessionNameRaw}}`: who assumes the role chooses {{SessionNameRaw}} and can take any name without a colon, also the name \
             that another entry gives",
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
