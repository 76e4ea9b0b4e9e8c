use std::collections::BTreeMap;

use eksauth_core::aws_auth::{Change, edit};
use eksauth_provider::aws_auth::with_section_texts;
use eksauth_provider::ports::kubernetes::ConfigMap;

use super::*;
use crate::command::{
    AddAccountArguments, AddRoleArguments, AddUserArguments, AwsArguments, TargetArguments,
};

fn target() -> TargetArguments {
    TargetArguments {
        cluster: "prod".to_owned(),
        dry_run: true,
        protected: Vec::new(),
        aws: AwsArguments::default(),
    }
}

fn mapping(groups: &[&str]) -> MappingArguments {
    MappingArguments {
        username: "platform:{{SessionName}}".to_owned(),
        groups: groups.iter().map(|name| (*name).to_owned()).collect(),
        on_conflict: ConflictChoice::Error,
    }
}

fn role(arn: &str, groups: &[&str]) -> Addition {
    Addition::Role(AddRoleArguments {
        rolearn: arn.to_owned(),
        target: target(),
        mapping: mapping(groups),
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
    let wanted = Wanted::from_arguments(&addition).unwrap();
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
        target: target(),
        mapping: mapping(&[]),
    });
    let reason = |addition| Wanted::from_arguments(&addition).unwrap_err().to_string();
    assert_eq!(
        reason(user),
        format!("`{PATHED}` is a role's ARN, or a session's of one: use `add role`")
    );
    let eve = "arn:aws:iam::111122223333:user/eve";
    assert_eq!(
        reason(role(eve, &[])),
        format!("`{eve}` is a user's ARN: use `add user`")
    );
    let neither = "arn:aws:iam::111122223333:group/devs";
    assert!(!reason(role(neither, &[])).contains("use `add"));
}

#[test]
fn the_dry_run_shows_the_new_lines_alone() {
    let roles = "# ours\n- rolearn: arn:aws:iam::111122223333:role/admins\n  username: admin\n  groups:\n    - system:masters\n";
    let (addition, before) = (role(PATHED, &["platform-admins"]), document(roles));
    let wanted = Wanted::from_arguments(&addition).unwrap();
    let edited = edit(before.data(), &[Change::Add(wanted.entry)]).unwrap();
    let after = with_section_texts(before.data(), edited.sections);
    assert_eq!(
        diff(before.data(), &after),
        "--- aws-auth mapRoles\n+++ aws-auth mapRoles\n@@ -3,3 +3,7 @@\n   username: admin\n   groups:\n     - system:masters\n\
         +- rolearn: arn:aws:iam::111122223333:role/platform\n+  username: platform:{{SessionName}}\n+  groups:\n+    - platform-admins\n"
    );
}

