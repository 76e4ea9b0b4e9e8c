use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use eksauth_core::aws_auth::{Entry, Section};
use futures_util::future::join_all;
use tf_provider::{Diagnostic, Diagnostics};
use tokio_util::sync::CancellationToken;

use super::bed::{Bed, ROLES, role_arn, titles};
use super::{Granted, Guard, OnConflict, Proposal, Put, Reach, Removal, Wish, Writers};
use crate::client::Client;
use crate::cluster::ClusterRef;
use crate::fakes::REGION;
use crate::fakes::kubernetes::{Fault, Verb};
use crate::ports::ErrorKind;

type Outcome = Result<Granted, Diagnostics>;

fn role(name: &str, username: &str) -> Entry {
    Entry::Role {
        rolearn: role_arn(name),
        username: username.to_owned(),
        groups: Vec::new(),
    }
}

fn wish(written: &str) -> Wish {
    Wish {
        resource: "eksauth_aws_auth_role",
        written: role_arn(written),
        reach: Reach::Entry,
        puts: Vec::new(),
        removals: Vec::new(),
        holds: Vec::new(),
    }
}

fn add(name: &str) -> Wish {
    let put = Put {
        entry: role(name, name),
        prior: None,
        on_conflict: OnConflict::Error,
    };
    Wish {
        puts: vec![put],
        ..wish(name)
    }
}

fn change(name: &str, prior: Entry, entry: Entry) -> Wish {
    let put = Put {
        entry,
        prior: Some(prior),
        on_conflict: OnConflict::Error,
    };
    Wish {
        puts: vec![put],
        ..wish(name)
    }
}

fn remove(entry: Entry) -> Wish {
    let written = entry.arn().to_owned();
    Wish {
        removals: vec![Removal { entry, undo: None }],
        written,
        ..wish("")
    }
}

fn admins() -> Entry {
    Entry::Role {
        rolearn: role_arn("admins"),
        username: "admin".to_owned(),
        groups: vec!["system:masters".to_owned()],
    }
}

/// Wishes of one apply, all asked for at the same time.
async fn apply(bed: &Bed, wishes: Vec<Wish>) -> Vec<Outcome> {
    let client = bed.client();
    asked(bed, &client, wishes).await
}

async fn asked(bed: &Bed, client: &Arc<Client>, wishes: Vec<Wish>) -> Vec<Outcome> {
    let (cluster, writer) = bed.writer(client).await;
    let cancel = CancellationToken::new();
    join_all(
        wishes
            .into_iter()
            .map(|wish| writer.change(client, &cluster, &cancel, wish)),
    )
    .await
}

fn errors(outcomes: &[Outcome]) -> Vec<&str> {
    outcomes
        .iter()
        .map(|outcome| {
            outcome
                .as_ref()
                .err()
                .map_or("", |refused| titles(refused)[0])
        })
        .collect()
}

fn arns(bed: &Bed) -> Vec<String> {
    let document = bed.document();
    let names = document
        .reading()
        .roles
        .iter()
        .map(|entry| entry.arn.rsplit('/').next());
    names.map(|name| name.unwrap().to_owned()).collect()
}

#[tokio::test]
async fn twenty_concurrent_changes_are_one_write_in_a_stable_order() {
    let bed = Bed::lived_in();
    let mut wishes: Vec<Wish> = (0..20)
        .map(|number| add(&format!("r{number:02}")))
        .collect();
    wishes.reverse();
    let outcomes = apply(&bed, wishes).await;
    assert!(outcomes.iter().all(Result::is_ok), "{outcomes:?}");
    assert_eq!(bed.kube().count(Verb::Patch), 1);
    assert_eq!(bed.kube().count(Verb::Get), 1);
    let expected: Vec<String> = ["nodes", "admins"]
        .map(String::from)
        .into_iter()
        .chain((0..20).map(|number| format!("r{number:02}")))
        .collect();
    assert_eq!(arns(&bed), expected);
}

