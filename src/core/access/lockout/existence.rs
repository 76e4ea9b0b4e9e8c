//! Whether a principal is somebody who can really come: an entry that matches nobody, or whose role is gone, lets nobody in.

use std::collections::{BTreeMap, BTreeSet};

use super::comparison::is_of_instances;
use crate::access::cluster_access::{Grant, Knowledge, Principal};
use crate::access::findings::Roles;
use crate::principal::arn::{Arn, iam_role_name};
use crate::principal::case_folding::{fold_key, to_lower};
use crate::principal::partition::Partition;

/// What is known of IAM's principals.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IamPrincipals {
    /// The roles of one account, or why they were not listed.
    pub roles: Knowledge<Roles>,
    /// Whether single users exist, by ARN, or why they could not be looked up.
    pub users: BTreeMap<String, Knowledge<bool>>,
    /// Canonical ARNs that are known to be gone, whatever the lists say.
    pub gone: BTreeSet<String>,
}

impl Default for IamPrincipals {
    fn default() -> Self {
        Self {
            roles: Knowledge::Unreadable("IAM was not asked".to_owned()),
            users: BTreeMap::new(),
            gone: BTreeSet::new(),
        }
    }
}

/// Whether somebody can come as a principal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Existence {
    /// Somebody can.
    Exists,
    /// Nobody can: no such principal, or an ARN that no caller has.
    Nobody,
    /// The list that has it could not be read.
    NotLookedUp,
    /// A user that was not asked for, an account or a role of another account: nothing here lists them.
    NotListed,
}

impl IamPrincipals {
    /// Whether somebody surely can come as a principal.
    pub fn exists(&self, principal: &Principal, partition: Option<Partition>) -> bool {
        self.existence(principal, partition) == Existence::Exists
    }

    /// Whether somebody can, as far as is known.
    pub fn may_exist(&self, principal: &Principal, partition: Option<Partition>) -> bool {
        self.existence(principal, partition) != Existence::Nobody
    }

    /// Whether a role is known to be younger than its access entry.
    pub fn is_made_again(&self, principal: &Principal, entry_made_at: Option<i64>) -> bool {
        match (entry_made_at, iam_role_name(&principal.arn), &self.roles) {
            (Some(made_at), Ok(name), Knowledge::Known(roles)) => {
                roles.is_younger_than(&principal.account, &name, made_at)
            }
            _ => false,
        }
    }

    pub(super) fn existence(
        &self,
        principal: &Principal,
        partition: Option<Partition>,
    ) -> Existence {
        if is_account(&principal.arn) {
            return Existence::NotListed;
        }
        let folded = to_lower(&principal.arn);
        let is_gone = || {
            self.gone
                .iter()
                .any(|arn| fold_key(arn) == fold_key(&principal.arn))
        };
        match Arn::parse(&folded) {
            Ok(arn) if names_a_caller(&arn) && partition.is_none_or(|own| own == arn.partition) => {
                if is_gone() {
                    return Existence::Nobody;
                }
            }
            _ => return Existence::Nobody,
        }
        let Ok(name) = iam_role_name(&folded) else {
            return match self.users.get(&principal.arn) {
                Some(Knowledge::Known(true)) => Existence::Exists,
                Some(Knowledge::Known(false)) => Existence::Nobody,
                Some(Knowledge::Unreadable(_)) => Existence::NotLookedUp,
                None => Existence::NotListed,
            };
        };
        match &self.roles {
            Knowledge::Unreadable(_) => Existence::NotLookedUp,
            Knowledge::Known(roles) => match roles.has(&principal.account, &name) {
                Some(true) => Existence::Exists,
                Some(false) => Existence::Nobody,
                None => Existence::NotListed,
            },
        }
    }
}

/// Whether it is an account's number, which stands for everybody whom `mapAccounts` lets in.
pub(super) fn is_account(arn: &str) -> bool {
    arn.len() == 12 && arn.bytes().all(|byte| byte.is_ascii_digit())
}

/// Whether callers have such an ARN: a role, a user, root or a federated user, with no wildcard in its name.
fn names_a_caller(arn: &Arn) -> bool {
    let is_named = |name: &str| {
        !name.is_empty()
            && name
                .chars()
                .all(|letter| letter.is_ascii_alphanumeric() || "+=,.@-_/:".contains(letter))
    };
    let of_service = match arn.service.as_str() {
        "iam" => {
            arn.resource == "root"
                || ["role/", "user/"]
                    .iter()
                    .any(|kind| arn.resource.strip_prefix(kind).is_some_and(is_named))
        }
        "sts" => arn
            .resource
            .strip_prefix("federated-user/")
            .is_some_and(is_named),
        _ => false,
    };
    of_service && arn.account.is_some() && arn.region.is_empty()
}

/// Whether a grant gives the name of a node, as which no person comes.
pub(super) fn is_nodes_name(grant: &Grant) -> bool {
    grant.username.starts_with("system:node:") || is_of_instances(grant)
}
