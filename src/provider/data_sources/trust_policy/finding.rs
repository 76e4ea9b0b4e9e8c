//! A finding about a trust policy as data sources show it.

use eksauth_core::iam_policy::policy_document::{Finding, FindingSeverity};
use serde::{Deserialize, Serialize};
use tf_provider::{Attr, Attribute};

use crate::config::Settings;
use crate::data_sources::computed::{number, objects, text};

/// Something that is worth saying about a trust policy.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct TrustFinding {
    /// A stable identifier.
    pub id: Attr<String>,
    /// `error`, `warning` or `note`.
    pub severity: Attr<String>,
    /// `privilege`, `lockout` or `hygiene`.
    pub class: Attr<String>,
    /// The statement, from 0; null for the document.
    pub statement_index: Attr<i64>,
    /// What is wrong.
    pub message: Attr<String>,
}

/// `findings`.
pub(crate) fn finding_attribute() -> Attribute {
    objects(
        vec![
            (
                "id",
                text("A stable identifier, explained in the guide on findings."),
            ),
            ("severity", text("`error`, `warning` or `note`.")),
            (
                "class",
                text(
                    "`privilege`: more get in than it reads. `lockout`: fewer, or no one. `hygiene`: it works by accident.",
                ),
            ),
            (
                "statement_index",
                number("The statement, from 0; null where the document as a whole is meant."),
            ),
            ("message", text("What is wrong.")),
        ],
        "What is worth saying about the trust policy, by id. `suppress_findings` of the provider leaves some out.",
    )
}

/// The findings that the settings do not silence.
pub(crate) fn shown(findings: Vec<Finding>, settings: &Settings) -> Vec<TrustFinding> {
    let is_shown = |finding: &Finding| !settings.suppress_findings.contains(finding.id);
    findings.into_iter().filter(is_shown).map(flatten).collect()
}

fn flatten(finding: Finding) -> TrustFinding {
    let class = match finding.severity() {
        FindingSeverity::Privilege => "privilege",
        FindingSeverity::Lockout => "lockout",
        FindingSeverity::Hygiene => "hygiene",
    };
    TrustFinding {
        id: Attr::Known(finding.id.to_owned()),
        severity: Attr::Known(finding.level.word().to_owned()),
        class: Attr::Known(class.to_owned()),
        statement_index: finding
            .statement_index
            .and_then(|index| i64::try_from(index).ok())
            .into(),
        message: Attr::Known(finding.message),
    }
}
