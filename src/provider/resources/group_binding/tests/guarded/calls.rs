//! What the judgement of many removals asks for.

use std::time::Duration;

use super::*;

/// Lists of ClusterRoleBindings by the guard.
fn lists(bed: &Bed) -> usize {
    let asked = bed.kube().take_requests().into_iter();
    let all = asked.filter(|request| request == "list clusterrolebindings");
    let of_the_refresh = bed.kube().take_rbac_calls().into_iter();
    let of_the_refresh =
        of_the_refresh.filter(|call| *call == (Verb::List, RbacKind::ClusterRoleBinding));
    all.count() - of_the_refresh.count()
}

async fn lists_of_a_plan(count: usize) -> usize {
    let (bed, first) = with_admins().await;
    let mut states = vec![first];
    for number in 1..count {
        let more = json!({"name": format!("more-{number}")});
        states.push(bed.create(with(boss(), more)).await);
    }
    lists(&bed);
    let plan = bed.step();
    for state in &states {
        plan.plan_delete(state).await.unwrap();
        bed.cloud.clock.advance(Duration::from_secs(1));
    }
    lists(&bed)
}

#[tokio::test]
async fn a_plan_is_judged_by_one_reading_of_rbac_however_many_bindings_go() {
    for count in [1, 2, 30] {
        assert_eq!(lists_of_a_plan(count).await, 1, "{count}");
    }
}
