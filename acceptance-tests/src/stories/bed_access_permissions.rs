//! Rights to EKS's access API on the bed: by action, by the whole ARN and by EKS's own condition keys.

use serde_json::{Value, json};

use super::{
    bed_access_entries::{eks, post},
    story::stories,
};
use crate::{
    bed::{
        cloud::{ACCOUNT, Cloud, PROD, REGION, access::Mode},
        identity::Identity,
        json::text,
    },
    failure::{Outcome, expect, expect_parts},
};

stories!("bed":
    a_right_to_access_entries_is_narrowed_by_what_is_asked,
    a_right_to_one_access_entry_names_its_arn,
    a_right_to_raise_the_mode_names_the_mode,
    a_right_to_nodes_names_their_arn,
    tags_of_a_new_object_need_a_right_of_their_own,
);

const VIEW: &str = "arn:aws:eks::aws:cluster-access-policy/AmazonEKSViewPolicy";

/// A request, and whether it is allowed.
struct Asked<'a> {
    method: &'a str,
    path: String,
    body: Option<Value>,
    allowed: bool,
}

fn a_right_to_access_entries_is_narrowed_by_what_is_asked(cloud: &Cloud) -> Outcome {
    cloud.set_mode(PROD, Mode::Api)?;
    let (role, other) = (cloud.role("/", "platform")?, cloud.role("/", "other")?);
    let create = |conditions: Value| statement("eks:CreateAccessEntry", "*", &conditions);
    for (conditions, entry, allowed) in [
        (
            json!({"StringEquals": {"eks:principalArn": role}}),
            json!({"principalArn": role}),
            true,
        ),
        (
            json!({"StringEquals": {"eks:principalArn": role}}),
            json!({"principalArn": other}),
            false,
        ),
        (
            json!({"StringEquals": {"eks:accessEntryType": "STANDARD"}}),
            json!({"principalArn": role}),
            true,
        ),
        (
            json!({"StringEquals": {"eks:accessEntryType": "EC2_LINUX"}}),
            json!({"principalArn": role}),
            false,
        ),
        (
            json!({"ForAllValues:StringEquals": {"eks:kubernetesGroups": ["viewers"]}}),
            json!({"principalArn": role, "kubernetesGroups": ["viewers"]}),
            true,
        ),
        (
            json!({"ForAllValues:StringEquals": {"eks:kubernetesGroups": ["viewers"]}}),
            json!({"principalArn": role, "kubernetesGroups": ["viewers", "admins"]}),
            false,
        ),
        (
            json!({"StringLike": {"eks:username": "team:*"}}),
            json!({"principalArn": role, "username": "team:a"}),
            true,
        ),
        (
            json!({"StringLike": {"eks:username": "team:*"}}),
            json!({"principalArn": role}),
            false,
        ),
    ] {
        let who = limited(cloud, &[create(conditions)])?;
        let path = format!("/clusters/{PROD}/access-entries");
        ask(
            cloud,
            &who,
            &Asked {
                method: "POST",
                path: path.clone(),
                body: Some(entry),
                allowed,
            },
        )?;
        if allowed {
            eks(cloud, &["delete-access-entry", "--principal-arn", &role])?;
        }
    }
    post(cloud, "access-entries", &json!({"principalArn": role}))?;
    let policies = format!("/clusters/{PROD}/access-entries/{role}/access-policies");
    let scoped = |namespaces: &[&str]| json!({"policyArn": VIEW, "accessScope": {"type": "namespace", "namespaces": namespaces}});
    let narrow = json!({"StringEquals": {"eks:policyArn": VIEW, "eks:accessScope": "namespace"},
        "ForAllValues:StringLike": {"eks:namespaces": ["team-*"]}});
    let who = limited(
        cloud,
        &[
            statement("eks:AssociateAccessPolicy", "*", &narrow),
            statement(
                "eks:DisassociateAccessPolicy",
                "*",
                &json!({"ForAnyValue:StringEquals": {"eks:namespaces": "team-a"}}),
            ),
        ],
    )?;
    let all = json!({"policyArn": VIEW, "accessScope": {"type": "cluster"}});
    let admin = VIEW.replace("View", "Admin");
    let edit =
        json!({"policyArn": admin, "accessScope": {"type": "namespace", "namespaces": ["team-a"]}});
    for (body, allowed) in [
        (all, false),
        (edit, false),
        (scoped(&["kube-system"]), false),
        (scoped(&["team-b"]), true),
    ] {
        ask(
            cloud,
            &who,
            &Asked {
                method: "POST",
                path: policies.clone(),
                body: Some(body),
                allowed,
            },
        )?;
    }
    let gone = |allowed: bool| Asked {
        method: "DELETE",
        path: format!("{policies}/{VIEW}"),
        body: None,
        allowed,
    };
    ask(cloud, &who, &gone(false))?;
    ask(
        cloud,
        &who,
        &Asked {
            method: "POST",
            path: policies.clone(),
            body: Some(scoped(&["team-a"])),
            allowed: true,
        },
    )?;
    ask(cloud, &who, &gone(true))
}

