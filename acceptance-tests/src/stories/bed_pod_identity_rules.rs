//! Pod identity associations on the bed: what EKS refuses, keeps, lists and takes off.

use serde_json::{Value, json};

use super::{
    bed_access_entries::{eks, post, refused},
    bed_pod_identity::{associate, pod_role, trust},
    story::stories,
};
use crate::{
    bed::{
        cloud::{ACCOUNT, Cloud, OTHER_ACCOUNT, PROD, REGION},
        json::text,
    },
    failure::{Failure, Outcome, expect, expect_same},
};

stories!("bed":
    eks_refuses_what_is_no_pod_identity_association,
    a_pod_identity_association_is_changed_and_cleared,
    pod_identity_associations_are_listed_in_pages,
    an_association_is_made_by_who_may_pass_its_role_on,
);

fn eks_refuses_what_is_no_pod_identity_association(cloud: &Cloud) -> Outcome {
    let role = pod_role(cloud, "reader", &json!({}))?;
    let with_trust = |name: &str, document: &Value| {
        let wanted = json!({"account": ACCOUNT, "name": name, "trust": document});
        text(&cloud.emulator().control("role", &wanted)?, "arn")
    };
    let elsewhere = trust(
        "ec2.amazonaws.com",
        &["sts:AssumeRole", "sts:TagSession"],
        &json!({}),
    );
    let untrusting = with_trust("node", &elsewhere)?;
    let untagged = with_trust(
        "untagged",
        &trust("pods.eks.amazonaws.com", &["sts:AssumeRole"], &json!({})),
    )?;
    let policy = json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}).to_string();
    let invalid = "InvalidParameterException";
    for (settings, code, told) in [
        (
            json!({"roleArn": format!("arn:aws:iam::{ACCOUNT}:role/nobody")}),
            invalid,
            "Role provided in the request does not exist",
        ),
        (
            json!({"roleArn": format!("arn:aws:iam::{ACCOUNT}:role/teams/reader")}),
            invalid,
            "Role provided in the request does not exist",
        ),
        (
            json!({"roleArn": format!("arn:aws:iam::{OTHER_ACCOUNT}:role/reader")}),
            "AccessDeniedException",
            "Cross-account pass role is not allowed",
        ),
        (
            json!({"roleArn": untrusting}),
            invalid,
            "Trust policy of the role provided is invalid",
        ),
        (
            json!({"roleArn": untagged}),
            invalid,
            "Trust policy of the role provided is invalid",
        ),
        (
            json!({"roleArn": role, "policy": policy}),
            invalid,
            "disableSessionTags",
        ),
        (
            json!({"roleArn": role, "policy": "no", "disableSessionTags": true}),
            invalid,
            "not a valid IAM policy",
        ),
        (
            json!({"roleArn": role, "targetRoleArn": "second"}),
            invalid,
            "not the ARN of a role",
        ),
        (json!({"roleArn": ""}), invalid, "roleArn is required"),
    ] {
        refused(associate(cloud, "reader", &settings), &[code, told])?;
    }
    associate(
        cloud,
        "untagged",
        &json!({"roleArn": untagged, "disableSessionTags": true}),
    )?;
    let made = associate(
        cloud,
        "reader",
        &json!({"roleArn": role, "clientRequestToken": "once"}),
    )?;
    let id = text(&made, "association.associationId")?;
    expect(id.len() == 19 && id.starts_with("a-"), id.clone())?;
    let again = associate(
        cloud,
        "reader",
        &json!({"roleArn": role, "clientRequestToken": "once"}),
    )?;
    expect_same(
        "the answer to the same request",
        &made.to_string(),
        &again.to_string(),
    )?;
    let told = format!("Association already exists: {id}");
    refused(
        associate(cloud, "reader", &json!({"roleArn": role})),
        &["ResourceInUseException", &told],
    )?;
    cloud.set_pod_identity_quota(2)?;
    refused(
        associate(cloud, "writer", &json!({"roleArn": role})),
        &["ResourceLimitExceededException"],
    )?;
    refused(
        eks(
            cloud,
            &[
                "describe-pod-identity-association",
                "--association-id",
                "a-1",
            ],
        ),
        &[invalid, "should be 19 characters long"],
    )?;
    refused(
        eks(
            cloud,
            &[
                "describe-pod-identity-association",
                "--association-id",
                "a-00000000000000000",
            ],
        ),
        &["ResourceNotFoundException"],
    )
}

