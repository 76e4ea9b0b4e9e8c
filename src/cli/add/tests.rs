use eksauth_provider::ports::kubernetes::ConfigMap;

use super::*;
use crate::command::{AddRoleArguments, AddUserArguments, AwsArguments};

fn entry_arguments(groups: &[&str]) -> EntryArguments {
    EntryArguments {
        cluster: "prod".to_owned(),
        username: "platform:{{SessionName}}".to_owned(),
        groups: groups.iter().map(|name| (*name).to_owned()).collect(),
        dry_run: true,
        aws: AwsArguments::default(),
    }
}

fn role(arn: &str, groups: &[&str]) -> Addition {
    Addition::Role(AddRoleArguments {
        rolearn: arn.to_owned(),
        entry: entry_arguments(groups),
    })
}

fn document(roles: &str) -> Document {
    Document::new(Some(ConfigMap {
        data: BTreeMap::from([("mapRoles".to_owned(), roles.to_owned())]),
        ..ConfigMap::default()
    }))
}

const PATHED: &str = "arn:aws:iam::111122223333:role/teams/platform";

#[test]
fn a_path_is_left_out_and_the_reader_is_told() {
    let addition = role(PATHED, &["b", "", " a ", "b"]);
    let (wanted, _) = wanted(&addition).unwrap();
    assert_eq!(
        wanted.entry,
        Entry::Role {
            rolearn: "arn:aws:iam::111122223333:role/platform".to_owned(),
            username: "platform:{{SessionName}}".to_owned(),
            groups: vec!["b".to_owned(), "a".to_owned()],
        }
    );
    assert_eq!(
        wanted
            .outcome(String::new(), Verdict::Yes)
            .warning
            .as_deref(),
        Some(
            "`arn:aws:iam::111122223333:role/teams/platform` is written as `arn:aws:iam::111122223333:role/platform`, which is what the authenticator compares with"
        )
    );
}

#[test]
fn an_arn_of_the_other_kind_is_refused() {
    let user = Addition::User(AddUserArguments {
        userarn: PATHED.to_owned(),
        entry: entry_arguments(&[]),
    });
    assert!(
        wanted(&user)
            .unwrap_err()
            .to_string()
            .contains("write it among the roles")
    );
    assert!(wanted(&role("arn:aws:iam::111122223333:user/eve", &[])).is_err());
}

#[test]
fn the_dry_run_shows_the_new_lines_alone() {
    let roles = "# ours\n- rolearn: arn:aws:iam::111122223333:role/admins\n  username: admin\n  groups:\n    - system:masters\n";
    let (addition, before) = (role(PATHED, &["platform-admins"]), document(roles));
    let (wanted, _) = wanted(&addition).unwrap();
    let after = edited(&before, &wanted.entry).unwrap();
    assert_eq!(
        diff(before.data(), &after),
        "--- aws-auth mapRoles\n+++ aws-auth mapRoles\n@@ -3,3 +3,7 @@\n   username: admin\n   groups:\n     - system:masters\n\
         +- rolearn: arn:aws:iam::111122223333:role/platform\n+  username: platform:{{SessionName}}\n+  groups:\n+    - platform-admins\n"
    );
    let immutable = Document::new(Some(ConfigMap {
        immutable: true,
        ..ConfigMap::default()
    }));
    assert!(
        edited(&immutable, &wanted.entry)
            .unwrap_err()
            .to_string()
            .contains("immutable")
    );
}

#[test]
fn the_same_entry_is_success_and_a_different_one_is_shown() {
    let addition = role(PATHED, &["g"]);
    let (wanted, _) = wanted(&addition).unwrap();
    let there = |username: &str| {
        document(&format!(
            "- rolearn: arn:aws:iam::111122223333:role/Platform\n  username: {username}\n  groups: [g]\n"
        ))
    };
    assert_eq!(
        existing(&there("platform:{{SessionName}}"), &wanted.entry),
        Existing::Same
    );
    assert_eq!(existing(&document(""), &wanted.entry), Existing::None);
    assert_eq!(
        existing(&there("other"), &wanted.entry),
        Existing::Different(Entry::Role {
            rolearn: "arn:aws:iam::111122223333:role/Platform".to_owned(),
            username: "other".to_owned(),
            groups: vec!["g".to_owned()],
        })
    );
}
