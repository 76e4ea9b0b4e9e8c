//! Who a caller is inside a cluster: an identity and the mappings in, user name and groups out.
//!
//! Backends are asked in order. In each one the explicit mappings come first, then its list of accounts, so an account listed early hides
//! an explicit mapping further down. A mapping that was found ends the search even if its template cannot be rendered.
//! Where the reference iterates over a hash map, its answer is random; [`Outcome::Random`] lists the answers instead of picking one.
//! Source: `pkg/server/server.go` and `pkg/mapper` of aws-iam-authenticator.

mod answer;
mod backend;
mod canonical;
mod compared_entry;
mod config_map;
mod crd;
mod dynamic_file;
mod dynamic_file_json;
mod index;
mod lookup;
mod mappings;
mod mounted_file;
mod sso;

pub use answer::{Answer, Instances, Mapped, Outcome, Refusal, Source};
pub use backend::{Backend, BackendMode, check_modes};
pub use compared_entry::{ComparedEntry, EntryList, compared_objects};
pub use crd::CustomResource;
pub use dynamic_file::{DynamicFile, UserIdStrict};
pub use index::Index;
pub use lookup::SsoRoleMatch;
pub use mappings::{ConfigError, Mappings, RawMapping};
pub use mounted_file::MountedFile;
pub use sso::{SsoError, check_sso, sso_pattern};

use answer::{Question, Strictness, ask};
use lookup::{Directory, Found};

use crate::principal::caller::Caller;
use crate::principal::case_folding::to_lower;

/// What a cluster with this chain of backends makes of a caller, with all the reference's leniency.
pub fn map(
    caller: &Caller,
    chain: &[Backend],
    sso: SsoRoleMatch,
    instances: &Instances<'_>,
) -> Outcome {
    let question = Question {
        caller,
        sso,
        instances,
        strictness: Strictness::Reference,
    };
    ask(&question, chain)
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

#[cfg(test)]
mod tests;