#[tokio::test]
async fn a_conflict_is_judged_again_on_the_newest_document_and_nothing_of_either_is_lost() {
    let bed = Bed::lived_in();
    for number in 0..3 {
        bed.kube().on_next(
            Verb::Patch,
            Fault::After(Box::new(move |kube| {
                kube.change(|map| {
                    let text = map.data.get_mut("mapRoles").unwrap();
                    text.push_str(&format!(
                        "- rolearn: {}\n  username: theirs\n",
                        role_arn(&format!("theirs{number}"))
                    ));
                });
            })),
        );
    }
    let outcomes = apply(&bed, vec![add("ours")]).await;
    assert_eq!(errors(&outcomes), [""]);
    assert_eq!(
        arns(&bed),
        ["nodes", "admins", "theirs0", "theirs1", "theirs2", "ours"]
    );
    assert_eq!(bed.kube().count(Verb::Patch), 4);
}

#[tokio::test]
async fn endless_conflicts_end_with_the_number_of_attempts() {
    let bed = Bed::lived_in();
    for _ in 0..40 {
        bed.kube()
            .on_next(Verb::Patch, Fault::Refuse(ErrorKind::Conflict));
    }
    let outcomes = apply(&bed, vec![add("ours")]).await;
    assert_eq!(errors(&outcomes), ["Too Many Conflicts"]);
    assert_eq!(bed.kube().section("mapRoles").as_deref(), Some(ROLES));
}

#[tokio::test]
async fn a_lost_answer_is_read_back_and_nothing_is_written_twice() {
    let bed = Bed::lived_in();
    bed.kube().on_next(Verb::Patch, Fault::LoseAnswer);
    let outcomes = apply(
        &bed,
        vec![add("one"), add("two"), remove(role("gone", "gone"))],
    )
    .await;
    assert_eq!(errors(&outcomes), ["", "", ""]);
    assert!(
        outcomes.iter().flatten().all(|granted| !granted.adopted),
        "what we wrote ourselves is not adopted"
    );
    assert_eq!(arns(&bed), ["nodes", "admins", "one", "two"]);
    assert_eq!(bed.kube().count(Verb::Patch), 1);

    let bed = Bed::lived_in();
    bed.kube().on_next(Verb::Patch, Fault::LoseRequest);
    assert_eq!(errors(&apply(&bed, vec![add("one")]).await), [""]);
    assert_eq!(arns(&bed), ["nodes", "admins", "one"]);
}

#[tokio::test]
async fn faults_of_the_server_are_waited_out_with_a_bound() {
    let bed = Bed::lived_in();
    for _ in 0..5 {
        bed.kube()
            .on_next(Verb::Patch, Fault::Refuse(ErrorKind::Service));
    }
    assert_eq!(errors(&apply(&bed, vec![add("one")]).await), [""]);
    assert_eq!(arns(&bed), ["nodes", "admins", "one"]);
    for _ in 0..6 {
        bed.kube()
            .on_next(Verb::Patch, Fault::Refuse(ErrorKind::Service));
    }
    assert_eq!(
        errors(&apply(&bed, vec![add("two")]).await),
        ["Cannot Write aws-auth"]
    );
    assert_eq!(arns(&bed), ["nodes", "admins", "one"]);
}

#[tokio::test]
async fn a_lost_answer_keeps_the_note_of_the_empty_section() {
    let bed = Bed::new(&[("mapUsers", "[]")]);
    bed.kube().on_next(Verb::Patch, Fault::LoseAnswer);
    let outcomes = apply(&bed, vec![add("one")]).await;
    let undo = outcomes[0]
        .as_ref()
        .unwrap()
        .undo
        .get(&Section::MapRoles)
        .cloned();
    let removal = Removal {
        entry: role("one", "one"),
        undo,
    };
    apply(
        &bed,
        vec![Wish {
            removals: vec![removal],
            ..wish("one")
        }],
    )
    .await;
    assert_eq!(bed.kube().section("mapRoles"), None);
}

#[tokio::test]
async fn a_missing_config_map_is_made_also_when_it_disappears_meanwhile() {
    let bed = Bed::without_aws_auth();
    assert_eq!(errors(&apply(&bed, vec![add("one")]).await), [""]);
    assert_eq!(arns(&bed), ["one"]);
    bed.kube()
        .on_next(Verb::Patch, Fault::After(Box::new(|kube| kube.remove())));
    assert_eq!(errors(&apply(&bed, vec![add("two")]).await), [""]);
    assert_eq!(arns(&bed), ["two"]);
    bed.kube().remove();
    bed.kube().on_next(
        Verb::Create,
        Fault::After(Box::new(|kube| kube.write(&[("mapRoles", ROLES)]))),
    );
    assert_eq!(errors(&apply(&bed, vec![add("three")]).await), [""]);
    assert_eq!(arns(&bed), ["nodes", "admins", "three"]);
}

