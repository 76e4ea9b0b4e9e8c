//! `data.eksauth_service_accounts`: which role each account's pods get, by which way, and whether the role lets them in; what may not be read is named.

use serde_json::{Value, json};

use super::{examples::set_the_scene, story::stories};
use crate::{
    bed::{
        cloud::{ACCOUNT, Cloud, PROD},
        cluster::Cluster,
        json::text,
        permissions::GROUP,
        workspace::Workspace,
    },
    failure::{Failure, Outcome, expect, expect_parts},
};

stories!("service_accounts":
    each_way_is_told_and_judged,
    what_may_not_be_read_is_not_known,
);

const NAMESPACE: &str = "accounts";
const ADDRESS: &str = "data.eksauth_service_accounts.this";

fn role_arn(name: &str) -> String {
    format!("arn:aws:iam::{ACCOUNT}:role/{name}")
}

/// Accounts that are annotated rightly and wrongly, one without a role, and two with an association, one of them of a role that does not trust Pod Identity.
fn with_accounts(cloud: &Cloud) -> Outcome<Cluster<'_>> {
    set_the_scene(cloud)?;
    let prod = cloud.cluster(PROD)?;
    prod.ensure_namespace(NAMESPACE)?;
    prod.ensure_namespace("apps")?;
    clear(cloud, &prod)?;
    for (account, role) in [
        ((NAMESPACE, "wrong"), role_arn("reader")),
        ((NAMESPACE, "gone"), role_arn("none")),
        ((NAMESPACE, "both"), role_arn("reader")),
        ((NAMESPACE, "text"), "reader".to_owned()),
        (("apps", "reader"), role_arn("reader")),
    ] {
        let annotation = ("eks.amazonaws.com/role-arn", role.as_str());
        prod.annotate_service_account("kubectl", account, &[annotation])?;
    }
    for name in ["pod", "plain"] {
        prod.annotate_service_account("kubectl", (NAMESPACE, name), &[])?;
    }
    let trust = json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"Service": "pods.eks.amazonaws.com"},
        "Action": ["sts:AssumeRole", "sts:TagSession"],
        "Condition": {"StringEquals": {"aws:RequestTag/kubernetes-namespace": NAMESPACE, "aws:RequestTag/eks-cluster-name": PROD}}}]});
    let wanted = json!({"account": ACCOUNT, "name": "pods", "trust": trust});
    cloud.emulator().control("role", &wanted)?;
    // EKS looks at the trust when an association is made; the one of `reader` was another then.
    let associations = [("pod", "pods"), ("both", "reader")].map(|(account, role)| {
        json!({"namespace": NAMESPACE, "serviceAccount": account, "roleArn": role_arn(role)})
    });
    cloud.put_pod_identity_associations(PROD, &associations)?;
    Ok(prod)
}

/// Neither accounts nor associations.
fn clear(cloud: &Cloud, prod: &Cluster<'_>) -> Outcome {
    let on_prod = ["--cluster-name", PROD];
    let list = ["eks", "list-pod-identity-associations"];
    let listed = cloud.aws_as(cloud.creator(), &[list, on_prod].concat())?;
    let associations = listed.get("associations").and_then(Value::as_array);
    for association in associations.into_iter().flatten() {
        let id = text(association, "associationId")?;
        let delete = ["eks", "delete-pod-identity-association"];
        let which = ["--association-id", id.as_str()];
        cloud.aws_as(cloud.creator(), &[delete, on_prod, which].concat())?;
    }
    prod.put_service_accounts(NAMESPACE, &[])?;
    prod.put_service_accounts("apps", &[]).map(drop)
}

fn configuration(more: &str) -> String {
    format!("data \"eksauth_service_accounts\" \"this\" {{\n{more}}}\n")
}

/// What is told of an account: role, way and verdict.
fn told<'r>(read: &'r Value, name: &str) -> Outcome<&'r Value> {
    let accounts = read.get("service_accounts").and_then(Value::as_array);
    let mut accounts = accounts.into_iter().flatten();
    accounts
        .find(|account| account.get("name") == Some(&json!(name)))
        .ok_or_else(|| Failure::new(format!("`{name}` is not told: {read}")))
}

/// The name of the role or null, the way, the verdict, and a part of the reason.
struct Told {
    name: &'static str,
    way: Value,
    admitted: Value,
    reason: &'static str,
}

fn expect_told(read: &Value, expected: &[Told]) -> Outcome {
    for Told {
        name,
        way,
        admitted,
        reason,
    } in expected
    {
        let account = told(read, name)?;
        let is_so = account.get("way") == Some(way) && account.get("admitted") == Some(admitted);
        expect(
            is_so,
            format!("expected {way}, {admitted} of `{name}`: {account}"),
        )?;
        let found = account.get("reason").and_then(Value::as_str);
        match reason.is_empty() {
            true => expect(found.is_none(), format!("a reason at `{name}`: {account}"))?,
            false => expect_parts(found.unwrap_or_default(), &[reason])?,
        }
    }
    Ok(())
}

