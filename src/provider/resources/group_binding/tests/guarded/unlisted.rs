//! Removals where roles or bindings may not be listed: what goes is known by its own words.

use super::*;

const LISTS: [&[(&str, &str)]; 5] = [
    &[("list", "clusterroles")],
    &[("list", "clusterroles"), ("get", "clusterroles")],
    &[("list", "clusterrolebindings")],
    &[("list", "clusterroles"), ("list", "clusterrolebindings")],
    &[
        ("list", "clusterroles"),
        ("get", "clusterroles"),
        ("list", "clusterrolebindings"),
        ("list", "roles"),
        ("list", "rolebindings"),
    ],
];

#[tokio::test]
async fn the_last_administrators_binding_is_not_removed_whatever_may_not_be_listed() {
    for denied in LISTS {
        let (bed, state) = with_admins().await;
        for (verb, resource) in denied {
            bed.kube().deny(verb, resource);
        }
        let step = bed.step();
        step.plan_delete(&state).await.unwrap();
        let warned = text(&step.take_warnings());
        assert!(warned.contains("lockout.last-admin"), "{denied:?} {warned}");
        let told = text(&bed.step().delete(&state).await.unwrap_err().diagnostics);
        for words in [
            "is refused because of what it does to access",
            "EKSAUTH_LOCKOUT_ACK=prod:lockout.last-admin:arn:aws:iam::111122223333:role/admin",
        ] {
            assert!(told.contains(words), "{denied:?} {words}: {told}");
        }
        // Single roles say as much as their list.
        if denied.contains(&("list", "clusterrolebindings")) {
            let missing = "`list clusterrolebindings` is missing";
            assert!(told.contains(missing), "{denied:?}: {told}");
        }
        assert_eq!(bed.shown().len(), 2, "{denied:?}");
    }
}

#[tokio::test]
async fn roles_that_may_be_read_one_by_one_are_judged_as_if_they_were_listed() {
    let (bed, state) = with_admins().await;
    bed.create(with(boss(), json!({"name": "second"}))).await;
    bed.kube().deny("list", "clusterroles");
    let step = bed.step();
    step.delete(&state).await.unwrap();
    assert_eq!(titles(&step.take_warnings()), Vec::<&str>::new());
    // Another binding of the same group may be there, which nobody can see.
    let second = bed
        .step()
        .import("prod/clusterrole/cluster-admin")
        .await
        .unwrap()
        .unwrap();
    bed.kube().deny("list", "clusterrolebindings");
    let told = text(&bed.step().delete(&second).await.unwrap_err().diagnostics);
    assert!(told.contains("lockout.last-admin"), "{told}");
}

#[tokio::test]
async fn a_binding_that_gives_nothing_goes_with_a_warning_at_most() {
    for denied in LISTS {
        let bed = Bed::new();
        let state = bed.create(config()).await;
        for (verb, resource) in denied {
            // The role of the binding itself is read before it is removed.
            if *verb == "list" {
                bed.kube().deny(verb, resource);
            }
        }
        let step = bed.step();
        step.delete(&state).await.unwrap();
        let warnings = step.take_warnings();
        let titles = titles(&warnings);
        let is_of_what_was_not_read = |title: &&str| *title == "Change Of Bindings Not Judged";
        assert!(titles.iter().all(is_of_what_was_not_read), "{titles:?}");
    }
}
