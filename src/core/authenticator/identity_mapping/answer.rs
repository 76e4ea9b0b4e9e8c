//! What a chain of backends answers for a caller: the entry that was found, rendered, or why there is none.

use super::lookup::{Candidate, CandidateKind, Directory, Found, SsoRoleMatch};
use crate::aws_auth::username_template::{self, TemplateError, TemplateIdentity};
use crate::principal::caller::Caller;
use crate::principal::case_folding::to_lower;

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

/// Asks the backends in their order.
pub(super) fn ask(
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
        access_key_id: caller.access_key_id.as_str(),
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