fn one(name: &'static str, way: &str, admitted: impl Into<Value>, reason: &'static str) -> Told {
    Told {
        name,
        way: json!(way),
        admitted: admitted.into(),
        reason,
    }
}

fn each_way_is_told_and_judged(cloud: &Cloud) -> Outcome {
    let prod = with_accounts(cloud)?;
    let workspace = Workspace::new(cloud)?;
    workspace.configure(&configuration(""))?;
    workspace.apply()?;
    workspace.expect_empty_plan()?;
    let read = workspace.state(ADDRESS)?.unwrap_or_default();
    expect_told(
        &read,
        &[
            one("reader", "irsa", true, ""),
            one("wrong", "irsa", false, ":sub"),
            one("gone", "irsa", false, "no such role"),
            one("text", "irsa", false, "not the ARN of a role"),
            one("pod", "pod_identity", true, ""),
            one("both", "pod_identity", false, "pods.eks.amazonaws.com"),
            one("plain", "none", Value::Null, ""),
        ],
    )?;
    expect(
        told(&read, "pod")?.get("role_arn") == Some(&json!(role_arn("pods"))),
        "the role of the association is not told",
    )?;
    expect(
        told(&read, "both")?.get("annotated_role_arn") == Some(&json!(role_arn("reader"))),
        "the annotation beside an association is not told",
    )?;
    // The verdict on the annotated account is that of STS.
    let token = prod.service_account_token("apps", "reader", "sts.amazonaws.com")?;
    cloud.assume_with_web_identity(&role_arn("reader"), &token)?;
    let token = prod.service_account_token(NAMESPACE, "wrong", "sts.amazonaws.com")?;
    let refused = cloud.assume_with_web_identity(&role_arn("reader"), &token);
    expect(refused.is_err(), "STS lets in what was told to be refused")?;
    // The verdicts on those with an association are EKS Auth's.
    cloud.assume_for_pod(PROD, &prod.pod_token(NAMESPACE, "pod")?)?;
    let refused = cloud.assume_for_pod(PROD, &prod.pod_token(NAMESPACE, "both")?);
    expect(
        refused.is_err(),
        "EKS Auth lets in what was told to be refused",
    )?;
    workspace.configure(&configuration(&format!(
        "  namespace = \"{NAMESPACE}\"\n  only_with_role = true\n"
    )))?;
    workspace.apply()?;
    let read = workspace.state(ADDRESS)?.unwrap_or_default();
    expect(
        told(&read, "reader").is_err() && told(&read, "plain").is_err(),
        format!("accounts of other namespaces, or without a role: {read}"),
    )?;
    told(&read, "pod")?;
    clear(cloud, &prod)
}

fn what_may_not_be_read_is_not_known(cloud: &Cloud) -> Outcome {
    let prod = with_accounts(cloud)?;
    let group = "rbac.authorization.k8s.io";
    let manifest = format!(
        "apiVersion: {group}/v1\nkind: ClusterRole\nmetadata: {{name: lists-accounts}}\nrules:\n\
         - {{apiGroups: [''], resources: [serviceaccounts], verbs: [list]}}\n---\n\
         apiVersion: {group}/v1\nkind: ClusterRoleBinding\nmetadata: {{name: lists-accounts}}\n\
         roleRef: {{apiGroup: {group}, kind: ClusterRole, name: lists-accounts}}\nsubjects:\n\
         - {{apiGroup: {group}, kind: Group, name: {GROUP}}}\n"
    );
    let policy = |actions: &[&str]| {
        json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": actions, "Resource": "*"}]}).to_string()
    };
    let all = [
        "eks:DescribeCluster",
        "eks:ListPodIdentityAssociations",
        "eks:DescribePodIdentityAssociation",
    ];
    let (describe, _) = all.split_at(1);
    for (actions, missing, pod) in [
        (all.as_slice(), "iam:ListRoles", json!("pod_identity")),
        (describe, "eks:ListPodIdentityAssociations", Value::Null),
    ] {
        let user = cloud.with_exact_permissions(&policy(actions), &manifest)?;
        let mut workspace = Workspace::new(cloud)?;
        workspace.act_as(user.identity());
        workspace.configure(&configuration(""))?;
        workspace
            .apply()?
            .says(&["Not Everything Could Be Read", missing])?;
        let read = workspace.state(ADDRESS)?.unwrap_or_default();
        expect_told(
            &read,
            &[
                one("reader", "irsa", Value::Null, "iam:ListRoles"),
                one("gone", "irsa", Value::Null, "iam:ListRoles"),
                Told {
                    name: "pod",
                    way: pod,
                    admitted: Value::Null,
                    reason: missing,
                },
            ],
        )?;
    }
    clear(cloud, &prod)
}
