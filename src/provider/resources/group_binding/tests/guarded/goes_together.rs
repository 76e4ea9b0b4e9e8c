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

/// A binding of the same administrators to a role of its own.
fn ruler() -> Json {
    json!({"name": "ruler", "groups": ["admins"], "rules": [{"api_groups": ["*"], "resources": ["*"], "verbs": ["*"]}]})
}

#[tokio::test]
async fn one_of_them_may_have_a_role_of_its_own() {
    for are_both_own in [false, true] {
        for is_ruler_first in [false, true] {
            let (bed, boss) = with_admins().await;
            let other = match are_both_own {
                true => {
                    bed.step().delete(&boss).await.unwrap_err();
                    let second = bed.create(with(ruler(), json!({"name": "second"}))).await;
                    bed.step().delete(&boss).await.unwrap();
                    second
                }
                false => boss,
            };
            let ruler = bed.create(ruler()).await;
            let before = bed.shown();
            let folder = tempfile::tempdir().unwrap();
            let walk = || bed.step().with_claims(Claims::in_folder(folder.path()));
            let order = match is_ruler_first {
                true => [&ruler, &other],
                false => [&other, &ruler],
            };
            let plan = walk();
            let one = plan.plan_delete(order[0]).await.unwrap();
            let other = plan.plan_delete(order[1]).await.unwrap();
            let warned = text(&plan.take_warnings());
            let case = format!("{are_both_own} {is_ruler_first}");
            assert!(warned.contains("lockout.last-admin"), "{case}: {warned}");
            let apply = walk();
            for planned in [one, other] {
                let told = text(&apply.apply(planned).await.unwrap_err().diagnostics);
                for words in ["lockout.last-admin", "The same apply removes this too"] {
                    assert!(told.contains(words), "{case}: {words}: {told}");
                }
            }
            assert_eq!(bed.shown(), before, "{case}");
        }
    }
}
