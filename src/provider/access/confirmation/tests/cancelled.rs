//! Ctrl-C while a write is watched.

use super::*;

#[tokio::test]
async fn ctrl_c_ends_the_questions_and_undoes_what_is_lost() {
    let (bed, cancel) = (bed(), CancellationToken::new());
    let stop = cancel.clone();
    bed.cloud.connections.answer(move |kube| {
        if !names_admins(kube) {
            stop.cancel();
        }
        FakeAnswer::admin("admin")
    });
    let outcome = ask_until(&bed, settings(), remove_own(), &cancel).await;
    let remarks = outcome.unwrap().remarks;
    assert!(only(&remarks).detail.contains("was cancelled"));
    assert_eq!(
        unfinished::notes(&bed).len(),
        1,
        "the next run must tell of it"
    );

    let (bed, cancel) = (self::bed(), CancellationToken::new());
    let stop = cancel.clone();
    bed.cloud.connections.answer(move |kube| {
        if names_admins(kube) {
            return FakeAnswer::admin("admin");
        }
        stop.cancel();
        FakeAnswer::Fails(ErrorKind::Unauthorized)
    });
    let outcome = ask_until(&bed, settings(), remove_own(), &cancel).await;
    assert_eq!(
        titles(&outcome.unwrap_err()),
        ["This Change Locked You Out And Was Undone"]
    );
    assert!(names_admins(bed.kube()));
}
