use std::collections::BTreeMap;

use super::*;
use crate::access::access_entry::{AccessEntry, AuthenticationMode};
use crate::aws_auth::read;

const ROLE: &str = "arn:aws:iam::111122223333:role/dev";

fn view(mode: AuthenticationMode, data: &[(&str, &str)]) -> ClusterView {
    let data: BTreeMap<String, String> = data
        .iter()
        .map(|(key, text)| ((*key).to_owned(), (*text).to_owned()))
        .collect();
    ClusterView {
        mode,
        aws_auth: Knowledge::Known(read(&data)),
        access_entries: Knowledge::Known(Vec::new()),
    }
}

fn ids(view: &ClusterView, arn: &str) -> Vec<&'static str> {
    near_misses(view, arn).iter().map(NearMiss::id).collect()
}

#[test]
fn a_path_and_a_session_are_named_before_a_resembling_name() {
    let text = "- rolearn: arn:aws:iam::111122223333:role/dev-old\n  username: a\n\
                - rolearn: arn:aws:iam::111122223333:role/teams/dev\n  username: b\n\
                - rolearn: arn:aws:sts::111122223333:assumed-role/dev/eve\n  username: c\n";
    let view = view(AuthenticationMode::ConfigMap, &[("mapRoles", text)]);
    assert_eq!(
        ids(&view, ROLE),
        [
            "lockout.rolearn_has_path",
            "lockout.rolearn_is_sts_arn",
            "mapping.similar_name"
        ]
    );
    assert_eq!(
        near_misses(&view, ROLE)
            .first()
            .map(ToString::to_string)
            .unwrap_or_default(),
        "aws-auth mapRoles[1], line 3 names `arn:aws:iam::111122223333:role/teams/dev`; the authenticator sees `arn:aws:iam::111122223333:role/dev`, without the path"
    );
}

#[test]
fn a_permission_set_that_was_assigned_anew_is_named() {
    let text = "- rolearn: arn:aws:iam::111122223333:role/AWSReservedSSO_Admin_0123456789abcdef\n  username: a\n\
                - rolearn: arn:aws:iam::111122223333:role/AWSReservedSSO_View_0123456789abcdef\n  username: b\n\
                - rolearn: arn:aws:iam::111122223333:role/AWSReservedSSO_Admin_Ops_0123456789abcdef\n  username: c\n";
    let view = view(AuthenticationMode::ConfigMap, &[("mapRoles", text)]);
    let now = "arn:aws:iam::111122223333:role/AWSReservedSSO_Admin_fedcba9876543210";
    let misses: Vec<String> = near_misses(&view, now)
        .iter()
        .map(NearMiss::to_string)
        .collect();
    assert_eq!(
        misses,
        [
            "aws-auth mapRoles[0], line 1 names `arn:aws:iam::111122223333:role/AWSReservedSSO_Admin_0123456789abcdef`, a role of the same permission set with another suffix; IAM Identity Center makes a new one when the set is assigned anew"
        ]
    );
}

#[test]
fn other_accounts_partitions_and_user_paths_are_told_apart() {
    let roles = "- rolearn: arn:aws:iam::444455556666:role/dev\n  username: a\n- rolearn: arn:aws-cn:iam::111122223333:role/dev\n  username: b\n";
    let users = "- userarn: arn:aws:iam::111122223333:user/eve\n  username: a\n";
    let view = view(
        AuthenticationMode::ConfigMap,
        &[("mapRoles", roles), ("mapUsers", users)],
    );
    assert_eq!(
        ids(&view, ROLE),
        ["mapping.other_partition", "mapping.other_account"]
    );
    assert_eq!(
        ids(&view, "arn:aws:iam::111122223333:user/people/eve"),
        ["lockout.user_path"]
    );
}

#[test]
fn what_the_server_ignores_in_silence_is_said() {
    let view = view(
        AuthenticationMode::ConfigMap,
        &[
            ("maproles", "- rolearn: x\n"),
            ("mapUsers", "- userarn: a\n\tusername: b\n"),
        ],
    );
    assert_eq!(ids(&view, ROLE), ["lockout.yaml_error", "section.miscased"]);
}

#[test]
fn mode_api_names_the_entry_it_ignores_and_the_access_entry_that_resembles() {
    let mut view = view(
        AuthenticationMode::Api,
        &[(
            "mapRoles",
            "- rolearn: arn:aws:iam::111122223333:role/dev\n  username: a\n",
        )],
    );
    view.access_entries = Knowledge::Known(vec![AccessEntry {
        created_at: None,
        principal_arn: "arn:aws:iam::111122223333:role/dev-old".to_owned(),
        kind: "STANDARD".to_owned(),
        username: String::new(),
        groups: Vec::new(),
        policies: Vec::new(),
    }]);
    assert_eq!(
        ids(&view, ROLE),
        ["lockout.mode-ignores-aws-auth", "mapping.similar_name"]
    );
}

