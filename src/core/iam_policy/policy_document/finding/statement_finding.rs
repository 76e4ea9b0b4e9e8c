//! A finding of one statement, and what its rules look up.

use super::super::breadth::{self, Account, Breadth};
use super::super::condition::{Comparison, Operator};
use super::super::document::{Condition, Effect, Element, PolicyDocument, Principal, Statement};
use super::super::evaluation::{TAG_SESSION_ACTION, WEB_IDENTITY_ACTION, covers};
use crate::access::severity::Severity;
use crate::principal::oidc_issuer::Issuer;

/// A finding whose statement is known from where it is made.
pub(super) struct StatementFinding {
    pub(super) id: &'static str,
    /// How grave, where the id does not say it.
    pub(super) level: Option<Severity>,
    pub(super) message: String,
}

pub(super) fn finding(id: &'static str, message: impl Into<String>) -> StatementFinding {
    StatementFinding {
        id,
        level: None,
        message: message.into(),
    }
}

pub(super) fn warning(id: &'static str, message: impl Into<String>) -> StatementFinding {
    StatementFinding {
        level: Some(Severity::Warning),
        ..finding(id, message)
    }
}

/// A statement, what it stands in, and what follows from it.
pub(super) struct Judged<'a> {
    pub(super) document: &'a PolicyDocument,
    pub(super) statement: &'a Statement,
    pub(super) account: &'a Account<'a>,
    pub(super) principals: &'a [Principal],
    /// Host and path of each OIDC provider among the principals.
    pub(super) issuers: Vec<String>,
    /// Who may assume the role with a web identity by this statement; `None` where it is none for web identities, or not known.
    pub(super) breadth: Option<Breadth>,
}

impl<'a> Judged<'a> {
    pub(super) fn new(
        document: &'a PolicyDocument,
        statement: &'a Statement,
        account: &'a Account<'a>,
    ) -> Judged<'a> {
        let principals = principals_of(statement);
        let is_open = principals.iter().any(|principal| principal.value == "*");
        let is_web_identity = statement.effect == Effect::Allow
            && principals
                .iter()
                .any(|principal| principal.kind == "Federated" || is_open);
        let mut judged = Judged {
            document,
            statement,
            account,
            principals,
            issuers: match statement.effect == Effect::Deny && is_open {
                true => issuers_of(&federated(document)),
                false => issuers_of(principals),
            },
            breadth: None,
        };
        if is_web_identity && !judged.only_tags() && !judged.is_of_other_federation() {
            judged.breadth = breadth::of_statement(document, statement, account);
        }
        judged
    }

    /// True if the statement only adds the tags to a session that another one allows.
    fn only_tags(&self) -> bool {
        covers(&self.statement.action, TAG_SESSION_ACTION)
            && !covers(&self.statement.action, WEB_IDENTITY_ACTION)
            && self.is_allowed_beside(WEB_IDENTITY_ACTION)
    }

    /// True if those who come in are no tokens of OIDC providers: assertions of SAML, or users of a provider that IAM knows by name.
    /// Their conditions are not judged.
    fn is_of_other_federation(&self) -> bool {
        let is_of_saml = covers(&self.statement.action, "sts:AssumeRoleWithSAML")
            && self.principals.iter().any(is_saml_provider);
        let is_named = covers(&self.statement.action, WEB_IDENTITY_ACTION)
            && self.principals.iter().any(is_named_provider);
        self.issuers.is_empty() && (is_of_saml || is_named)
    }

    /// True if somebody may come in who has no token of an OIDC provider.
    pub(super) fn has_others_than_tokens(&self) -> bool {
        self.principals.iter().any(|principal| {
            principal.kind != "Federated"
                || is_saml_provider(principal)
                || is_named_provider(principal)
        })
    }

    /// True if a statement that allows gives the action to one of the same principals.
    pub(super) fn is_allowed_beside(&self, action: &str) -> bool {
        self.document.statements.iter().any(|statement| {
            statement.effect == Effect::Allow
                && covers(&statement.action, action)
                && principals_of(statement)
                    .iter()
                    .any(|of| self.principals.contains(of) || of.value == "*")
        })
    }

    /// True if the statement allows, or denies, the tokens of an OIDC provider.
    pub(super) fn is_for_tokens(&self) -> bool {
        !self.issuers.is_empty() && covers(&self.statement.action, WEB_IDENTITY_ACTION)
    }

    /// The conditions on a claim of the statement's issuers that compare it with something.
    pub(super) fn comparisons(&self, wanted: &str) -> Vec<(Operator, &'a Condition)> {
        self.statement
            .conditions
            .iter()
            .filter(|condition| claim(&condition.key, &self.issuers).as_deref() == Some(wanted))
            .filter_map(|condition| Some((Operator::parse(&condition.operator)?, condition)))
            .filter(|(operator, _)| operator.comparison != Comparison::Null)
            .collect()
    }
}

/// The only federated principals that IAM knows by a name; whoever comes from them is no service account.
const NAMED_PROVIDERS: [&str; 4] = [
    "accounts.google.com",
    "cognito-identity.amazonaws.com",
    "graph.facebook.com",
    "www.amazon.com",
];

pub(super) fn is_named_provider(principal: &Principal) -> bool {
    NAMED_PROVIDERS.contains(&principal.value.as_str())
}

pub(super) fn is_saml_provider(principal: &Principal) -> bool {
    principal.value.contains(":saml-provider/")
}

pub(super) fn principals_of(statement: &Statement) -> &[Principal] {
    match &statement.principal {
        Some(Element::Only(principals)) => principals,
        Some(Element::AllBut(_)) | None => &[],
    }
}

/// The federated principals of all statements that allow.
fn federated(document: &PolicyDocument) -> Vec<Principal> {
    document
        .statements
        .iter()
        .filter(|statement| statement.effect == Effect::Allow)
        .flat_map(principals_of)
        .filter(|principal| principal.kind == "Federated")
        .cloned()
        .collect()
}

/// Host and path of each OIDC provider among the principals, those that IAM would never match included.
fn issuers_of(principals: &[Principal]) -> Vec<String> {
    let issuer = |principal: &Principal| {
        if let Ok((_, _, issuer)) = Issuer::from_provider_arn(&principal.value) {
            return Some(issuer.host_path().to_owned());
        }
        if let Some((_, host_path)) = principal.value.split_once(":oidc-provider/") {
            return Some(host_path.to_owned());
        }
        let host_path = principal.value.strip_prefix("https://");
        let host_path = host_path.unwrap_or(&principal.value).trim_end_matches('/');
        let url = format!("https://{host_path}");
        let is_of_eks = Issuer::parse(&url).is_ok_and(|issuer| issuer.eks_cluster().is_some());
        is_of_eks.then(|| host_path.to_owned())
    };
    principals
        .iter()
        .filter(|principal| principal.kind == "Federated")
        .filter_map(issuer)
        .collect()
}

pub(super) fn issuer_of_key<'a>(key: &str, issuers: &'a [String]) -> Option<&'a String> {
    let (prefix, _) = key.rsplit_once(':')?;
    issuers
        .iter()
        .find(|issuer| issuer.eq_ignore_ascii_case(prefix))
}

/// The claim, in lower case, that a key of one of the issuers names.
pub(super) fn claim(key: &str, issuers: &[String]) -> Option<String> {
    issuer_of_key(key, issuers)?;
    key.rsplit_once(':')
        .map(|(_, claim)| claim.to_ascii_lowercase())
}
