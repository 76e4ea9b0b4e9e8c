//! Documents as they are found in the wild: each is read right and keeps its bytes around an edit, or is refused with the exact reason.

use eksauth_core::aws_auth::MAX_DATA_BYTES;

use super::*;

const DEV: &str = "arn:aws:iam::111122223333:role/dev dev a,b";

/// Adds an entry beside what is there, reads what was there, takes the entry away again, and compares every byte.
async fn lives_with(bed: &Bed, there: &[&str]) -> String {
    let before = bed.kube().aws_auth();
    let step = bed.step(AwsAuthRoleResource::new());
    let state = step
        .create(role_config("teams/new", "new", &["x"]))
        .await
        .unwrap();
    let written = bed.kube().section("mapRoles").unwrap();
    let mut entries = bed.entries(Section::MapRoles);
    let ours = format!("{} new x", role_arn("new"));
    assert!(entries.contains(&ours), "{entries:?}");
    entries.retain(|entry| *entry != ours);
    assert_eq!(entries, there);
    let step = bed.step(AwsAuthRoleResource::new());
    assert_eq!(step.read(&state).await.unwrap(), Some(state.clone()));
    let plan = step
        .plan_update(&state, role_config("teams/new", "new", &["x"]))
        .await
        .unwrap();
    assert_eq!(plan.action, Action::None);
    step.delete(&state).await.unwrap();
    if let Some(before) = before {
        assert_eq!(bed.kube().aws_auth().unwrap().data, before.data);
    }
    written
}

/// What the plan of a new entry is refused with.
async fn refused(bed: &Bed) -> (String, String) {
    let before = bed.kube().aws_auth();
    let step = bed.step(AwsAuthRoleResource::new());
    let outcome = step.create(role_config("new", "new", &["x"])).await;
    assert_eq!(bed.kube().aws_auth(), before);
    let diagnostics = refusal(outcome);
    let message = only(&diagnostics);
    (message.summary.clone(), message.detail.clone())
}

#[tokio::test]
async fn styles_of_the_wild_are_read_right_and_keep_their_bytes() {
    let documents: [(&str, &str, &[&str]); 13] = [
        ("an empty text", "", &[]),
        ("an empty list", "[] # nobody yet\n", &[]),
        (
            "Windows line ends",
            "# who may\r\n- rolearn: arn:aws:iam::111122223333:role/dev\r\n  username: dev\r\n  groups:\r\n    - a\r\n    - b\r\n",
            &[DEV],
        ),
        (
            "Windows line ends without the last",
            "- rolearn: arn:aws:iam::111122223333:role/dev\r\n  username: dev\r\n  groups: [a, b]",
            &[DEV],
        ),
        (
            "a byte order mark",
            "\u{feff}- rolearn: arn:aws:iam::111122223333:role/dev\n  username: dev\n  groups: [a, b]\n",
            &[DEV],
        ),
        (
            "text outside ASCII",
            "# für Zoë, 日本\n- rolearn: arn:aws:iam::111122223333:role/dev\n  username: dév-😀\n  groups: [ä]\n",
            &["arn:aws:iam::111122223333:role/dev dév-😀 ä"],
        ),
        (
            "several documents",
            "- rolearn: arn:aws:iam::111122223333:role/dev\n  username: dev\n  groups: [a, b]\n---\n- rolearn: ignored\n",
            &[DEV],
        ),
        (
            "an anchor and its alias",
            "- rolearn: arn:aws:iam::111122223333:role/dev\n  username: dev\n  groups: &both [a, b]\n- rolearn: arn:aws:iam::111122223333:role/ops\n  \
             username: ops\n  groups: *both\n",
            &[DEV, "arn:aws:iam::111122223333:role/ops ops a,b"],
        ),
        (
            "a merge key",
            "- &dev\n  rolearn: arn:aws:iam::111122223333:role/dev\n  username: dev\n  groups: [a, b]\n- <<: *dev\n  rolearn: \
             arn:aws:iam::111122223333:role/ops\n",
            &[DEV, "arn:aws:iam::111122223333:role/ops dev a,b"],
        ),
        (
            "tabs where YAML allows them",
            "- rolearn: arn:aws:iam::111122223333:role/dev\t# a comment\n",
            &["arn:aws:iam::111122223333:role/dev  "],
        ),
        (
            "JSON in one line",
            "[{\"rolearn\":\"arn:aws:iam::111122223333:role/dev\",\"username\":\"dev\",\"groups\":[\"a\",\"b\"]}]",
            &[DEV],
        ),
        (
            "keys in other case and unknown ones",
            "- RoleARN: arn:aws:iam::111122223333:role/dev\n  UserName: dev\n  GROUPS: [a, b]\n  owner: platform\n",
            &[DEV],
        ),
        (
            "duplicates and a path",
            "- {rolearn: 'arn:aws:iam::111122223333:role/dev', username: dev, groups: [a, b]}\n- {rolearn: \
             'arn:aws:iam::111122223333:role/dev', username: dev, groups: [a, b]}\n- {rolearn: 'arn:aws:iam::111122223333:role/x/dev', username: path}\n",
            &[DEV, DEV, "arn:aws:iam::111122223333:role/x/dev path "],
        ),
    ];
    for (name, text, there) in documents {
        let bed = Bed::new(&[("mapRoles", text), ("mapUsers", USERS), ("notes", "ours")]);
        let written = lives_with(&bed, there).await;
        let line_ends = |text: &str| (text.matches("\r\n").count(), text.matches('\n').count());
        if text.contains("\r\n") {
            let (windows, all) = line_ends(&written);
            assert_eq!(windows, all, "{name}: {written:?}");
        }
        assert_eq!(
            written.starts_with('\u{feff}'),
            text.starts_with('\u{feff}'),
            "{name}"
        );
    }
}

