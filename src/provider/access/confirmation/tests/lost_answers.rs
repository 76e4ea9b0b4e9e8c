//! Writes of which nobody knows whether they were made.

use super::unfinished::notes;
use super::*;

#[tokio::test]
async fn a_write_whose_answer_was_lost_is_watched_too() {
    let bed = bed();
    let theirs = "- rolearn: arn:aws:iam::111122223333:role/theirs\n  username: theirs\n";
    bed.kube().on_next(Verb::Patch, Fault::LoseAnswer);
    let mut is_first = true;
    bed.cloud.connections.answer(move |kube| {
        if names_admins(kube) {
            return FakeAnswer::admin("admin");
        }
        if std::mem::replace(&mut is_first, false) {
            kube.change(|map| map.data.get_mut("mapRoles").unwrap().push_str(theirs));
        }
        FakeAnswer::Fails(ErrorKind::Unauthorized)
    });
    let outcome = ask(&bed, settings(), remove_own()).await;
    assert_eq!(
        titles(&outcome.unwrap_err()),
        ["This Change Locked You Out And Was Undone"]
    );
    let roles = bed.kube().section("mapRoles").unwrap();
    assert!(roles.contains("role/theirs") && roles.contains("role/admins"));

    let bed = self::bed();
    bed.kube().on_next(Verb::Patch, Fault::LoseAnswer);
    bed.cloud.connections.answer(|_| FakeAnswer::admin("admin"));
    assert!(ask(&bed, settings(), remove_own()).await.is_ok());
    assert_eq!(bed.kube().count(Verb::Patch), 1);
    assert_eq!(notes(&bed), Vec::<String>::new());
}

#[tokio::test]
async fn a_loss_beside_a_write_that_was_not_made_is_not_its_own() {
    let bed = bed();
    bed.kube().on_next(Verb::Patch, Fault::LoseRequest);
    let mut number = 0;
    bed.cloud.connections.answer(move |_| {
        number += 1;
        match number {
            2..20 => FakeAnswer::Fails(ErrorKind::Unauthorized),
            _ => FakeAnswer::admin("admin"),
        }
    });
    assert!(ask(&bed, settings(), remove_own()).await.is_ok());
    assert!(!names_admins(bed.kube()), "it is made in the end");
}
