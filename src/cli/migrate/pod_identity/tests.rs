use clap::Parser;
use eksauth_core::access::cluster_access::Knowledge;
use eksauth_core::pod_identity_migration::{
    AccountFacts, Annotation, Association, AssociationAnswer, ByToken, ClusterFacts,
    MigrationFacts, NamespacedName, PodSurvey, RoleAnswer, plan,
};

use super::*;
use crate::command::{Arguments, Command, LegacySource};

const ROLE: &str = "arn:aws:iam::111122223333:role/reader";

fn migration(association: AssociationAnswer, unread: &[String]) -> PodIdentityMigration {
    let account = AccountFacts {
        account: NamespacedName {
            namespace: "apps".to_owned(),
            name: "reader".to_owned(),
        },
        annotation: Some(Annotation {
            role_arn: ROLE.to_owned(),
            ..Annotation::default()
        }),
        association,
        role: RoleAnswer::Found(r#"{"Version":"2012-10-17","Statement":[]}"#.to_owned()),
        by_token: ByToken::Admits,
    };
    plan(&MigrationFacts {
        cluster: &ClusterFacts {
            name: "prod".to_owned(),
            arn: "arn:aws:eks:eu-central-1:111122223333:cluster/prod".to_owned(),
            account: "111122223333".to_owned(),
            provider_arn: None,
        },
        accounts: &[account],
        pods: &Knowledge::Known(PodSurvey::default()),
        unread,
    })
}

fn made() -> AssociationAnswer {
    AssociationAnswer::Found(Box::new(Association {
        role_arn: ROLE.to_owned(),
        ..Association::default()
    }))
}

#[test]
fn the_first_file_needs_none_before_and_every_other_one_does() {
    let fresh = migration(AssociationAnswer::None, &[]);
    assert!(begin(&fresh, Phase::Both).is_ok());
    for (migration, phase) in [
        (&fresh, Phase::PodIdentityOnly),
        (&migration(made(), &[]), Phase::Both),
    ] {
        let error = begin(migration, phase).unwrap_err().to_string();
        assert!(error.contains("--previous"), "{error}");
    }
}

#[test]
fn nothing_is_printed_where_something_could_not_be_read() {
    let unread = ["the roles could not be read".to_owned()];
    let migration = migration(AssociationAnswer::None, &unread);
    let error = check_read(&migration).unwrap_err().to_string();
    assert!(error.contains("the roles could not be read"), "{error}");
    assert_eq!(verdict(&migration), Verdict::Undetermined);
}

#[test]
fn the_exit_code_says_whether_something_stays() {
    let request = |migration: &PodIdentityMigration| {
        printed(&PodIdentityConfigurationRequest {
            migration,
            phase: Phase::Both,
            roles: &BTreeMap::from([(
                ROLE.to_owned(),
                RoleSettings {
                    name: "reader".to_owned(),
                    ..RoleSettings::default()
                },
            )]),
            held: &Held::default(),
        })
    };
    let moves = request(&migration(AssociationAnswer::None, &[]));
    assert_eq!(moves.verdict, Verdict::Yes);
    assert!(
        moves.text.contains("pod_identity_association"),
        "{}",
        moves.text
    );
    let other = Association {
        role_arn: format!("{ROLE}-other"),
        ..Association::default()
    };
    let stays = request(&migration(AssociationAnswer::Found(Box::new(other)), &[]));
    assert_eq!(stays.verdict, Verdict::No);
    assert!(stays.warning.unwrap().contains("other_association"));
}

#[test]
fn a_namespace_is_one_by_its_name() {
    for name in [None, Some("apps"), Some("kube-system")] {
        assert!(check_namespace(name).is_ok(), "{name:?}");
    }
    for name in ["", "a/b", "A", "a:b", "../x", "system:serviceaccount:a"] {
        assert!(check_namespace(Some(name)).is_err(), "{name}");
    }
}

#[test]
fn an_empty_plan_says_so() {
    let done = PodIdentityMigration {
        cluster: ClusterFacts::default(),
        accounts: Vec::new(),
        unread: Vec::new(),
    };
    assert_eq!(verdict(&done), Verdict::Yes);
    assert!(table(&done, None).starts_with("nothing is left to move: no service account has"));
    assert!(table(&done, Some("apps")).contains("of namespace `apps` has"));
    let unread = PodIdentityMigration {
        unread: vec!["the roles could not be read".to_owned()],
        ..done
    };
    assert_eq!(verdict(&unread), Verdict::Undetermined);
    assert!(!table(&unread, None).starts_with("nothing is left to move"));
}

#[test]
fn programs_read_the_same_as_people() {
    let told = json_of(&migration(made(), &[]));
    let account = &told["service_accounts"][0];
    assert_eq!(account["state"], "both");
    assert_eq!(account["waiting"].as_array().unwrap().len(), 3);
    assert!(
        account["trust_statement"]
            .as_str()
            .unwrap()
            .contains("apps")
    );
    assert_eq!(told["done"], false);
}

#[test]
fn a_phase_is_one_of_two() {
    let words = "terraform-provider-eksauth migrate pod-identity hcl --cluster prod --phase";
    let parse = |phase: &str| Arguments::try_parse_from(words.split(' ').chain([phase]));
    let parsed = parse("2").unwrap().command;
    let Command::Migrate(arguments) = parsed else {
        unreachable!()
    };
    assert!(matches!(arguments.from, LegacySource::PodIdentity(_)));
    assert!(parse("3").is_err());
}
