//! What is worth saying about a trust policy before it is used, ranked by what it costs: access for too many, for no one, or bad form.
//!
//! Each finding has a stable id. `privilege.*`: more may assume the role than the text suggests. `lockout.*`: fewer, or no one.
//! `hygiene.*`: it works, but not for the reason one reads. Source: the rules of the evaluation, applied to the document alone.

use super::condition::{Comparison, Operator, SetPrefix};
use super::evaluation::{OidcProvider, WEB_IDENTITY_ACTION, covers, is_request_time_key};
use super::{
    Condition, Effect, Element, PolicyDocument, PolicyError, PolicyVersion, Principal, Statement,
};
use crate::arn::Arn;
use crate::oidc::Issuer;

mod subject;

/// One thing worth saying.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Finding {
    /// The stable id, such as `privilege.no_sub_condition`.
    pub id: &'static str,
    /// The statement, from 0; none for the document.
    pub statement_index: Option<usize>,
    /// What is wrong, in one sentence.
    pub message: String,
}

/// What a finding costs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum FindingSeverity {
    /// Too many may assume the role.
    Privilege,
    /// Fewer than meant, or no one.
    Lockout,
    /// Bad form.
    Hygiene,
}

impl Finding {
    /// The severity, as the id says it.
    pub fn severity(&self) -> FindingSeverity {
        match self.id.split('.').next() {
            Some("privilege") => FindingSeverity::Privilege,
            Some("lockout") => FindingSeverity::Lockout,
            _ => FindingSeverity::Hygiene,
        }
    }
}

/// Everything worth saying about a trust policy.
///
/// `role_arn` and `providers` are what is known of the account: `None` where it is not known, and then nothing is said that needs it.
pub fn findings(
    policy: &str,
    role_arn: Option<&str>,
    providers: Option<&[OidcProvider]>,
) -> Vec<Finding> {
    let document = match PolicyDocument::parse_trust(policy) {
        Ok(document) => document,
        Err(error) => return vec![of_invalid(&error)],
    };
    let mut review = Review {
        document: &document,
        role_arn,
        providers,
        findings: Vec::new(),
    };
    for (index, statement) in document.statements.iter().enumerate() {
        review.statement(index, statement);
    }
    review.whole();
    review.findings.sort();
    review.findings.dedup();
    review.findings
}

fn of_invalid(error: &PolicyError) -> Finding {
    let id = match error {
        PolicyError::DuplicateKey { .. } => "privilege.duplicate_json_key",
        _ => "lockout.invalid_policy",
    };
    Finding {
        id,
        statement_index: None,
        message: error.to_string(),
    }
}

struct Review<'a> {
    document: &'a PolicyDocument,
    role_arn: Option<&'a str>,
    providers: Option<&'a [OidcProvider]>,
    findings: Vec<Finding>,
}

