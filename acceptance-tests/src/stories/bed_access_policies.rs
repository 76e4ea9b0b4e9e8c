//! Access policies of the bed: what they allow, where, and to which entries.

use serde_json::{Value, json};

use super::{
    bed_access_entries::{eks, post, refused, who},
    story::stories,
};
use crate::{
    bed::{
        cloud::{ACCOUNT, Cloud, PROD, access::Mode},
        cluster::{
            Cluster,
            reviews::{Admission, Attempt},
        },
        identity::Identity,
    },
    failure::{Failure, Outcome, expect, expect_parts},
};

stories!("bed":
    a_policy_allows_in_its_namespaces_only,
    each_policy_allows_what_the_user_guide_lists,
    a_policy_is_found_by_what_the_authenticator_says_of_the_caller,
    eks_refuses_policies_where_they_do_not_belong,
);

/// The ARN of an access policy.
fn policy(name: &str) -> String {
    format!("arn:aws:eks::aws:cluster-access-policy/{name}")
}

/// A verb on a core resource in a namespace.
fn core<'a>(verb: &'a str, resource: &'a str, namespace: &'a str) -> Attempt<'a> {
    Attempt {
        verb,
        resource,
        namespace,
        ..Attempt::default()
    }
}

fn a_policy_allows_in_its_namespaces_only(cloud: &Cloud) -> Outcome {
    let prod = cloud.cluster(PROD)?;
    cloud.set_mode(PROD, Mode::Api)?;
    let role = cloud.role("/teams/", "platform")?;
    let session = cloud.session(&role, "eve")?;
    let view = policy("AmazonEKSViewPolicy");
    let named = ["--principal-arn", &role];
    eks(
        cloud,
        &[&["create-access-entry"], named.as_slice()].concat(),
    )?;
    let associate = |scope: &str| {
        let rest = ["--policy-arn", &view, "--access-scope", scope];
        eks(
            cloud,
            &[&["associate-access-policy"], named.as_slice(), &rest].concat(),
        )
    };
    associate("type=namespace,namespaces=apps,dev-*")?;
    let name = format!("arn:aws:sts::{ACCOUNT}:assumed-role/platform/eve");
    prod.wait_for_admission(&session, Some(&who(&name, &[])))?;
    prod.wait_for_decision(&session, &core("list", "pods", "apps"), true)?;
    for (attempt, allowed) in [
        (core("list", "pods", "dev-7"), true),
        (core("list", "pods", "default"), false),
        (core("list", "pods", ""), false),
        (core("get", "secrets", "apps"), false),
        (core("delete", "pods", "apps"), false),
        (core("get", "pods/log", "apps"), true),
    ] {
        decide(&prod, &session, &attempt, allowed)?;
    }
    // The same by kubectl, and the request itself.
    let token = prod.token(&session)?;
    expect_parts(
        &prod.kubectl_with(&token, &["auth", "can-i", "list", "pods", "-n", "apps"])?,
        &["yes"],
    )?;
    let (status, _) = prod.ask_as(&session, "GET", "/api/v1/namespaces/dev-7/pods", None)?;
    let (elsewhere, _) = prod.ask_as(&session, "GET", "/api/v1/namespaces/default/pods", None)?;
    expect(
        (status, elsewhere) == (200, 403),
        format!("{status} and {elsewhere}"),
    )?;
    associate("type=cluster")?;
    prod.wait_for_decision(&session, &core("list", "pods", ""), true)?;
    let rest = ["--policy-arn", &view];
    eks(
        cloud,
        &[&["disassociate-access-policy"], named.as_slice(), &rest].concat(),
    )?;
    prod.wait_for_decision(&session, &core("list", "pods", "apps"), false)
}

fn each_policy_allows_what_the_user_guide_lists(cloud: &Cloud) -> Outcome {
    let prod = cloud.cluster(PROD)?;
    cloud.set_mode(PROD, Mode::Api)?;
    let bindings = Attempt {
        group: "rbac.authorization.k8s.io",
        ..core("create", "rolebindings", "apps")
    };
    let whole = Attempt {
        group: "rbac.authorization.k8s.io",
        ..core("create", "clusterrolebindings", "")
    };
    for (name, allowed, refused) in [
        (
            "AmazonEKSClusterAdminPolicy",
            [whole, core("patch", "configmaps", "kube-system")],
            None,
        ),
        (
            "AmazonEKSAdminPolicy",
            [bindings, core("get", "secrets", "apps")],
            Some(whole),
        ),
        (
            "AmazonEKSEditPolicy",
            [
                core("get", "secrets", "apps"),
                core("update", "configmaps", "apps"),
            ],
            Some(bindings),
        ),
        (
            "AmazonEKSViewPolicy",
            [
                core("get", "configmaps", "apps"),
                core("list", "namespaces", ""),
            ],
            Some(core("get", "secrets", "apps")),
        ),
        (
            "AmazonEKSAdminViewPolicy",
            [core("get", "secrets", "apps"), core("list", "nodes", "")],
            Some(core("update", "configmaps", "apps")),
        ),
        (
            "AmazonEKSSecretReaderPolicy",
            [core("get", "secrets", "apps"), core("list", "secrets", "")],
            Some(core("get", "pods", "apps")),
        ),
    ] {
        let role = format!("arn:aws:iam::{ACCOUNT}:role/{name}");
        let entry = json!({"principalArn": role, "policies": [{"policyArn": policy(name), "accessScope": {"type": "cluster"}}]});
        cloud.put_access_entries(PROD, &[entry])?;
        let session = cloud.session(&role, "eve")?;
        for attempt in &allowed {
            prod.wait_for_decision(&session, attempt, true)?;
        }
        if let Some(attempt) = &refused {
            decide(&prod, &session, attempt, false)?;
        }
    }
    Ok(())
}

