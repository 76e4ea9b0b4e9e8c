//! How many may assume a role with a web identity: nobody, these service accounts, a namespace, the whole cluster, everybody.
//!
//! Nothing is read off the text of the policy. Subjects and audiences that stand for all others are put to the evaluation, and what it
//! admits is told in words. What only the request knows counts as met: the answer is the most that can happen.

use std::collections::BTreeSet;

use super::condition::{self, Comparison, KeyValues, Operator, Outcome};
use super::document::{Effect, Element, PolicyDocument, Principal, Statement};
use super::evaluation::{WEB_IDENTITY_ACTION, covers, evaluate_document, is_request_time_key};
use super::web_identity::{Decision, OidcProvider, WebIdentityRequest, WebIdentityToken};
use crate::kubernetes::service_account::{SUBJECT_PREFIX, ServiceAccount};
use crate::principal::arn::Arn;
use crate::principal::oidc_issuer::Issuer;
use crate::principal::partition::Partition;

pub(super) mod audiences;
mod description;
pub(super) mod subjects;

#[cfg(test)]
mod model_tests;
#[cfg(test)]
mod tests;

use description::{FreshNames, fresh_character, fresh_names};
use subjects::{Patterns, SubjectKind};

/// What a policy has room for, with a margin; a longer text is not judged.
const LONGEST_TEXT: usize = 20_000;
const MOST_STATEMENTS: usize = 100;

/// Providers whose tokens are tried.
const MOST_PROVIDERS: usize = 100;

/// Who may assume a role with a web identity, from the least to the most.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Breadth {
    /// No token is admitted.
    Nobody,
    /// Exactly the tokens with these subjects.
    Subjects(Vec<String>),
    /// Tokens with a subject of some pattern, of an issuer that is no cluster of EKS.
    SubjectsOfPattern,
    /// Some service accounts of these namespaces, those made later included.
    SomeOfNamespaces(Vec<String>),
    /// Every service account of these namespaces.
    Namespaces(Vec<String>),
    /// Service accounts of namespaces that the policy does not name.
    AnyNamespace,
    /// Every service account of a cluster, but for those that are excluded by name.
    Cluster,
    /// Everybody who has an account of AWS.
    Everybody,
}

/// What is known of the account of the role.
#[derive(Clone, Copy)]
pub(super) struct Account<'a> {
    pub(super) role_arn: Option<&'a str>,
    /// Its OIDC providers; `None` where they are not known, and then those that the policy names count as registered.
    pub(super) providers: Option<&'a [OidcProvider]>,
}

/// Who may assume the role, `None` where the text is no trust policy or too long to be one.
///
/// `role_arn` and `providers` are what is known of the account, as for [`super::findings`].
pub fn breadth(
    policy: &str,
    role_arn: Option<&str>,
    providers: Option<&[OidcProvider]>,
) -> Option<Breadth> {
    let document = PolicyDocument::parse_trust(policy).ok()?;
    if policy.len() > LONGEST_TEXT {
        return None;
    }
    of_document(
        &document,
        &Account {
            role_arn,
            providers,
        },
    )
}

/// Who may assume the role by one statement that allows, together with those that deny; `None` where that is not known.
pub(super) fn of_statement(
    document: &PolicyDocument,
    statement: &Statement,
    account: &Account<'_>,
) -> Option<Breadth> {
    let denying = document
        .statements
        .iter()
        .filter(|other| other.effect == Effect::Deny)
        .map(|denying| with_tokens_of_everyone(document, denying));
    let statements: Vec<Statement> = std::iter::once(statement.clone()).chain(denying).collect();
    of_document(
        &PolicyDocument {
            statements,
            ..document.clone()
        },
        account,
    )
}

/// A principal of `*` that is denied is everyone, whoever comes with a token included.
fn with_tokens_of_everyone(document: &PolicyDocument, denying: &Statement) -> Statement {
    let mut denying = denying.clone();
    let is_for_everyone = is_for_everyone(&denying);
    if let Some(Element::Only(principals)) = &mut denying.principal
        && is_for_everyone
    {
        principals.extend(allowed_providers(document));
    }
    denying
}

fn is_for_everyone(statement: &Statement) -> bool {
    matches!(
        &statement.principal,
        Some(Element::Only(principals)) if principals.iter().any(|principal| principal.value == "*")
    )
}

/// The federated principals that are named by a statement that allows.
fn allowed_providers(document: &PolicyDocument) -> Vec<Principal> {
    document
        .statements
        .iter()
        .filter(|other| other.effect == Effect::Allow)
        .filter_map(|other| match &other.principal {
            Some(Element::Only(principals)) => Some(principals.clone()),
            Some(Element::AllBut(_)) | None => None,
        })
        .flatten()
        .filter(|principal| principal.kind == "Federated" && principal.value != "*")
        .collect()
}

