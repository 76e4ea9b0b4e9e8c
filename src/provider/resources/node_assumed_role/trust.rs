//! The trust policy: node roles, which may have to give an external id, EC2 where asked, and statements as written.

use eksauth_core::iam_policy::policy_document::grants_the_same;
use eksauth_core::iam_policy::trust_policy::{TrustPolicy, typed};
use serde_json::{Value as Json, json};
use tf_provider::{Attr, Context, Diagnostics};

use super::diagnostics;
use super::schema::NodeAssumedRoleModel;
use crate::attributes::values::{known_list, known_set};
use crate::client::Client;
use crate::diagnostics::api_failure;
use crate::resources::iam_role::trust_size::TrustSize;

/// How to come to a shorter trust policy.
const SHORTER: &str = "fewer node roles, or one role that all nodes share";

/// Who may assume the role.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct NodeTrust {
    pub(super) node_role_arns: Vec<String>,
    pub(super) external_id: Option<String>,
    pub(super) ec2: bool,
    pub(super) statements: Vec<Json>,
}

impl NodeTrust {
    /// As it is configured; `None` while a part is unknown.
    fn of_model(model: &NodeAssumedRoleModel) -> Option<Self> {
        if model.external_id.is_unknown() || model.ec2.is_unknown() {
            return None;
        }
        Some(Self {
            node_role_arns: known_set(&model.node_role_arns)?.into_iter().collect(),
            external_id: model.external_id.known().cloned(),
            ec2: model.ec2 == Attr::Known(true),
            statements: known_list(&model.extra_statements)?
                .iter()
                .map(|text| statement(text))
                .collect(),
        })
    }

    /// From a trust policy that exists: a statement that no part can say is kept as it is.
    pub(super) fn from_document(document: &str) -> Self {
        let mut trust = Self::default();
        for statement in typed::raw_statements(document) {
            if !trust.take(&statement) {
                trust.statements.push(statement);
            }
        }
        trust
    }

    /// All statements as they are.
    pub(super) fn of_raw_statements(document: &str) -> Self {
        Self {
            statements: typed::raw_statements(document),
            ..Self::default()
        }
    }

    fn take(&mut self, statement: &Json) -> bool {
        let (statement, external_id) = without_external_id(statement);
        let document = json!({ "Version": "2012-10-17", "Statement": [statement] });
        let typed = typed::from_document(&document.to_string());
        let is_other =
            !typed.statements.is_empty() || !typed.web_identities.is_empty() || typed.pod_identity;
        if is_other {
            return false;
        }
        if typed.ec2 && !self.ec2 && external_id.is_none() {
            self.ec2 = true;
            return true;
        }
        let is_free = self.node_role_arns.is_empty() && !typed.node_role_arns.is_empty();
        if is_free {
            self.node_role_arns = typed.node_role_arns;
            self.external_id = external_id;
        }
        is_free
    }

    pub(super) fn to_policy(&self) -> TrustPolicy {
        TrustPolicy {
            node_role_arns: self.node_role_arns.clone(),
            node_external_id: self.external_id.clone(),
            ec2: self.ec2,
            statements: self.statements.clone(),
            ..TrustPolicy::default()
        }
    }
}

/// A statement whose only condition is an external id, without the condition, and the id. Any other stays as it is.
fn without_external_id(statement: &Json) -> (Json, Option<String>) {
    let condition = statement.get("Condition").and_then(Json::as_object);
    let equals = condition.filter(|condition| condition.len() == 1);
    let equals = equals.and_then(|condition| condition.get("StringEquals")?.as_object());
    let only = equals.filter(|keys| keys.len() == 1);
    let id = only.and_then(|keys| {
        let (key, value) = keys.iter().next()?;
        let value = value.as_str()?;
        key.eq_ignore_ascii_case("sts:ExternalId")
            .then(|| value.to_owned())
    });
    let mut rest = statement.clone();
    if id.is_some()
        && let Some(members) = rest.as_object_mut()
    {
        members.remove("Condition");
    }
    (rest, id)
}

/// Fills in the trust policy of a plan, as far as it can be known.
pub(super) fn at_plan(
    cx: &Context<Client>,
    prior: Option<&NodeAssumedRoleModel>,
    planned: &mut NodeAssumedRoleModel,
) -> Result<(), Diagnostics> {
    let document = document(planned)?;
    let before = prior.and_then(|prior| prior.assume_role_policy.known());
    planned.assume_role_policy = match (before, document) {
        (Some(before), Attr::Known(document)) if grants_the_same(before, &document) => {
            Attr::Known(before.clone())
        }
        (_, document) => document,
    };
    check_size(cx, prior, planned)
}

/// The same at apply, when nothing is unknown any more.
pub(super) fn at_apply(
    cx: &Context<Client>,
    prior: Option<&NodeAssumedRoleModel>,
    planned: &mut NodeAssumedRoleModel,
) -> Result<(), Diagnostics> {
    if planned.assume_role_policy.is_known() {
        return Ok(());
    }
    planned.assume_role_policy = document(planned)?;
    if !planned.assume_role_policy.is_known() {
        return Err(api_failure::not_known_at_apply("role").into());
    }
    check_size(cx, prior, planned)
}

fn document(model: &NodeAssumedRoleModel) -> Result<Attr<String>, Diagnostics> {
    let Some(trust) = NodeTrust::of_model(model) else {
        return Ok(Attr::Unknown);
    };
    let document = trust.to_policy().to_json();
    let document = document.map_err(|error| diagnostics::wrong_trust(&error))?;
    Ok(Attr::Known(document))
}

fn check_size(
    cx: &Context<Client>,
    prior: Option<&NodeAssumedRoleModel>,
    planned: &NodeAssumedRoleModel,
) -> Result<(), Diagnostics> {
    let size = TrustSize {
        document: &planned.assume_role_policy,
        is_new: prior.is_none_or(|prior| prior.assume_role_policy != planned.assume_role_policy),
        quota: &planned.trust_policy_quota,
        shorter: SHORTER,
    };
    size.check(cx)
}

/// A text that was judged to be JSON; one that came in as unknown and is none becomes a text, which the policy refuses by its shape.
fn statement(text: &str) -> Json {
    serde_json::from_str(text).unwrap_or_else(|_| Json::String(text.to_owned()))
}
