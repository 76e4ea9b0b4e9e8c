//! Who a caller is inside a cluster: an identity and the mappings in, user name and groups out.
//!
//! Backends are asked in order. In each one the explicit mappings come first, then its list of accounts, so an account listed early hides
//! an explicit mapping further down. A mapping that was found ends the search even if its template cannot be rendered.
//! Where the reference iterates over a hash map, its answer is random; [`Outcome::Random`] lists the answers instead of picking one.
//! Source: `pkg/server/server.go` and `pkg/mapper` of aws-iam-authenticator.

pub mod backend;
mod dynamic_file;
mod dynamic_file_json;
mod index;
mod mounted_file;
mod sso;

use crate::aws_auth::username_template::{self, TemplateError, TemplateIdentity};
use crate::principal::caller::Caller;
use crate::principal::case_folding::to_lower;

pub use backend::{
    Backend, BackendMode, ConfigError, CustomResource, Mappings, SsoRoleMatch, check_modes,
};
pub use index::Index;
pub use sso::{SsoError, check_sso, sso_pattern};

/// A mapping that holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mapped {
    /// The Kubernetes user name, rendered.
    pub username: String,
    /// The Kubernetes groups, rendered, in the entry's order.
    pub groups: Vec<String>,
    /// Where it comes from.
    pub source: Source,
}

/// Where a mapping comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// An entry for a role: position of the backend in the chain, position in its list.
    Role(usize, usize),
    /// An entry for a user: position of the backend in the chain, position in its list.
    User(usize, usize),
    /// The list of accounts of the backend at this position.
    Account(usize),
}

/// Why a caller has no mapping.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// No backend knows it.
    NotMapped,
    /// A strict dynamic file knows the unique id, but under another ARN.
    IdArnMismatch,
    /// The mapping that was found cannot be rendered; nothing further is asked.
    Template(TemplateError),
    /// The rendered user name begins with a prefix that the backend reserves; nothing further is asked.
    ReservedPrefix {
        /// The user name.
        username: String,
        /// The prefix.
        prefix: String,
    },
}

impl Refusal {
    /// The stable id.
    pub fn reason(&self) -> &'static str {
        match self {
            Self::NotMapped => "not_mapped",
            Self::IdArnMismatch => "id_arn_mismatch",
            Self::Template(TemplateError::SessionNotInstanceId { .. }) => {
                "template.session_not_instance_id"
            }
            Self::Template(TemplateError::NoPrivateDnsName { .. }) => {
                "template.no_private_dns_name"
            }
            Self::ReservedPrefix { .. } => "username.reserved_prefix",
        }
    }
}

/// One possible answer.
pub type Answer = Result<Mapped, Refusal>;

/// What the chain answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Always this.
    Certain(Answer),
    /// One of these, at random at each request: entries overlap that the reference does not order.
    Random(Vec<Answer>),
}

impl Outcome {
    /// Every possible answer.
    pub fn answers(&self) -> &[Answer] {
        match self {
            Self::Certain(answer) => std::slice::from_ref(answer),
            Self::Random(answers) => answers,
        }
    }
}

/// Looks up the private DNS name of an EC2 instance; `None` where it has none or cannot be found.
pub type Instances<'a> = dyn Fn(&str) -> Option<String> + 'a;

/// Asks a chain of backends for a caller.
pub fn map(
    caller: &Caller,
    chain: &[Backend],
    sso: SsoRoleMatch,
    instances: &Instances<'_>,
) -> Outcome {
    ask(caller, chain, sso, instances)
}

/// Where mappings are found.
pub(crate) trait Directory {
    /// Prefixes that rendered user names must not have.
    fn reserved_prefixes(&self) -> &[String];

    /// Whether the account is listed.
    fn allows_account(&self, account: &str) -> bool;

    /// The entries that match.
    fn find(&self, caller: &Caller, lower_arn: &str, sso: SsoRoleMatch) -> Found<'_>;
}

