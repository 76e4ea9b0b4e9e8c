//! Every kind of entry that aws-auth can have, and what becomes of it. The defects of eksctl's migrator are cases of their own.

use std::collections::BTreeMap;

use super::*;
use crate::aws_auth::read;
use crate::principal::case_folding::fold_key;

mod configurations;
mod eksctl;
mod existing;
mod removal;

const ACCOUNT: &str = "111122223333";
const ADMIN_POLICY_ARN: &str = "arn:aws:eks::aws:cluster-access-policy/AmazonEKSClusterAdminPolicy";

/// A cluster as a case has it.
struct Case {
    map_roles: String,
    map_users: String,
    map_accounts: String,
    mode: AuthenticationMode,
    partition: Partition,
    entries: Knowledge<Vec<AccessEntry>>,
    managed: Knowledge<BTreeMap<String, EntryType>>,
    principals: KnownPrincipals,
}

fn role_item(name: &str, username: &str, groups: &[&str]) -> String {
    let groups: Vec<String> = groups.iter().map(|group| format!("'{group}'")).collect();
    format!(
        "- rolearn: arn:aws:iam::{ACCOUNT}:role/{name}\n  username: '{username}'\n  groups: [{}]\n",
        groups.join(", ")
    )
}

fn user_item(name: &str, username: &str, groups: &[&str]) -> String {
    role_item(name, username, groups)
        .replace("rolearn", "userarn")
        .replace(":role/", ":user/")
}

impl Case {
    fn of_roles(map_roles: impl Into<String>) -> Self {
        Self {
            map_roles: map_roles.into(),
            map_users: String::new(),
            map_accounts: String::new(),
            mode: AuthenticationMode::ConfigMap,
            partition: Partition::Aws,
            entries: Knowledge::Known(Vec::new()),
            managed: Knowledge::Known(BTreeMap::new()),
            principals: KnownPrincipals::default(),
        }
    }

    fn of_users(map_users: impl Into<String>) -> Self {
        Self {
            map_users: map_users.into(),
            ..Self::of_roles("")
        }
    }

    fn found(mut self, canonical: &str, arn: &str) -> Self {
        self.principals.insert(
            canonical,
            IamAnswer::Found {
                arn: arn.to_owned(),
                unique_id: Some("AROAEXAMPLE".to_owned()),
                created_at: Some(1_000),
            },
        );
        self
    }

    /// The roles of the account, under a path or at `/`.
    fn roles(mut self, names: &[&str]) -> Self {
        for written in names {
            let name = written.rsplit('/').next().unwrap();
            self = self.found(&role(name), &role(written));
        }
        self
    }

    fn plan(&self) -> EntryMigration {
        let data = [
            ("mapRoles", &self.map_roles),
            ("mapUsers", &self.map_users),
            ("mapAccounts", &self.map_accounts),
        ];
        let data = data.into_iter().filter(|(_, text)| !text.is_empty());
        let data: BTreeMap<String, String> = data
            .map(|(key, text)| (key.to_owned(), text.clone()))
            .collect();
        plan(&MigrationFacts {
            aws_auth: &read(&data),
            mode: self.mode,
            access_entries: &self.entries,
            account: ACCOUNT,
            partition: self.partition,
            principals: &self.principals,
            managed: &self.managed,
        })
    }

    fn only(&self) -> MigratedEntry {
        let mut entries = self.plan().entries;
        assert_eq!(entries.len(), 1, "{entries:?}");
        entries.remove(0)
    }
}

fn role(name: &str) -> String {
    format!("arn:aws:iam::{ACCOUNT}:role/{name}")
}

fn proposed(migrated: &MigratedEntry) -> &ProposedEntry {
    match &migrated.becomes {
        Becomes::New(proposed) => proposed,
        other => panic!("{other:?}"),
    }
}

fn obstacle(migrated: &MigratedEntry) -> &str {
    match &migrated.becomes {
        Becomes::Stays(obstacle) => obstacle.id,
        other => panic!("{other:?}"),
    }
}

