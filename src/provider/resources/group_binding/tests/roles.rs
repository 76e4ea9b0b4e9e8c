//! Roles that go while they are bound.

use tf_provider::claims::Claims;

use super::*;

const GOES: &str = "Role Goes And Is Still Bound";

fn of_dev() -> Json {
    json!({"name": "other", "cluster_role": "dev", "groups": ["others"]})
}

#[tokio::test]
async fn a_binding_of_the_role_that_its_own_rules_made_is_refused() {
    for (config, role) in [
        (config(), "cluster_role"),
        (with(config(), json!({"namespaces": ["a"]})), "role"),
    ] {
        let bed = Bed::new();
        let state = bed.create(config.clone()).await;
        let mut bound = config;
        bound.as_object_mut().unwrap().remove("rules");
        bound[role] = json!("dev");
        let before = bed.shown();
        let refused = bed.step().plan_update(&state, bound).await.unwrap_err();
        assert_eq!(titles(&refused), ["Role Goes With Its Rules"]);
        assert_eq!(bed.shown(), before);
    }
}

#[tokio::test]
async fn bindings_that_are_left_without_their_role_are_named() {
    for is_renamed in [false, true] {
        let bed = Bed::new();
        let state = bed.create(config()).await;
        bed.create(of_dev()).await;
        bed.kube().put_rbac_object(
            "kubectl-create",
            &key(RbacKind::RoleBinding, "a", "by-hand"),
            binds("dev", "ops"),
        );
        let plan = bed.step();
        if is_renamed {
            let renamed = with(config(), json!({"name": "devs"}));
            plan.plan_update(&state, renamed).await.unwrap();
        } else {
            plan.plan_delete(&state).await.unwrap();
        }
        let warnings = plan.take_warnings();
        assert_eq!(titles(&warnings), [GOES]);
        let told = text(&warnings);
        for part in ["group others", "group ops", "RoleBinding `by-hand`"] {
            assert!(told.contains(part), "{told}");
        }
        assert!(!told.contains("group developers"), "{told}");
    }
}

#[tokio::test]
async fn a_binding_that_goes_in_the_same_plan_is_not_named() {
    for is_role_first in [false, true] {
        let bed = Bed::new();
        let (state, other) = (bed.create(config()).await, bed.create(of_dev()).await);
        let plan = bed.step().with_claims(Claims::in_memory());
        if is_role_first {
            let (role, binding) = tokio::join!(plan.plan_delete(&state), plan.plan_delete(&other));
            role.unwrap();
            binding.unwrap();
        } else {
            plan.plan_delete(&other).await.unwrap();
            plan.plan_delete(&state).await.unwrap();
        }
        assert_eq!(titles(&plan.take_warnings()), Vec::<&str>::new());
    }
}

#[tokio::test]
async fn a_binding_whose_role_is_gone_is_told_by_each_plan() {
    let bed = Bed::new();
    let state = bed.create(config()).await;
    let other = bed.create(of_dev()).await;
    bed.step().delete(&state).await.unwrap();
    let plan = bed.step();
    let read = plan.read(&other).await.unwrap().unwrap();
    let planned = plan.plan_update(&read, of_dev()).await.unwrap();
    assert_eq!(planned.action, Action::None);
    assert_eq!(titles(&plan.take_warnings()), ["Role Not Found"]);
}
