//! The policies on node roles: each resource its own, drift, removal, and what stops half way.

use super::*;

const OTHERS: &str =
    r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"*"}]}"#;

fn own() -> (String, String) {
    (POLICY_NAME.to_owned(), POLICY.to_owned())
}

#[tokio::test]
async fn several_roles_on_one_node_role_do_not_touch_each_other() {
    let cloud = cloud();
    cloud.iam.change_role("nodes", |nodes| {
        nodes.inline.insert("theirs".to_owned(), OTHERS.to_owned());
    });
    let resource = harness(&cloud);
    let first = resource.create(attached()).await.unwrap();
    let second = with(attached(), json!({ "name": "writer" }));
    let second = resource.create(second).await.unwrap();
    let names = |cloud: &FakeCloud| -> Vec<String> {
        inline(cloud, "nodes")
            .into_iter()
            .map(|(name, _)| name)
            .collect()
    };
    assert_eq!(
        names(&cloud),
        [POLICY_NAME, "eksauth-assume-writer", "theirs"]
    );
    assert_eq!(inline(&cloud, "nodes")[0], own());
    resource.delete(&first).await.unwrap();
    assert_eq!(names(&cloud), ["eksauth-assume-writer", "theirs"]);
    resource.delete(&second).await.unwrap();
    assert_eq!(names(&cloud), ["theirs"]);
}

#[tokio::test]
async fn what_was_removed_or_edited_by_hand_is_put_right() {
    let cloud = cloud();
    let resource = harness(&cloud);
    let state = resource.create(attached()).await.unwrap();
    for edit in [None, Some(OTHERS)] {
        cloud.iam.change_role("nodes", |nodes| {
            match edit {
                None => nodes.inline.remove(POLICY_NAME),
                Some(text) => nodes.inline.insert(POLICY_NAME.to_owned(), text.to_owned()),
            };
        });
        let read = resource.read(&state).await.unwrap().unwrap();
        let plan = resource.plan_update(&read, attached()).await.unwrap();
        assert_eq!(plan.action, Action::Update, "{edit:?}");
        let state = resource.update(&read, attached()).await.unwrap();
        assert_eq!(inline(&cloud, "nodes"), [own()]);
        let plan = resource.plan_update(&state, attached()).await.unwrap();
        assert_eq!(plan.action, Action::None);
    }
    // The same in other words is no drift.
    let spelt =
        serde_json::to_string_pretty(&serde_json::from_str::<serde_json::Value>(POLICY).unwrap());
    cloud.iam.change_role("nodes", |nodes| {
        nodes.inline.insert(POLICY_NAME.to_owned(), spelt.unwrap());
    });
    let read = resource.read(&state).await.unwrap().unwrap();
    let plan = resource.plan_update(&read, attached()).await.unwrap();
    assert_eq!(plan.action, Action::None);
}

#[tokio::test]
async fn the_policies_follow_the_node_roles() {
    let cloud = cloud();
    let resource = harness(&cloud);
    let state = resource.create(attached()).await.unwrap();
    let both = with(attached(), json!({ "node_role_arns": [NODES, SPOT] }));
    let state = resource.update(&state, both).await.unwrap();
    assert_eq!(
        (inline(&cloud, "nodes"), inline(&cloud, "spot")),
        (vec![own()], vec![own()])
    );
    let other = with(attached(), json!({ "node_role_arns": [SPOT] }));
    let state = resource.update(&state, other.clone()).await.unwrap();
    assert_eq!(
        (inline(&cloud, "nodes"), inline(&cloud, "spot")),
        (vec![], vec![own()])
    );
    let kiam = with(other.clone(), json!({ "system": "kiam" }));
    let state = resource.update(&state, kiam).await.unwrap();
    assert!(!inline(&cloud, "spot")[0].1.contains("DescribeRegions"));
    let off = with(other, json!({ "attach_node_policy": false }));
    let state = resource.update(&state, off).await.unwrap();
    assert_eq!(inline(&cloud, "spot"), []);
    assert_eq!(state.model.attached_node_policies, Attr::Null);
}

#[tokio::test]
async fn a_role_whose_node_policy_is_refused_is_completed_by_the_next_apply() {
    let cloud = cloud();
    let resource = harness(&cloud);
    cloud
        .iam
        .calls
        .fail_next("PutRolePolicy", denied("PutRolePolicy"));
    let failure = resource.create(attached()).await.unwrap_err();
    assert_eq!(titles(&failure.diagnostics), ["Role Made Only In Part"]);
    assert_eq!(failure.state, None, "a state would be tainted and replaced");
    let left = cloud.iam.role_now("reader").unwrap().role.unique_id;
    let state = resource.create(attached()).await.unwrap();
    assert_eq!(state.model.unique_id, known(&left));
    assert_eq!(inline(&cloud, "nodes"), [own()]);
}