fn a_pod_identity_association_is_changed_and_cleared(cloud: &Cloud) -> Outcome {
    let role = pod_role(cloud, "reader", &json!({}))?;
    let other = pod_role(cloud, "writer", &json!({}))?;
    let target = format!("arn:aws:iam::{OTHER_ACCOUNT}:role/second");
    let made = associate(
        cloud,
        "reader",
        &json!({"roleArn": role, "targetRoleArn": target, "tags": {"team": "data"}}),
    )?;
    let (id, arn) = (
        text(&made, "association.associationId")?,
        text(&made, "association.associationArn")?,
    );
    let path = format!("pod-identity-associations/{id}");
    let update = |changes: &Value| post(cloud, &path, changes);
    refused(
        update(&json!({"roleArn": ""})),
        &["Cross-account pass role is not allowed"],
    )?;
    refused(
        update(&json!({"roleArn": format!("arn:aws:iam::{ACCOUNT}:role/nobody")})),
        &["InvalidParameterException", "does not exist"],
    )?;
    let changed = update(&json!({"roleArn": other}))?;
    expect_same(
        "the target role",
        &target,
        &text(&changed, "association.targetRoleArn")?,
    )?;
    let cleared = update(&json!({"targetRoleArn": ""}))?;
    expect_same("the role", &other, &text(&cleared, "association.roleArn")?)?;
    for field in ["targetRoleArn", "externalId"] {
        expect(
            cleared.pointer(&format!("/association/{field}")).is_none(),
            cleared.to_string(),
        )?;
    }
    let policy = json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]}).to_string();
    let reserved = json!({"roleArn": role, "tags": {"aws:team": "data"}});
    refused(
        associate(cloud, "writer", &reserved),
        &["InvalidParameterException", "reserved"],
    )?;
    let bad = json!({"tags": {"Aws:team": "data"}});
    let (status, answer) =
        cloud.eks_as(cloud.creator(), "POST", &format!("/tags/{arn}"), Some(&bad))?;
    expect(
        status == 400 && answer.to_string().contains("BadRequestException"),
        answer.to_string(),
    )?;
    let gone = format!("/tags/{}", arn.replace(&id, "a-00000000000000000"));
    let (status, answer) = cloud.eks_as(
        cloud.creator(),
        "POST",
        &gone,
        Some(&json!({"tags": {"team": "data"}})),
    )?;
    expect(
        status == 404 && answer.to_string().contains("NotFoundException"),
        answer.to_string(),
    )?;
    refused(
        update(&json!({"policy": policy})),
        &["InvalidParameterException", "disableSessionTags"],
    )?;
    update(&json!({"policy": policy, "disableSessionTags": true}))?;
    refused(
        update(&json!({"disableSessionTags": false})),
        &["InvalidParameterException"],
    )?;
    update(&json!({"disableSessionTags": false, "policy": ""}))?;
    cloud.aws_as(
        cloud.creator(),
        &[
            "eks",
            "tag-resource",
            "--resource-arn",
            &arn,
            "--tags",
            "owner=eve,team=web",
        ],
    )?;
    cloud.aws_as(
        cloud.creator(),
        &[
            "eks",
            "untag-resource",
            "--resource-arn",
            &arn,
            "--tag-keys",
            "owner",
        ],
    )?;
    let described = eks(
        cloud,
        &["describe-pod-identity-association", "--association-id", &id],
    )?;
    expect(
        described.pointer("/association/tags") == Some(&json!({"team": "web"})),
        described.to_string(),
    )?;
    let gone = eks(
        cloud,
        &["delete-pod-identity-association", "--association-id", &id],
    )?;
    expect_same(
        "the deleted one",
        &id,
        &text(&gone, "association.associationId")?,
    )
}