#[tokio::test]
async fn a_cancelled_change_leaves_the_batch_alone() {
    let bed = Bed::lived_in();
    let client = bed.client();
    let (cluster, writer) = bed.writer(&client).await;
    let (kept, cancelled) = (CancellationToken::new(), CancellationToken::new());
    cancelled.cancel();
    let (one, two) = tokio::join!(
        writer.change(&client, &cluster, &kept, add("kept")),
        writer.change(&client, &cluster, &cancelled, add("cancelled")),
    );
    assert_eq!(errors(&[one, two]), ["", "Cancelled"]);
    assert_eq!(arns(&bed), ["nodes", "admins", "kept"]);
}

#[tokio::test]
async fn a_change_whose_caller_went_away_takes_nobody_with_it() {
    let bed = Bed::lived_in();
    let client = bed.client();
    let (cluster, writer) = bed.writer(&client).await;
    let cancel = CancellationToken::new();
    let gone = writer.change(&client, &cluster, &cancel, add("gone"));
    let kept = writer.change(&client, &cluster, &cancel, add("kept"));
    // One poll puts it into the queue, then its caller is gone.
    let first = async {
        tokio::select! {
            biased;
            outcome = gone => panic!("answered at once: {outcome:?}"),
            () = std::future::ready(()) => {}
        }
    };
    let ((), outcome) = tokio::join!(first, kept);
    assert_eq!(errors(&[outcome]), [""]);
    assert!(arns(&bed).contains(&"kept".to_owned()));
}

#[tokio::test]
async fn one_refused_change_does_not_hold_its_companions() {
    let bed = Bed::lived_in();
    let stale = change("admins", role("admins", "someone"), role("admins", "else"));
    let outcomes = apply(&bed, vec![add("one"), stale, add("two")]).await;
    assert_eq!(errors(&outcomes), ["", "Entry Changed Meanwhile", ""]);
    assert_eq!(arns(&bed), ["nodes", "admins", "one", "two"]);
}

#[tokio::test]
async fn what_the_server_refuses_is_tried_one_by_one() {
    let bed = Bed::lived_in();
    bed.kube()
        .on_next(Verb::Patch, Fault::Refuse(ErrorKind::Invalid));
    bed.kube()
        .on_next(Verb::Patch, Fault::Refuse(ErrorKind::Invalid));
    let outcomes = apply(&bed, vec![add("bad"), add("good")]).await;
    assert_eq!(errors(&outcomes), ["Cannot Write aws-auth", ""]);
    assert_eq!(arns(&bed), ["nodes", "admins", "good"]);
}

#[tokio::test]
async fn two_resources_for_one_entry_are_both_refused_and_named() {
    let bed = Bed::lived_in();
    let mut other = add("dev");
    other.written = role_arn("teams/dev");
    let outcomes = apply(&bed, vec![add("dev"), other.clone(), add("fine")]).await;
    assert_eq!(
        errors(&outcomes),
        [
            "Two Resources For One Entry",
            "Two Resources For One Entry",
            ""
        ]
    );
    let text = format!("{:?}", outcomes[0]);
    assert!(
        text.contains("role/dev`") && text.contains("role/teams/dev`"),
        "{text}"
    );
    assert_eq!(arns(&bed), ["nodes", "admins", "fine"]);

    let client = bed.client();
    assert_eq!(errors(&asked(&bed, &client, vec![add("dev")]).await), [""]);
    assert_eq!(
        errors(&asked(&bed, &client, vec![other]).await),
        ["Two Resources For One Entry"],
        "in a later write too"
    );
}

