//! Which role a pod got from kube2iam or kiam, and which it was allowed to get: what a migration to IRSA must reproduce or tighten.
//!
//! Both read annotations and compare with regular expressions whose traps differ: kube2iam's are not anchored at all, kiam's strict mode
//! anchors only the ends of an alternation. Sources: jtblin/kube2iam 0.15.0 (`mappings/mapper.go`, `iam/arn.go`), uswitch/kiam 4.2
//! (`pkg/server/policy.go`, `pkg/aws/sts`), ryanuber/go-glob.

use thiserror::Error;

mod annotations;
pub mod detection;
mod go_regexp;
pub mod inventory;
pub mod kiam;
pub mod kube2iam;
mod language;
pub mod migration;
pub mod objects;
pub mod scan;
pub mod system;

/// Why a pod gets no role, or a namespace no decision.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum LegacyPodRoleError {
    /// No annotation and no default role.
    #[error("the pod names no role and there is no default role")]
    NoRole,
    /// kiam was asked for an empty role.
    #[error("the role is empty")]
    EmptyRole,
    /// An ARN with fewer than six parts.
    #[error("`{arn}` is not an ARN of six parts")]
    Arn {
        /// The text as given.
        arn: String,
    },
    /// An expression that does not compile; kiam then decides nothing.
    #[error("`{expression}` is not a regular expression: {reason}")]
    Expression {
        /// The expression as annotated.
        expression: String,
        /// What is wrong with it.
        reason: String,
    },
}

/// What is worth saying about a namespace's annotation.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct AnnotationFinding {
    /// The stable id, such as `privilege.regexp_unanchored`.
    pub id: &'static str,
    /// What is wrong, in one sentence.
    pub message: String,
}

fn finding(id: &'static str, message: impl Into<String>) -> AnnotationFinding {
    AnnotationFinding {
        id,
        message: message.into(),
    }
}

#[cfg(test)]
mod tests;
