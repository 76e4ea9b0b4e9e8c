//! Whether everything a role names can be where the role is: its partition, and for OIDC providers its account.
//!
//! IAM takes a trust policy with a provider of another account without a word, and then nobody can ever assume the role.

use eksauth_core::principal::arn::Arn;
use tf_provider::{Attr, AttributePath, Diagnostics};

use super::diagnostics::provider_of_another_account;
use super::schema::IrsaRoleModel;
use crate::resources::iam_role::RoleModel;
use crate::resources::iam_role::named_arns::{of_role, partition, partitions};

/// Compares what is known of a plan; the role's own ARN says where it will be.
pub(super) fn check(planned: &IrsaRoleModel) -> Result<(), Diagnostics> {
    let Some(role) = planned.arn.known().and_then(|arn| Arn::parse(arn).ok()) else {
        return Ok(());
    };
    let mut diagnostics = Diagnostics::new();
    let root = AttributePath::attribute;
    of_role(&role, &planned.role(), &mut diagnostics);
    partitions(
        &role,
        &planned.node_role_arns,
        &root("node_role_arns"),
        &mut diagnostics,
    );
    provider(
        &role,
        &planned.oidc_provider_arn,
        root("oidc_provider_arn"),
        &mut diagnostics,
    );
    for (index, element) in planned.trust.known().into_iter().flatten().enumerate() {
        if let Some(element) = element.known() {
            let path = root("trust").index(index).at("oidc_provider_arn");
            provider(&role, &element.oidc_provider_arn, path, &mut diagnostics);
        }
    }
    diagnostics.into_result()
}

fn provider(role: &Arn, arn: &Attr<String>, path: AttributePath, diagnostics: &mut Diagnostics) {
    partition(role, arn, path.clone(), diagnostics);
    let Some(other) = arn.known().and_then(|arn| Arn::parse(arn).ok()) else {
        return;
    };
    if other.partition == role.partition && other.account != role.account {
        diagnostics.push(provider_of_another_account(&other, role).at(path));
    }
}