impl Review<'_> {
    fn say(&mut self, id: &'static str, index: usize, message: impl Into<String>) {
        self.findings.push(Finding {
            id,
            statement_index: Some(index),
            message: message.into(),
        });
    }

    fn statement(&mut self, index: usize, statement: &Statement) {
        let principals = match &statement.principal {
            Some(Element::Only(principals)) => principals.as_slice(),
            _ => &[],
        };
        self.principals(index, principals);
        self.actions(index, statement, principals);
        for condition in &statement.conditions {
            self.value_under_equals(index, condition);
        }
        let issuers = issuers_of(principals);
        match statement.effect {
            Effect::Allow
                if !issuers.is_empty() && covers(&statement.action, WEB_IDENTITY_ACTION) =>
            {
                self.keys_of_allow(index, statement, &issuers);
                self.audience(index, statement, &issuers);
                self.subject(index, statement, &issuers);
            }
            Effect::Allow => {}
            Effect::Deny => self.keys_of_deny(index, statement, &issuers),
        }
    }

    fn principals(&mut self, index: usize, principals: &[Principal]) {
        for principal in principals {
            if principal.value == "*" {
                let message = "a principal of `*` lets anyone who meets the conditions in";
                self.say("privilege.principal_wildcard", index, message);
            }
            if principal.kind == "Federated" && principal.value.contains(":oidc-provider/") {
                self.provider(index, &principal.value);
            }
        }
    }

    fn provider(&mut self, index: usize, arn: &str) {
        let Ok(parsed) = Arn::parse(arn) else {
            return self.say(
                "lockout.provider_malformed",
                index,
                format!("`{arn}` is not the ARN of a provider"),
            );
        };
        if let Some(role) = self.role_arn.and_then(|role| Arn::parse(role).ok()) {
            if role.partition != parsed.partition {
                self.say(
                    "lockout.provider_other_partition",
                    index,
                    format!("`{arn}` is of another partition than the role"),
                );
            } else if role.account != parsed.account {
                self.say(
                    "lockout.provider_other_account",
                    index,
                    format!("`{arn}` is of another account than the role"),
                );
            }
        }
        if parsed.resource.ends_with('/') {
            self.say(
                "lockout.provider_trailing_slash",
                index,
                format!("`{arn}` ends with a slash, which no issuer of EKS does"),
            );
        }
        if parsed.resource.contains("oidc-provider/https:") {
            self.say(
                "lockout.provider_scheme",
                index,
                format!("`{arn}` has the scheme in it; IAM keeps issuers without `https://`"),
            );
        }
        let is_registered = self
            .providers
            .is_none_or(|providers| providers.iter().any(|provider| provider.arn == arn));
        if !is_registered {
            self.say(
                "lockout.provider_missing",
                index,
                format!("no provider `{arn}` is registered in the account"),
            );
        }
    }

    fn actions(&mut self, index: usize, statement: &Statement, principals: &[Principal]) {
        let actions = match &statement.action {
            Element::AllBut(_) => {
                return self.say(
                    "privilege.not_action",
                    index,
                    "`NotAction` covers every action but the listed ones, future ones too",
                );
            }
            Element::Only(actions) => actions,
        };
        if actions.iter().any(|action| action.contains(['*', '?'])) {
            self.say(
                "hygiene.action_wildcard",
                index,
                "an action with a wildcard covers more than a role's trust needs",
            );
        }
        if statement.effect != Effect::Allow {
            return;
        }
        let covers_web_identity = covers(&statement.action, WEB_IDENTITY_ACTION);
        let is_pod_identity = principals
            .iter()
            .any(|principal| principal.value == "pods.eks.amazonaws.com");
        if !issuers_of(principals).is_empty() && !covers_web_identity {
            let message = format!(
                "a service account's token is exchanged by `{WEB_IDENTITY_ACTION}`, which this statement does not allow"
            );
            self.say("lockout.wrong_action", index, message);
        }
        if is_pod_identity && covers_web_identity {
            let message = "EKS Pod Identity assumes roles by `sts:AssumeRole` and `sts:TagSession`, not with a web identity";
            self.say("lockout.pod_identity_action", index, message);
        }
        if is_pod_identity
            && covers(&statement.action, "sts:AssumeRole")
            && !covers(&statement.action, "sts:TagSession")
        {
            self.say(
                "lockout.pod_identity_tag_session",
                index,
                "EKS Pod Identity tags its sessions: `sts:TagSession` is missing",
            );
        }
    }

    fn value_under_equals(&mut self, index: usize, condition: &Condition) {
        let Some(operator) = Operator::parse(&condition.operator) else {
            return;
        };
        if !matches!(
            operator.comparison,
            Comparison::Equal | Comparison::EqualIgnoringCase
        ) {
            return;
        }
        let is_2012 = self.document.version == PolicyVersion::V2012;
        let has_wildcard =
            |value: &&String| value.contains(['*', '?']) && !(is_2012 && value.contains("${"));
        if let Some(value) = condition.values.iter().find(has_wildcard) {
            let id = if operator.negated {
                "privilege.wildcard_in_string_not_equals"
            } else {
                "lockout.wildcard_in_string_equals"
            };
            let message = format!(
                "`{}` takes the wildcard in `{value}` literally: use a `StringLike` operator",
                condition.operator
            );
            self.say(id, index, message);
        }
    }

    /// Keys that no token of the statement's issuers carries.
    fn keys_of_allow(&mut self, index: usize, statement: &Statement, issuers: &[String]) {
        for condition in &statement.conditions {
            let Some(operator) = Operator::parse(&condition.operator) else {
                continue;
            };
            if operator.set == Some(SetPrefix::ForAllValues) {
                let message = format!(
                    "`{}` also holds where `{}` is missing",
                    condition.operator, condition.key
                );
                self.say("privilege.forallvalues_allow", index, message);
            }
            if is_request_time_key(&condition.key) || claim(&condition.key, issuers).is_some() {
                continue;
            }
            let is_open = operator.holds_without_key();
            let (id, effect) = if is_open {
                (
                    "privilege.condition_key_issuer_mismatch",
                    "so the condition always holds",
                )
            } else {
                (
                    "lockout.condition_key_issuer_mismatch",
                    "so the condition never holds",
                )
            };
            let message = format!(
                "`{}` is not a key of the statement's providers, {effect}",
                condition.key
            );
            self.say(id, index, message);
            if condition.key.contains("://") {
                let message = format!(
                    "`{}` has the scheme in it; condition keys start with the host",
                    condition.key
                );
                let id = if is_open {
                    "privilege.condition_key_scheme"
                } else {
                    "lockout.condition_key_scheme"
                };
                self.say(id, index, message);
            }
        }
        self.keys_of_two_issuers(index, statement, issuers);
    }

    fn keys_of_two_issuers(&mut self, index: usize, statement: &Statement, issuers: &[String]) {
        let needs_key = |condition: &&Condition| {
            Operator::parse(&condition.operator).is_some_and(|operator| {
                !operator.holds_without_key() && operator.comparison != Comparison::Null
            })
        };
        let needed = statement.conditions.iter().filter(needs_key);
        let mut named: Vec<&String> = needed
            .filter_map(|condition| issuer_of_key(&condition.key, issuers))
            .collect();
        named.sort_unstable();
        named.dedup();
        if named.len() > 1 {
            let message = "conditions on two issuers in one statement must all hold, and a token has only one issuer";
            self.say("lockout.two_issuers_in_one_statement", index, message);
        }
    }

    /// A deny whose condition holds on a missing key applies to every token.
    fn keys_of_deny(&mut self, index: usize, statement: &Statement, issuers: &[String]) {
        for condition in &statement.conditions {
            let Some(operator) = Operator::parse(&condition.operator) else {
                continue;
            };
            let is_present = matches!(
                claim(&condition.key, issuers).as_deref(),
                Some("sub" | "aud")
            );
            let is_judged =
                operator.comparison != Comparison::Null && !is_request_time_key(&condition.key);
            if is_judged && operator.holds_without_key() && !is_present {
                let message = format!(
                    "`{}` holds where `{}` is missing, so this denies every service account",
                    condition.operator, condition.key
                );
                self.say("lockout.deny_on_missing_key", index, message);
            }
        }
    }

    fn audience(&mut self, index: usize, statement: &Statement, issuers: &[String]) {
        let audiences: Vec<&Condition> = statement
            .conditions
            .iter()
            .filter(|condition| claim(&condition.key, issuers).as_deref() == Some("aud"))
            .collect();
        if audiences.is_empty() {
            self.say(
                "hygiene.no_aud_condition",
                index,
                "no condition on the audience: tokens made for other services count too",
            );
        }
        let Some(providers) = self.providers else {
            return;
        };
        for condition in audiences {
            let Some(issuer) = issuer_of_key(&condition.key, issuers) else {
                continue;
            };
            let Some(provider) = providers
                .iter()
                .find(|provider| provider.arn.ends_with(&format!(":oidc-provider/{issuer}")))
            else {
                continue;
            };
            let positive = Operator::parse(&condition.operator).is_some_and(|operator| {
                !operator.negated && operator.comparison != Comparison::Null
            });
            let accepted =
                |value: &String| value.contains(['*', '?']) || provider.client_ids.contains(value);
            if positive && !condition.values.iter().any(accepted) {
                let message = format!(
                    "none of `{}` is among the client ids of the provider (`{}`)",
                    condition.values.join("`, `"),
                    provider.client_ids.join("`, `")
                );
                self.say("lockout.aud_mismatch", index, message);
            }
        }
    }

    fn subject(&mut self, index: usize, statement: &Statement, issuers: &[String]) {
        let denies_by_subject = self.document.statements.iter().any(|other| {
            other.effect == Effect::Deny
                && other
                    .conditions
                    .iter()
                    .any(|condition| claim(&condition.key, issuers).as_deref() == Some("sub"))
        });
        for (id, message) in subject::findings(statement, issuers, denies_by_subject) {
            self.say(id, index, message);
        }
    }

    fn whole(&mut self) {
        let allows_web_identity = self.document.statements.iter().any(|statement| {
            statement.effect == Effect::Allow && covers(&statement.action, WEB_IDENTITY_ACTION)
        });
        let is_federated = |principal: &Principal| principal.kind == "Federated";
        let has_federated =
            self.document
                .statements
                .iter()
                .any(|statement| match &statement.principal {
                    Some(Element::Only(principals)) => principals.iter().any(is_federated),
                    _ => false,
                });
        let is_pod_identity = |principal: &Principal| principal.value == "pods.eks.amazonaws.com";
        let has_pod_identity =
            self.document
                .statements
                .iter()
                .any(|statement| match &statement.principal {
                    Some(Element::Only(principals)) => principals.iter().any(is_pod_identity),
                    _ => false,
                });
        if has_pod_identity && !has_federated && !allows_web_identity {
            self.findings.push(Finding {
                id: "hygiene.pod_identity_only",
                statement_index: None,
                message: "only EKS Pod Identity may assume this role: annotated service accounts (IRSA) may not".to_owned(),
            });
        }
    }
}

/// Host and path of each OIDC provider among the principals.
fn issuers_of(principals: &[Principal]) -> Vec<String> {
    let is_federated = |principal: &&Principal| principal.kind == "Federated";
    let issuer = |principal: &Principal| match Issuer::from_provider_arn(&principal.value) {
        Ok((_, _, issuer)) => Some(issuer.host_path().to_owned()),
        Err(_) => principal
            .value
            .split_once(":oidc-provider/")
            .map(|(_, host_path)| host_path.to_owned()),
    };
    principals
        .iter()
        .filter(is_federated)
        .filter_map(issuer)
        .collect()
}

fn issuer_of_key<'a>(key: &str, issuers: &'a [String]) -> Option<&'a String> {
    let (prefix, _) = key.rsplit_once(':')?;
    issuers
        .iter()
        .find(|issuer| issuer.eq_ignore_ascii_case(prefix))
}

/// The claim, in lower case, that a key of one of the issuers names.
fn claim(key: &str, issuers: &[String]) -> Option<String> {
    issuer_of_key(key, issuers)?;
    key.rsplit_once(':')
        .map(|(_, claim)| claim.to_ascii_lowercase())
}
