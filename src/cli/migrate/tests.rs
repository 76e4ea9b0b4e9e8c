//! What no file is printed for: Terraform destroys what a file leaves out.

use eksauth_core::legacy_pod_role::inventory::{Inventory, NamespacedName};
use eksauth_core::legacy_pod_role::kiam::ExpressionMode;
use eksauth_core::legacy_pod_role::migration::{
    AccountProgress, NewTrust, RoleFacts, RoleProblem, RoleProgress,
};
use eksauth_core::legacy_pod_role::scan::{AccountProposal, Scan, ScanRequest};
use eksauth_core::legacy_pod_role::system::{Kiam, LegacySystem, SetUp};

use clap::Parser;

use super::reading::beside_the_trust;
use super::*;
use crate::command::{Arguments, Command};

/// What `migrate kiam hcl` is given.
fn input(more: &[&str]) -> LegacyInput {
    let words = [
        "terraform-provider-eksauth",
        "migrate",
        "kiam",
        "hcl",
        "--phase",
        "1",
    ];
    let parsed = Arguments::try_parse_from(words.iter().chain(more)).unwrap();
    let Command::Migrate(MigrateArguments {
        from:
            LegacySource::Kiam(LegacyArguments {
                what: LegacyOutput::Hcl(hcl),
            }),
    }) = parsed.command
    else {
        unreachable!()
    };
    hcl.input
}

fn refusal(input: &LegacyInput, phase: Phase) -> Option<String> {
    check_arguments(input, phase)
        .err()
        .map(|refused| refused.to_string())
}

fn migration(role: RoleProgress) -> Migration {
    let scan = Scan::of(&ScanRequest {
        inventory: &Inventory::default(),
        system: &LegacySystem::Kiam(Kiam {
            prefix: String::new(),
            mode: ExpressionMode::Strict,
        }),
        set_up: SetUp::Known,
        account: None,
    });
    Migration {
        scan,
        roles: vec![role],
        unread: Vec::new(),
    }
}

fn role(facts: Option<RoleFacts>, problem: Option<RoleProblem>) -> RoleProgress {
    RoleProgress {
        role_arn: "arn:aws:iam::111122223333:role/reader".to_owned(),
        facts,
        problem,
        accounts: Vec::new(),
        kept_for: Vec::new(),
    }
}

fn read_of(migration: Migration) -> Read {
    Read {
        migration,
        provider_arn: None,
        cluster: None,
        notes: Vec::new(),
        doubt: None,
        unclear: Vec::new(),
    }
}

#[test]
fn nothing_is_printed_where_a_role_or_an_object_could_not_be_read() {
    let problem = |is_unread| RoleProblem {
        text: "the role could not be read: 403".to_owned(),
        is_unread,
    };
    let unread_role = read_of(migration(role(None, Some(problem(true)))));
    let error = check_read(&unread_role, Phase::BothTrusts)
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("role/reader`: the role could not be read: 403"),
        "{error}"
    );

    let left_out = read_of(migration(role(None, Some(problem(false)))));
    assert!(check_read(&left_out, Phase::BothTrusts).is_ok());

    let mut unread_accounts = left_out;
    unread_accounts.migration.unread = vec!["the serviceaccounts could not be read".to_owned()];
    assert!(check_read(&unread_accounts, Phase::BothTrusts).is_err());

    let mut doubtful = read_of(migration(role(None, None)));
    doubtful.doubt = Some("none of the roles lets `nodes` in".to_owned());
    assert!(check_read(&doubtful, Phase::BothTrusts).is_err());
}

#[test]
fn no_trust_is_taken_away_on_the_word_of_settings_that_are_in_doubt() {
    let mut read = read_of(migration(role(Some(RoleFacts::default()), None)));
    read.unclear = vec!["kube2iam runs with different settings".to_owned()];
    for phase in [Phase::BothTrusts, Phase::Accounts] {
        assert!(check_read(&read, phase).is_ok());
    }
    let error = check_read(&read, Phase::NewTrustOnly).unwrap_err();
    assert!(error.to_string().contains("different settings"), "{error}");
}