fn nothing(migrated: &MigratedEntry) -> &str {
    match &migrated.becomes {
        Becomes::Nothing { id, .. } => id,
        other => panic!("{other:?}"),
    }
}

fn ids(migrated: &MigratedEntry) -> Vec<&'static str> {
    migrated.differences.iter().map(Difference::id).collect()
}

#[test]
fn people_become_entries_with_the_path_of_their_role_and_the_same_name_and_groups() {
    let migrated = Case::of_roles(role_item("devs", "dev:{{SessionName}}", &["devs", "view"]))
        .roles(&["teams/devs"])
        .only();
    let entry = proposed(&migrated);
    assert_eq!(entry.principal.arn, role("teams/devs"));
    assert_eq!(entry.entry_type, EntryType::Standard);
    assert_eq!(entry.user_name.as_deref(), Some("dev:{{SessionName}}"));
    assert_eq!(entry.groups, ["devs", "view"]);
    assert_eq!(entry.policies, []);
    assert_eq!(migrated.differences, []);
    assert!(migrated.may_leave_aws_auth(&[]));
}

#[test]
fn nodes_become_entries_of_their_type() {
    for (username, groups, wanted) in [
        (
            "system:node:{{EC2PrivateDNSName}}",
            &["system:bootstrappers", "system:nodes"][..],
            EntryType::Ec2Linux,
        ),
        (
            "system:node:{{EC2PrivateDNSName}}",
            &["system:nodes"],
            EntryType::Ec2Linux,
        ),
        (
            "system:node:{{EC2PrivateDNSName}}",
            &[
                "system:bootstrappers",
                "system:nodes",
                "eks:kube-proxy-windows",
            ],
            EntryType::Ec2Windows,
        ),
        (
            "system:node:{{SessionName}}",
            &[
                "system:bootstrappers",
                "system:nodes",
                "system:node-proxier",
            ],
            EntryType::FargateLinux,
        ),
        (
            "system:node:{{SessionName}}",
            &["system:bootstrappers", "system:nodes"],
            EntryType::HybridLinux,
        ),
    ] {
        let migrated = Case::of_roles(role_item("n", username, groups))
            .roles(&["n"])
            .only();
        let entry = proposed(&migrated);
        assert_eq!(entry.entry_type, wanted);
        assert_eq!((&entry.user_name, entry.groups.len()), (&None, 0));
        assert_eq!(migrated.differences, [], "{username}");
    }
    for groups in [
        &["system:nodes", "system:masters"][..],
        &["system:nodes", "devs"],
        &["devs"],
    ] {
        let item = role_item("n", "system:node:{{EC2PrivateDNSName}}", groups);
        assert_eq!(
            obstacle(&Case::of_roles(item).roles(&["n"]).only()),
            "mixed_nodes"
        );
    }
}

#[test]
fn the_roles_of_managed_nodes_are_left_to_eks_while_it_makes_their_entries() {
    let node = role_item(
        "n",
        "system:node:{{EC2PrivateDNSName}}",
        &["system:bootstrappers", "system:nodes"],
    );
    let managed = Knowledge::Known(BTreeMap::from([(
        fold_key(&role("n")),
        EntryType::Ec2Linux,
    )]));
    let with = |item: String, mode| {
        Case {
            managed: managed.clone(),
            mode,
            ..Case::of_roles(item)
        }
        .roles(&["n"])
        .only()
    };
    let migrated = with(node.clone(), AuthenticationMode::ConfigMap);
    assert!(matches!(&migrated.becomes, Becomes::MadeByEks(entry) if entry.kind == "EC2_LINUX"));
    assert_eq!(migrated.differences, []);
    // The mode was raised and there is none: somebody took it away.
    assert_eq!(
        with(node, AuthenticationMode::ApiAndConfigMap).state(),
        "new"
    );
    // EKS makes an entry of its own type, which gives something else.
    for (username, groups) in [
        ("ops", &["system:masters"][..]),
        (
            "system:node:{{EC2PrivateDNSName}}",
            &["system:nodes", "eks:kube-proxy-windows"],
        ),
        (
            "system:node:{{SessionName}}",
            &["system:nodes", "system:node-proxier"],
        ),
    ] {
        let item = role_item("n", username, groups);
        assert_eq!(
            obstacle(&with(item, AuthenticationMode::ConfigMap)),
            "managed_role",
            "{username} {groups:?}"
        );
    }
}

