use std::collections::BTreeMap;

use eksauth_provider::ports::kubernetes::ConfigMap;

use super::*;
use crate::command::{
    AwsArguments, RemoveAccountArguments, RemoveRoleArguments, RemoveUserArguments, TargetArguments,
};

fn target() -> TargetArguments {
    TargetArguments {
        cluster: "prod".to_owned(),
        dry_run: true,
        protected: Vec::new(),
        aws: AwsArguments::default(),
    }
}

fn role(arn: &str) -> RemovedEntry {
    RemovedEntry::Role(RemoveRoleArguments {
        rolearn: arn.to_owned(),
        target: target(),
    })
}

fn document(section: &str, text: &str) -> Document {
    Document::new(Some(ConfigMap {
        data: BTreeMap::from([(section.to_owned(), text.to_owned())]),
        ..ConfigMap::default()
    }))
}

fn found(removed: &RemovedEntry, document: &Document) -> Vec<String> {
    let entries = entries_of(&EntryTarget::of_removal(removed), document).unwrap();
    let named = |entry: &Entry| format!("{} {}", entry.arn(), entry.username());
    entries.iter().map(named).collect()
}

const PATHED: &str = "arn:aws:iam::111122223333:role/teams/platform";

#[test]
fn every_entry_of_the_role_goes_the_one_that_matches_nobody_too() {
    let text = "- {rolearn: 'arn:aws:iam::111122223333:role/platform', username: a}\n\
                - {rolearn: 'arn:aws:iam::111122223333:role/Platform', username: b}\n\
                - {rolearn: 'arn:aws:iam::111122223333:role/platform', username: a}\n\
                - {rolearn: 'arn:aws:iam::111122223333:role/teams/platform', username: c}\n\
                - {rolearn: 'arn:aws:iam::111122223333:role/other', username: d}\n";
    let document = document("mapRoles", text);
    let names = [
        "role/platform a",
        "role/Platform b",
        "role/teams/platform c",
    ];
    let names: Vec<String> = names
        .iter()
        .map(|name| format!("arn:aws:iam::111122223333:{name}"))
        .collect();
    assert_eq!(found(&role(PATHED), &document), names);
    assert_eq!(
        found(&role("arn:aws:iam::111122223333:role/platform"), &document),
        names[..2]
    );
}

#[test]
fn what_no_caller_can_have_is_removed_where_it_stands_and_refused_elsewhere() {
    let dead = role("arn:aws:iam::1111:role/typo");
    let text = "- {rolearn: 'arn:aws:iam::1111:role/typo', username: a}\n";
    assert_eq!(
        found(&dead, &document("mapRoles", text)),
        ["arn:aws:iam::1111:role/typo a"]
    );
    let refused = |removed: &RemovedEntry| {
        let target = EntryTarget::of_removal(removed);
        let failure = entries_of(&target, &document("mapRoles", "[]")).unwrap_err();
        failure.to_string()
    };
    assert!(
        !refused(&dead).contains("use `remove"),
        "{}",
        refused(&dead)
    );
    let user = RemovedEntry::User(RemoveUserArguments {
        userarn: PATHED.to_owned(),
        target: target(),
    });
    assert_eq!(
        refused(&user),
        format!("`{PATHED}` is a role's ARN, or a session's of one: use `remove role`")
    );
    assert_eq!(
        refused(&role("arn:aws:iam::111122223333:user/eve")),
        "`arn:aws:iam::111122223333:user/eve` is a user's ARN: use `remove user`"
    );
}

#[test]
fn an_account_goes_by_its_number() {
    let account = RemovedEntry::Account(RemoveAccountArguments {
        account_id: "012345678901".to_owned(),
        target: target(),
    });
    let document = document("mapAccounts", "- \"012345678901\"\n- \"111122223333\"\n");
    assert_eq!(found(&account, &document), ["012345678901 "]);
}

#[test]
fn of_a_misspelt_name_the_nearest_entry_is_named() {
    let text = "- {rolearn: 'arn:aws:iam::111122223333:role/platform', username: a}\n";
    let typo = role("arn:aws:iam::111122223333:role/platfrom");
    let said = no_entry(&EntryTarget::of_removal(&typo), &document("mapRoles", text));
    assert_eq!(
        said,
        "arn:aws:iam::111122223333:role/platfrom has no entry in mapRoles; nothing was written\n\
         near miss  aws-auth mapRoles[0], line 1 names `arn:aws:iam::111122223333:role/platform`, which is almost the same\n"
    );
    let other = role("arn:aws:iam::111122223333:role/billing");
    let said = no_entry(
        &EntryTarget::of_removal(&other),
        &document("mapRoles", text),
    );
    assert!(!said.contains("near miss"), "{said}");
}

#[test]
fn of_a_session_the_role_is_named_whose_entries_were_read() {
    let session = role("arn:aws:sts::111122223333:assumed-role/platform/me");
    let target = EntryTarget::of_removal(&session);
    assert_eq!(
        read_as(&target),
        "arn:aws:sts::111122223333:assumed-role/platform/me is a session of arn:aws:iam::111122223333:role/platform, whose entries are meant\n"
    );
    assert_eq!(
        no_entry(&target, &document("mapRoles", "[]")),
        "arn:aws:iam::111122223333:role/platform, the role of the session arn:aws:sts::111122223333:assumed-role/platform/me, has no entry in \
         mapRoles; nothing was written\n"
    );
    assert_eq!(read_as(&EntryTarget::of_removal(&role(PATHED))), "");
}

#[test]
fn the_root_user_is_named_as_what_it_is() {
    let root = role("arn:aws:iam::111122223333:root");
    let target = EntryTarget::of_removal(&root);
    let failure = entries_of(&target, &document("mapRoles", "[]")).unwrap_err();
    assert_eq!(
        failure.to_string(),
        "`arn:aws:iam::111122223333:root` is the ARN of an account's root user: use `remove user`, or `remove account` for everybody in the account"
    );
}

#[test]
fn what_is_no_account_is_refused_in_words_of_the_shell() {
    let account = RemovedEntry::Account(RemoveAccountArguments {
        account_id: "444".to_owned(),
        target: target(),
    });
    let target = EntryTarget::of_removal(&account);
    let failure = entries_of(&target, &document("mapAccounts", "[]")).unwrap_err();
    assert_eq!(
        failure.to_string(),
        "`444` is not an account id: 12 digits, with the zeros in front"
    );
}
