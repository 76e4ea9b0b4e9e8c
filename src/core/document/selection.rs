//! What a command takes out of a file, and what it says about the rest.

use thiserror::Error;

use super::{ConfigMap, Content, Document, TrustPolicy, documents_of_text};
use crate::aws_auth::NAMESPACE;
use crate::iam_policy::policy_document::{Element, OidcProvider, PolicyDocument};
use crate::plural::counted;
use crate::principal::arn::{AccountId, Arn};
use crate::principal::oidc_issuer::Issuer;
use crate::principal::partition::Partition;

/// Documents that are named one by one; the rest is counted.
const MOST_NAMED: usize = 5;

/// Why a file does not have the one thing that is wanted.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum PassedOver {
    /// It holds none.
    #[error("it holds no {wanted}: {found}")]
    None {
        /// What is wanted.
        wanted: &'static str,
        /// What is there instead.
        found: String,
    },
    /// It holds several.
    #[error(
        "it holds {number} of what one is wanted, {wanted}: {found}; leave one of them in the file"
    )]
    Several {
        /// What is wanted.
        wanted: &'static str,
        /// How many there are.
        number: usize,
        /// Where they stand.
        found: String,
    },
    /// It holds one that nobody would read so.
    #[error("line {line}: {text}")]
    Malformed {
        /// Line of the file, from 1.
        line: usize,
        /// What is wrong and how to mend it.
        text: String,
    },
}

/// The aws-auth of a file, or the recovery copy in a file that has no aws-auth.
///
/// # Errors
/// None, several, or one whose sections stand where nobody reads them.
pub fn aws_auth(documents: &[Document]) -> Result<&ConfigMap, PassedOver> {
    let found: Vec<_> = config_maps(documents)
        .filter(|(_, map)| is_aws_auth_of(map, documents) && !map.is_partial)
        .collect();
    well_formed(one("aws-auth", &found, documents)?)
}

/// Whether a ConfigMap is the aws-auth of a file: the one that the authenticator reads, or where the file has none, a recovery copy of it.
pub fn is_aws_auth_of(map: &ConfigMap, documents: &[Document]) -> bool {
    let has_aws_auth = || config_maps(documents).any(|(_, map)| map.is_aws_auth());
    map.is_aws_auth() || map.is_recovery_copy() && !has_aws_auth()
}

/// A ConfigMap that is to be put back: of whatever name, ours or anyone's.
///
/// # Errors
/// None, several, or one whose sections stand where nobody reads them.
pub fn recovery_copy(documents: &[Document]) -> Result<&ConfigMap, PassedOver> {
    let maps: Vec<_> = config_maps(documents)
        .filter(|(_, map)| !map.is_partial)
        .collect();
    let with_sections = maps
        .iter()
        .filter(|(_, map)| map.has_sections() || !map.misplaced.is_empty())
        .copied()
        .collect::<Vec<_>>();
    let found = match with_sections.as_slice() {
        [] => maps,
        _ => with_sections,
    };
    well_formed(one("copy of aws-auth", &found, documents)?)
}

/// The trust policy of a file; of several that of the role.
///
/// # Errors
/// None, or several of which not one alone is the role's.
pub fn trust_policy<'d>(
    documents: &'d [Document],
    role: &str,
) -> Result<&'d TrustPolicy, PassedOver> {
    let all: Vec<_> = documents
        .iter()
        .filter_map(|document| match &document.content {
            Content::TrustPolicy(policy) => Some((document, policy)),
            _ => None,
        })
        .collect();
    let name = role.rsplit('/').next().unwrap_or(role);
    let is_of_role = |policy: &TrustPolicy| match (&policy.role_arn, &policy.role_name) {
        (Some(arn), _) => {
            arn == role || (!role.starts_with("arn:") && arn.ends_with(&format!("/{name}")))
        }
        (None, Some(there)) => there == name,
        (None, None) => false,
    };
    let of_role: Vec<_> = all
        .iter()
        .filter(|(_, policy)| is_of_role(policy))
        .copied()
        .collect();
    let found = match (all.len(), of_role.len()) {
        (2.., 1) => of_role,
        _ => all,
    };
    one("trust policy", &found, documents)
}

/// The trust policy in a text of whatever wrapping, else the text itself, which is then for its reader to refuse.
pub fn policy_of_text(text: &str) -> String {
    let found = documents_of_text(text).ok();
    let policy = found
        .as_deref()
        .and_then(|found| trust_policy(found, "").ok());
    policy.map_or_else(|| text.to_owned(), |trust| trust.policy.clone())
}