#[test]
fn an_arn_that_is_written_badly_is_named_with_the_finding_of_lint() {
    let user = "arn:aws:iam::111122223333:user/people/eve";
    for (written, arn) in [
        ("arn:aws:iam:eu-central-1:111122223333:role/dev", ROLE),
        ("arn:aws:iam:111122223333:role/dev", ROLE),
        ("arn:aws:iam:::111122223333:role/dev", ROLE),
        ("arn:aws:iam::111122223333::role/dev", ROLE),
        ("arn::aws:iam::111122223333:role/dev", ROLE),
        ("arn:aws:iam::111122223333role/dev", ROLE),
        ("arnaws:iam::111122223333:role/dev", ROLE),
        ("arn:aws:sts::111122223333:role/dev", ROLE),
        ("arn:aws:sts::111122223333:role/teams/dev", ROLE),
        ("arn:aws:sts::111122223333:assumed-role/dev", ROLE),
        ("arn:aws:sts::111122223333:assumed-role/dev/", ROLE),
        ("arn:aws:iam::111122223333:role:dev", ROLE),
        ("arn:aws:iam::1111-2222-3333:role/dev", ROLE),
        ("aws:iam::111122223333:role/dev", ROLE),
        ("arn:aws:iam::111122223333:role/*", ROLE),
        ("arn:aws:iam::111122223333:*", ROLE),
        ("arn:aws:iam::111122223333:role/dev ", ROLE),
        ("arn:aws:iam:111122223333:user/people/eve", user),
        (
            "arn:aws:iam:eu-central-1:111122223333:user/people/eve",
            user,
        ),
    ] {
        let (section, field) = match written.contains("user") {
            true => ("mapUsers", "userarn"),
            false => ("mapRoles", "rolearn"),
        };
        let text = format!("- {field}: '{written}'\n  username: a\n");
        let view = view(AuthenticationMode::ConfigMap, &[(section, &text)]);
        let of_lint: Vec<_> = match &view.aws_auth {
            Knowledge::Known(reading) => crate::access::findings::mapping_findings(reading),
            Knowledge::Unreadable(_) => Vec::new(),
        };
        let misses = near_misses(&view, arn);
        let id = misses.first().map(NearMiss::id);
        assert!(
            of_lint.iter().any(|found| Some(found.id) == id),
            "{written}: {misses:?}"
        );
        assert!(
            misses
                .iter()
                .any(|miss| miss.to_string().ends_with(&format!("write `{arn}`"))),
            "{written}: {misses:?}"
        );
        assert_eq!(
            ids(&view, "arn:aws:iam::444455556666:role/somebody"),
            [] as [&str; 0],
            "{written}"
        );
    }
}

#[test]
fn an_arn_of_the_same_name_that_nobody_calls_under_is_named_in_the_words_of_its_finding() {
    for (arn, id) in [
        (
            "arn:aws:iam:eu-west-1:111122223333:role/dev",
            "lockout.arn_never_matches",
        ),
        (
            "arn:aws:iam:111122223333:role/dev",
            "lockout.arn_never_matches",
        ),
        (
            "arn:aws:iam:::111122223333:role/dev",
            "lockout.arn_never_matches",
        ),
        (
            "arn:aws:sts::111122223333:role/dev",
            "lockout.arn_never_matches",
        ),
        (
            "arn:aws:sts::111122223333:assumed-role/dev",
            "lockout.arn_never_matches",
        ),
        (
            "arn:aws:iam::11112222333:role/dev",
            "lockout.arn_never_matches",
        ),
        (
            "arn:aws:iam::111122223333:instance-profile/dev",
            "lockout.arn_never_matches",
        ),
        (
            "arn:aws:iam::111122223333:role/dev ",
            "lockout.arn_whitespace",
        ),
        ("dev", "lockout.arn_never_matches"),
    ] {
        let text = format!("- rolearn: \"{arn}\"\n  username: a\n");
        let view = view(AuthenticationMode::ConfigMap, &[("mapRoles", &text)]);
        assert_eq!(ids(&view, ROLE), [id], "{arn}");
        // Nobody calls under it, so asked by it nobody gets in.
        let principal = Principal::from_arn(arn);
        let access = view.access_of(&principal.arn, &principal.account).access;
        assert_eq!(access, crate::access::cluster_access::Access::None, "{arn}");
        assert_eq!(ids(&view, arn), [id], "{arn}");
    }
    let text = "- rolearn: arn:aws:iam:eu-west-1:111122223333:role/other\n  username: a\n";
    let view = view(AuthenticationMode::ConfigMap, &[("mapRoles", text)]);
    assert_eq!(ids(&view, ROLE), Vec::<&str>::new());
}

#[test]
fn an_account_lets_nobody_in_under_an_arn_that_nobody_has() {
    let view = view(
        AuthenticationMode::ConfigMap,
        &[("mapAccounts", "- \"111122223333\"\n- \"11112222333\"\n")],
    );
    let is_let_in = |arn: &str| {
        let principal = Principal::from_arn(arn);
        view.access_of(&principal.arn, &principal.account).access
            != crate::access::cluster_access::Access::None
    };
    assert!(is_let_in(ROLE) && is_let_in("arn:aws:iam::111122223333:user/people/eve"));
    assert!(!is_let_in("arn:aws:iam:eu-west-1:111122223333:role/dev"));
    assert!(!is_let_in("arn:aws:iam::11112222333:role/dev"));
}

#[test]
fn what_is_wrong_with_a_section_that_cannot_hold_the_principal_is_no_near_miss() {
    let user = "arn:aws:iam::111122223333:user/eve";
    for (key, of_role, of_user) in [
        ("mapusers", false, true),
        ("maproles", true, false),
        ("mapaccounts", true, true),
    ] {
        let view = view(AuthenticationMode::ConfigMap, &[(key, "[]")]);
        assert_eq!(!ids(&view, ROLE).is_empty(), of_role, "{key} of a role");
        assert_eq!(!ids(&view, user).is_empty(), of_user, "{key} of a user");
    }
}
