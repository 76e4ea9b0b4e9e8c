//! What IAM says of the principals of aws-auth, which names roles without their path.

use std::collections::BTreeMap;

use crate::access::cluster_access::Principal;
use crate::aws_auth::Reading;
use crate::principal::case_folding::fold_key;

/// What IAM says of a principal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum IamAnswer {
    /// It is there.
    Found {
        /// Its ARN, with the path.
        arn: String,
        /// `AROA…` or `AIDA…`; `None` where only the ARN was told.
        unique_id: Option<String>,
        /// When it was made, in seconds since 1970, where that is known.
        created_at: Option<i64>,
    },
    /// There is none of that name.
    Gone,
    /// It is not known; why.
    Unknown(String),
}

/// The answers by principal.
#[derive(Clone, Debug, Default)]
pub struct KnownPrincipals {
    answers: BTreeMap<String, IamAnswer>,
}

impl KnownPrincipals {
    /// Keeps what is said of a canonical ARN.
    pub fn insert(&mut self, canonical_arn: &str, answer: IamAnswer) {
        self.answers.insert(fold_key(canonical_arn), answer);
    }

    /// What is said of a canonical ARN.
    pub fn of(&self, canonical_arn: &str) -> IamAnswer {
        let answer = self.answers.get(&fold_key(canonical_arn)).cloned();
        answer.unwrap_or_else(|| IamAnswer::Unknown("IAM was not asked about it".to_owned()))
    }
}

/// The principals of aws-auth that IAM is to be asked about: those whom some caller can be, each once.
pub fn looked_up(aws_auth: &Reading) -> Vec<Principal> {
    let named = aws_auth.roles.iter().chain(&aws_auth.users);
    let mut found: Vec<Principal> = named
        .filter(|entry| entry.sso.is_none() && !entry.arn.is_empty())
        .map(|entry| Principal::from_arn(&entry.arn))
        .collect();
    found.sort();
    found.dedup_by_key(|principal| fold_key(&principal.arn));
    found
}
