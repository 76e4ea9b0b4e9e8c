//! Would this web identity get this role? The order of §9 of the evaluation: document, provider, client id, principal, action, condition,
//! and an explicit deny wins.
//!
//! Where the documentation or the input does not decide, the answer is [`Decision::Indeterminate`] and never a guess: principals of `*`,
//! several values without a set operator, keys that only the request knows. Source: the IAM user guide, as quoted at each rule.

use super::breadth::{kind_of, subjects::SubjectKind};
use super::condition::{self, KeyValues, Outcome};
use super::document::{Condition, Effect, Element, PolicyDocument, Principal, Statement};
use super::error::PolicyError;
use super::web_identity::{Decision, Evaluation, OidcProvider, WebIdentityRequest};
use super::{absent_key, parsing, wildcard};
use crate::principal::arn::Arn;

/// The action of a web identity that asks for a role.
pub(super) const WEB_IDENTITY_ACTION: &str = "sts:AssumeRoleWithWebIdentity";
/// The action of a session that has tags.
pub(super) const TAG_SESSION_ACTION: &str = "sts:TagSession";

/// Judges a trust policy, given as text, for a request.
///
/// An action without its service is no action that anybody can do. A document that has one is judged as far as it refuses, and never
/// allows: IAM does not take it.
pub fn evaluate(policy: &str, request: &WebIdentityRequest) -> Evaluation {
    let invalid = |error: PolicyError| Evaluation {
        error: Some(error.clone()),
        ..decided(Decision::Invalid, error.reason())
    };
    let document = match PolicyDocument::parse_trust_with_any_action(policy) {
        Ok(document) => document,
        Err(error) => return invalid(error),
    };
    let answer = evaluate_document(&document, request);
    match parsing::check_actions(&document) {
        Err(error) if answer.decision != Decision::Deny => invalid(error),
        _ => answer,
    }
}

/// Judges a trust policy for a request.
pub(super) fn evaluate_document(
    document: &PolicyDocument,
    request: &WebIdentityRequest,
) -> Evaluation {
    let Some(provider) = provider_of(request) else {
        return Evaluation {
            named_providers: named_instead(document, request),
            ..decided(Decision::Deny, "provider.not_found")
        };
    };
    if !request
        .token
        .audiences
        .iter()
        .any(|audience| provider.client_ids.contains(audience))
    {
        return decided(Decision::Deny, "provider.client_id");
    }
    let judge = Judge {
        document,
        provider,
        request,
    };
    let answer = judge.action(&request.action);
    if answer.decision == Decision::Deny || !request.token.has_session_tags {
        return answer;
    }
    // Both actions must be allowed, so a refusal of the tags is certain even where the role itself is not.
    let tagging = judge.action(TAG_SESSION_ACTION);
    match (answer.decision, tagging.decision) {
        (_, Decision::Allow) | (Decision::Indeterminate, Decision::Indeterminate) => answer,
        _ => Evaluation {
            reason: format!("tag_session:{}", tagging.reason),
            ..tagging
        },
    }
}

/// The provider of the token's issuer in the account and partition of the role.
pub(super) fn provider_of(request: &WebIdentityRequest) -> Option<&OidcProvider> {
    let role = Arn::parse(&request.role_arn).ok()?;
    request.providers.iter().find(|provider| {
        let is_of_role = Arn::parse(&provider.arn)
            .is_ok_and(|arn| arn.partition == role.partition && arn.account == role.account);
        let url = provider
            .url
            .strip_prefix("https://")
            .unwrap_or(&provider.url);
        is_of_role && request.token.issuer.strip_prefix("https://") == Some(url)
    })
}

fn decided(decision: Decision, reason: &str) -> Evaluation {
    Evaluation {
        decision,
        reason: reason.to_owned(),
        statement_index: None,
        condition: None,
        named_providers: Vec::new(),
        error: None,
    }
}

/// The federated principals of the statements that allow, in the order written, but for the provider of the token's issuer.
fn named_instead(document: &PolicyDocument, request: &WebIdentityRequest) -> Vec<String> {
    let asked = Arn::parse(&request.role_arn).ok().map(|role| {
        let account = role.account.as_ref().map_or("", |account| account.as_str());
        let issuer = request.token.issuer.trim_start_matches("https://");
        format!(
            "arn:{}:iam::{account}:oidc-provider/{issuer}",
            role.partition
        )
    });
    let mut named: Vec<String> = Vec::new();
    for statement in &document.statements {
        let Some(Element::Only(principals)) = &statement.principal else {
            continue;
        };
        for principal in principals {
            if statement.effect == Effect::Allow
                && principal.kind == "Federated"
                && asked.as_ref() != Some(&principal.value)
                && !named.contains(&principal.value)
            {
                named.push(principal.value.clone());
            }
        }
    }
    named
}

