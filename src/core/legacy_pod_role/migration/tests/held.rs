//! What a file holds: everything of what it imports, and everything of the file before.

use std::collections::BTreeMap;

use super::*;

#[test]
fn everything_that_an_import_answers_for_is_in_the_file() {
    let mut migration = migration(scan(false, 2, 0), NewTrust::Admits);
    let facts = migration.roles[0].facts.as_mut().unwrap();
    facts.settings.path = "/team/".to_owned();
    facts.settings.max_session_duration = 7200;
    facts.settings.permissions_boundary = Some("arn:aws:iam::111122223333:policy/edge".to_owned());
    facts.settings.policy_arns =
        BTreeSet::from(["arn:aws:iam::aws:policy/ReadOnlyAccess".to_owned()]);
    facts.settings.inline_policies = BTreeMap::from([(
        "more".to_owned(),
        r#"{"Resource":"${aws:username}"}"#.to_owned(),
    )]);
    facts.settings.tags = BTreeMap::from([
        ("aws:cloudformation:stack-name".to_owned(), "x".to_owned()),
        ("owner".to_owned(), "me".to_owned()),
    ]);
    for phase in [Phase::BothTrusts, Phase::Accounts, Phase::NewTrustOnly] {
        let text = hcl(&migration, phase);
        for part in [
            "  path                 = \"/team/\"\n",
            "  max_session_duration = 7200\n",
            "  permissions_boundary = \"arn:aws:iam::111122223333:policy/edge\"\n",
            "  policy_arns          = [\"arn:aws:iam::aws:policy/ReadOnlyAccess\"]\n",
            "  inline_policies = {\n    \"more\" = \"{\\\"Resource\\\":\\\"$${aws:username}\\\"}\"\n  }\n",
            "  tags = {\n    \"owner\" = \"me\"\n  }\n",
        ] {
            assert!(text.contains(part), "{part} is not in\n{text}");
        }
    }
}

#[test]
fn nothing_opens_a_role_to_nodes_that_it_does_not_trust() {
    let mut migration = migration(scan(false, 2, 0), NewTrust::Admits);
    migration.roles[0].facts.as_mut().unwrap().trust = TrustParts::default();
    let text = hcl(&migration, Phase::BothTrusts);
    assert!(!text.contains("role/nodes"), "{text}");
}

#[test]
fn what_the_file_before_holds_is_held_by_every_later_one() {
    let before = migration(scan(false, 2, 0), NewTrust::Admits);
    let second = hcl(&before, Phase::Accounts);
    let held = Held::parse(&second).unwrap();
    let addresses: Vec<&str> = held.blocks.iter().map(|block| &*block.address).collect();
    let all = [
        "eksauth_irsa_role.reader",
        "eksauth_service_account.apps_web",
    ];
    assert_eq!(addresses, all);

    // Trust edited by hand, or going back a phase, or nothing that asks for it any more.
    let edited = migration(scan(true, 2, 2), NewTrust::Refuses("no".to_owned()));
    let gone = Migration {
        roles: Vec::new(),
        ..before.clone()
    };
    for later in [&edited, &gone, &before] {
        for phase in [Phase::BothTrusts, Phase::Accounts, Phase::NewTrustOnly] {
            let printed = after(later, phase, &held);
            let again = Held::parse(&printed.text).unwrap();
            assert!(all.iter().all(|one| again.has(one)), "{}", printed.text);
        }
    }
    let printed = after(&gone, Phase::NewTrustOnly, &held);
    assert_eq!(printed.carried, all);
    assert!(
        held.blocks
            .iter()
            .all(|block| printed.text.contains(&block.text))
    );
}

#[test]
fn an_oidc_provider_that_a_phase_made_stays_in_the_file() {
    let migration = migration(scan(false, 2, 0), NewTrust::Admits);
    let first = configuration(&ConfigurationRequest {
        migration: &migration,
        phase: Phase::BothTrusts,
        cluster: Some("prod"),
        provider_arn: None,
        held: &Held::default(),
    });
    let held = Held::parse(&first.text).unwrap();
    assert!(held.has("eksauth_oidc_provider.this"));
    let second = after(&migration, Phase::Accounts, &held);
    assert!(
        Held::parse(&second.text)
            .unwrap()
            .has("eksauth_oidc_provider.this")
    );
    assert!(second.text.contains("= eksauth_oidc_provider.this.arn\n"));
    assert_eq!(second.carried, [] as [&str; 0]);
}

#[test]
fn a_file_before_that_no_phase_printed_is_refused() {
    let role = "resource \"eksauth_irsa_role\" \"a\" {\n  name = \"a\"\n}\n";
    assert!(Held::parse(&format!("# x\n\n{role}")).is_ok());
    for (text, error) in [
        (String::new(), HeldError::Empty),
        ("# only\n".to_owned(), HeldError::Empty),
        (format!("{role}locals {{}}\n"), HeldError::Line { line: 4 }),
        (
            role.replace("irsa_role", "cluster"),
            HeldError::Line { line: 1 },
        ),
        (
            format!("{role}{role}"),
            HeldError::Twice {
                address: "eksauth_irsa_role.a".to_owned(),
            },
        ),
        (
            role.trim_end_matches("}\n").to_owned(),
            HeldError::NoEnd {
                address: "eksauth_irsa_role.a".to_owned(),
            },
        ),
    ] {
        assert_eq!(Held::parse(&text), Err(error));
    }
}

#[test]
fn labels_follow_from_the_name_alone_and_none_is_shared() {
    let names = [
        "a-b", "a_b", "a.b", "A-b", "a_b__2", "x--a-2eb", "1a", "_1a", "+", "a=b",
    ];
    let labels: BTreeSet<String> = names.iter().map(|name| crate::hcl::label(name)).collect();
    assert_eq!(labels.len(), names.len(), "{labels:?}");
    assert_eq!(crate::hcl::label("a.b"), "x--a-2eb");
    let account = crate::hcl::account_label;
    let labels = [
        account("a", "b-c"),
        account("a-b", "c"),
        account("a", "b.c"),
        account("1", "a"),
    ];
    assert_eq!(labels, ["a_b-c", "a-b_c", "a_b_c", "_1_a"]);
}

#[test]
fn an_account_with_another_role_is_left_out_and_said_in_every_phase() {
    let mut migration = migration(scan(true, 2, 2), NewTrust::Admits);
    migration.roles[0].accounts[0].proposal.annotated_role = Some(format!("{BASE}other"));
    for phase in [Phase::BothTrusts, Phase::Accounts, Phase::NewTrustOnly] {
        let text = hcl(&migration, phase);
        assert!(!text.contains("resource"), "{text}");
        let told = left_out(&migration, phase).join("\n");
        assert!(
            told.contains("it is annotated with `arn:aws:iam::111122223333:role/other`"),
            "{told}"
        );
    }
}

#[test]
fn a_role_that_still_lets_the_nodes_in_is_not_done() {
    let mut migration = migration(scan(true, 2, 2), NewTrust::Admits);
    let root = json!({"Statement": {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:root"}, "Action": "sts:AssumeRole"}});
    migration.roles[0].facts.as_mut().unwrap().trust =
        TrustParts::of(&root.to_string(), &nodes(), Some(PROVIDER));
    assert_eq!(migration.roles[0].state(), "nodes still let in");
    assert!(!migration.is_done());
    let told = left_out(&migration, Phase::NewTrustOnly).join("\n");
    assert!(told.contains(":root` as well"), "{told}");
}