fn ask(
    caller: &Caller,
    chain: &[impl Directory],
    sso: SsoRoleMatch,
    instances: &Instances<'_>,
) -> Outcome {
    let lower_arn = to_lower(&caller.canonical_arn);
    let mut refusal = Refusal::NotMapped;
    for (position, backend) in chain.iter().enumerate() {
        match backend.find(caller, &lower_arn, sso) {
            Found::None => {}
            Found::Mismatch => refusal = Refusal::IdArnMismatch,
            Found::Candidates(candidates) => {
                let mut answers: Vec<Answer> = Vec::new();
                for candidate in candidates {
                    let answer = render(
                        &candidate,
                        caller,
                        position,
                        backend.reserved_prefixes(),
                        instances,
                    );
                    if !answers.contains(&answer) {
                        answers.push(answer);
                    }
                }
                return settle(answers);
            }
        }
        if backend.allows_account(&caller.account_id) {
            let mapped = Mapped {
                username: caller.canonical_arn.clone(),
                groups: Vec::new(),
                source: Source::Account(position),
            };
            return Outcome::Certain(Ok(mapped));
        }
    }
    Outcome::Certain(Err(refusal))
}

/// Where an account listed in one backend hides an explicit mapping of the caller in a later one: the positions of both.
pub fn shadowed_by_account(
    caller: &Caller,
    chain: &[Backend],
    sso: SsoRoleMatch,
) -> Option<(usize, usize)> {
    let lower_arn = to_lower(&caller.canonical_arn);
    let finds =
        |backend: &Backend| matches!(backend.find(caller, &lower_arn, sso), Found::Candidates(_));
    let first = chain
        .iter()
        .position(|backend| finds(backend) || backend.allows_account(&caller.account_id))?;
    if chain.get(first).is_some_and(finds) {
        return None;
    }
    let hidden = chain.iter().skip(first + 1).position(finds)?;
    Some((first, first + 1 + hidden))
}

/// Random only if what the caller gets differs; two entries that give the same are one answer.
fn settle(mut answers: Vec<Answer>) -> Outcome {
    if let Some((first, others)) = answers.split_first()
        && others.iter().all(|other| gives_the_same(first, other))
    {
        answers.truncate(1);
    }
    match answers.pop() {
        Some(answer) if answers.is_empty() => Outcome::Certain(answer),
        Some(answer) => {
            answers.push(answer);
            Outcome::Random(answers)
        }
        None => Outcome::Certain(Err(Refusal::NotMapped)),
    }
}

fn gives_the_same(one: &Answer, other: &Answer) -> bool {
    match (one, other) {
        (Ok(one), Ok(other)) => (&one.username, &one.groups) == (&other.username, &other.groups),
        (Err(one), Err(other)) => one == other,
        _ => false,
    }
}

/// An entry that matches, not yet rendered.
pub(crate) struct Candidate<'a> {
    pub(crate) kind: CandidateKind,
    pub(crate) index: usize,
    pub(crate) username: &'a str,
    pub(crate) groups: &'a [String],
}

/// Which list a candidate stands in.
#[derive(Clone, Copy)]
pub(crate) enum CandidateKind {
    Role,
    User,
}

/// What one backend finds.
pub(crate) enum Found<'a> {
    None,
    Mismatch,
    Candidates(Vec<Candidate<'a>>),
}

fn render(
    candidate: &Candidate<'_>,
    caller: &Caller,
    position: usize,
    reserved: &[String],
    instances: &Instances<'_>,
) -> Answer {
    let identity = TemplateIdentity {
        account_id: &caller.account_id,
        session_name: &caller.session_name,
        access_key_id: &caller.access_key_id,
    };
    let render = |template: &str| {
        username_template::render(template, &identity, instances).map_err(Refusal::Template)
    };
    let username = render(candidate.username)?;
    let groups = candidate
        .groups
        .iter()
        .map(|group| render(group))
        .collect::<Result<Vec<_>, _>>()?;
    if let Some(prefix) = reserved
        .iter()
        .find(|prefix| username_template::has_reserved_prefix(&username, [prefix.as_str()]))
    {
        return Err(Refusal::ReservedPrefix {
            prefix: prefix.clone(),
            username,
        });
    }
    let source = match candidate.kind {
        CandidateKind::Role => Source::Role(position, candidate.index),
        CandidateKind::User => Source::User(position, candidate.index),
    };
    Ok(Mapped {
        username,
        groups,
        source,
    })
}

#[cfg(test)]
mod tests;