/// The OIDC providers of a role's account that the file describes, where they are all that the trust policy names: of a part of them
/// nothing follows.
pub fn described_providers(
    documents: &[Document],
    policy: &str,
    role_arn: Option<&str>,
) -> Option<Vec<OidcProvider>> {
    let role = Arn::parse(role_arn?).ok()?;
    let account = role.account?;
    let described: Vec<OidcProvider> = documents
        .iter()
        .filter_map(|document| match &document.content {
            Content::OidcProvider(provider) => Some(provider),
            _ => None,
        })
        .map(|provider| with_arn(provider, role.partition, &account))
        .collect();
    let trust = PolicyDocument::parse_trust(policy).ok()?;
    let named = trust
        .statements
        .iter()
        .filter_map(|statement| match &statement.principal {
            Some(Element::Only(principals)) => Some(principals),
            Some(Element::AllBut(_)) | None => None,
        });
    let is_described = |arn: &str| described.iter().any(|provider| provider.arn == arn);
    let are_all_described = named
        .flatten()
        .filter(|principal| principal.kind == "Federated")
        .all(|principal| is_described(&principal.value));
    (!described.is_empty() && are_all_described).then_some(described)
}

/// IAM answers a provider's URL without its ARN.
fn with_arn(provider: &OidcProvider, partition: Partition, account: &AccountId) -> OidcProvider {
    let host = provider
        .url
        .strip_prefix("https://")
        .unwrap_or(&provider.url);
    let arn = match provider.arn.is_empty() {
        true => Issuer::parse(&format!("https://{host}"))
            .map(|issuer| issuer.provider_arn(partition, account))
            .unwrap_or_default(),
        false => provider.arn.clone(),
    };
    OidcProvider {
        arn,
        ..provider.clone()
    }
}

/// What stands in a file beside what was taken, one sentence each.
pub fn passed_over(documents: &[Document], is_taken: impl Fn(&Document) -> bool) -> Vec<String> {
    let others: Vec<_> = documents
        .iter()
        .filter(|document| !is_taken(document))
        .collect();
    let mut sentences: Vec<String> = others
        .iter()
        .take(MOST_NAMED)
        .map(|other| describe(other))
        .collect();
    let more = others.len().saturating_sub(MOST_NAMED);
    if more > 0 {
        sentences.push(counted(more, "more document"));
    }
    sentences
}

fn config_maps(documents: &[Document]) -> impl Iterator<Item = (&Document, &ConfigMap)> {
    documents
        .iter()
        .filter_map(|document| match &document.content {
            Content::ConfigMap(map) => Some((document, map)),
            _ => None,
        })
}

fn one<'d, T>(
    wanted: &'static str,
    found: &[(&'d Document, &'d T)],
    documents: &[Document],
) -> Result<&'d T, PassedOver> {
    match found {
        [(_, one)] => Ok(one),
        [] => Err(PassedOver::None {
            wanted,
            found: passed_over(documents, |_| false).join("; "),
        }),
        several => {
            let places: Vec<String> = several
                .iter()
                .take(MOST_NAMED)
                .map(|(document, _)| document.place.to_string())
                .collect();
            Err(PassedOver::Several {
                wanted,
                number: several.len(),
                found: places.join(", "),
            })
        }
    }
}

fn well_formed(map: &ConfigMap) -> Result<&ConfigMap, PassedOver> {
    if let Some(misplaced) = map.misplaced.first() {
        return Err(PassedOver::Malformed {
            line: misplaced.line,
            text: misplaced.to_string(),
        });
    }
    if let Some(not_text) = map.not_texts.first() {
        return Err(PassedOver::Malformed {
            line: not_text.line,
            text: not_text.to_string(),
        });
    }
    Ok(map)
}

fn describe(document: &Document) -> String {
    let Document { place, content } = document;
    match content {
        Content::Broken(broken) => match place.document {
            Some(number) => format!("document {number} cannot be read: {broken}"),
            None => broken.to_string(),
        },
        Content::ConfigMap(map) if !map.is_aws_auth() => {
            format!("{place} is {map}; the authenticator reads only `aws-auth` in `{NAMESPACE}`")
        }
        content => format!("{place} is {content}"),
    }
}