#[tokio::test]
async fn a_renamed_key_of_for_each_is_one_write_without_a_gap() {
    for removal_first in [true, false] {
        let bed = Bed::new(&[(
            "mapRoles",
            &format!("{ROLES}- rolearn: {}\n  username: dev\n", role_arn("dev")),
        )]);
        let mut wishes = vec![remove(role("dev", "dev")), add("dev")];
        wishes[1].puts[0].entry = role("dev", "developer");
        if !removal_first {
            wishes.reverse();
        }
        assert_eq!(errors(&apply(&bed, wishes).await), ["", ""]);
        assert_eq!(
            bed.entries(Section::MapRoles)[2..],
            [format!("{} developer ", role_arn("dev"))]
        );
        assert_eq!(bed.kube().count(Verb::Patch), 1);
    }
}

#[tokio::test]
async fn a_removal_after_its_successor_was_written_leaves_the_entry() {
    let bed = Bed::new(&[(
        "mapRoles",
        &format!("{ROLES}- rolearn: {}\n  username: dev\n", role_arn("dev")),
    )]);
    let client = bed.client();
    assert_eq!(errors(&asked(&bed, &client, vec![add("dev")]).await), [""]);
    assert_eq!(
        errors(&asked(&bed, &client, vec![remove(role("dev", "dev"))]).await),
        [""]
    );
    assert_eq!(arns(&bed), ["nodes", "admins", "dev"]);
}

#[tokio::test]
async fn two_resources_may_swap_their_arns() {
    let bed = Bed::lived_in();
    apply(&bed, vec![add("a"), add("b")]).await;
    let swapped = vec![
        change("b", role("a", "a"), role("b", "a")),
        change("a", role("b", "b"), role("a", "b")),
    ];
    assert_eq!(errors(&apply(&bed, swapped).await), ["", ""]);
    assert_eq!(
        bed.entries(Section::MapRoles)[2..],
        [
            format!("{} a ", role_arn("b")),
            format!("{} b ", role_arn("a"))
        ]
    );
}

#[tokio::test]
async fn the_own_entry_goes_last() {
    let bed = Bed::lived_in();
    apply(&bed, vec![add("one"), add("two")]).await;
    let outcomes = apply(
        &bed,
        vec![
            remove(admins()),
            remove(role("one", "one")),
            remove(role("two", "two")),
        ],
    )
    .await;
    assert_eq!(errors(&outcomes), ["", "", ""]);
    let has_admins: Vec<bool> = bed
        .kube()
        .history()
        .iter()
        .map(|data| data["mapRoles"].contains("role/admins"))
        .collect();
    assert_eq!(has_admins, [true, true, true, false]);
    assert_eq!(arns(&bed), ["nodes"]);
}

#[tokio::test]
async fn the_own_entry_stays_if_anything_before_it_failed() {
    let bed = Bed::lived_in();
    let stale = remove(role("nodes", "not what is there"));
    let outcomes = apply(&bed, vec![remove(admins()), stale]).await;
    assert_eq!(
        errors(&outcomes),
        ["Own Entry Kept", "Entry Changed Meanwhile"]
    );
    bed.kube()
        .on_next(Verb::Patch, Fault::Refuse(ErrorKind::Unreachable));
    let outcomes = apply(&bed, vec![remove(admins()), add("one")]).await;
    assert_eq!(
        errors(&outcomes),
        ["Own Entry Kept", "Cannot Write aws-auth"]
    );
    assert_eq!(arns(&bed), ["nodes", "admins"]);
}

#[tokio::test]
async fn a_rename_of_the_own_entry_is_one_write() {
    let bed = Bed::lived_in();
    let renamed = Wish {
        puts: vec![Put {
            entry: admins(),
            prior: None,
            on_conflict: OnConflict::Error,
        }],
        ..wish("admins")
    };
    assert_eq!(
        errors(&apply(&bed, vec![remove(admins()), renamed, add("one")]).await),
        ["", "", ""]
    );
    assert!(
        bed.kube()
            .history()
            .iter()
            .all(|data| data["mapRoles"].contains("role/admins"))
    );
}

