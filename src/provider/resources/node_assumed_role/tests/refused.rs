//! What is refused before IAM is asked, and what IAM refuses.

use super::*;

#[test]
fn wrong_configurations_are_refused() {
    let resource = harness(&cloud());
    let refused = |more: serde_json::Value| {
        let diagnostics = resource.validate(with(reader(), more));
        titles(&diagnostics)
            .into_iter()
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    assert_eq!(refused(json!({})), Vec::<String>::new());
    assert_eq!(
        refused(json!({ "name_prefix": "x" })),
        ["Conflicting Attributes"]
    );
    assert_eq!(refused(json!({ "system": "irsa" })), ["Invalid Value"]);
    assert_eq!(
        refused(json!({ "external_id": "x" })),
        ["Invalid External Id"]
    );
    assert_eq!(
        refused(json!({ "external_id": "a b" })),
        ["Invalid External Id"]
    );
    assert_eq!(
        refused(json!({ "base_arn": "arn:aws:iam:eu-west-1:111122223333:role/" })),
        ["Invalid Base ARN"]
    );
    assert_eq!(
        refused(json!({ "node_role_arns": [] })),
        ["Role Trusts No One"]
    );
    let alone = json!({ "node_role_arns": null, "ec2": true, "attach_node_policy": true, "external_id": "ab" });
    assert_eq!(refused(alone), ["Missing Node Role", "Missing Node Role"]);
}

#[test]
fn what_is_no_node_role_is_told_with_what_to_write() {
    for (arn, told) in [
        (
            "arn:aws:iam::111122223333:instance-profile/nodes",
            "`arn:aws:iam::111122223333:instance-profile/nodes` is an instance profile; write the ARN of the role inside it: a node role looks like \
             `arn:aws:iam::111122223333:role/nodes`.",
        ),
        (
            "arn:aws:sts::111122223333:assumed-role/nodes/i-0123",
            "`arn:aws:sts::111122223333:assumed-role/nodes/i-0123` is the session of a role; write the role's own ARN, which ends with `role/nodes` and \
             has the role's path.",
        ),
        (
            "arn:aws:iam::111122223333:user/ann",
            "`arn:aws:iam::111122223333:user/ann` is a user, and pods get their roles by a role: a node role looks like \
             `arn:aws:iam::111122223333:role/nodes`.",
        ),
        (
            "arn:aws:iam::111122223333:root",
            "`arn:aws:iam::111122223333:root` is ",
        ),
        ("arn:aws:iam::111122223333:role/*", "no wildcard"),
        ("nodes", "`nodes` "),
    ] {
        let refused =
            harness(&cloud()).validate(with(reader(), json!({ "node_role_arns": [arn] })));
        assert_eq!(titles(&refused), ["Invalid Node Role ARN"], "{arn}");
        let detail = &first(&refused).detail;
        assert!(detail.contains(told), "{detail}");
    }
}

#[tokio::test]
async fn a_node_role_of_another_account_is_trusted_but_gets_no_policy() {
    let theirs = json!({ "node_role_arns": ["arn:aws:iam::999988887777:role/nodes"] });
    let cloud = cloud();
    let resource = harness(&cloud);
    let trusted = resource.plan_create(with(reader(), theirs.clone())).await;
    assert_eq!(trusted.unwrap().action, Action::Create);
    let refused = resource
        .plan_create(with(attached(), theirs))
        .await
        .unwrap_err();
    assert_eq!(titles(&refused), ["Node Role Of Another Account"]);
    let china = json!({ "node_role_arns": ["arn:aws-cn:iam::111122223333:role/nodes"] });
    let refused = resource
        .plan_create(with(reader(), china))
        .await
        .unwrap_err();
    assert_eq!(titles(&refused), ["Partitions Do Not Match"]);
}

#[tokio::test]
async fn a_node_role_that_iam_does_not_know_is_waited_for_and_then_named() {
    let cloud = cloud();
    let unseen = refusal(
        ErrorKind::UnknownPrincipal,
        "iam:CreateRole",
        "MalformedPolicyDocument",
        "Invalid principal in policy",
    );
    cloud.iam.calls.fail_next("CreateRole", unseen.clone());
    let resource = harness(&cloud);
    let state = resource.create(reader()).await.unwrap();
    for _ in 0..60 {
        cloud
            .iam
            .calls
            .fail_next("UpdateAssumeRolePolicy", unseen.clone());
    }
    let gone = "arn:aws:iam::111122223333:role/gone";
    let other = with(reader(), json!({ "node_role_arns": [gone] }));
    let failure = resource.update(&state, other).await.unwrap_err();
    assert_eq!(titles(&failure.diagnostics), ["Cannot Change Role"]);
    let detail = &first(&failure.diagnostics).detail;
    assert!(
        detail.contains(&format!("This one names:\n  {gone}\n")),
        "{detail}"
    );
    let kept = failure.state.unwrap().model;
    assert_eq!(kept.node_role_arns, state.model.node_role_arns);
}
