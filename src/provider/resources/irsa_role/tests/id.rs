//! The id, which follows from the name.

use super::*;

#[tokio::test]
async fn a_generated_name_has_its_id_after_apply_and_the_next_plan_is_empty() {
    let cloud = cloud();
    let resource = harness(&cloud);
    let config = json!({ "name_prefix": "reader-", "pod_identity": true });
    let planned = resource.plan_create(config.clone()).await.unwrap();
    assert_eq!(planned.model.as_ref().unwrap().id, Attr::Unknown);
    let state = resource.apply(planned).await.unwrap().unwrap();
    assert_eq!(state.model.id, state.model.name);
    let read = resource.read(&state).await.unwrap().unwrap();
    let planned = resource.plan_update(&read, config).await.unwrap();
    assert_eq!(planned.action, Action::None);
}

#[tokio::test]
async fn a_state_of_a_version_without_id_plans_empty_also_without_a_refresh() {
    let cloud = cloud();
    let resource = harness(&cloud);
    let state = resource.create(reader()).await.unwrap();
    let mut old = serde_json::to_value(&state.model).unwrap();
    for name in ["id", "on_conflict", "adopted"] {
        old.as_object_mut().unwrap().remove(name).unwrap();
    }
    let upgraded = resource.upgrade(0, &old).unwrap();
    assert_eq!(upgraded.model, state.model);
    let planned = resource.plan_update(&upgraded, reader()).await.unwrap();
    assert_eq!(planned.action, Action::None);
}
