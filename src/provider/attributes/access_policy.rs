//! An access policy and where it counts, as configurations write them.

use std::collections::BTreeSet;

use eksauth_core::access::access_policy::{
    AccessPolicy, AccessScope, check_scoped_namespace, policy_name,
};
use serde::{Deserialize, Serialize};
use tf_provider::schema::{Invalid, Nesting};
use tf_provider::{Attr, Attribute, Type, Validator};

use crate::attributes::sentence::sentence;
use crate::attributes::values::{known_set, to_set};

/// Where a policy counts.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct AccessScopeModel {
    /// `cluster` or `namespace`.
    pub r#type: Attr<String>,
    /// The namespaces; null for the whole cluster.
    pub namespaces: Attr<BTreeSet<Attr<String>>>,
}

impl AccessScopeModel {
    /// The scope, once all of it is known.
    ///
    /// # Errors
    /// What is wrong with it.
    pub(crate) fn expand(&self) -> Option<Result<AccessScope, Invalid>> {
        let kind = self.r#type.known()?;
        let namespaces = match &self.namespaces {
            Attr::Null => BTreeSet::new(),
            namespaces => known_set(namespaces)?,
        };
        Some(
            AccessScope::new(kind, namespaces).map_err(|error| {
                Invalid::new("Invalid Access Scope", sentence(&error.to_string()))
            }),
        )
    }

    /// From what EKS says; `before` says how nothing is spelt.
    pub(crate) fn flatten(policy: &AccessPolicy, before: Option<&Self>) -> Self {
        let scope = AccessScope::of_namespaces(&policy.namespaces);
        Self {
            namespaces: match (&scope, before.map(|before| &before.namespaces)) {
                (AccessScope::Cluster, Some(Attr::Known(names))) if names.is_empty() => to_set([]),
                (AccessScope::Cluster, _) => Attr::Null,
                (AccessScope::Namespaces(names), _) => to_set(names.iter().cloned()),
            },
            r#type: Attr::Known(scope.id().to_owned()),
        }
    }
}

/// The attribute `policy_arn`.
pub(crate) fn policy_arn_attribute() -> Attribute {
    Attribute::string()
        .required()
        .validate(Validator::string(check_policy))
        .description("The access policy: its name, such as `AmazonEKSViewPolicy`, which is right in every partition, or its ARN. A plan says that EKS has no such policy, with the nearest name.")
}

/// The attribute `access_scope`.
pub(crate) fn access_scope_attribute() -> Attribute {
    let attributes = [
        (
            "type",
            Attribute::string()
                .required()
                .validate(Validator::one_of(&["cluster", "namespace"]))
                .description("`cluster` or `namespace`."),
        ),
        (
            "namespaces",
            Attribute::set(Type::String)
                .optional()
                .validate(Validator::each_string(check_namespace))
                .description("The namespaces of a scope of type `namespace`. `*` stands for any letters, as in `dev-*`. EKS does not look whether they exist."),
        ),
    ];
    Attribute::nested(Nesting::Single, attributes)
        .required()
        .description("Where it counts. It is changed in place: at no moment is there none.")
}

fn check_policy(given: &str) -> Result<(), Invalid> {
    let refused = |error: &dyn std::error::Error| {
        Invalid::new("Invalid Access Policy", sentence(&error.to_string()))
    };
    policy_name(given)
        .map(drop)
        .map_err(|error| refused(&error))
}

fn check_namespace(given: &str) -> Result<(), Invalid> {
    check_scoped_namespace(given)
        .map_err(|error| Invalid::new("Invalid Access Scope", sentence(&error.to_string())))
}