#[test]
fn what_naming_the_account_does_not_mend_is_told_with_what_does() {
    let usual = "sts.amazonaws.com";
    let told = beside_the_trust("condition:x:aud", "vault", usual).unwrap_or_default();
    assert!(
        told.contains("`eks.amazonaws.com/audience` = `vault`"),
        "{told}"
    );
    let told = beside_the_trust("provider.client_id", usual, usual).unwrap_or_default();
    assert!(
        told.contains("Add the client id `sts.amazonaws.com`"),
        "{told}"
    );
    assert_eq!(beside_the_trust("condition:x:sub", usual, usual), None);
}

#[test]
fn a_file_without_the_one_before_is_printed_only_where_nothing_has_begun() {
    let fresh = migration(role(Some(RoleFacts::default()), None));
    assert!(begin(&fresh, Phase::BothTrusts).is_ok());
    for phase in [Phase::Accounts, Phase::NewTrustOnly] {
        assert!(begin(&fresh, phase).is_err());
    }
    let mut facts = RoleFacts::default();
    facts.trust.service_accounts.insert("apps:web".to_owned());
    let begun = migration(role(Some(facts), None));
    assert!(begin(&begun, Phase::BothTrusts).is_err());
}

#[test]
fn a_file_before_that_a_shell_has_emptied_is_no_answer() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("migration.tf");
    std::fs::write(&path, "").unwrap();
    let error = held(Some(&path)).unwrap_err().to_string();
    assert!(error.contains("holds no resource"), "{error}");
    assert!(held(Some(&folder.path().join("absent.tf"))).is_err());
    assert_eq!(
        held(Some(Path::new("none"))).unwrap(),
        Some(Held::default())
    );
    assert_eq!(held(None).unwrap(), None);
}

#[test]
fn a_file_is_printed_for_the_nodes_and_the_cluster_that_are_named() {
    let nodes = ["--node-role", "arn:aws:iam::111122223333:role/nodes"];
    let cluster = ["--cluster", "prod"];
    let file = ["--file", "apps.yaml"];
    let all = input(&[nodes, cluster].concat());
    for phase in [Phase::BothTrusts, Phase::Accounts, Phase::NewTrustOnly] {
        assert_eq!(refusal(&all, phase), None);
    }
    let told = refusal(&input(&cluster), Phase::BothTrusts).unwrap_or_default();
    assert!(told.contains("give --node-role"), "{told}");
    let told = refusal(&input(&[nodes, file].concat()), Phase::BothTrusts).unwrap_or_default();
    assert!(told.contains("give --cluster beside --file"), "{told}");
    let with_file = input(&[nodes, cluster, file].concat());
    assert_eq!(refusal(&with_file, Phase::BothTrusts), None);
    for phase in [Phase::Accounts, Phase::NewTrustOnly] {
        let told = refusal(&with_file, phase).unwrap_or_default();
        assert!(told.contains("leave --file out"), "{told}");
    }
}

#[test]
fn a_move_that_has_begun_at_an_account_wants_the_file_before_too() {
    let account = |annotated_role: Option<&str>| AccountProgress {
        proposal: AccountProposal {
            account: NamespacedName {
                namespace: "apps".to_owned(),
                name: "web".to_owned(),
            },
            role_arn: "arn:aws:iam::111122223333:role/reader".to_owned(),
            instead_of: None,
            exists: true,
            annotated_role: annotated_role.map(str::to_owned),
            audience: None,
            workloads: Vec::new(),
        },
        new_trust: NewTrust::Admits,
        waiting: Vec::new(),
    };
    let begun = |annotated_role| {
        let mut role = role(Some(RoleFacts::default()), None);
        role.accounts = vec![account(annotated_role)];
        begin(&migration(role), Phase::BothTrusts)
    };
    assert_eq!(begun(None).unwrap(), Held::default());
    assert!(begun(Some("arn:aws:iam::111122223333:role/another")).is_ok());
    let refused = begun(Some("arn:aws:iam::111122223333:role/reader")).unwrap_err();
    assert!(refused.to_string().contains("--previous none"), "{refused}");
}
