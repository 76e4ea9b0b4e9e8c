//! Whether what a role names can be where the role is: in its partition.

use std::collections::BTreeSet;

use eksauth_core::principal::arn::Arn;
use tf_provider::{Attr, AttributePath, Diagnostics};

use super::ManagedRole;
use super::diagnostics::another_partition;

/// Compares the boundary and the managed policies with the role's own ARN.
pub(crate) fn of_role(role: &Arn, planned: &ManagedRole, diagnostics: &mut Diagnostics) {
    let root = AttributePath::attribute;
    partition(
        role,
        &planned.permissions_boundary,
        root("permissions_boundary"),
        diagnostics,
    );
    partitions(
        role,
        &planned.policy_arns,
        &root("policy_arns"),
        diagnostics,
    );
}

/// Compares each of several ARNs.
pub(crate) fn partitions(
    role: &Arn,
    arns: &Attr<BTreeSet<Attr<String>>>,
    path: &AttributePath,
    diagnostics: &mut Diagnostics,
) {
    for arn in arns.known().into_iter().flatten() {
        partition(role, arn, path.clone(), diagnostics);
    }
}

/// Compares an ARN, where it is known.
pub(crate) fn partition(
    role: &Arn,
    arn: &Attr<String>,
    path: AttributePath,
    diagnostics: &mut Diagnostics,
) {
    let Some(other) = arn.known().and_then(|arn| Arn::parse(arn).ok()) else {
        return;
    };
    if other.partition != role.partition {
        diagnostics.push(another_partition(&other, role).at(path));
    }
}