#[test]
fn the_same_entry_is_success_and_a_different_one_is_shown() {
    let addition = role(PATHED, &["g"]);
    let wanted = Wanted::from_arguments(&addition).unwrap();
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

/// The case `command-line-takes-what-resources-refuse`, its `add` half: nobody has to be asked to refuse it.
#[tokio::test]
async fn what_the_resource_refuses_is_refused_with_its_reason() {
    let mut addition = role(
        "arn:aws:iam::111122223333:role/s2",
        &["system:{{SessionName}}"],
    );
    if let Addition::Role(role) = &mut addition {
        role.mapping.username = "{{SessionName}}".to_owned();
    }
    let outcome = run(&addition).await.unwrap();
    assert_eq!(outcome.verdict, Verdict::No);
    assert!(
        outcome.text.starts_with("refused  ")
            && outcome.text.contains("Caller Chooses A Privileged Name: `system:{{SessionName}}`: whoever assumes the role chooses")
            && outcome.text.ends_with("\nnothing was written\n"),
        "{}",
        outcome.text
    );
    let spaced = run(&role(PATHED, &["a b"])).await.unwrap();
    assert_eq!(spaced.verdict, Verdict::No);
    assert!(spaced.text.contains("Invalid Group"), "{}", spaced.text);
}

#[test]
fn what_the_resource_warns_of_is_warned_of() {
    let mut addition = role("arn:aws:iam::111122223333:role/s2", &[]);
    if let Addition::Role(role) = &mut addition {
        role.mapping.username = "system:admin".to_owned();
    }
    let mut wanted = Wanted::from_arguments(&addition).unwrap();
    wanted.check().unwrap();
    let warning = wanted.outcome(String::new(), Verdict::Yes).warning;
    let warning = warning.unwrap_or_default();
    assert!(
        warning.starts_with("Username Of Kubernetes Itself: `system:admin`"),
        "{warning}"
    );

    let mut node = role("arn:aws:iam::111122223333:role/nodes", &["system:nodes"]);
    if let Addition::Role(role) = &mut node {
        role.mapping.username = "system:node:{{EC2PrivateDNSName}}".to_owned();
    }
    let mut wanted = Wanted::from_arguments(&node).unwrap();
    wanted.check().unwrap();
    assert_eq!(wanted.outcome(String::new(), Verdict::Yes).warning, None);
}

#[test]
fn each_warning_is_told_as_one() {
    let mut addition = role(PATHED, &[]);
    if let Addition::Role(role) = &mut addition {
        role.mapping.username = "{{SessionName}}".to_owned();
    }
    let mut wanted = Wanted::from_arguments(&addition).unwrap();
    wanted.check().unwrap();
    let warning = wanted.outcome(String::new(), Verdict::Yes).warning;
    let warning = warning.unwrap_or_default();
    assert!(
        warning.contains("compares with\nwarning: Caller Chooses The Name: "),
        "{warning}"
    );
}

#[test]
fn a_section_that_does_not_parse_leaves_the_answer_open() {
    let addition = role(PATHED, &[]);
    let target = EntryTarget::of_addition(&addition);
    let failure = target.check_readable(&document("- rolearn: a\n\tusername: b\n"));
    let text = failure.unwrap_err().to_string();
    assert!(
        text.starts_with("mapRoles of aws-auth does not parse"),
        "{text}"
    );
    assert!(target.check_readable(&document("")).is_ok());
}

#[test]
fn of_several_entries_the_last_one_is_what_is_there() {
    let wanted = Wanted::from_arguments(&role(PATHED, &["g"])).unwrap();
    let arn = "arn:aws:iam::111122223333:role/platform";
    let same =
        format!("- {{rolearn: '{arn}', username: 'platform:{{{{SessionName}}}}', groups: [g]}}\n");
    let other = format!("- {{rolearn: '{arn}', username: other}}\n");
    let shadowed = existing(&document(&format!("{same}{other}")), &wanted.entry);
    assert!(matches!(shadowed, Existing::Different(_)), "{shadowed:?}");
    let counts = existing(&document(&format!("{other}{same}")), &wanted.entry);
    assert_eq!(counts, Existing::Same);
}

#[test]
fn spellings_of_one_user_that_differ_are_refused_and_named() {
    let spelled = ["user/people/carol", "user/People/Carol"]
        .map(|name| format!("arn:aws:iam::111122223333:{name}"));
    let user = |username: &str, on_conflict| {
        Addition::User(AddUserArguments {
            userarn: spelled[0].clone(),
            target: target(),
            mapping: MappingArguments {
                username: username.to_owned(),
                groups: Vec::new(),
                on_conflict,
            },
        })
    };
    let users = format!(
        "- userarn: {}\n  username: carol\n- userarn: {}\n  username: carol2\n",
        spelled[0], spelled[1]
    );
    let both = Document::new(Some(ConfigMap {
        data: BTreeMap::from([("mapUsers".to_owned(), users)]),
        ..ConfigMap::default()
    }));
    for username in ["carol", "carol2"] {
        let wanted = Wanted::from_arguments(&user(username, ConflictChoice::Error)).unwrap();
        let refused = wanted.already_there(&both).unwrap();
        assert_eq!(refused.verdict, Verdict::No, "{}", refused.text);
        assert!(spelled.iter().all(|arn| refused.text.contains(arn)));
        let adopts = Wanted::from_arguments(&user(username, ConflictChoice::Adopt)).unwrap();
        assert!(adopts.already_there(&both).is_none());
    }
}

#[test]
fn another_entry_is_refused_with_the_flag_that_overwrites_it() {
    let other =
        document("- {rolearn: 'arn:aws:iam::111122223333:role/platform', username: other}\n");
    let mut addition = role(PATHED, &["g"]);
    let wanted = Wanted::from_arguments(&addition).unwrap();
    let refused = wanted.already_there(&other).unwrap();
    assert_eq!(refused.verdict, Verdict::No);
    assert_eq!(
        refused.text,
        "refused  another entry of this ARN is there and nothing was written: username `other`, no groups\n         `--on-conflict adopt` overwrites it\n"
    );
    if let Addition::Role(role) = &mut addition {
        role.mapping.on_conflict = ConflictChoice::Adopt;
    }
    let wanted = Wanted::from_arguments(&addition).unwrap();
    assert!(wanted.already_there(&other).is_none());
    let ours = document(
        "- {rolearn: 'arn:aws:iam::111122223333:role/platform', username: 'platform:{{SessionName}}', groups: [g]}\n",
    );
    assert_eq!(
        wanted.already_there(&ours).map(|outcome| outcome.verdict),
        Some(Verdict::Yes)
    );
}

#[test]
fn an_account_is_an_entry_of_its_number() {
    let addition = Addition::Account(AddAccountArguments {
        account_id: "012345678901".to_owned(),
        target: target(),
    });
    let mut wanted = Wanted::from_arguments(&addition).unwrap();
    wanted.check().unwrap();
    assert_eq!(wanted.entry, Entry::Account("012345678901".to_owned()));
    assert_eq!(wanted.outcome(String::new(), Verdict::Yes).warning, None);
}
