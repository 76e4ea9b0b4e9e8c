use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::*;
use crate::access::access_entry::AccessEntry;
use crate::access::access_policy::AccessPolicy;
use crate::access::findings::Roles;
use crate::aws_auth::read;
use crate::principal::partition::Partition;

mod exactness;
mod group_templates;
mod left_unknown;
mod listed;
mod looked_up;
mod made_again;
mod nodes;
mod soundness;
mod together;
mod unread;
mod who_acts;
mod who_is_left;

const ADMIN: &str = "arn:aws:iam::111122223333:role/admins";
const GLASS: &str = "arn:aws:iam::111122223333:role/break-glass";
const NODES: &str = "arn:aws:iam::111122223333:role/nodes";

fn item(arn: &str, username: &str, groups: &[&str]) -> String {
    format!(
        "- rolearn: {arn}\n  username: '{username}'\n  groups: [{}]\n",
        groups.join(", ")
    )
}

fn admin() -> String {
    item(ADMIN, "admin", &["system:masters"])
}

fn glass() -> String {
    item(GLASS, "break-glass", &["system:masters"])
}

fn node() -> String {
    item(
        NODES,
        "system:node:{{EC2PrivateDNSName}}",
        &["system:bootstrappers", "system:nodes"],
    )
}

fn view(map_roles: &str) -> ClusterView {
    let data = BTreeMap::from([("mapRoles".to_owned(), map_roles.to_owned())]);
    ClusterView {
        mode: AuthenticationMode::ConfigMap,
        aws_auth: Knowledge::Known(read(&data)),
        access_entries: Knowledge::Known(Vec::new()),
    }
}

fn circumstances() -> Circumstances {
    Circumstances {
        cluster: "prod".to_owned(),
        running: vec![Principal::from_arn(ADMIN)],
        protected: Vec::new(),
        rbac: Rbac {
            is_readable: true,
            ..Rbac::default()
        },
        nodes: Nodes::Some,
        iam: all_exist(),
        ..Circumstances::default()
    }
}

/// The roles of the account are listed, and these are among them.
fn all_exist() -> IamPrincipals {
    let names = ["admins", "break-glass", "nodes", "ops", "viewers", "ci"];
    let roles = names.map(|name| (name.to_owned(), 0));
    IamPrincipals {
        roles: Knowledge::Known(Roles::new("111122223333", roles)),
        ..IamPrincipals::default()
    }
}

fn ids(assessment: &Assessment) -> Vec<(FindingId, Severity, &str)> {
    assessment
        .findings
        .iter()
        .map(|finding| (finding.id, finding.severity, finding.arn.as_str()))
        .collect()
}

#[test]
fn removing_the_entry_of_who_applies_is_an_error_that_one_acknowledgement_names() {
    let assessment = assess(
        &view(&(admin() + &glass())),
        &view(&glass()),
        &circumstances(),
    );
    assert_eq!(
        ids(&assessment),
        [(FindingId::RunningIdentity, Severity::Error, ADMIN)]
    );
    let finding = assessment.findings.first().unwrap();
    assert_eq!(
        finding.acknowledgement(),
        format!("prod:lockout.running-identity:{ADMIN}")
    );
    assert_eq!(
        finding.reason,
        format!(
            "`{ADMIN}`, which makes this change, has admin · system:masters before it and no access after it"
        )
    );
    let changes: Vec<AccessChange> = assessment
        .comparisons
        .iter()
        .map(|comparison| comparison.change)
        .collect();
    assert_eq!(changes, [AccessChange::Loses, AccessChange::Same]);
}

#[test]
fn an_entry_moved_and_rewritten_with_the_same_meaning_is_no_change() {
    let rewritten = format!(
        "[{{\"rolearn\": \"{GLASS}\", \"username\": \"break-glass\", \"groups\": [\"system:masters\"]}}, {{\"groups\": [\"system:masters\"], \"rolearn\": \"{ADMIN}\", \"username\": \"admin\"}}]"
    );
    let assessment = assess(
        &view(&(admin() + &glass())),
        &view(&rewritten),
        &circumstances(),
    );
    assert_eq!(ids(&assessment), []);
}

#[test]
fn who_applies_and_keeps_only_a_group_that_cannot_write_aws_auth_is_locked_out_of_mending_it() {
    let demoted = item(ADMIN, "admin", &["viewers"]) + &glass();
    let assessment = assess(
        &view(&(admin() + &glass())),
        &view(&demoted),
        &circumstances(),
    );
    assert_eq!(
        ids(&assessment),
        [(FindingId::RunningIdentity, Severity::Error, ADMIN)]
    );
}

#[test]
fn a_group_that_may_write_aws_auth_is_enough_for_who_applies() {
    let mut circumstances = circumstances();
    circumstances
        .rbac
        .aws_auth_writers
        .groups
        .insert("platform".to_owned());
    let demoted = item(ADMIN, "admin", &["platform"]) + &glass();
    let assessment = assess(
        &view(&(admin() + &glass())),
        &view(&demoted),
        &circumstances,
    );
    assert_eq!(
        ids(&assessment),
        [(FindingId::ReducedAccess, Severity::Warning, ADMIN)]
    );
}

#[test]
fn the_last_cluster_admin_may_not_go_even_if_somebody_else_applies() {
    let mut circumstances = circumstances();
    circumstances.running = vec![Principal::from_arn("arn:aws:iam::111122223333:role/ci")];
    let assessment = assess(&view(&glass()), &view("[]"), &circumstances);
    assert_eq!(
        ids(&assessment),
        [
            (FindingId::LastAdmin, Severity::Error, GLASS),
            (FindingId::ReducedAccess, Severity::Warning, GLASS)
        ]
    );
}

