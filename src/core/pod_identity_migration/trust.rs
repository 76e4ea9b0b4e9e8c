//! A role's trust policy on the way: the statement that an account needs, and what of the trust in its token can go.
//!
//! The statement says as much as EKS sends: which cluster asks, in which account, and for which namespace and service account. Source: EKS user guide, "Create IAM
//! role with trust policy required by EKS Pod Identity".

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::{ClusterFacts, NamespacedName};
use crate::hcl::{lines, list, quoted};
use crate::iam_policy::policy_document::{
    Decision, Evaluation, PodIdentityRequest, evaluate_pod_identity,
};
use crate::iam_policy::trust_policy::{
    ServiceAccount, TrustPolicy, WebIdentityTrust, raw_statement, sorted_json, typed,
};

/// The conditions of a statement for accounts of one namespace.
fn condition(cluster: &ClusterFacts, namespace: &str, names: &BTreeSet<&str>) -> Value {
    let names = match names.iter().collect::<Vec<_>>().as_slice() {
        [one] => json!(one),
        names => json!(names),
    };
    json!({
        "ArnEquals": {"aws:SourceArn": cluster.arn},
        "StringEquals": {
            "aws:RequestTag/kubernetes-namespace": namespace,
            "aws:RequestTag/kubernetes-service-account": names,
            "aws:SourceAccount": cluster.account,
        },
    })
}

/// The statement that lets Pod Identity in for one account, as JSON.
pub(super) fn statement(cluster: &ClusterFacts, account: &NamespacedName) -> Option<String> {
    let names = BTreeSet::from([account.name.as_str()]);
    let policy = TrustPolicy {
        pod_identity: true,
        pod_identity_condition: Some(condition(cluster, &account.namespace, &names)),
        ..TrustPolicy::default()
    };
    let document = policy.to_json().ok()?;
    let statement = typed::raw_statements(&document).into_iter().next()?;
    raw_statement(&statement).ok()
}

/// Who asks for the role.
pub(super) struct Asking<'a> {
    pub(super) cluster: &'a ClusterFacts,
    pub(super) account: &'a NamespacedName,
    pub(super) has_session_tags: bool,
}

impl Asking<'_> {
    /// What the role's trust policy says to Pod Identity, judged as the resource judges it.
    pub(super) fn evaluate(&self, policy: &str) -> Evaluation {
        let request = PodIdentityRequest {
            cluster_arn: self.cluster.arn.clone(),
            cluster_name: self.cluster.name.clone(),
            namespace: self.account.namespace.clone(),
            service_account: self.account.name.clone(),
            has_session_tags: self.has_session_tags,
        };
        evaluate_pod_identity(policy, &request)
    }

    /// What it would say with the statement.
    pub(super) fn evaluate_with(&self, policy: &str, statement: &str) -> Evaluation {
        let mut document: Value = serde_json::from_str(policy).unwrap_or_default();
        let mut statements = typed::raw_statements(policy);
        statements.extend(serde_json::from_str::<Value>(statement));
        if let Some(fields) = document.as_object_mut() {
            fields.insert("Statement".to_owned(), Value::Array(statements));
        }
        self.evaluate(&document.to_string())
    }
}

/// Whether Pod Identity is let in.
pub(super) fn admits(evaluation: &Evaluation) -> bool {
    evaluation.decision == Decision::Allow
}

/// Whether a trust policy names the account by itself in a statement for tokens of the cluster, so that it can be taken out of there.
pub(super) fn names(cluster: &ClusterFacts, account: &NamespacedName, policy: &str) -> bool {
    let trust = typed::from_document(policy);
    let mut own = trust
        .web_identities
        .iter()
        .filter(|one| is_own(cluster, one));
    own.any(|one| one.service_accounts.iter().any(|named| is(named, account)))
}

fn is_own(cluster: &ClusterFacts, trust: &WebIdentityTrust) -> bool {
    Some(&trust.provider_arn) == cluster.provider_arn.as_ref()
}

fn is(named: &ServiceAccount, account: &NamespacedName) -> bool {
    named.namespace() == account.namespace && named.name() == account.name
}

