//! One object, and more than one who would hold it: addresses of one configuration, and other configurations.

use tf_provider::claims::Claims;

use super::*;

const TWO: &str = "Two Resources For One Role Or Binding";
const ELSEWHERE: &str = "Role Or Binding Belongs To Another Configuration";
const MEANWHILE: &str = "Role Or Binding Changed Meanwhile";

fn view(group: &str) -> Json {
    json!({"name": "dev", "cluster_role": "view", "groups": [group]})
}

/// A role that is there, so that nothing is said of it.
fn bed() -> Bed {
    let bed = Bed::new();
    for role in ["view", "edit"] {
        bed.kube()
            .put_rbac_object("kube-apiserver", &cluster_role(role), reads_pods());
    }
    bed
}

fn subjects(bed: &Bed) -> Vec<String> {
    let keys = bed.kube().rbac_keys().into_iter();
    let objects = keys.filter_map(|key| bed.kube().rbac_object_now(&key));
    let subjects = objects.filter_map(|object| object.fields.subjects);
    subjects.flatten().map(|one| one.to_string()).collect()
}

#[tokio::test]
async fn two_new_addresses_for_one_binding_are_refused_at_plan() {
    for second in [view("b"), view("a")] {
        let bed = bed();
        let walk = bed.step().with_claims(Claims::in_memory());
        walk.plan_create(view("a")).await.unwrap();
        let refused = walk.plan_create(second).await.unwrap_err();
        assert_eq!(titles(&refused), [TWO]);
        let told = text(&refused);
        assert!(told.contains("`dev` with groups `a`, and `dev`"), "{told}");
    }
}

#[tokio::test]
async fn a_new_address_beside_one_of_the_state_is_refused_in_either_order() {
    for second in [view("b"), view("a")] {
        for is_new_first in [false, true] {
            let bed = bed();
            let state = bed.create(view("a")).await;
            let walk = bed.step().with_claims(Claims::in_memory());
            let refused = if is_new_first {
                walk.plan_create(second.clone()).await.unwrap();
                walk.plan_update(&state, view("a")).await.unwrap_err()
            } else {
                walk.plan_update(&state, view("a")).await.unwrap();
                walk.plan_create(second.clone()).await.unwrap_err()
            };
            assert_eq!(titles(&refused), [TWO]);
        }
    }
}

#[tokio::test]
async fn one_that_grows_into_anothers_namespace_is_refused() {
    let bed = Bed::new();
    let of = |namespaces: Json| with(config(), json!({"namespaces": namespaces}));
    let (one, other) = (
        bed.create(of(json!(["a"]))).await,
        bed.create(of(json!(["b"]))).await,
    );
    let walk = bed.step().with_claims(Claims::in_memory());
    walk.plan_update(&other, of(json!(["b"]))).await.unwrap();
    let refused = walk.plan_update(&one, of(json!(["a", "b"]))).await;
    assert_eq!(titles(&refused.unwrap_err()), [TWO]);
}

#[tokio::test]
async fn two_addresses_of_one_state_are_told_and_do_not_stop_a_destroy() {
    let bed = bed();
    let state = bed.create(view("a")).await;
    let imported = bed.step().import(state.model.id.known().unwrap()).await;
    let imported = imported.unwrap().unwrap();
    let walk = bed.step().with_claims(Claims::in_memory());
    walk.plan_update(&state, view("a")).await.unwrap();
    walk.plan_update(&imported, view("a")).await.unwrap();
    assert_eq!(titles(&walk.take_warnings()), [TWO]);
}

#[tokio::test]
async fn of_two_that_are_made_at_once_one_is_refused() {
    let bed = bed();
    let client = bed.cloud.client(Settings {
        cluster_name: Attr::Known("prod".to_owned()),
        ..FakeCloud::settings()
    });
    let step = || Harness::new(GroupBindingResource, client.clone());
    let (one, other) = (step(), step());
    let planned = one.plan_create(view("a")).await.unwrap();
    let second = other.plan_create(view("b")).await.unwrap();
    let (first, second) = tokio::join!(one.apply(planned), other.apply(second));
    assert!(first.is_ok());
    assert_eq!(titles(&second.unwrap_err().diagnostics), [ELSEWHERE]);
    assert_eq!(subjects(&bed), ["group a"]);
}

#[tokio::test]
async fn what_another_configuration_holds_is_not_taken_whatever_is_set() {
    for second in [
        with(view("a"), json!({"on_conflict": "adopt"})),
        view("a"),
        view("b"),
    ] {
        let bed = bed();
        bed.create(view("a")).await;
        let step = bed.step();
        let planned = step.plan_create(second).await.unwrap();
        let warnings = step.take_warnings();
        assert_eq!(titles(&warnings), [ELSEWHERE]);
        let refused = step.apply(planned).await.unwrap_err().diagnostics;
        assert_eq!(titles(&refused), [ELSEWHERE]);
        for told in [text(&warnings), text(&refused)] {
            assert!(told.contains("`prod/clusterrolebinding/dev-"), "{told}");
            assert!(told.contains("= ClusterRole `view` of"), "{told}");
        }
        assert_eq!(subjects(&bed), ["group a"]);
    }
}

#[tokio::test]
async fn one_of_the_state_that_is_made_before_it_is_removed_stays_made() {
    let (bed, folder) = (bed(), tempfile::tempdir().unwrap());
    let walk = || bed.step().with_claims(Claims::in_folder(folder.path()));
    let state = walk().create(view("a")).await.unwrap();
    walk().plan_update(&state, view("a")).await.unwrap();
    // The half of a replacement that makes, and the removal, which Terraform plans in the apply.
    let apply = walk();
    let new = apply.create(view("a")).await.unwrap();
    apply.delete(&state).await.unwrap();
    assert_eq!(new.model.adopted, Attr::Known(false));
    assert_eq!(subjects(&bed), ["group a"]);
}

