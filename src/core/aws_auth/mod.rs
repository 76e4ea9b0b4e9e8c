//! `kube-system/aws-auth`: read as the cluster's authenticator reads it, edited so that every byte of somebody else stays.
//!
//! The document is YAML 1.1 inside three keys of a ConfigMap. What surprises: a syntax error empties its whole section, `username: yes` is no
//! text, and only the first YAML document counts. Source: aws-iam-authenticator `pkg/mapper/configmap`, go-yaml 2.4, encoding/json.

mod edit;
mod effective;
mod entry;
mod exclusive;
mod manifest;
mod problem;
mod read;
mod repair;
pub mod username_template;

pub use self::{
    edit::{Change, EditError, Edited, EmptyForm, MAX_DATA_BYTES, edit},
    effective::{Effective, EffectiveState},
    entry::{Entry, ReadEntry, Section, Sso},
    manifest::{ManifestError, data_of_manifest},
    problem::{Problem, ProblemKind},
    read::{Reading, read},
    repair::{Irreparable, IrreparableReason, LineEdit, Repair, RepairRule, repair},
};

/// The namespace of the ConfigMap.
pub const NAMESPACE: &str = "kube-system";

/// The label by which a recovery copy of it is known, whatever the copy's name.
pub const RECOVERY_COPY_LABEL: (&str, &str) = ("terraform-provider-eksauth/recovery-of", NAME);
/// The name of the ConfigMap.
pub const NAME: &str = "aws-auth";

#[cfg(test)]
mod tests;