struct Judge<'a> {
    document: &'a PolicyDocument,
    provider: &'a OidcProvider,
    request: &'a WebIdentityRequest,
}

/// How far a statement got.
enum StatementOutcome {
    Applies,
    Unknown {
        reason: String,
        condition: Option<Condition>,
    },
    FailsAtPrincipal,
    FailsAtAction,
    FailsAtCondition(Condition),
}

impl Judge<'_> {
    fn action(&self, action: &str) -> Evaluation {
        let results: Vec<(usize, Effect, StatementOutcome)> =
            (self.document.statements.iter().enumerate())
                .map(|(index, statement)| (index, statement.effect, self.result(statement, action)))
                .collect();
        let first = |effect, wanted: fn(&StatementOutcome) -> bool| {
            results
                .iter()
                .find(|(_, of, result)| *of == effect && wanted(result))
        };
        let applies = |result: &StatementOutcome| matches!(result, StatementOutcome::Applies);
        let is_unknown =
            |result: &StatementOutcome| matches!(result, StatementOutcome::Unknown { .. });
        if let Some((index, _, _)) = first(Effect::Deny, applies) {
            return Evaluation {
                statement_index: Some(*index),
                ..decided(Decision::Deny, "explicit_deny")
            };
        }
        let unknown = |(index, _, result): &(usize, Effect, StatementOutcome)| match result {
            StatementOutcome::Unknown { reason, condition } => Evaluation {
                statement_index: Some(*index),
                condition: condition.clone(),
                ..decided(Decision::Indeterminate, reason)
            },
            _ => decided(Decision::Indeterminate, "unknown"),
        };
        let allowing = first(Effect::Allow, applies);
        let may_allow = allowing.or_else(|| first(Effect::Allow, is_unknown));
        match (first(Effect::Deny, is_unknown), allowing, may_allow) {
            (Some(denying), _, Some(_)) => unknown(denying),
            (None, Some((index, _, _)), _) => Evaluation {
                statement_index: Some(*index),
                ..decided(Decision::Allow, "allow")
            },
            (None, None, Some(maybe)) => unknown(maybe),
            (_, _, None) => self.nothing_allows(&results),
        }
    }

    /// The allowing statement that got furthest says why nothing allows.
    fn nothing_allows(&self, results: &[(usize, Effect, StatementOutcome)]) -> Evaluation {
        let distance = |result: &StatementOutcome| match result {
            StatementOutcome::FailsAtPrincipal => 0,
            StatementOutcome::FailsAtAction => 1,
            StatementOutcome::FailsAtCondition(_)
            | StatementOutcome::Applies
            | StatementOutcome::Unknown { .. } => 2,
        };
        let mut furthest: Option<&(usize, Effect, StatementOutcome)> = None;
        for candidate in results
            .iter()
            .filter(|(_, effect, _)| *effect == Effect::Allow)
        {
            if furthest.is_none_or(|known| distance(&candidate.2) > distance(&known.2)) {
                furthest = Some(candidate);
            }
        }
        let Some((index, _, result)) = furthest else {
            return decided(Decision::Deny, "implicit_deny");
        };
        let (reason, condition) = match result {
            StatementOutcome::FailsAtPrincipal => ("principal".to_owned(), None),
            StatementOutcome::FailsAtAction => ("action".to_owned(), None),
            StatementOutcome::FailsAtCondition(condition) => {
                (self.condition_reason(condition), Some(condition.clone()))
            }
            StatementOutcome::Applies | StatementOutcome::Unknown { .. } => {
                ("implicit_deny".to_owned(), None)
            }
        };
        let named_providers = match result {
            StatementOutcome::FailsAtPrincipal => named_instead(self.document, self.request),
            _ => Vec::new(),
        };
        Evaluation {
            statement_index: Some(*index),
            condition,
            named_providers,
            ..decided(Decision::Deny, &reason)
        }
    }

    fn result(&self, statement: &Statement, action: &str) -> StatementOutcome {
        let principal = match &statement.principal {
            Some(Element::Only(principals)) => self.principal(principals),
            _ => Outcome::False,
        };
        if principal == Outcome::False {
            return StatementOutcome::FailsAtPrincipal;
        }
        if !covers(&statement.action, action) {
            return StatementOutcome::FailsAtAction;
        }
        let lookup = |key: &str| self.lookup(key);
        let mut unknown = match principal {
            Outcome::Unknown(reason) => Some((reason, None)),
            _ => None,
        };
        for condition in &statement.conditions {
            match condition::judge(condition, self.document.version, &lookup) {
                Outcome::True => {}
                Outcome::False => return StatementOutcome::FailsAtCondition(condition.clone()),
                Outcome::Unknown(reason) => {
                    unknown = unknown.or(Some((reason, Some(condition.clone()))))
                }
            }
        }
        match unknown {
            None => StatementOutcome::Applies,
            Some((reason, condition)) => StatementOutcome::Unknown {
                reason: reason.to_owned(),
                condition,
            },
        }
    }

    /// A web identity is its provider and nothing else: no account, no service. What `*` means for it is documented nowhere.
    fn principal(&self, principals: &[Principal]) -> Outcome {
        let is_provider = |principal: &Principal| {
            principal.kind == "Federated" && principal.value == self.provider.arn
        };
        let is_everyone = |principal: &Principal| {
            principal.value == "*" && matches!(principal.kind.as_str(), "AWS" | "Federated")
        };
        if principals.iter().any(is_provider) {
            Outcome::True
        } else if principals.iter().any(is_everyone) {
            Outcome::Unknown("principal_wildcard")
        } else {
            Outcome::False
        }
    }

    fn lookup(&self, key: &str) -> KeyValues {
        let known = |values: &[String]| {
            if values.is_empty() {
                KeyValues::Missing
            } else {
                KeyValues::Known(values.to_vec())
            }
        };
        let given = self
            .request
            .context
            .iter()
            .find(|(known, _)| known.eq_ignore_ascii_case(key));
        if let Some((_, values)) = given {
            return known(values);
        }
        let token = &self.request.token;
        match self.claim_of_issuer(key).as_deref() {
            Some("sub") => token
                .subject
                .as_ref()
                .map_or(KeyValues::Missing, |subject| {
                    KeyValues::Known(vec![subject.clone()])
                }),
            Some("aud") => known(&token.audiences),
            Some("amr") => token
                .authentication_methods
                .as_deref()
                .map_or(KeyValues::Missing, known),
            Some(_) if has_keys_of_its_own(&self.provider.url) => KeyValues::Unknown,
            Some(_) => KeyValues::Missing,
            None => self.key_of_request(key),
        }
    }

    /// A key that no claim of the token is: global keys are made when the request is.
    fn key_of_request(&self, key: &str) -> KeyValues {
        let is_without_tags = || {
            kind_of(&self.provider.url) == SubjectKind::ServiceAccount
                && !self.request.token.has_session_tags
        };
        if key.eq_ignore_ascii_case("aws:FederatedProvider") {
            return KeyValues::Known(vec![self.provider.arn.clone()]);
        }
        if absent_key::is_absent(key) || !is_request_time_key(key) {
            return KeyValues::Missing;
        }
        match absent_key::is_of_session_tags(key) && is_without_tags() {
            true => KeyValues::Missing,
            false => KeyValues::Unknown,
        }
    }

    /// The claim, in lower case, if the key belongs to the token's issuer.
    fn claim_of_issuer(&self, key: &str) -> Option<String> {
        let (issuer, claim) = key.rsplit_once(':')?;
        let url = self
            .provider
            .url
            .strip_prefix("https://")
            .unwrap_or(&self.provider.url);
        issuer
            .eq_ignore_ascii_case(url)
            .then(|| claim.to_ascii_lowercase())
    }

    fn condition_reason(&self, condition: &Condition) -> String {
        let key = match self.claim_of_issuer(&condition.key).as_deref() {
            Some(claim @ ("sub" | "aud" | "amr")) => claim.to_owned(),
            _ if self.lookup(&condition.key) == KeyValues::Missing => "missing_key".to_owned(),
            _ => condition.key.clone(),
        };
        format!("condition:{}:{key}", condition.operator)
    }
}

