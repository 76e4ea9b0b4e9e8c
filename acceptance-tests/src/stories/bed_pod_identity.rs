//! Pod Identity on the bed: which role a pod's token is given, and by what that is decided.

use serde_json::{Value, json};

use super::{
    bed_access_entries::{eks, post, refused},
    story::stories,
};
use crate::{
    bed::{
        cloud::{ACCOUNT, Cloud, OTHER_ACCOUNT, PROD, REGION, access::AccessDelay},
        identity::Identity,
        json::text,
    },
    failure::{Outcome, expect, expect_parts},
};

stories!("bed":
    a_pod_is_given_the_role_of_its_association,
    a_pod_is_given_nothing_for_another_token,
    a_trust_says_which_pods_have_the_role,
    a_pod_is_given_a_target_role_by_way_of_its_role,
    a_target_role_of_one_account_may_name_the_role_itself,
    a_session_policy_narrows_what_a_pod_may_do,
    an_association_counts_a_while_later,
);

/// What EKS Auth says where the trust does not let the pod in.
const NOT_TRUSTED: [&str; 2] = [
    "AccessDeniedException",
    "EKS does not have permissions to assume the associated role",
];

fn a_pod_is_given_the_role_of_its_association(cloud: &Cloud) -> Outcome {
    let prod = cloud.cluster(PROD)?;
    let role = pod_role(cloud, "reader", &json!({}))?;
    let token = prod.pod_token("apps", "reader")?;
    let asked = || cloud.assume_for_pod(PROD, &token);
    refused(asked(), &["ResourceNotFoundException", "apps", "reader"])?;
    let subject = ["--namespace", "apps", "--service-account", "reader"];
    let create = ["create-pod-identity-association", "--role-arn", &role];
    let made = eks(cloud, &[create.as_slice(), &subject].concat())?;
    let session = asked()?;
    let told = cloud.aws_as(&session, &["sts", "get-caller-identity"])?;
    let arn = text(&told, "Arn")?;
    let expected = format!("arn:aws:sts::{ACCOUNT}:assumed-role/reader/eks-prod-reader-0-");
    expect(arn.starts_with(&expected), arn.clone())?;
    expect(arn == session.arn, session.arn.clone())?;
    let stranger = prod.pod_token("apps", "stranger")?;
    refused(
        cloud.assume_for_pod(PROD, &stranger),
        &["ResourceNotFoundException", "stranger"],
    )?;
    put_trust(
        cloud,
        "reader",
        &trust("ec2.amazonaws.com", &["sts:AssumeRole"], &json!({})),
    )?;
    refused(asked(), &NOT_TRUSTED)?;
    put_trust(cloud, "reader", &pods_trust(&json!({})))?;
    asked()?;
    let id = text(&made, "association.associationId")?;
    eks(
        cloud,
        &["delete-pod-identity-association", "--association-id", &id],
    )?;
    refused(asked(), &["ResourceNotFoundException"])
}