#[tokio::test]
async fn an_exclusive_map_beside_entries_is_refused_with_the_reason() {
    let map = Wish {
        resource: "eksauth_aws_auth",
        reach: Reach::ExclusiveMap,
        ..add("dev")
    };
    let bed = Bed::lived_in();
    assert_eq!(
        errors(&apply(&bed, vec![map.clone(), add("ops")]).await),
        ["Exclusive Map Beside Other Resources", ""]
    );
    let client = bed.client();
    assert_eq!(errors(&asked(&bed, &client, vec![map]).await), [""]);
    assert_eq!(
        errors(&asked(&bed, &client, vec![add("late")]).await),
        ["Exclusive Map Beside Other Resources"]
    );
    assert_eq!(
        errors(&asked(&bed, &client, vec![remove(role("ops", "ops"))]).await),
        [""],
        "leaving is allowed"
    );
}

#[tokio::test]
async fn what_the_server_stored_differently_is_an_error() {
    let bed = Bed::lived_in();
    bed.kube().on_next(
        Verb::Patch,
        Fault::Rewrite(Box::new(|data| {
            drop(data.insert("mapRoles".to_owned(), ROLES.to_owned()))
        })),
    );
    bed.kube().change(|map| {
        drop(
            map.data
                .insert("mapRoles".to_owned(), format!("{ROLES}# end\n")),
        )
    });
    assert_eq!(
        errors(&apply(&bed, vec![add("dev")]).await),
        ["Stored Differently"]
    );

    let bed = Bed::lived_in();
    bed.kube().on_next(
        Verb::Patch,
        Fault::Rewrite(Box::new(|data| {
            data.get_mut("mapRoles").unwrap().push_str("# seen\n")
        })),
    );
    assert_eq!(
        errors(&apply(&bed, vec![add("dev")]).await),
        [""],
        "another comment is no broken promise"
    );
}

#[tokio::test]
async fn a_section_under_binary_data_is_named() {
    let bed = Bed::lived_in();
    bed.kube().change(|map| {
        map.data.remove("mapRoles");
        map.binary_keys.push("mapRoles".to_owned());
    });
    let outcomes = apply(&bed, vec![add("dev")]).await;
    assert_eq!(errors(&outcomes), ["ConfigMap Cannot Be Changed"]);
    assert_eq!(bed.kube().count(Verb::Patch), 0);
}

#[derive(Default)]
struct Recorder {
    seen: Mutex<Vec<Vec<String>>>,
}

#[async_trait]
impl Guard for Recorder {
    async fn judge(&self, proposal: Proposal<'_>) -> Result<Diagnostics, Diagnostics> {
        self.seen.lock().unwrap().push(proposal.resources.to_vec());
        assert!(proposal.before["mapRoles"].len() < proposal.after["mapRoles"].len());
        Err(Diagnostic::error("Refused By Guard", "because").into())
    }
}

#[tokio::test]
async fn the_guard_sees_the_whole_batch_before_a_byte_is_written() {
    let bed = Bed::lived_in();
    let guard = Arc::new(Recorder::default());
    let writers = Writers::guarded_by(guard.clone());
    let client = bed.client();
    let reference = ClusterRef {
        name: "prod".to_owned(),
        region: REGION.to_owned(),
    };
    let cluster = client.clusters().find(&reference).await.unwrap().unwrap();
    let writer = writers.of(&client, &cluster).unwrap();
    let cancel = CancellationToken::new();
    let outcomes =
        join_all([add("b"), add("a")].map(|wish| writer.change(&client, &cluster, &cancel, wish)))
            .await;
    assert_eq!(errors(&outcomes), ["Refused By Guard", "Refused By Guard"]);
    let label = |name: &str| format!("`eksauth_aws_auth_role` with `{}`", role_arn(name));
    assert_eq!(*guard.seen.lock().unwrap(), [vec![label("a"), label("b")]]);
    assert_eq!(bed.kube().count(Verb::Patch), 0);
}

#[tokio::test]
async fn writers_of_several_processes_lose_nothing() {
    let bed = Bed::lived_in();
    let processes = (0..10).map(|process| {
        let bed = &bed;
        async move {
            for number in 0..5 {
                let outcomes = apply(bed, vec![add(&format!("p{process}n{number}"))]).await;
                assert_eq!(errors(&outcomes), [""]);
            }
        }
    });
    join_all(processes).await;
    assert_eq!(arns(&bed).len(), 52);
    assert_eq!(bed.kube().history().len(), 51, "every write is counted");
}
