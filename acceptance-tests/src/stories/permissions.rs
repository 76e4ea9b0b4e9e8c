//! Permissions as the pages print them are the ones that are needed, and the bed enforces them.

use serde_json::json;

use super::story::stories;
use crate::{
    bed::{
        cloud::{Cloud, PROD},
        cluster::WhoAmI,
        permissions::GROUP,
    },
    failure::{Failure, Outcome, expect_parts},
};

stories!("permissions":
    what_a_policy_does_not_allow_is_refused_as_aws_refuses_it,
    what_roles_do_not_allow_is_refused_by_the_api_server,
);

const POLICY: &str = r#"{"Version": "2012-10-17", "Statement": [
    {"Effect": "Allow", "Action": ["iam:GetRole", "iam:CreateRole"], "Resource": "arn:aws:iam::111122223333:role/teams/reader"},
    {"Effect": "Allow", "Action": ["iam:GetOpenIDConnectProvider"], "Resource": "arn:aws:iam::111122223333:oidc-provider/a.example"},
    {"Effect": "Allow", "Action": ["eks:DescribeCluster", "eks:ListAccessEntries"], "Resource": "arn:aws:eks:eu-central-1:111122223333:cluster/prod"}]}"#;

const MANIFEST: &str = "apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: reader, namespace: kube-system}
rules:
  - {apiGroups: [''], resources: [configmaps], resourceNames: [aws-auth], verbs: [get]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: reader, namespace: kube-system}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: reader}
subjects:
  - {apiGroup: rbac.authorization.k8s.io, kind: Group, name: eksauth-permissions}
";

fn what_a_policy_does_not_allow_is_refused_as_aws_refuses_it(cloud: &Cloud) -> Outcome {
    cloud.set_cluster(PROD, &json!({"mode": "API_AND_CONFIG_MAP"}))?;
    let reader = cloud.role("/teams/", "reader")?;
    let other = cloud.role("/", "other")?;
    let user = cloud.with_exact_permissions(POLICY, MANIFEST)?;
    let aws = |arguments: &str| {
        let arguments: Vec<&str> = arguments.split(' ').collect();
        cloud.aws_as(user.identity(), &arguments)
    };
    aws("iam get-role --role-name reader")?;
    aws("eks describe-cluster --name prod")?;
    aws("eks list-access-entries --cluster-name prod")?;
    let account = "arn:aws:iam::111122223333";
    let cluster = "arn:aws:eks:eu-central-1:111122223333";
    let trust = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"eks.amazonaws.com"},"Action":"sts:AssumeRole"}]}"#;
    let create = format!("iam create-role --path /teams/ --assume-role-policy-document {trust}");
    for (command, code, action, resource) in [
        // An action that is not listed.
        (
            "iam delete-role --role-name reader".to_owned(),
            "AccessDenied",
            "iam:DeleteRole",
            reader.as_str(),
        ),
        (
            "iam list-roles".to_owned(),
            "AccessDenied",
            "iam:ListRoles",
            "*",
        ),
        (
            format!("sts assume-role --role-session-name story --role-arn {other}"),
            "AccessDenied",
            "sts:AssumeRole",
            &other,
        ),
        (
            "eks list-clusters".to_owned(),
            "AccessDeniedException",
            "eks:ListClusters",
            "*",
        ),
        // A resource that is not listed.
        (
            "iam get-role --role-name other".to_owned(),
            "AccessDenied",
            "iam:GetRole",
            &other,
        ),
        (
            format!("{create} --role-name writer"),
            "AccessDenied",
            "iam:CreateRole",
            &format!("{account}:role/teams/writer"),
        ),
        (
            format!(
                "iam get-open-id-connect-provider --open-id-connect-provider-arn {account}:oidc-provider/b.example"
            ),
            "AccessDenied",
            "iam:GetOpenIDConnectProvider",
            &format!("{account}:oidc-provider/b.example"),
        ),
        (
            "eks describe-cluster --name staging".to_owned(),
            "AccessDeniedException",
            "eks:DescribeCluster",
            &format!("{cluster}:cluster/staging"),
        ),
        (
            format!("eks describe-access-entry --cluster-name prod --principal-arn {other}"),
            "AccessDeniedException",
            "eks:DescribeAccessEntry",
            &format!("{cluster}:access-entry/prod/role/111122223333/other/00000000"),
        ),
        // What a listed action needs besides: tags at creation.
        (
            format!("{create} --role-name reader --tags Key=a,Value=b"),
            "AccessDenied",
            "iam:TagRole",
            &format!("{account}:role/teams/reader"),
        ),
    ] {
        let text = format!(
            "User: {} is not authorized to perform: {action} on resource: {resource} because no identity-based policy allows the {action} action",
            user.identity().arn
        );
        match aws(&command) {
            Ok(answer) => {
                return Err(Failure::new(format!(
                    "`{command}` was not refused: {answer}"
                )));
            }
            Err(failure) => expect_parts(&failure.to_string(), &[&format!("({code})"), &text])?,
        }
    }
    Ok(())
}

fn what_roles_do_not_allow_is_refused_by_the_api_server(cloud: &Cloud) -> Outcome {
    let prod = cloud.cluster(PROD)?;
    prod.put_aws_auth_key("mapRoles", "[]\n")?;
    let user = cloud.with_exact_permissions(POLICY, MANIFEST)?;
    let expected = WhoAmI {
        username: "restricted".to_owned(),
        groups: vec![GROUP.to_owned()],
    };
    prod.wait_for_whoami(user.identity(), Some(&expected))?;
    let token = prod.token(user.identity())?;
    prod.kubectl_with(
        &token,
        &["get", "configmap", "aws-auth", "-n", "kube-system"],
    )?;
    for (arguments, refusal) in [
        (
            ["get", "configmap", "other", "-n", "kube-system"].as_slice(),
            "cannot get resource \"configmaps\" in API group \"\" in the namespace \"kube-system\"",
        ),
        (
            &["delete", "configmap", "aws-auth", "-n", "kube-system"],
            "cannot delete resource \"configmaps\"",
        ),
        (
            &["get", "pods", "-n", "default"],
            "cannot list resource \"pods\"",
        ),
    ] {
        match prod.kubectl_with(&token, arguments) {
            Ok(answer) => {
                return Err(Failure::new(format!(
                    "{arguments:?} was not refused: {answer}"
                )));
            }
            Err(failure) => expect_parts(
                &failure.to_string(),
                &["Forbidden", "User \"restricted\"", refusal],
            )?,
        }
    }
    drop(user);
    match prod.kubectl_with(
        &token,
        &["get", "configmap", "aws-auth", "-n", "kube-system"],
    ) {
        Ok(answer) => Err(Failure::new(format!("the roles stayed: {answer}"))),
        Err(failure) => expect_parts(
            &failure.to_string(),
            &["cannot get resource \"configmaps\""],
        ),
    }
}