#[test]
fn what_eks_takes_in_no_entry_stays_with_the_reason() {
    for (username, groups, wanted) in [
        ("ops", &["system:basic-user"][..], "system_group"),
        (
            "ops",
            &["system:masters", "system:kube-scheduler"],
            "system_group",
        ),
        ("ops:{{AccessKeyID}}", &[], "template"),
        ("ops:{{EC2PrivateDNSName}}", &[], "template"),
        ("ops:{{Session}}", &[], "template"),
        ("ops", &["team-{{SessionName}}"], "template"),
    ] {
        let migrated = Case::of_roles(role_item("r", username, groups))
            .roles(&["r"])
            .only();
        assert_eq!(obstacle(&migrated), wanted, "{username} {groups:?}");
        assert!(!migrated.may_leave_aws_auth(&Difference::ACCEPTABLE));
        assert_eq!(migrated.before, migrated.after);
    }
}

#[test]
fn a_name_that_eks_does_not_take_is_a_difference_to_accept() {
    let filled_in = format!("arn:aws:sts::{ACCOUNT}:assumed-role/r/{{{{SessionName}}}}");
    for (username, after) in [
        ("system:ops", filled_in.as_str()),
        ("eks:ops", &filled_in),
        ("iam:x", &filled_in),
        ("{{SessionName}}", &filled_in),
        ("", &filled_in),
        ("ops:{{SessionNameRaw}}", "ops:{{SessionName}}"),
    ] {
        let migrated = Case::of_roles(role_item("r", username, &["devs"]))
            .roles(&["r"])
            .only();
        assert_eq!(ids(&migrated), ["user-name"], "{username}");
        assert_eq!(proposed(&migrated).as_entry().username, after);
        assert!(!migrated.may_leave_aws_auth(&[]));
        assert!(migrated.may_leave_aws_auth(&["user-name"]));
    }
}

#[test]
fn what_has_one_value_for_the_principal_is_written_out() {
    let item = role_item("r", "{{AccountID}}:{{SessionName}}", &["of-{{AccountID}}"]);
    let migrated = Case::of_roles(item).roles(&["r"]).only();
    assert_eq!(
        proposed(&migrated).user_name.as_deref(),
        Some("111122223333:{{SessionName}}")
    );
    assert_eq!(proposed(&migrated).groups, ["of-111122223333"]);
    assert_eq!(migrated.differences, []);
    // A user has no session.
    let migrated = Case::of_users(user_item("eve", "u:{{SessionName}}", &[])).only();
    assert_eq!(proposed(&migrated).user_name.as_deref(), Some("u:"));
    assert_eq!(migrated.differences, []);
}

#[test]
fn what_lets_nobody_in_is_not_moved() {
    let twice = role_item("r", "one", &["a"]) + &role_item("R", "two", &["b"]);
    let entries = Case::of_roles(twice).roles(&["r"]).plan().entries;
    assert_eq!(nothing(&entries[0]), "superseded");
    assert_eq!(proposed(&entries[1]).groups, ["b"]);
    assert_eq!(entries[1].differences, []);

    let session = "- rolearn: arn:aws:sts::111122223333:assumed-role/r/eve\n  username: a\n";
    for (item, id) in [
        (role_item("team/r", "a", &[]), "never_matches"),
        (session.to_owned(), "never_matches"),
        (role_item("r*", "a", &[]), "never_matches"),
    ] {
        let migrated = Case::of_roles(item).roles(&["r"]).only();
        assert_eq!(nothing(&migrated), id);
        assert!(migrated.may_leave_aws_auth(&[]));
    }

    let instance = user_item("eve", "x:{{EC2PrivateDNSName}}", &[]);
    assert_eq!(nothing(&Case::of_users(instance).only()), "refused");

    let both = Case {
        map_users: role_item("r", "as-user", &[]).replace("rolearn", "userarn"),
        ..Case::of_roles(role_item("r", "as-role", &[]))
    };
    let entries = both.roles(&["r"]).plan().entries;
    assert_eq!(
        (entries[0].state(), nothing(&entries[1])),
        ("new", "superseded")
    );

    let elsewhere = Case::of_users(user_item("eve", "eve", &[])).found(
        "arn:aws:iam::111122223333:user/eve",
        "arn:aws:iam::111122223333:user/people/eve",
    );
    assert_eq!(nothing(&elsewhere.only()), "never_matches");
}