#[test]
fn nodes_that_lose_their_entry_are_an_error_unless_there_are_none() {
    let (before, after) = (view(&(admin() + &node())), view(&admin()));
    let assessment = assess(&before, &after, &circumstances());
    assert_eq!(
        ids(&assessment),
        [
            (FindingId::Nodes, Severity::Error, NODES),
            (FindingId::ReducedAccess, Severity::Warning, NODES)
        ]
    );
    let without_nodes = Circumstances {
        nodes: Nodes::None,
        ..circumstances()
    };
    assert_eq!(
        ids(&assess(&before, &after, &without_nodes)),
        [(FindingId::ReducedAccess, Severity::Warning, NODES)]
    );
}

#[test]
fn an_access_entry_of_the_same_role_with_its_path_makes_up_for_the_removed_one() {
    let entry = AccessEntry {
        created_at: None,
        principal_arn: "arn:aws:iam::111122223333:role/people/admins".to_owned(),
        kind: "STANDARD".to_owned(),
        username: "admin".to_owned(),
        groups: Vec::new(),
        policies: vec![AccessPolicy {
            policy_arn: "arn:aws:eks::aws:cluster-access-policy/AmazonEKSClusterAdminPolicy"
                .to_owned(),
            namespaces: Vec::new(),
        }],
    };
    let with_entries = |roles: &str| ClusterView {
        mode: AuthenticationMode::ApiAndConfigMap,
        access_entries: Knowledge::Known(vec![entry.clone()]),
        ..view(roles)
    };
    assert_eq!(
        ids(&assess(
            &with_entries(&admin()),
            &with_entries("[]"),
            &circumstances()
        )),
        []
    );
}

#[test]
fn a_protected_principal_keeps_what_it_has() {
    let circumstances = Circumstances {
        protected: vec![Principal::from_arn(GLASS)],
        ..circumstances()
    };
    let assessment = assess(
        &view(&(admin() + &glass())),
        &view(&admin()),
        &circumstances,
    );
    assert_eq!(
        ids(&assessment),
        [(FindingId::ProtectedPrincipal, Severity::Error, GLASS)]
    );
}

#[test]
fn what_could_not_be_read_is_judged_only_if_it_counts_against_the_change() {
    let mut unreadable = view("[]");
    unreadable.aws_auth =
        Knowledge::Unreadable("`get configmaps` in kube-system is missing".to_owned());
    assert_eq!(ids(&assess(&unreadable, &unreadable, &circumstances())), []);
    let strict = Circumstances {
        unread: Unread::Against,
        ..circumstances()
    };
    assert_eq!(
        ids(&assess(&unreadable, &unreadable, &strict)),
        [(FindingId::Unreadable, Severity::Error, ADMIN)]
    );
}

#[test]
fn a_section_that_no_longer_parses_takes_everybody_out() {
    let assessment = assess(
        &view(&(admin() + &glass())),
        &view(&(admin() + "\t- broken: [\n")),
        &circumstances(),
    );
    let found: Vec<FindingId> = assessment
        .findings
        .iter()
        .map(|finding| finding.id)
        .collect();
    assert_eq!(
        found,
        [
            FindingId::RunningIdentity,
            FindingId::LastAdmin,
            FindingId::ReducedAccess
        ]
    );
}

#[test]
fn the_mode_that_ignores_aws_auth_takes_out_who_is_only_there() {
    let api = ClusterView {
        mode: AuthenticationMode::Api,
        ..view(&admin())
    };
    let assessment = assess(&view(&admin()), &api, &circumstances());
    let found: Vec<FindingId> = assessment
        .findings
        .iter()
        .map(|finding| finding.id)
        .collect();
    assert_eq!(
        found,
        [
            FindingId::RunningIdentity,
            FindingId::LastAdmin,
            FindingId::ModeIgnoresAwsAuth
        ]
    );
}

#[test]
fn an_addition_takes_nothing_away_and_everything_else_may() {
    let both = admin() + &glass();
    assert!(!may_take_away(&view(&admin()), &view(&both)));
    assert!(!may_take_away(&view(&both), &view(&(glass() + &admin()))));
    assert!(may_take_away(&view(&both), &view(&admin())));
    assert!(may_take_away(
        &view(&admin()),
        &view(&item(ADMIN, "admin", &["viewers"]))
    ));
    // The second entry of a role wins over the first.
    assert!(may_take_away(
        &view(&admin()),
        &view(&(admin() + &item(ADMIN, "admin", &["viewers"])))
    ));
}

#[test]
fn an_account_id_that_nobody_has_takes_nothing_away() {
    let listed = |accounts: &str| {
        let data = BTreeMap::from([("mapAccounts".to_owned(), accounts.to_owned())]);
        ClusterView {
            aws_auth: Knowledge::Known(read(&data)),
            ..view(&admin())
        }
    };
    let without = listed("[]");
    let of_change = |accounts: &str| -> Vec<AccessChange> {
        let compared = compare(&listed(accounts), &without);
        compared.iter().map(|one| one.change).collect()
    };
    assert_eq!(of_change("- \"11122223333\"\n"), [AccessChange::Same]);
    assert_eq!(of_change("- \"111122223333\"\n"), [AccessChange::Loses]);
}