/// What becomes of a role's trust policy.
pub(super) struct TrustChange<'a> {
    pub(super) cluster: &'a ClusterFacts,
    pub(super) policy: &'a str,
    /// Accounts that Pod Identity is to be let in for.
    pub(super) added: Vec<&'a NamespacedName>,
    /// Accounts whose tokens are not to be let in any more.
    pub(super) dropped: Vec<&'a NamespacedName>,
}

impl TrustChange<'_> {
    /// The trust policy afterwards, in typed parts: a statement for each namespace, because tags are compared one by one.
    pub(super) fn typed(&self) -> TrustPolicy {
        let mut trust = typed::from_document(self.policy);
        for one in &mut trust.web_identities {
            if is_own(self.cluster, one) {
                let is_dropped =
                    |named: &ServiceAccount| self.dropped.iter().any(|account| is(named, account));
                one.service_accounts.retain(|named| !is_dropped(named));
            }
        }
        trust
            .web_identities
            .retain(|one| !one.service_accounts.is_empty() || !one.patterns.is_empty());
        let mut namespaces: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        for account in &self.added {
            let names = namespaces.entry(&account.namespace).or_default();
            names.insert(&account.name);
        }
        for (namespace, names) in namespaces {
            let condition = condition(self.cluster, namespace, &names);
            if trust.pod_identity {
                trust.statements.push(json!({
                    "Effect": "Allow",
                    "Principal": {"Service": "pods.eks.amazonaws.com"},
                    "Action": ["sts:AssumeRole", "sts:TagSession"],
                    "Condition": condition,
                }));
            } else {
                trust.pod_identity = true;
                trust.pod_identity_condition = Some(condition);
            }
        }
        trust
    }
}

/// The attributes by which `eksauth_irsa_role` makes a trust policy, in the order of its page.
pub(super) fn attributes(trust: &TrustPolicy) -> Vec<(&'static str, String)> {
    let mut attributes = Vec::new();
    match trust.web_identities.as_slice() {
        [] => {}
        [one] => attributes.extend(of_web_identity(one)),
        many => attributes.push(("trust", elements(many))),
    }
    if trust.pod_identity {
        attributes.push(("pod_identity", "true".to_owned()));
    }
    if let Some(condition) = &trust.pod_identity_condition {
        attributes.push(("pod_identity_condition", quoted(&sorted_json(condition))));
    }
    if !trust.node_role_arns.is_empty() {
        let arns = trust.node_role_arns.iter().cloned().collect();
        attributes.push(("node_role_arns", list(&arns)));
    }
    if trust.ec2 {
        attributes.push(("ec2", "true".to_owned()));
    }
    if !trust.statements.is_empty() {
        let statement = |one| raw_statement(one).unwrap_or_else(|_| sorted_json(one));
        let statements: Vec<String> = trust.statements.iter().map(statement).collect();
        attributes.push(("extra_statements", lines(&statements)));
    }
    attributes
}

fn of_web_identity(trust: &WebIdentityTrust) -> Vec<(&'static str, String)> {
    let mut attributes = vec![("oidc_provider_arn", quoted(&trust.provider_arn))];
    let exact = trust.service_accounts.iter().map(ToString::to_string);
    let patterns = trust.patterns.iter().map(ToString::to_string);
    for (name, values) in [
        ("service_accounts", exact.collect::<BTreeSet<String>>()),
        ("service_account_patterns", patterns.collect()),
    ] {
        if !values.is_empty() {
            attributes.push((name, list(&values)));
        }
    }
    match trust.audiences.as_slice() {
        [audience] if audience != "sts.amazonaws.com" => {
            attributes.push(("audience", quoted(audience)));
        }
        _ => {}
    }
    attributes
}

fn elements(trusts: &[WebIdentityTrust]) -> String {
    let element = |trust: &WebIdentityTrust| {
        let attributes = of_web_identity(trust);
        let width = attributes.iter().map(|(name, _)| name.len()).max();
        let width = width.unwrap_or_default();
        let lines = attributes
            .iter()
            .map(|(name, value)| format!("      {name:width$} = {value}\n"));
        format!("    {{\n{}    }},\n", lines.collect::<String>())
    };
    format!("[\n{}  ]", trusts.iter().map(element).collect::<String>())
}
