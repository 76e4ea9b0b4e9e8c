//! Least policies of well-known add-ons: a catalogue, with the resources as arguments.
//!
//! A policy is AWS's own where AWS keeps one for the add-on, unless its narrower text is asked for; otherwise it is a text from the statements
//! of the catalogue, in several documents where one managed policy cannot hold it. A version that was released never changes: what an add-on
//! needs anew is a new version, and nobody gets it without asking. Each version says where its facts are from and when they were read.
//! What surprises: China's and GovCloud's ARNs are not those of the commercial partition, so the partition is an argument of everything here.

use crate::iam_policy::policy_document::{PolicyDocument, PolicyError, size};
use crate::principal::partition::Partition;

mod addon;
mod argument;
mod catalogue;
mod checking;
mod error;
mod lookup;
mod splitting;
mod statement;

pub use addon::{Addon, AddonArgumentCheck, AddonVersion, Need, TakenArgument};
pub use argument::{AddonArgument, AddonArguments, ArgumentShape, ArgumentValue, ArnShape};
pub use error::AddonPolicyError;
pub use splitting::{INLINE_POLICIES_SIZE, MANAGED_POLICY_SIZE};

/// What is asked for.
#[derive(Clone, Debug)]
pub struct AddonPolicyRequest<'a> {
    /// The add-on, by one of its names.
    pub name: &'a str,
    /// The version of its policy; none stands for the first.
    pub version: Option<&'a str>,
    /// Whether its own text is wanted where AWS keeps a policy.
    pub narrow: bool,
    /// The partition; none stands for that of the arguments, or `aws`.
    pub partition: Option<Partition>,
    /// What the policy is narrowed by, all decided.
    pub arguments: &'a AddonArguments,
}

/// The policy of an add-on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AddonPolicy {
    /// The name of the add-on in the catalogue.
    pub name: &'static str,
    /// The version that was taken.
    pub version: &'static str,
    /// Who says what the add-on needs.
    pub source: &'static str,
    /// When that was read.
    pub as_of: &'static str,
    /// The partition that it is for.
    pub partition: Partition,
    /// ARNs of AWS's own policies.
    pub managed_policy_arns: Vec<String>,
    /// Documents beside them, each small enough for a managed policy.
    pub documents: Vec<String>,
    /// What is wider than it could be, and how to narrow it.
    pub notes: Vec<String>,
}

impl AddonPolicy {
    /// Builds the policy.
    ///
    /// # Errors
    /// Everything that is wrong with the request.
    pub fn build(request: &AddonPolicyRequest<'_>) -> Result<AddonPolicy, Vec<AddonPolicyError>> {
        let addon = Addon::find(request.name).map_err(|error| vec![error])?;
        let version = addon
            .version(request.version)
            .map_err(|error| vec![error])?;
        let given = request.partition.or_else(|| request.arguments.partition());
        let partition = given.unwrap_or(Partition::Aws);
        let check = AddonArgumentCheck {
            narrow: Some(request.narrow),
            partition: Some(partition),
            arguments: request.arguments,
        };
        let errors = version.errors(addon, check);
        if !errors.is_empty() {
            return Err(errors);
        }
        let parts = (version.build)(&addon::AddonInput {
            partition,
            narrow: request.narrow,
            arguments: request.arguments,
        });
        let arn = |path: &str| format!("arn:{partition}:iam::aws:policy/{path}");
        Ok(AddonPolicy {
            name: addon.name,
            version: version.version,
            source: version.source,
            as_of: version.as_of,
            partition,
            managed_policy_arns: parts.managed.into_iter().map(arn).collect(),
            documents: splitting::documents(parts.statements).map_err(|error| vec![error])?,
            notes: parts.notes,
        })
    }

    /// The document, if one holds all; AWS's own policies are none.
    pub fn document(&self) -> Option<&str> {
        match self.documents.as_slice() {
            [one] => Some(one),
            _ => None,
        }
    }

    /// Characters of all documents as IAM counts them.
    pub fn size(&self) -> usize {
        self.documents.iter().map(|document| size(document)).sum()
    }

    /// The documents by IAM's grammar.
    pub fn parsed(&self) -> Result<Vec<PolicyDocument>, PolicyError> {
        let documents = self.documents.iter();
        documents.map(|text| PolicyDocument::parse(text)).collect()
    }
}

#[cfg(test)]
mod tests;