fn a_right_to_one_access_entry_names_its_arn(cloud: &Cloud) -> Outcome {
    cloud.set_mode(PROD, Mode::Api)?;
    let role = cloud.role("/teams/", "platform")?;
    let other = cloud.role("/", "other")?;
    for principal in [&role, &other] {
        post(
            cloud,
            "access-entries",
            &json!({"principalArn": principal, "tags": {"team": "a"}}),
        )?;
    }
    let arn =
        format!("arn:aws:eks:{REGION}:{ACCOUNT}:access-entry/{PROD}/role/{ACCOUNT}/platform/*");
    let actions = json!([
        "eks:DescribeAccessEntry",
        "eks:UpdateAccessEntry",
        "eks:TagResource",
        "eks:UntagResource"
    ]);
    let who = limited(
        cloud,
        &[json!({"Effect": "Allow", "Action": actions, "Resource": arn})],
    )?;
    for (principal, allowed) in [(&role, true), (&other, false)] {
        let path = format!("/clusters/{PROD}/access-entries/{principal}");
        ask(
            cloud,
            &who,
            &Asked {
                method: "GET",
                path: path.clone(),
                body: None,
                allowed,
            },
        )?;
        ask(
            cloud,
            &who,
            &Asked {
                method: "POST",
                path,
                body: Some(json!({"username": "a"})),
                allowed,
            },
        )?;
        let described = eks(
            cloud,
            &["describe-access-entry", "--principal-arn", principal],
        )?;
        let tags = format!("/tags/{}", text(&described, "accessEntry.accessEntryArn")?);
        ask(
            cloud,
            &who,
            &Asked {
                method: "POST",
                path: tags.clone(),
                body: Some(json!({"tags": {"owner": "eve"}})),
                allowed,
            },
        )?;
        ask(
            cloud,
            &who,
            &Asked {
                method: "DELETE",
                path: format!("{tags}?tagKeys=team"),
                body: None,
                allowed,
            },
        )?;
    }
    let described = eks(cloud, &["describe-access-entry", "--principal-arn", &role])?;
    expect(
        described.pointer("/accessEntry/tags") == Some(&json!({"owner": "eve"})),
        described.to_string(),
    )
}

fn a_right_to_raise_the_mode_names_the_mode(cloud: &Cloud) -> Outcome {
    let config = |mode: Mode| Some(json!({"accessConfig": {"authenticationMode": mode.id()}}));
    let both = json!({"StringEquals": {"eks:authenticationMode": "API_AND_CONFIG_MAP"}});
    let cluster = format!("arn:aws:eks:{REGION}:{ACCOUNT}:cluster/{PROD}");
    let who = limited(
        cloud,
        &[statement("eks:UpdateClusterConfig", &cluster, &both)],
    )?;
    let path = format!("/clusters/{PROD}/update-config");
    for (mode, allowed) in [(Mode::ApiAndConfigMap, true), (Mode::Api, false)] {
        ask(
            cloud,
            &who,
            &Asked {
                method: "POST",
                path: path.clone(),
                body: config(mode),
                allowed,
            },
        )?;
    }
    Ok(())
}