#[tokio::test]
async fn what_is_another_one_after_the_plan_is_not_taken() {
    let bed = bed();
    let state = bed.create(view("a")).await;
    let step = bed.step();
    let planned = step.plan_update(&state, view("b")).await.unwrap();
    let key = bed.kube().rbac_keys().into_iter();
    let binding = key.into_iter().find(|key| !key.kind.is_role()).unwrap();
    bed.kube().remove_rbac_object(&binding);
    bed.kube()
        .put_rbac_object("helm", &binding, binds("view", "theirs"));
    let refused = step.apply(planned).await.unwrap_err().diagnostics;
    assert_eq!(titles(&refused), [MEANWHILE]);
    assert_eq!(subjects(&bed), ["group theirs"]);
}

#[tokio::test]
async fn what_was_there_before_and_is_gone_after_the_plan_is_not_made() {
    let bed = bed();
    bed.kube()
        .put_rbac_object("kubectl-create", &cluster_role("dev"), reads_pods());
    let state = bed.create(config()).await;
    let step = bed.step();
    let changed = with(config(), json!({"groups": ["others"]}));
    let planned = step.plan_update(&state, changed).await.unwrap();
    bed.kube().remove_rbac_object(&cluster_role("dev"));
    let refused = step.apply(planned).await.unwrap_err().diagnostics;
    assert_eq!(titles(&refused), [MEANWHILE]);
    assert_eq!(bed.kube().rbac_object_now(&cluster_role("dev")), None);
}

/// An address gives the binding up, another is to take it and fails: the next apply takes it, in whatever order the two came.
#[tokio::test]
async fn what_a_failed_taker_has_left_is_taken_by_the_next_apply() {
    for is_removal_first in [false, true] {
        let (bed, folder) = (bed(), tempfile::tempdir().unwrap());
        let walk = || bed.step().with_claims(Claims::in_folder(folder.path()));
        let state = walk().create(view("a")).await.unwrap();
        let plan = walk();
        plan.plan_create(view("b")).await.unwrap();
        let removal = plan.plan_delete(&state).await.unwrap();
        let apply = walk();
        bed.kube()
            .on_next_rbac(Verb::Patch, Fault::Refuse(ErrorKind::Service));
        if is_removal_first {
            apply.apply(removal).await.unwrap();
            apply.create(view("b")).await.unwrap_err();
        } else {
            apply.create(view("b")).await.unwrap_err();
            apply.apply(removal).await.unwrap();
        }
        let plan = walk();
        plan.plan_create(view("b")).await.unwrap();
        assert_eq!(titles(&plan.take_warnings()), Vec::<&str>::new());
        let made = walk().create(view("b")).await.unwrap();
        assert_eq!(made.model.adopted, Attr::Known(false));
        assert_eq!(subjects(&bed), ["group b"]);
    }
}

#[tokio::test]
async fn another_name_is_made_before_the_old_one_goes() {
    let bed = Bed::new();
    let state = bed.create(config()).await;
    bed.kube().take_rbac_calls();
    let step = bed.step();
    let renamed = with(config(), json!({"name": "devs"}));
    let planned = step.plan_update(&state, renamed.clone()).await.unwrap();
    assert_eq!(planned.action, Action::Update);
    let state = step.apply(planned).await.unwrap().unwrap();
    let writes = bed
        .kube()
        .take_rbac_calls()
        .into_iter()
        .map(|(verb, _)| verb);
    let writes: Vec<Verb> = writes
        .filter(|verb| matches!(verb, Verb::Patch | Verb::Delete))
        .collect();
    assert_eq!(
        writes,
        [Verb::Patch, Verb::Patch, Verb::Delete, Verb::Delete]
    );
    assert_eq!(state.model.adopted, Attr::Known(false));
    assert_eq!(
        state.model.id,
        Attr::Known("prod/clusterrole/devs".to_owned())
    );
    assert_eq!(bed.plan_again(&state, renamed).await, Action::None);
    assert_eq!(bed.shown().len(), 2);
}

/// Two that change names in one apply: the one that gives a binding up does not remove what the other goes on with.
#[tokio::test]
async fn a_name_that_another_takes_keeps_its_binding() {
    for is_giver_first in [false, true] {
        let (bed, folder) = (bed(), tempfile::tempdir().unwrap());
        let walk = || bed.step().with_claims(Claims::in_folder(folder.path()));
        let named = |name: &str, group: &str| with(view(group), json!({"name": name}));
        let state = walk().create(named("one", "a")).await.unwrap();
        let plan = walk();
        plan.plan_update(&state, named("two", "a")).await.unwrap();
        plan.plan_create(named("one", "b")).await.unwrap();
        let apply = walk();
        if is_giver_first {
            apply.update(&state, named("two", "a")).await.unwrap();
            apply.create(named("one", "b")).await.unwrap();
        } else {
            apply.create(named("one", "b")).await.unwrap();
            apply.update(&state, named("two", "a")).await.unwrap();
        }
        let mut bound = subjects(&bed);
        bound.sort();
        assert_eq!(bound, ["group a", "group b"]);
        let deletes = bed.kube().take_rbac_calls();
        assert!(deletes.iter().all(|(verb, _)| *verb != Verb::Delete));
    }
}
