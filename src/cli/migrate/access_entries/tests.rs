use std::collections::BTreeMap;

use clap::Parser;
use eksauth_core::access::access_entry::AuthenticationMode;
use eksauth_core::access::cluster_access::Knowledge;
use eksauth_core::access::entry_migration::{IamAnswer, KnownPrincipals, MigrationFacts, plan};
use eksauth_core::aws_auth::read as read_aws_auth;
use eksauth_core::principal::partition::Partition;

use super::*;
use crate::command::{AcceptedDifference, Arguments, Command, LegacySource};

const ROLE: &str = "arn:aws:iam::111122223333:role/ops";

fn hcl(more: &[&str]) -> EntryHclArguments {
    let words = "terraform-provider-eksauth migrate access-entries hcl --cluster prod";
    let parsed = Arguments::try_parse_from(words.split(' ').chain(more.iter().copied())).unwrap();
    let Command::Migrate(arguments) = parsed.command else {
        unreachable!()
    };
    let LegacySource::AccessEntries(EntryMigrationArguments {
        what: EntryMigrationOutput::Hcl(hcl),
    }) = arguments.from
    else {
        unreachable!()
    };
    hcl
}

fn read_with(mode: AuthenticationMode, readable: bool) -> Read {
    let items = format!("- rolearn: {ROLE}\n  username: ops\n  groups: ['system:masters', ops]\n");
    let data = BTreeMap::from([("mapRoles".to_owned(), items)]);
    let mut principals = KnownPrincipals::default();
    let arn = ROLE.replace("role/", "role/teams/");
    principals.insert(
        ROLE,
        IamAnswer::Found {
            arn,
            unique_id: None,
            created_at: None,
        },
    );
    let entries = match readable {
        true => Knowledge::Known(Vec::new()),
        false => Knowledge::Unreadable("`eks:ListAccessEntries` is missing".to_owned()),
    };
    Read {
        migration: plan(&MigrationFacts {
            aws_auth: &read_aws_auth(&data),
            mode,
            access_entries: &entries,
            account: "111122223333",
            partition: Partition::Aws,
            principals: &principals,
            managed: &Knowledge::Known(BTreeMap::new()),
        }),
        cluster: "prod".to_owned(),
        account: "111122223333".to_owned(),
    }
}

#[test]
fn every_difference_that_can_be_accepted_has_its_name_on_the_command_line() {
    use clap::ValueEnum;
    let names: Vec<&str> = AcceptedDifference::value_variants()
        .iter()
        .map(|one| one.id())
        .collect();
    assert_eq!(names, Difference::ACCEPTABLE);
    for name in names {
        assert_eq!(hcl(&["--accept", name]).accepted[0].id(), name);
    }
}

#[test]
fn what_is_not_accepted_is_left_out_and_told_by_the_exit_code() {
    let read = read_with(AuthenticationMode::ConfigMap, true);
    let refused = print_configuration(&hcl(&["--accept", "masters"]), &read).unwrap();
    assert_eq!(refused.verdict, Verdict::No);
    assert!(!refused.text.contains("resource"), "{}", refused.text);
    assert!(refused.warning.unwrap().contains("(impersonation)"));
    let both = ["--accept", "masters", "--accept", "impersonation"];
    let printed = print_configuration(&hcl(&both), &read).unwrap();
    assert_eq!((printed.verdict, printed.warning), (Verdict::Yes, None));
    assert!(printed.text.contains("role/teams/ops"), "{}", printed.text);
}

#[test]
fn the_entries_wait_for_a_resource_that_raises_the_mode() {
    let read = read_with(AuthenticationMode::ConfigMap, true);
    let accepted = ["--accept", "masters", "--accept", "impersonation"];
    let own = print_configuration(&hcl(&accepted), &read).unwrap().text;
    assert!(own.contains("[eksauth_authentication_mode.this]"), "{own}");
    let after = [accepted.as_slice(), &["--after", "module.eks"]].concat();
    let other = print_configuration(&hcl(&after), &read).unwrap().text;
    assert!(other.contains("[module.eks]"), "{other}");
    assert!(!other.contains("eksauth_authentication_mode"), "{other}");
    let words = "terraform-provider-eksauth migrate access-entries hcl --cluster prod --after";
    for odd in ["this", "a.b]\n}", "a.${b}", "a.b.c.d", ".b", "a..b"] {
        let refused = Arguments::try_parse_from(words.split(' ').chain([odd]));
        assert!(refused.is_err(), "{odd}");
    }
}

#[test]
fn nothing_is_printed_without_the_access_entries() {
    let read = read_with(AuthenticationMode::ApiAndConfigMap, false);
    let error = print_configuration(&hcl(&[]), &read).unwrap_err();
    assert!(
        error
            .to_string()
            .contains("`eks:ListAccessEntries` is missing")
    );
    assert_eq!(verdict(&read.migration), Verdict::Undetermined);
}

#[test]
fn programs_read_the_same_as_people() {
    let told = json_of(&read_with(AuthenticationMode::ConfigMap, true).migration);
    let entry = &told["entries"][0];
    assert_eq!(entry["state"], "new");
    assert_eq!(entry["access_entry"]["kubernetes_groups"], json!(["ops"]));
    assert_eq!(entry["held_back"], "it has no access entry yet");
    assert_eq!(entry["differences"][0]["id"], "masters");
    assert_eq!(
        (&told["mode"], &told["done"]),
        (&json!("CONFIG_MAP"), &json!(false))
    );
}
