use eksauth_core::aws_auth::Section;

use super::*;
use crate::fakes::FakeKube;
use crate::fakes::kubernetes::{Fault, Verb};

fn role(name: &str, username: &str) -> String {
    format!("- rolearn: arn:aws:iam::111122223333:role/{name}\n  username: {username}\n")
}

fn roles(entries: &[String]) -> BTreeMap<String, String> {
    BTreeMap::from([(Section::MapRoles.key().to_owned(), entries.concat())])
}

/// Our write of `before` to `after`, what others made of it, and what the undo leaves.
async fn undo(
    before: &[String],
    after: &[String],
    now: Option<&[String]>,
) -> (UndoOutcome, String) {
    let kube = FakeKube::default();
    kube.change(|map| map.data = roles(before));
    kube.change(|map| map.data = roles(after));
    let stored = kube.aws_auth().unwrap();
    if let Some(now) = now {
        kube.change(|map| map.data = roles(now));
    }
    let (before, after) = (roles(before), roles(after));
    let own_write = OwnWrite {
        before: &before,
        after: &after,
        stored: &stored,
    };
    let outcome = own_write.undo(&kube, &stored).await;
    (outcome, kube.section("mapRoles").unwrap_or_default())
}

fn others_wrote(outcome: &UndoOutcome) -> bool {
    match outcome {
        UndoOutcome::Undone { others_wrote, .. } => *others_wrote,
        UndoOutcome::Failed(error) => panic!("{error}"),
    }
}

#[tokio::test]
async fn where_nobody_wrote_since_the_old_text_is_back() {
    let before = [role("a", "a"), "# a remark\n".to_owned(), role("b", "b")];
    let (outcome, text) = undo(&before, &[role("b", "c")], None).await;
    assert!(!others_wrote(&outcome));
    assert_eq!(text, before.concat());
}

#[tokio::test]
async fn what_others_wrote_since_stays() {
    let theirs = role("theirs", "theirs");
    let before = [role("a", "a"), role("b", "b")];
    // We removed a, changed b and added c; they added theirs.
    let after = [role("b", "B"), role("c", "c")];
    let now = [role("b", "B"), role("c", "c"), theirs.clone()];
    let (outcome, text) = undo(&before, &after, Some(&now)).await;
    assert!(others_wrote(&outcome));
    let expected = [role("b", "b"), theirs.clone(), role("a", "a")];
    assert_eq!(text, expected.concat());
    // They changed the one that we had changed, and removed the one that we had added.
    let now = [role("b", "their-b")];
    let (_, text) = undo(&before, &after, Some(&now)).await;
    assert_eq!(text, [role("b", "their-b"), role("a", "a")].concat());
    // They put back what we had removed, in their own way.
    let now = [role("b", "B"), role("a", "their-a"), role("c", "c")];
    let (_, text) = undo(&before, &after, Some(&now)).await;
    assert_eq!(text, [role("b", "b"), role("a", "their-a")].concat());
}

#[tokio::test]
async fn one_of_two_entries_of_one_role_comes_back() {
    let before = [role("a", "first"), role("a", "second")];
    let after = [role("a", "first")];
    let now = [role("a", "first"), role("theirs", "theirs")];
    let (_, text) = undo(&before, &after, Some(&now)).await;
    let expected = [
        role("a", "first"),
        role("theirs", "theirs"),
        role("a", "second"),
    ];
    assert_eq!(text, expected.concat());
}

#[tokio::test]
async fn somebody_who_undid_it_already_leaves_nothing_to_do() {
    let before = [role("a", "a")];
    let (outcome, text) = undo(&before, &[role("b", "b")], Some(&before)).await;
    assert!(others_wrote(&outcome));
    assert_eq!(text, before.concat());
}

#[tokio::test]
async fn an_undo_whose_answer_was_lost_is_read_back() {
    let kube = FakeKube::default();
    kube.change(|map| map.data = roles(&[role("a", "a")]));
    let (before, after) = (roles(&[role("a", "a")]), roles(&[]));
    kube.change(|map| map.data = after.clone());
    let stored = kube.aws_auth().unwrap();
    kube.on_next(Verb::Patch, Fault::LoseAnswer);
    let own_write = OwnWrite {
        before: &before,
        after: &after,
        stored: &stored,
    };
    assert!(matches!(
        own_write.undo(&kube, &stored).await,
        UndoOutcome::Undone { .. }
    ));
    assert_eq!(kube.section("mapRoles"), Some(role("a", "a")));
}

#[tokio::test]
async fn a_refusal_is_told() {
    let kube = FakeKube::default();
    kube.change(|map| map.data = roles(&[]));
    let stored = kube.aws_auth().unwrap();
    kube.on_next(Verb::Patch, Fault::Refuse(ErrorKind::Unauthorized));
    let (before, after) = (roles(&[role("a", "a")]), roles(&[]));
    let own_write = OwnWrite {
        before: &before,
        after: &after,
        stored: &stored,
    };
    let UndoOutcome::Failed(error) = own_write.undo(&kube, &stored).await else {
        panic!("it was refused");
    };
    assert_eq!(error.kind, ErrorKind::Unauthorized);
}