fn a_pod_is_given_nothing_for_another_token(cloud: &Cloud) -> Outcome {
    let prod = cloud.cluster(PROD)?;
    let role = pod_role(cloud, "reader", &json!({}))?;
    associate(cloud, "reader", &json!({"roleArn": role}))?;
    let token = prod.pod_token("apps", "reader")?;
    let other = prod.service_account_token("apps", "reader", "sts.amazonaws.com")?;
    let unbound = prod.service_account_token("apps", "reader", "pods.eks.amazonaws.com")?;
    let forged = token
        .rsplit_once('.')
        .map_or(String::new(), |(head, _)| format!("{head}.AAAA"));
    for (given, told) in [
        (other, "audience"),
        (unbound, "not bound to a pod"),
        (forged, "invalid"),
    ] {
        refused(
            cloud.assume_for_pod(PROD, &given),
            &["InvalidTokenException", told],
        )?;
    }
    let past = cloud
        .emulator()
        .control("expired-token", &json!({"token": token}))?;
    refused(
        cloud.assume_for_pod(PROD, &text(&past, "token")?),
        &["ExpiredTokenException"],
    )?;
    cloud.set_cluster("staging", &json!({}))?;
    refused(
        cloud.assume_for_pod("staging", &token),
        &["InvalidTokenException"],
    )?;
    refused(
        cloud.assume_for_pod("nowhere", &token),
        &[
            "ResourceNotFoundException",
            "No cluster found for name: nowhere.",
        ],
    )?;
    let allow = |resource: &str| {
        json!({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Action": "eks-auth:AssumeRoleForPodIdentity", "Resource": resource}]})
    };
    let cluster = |name: &str| format!("arn:aws:eks:{REGION}:{ACCOUNT}:cluster/{name}");
    let node = cloud.limited_user("node", &allow(&cluster("staging")))?;
    refused(
        cloud.assume_for_pod_as(&node, PROD, &token),
        &[
            "AccessDeniedException",
            "eks-auth:AssumeRoleForPodIdentity",
            &cluster(PROD),
        ],
    )?;
    let node = cloud.limited_user("node", &allow(&cluster(PROD)))?;
    cloud.assume_for_pod_as(&node, PROD, &token).map(drop)
}

fn a_trust_says_which_pods_have_the_role(cloud: &Cloud) -> Outcome {
    let prod = cloud.cluster(PROD)?;
    let role = pod_role(cloud, "reader", &json!({}))?;
    let made = associate(cloud, "reader", &json!({"roleArn": role}))?;
    let token = prod.pod_token("apps", "reader")?;
    let asked = || cloud.assume_for_pod(PROD, &token);
    let cluster = format!("arn:aws:eks:{REGION}:{ACCOUNT}:cluster/{PROD}");
    let staging = format!("arn:aws:eks:{REGION}:{ACCOUNT}:cluster/staging");
    for (conditions, lets_in) in [
        (
            json!({"StringEquals": {"aws:RequestTag/kubernetes-namespace": "apps", "aws:RequestTag/kubernetes-service-account": "reader"}}),
            true,
        ),
        (
            json!({"StringEquals": {"aws:RequestTag/kubernetes-namespace": "other"}}),
            false,
        ),
        (
            json!({"StringEquals": {"aws:RequestTag/kubernetes-service-account": ["writer"]}}),
            false,
        ),
        (
            json!({"StringLike": {"aws:RequestTag/kubernetes-pod-name": "reader-*"}}),
            true,
        ),
        (
            json!({"StringEquals": {"aws:RequestTag/eks-cluster-name": PROD}}),
            true,
        ),
        (
            json!({"StringEquals": {"aws:RequestTag/eks-cluster-arn": staging}}),
            false,
        ),
        (
            json!({"ArnEquals": {"aws:SourceArn": cluster}, "StringEquals": {"aws:SourceAccount": ACCOUNT}}),
            true,
        ),
        (json!({"ArnLike": {"aws:SourceArn": staging}}), false),
        (
            json!({"StringEquals": {"aws:SourceAccount": OTHER_ACCOUNT}}),
            false,
        ),
        (
            json!({"ForAllValues:StringLike": {"aws:TagKeys": ["eks-*", "kubernetes-*"]}}),
            true,
        ),
    ] {
        put_trust(cloud, "reader", &pods_trust(&conditions))?;
        let given = asked();
        if lets_in {
            given?;
        } else {
            refused(given, &NOT_TRUSTED)?;
        }
    }
    let without_tags = trust("pods.eks.amazonaws.com", &["sts:AssumeRole"], &json!({}));
    put_trust(cloud, "reader", &without_tags)?;
    refused(asked(), &NOT_TRUSTED)?;
    let update = format!(
        "pod-identity-associations/{}",
        text(&made, "association.associationId")?
    );
    post(cloud, &update, &json!({"disableSessionTags": true}))?;
    asked()?;
    let tagged =
        pods_trust(&json!({"StringEquals": {"aws:RequestTag/kubernetes-namespace": "apps"}}));
    put_trust(cloud, "reader", &tagged)?;
    refused(asked(), &NOT_TRUSTED)
}

fn a_pod_is_given_a_target_role_by_way_of_its_role(cloud: &Cloud) -> Outcome {
    let prod = cloud.cluster(PROD)?;
    let role = pod_role(cloud, "first", &json!({}))?;
    let target = format!("arn:aws:iam::{OTHER_ACCOUNT}:role/data/second");
    let conditions = |external_id: &str| json!({"StringEquals": {"sts:ExternalId": external_id}, "ArnEquals": {"aws:PrincipalArn": role}});
    let account = format!("arn:aws:iam::{ACCOUNT}:root");
    let target_trust = |external_id: &str| {
        json!({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": {"AWS": account}, "Action": ["sts:AssumeRole", "sts:TagSession"], "Condition": conditions(external_id)}]})
    };
    let external_id = format!("{REGION}/{ACCOUNT}/{PROD}/apps/reader");
    let place = json!({"account": OTHER_ACCOUNT, "name": "second", "path": "/data/", "trust": target_trust(&external_id)});
    cloud.emulator().control("role", &place)?;
    let made = associate(
        cloud,
        "reader",
        &json!({"roleArn": role, "targetRoleArn": target}),
    )?;
    expect(
        text(&made, "association.externalId")? == external_id,
        made.to_string(),
    )?;
    let token = prod.pod_token("apps", "reader")?;
    let asked = || cloud.assume_for_pod(PROD, &token);
    refused(asked(), &NOT_TRUSTED)?;
    let chain = json!({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Action": ["sts:AssumeRole", "sts:TagSession"], "Resource": target}]});
    iam(
        cloud,
        &[
            "put-role-policy",
            "--role-name",
            "first",
            "--policy-name",
            "chain",
            "--policy-document",
            &chain.to_string(),
        ],
    )?;
    let session = asked()?;
    let expected = format!("arn:aws:sts::{OTHER_ACCOUNT}:assumed-role/second/eks-prod-");
    expect(session.arn.starts_with(&expected), session.arn.clone())?;
    put_trust_of(cloud, OTHER_ACCOUNT, "second", &target_trust("elsewhere"))?;
    refused(asked(), &NOT_TRUSTED)?;
    put_trust_of(cloud, OTHER_ACCOUNT, "second", &target_trust(&external_id))?;
    put_trust(
        cloud,
        "first",
        &trust("ec2.amazonaws.com", &["sts:AssumeRole"], &json!({})),
    )?;
    refused(asked(), &NOT_TRUSTED)
}

fn a_target_role_of_one_account_may_name_the_role_itself(cloud: &Cloud) -> Outcome {
    let prod = cloud.cluster(PROD)?;
    let role = pod_role(cloud, "first", &json!({}))?;
    let trusting = |principal: &str| {
        json!({"Version": "2012-10-17", "Statement": [
            {"Effect": "Allow", "Principal": {"AWS": principal}, "Action": ["sts:AssumeRole", "sts:TagSession"]}]})
    };
    let place = json!({"account": ACCOUNT, "name": "second", "trust": trusting(&role)});
    let target = text(&cloud.emulator().control("role", &place)?, "arn")?;
    associate(
        cloud,
        "reader",
        &json!({"roleArn": role, "targetRoleArn": target}),
    )?;
    let token = prod.pod_token("apps", "reader")?;
    let asked = || cloud.assume_for_pod(PROD, &token);
    asked()?;
    let account = format!("arn:aws:iam::{ACCOUNT}:root");
    put_trust(cloud, "second", &trusting(&account))?;
    refused(asked(), &NOT_TRUSTED)?;
    put_trust(cloud, "second", &trusting(&role))?;
    asked()?;
    let boundary = "arn:aws:iam::aws:policy/ReadOnlyAccess";
    let arguments = ["--role-name", "first", "--permissions-boundary", boundary];
    iam(
        cloud,
        &[&["put-role-permissions-boundary"], arguments.as_slice()].concat(),
    )?;
    refused(asked(), &NOT_TRUSTED)
}

fn a_session_policy_narrows_what_a_pod_may_do(cloud: &Cloud) -> Outcome {
    let prod = cloud.cluster(PROD)?;
    let wanted = json!({"account": ACCOUNT, "name": "reader", "administrator": true, "trust": pods_trust(&json!({}))});
    let role = text(&cloud.emulator().control("role", &wanted)?, "arn")?;
    let policy = json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "eks:Describe*", "Resource": "*"}]});
    let settings =
        json!({"roleArn": role, "disableSessionTags": true, "policy": policy.to_string()});
    let made = associate(cloud, "reader", &settings)?;
    let token = prod.pod_token("apps", "reader")?;
    let narrow = cloud.assume_for_pod(PROD, &token)?;
    let describe = |who: &Identity| cloud.aws_as(who, &["eks", "describe-cluster", "--name", PROD]);
    let list = |who: &Identity| cloud.aws_as(who, &["iam", "list-roles"]);
    describe(&narrow)?;
    refused(list(&narrow), &["AccessDenied", "iam:ListRoles"])?;
    let update = format!(
        "pod-identity-associations/{}",
        text(&made, "association.associationId")?
    );
    let after = post(cloud, &update, &json!({"policy": ""}))?;
    expect(
        after.pointer("/association/policy").is_none(),
        after.to_string(),
    )?;
    list(&cloud.assume_for_pod(PROD, &token)?).map(drop)
}

fn an_association_counts_a_while_later(cloud: &Cloud) -> Outcome {
    let prod = cloud.cluster(PROD)?;
    let role = pod_role(cloud, "reader", &json!({}))?;
    let token = prod.pod_token("apps", "reader")?;
    let an_hour = AccessDelay {
        in_force: std::time::Duration::from_secs(3600),
        listed: std::time::Duration::ZERO,
    };
    cloud.delay_access(an_hour)?;
    let made = associate(cloud, "reader", &json!({"roleArn": role}))?;
    refused(
        cloud.assume_for_pod(PROD, &token),
        &["ResourceNotFoundException"],
    )?;
    cloud.settle_access()?;
    cloud.assume_for_pod(PROD, &token)?;
    // One that was deleted is in use for a while.
    cloud.delay_access(an_hour)?;
    let id = text(&made, "association.associationId")?;
    eks(
        cloud,
        &["delete-pod-identity-association", "--association-id", &id],
    )?;
    cloud.assume_for_pod(PROD, &token)?;
    let again = || associate(cloud, "reader", &json!({"roleArn": role}));
    refused(again(), &["ResourceInUseException", &id])?;
    cloud.settle_access()?;
    again().map(drop)
}

/// A role that trusts pods under `conditions`; its ARN.
pub(super) fn pod_role(cloud: &Cloud, name: &str, conditions: &Value) -> Outcome<String> {
    let wanted = json!({"account": ACCOUNT, "name": name, "trust": pods_trust(conditions)});
    text(&cloud.emulator().control("role", &wanted)?, "arn")
}

/// The trust that the user guide prints for pods, under `conditions`.
pub(super) fn pods_trust(conditions: &Value) -> Value {
    trust(
        "pods.eks.amazonaws.com",
        &["sts:AssumeRole", "sts:TagSession"],
        conditions,
    )
}

/// A trust in a service.
pub(super) fn trust(service: &str, actions: &[&str], conditions: &Value) -> Value {
    json!({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": {"Service": service}, "Action": actions, "Condition": conditions}]})
}

/// An association of the service account `apps/NAME` of `prod` with these settings, made by the creator.
pub(super) fn associate(cloud: &Cloud, account: &str, settings: &Value) -> Outcome<Value> {
    let mut body = json!({"namespace": "apps", "serviceAccount": account});
    if let (Some(body), Some(settings)) = (body.as_object_mut(), settings.as_object()) {
        body.extend(settings.clone());
    }
    let made = post(cloud, "pod-identity-associations", &body)?;
    expect_parts(&made.to_string(), &["associationArn"])?;
    Ok(made)
}

fn put_trust(cloud: &Cloud, role: &str, document: &Value) -> Outcome {
    let document = document.to_string();
    iam(
        cloud,
        &[
            "update-assume-role-policy",
            "--role-name",
            role,
            "--policy-document",
            &document,
        ],
    )
}

fn put_trust_of(cloud: &Cloud, account: &str, role: &str, document: &Value) -> Outcome {
    let who = cloud.user(account, "/", "administrator")?;
    let document = document.to_string();
    let arguments = [
        "iam",
        "update-assume-role-policy",
        "--role-name",
        role,
        "--policy-document",
        &document,
    ];
    cloud.aws_as(&who, &arguments).map(drop)
}

fn iam(cloud: &Cloud, arguments: &[&str]) -> Outcome {
    let all = [&["iam"], arguments].concat();
    cloud.aws_as(cloud.creator(), &all).map(drop)
}