fn pod_identity_associations_are_listed_in_pages(cloud: &Cloud) -> Outcome {
    let addon = format!("arn:aws:eks:{REGION}:{ACCOUNT}:addon/{PROD}/vpc-cni/0");
    let associations: Vec<Value> = (0..130)
        .map(|number| {
            json!({"namespace": if number < 3 { "apps" } else { "jobs" }, "serviceAccount": format!("account-{number:03}"),
                "roleArn": format!("arn:aws:iam::{ACCOUNT}:role/reader"), "ownerArn": if number == 0 { addon.as_str() } else { "" }})
        })
        .collect();
    let ids = cloud.put_pod_identity_associations(PROD, &associations)?;
    let counted = |list: &Value| {
        list.get("associations")
            .and_then(Value::as_array)
            .map(Vec::len)
    };
    let list = "list-pod-identity-associations";
    let first = eks(cloud, &[list, "--no-paginate"])?;
    expect(
        counted(&first) == Some(100) && first.get("nextToken").is_some(),
        first.to_string(),
    )?;
    cloud.set_page_size(2)?;
    let apps = eks(cloud, &[list, "--namespace", "apps"])?;
    expect(counted(&apps) == Some(3), apps.to_string())?;
    let one = eks(
        cloud,
        &[
            list,
            "--namespace",
            "apps",
            "--service-account",
            "account-000",
        ],
    )?;
    let Some(summary) = one.pointer("/associations/0") else {
        return Err(Failure::new(one.to_string()));
    };
    expect_same("the owner", &addon, &text(summary, "ownerArn")?)?;
    expect(summary.get("roleArn").is_none(), "a list tells the role")?;
    let Some(owned) = ids.first() else {
        return Err(Failure::new("no id was told"));
    };
    // An add-on's may be deleted by whoever may delete others.
    eks(
        cloud,
        &["delete-pod-identity-association", "--association-id", owned],
    )
    .map(drop)
}

fn an_association_is_made_by_who_may_pass_its_role_on(cloud: &Cloud) -> Outcome {
    let role = pod_role(cloud, "reader", &json!({}))?;
    let path = format!("/clusters/{PROD}/pod-identity-associations");
    let body = json!({"namespace": "apps", "serviceAccount": "reader", "roleArn": role});
    let create = json!({"Effect": "Allow", "Action": "eks:CreatePodIdentityAssociation",
        "Resource": format!("arn:aws:eks:{REGION}:{ACCOUNT}:cluster/{PROD}")});
    let pass = |service: &str, cluster: &str| {
        json!({"Effect": "Allow", "Action": "iam:PassRole", "Resource": role, "Condition": {
            "StringEquals": {"iam:PassedToService": service},
            "ArnLike": {"iam:AssociatedResourceArn": format!("arn:aws:eks:{REGION}:{ACCOUNT}:cluster/{cluster}")}}})
    };
    let (pods, other, elsewhere) = (
        pass("pods.eks.amazonaws.com", "*"),
        pass("ec2.amazonaws.com", "*"),
        pass("pods.eks.amazonaws.com", "staging"),
    );
    let policy = |statements: &[&Value]| json!({"Version": "2012-10-17", "Statement": statements});
    for (statements, told) in [
        (policy(&[&pods]), "eks:CreatePodIdentityAssociation"),
        (policy(&[&create]), "iam:PassRole"),
        (policy(&[&create, &other]), "iam:PassRole"),
        (policy(&[&create, &elsewhere]), "iam:PassRole"),
    ] {
        let who = cloud.limited_user("limited", &statements)?;
        let (status, answer) = cloud.eks_as(&who, "POST", &path, Some(&body))?;
        expect(
            status == 403 && answer.to_string().contains(told),
            format!("{status}: {answer}"),
        )?;
    }
    let who = cloud.limited_user("limited", &policy(&[&create, &pods]))?;
    let (status, answer) = cloud.eks_as(&who, "POST", &path, Some(&body))?;
    expect(status == 200, format!("{status}: {answer}"))
}
