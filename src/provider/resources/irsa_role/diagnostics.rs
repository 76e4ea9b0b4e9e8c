//! What `eksauth_irsa_role` tells the practitioner of its trust.

use std::fmt::Display;

use eksauth_core::iam_policy::trust_policy::ServiceAccountError;
use eksauth_core::principal::arn::Arn;
use tf_provider::{AttributePath, Diagnostic};

use crate::clusters::ClusterRef;
use crate::diagnostics::api_failure::sentence;
pub(super) use crate::resources::iam_role::diagnostics::{conflict, no_prior, wrong_trust};

pub(super) mod addon_policies;

pub(super) fn no_service_account(path: AttributePath, what: &str) -> Diagnostic {
    Diagnostic::error(
        "Missing Service Account",
        format!(
            "{what} names no service account. Without one, every pod of the cluster could assume the role: set `service_accounts`, or \
             `service_account_patterns` if you mean many."
        ),
    )
    .at(path)
}

pub(super) fn no_source(path: AttributePath) -> Diagnostic {
    Diagnostic::error(
        "Missing Cluster Name",
        "An element of `trust` names neither a cluster nor an OIDC provider. Set `cluster_name` or `oidc_provider_arn`; the provider's \
         `cluster_name` is never added here.",
    )
    .at(path)
}

pub(super) fn trusts_no_one() -> Diagnostic {
    Diagnostic::error(
        "Role Trusts No One",
        "Nothing says who may assume this role: set `service_accounts` (with a cluster), `trust`, `pod_identity`, `node_role_arns`, `ec2` or \
         `extra_statements`.",
    )
}

pub(super) fn trust_changed() -> Diagnostic {
    Diagnostic::error(
        "Cluster Was Replaced",
        "The trust policy that was planned is no longer what the configuration means: a cluster it names has another issuer now. Nothing was \
         changed. Plan again. To have the plan itself see that a cluster will be replaced, pass its id \
         (`cluster_name = aws_eks_cluster.this.id`), which is unknown until the new cluster is there.",
    )
}

/// EKS names an issuer that is none.
pub(super) fn invalid_issuer(cluster: &ClusterRef, error: &impl Display) -> Diagnostic {
    Diagnostic::error("Invalid Issuer", format!("{cluster}: {error}."))
}

/// A service account that was unknown when the configuration was judged.
pub(super) fn invalid_service_account(error: ServiceAccountError) -> Diagnostic {
    Diagnostic::error("Invalid Service Account", sentence(&error.to_string()))
}

/// An OIDC provider that STS would not find.
pub(super) fn provider_of_another_account(other: &Arn, role: &Arn) -> Diagnostic {
    Diagnostic::error(
        "OIDC Provider Of Another Account",
        format!(
            "`{other}` is in another account than the role, `{role}`. STS looks for the provider in the role's own account, so nobody could \
             assume the role: make an `eksauth_oidc_provider` with the same issuer (`url`) in this account and name that."
        ),
    )
}

/// A condition on a statement that is not there.
pub(super) fn condition_without_pod_identity() -> Diagnostic {
    Diagnostic::error(
        "Condition Without Pod Identity",
        "`pod_identity_condition` limits the statement that `pod_identity = true` adds, and `pod_identity` is not set.",
    )
    .at(AttributePath::attribute("pod_identity_condition"))
}