fn a_policy_is_found_by_what_the_authenticator_says_of_the_caller(cloud: &Cloud) -> Outcome {
    let prod = cloud.cluster(PROD)?;
    cloud.set_mode(PROD, Mode::Api)?;
    let arn = |name: &str| format!("arn:aws:iam::{ACCOUNT}:role/{name}");
    let entry = |name: &str, policy_name: &str| json!({"principalArn": arn(name), "policies": [{"policyArn": policy(policy_name), "accessScope": {"type": "cluster"}}]});
    let entries = [
        entry("admins", "AmazonEKSClusterAdminPolicy"),
        entry("viewers", "AmazonEKSViewPolicy"),
    ];
    cloud.put_access_entries(PROD, &entries)?;
    let (admin, viewer) = (
        cloud.session(&arn("admins"), "eve")?,
        cloud.session(&arn("viewers"), "bob")?,
    );
    prod.wait_for_decision(&viewer, &core("list", "pods", "apps"), true)?;
    let Admission::As { who, extra } = prod.admission(&viewer)? else {
        return Err(Failure::new("the viewer may not ask"));
    };
    for (extra, allowed) in [(extra, true), (json!({}), false)] {
        let review = json!({
            "apiVersion": "authorization.k8s.io/v1", "kind": "SubjectAccessReview",
            "spec": {"user": who.username, "extra": extra, "resourceAttributes": {
                "verb": "list", "resource": "pods", "namespace": "apps"}},
        });
        let path = "/apis/authorization.k8s.io/v1/subjectaccessreviews";
        let (_, answer) = prod.ask_as(&admin, "POST", path, Some(&review))?;
        expect(
            answer.pointer("/status/allowed") == Some(&json!(allowed)),
            answer.to_string(),
        )?;
    }
    // Whoever acts as another has the rights of neither's policies.
    let as_another = [
        "--as",
        &who.username,
        "auth",
        "can-i",
        "list",
        "pods",
        "-n",
        "apps",
    ];
    refused(
        prod.kubectl_with(&prod.token(&admin)?, &as_another),
        &["ended with exit status: 1"],
    )
}

fn eks_refuses_policies_where_they_do_not_belong(cloud: &Cloud) -> Outcome {
    cloud.set_mode(PROD, Mode::Api)?;
    let (role, node, auto) = (
        cloud.role("/", "platform")?,
        cloud.role("/", "nodes")?,
        cloud.role("/", "auto")?,
    );
    for (arn, kind) in [(&role, "STANDARD"), (&node, "EC2_LINUX"), (&auto, "EC2")] {
        post(
            cloud,
            "access-entries",
            &json!({"principalArn": arn, "type": kind}),
        )?;
    }
    let associate = |arn: &str, name: &str, scope: &Value| {
        let path = format!("access-entries/{arn}/access-policies");
        post(
            cloud,
            &path,
            &json!({"policyArn": name, "accessScope": scope}),
        )
    };
    let whole = json!({"type": "cluster"});
    let view = policy("AmazonEKSViewPolicy");
    let nobody = format!("arn:aws:iam::{ACCOUNT}:role/nobody");
    let elsewhere = view.replace("arn:aws:", "arn:aws-cn:");
    for (arn, name, scope, parts) in [
        (
            &node,
            &view,
            &whole,
            ["InvalidRequestException", "type EC2_LINUX"],
        ),
        (
            &auto,
            &view,
            &whole,
            ["InvalidRequestException", "type EC2"],
        ),
        (
            &role,
            &policy("AmazonEKSGodPolicy"),
            &whole,
            ["ResourceNotFoundException", "policyArn could not be found"],
        ),
        (
            &role,
            &elsewhere,
            &whole,
            ["InvalidParameterException", "format is not valid"],
        ),
        (
            &role,
            &policy("AmazonEKSHybridPolicy"),
            &whole,
            ["InvalidRequestException", "service-linked roles"],
        ),
        (
            &role,
            &view,
            &json!({"type": "cluster", "namespaces": ["apps"]}),
            ["InvalidParameterException", "can't specify namespaces"],
        ),
        (
            &role,
            &view,
            &json!({"type": "namespace"}),
            ["InvalidParameterException", "at least one namespace"],
        ),
        (
            &role,
            &view,
            &json!({"type": "namespace", "namespaces": ["Apps"]}),
            ["InvalidParameterException", "namespace Apps is not valid"],
        ),
        (
            &nobody,
            &view,
            &whole,
            ["ResourceNotFoundException", "list-access-entries"],
        ),
    ] {
        refused(associate(arn, name, scope), &parts)?;
    }
    associate(&auto, &policy("AmazonEKSAutoNodePolicy"), &whole)?;
    Ok(())
}

/// Fails unless the API server decides so.
fn decide(prod: &Cluster<'_>, session: &Identity, attempt: &Attempt<'_>, allowed: bool) -> Outcome {
    let decision = prod.may(session, attempt)?;
    expect(
        decision
            .as_ref()
            .is_some_and(|decision| decision.allowed == allowed),
        format!("{} with {attempt:?}: {decision:?}", session.arn),
    )
}
