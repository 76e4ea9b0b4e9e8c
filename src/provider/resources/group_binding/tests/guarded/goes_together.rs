//! Two bindings of the last administrators that go in one apply: neither is removed.

use tf_provider::claims::Claims;

use super::*;

#[tokio::test]
async fn two_bindings_of_the_last_administrators_are_both_refused_before_the_first_goes() {
    let (bed, first) = with_admins().await;
    let second = bed.create(with(boss(), json!({"name": "second"}))).await;
    let before = bed.shown();
    let folder = tempfile::tempdir().unwrap();
    let walk = || bed.step().with_claims(Claims::in_folder(folder.path()));
    let plan = walk();
    let one = plan.plan_delete(&first).await.unwrap();
    let other = plan.plan_delete(&second).await.unwrap();
    let warned = text(&plan.take_warnings());
    assert!(warned.contains("lockout.last-admin"), "{warned}");
    let apply = walk();
    for planned in [one, other] {
        let told = text(&apply.apply(planned).await.unwrap_err().diagnostics);
        for words in ["lockout.last-admin", "The same apply removes this too"] {
            assert!(told.contains(words), "{words}: {told}");
        }
    }
    assert_eq!(bed.shown(), before);
}