fn a_right_to_nodes_names_their_arn(cloud: &Cloud) -> Outcome {
    let role = cloud.role("/", "nodes")?;
    let paths = [
        ("node-groups", "nodegroup"),
        ("fargate-profiles", "fargateprofile"),
    ];
    for name in ["mine", "other"] {
        post(
            cloud,
            "node-groups",
            &json!({"nodegroupName": name, "nodeRole": role, "subnets": ["subnet-1"]}),
        )?;
        post(
            cloud,
            "fargate-profiles",
            &json!({"fargateProfileName": name, "podExecutionRoleArn": role}),
        )?;
    }
    for (path, kind) in paths {
        let arn = format!("arn:aws:eks:{REGION}:{ACCOUNT}:{kind}/{PROD}/mine/*");
        let actions = json!(["eks:DescribeNodegroup", "eks:DescribeFargateProfile"]);
        let who = limited(
            cloud,
            &[json!({"Effect": "Allow", "Action": actions, "Resource": arn})],
        )?;
        for (name, allowed) in [("mine", true), ("other", false)] {
            let path = format!("/clusters/{PROD}/{path}/{name}");
            ask(
                cloud,
                &who,
                &Asked {
                    method: "GET",
                    path,
                    body: None,
                    allowed,
                },
            )?;
        }
    }
    Ok(())
}

fn tags_of_a_new_object_need_a_right_of_their_own(cloud: &Cloud) -> Outcome {
    cloud.set_mode(PROD, Mode::Api)?;
    let role = cloud.role("/", "platform")?;
    let prefix = format!("arn:aws:eks:{REGION}:{ACCOUNT}");
    let create = statement("eks:CreateAccessEntry", "*", &json!({}));
    let tag = |resource: &str| {
        statement(
            "eks:TagResource",
            &format!("{prefix}:{resource}"),
            &json!({}),
        )
    };
    let path = format!("/clusters/{PROD}/access-entries");
    for (statements, allowed) in [
        (vec![create.clone()], false),
        (vec![create.clone(), tag("access-entry/staging/*")], false),
        (
            vec![create.clone(), tag(&format!("access-entry/{PROD}/*"))],
            true,
        ),
        (vec![create.clone(), tag(&format!("cluster/{PROD}"))], true),
    ] {
        let who = limited(cloud, &statements)?;
        let entry = json!({"principalArn": role, "tags": {"team": "a"}});
        ask(
            cloud,
            &who,
            &Asked {
                method: "POST",
                path: path.clone(),
                body: Some(entry),
                allowed,
            },
        )?;
        if allowed {
            eks(cloud, &["delete-access-entry", "--principal-arn", &role])?;
        }
    }
    Ok(())
}

fn statement(action: &str, resource: &str, conditions: &Value) -> Value {
    json!({"Effect": "Allow", "Action": action, "Resource": resource, "Condition": conditions})
}

fn limited(cloud: &Cloud, statements: &[Value]) -> Outcome<Identity> {
    cloud.limited_user(
        "limited",
        &json!({"Version": "2012-10-17", "Statement": statements}),
    )
}

fn ask(cloud: &Cloud, who: &Identity, asked: &Asked<'_>) -> Outcome {
    let (status, answer) = cloud.eks_as(who, asked.method, &asked.path, asked.body.as_ref())?;
    let told = format!(
        "{} {} {:?}: {status} {answer}",
        asked.method, asked.path, asked.body
    );
    expect(status == if asked.allowed { 200 } else { 403 }, told)?;
    if asked.allowed {
        return Ok(());
    }
    expect_parts(
        &answer.to_string(),
        &["AccessDeniedException", "not authorized to perform: eks:"],
    )
}