#[tokio::test]
async fn a_role_that_is_taken_back_takes_its_node_policies_with_it() {
    let cloud = cloud();
    let resource = harness(&cloud);
    let both = with(
        attached(),
        json!({ "node_role_arns": [NODES, SPOT], "tags": { "a": "b" } }),
    );
    // The first node role has its policy when the second is refused, and nothing can be marked.
    cloud.iam.calls.deny("iam:UpdateRole");
    cloud
        .iam
        .calls
        .fail_on("PutRolePolicy", 2, denied("PutRolePolicy"));
    let failure = resource.create(both).await.unwrap_err();
    assert_eq!(titles(&failure.diagnostics), ["Cannot Create Role"]);
    assert_eq!(cloud.iam.role_now("reader"), None);
    assert_eq!(
        (inline(&cloud, "nodes"), inline(&cloud, "spot")),
        (vec![], vec![])
    );
}

#[tokio::test]
async fn a_policy_of_the_name_that_grants_something_else_is_not_written_over() {
    let cloud = cloud();
    cloud.iam.change_role("nodes", |nodes| {
        nodes
            .inline
            .insert(POLICY_NAME.to_owned(), OTHERS.to_owned());
    });
    let resource = harness(&cloud);
    let refused = resource.create(attached()).await.unwrap_err();
    assert_eq!(titles(&refused.diagnostics), ["Node Policy Exists Already"]);
    assert_eq!(cloud.iam.role_now("reader"), None, "nothing was made");
    let adopting = with(attached(), json!({ "on_conflict": "adopt" }));
    resource.create(adopting).await.unwrap();
    assert_eq!(inline(&cloud, "nodes"), [own()]);
}

#[tokio::test]
async fn a_node_role_that_is_not_there_or_has_no_room_is_found_before_anything_is_made() {
    let cloud = cloud();
    let resource = harness(&cloud);
    let missing = with(
        attached(),
        json!({ "node_role_arns": ["arn:aws:iam::111122223333:role/gone"] }),
    );
    let refused = resource.create(missing).await.unwrap_err();
    assert_eq!(titles(&refused.diagnostics), ["Node Role Not Found"]);
    // A role of that name, but not of that path.
    let path = with(
        attached(),
        json!({ "node_role_arns": ["arn:aws:iam::111122223333:role/nodes"] }),
    );
    let refused = resource.create(path).await.unwrap_err();
    assert_eq!(titles(&refused.diagnostics), ["Node Role Not Found"]);
    cloud.iam.change_role("nodes", |nodes| {
        let long = OTHERS.replace("s3:*", &"x".repeat(10_100));
        nodes.inline.insert("theirs".to_owned(), long);
    });
    let refused = resource.create(attached()).await.unwrap_err();
    assert_eq!(titles(&refused.diagnostics), ["Inline Policies Too Long"]);
    assert_eq!(cloud.iam.role_now("reader"), None, "nothing was made");
}

#[tokio::test]
async fn a_node_role_that_is_gone_keeps_nothing_from_being_destroyed() {
    let cloud = cloud();
    let resource = harness(&cloud);
    let state = resource.create(attached()).await.unwrap();
    cloud.iam.remove_role("nodes");
    resource.delete(&state).await.unwrap();
    assert_eq!(cloud.iam.role_now("reader"), None);
}

#[tokio::test]
async fn a_node_policy_that_cannot_be_removed_is_removed_by_the_next_destroy() {
    let cloud = cloud();
    let resource = harness(&cloud);
    let state = resource.create(attached()).await.unwrap();
    cloud
        .iam
        .calls
        .fail_next("DeleteRolePolicy", denied("DeleteRolePolicy"));
    let failure = resource.delete(&state).await.unwrap_err();
    assert_eq!(titles(&failure.diagnostics), ["Cannot Remove Node Policy"]);
    resource.delete(&state).await.unwrap();
    assert_eq!(inline(&cloud, "nodes"), []);
}

#[tokio::test]
async fn what_a_stopped_apply_of_the_other_system_has_put_there_is_no_conflict() {
    let cloud = cloud();
    let resource = harness(&cloud);
    let tagged = with(
        attached(),
        json!({ "tags": { "team": "apps" }, "description": "x" }),
    );
    cloud.iam.change_role("nodes", |nodes| {
        let kiam = POLICY.replace(
            r#",{"Action":"ec2:DescribeRegions","Effect":"Allow","Resource":"*"}"#,
            "",
        );
        nodes.inline.insert(POLICY_NAME.to_owned(), kiam);
    });
    resource.create(tagged).await.unwrap();
    assert_eq!(inline(&cloud, "nodes"), [own()]);
}

#[tokio::test]
async fn a_policy_whose_answer_was_lost_is_taken_back_with_the_role() {
    let cloud = cloud();
    let resource = harness(&cloud);
    cloud.iam.calls.deny("iam:UpdateRole");
    let lost = refusal(
        ErrorKind::AnswerLost,
        "iam:PutRolePolicy",
        "Timeout",
        "no answer",
    );
    cloud.iam.calls.lose_answer_of_next("PutRolePolicy", lost);
    let failure = resource.create(attached()).await.unwrap_err();
    assert_eq!(titles(&failure.diagnostics), ["Cannot Create Role"]);
    assert_eq!(
        (cloud.iam.role_now("reader"), inline(&cloud, "nodes")),
        (None, vec![])
    );
}
