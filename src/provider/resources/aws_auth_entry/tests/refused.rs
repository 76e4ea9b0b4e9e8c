use super::*;

#[test]
fn a_configuration_is_judged_before_anything_is_asked() {
    let bed = Bed::lived_in();
    let role = bed.step(AwsAuthRoleResource::new());
    let judged = |rolearn: &str, username: &str, groups: &[&str]| {
        let found =
            role.validate(json!({ "rolearn": rolearn, "username": username, "groups": groups }));
        found
            .iter()
            .map(|message| {
                format!(
                    "{:?} {} at {}",
                    message.severity,
                    message.summary,
                    message.path.clone().unwrap()
                )
            })
            .collect::<Vec<_>>()
    };
    let arn = role_arn("dev");
    let none = Vec::<String>::new();
    assert_eq!(judged(&arn, "dev", &["system:masters"]), none);
    assert_eq!(
        judged(&arn, "system:node:{{EC2PrivateDNSName}}", &["system:nodes"]),
        none
    );
    assert_eq!(judged(&arn, "system:node:{{SessionName}}", &[]), none);
    assert_eq!(
        judged(&arn, "system:kube-scheduler", &[]),
        ["Warning Username Of Kubernetes Itself at username"]
    );
    assert_eq!(
        judged(&arn, "system:{{SessionName}}", &[]),
        ["Error Caller Chooses A Privileged Name at username"]
    );
    assert_eq!(judged(&arn, "", &[]), ["Error Empty Username at username"]);
    assert_eq!(
        judged(&arn, "dev", &["a b"]),
        ["Error Invalid Group at groups[\"a b\"]"]
    );
    assert_eq!(
        judged("role/dev", "dev", &[]),
        ["Error Invalid ARN at rolearn"]
    );
    assert_eq!(
        judged("arn:aws:iam::111122223333:user/dev", "dev", &[]),
        ["Error Invalid ARN at rolearn"]
    );
    assert_eq!(
        judged("arn:aws:iam::1111:role/dev", "dev", &[]),
        ["Error Invalid ARN at rolearn"]
    );
    assert_eq!(
        judged(
            "arn:aws:sts::111122223333:assumed-role/dev/alice",
            "dev",
            &[]
        ),
        none
    );
    let user = role
        .validate(json!({ "rolearn": "arn:aws:iam::111122223333:user/dev", "username": "dev" }));
    assert_eq!(
        only(&user).detail,
        "No caller could ever match this entry: `arn:aws:iam::111122223333:user/dev` is a user, not a role: write it among the users \
         (`eksauth_aws_auth_user`, or `map_users` of `eksauth_aws_auth`)."
    );
    let account = bed
        .step(AwsAuthAccountResource::new())
        .validate(json!({ "account_id": "12345678901" }));
    assert_eq!(
        only(&account).detail,
        "No caller could ever match this entry: account id `12345678901` must have 12 digits; write it in quotes, so that zeros in front stay."
    );
}

#[tokio::test]
async fn an_arn_of_another_partition_is_refused_at_plan() {
    let bed = Bed::lived_in();
    let config = json!({ "rolearn": "arn:aws-cn:iam::111122223333:role/dev", "username": "dev" });
    let refused = bed
        .step(AwsAuthRoleResource::new())
        .plan_create(config)
        .await
        .unwrap_err();
    assert_eq!(only(&refused).summary, "Entry Of Another Partition");
}

#[tokio::test]
async fn a_section_that_does_not_parse_is_named_with_its_line_at_every_step() {
    let broken = format!("{ROLES}- rolearn: x\n\tusername: y\n");
    let bed = Bed::lived_in();
    let state = bed
        .step(AwsAuthRoleResource::new())
        .create(role_config("dev", "dev", &[]))
        .await
        .unwrap();
    bed.kube()
        .write(&[("mapRoles", &broken), ("mapUsers", USERS)]);
    let before = bed.kube().aws_auth();
    let step = bed.step(AwsAuthRoleResource::new());
    let read = step.read(&state).await.unwrap_err();
    let refusal = only(&read);
    assert_eq!(refusal.summary, "Section Cannot Be Parsed");
    assert!(
        refusal.detail.contains("line 11, column 1"),
        "{}",
        refusal.detail
    );
    assert!(
        refusal
            .detail
            .contains("reads the whole section as empty today"),
        "{}",
        refusal.detail
    );
    assert_eq!(
        only(
            &step
                .plan_create(role_config("x", "x", &[]))
                .await
                .unwrap_err()
        )
        .summary,
        "Section Cannot Be Parsed"
    );
    assert_eq!(
        only(&step.delete(&state).await.unwrap_err().diagnostics).summary,
        "Section Cannot Be Parsed"
    );
    let user = json!({ "userarn": "arn:aws:iam::111122223333:user/bob", "username": "bob" });
    bed.step(AwsAuthUserResource::new())
        .create(user)
        .await
        .unwrap();
    assert_eq!(
        bed.kube().section("mapRoles"),
        before.unwrap().data.remove("mapRoles")
    );
}