#[tokio::test]
async fn a_missing_config_map_and_one_without_keys_are_documents_without_entries() {
    let bed = Bed::without_aws_auth();
    lives_with(&bed, &[]).await;
    lives_with(&Bed::new(&[]), &[]).await;
}

#[tokio::test]
async fn a_mebibyte_of_text_is_edited_and_one_byte_more_than_allowed_is_not() {
    let entry_length = {
        let bed = Bed::new(&[("mapRoles", ROLES)]);
        let step = bed.step(AwsAuthRoleResource::new());
        step.create(role_config("new", "new", &["x"]))
            .await
            .unwrap();
        bed.kube().section("mapRoles").unwrap().len() - ROLES.len()
    };
    let full = MAX_DATA_BYTES - ROLES.len() - entry_length;
    let filled = |length: usize| Bed::new(&[("mapRoles", ROLES), ("notes", &"#".repeat(length))]);
    let there = Bed::lived_in().entries(Section::MapRoles);
    let there: Vec<&str> = there.iter().map(String::as_str).collect();
    lives_with(&filled(full), &there).await;
    assert_eq!(
        refused(&filled(full + 1)).await,
        (
            "ConfigMap Cannot Be Changed".to_owned(),
            format!(
                "aws-auth of cluster `prod`: the ConfigMap would hold {} bytes, {MAX_DATA_BYTES} are allowed; it holds {} now. Nothing of this change was written.",
                MAX_DATA_BYTES + 1,
                MAX_DATA_BYTES + 1 - entry_length
            )
        )
    );
    // The text of a section itself may be as large.
    let comment = format!("# {}\n", "x".repeat(full - 3));
    let bed = Bed::new(&[("mapRoles", &format!("{comment}{ROLES}"))]);
    lives_with(&bed, &there).await;
}