/// Who a statement that denies keeps out, of the tokens of the providers that the other statements allow.
pub(super) fn of_denial(
    document: &PolicyDocument,
    statement: &Statement,
    account: &Account<'_>,
) -> Option<Breadth> {
    let mut alone = Statement {
        effect: Effect::Allow,
        ..statement.clone()
    };
    if is_for_everyone(statement) {
        alone.principal = Some(Element::Only(allowed_providers(document)));
    }
    of_document(
        &PolicyDocument {
            statements: vec![alone],
            ..document.clone()
        },
        account,
    )
}

/// Who a document admits of one provider's tokens, if the provider is registered.
pub(super) fn of_provider(document: &PolicyDocument, arn: &str) -> Option<Breadth> {
    let mut document = document.clone();
    for statement in &mut document.statements {
        statement.principal = Some(Element::Only(vec![Principal {
            kind: "Federated".to_owned(),
            value: arn.to_owned(),
        }]));
        statement.action = Element::Only(vec![WEB_IDENTITY_ACTION.to_owned()]);
    }
    let account = Account {
        role_arn: None,
        providers: None,
    };
    of_document(&document, &account)
}

fn of_document(document: &PolicyDocument, account: &Account<'_>) -> Option<Breadth> {
    if admits_everybody(document) {
        return Some(Breadth::Everybody);
    }
    if document.statements.len() > MOST_STATEMENTS || description::length(document) > LONGEST_TEXT {
        return None;
    }
    let admitted = admitted(document, account);
    let breadth = description::describe(document, &admitted);
    (breadth != Breadth::Nobody || admitted.is_complete).then_some(breadth)
}

/// Subjects that are admitted, of all that were tried.
pub(super) struct Admitted {
    pub(super) subjects: BTreeSet<String>,
    is_complete: bool,
    fresh: FreshNames,
}

pub(super) fn admitted(document: &PolicyDocument, account: &Account<'_>) -> Admitted {
    let fresh = fresh_names(document);
    let mut admitted = Admitted {
        subjects: BTreeSet::new(),
        is_complete: true,
        fresh,
    };
    for provider in candidates(document, account)
        .into_iter()
        .take(MOST_PROVIDERS)
    {
        let kind = kind_of(&provider.url);
        let tried = tried_subjects(document, kind, &admitted.fresh);
        admitted.is_complete &= tried.is_complete;
        for audience in &provider.client_ids {
            let mut request = request(&provider, audience, account);
            for subject in &tried.subjects {
                if admitted.subjects.contains(subject) {
                    continue;
                }
                request.token.subject = Some(subject.clone());
                let decision = evaluate_document(document, &request).decision;
                if matches!(decision, Decision::Allow | Decision::Indeterminate) {
                    admitted.subjects.insert(subject.clone());
                }
            }
        }
    }
    admitted
}

fn request(provider: &OidcProvider, audience: &str, account: &Account<'_>) -> WebIdentityRequest {
    let role_arn = match (account.role_arn, Arn::parse(&provider.arn)) {
        (Some(role_arn), _) => role_arn.to_owned(),
        (None, Ok(arn)) => format!(
            "arn:{}:iam::{}:role/x",
            arn.partition,
            arn.account.as_ref().map_or("", |account| account.as_str())
        ),
        (None, Err(_)) => String::new(),
    };
    WebIdentityRequest {
        role_arn,
        providers: vec![provider.clone()],
        action: WEB_IDENTITY_ACTION.to_owned(),
        token: WebIdentityToken {
            issuer: match provider.url.starts_with("https://") {
                true => provider.url.clone(),
                false => format!("https://{}", provider.url),
            },
            audiences: vec![audience.to_owned()],
            ..WebIdentityToken::default()
        },
        context: [].into(),
    }
}

/// The kind of subjects in the tokens of an issuer: those of EKS make tokens for service accounts only.
pub(super) fn kind_of(url: &str) -> SubjectKind {
    let host_path = url.strip_prefix("https://").unwrap_or(url);
    let is_of_eks = Issuer::parse(&format!("https://{host_path}"))
        .is_ok_and(|issuer| issuer.eks_cluster().is_some());
    match is_of_eks {
        true => SubjectKind::ServiceAccount,
        false => SubjectKind::Any,
    }
}

