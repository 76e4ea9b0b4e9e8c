//! What is known of a cluster, its service accounts and their roles.

use std::collections::{BTreeMap, BTreeSet};

use super::NamespacedName;

/// The cluster.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ClusterFacts {
    /// Its name.
    pub name: String,
    /// Its ARN.
    pub arn: String,
    /// Its account.
    pub account: String,
    /// The ARN that the OIDC provider of its issuer has in its account; `None` without an issuer.
    pub provider_arn: Option<String>,
}

/// The annotation `eks.amazonaws.com/role-arn` of a service account.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Annotation {
    /// Its text, which may be anything.
    pub role_arn: String,
    /// Whether this provider holds it.
    pub is_own: bool,
    /// Who else does, by the names of field managers.
    pub others: BTreeSet<String>,
}

impl Annotation {
    /// Whether nobody but this provider holds it, so that it goes with the attribute.
    pub fn is_own_alone(&self) -> bool {
        self.is_own && self.others.is_empty()
    }
}

/// A Pod Identity association.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Association {
    /// The role that EKS assumes.
    pub role_arn: String,
    /// The role that pods go on to.
    pub target_role_arn: Option<String>,
    /// Whether sessions are without tags.
    pub is_without_session_tags: bool,
    /// A session policy.
    pub policy: Option<String>,
    /// Tags.
    pub tags: BTreeMap<String, String>,
    /// The add-on whose it is.
    pub owner_arn: Option<String>,
}

/// Whether an account has an association.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AssociationAnswer {
    /// It has none.
    None,
    /// This one.
    Found(Box<Association>),
    /// It has one, or may have one; why nobody knows.
    Unread(String),
}

/// What IAM says of a role.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RoleAnswer {
    /// It is there, with its trust policy.
    Found(String),
    /// The text is no ARN of a role.
    NotARole,
    /// It is in another partition than the cluster.
    OtherPartition,
    /// It is in another account than the cluster.
    OtherAccount(String),
    /// The role of that name has another ARN.
    OtherArn(String),
    /// There is no such role.
    Gone,
    /// That is not known, and why.
    Unread(String),
}

/// Whether the role lets the account in by its token, as IAM would judge it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ByToken {
    /// It does.
    Admits,
    /// It does not, and why.
    Refuses(String),
    /// That is not known, and why.
    Unknown(String),
}

/// A service account that has an annotation or an association.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountFacts {
    /// Its name.
    pub account: NamespacedName,
    /// The annotation; an empty one is none.
    pub annotation: Option<Annotation>,
    /// The association.
    pub association: AssociationAnswer,
    /// The role of the annotation, else that of the association.
    pub role: RoleAnswer,
    /// Whether that role lets the account in by its token.
    pub by_token: ByToken,
}

impl AccountFacts {
    /// The association, where it was read.
    pub(super) fn found(&self) -> Option<&Association> {
        match &self.association {
            AssociationAnswer::Found(association) => Some(association),
            AssociationAnswer::None | AssociationAnswer::Unread(_) => None,
        }
    }

    /// The role that it is about.
    pub(super) fn role_arn(&self) -> Option<&str> {
        let annotated = self.annotation.as_ref();
        let annotated = annotated.map(|annotation| annotation.role_arn.as_str());
        annotated.or_else(|| Some(self.found()?.role_arn.as_str()))
    }
}
