//! What a chain of backends answers for a caller: the entry that was found, rendered, or why there is none.

use super::lookup::{Candidate, CandidateKind, Directory, Found, SsoRoleMatch};
use crate::aws_auth::username_template::{self, OnePassError, TemplateError, TemplateIdentity};
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
    /// The mapping that was found names the session of a caller who has none; our own server refuses it, and nothing further is asked.
    EmptySessionName {
        /// The placeholder.
        placeholder: &'static str,
    },
    /// The mapping that was found gives no user name; our own server refuses it, and nothing further is asked.
    NoUsername,
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
            Self::EmptySessionName { .. } => "template.empty_session_name",
            Self::NoUsername => "username.empty",
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

/// Whose rules answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Strictness {
    /// The reference's, with all its leniency: what a cluster makes of a caller.
    Reference,
    /// Our own server's: who has no name, or would have the name of a session without one, is nobody.
    Server,
}

/// What is asked of a chain.
pub(super) struct Question<'q> {
    pub(super) caller: &'q Caller,
    pub(super) sso: SsoRoleMatch,
    pub(super) instances: &'q Instances<'q>,
    pub(super) strictness: Strictness,
}

/// Asks the backends in their order.
pub(super) fn ask(question: &Question<'_>, chain: &[impl Directory]) -> Outcome {
    let caller = question.caller;
    let lower_arn = to_lower(&caller.canonical_arn);
    let mut refusal = Refusal::NotMapped;
    for (position, backend) in chain.iter().enumerate() {
        match backend.find(caller, &lower_arn, question.sso) {
            Found::None => {}
            Found::Mismatch => refusal = Refusal::IdArnMismatch,
            Found::Candidates(candidates) => {
                let mut answers: Vec<Answer> = Vec::new();
                for candidate in candidates {
                    let answer = question.render(&candidate, position, backend.reserved_prefixes());
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

impl Question<'_> {
    fn render(&self, candidate: &Candidate<'_>, position: usize, reserved: &[String]) -> Answer {
        let username = self.fill(candidate.username)?;
        let groups = candidate
            .groups
            .iter()
            .map(|group| self.fill(group))
            .collect::<Result<Vec<_>, _>>()?;
        if self.strictness == Strictness::Server && username.trim().is_empty() {
            return Err(Refusal::NoUsername);
        }
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

    fn fill(&self, template: &str) -> Result<String, Refusal> {
        let identity = TemplateIdentity {
            account_id: &self.caller.account_id,
            session_name: &self.caller.session_name,
            access_key_id: self.caller.access_key_id.as_str(),
        };
        match self.strictness {
            Strictness::Reference => username_template::render(template, &identity, self.instances)
                .map_err(Refusal::Template),
            Strictness::Server => {
                username_template::render_once(template, &identity, self.instances)
                    .map_err(Refusal::from)
            }
        }
    }
}

impl From<OnePassError> for Refusal {
    fn from(error: OnePassError) -> Self {
        match error {
            OnePassError::EmptySessionName { placeholder } => {
                Self::EmptySessionName { placeholder }
            }
            OnePassError::Render(error) => Self::Template(error),
        }
    }
}