#[test]
fn users_in_several_spellings_stay_because_any_of_them_answers() {
    let items = user_item("eve", "a", &["x"]) + &user_item("Eve", "b", &["y"]);
    let entries = Case::of_users(items).plan().entries;
    assert_eq!(
        entries.iter().map(obstacle).collect::<Vec<_>>(),
        ["random", "random"]
    );
    assert!(matches!(entries[0].before, Some(Access::Random(_))));
}

#[test]
fn accounts_and_permission_sets_stay() {
    let accounts = Case {
        map_accounts: "- '444455556666'\n".to_owned(),
        ..Case::of_roles("")
    };
    assert_eq!(obstacle(&accounts.only()), "account");
    let sso =
        "- sso:\n    permissionSetName: Admin\n    accountID: '111122223333'\n  username: a\n";
    assert_eq!(obstacle(&Case::of_roles(sso).only()), "permission_set");
    for arn in ["root", "federated-user/eve"] {
        let service = if arn == "root" { "iam" } else { "sts" };
        let item = format!("- userarn: arn:aws:{service}::111122223333:{arn}\n  username: a\n");
        assert_eq!(obstacle(&Case::of_users(item).only()), "principal", "{arn}");
    }
}

#[test]
fn the_role_of_a_permission_set_moves_with_the_path_that_iam_says_and_stays_without() {
    let name = "AWSReservedSSO_Admin_0123456789abcdef";
    let case = || Case::of_roles(role_item(name, "sso:{{SessionName}}", &["admins"]));
    assert_eq!(obstacle(&case().only()), "path_unknown");
    let path = format!("aws-reserved/sso.amazonaws.com/eu-central-1/{name}");
    let migrated = case().roles(&[&path]).only();
    assert_eq!(proposed(&migrated).principal.arn, role(&path));
}

#[test]
fn in_mode_api_nothing_moves_and_nothing_is_said_to_be_needed() {
    let case = Case {
        mode: AuthenticationMode::Api,
        map_accounts: "- '444455556666'\n".to_owned(),
        ..Case::of_roles(role_item("r", "a", &["x"]))
    };
    let migration = case.roles(&["r"]).plan();
    for entry in &migration.entries {
        assert_eq!(nothing(entry), "mode");
        assert_eq!(entry.before, entry.after);
    }
}

#[test]
fn what_the_server_cannot_read_is_named_and_makes_the_migration_unfinished() {
    let migration = Case::of_roles("- rolearn: [\n").plan();
    assert_eq!(migration.entries, []);
    assert!(
        migration.unread[0].contains("mapRoles of aws-auth, line"),
        "{:?}",
        migration.unread
    );
    assert!(!migration.is_done() && !migration.moves_whole(&[]) && migration.is_uncertain());
}

#[test]
fn a_thousand_entries_are_looked_up_each_once() {
    let mut case = Case::of_roles("");
    let names: Vec<String> = (0..1_000).map(|number| format!("role-{number}")).collect();
    for name in &names {
        case.map_roles += &role_item(
            name,
            &format!("{name}:{{{{SessionName}}}}"),
            &["a", "system:masters"],
        );
        case = case.roles(&[name]);
    }
    let migration = case.plan();
    assert_eq!(migration.entries.len(), 1_000);
    for entry in &migration.entries {
        assert_eq!(ids(entry), ["masters", "impersonation"]);
    }
    assert!(migration.moves_whole(&["masters", "impersonation"]));
}
