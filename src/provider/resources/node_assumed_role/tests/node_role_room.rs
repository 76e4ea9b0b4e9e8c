//! Several roles that share a node role share its room for inline policies.

use super::*;

fn numbered(number: usize) -> serde_json::Value {
    with(attached(), json!({ "name": format!("reader-{number:02}") }))
}

#[tokio::test]
async fn a_plan_counts_all_policies_that_it_puts_on_one_node_role() {
    let cloud = cloud();
    let resource = harness(&cloud);
    let mut states = Vec::new();
    for number in 0..30 {
        states.push(resource.create(numbered(number)).await.unwrap());
    }
    cloud.iam.calls.take();
    let walk = harness(&cloud);
    for (number, state) in states.iter().enumerate() {
        walk.plan_update(state, numbered(number)).await.unwrap();
    }
    let mut refused = 0;
    for number in 30..60 {
        if let Err(told) = walk.plan_create(numbered(number)).await {
            assert_eq!(titles(&told), ["Inline Policies Too Long"]);
            refused += 1;
        } else {
            assert_eq!(refused, 0, "{number}");
        }
    }
    assert!((1..30).contains(&refused), "{refused}");
    let calls = cloud.iam.calls.take();
    assert!(
        calls.iter().all(|call| !call.starts_with("Create")),
        "{calls:?}"
    );
}

#[tokio::test]
async fn policies_of_roles_that_go_take_no_room_at_plan() {
    let cloud = cloud();
    let resource = harness(&cloud);
    for number in 0..45 {
        resource.create(numbered(number)).await.unwrap();
    }
    let walk = harness(&cloud);
    for number in 50..80 {
        walk.plan_create(numbered(number)).await.unwrap();
    }
}

#[tokio::test]
async fn what_others_have_put_on_a_node_role_counts_at_plan() {
    let cloud = cloud();
    cloud.iam.change_role("nodes", |nodes| {
        nodes.inline.insert("theirs".to_owned(), "x".repeat(10_100));
    });
    let refused = harness(&cloud).plan_create(attached()).await.unwrap_err();
    assert_eq!(titles(&refused), ["Inline Policies Too Long"]);
}

#[tokio::test]
async fn a_role_that_waits_unfinished_says_how_it_is_removed() {
    let cloud = cloud();
    let resource = harness(&cloud);
    let both = with(attached(), json!({ "node_role_arns": [NODES, SPOT] }));
    cloud
        .iam
        .calls
        .fail_on("PutRolePolicy", 2, denied("PutRolePolicy"));
    let failure = resource.create(both).await.unwrap_err();
    assert_eq!(titles(&failure.diagnostics), ["Role Made Only In Part"]);
    let told = &first(&failure.diagnostics).detail;
    for part in [
        "`terraform import eksauth_node_assumed_role.NAME reader`",
        "inline policy `eksauth-assume-reader` from `arn:aws:iam::111122223333:role/eks/nodes`",
    ] {
        assert!(told.contains(part), "{told}");
    }
}