/// The providers whose tokens the policy may admit, each with the audiences to try.
fn candidates(document: &PolicyDocument, account: &Account<'_>) -> Vec<OidcProvider> {
    let principals: Vec<_> = document
        .statements
        .iter()
        .filter(|statement| statement.effect == Effect::Allow)
        .filter_map(|statement| match &statement.principal {
            Some(Element::Only(principals)) => Some(principals),
            Some(Element::AllBut(_)) | None => None,
        })
        .flatten()
        .collect();
    let is_open = principals.iter().any(|principal| principal.value == "*");
    if let Some(providers) = account.providers {
        let is_named = |provider: &&OidcProvider| {
            is_open
                || principals
                    .iter()
                    .any(|principal| principal.value == provider.arn)
        };
        return providers.iter().filter(is_named).cloned().collect();
    }
    let mut arns: Vec<String> = principals
        .iter()
        .filter(|principal| principal.kind == "Federated" && principal.value != "*")
        .map(|principal| principal.value.clone())
        .collect();
    if is_open {
        arns.extend(arns_of_keys(document, account));
    }
    arns.sort();
    arns.dedup();
    let assumed = |arn: String| {
        let (partition, _, issuer) = Issuer::from_provider_arn(&arn).ok()?;
        Some(OidcProvider {
            url: issuer.url(),
            client_ids: audiences::possible(document, partition),
            arn,
        })
    };
    arns.into_iter().filter_map(assumed).collect()
}

/// A principal of `*` may stand for any issuer: those that the conditions speak of, and another one.
fn arns_of_keys(document: &PolicyDocument, account: &Account<'_>) -> Vec<String> {
    let role = account.role_arn.and_then(|role| Arn::parse(role).ok());
    let partition = role.as_ref().map_or(Partition::Aws, |role| role.partition);
    let of_role = role.as_ref().and_then(|role| role.account.as_ref());
    let number = of_role.map_or("111122223333", |account| account.as_str());
    let keys = document
        .statements
        .iter()
        .flat_map(|statement| &statement.conditions)
        .filter(|condition| !is_request_time_key(&condition.key));
    keys.filter_map(|condition| condition.key.rsplit_once(':'))
        .map(|(issuer, _)| issuer)
        .chain(["oidc.eks.us-east-1.amazonaws.com/id/0"])
        .map(|issuer| format!("arn:{partition}:iam::{number}:oidc-provider/{issuer}"))
        .collect()
}

/// True if whoever has an account of AWS may assume the role as itself, or may where the request meets the conditions.
fn admits_everybody(document: &PolicyDocument) -> bool {
    let lookup = |key: &str| match is_request_time_key(key) {
        true => KeyValues::Unknown,
        false => KeyValues::Missing,
    };
    let is_open = |statement: &&Statement| match &statement.principal {
        Some(Element::Only(principals)) => principals
            .iter()
            .any(|principal| principal.kind == "AWS" && principal.value == "*"),
        Some(Element::AllBut(_)) | None => false,
    };
    let applies = |statement: &Statement, wanted: fn(Outcome) -> bool| {
        covers(&statement.action, "sts:AssumeRole")
            && wanted(condition::all(statement.conditions.iter().map(
                |condition| condition::judge(condition, document.version, &lookup),
            )))
    };
    let mut open = document.statements.iter().filter(is_open);
    let denies = |statement: &Statement| {
        statement.effect == Effect::Deny && applies(statement, |outcome| outcome == Outcome::True)
    };
    let is_denied = document.statements.iter().filter(is_open).any(denies);
    !is_denied
        && open.any(|statement| {
            statement.effect == Effect::Allow
                && applies(statement, |outcome| outcome != Outcome::False)
        })
}

/// The subjects that the conditions name, those that stand for all others, and in each of their namespaces a new one.
fn tried_subjects(
    document: &PolicyDocument,
    kind: SubjectKind,
    fresh: &FreshNames,
) -> subjects::Subjects {
    let mut patterns = Vec::new();
    let mut subjects: BTreeSet<String> = BTreeSet::new();
    for condition in document.statements.iter().flat_map(|of| &of.conditions) {
        let is_pattern = Operator::parse(&condition.operator).is_some_and(|operator| {
            matches!(operator.comparison, Comparison::Like | Comparison::Arn)
        });
        for value in &condition.values {
            let pattern = condition::widest(value, document.version);
            let is_wide = is_pattern && value.contains(['*', '?']);
            if is_wide || value.contains("${") {
                patterns.push(pattern);
            } else {
                subjects.insert(value.clone());
                subjects.insert(value.to_lowercase());
            }
        }
    }
    patterns.sort();
    patterns.dedup();
    let written = Patterns {
        patterns: &patterns,
        exact: subjects.len(),
        fresh: fresh_character(&patterns),
    };
    let walked = subjects::subjects(&written, kind);
    subjects.extend(walked.subjects);
    let namespaces: BTreeSet<String> = subjects
        .iter()
        .filter_map(|subject| service_account(subject))
        .map(|account| account.namespace().to_owned())
        .chain([fresh.namespace.clone()])
        .collect();
    for namespace in namespaces {
        subjects.insert(format!("{SUBJECT_PREFIX}{namespace}:{}", fresh.name));
    }
    subjects.retain(|subject| subjects::is_possible(subject, kind));
    subjects::Subjects {
        subjects: subjects.into_iter().collect(),
        is_complete: walked.is_complete,
    }
}

fn service_account(subject: &str) -> Option<ServiceAccount> {
    ServiceAccount::parse(subject.strip_prefix(SUBJECT_PREFIX)?).ok()
}
