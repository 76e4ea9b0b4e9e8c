//! A signed request to assume a role, judged by a trust policy: `sts:AssumeRole`, and `sts:TagSession` where it passes tags.
//!
//! Who asks says which principals it is and which condition keys its request has. Source: IAM user guide, evaluation logic and session tags.

use super::condition::{self, KeyValues, Outcome};
use super::document::{Condition, Effect, Element, PolicyDocument, Principal, Statement};
use super::evaluation::{TAG_SESSION_ACTION, covers};
use super::parsing;
use super::web_identity::{Decision, Evaluation};

const ASSUME_ROLE_ACTION: &str = "sts:AssumeRole";

/// Who asks for a role.
pub(super) trait AssumesRole {
    /// Whether it is one of the principals.
    fn principal(&self, principals: &[Principal]) -> Outcome;

    /// What its request has under a condition key.
    fn key(&self, key: &str) -> KeyValues;

    /// Whether it passes session tags.
    fn has_session_tags(&self) -> bool;
}

/// Judges a trust policy, given as text.
///
/// Reasons: `allow`, `explicit_deny`, `principal`, `action`, `condition`, `implicit_deny`, and what is not known; those about the tags begin with `tag_session:`.
pub(super) fn evaluate(policy: &str, asker: &dyn AssumesRole) -> Evaluation {
    let parsed = PolicyDocument::parse_trust(policy)
        .and_then(|document| parsing::check_actions(&document).map(|()| document));
    let document = match parsed {
        Ok(document) => document,
        Err(error) => {
            return Evaluation {
                error: Some(error.clone()),
                ..decided(Decision::Invalid, error.reason())
            };
        }
    };
    let answer = judge_action(&document, asker, ASSUME_ROLE_ACTION);
    if answer.decision == Decision::Deny || !asker.has_session_tags() {
        return answer;
    }
    let tagging = judge_action(&document, asker, TAG_SESSION_ACTION);
    match (answer.decision, tagging.decision) {
        (_, Decision::Allow) | (Decision::Indeterminate, Decision::Indeterminate) => answer,
        _ => Evaluation {
            reason: format!("tag_session:{}", tagging.reason),
            ..tagging
        },
    }
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

/// How far a statement got.
struct Judged {
    index: usize,
    effect: Effect,
    outcome: Outcome,
    /// What decided, `principal` before `action` before `condition`.
    reason: &'static str,
    condition: Option<Condition>,
}

impl Judged {
    fn evaluation(&self, decision: Decision, reason: &str) -> Evaluation {
        Evaluation {
            statement_index: Some(self.index),
            condition: self.condition.clone(),
            ..decided(decision, reason)
        }
    }

    fn distance(&self) -> u8 {
        match self.reason {
            "principal" => 0,
            "action" => 1,
            _ => 2,
        }
    }
}

fn judge_action(document: &PolicyDocument, asker: &dyn AssumesRole, action: &str) -> Evaluation {
    let judged: Vec<Judged> = (document.statements.iter().enumerate())
        .map(|(index, statement)| Judged {
            index,
            ..judge_statement(document, statement, asker, action)
        })
        .collect();
    let first = |effect: Effect, wanted: fn(Outcome) -> bool| {
        let mut of_effect = judged.iter().filter(|one| one.effect == effect);
        of_effect.find(|one| wanted(one.outcome))
    };
    let applies = |outcome: Outcome| outcome == Outcome::True;
    let is_unknown = |outcome: Outcome| matches!(outcome, Outcome::Unknown(_));
    if let Some(denying) = first(Effect::Deny, applies) {
        return denying.evaluation(Decision::Deny, "explicit_deny");
    }
    let allowing = first(Effect::Allow, applies);
    let may_deny = first(Effect::Deny, is_unknown);
    let may_allow = allowing.or_else(|| first(Effect::Allow, is_unknown));
    match (may_deny, allowing, may_allow) {
        (Some(unknown), _, Some(_)) | (None, None, Some(unknown)) => {
            unknown.evaluation(Decision::Indeterminate, unknown.reason)
        }
        (None, Some(allowing), _) => allowing.evaluation(Decision::Allow, "allow"),
        (_, _, None) => nothing_allows(&judged),
    }
}

/// The allowing statement that got furthest says why nothing allows.
fn nothing_allows(judged: &[Judged]) -> Evaluation {
    let mut furthest: Option<&Judged> = None;
    for candidate in judged.iter().filter(|one| one.effect == Effect::Allow) {
        if furthest.is_none_or(|known| candidate.distance() > known.distance()) {
            furthest = Some(candidate);
        }
    }
    match furthest {
        Some(statement) => statement.evaluation(Decision::Deny, statement.reason),
        None => decided(Decision::Deny, "implicit_deny"),
    }
}

fn judge_statement(
    document: &PolicyDocument,
    statement: &Statement,
    asker: &dyn AssumesRole,
    action: &str,
) -> Judged {
    let judged = |outcome, reason, condition| Judged {
        index: 0,
        effect: statement.effect,
        outcome,
        reason,
        condition,
    };
    let principal = match &statement.principal {
        Some(Element::Only(principals)) => asker.principal(principals),
        _ => Outcome::False,
    };
    if principal == Outcome::False {
        return judged(Outcome::False, "principal", None);
    }
    if !covers(&statement.action, action) {
        return judged(Outcome::False, "action", None);
    }
    let lookup = |key: &str| asker.key(key);
    let mut unknown = match principal {
        Outcome::Unknown(reason) => Some((reason, None)),
        Outcome::True | Outcome::False => None,
    };
    for condition in &statement.conditions {
        match condition::judge(condition, document.version, &lookup) {
            Outcome::True => {}
            Outcome::False => return judged(Outcome::False, "condition", Some(condition.clone())),
            Outcome::Unknown(reason) => {
                unknown = unknown.or(Some((reason, Some(condition.clone()))))
            }
        }
    }
    match unknown {
        None => judged(Outcome::True, "allow", None),
        Some((reason, condition)) => judged(Outcome::Unknown(reason), reason, condition),
    }
}