/// True if IAM makes keys of further claims of the provider, which others than clusters have: GitHub, CircleCI, Oracle Cloud.
pub(super) fn has_keys_of_its_own(url: &str) -> bool {
    let host_path = url.strip_prefix("https://").unwrap_or(url);
    let host = host_path.split('/').next().unwrap_or_default();
    matches!(
        host,
        "token.actions.githubusercontent.com" | "oidc.circleci.com"
    ) || host.ends_with(".identity.oraclecloud.com")
}

/// Global keys and those of STS itself.
pub(super) fn is_request_time_key(key: &str) -> bool {
    let prefix = key.split(':').next().unwrap_or_default();
    key.contains(':') && (prefix.eq_ignore_ascii_case("aws") || prefix.eq_ignore_ascii_case("sts"))
}

/// True if a statement's action element covers an action; actions ignore case, and a text without a service is none.
pub(super) fn covers(element: &Element<String>, action: &str) -> bool {
    let action = action.to_ascii_lowercase();
    let is_listed = |patterns: &[String]| {
        patterns.iter().any(|pattern| {
            parsing::is_action(pattern)
                && wildcard::matches(&wildcard::tokens(&pattern.to_ascii_lowercase()), &action)
        })
    };
    match element {
        Element::Only(patterns) => is_listed(patterns),
        Element::AllBut(patterns) => !is_listed(patterns),
    }
}
