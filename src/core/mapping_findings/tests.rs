use std::collections::BTreeMap;

use super::*;
use crate::aws_auth::read;

fn ids(section: &str, text: &str) -> Vec<&'static str> {
    let data = BTreeMap::from([(section.to_owned(), text.to_owned())]);
    mapping_findings(&read(&data))
        .into_iter()
        .map(|finding| finding.id)
        .collect()
}

fn role(arn: &str, username: &str, groups: &str) -> String {
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
        .map(|finding| (finding.id, finding.gravity, finding.line))
        .collect();
    assert_eq!(places, [("lockout.yaml_error", Gravity::Error, 2)]);
}

#[test]
fn every_published_document_raises_at_least_its_findings() {
    let suite: serde_json::Value =
        serde_json::from_str(include_str!("../testdata/mapping.json")).unwrap();
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