#[tokio::test]
async fn an_object_that_takes_no_change_is_read_and_refused_with_the_reason() {
    let unwritable = |reason: &str| {
        (
            "ConfigMap Cannot Be Changed".to_owned(),
            format!("aws-auth of cluster `prod`: {reason}. Nothing of this change was written."),
        )
    };
    let immutable = Bed::lived_in();
    immutable.kube().change(|map| map.immutable = true);
    assert_eq!(
        refused(&immutable).await,
        unwritable(
            "the ConfigMap is marked `immutable: true`, so the API server refuses every change of it"
        )
    );
    let binary = Bed::new(&[("mapUsers", USERS)]);
    binary
        .kube()
        .change(|map| map.binary_keys = vec!["mapRoles".to_owned()]);
    assert_eq!(
        refused(&binary).await,
        unwritable(
            "`mapRoles` stands under `binaryData`, where the server does not look for it and no key of that name can be added to `data`"
        )
    );
    for (bed, id) in [
        (
            &immutable,
            "prod#arn:aws:iam::111122223333:user/people/alice",
        ),
        (&binary, "prod#arn:aws:iam::111122223333:user/people/alice"),
    ] {
        let step = bed.step(AwsAuthUserResource::new());
        let state = step.import(id).await.unwrap().unwrap();
        assert_eq!(state.model.username, Attr::Known("alice".to_owned()));
    }
    // Another section of the same object can be written.
    let bob = json!({ "userarn": "arn:aws:iam::111122223333:user/bob", "username": "bob" });
    let step = binary.step(AwsAuthUserResource::new());
    step.create(bob).await.unwrap();
}

#[tokio::test]
async fn a_text_that_the_server_reads_as_empty_is_refused_with_its_place() {
    let unparsed = |place: &str| {
        (
            "Section Cannot Be Parsed".to_owned(),
            format!(
                "mapRoles in aws-auth of cluster `prod` does not parse: {place}. The cluster reads the whole section as empty today, so none of its entries \
                 gives access. Nothing was changed. Mend that line, for example with `kubectl edit configmap aws-auth -n kube-system`, or with `repair = true` on \
                 an `eksauth_aws_auth`, and run again."
            ),
        )
    };
    for (text, place) in [
        (
            "- rolearn: a\n\tusername: b\n",
            "line 2, column 1: a tab where only spaces may indent",
        ),
        (
            "- rolearn: a\n  username: {{SessionName}}\n",
            "line 2, column 14: a list or a mapping as the name of a field; write a value that begins with a brace or a bracket in quotes, as in `\"{{SessionName}}\"`",
        ),
        (
            "- rolearn: *nobody\n",
            "line 1, column 12: the alias `*nobody` has no anchor before it",
        ),
        (
            "hello\n",
            "line 1, column 1: a text, no list of entries, so the server reads none",
        ),
    ] {
        let bed = Bed::new(&[("mapRoles", text), ("mapUsers", USERS)]);
        assert_eq!(refused(&bed).await, unparsed(place), "{text:?}");
    }
}

#[tokio::test]
async fn a_change_that_would_pull_an_anchor_from_under_its_aliases_is_refused() {
    let bed = Bed::new(&[(
        "mapRoles",
        "- rolearn: arn:aws:iam::111122223333:role/dev\n  username: dev\n  groups: &both [a, b]\n- rolearn: \
         arn:aws:iam::111122223333:role/ops\n  username: ops\n  groups: *both\n",
    )]);
    let step = bed.step(AwsAuthRoleResource::new());
    let state = step
        .import(&format!("prod#{}", role_arn("dev")))
        .await
        .unwrap()
        .unwrap();
    let failure = step.delete(&state).await.unwrap_err();
    let message = only(&failure.diagnostics);
    assert_eq!(
        (message.summary.as_str(), message.detail.as_str()),
        (
            "ConfigMap Cannot Be Changed",
            "aws-auth of cluster `prod`: mapRoles cannot be edited: the anchor `both` in line 3, column 11, is used by another part of the document, in \
             line 6; write that part out first. Nothing of this change was written."
        )
    );
    let ops = step
        .import(&format!("prod#{}", role_arn("ops")))
        .await
        .unwrap()
        .unwrap();
    let changed = step
        .update(&ops, role_config("ops", "ops", &["c"]))
        .await
        .unwrap();
    assert_eq!(changed.model.username, Attr::Known("ops".to_owned()));
    assert_eq!(
        bed.entries(Section::MapRoles),
        [DEV, "arn:aws:iam::111122223333:role/ops ops c"]
    );
}