#[tokio::test]
async fn an_immutable_config_map_is_refused_at_plan() {
    let bed = Bed::lived_in();
    bed.kube().change(|map| map.immutable = true);
    let refused = bed
        .step(AwsAuthRoleResource::new())
        .plan_create(role_config("dev", "dev", &[]))
        .await
        .unwrap_err();
    assert_eq!(only(&refused).summary, "ConfigMap Cannot Be Changed");
    assert_eq!(bed.kube().count(Verb::Patch), 0);
}

#[tokio::test]
async fn a_document_that_would_be_too_large_is_refused_and_stays() {
    let bed = Bed::lived_in();
    let filler = "#".repeat(1024 * 1024 - ROLES.len() - 45);
    bed.kube()
        .change(|map| drop(map.data.insert("mapUsers".to_owned(), String::new())));
    bed.kube()
        .change(|map| drop(map.data.insert("notes".to_owned(), filler)));
    let before = bed.kube().aws_auth();
    let refused = refusal(
        bed.step(AwsAuthRoleResource::new())
            .create(role_config("dev", "dev", &[]))
            .await,
    );
    assert_eq!(only(&refused).summary, "ConfigMap Cannot Be Changed");
    assert!(
        only(&refused).detail.contains("1048576 are allowed"),
        "{}",
        only(&refused).detail
    );
    assert_eq!(bed.kube().aws_auth(), before);
}

#[tokio::test]
async fn what_may_not_be_read_fails_the_plan_or_keeps_the_state_as_configured() {
    let bed = Bed::lived_in();
    let state = bed
        .step(AwsAuthRoleResource::new())
        .create(role_config("dev", "dev", &[]))
        .await
        .unwrap();
    bed.kube()
        .on_next(Verb::Get, Fault::Refuse(ErrorKind::AccessDenied));
    let refused = bed
        .step(AwsAuthRoleResource::new())
        .read(&state)
        .await
        .unwrap_err();
    assert_eq!(only(&refused).summary, "Cannot Read aws-auth");
    let mut settings = Bed::settings();
    settings.on_unreadable = crate::config::OnUnreadable::KeepState;
    let step =
        tf_provider::testing::Harness::new(AwsAuthRoleResource::new(), bed.cloud.client(settings));
    bed.kube()
        .on_next(Verb::Get, Fault::Refuse(ErrorKind::AccessDenied));
    assert_eq!(step.read(&state).await.unwrap(), Some(state));
    assert_eq!(
        titles(&step.take_warnings()),
        ["State Kept Without Checking"]
    );
}

#[tokio::test]
async fn only_a_failure_of_reach_or_rights_keeps_the_state() {
    let bed = Bed::lived_in();
    let state = bed
        .step(AwsAuthRoleResource::new())
        .create(role_config("dev", "dev", &[]))
        .await
        .unwrap();
    let step = |allowed: &str| {
        let mut settings = Bed::settings();
        settings.on_unreadable = crate::config::OnUnreadable::KeepState;
        settings.allowed_account_ids = [allowed.to_owned()].into();
        tf_provider::testing::Harness::new(AwsAuthRoleResource::new(), bed.cloud.client(settings))
    };
    for kind in [ErrorKind::Invalid, ErrorKind::Service, ErrorKind::Throttled] {
        let step = step("111122223333");
        bed.kube().on_next(Verb::Get, Fault::Refuse(kind));
        let refused = step.read(&state).await.unwrap_err();
        assert_eq!(only(&refused).summary, "Cannot Read aws-auth", "{kind:?}");
    }
    let refused = step("444455556666").read(&state).await.unwrap_err();
    assert_eq!(only(&refused).summary, "Account Not Allowed");
    let wrong = |kind| crate::fakes::refusal(kind, "eks:DescribeCluster", "Code", "no");
    let eks = &bed.cloud.eks.calls;
    eks.fail_next("DescribeCluster", wrong(ErrorKind::Invalid));
    let refused = step("111122223333").read(&state).await.unwrap_err();
    assert_eq!(only(&refused).summary, "Cannot Read Cluster");
    eks.fail_next("DescribeCluster", wrong(ErrorKind::Unreachable));
    let step = step("111122223333");
    assert_eq!(step.read(&state).await.unwrap(), Some(state));
    assert_eq!(
        titles(&step.take_warnings()),
        ["State Kept Without Checking"]
    );
}
