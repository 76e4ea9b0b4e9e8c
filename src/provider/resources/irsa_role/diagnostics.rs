//! What `eksauth_irsa_role` tells the practitioner.

use std::collections::BTreeSet;
use std::fmt::Display;

use eksauth_core::iam_policy::trust_policy::{ServiceAccountError, TrustPolicyError};
use eksauth_core::principal::arn::Arn;
use tf_provider::{AttributePath, Diagnostic};

use super::attachments::Attachment;
use super::removal::{Lost, PutBack};
use crate::clusters::ClusterRef;
use crate::diagnostics::api_failure::{chain, sentence};
use crate::ports::iam::NewRole;

pub(super) fn conflict(first: &str, second: &str, why: &str) -> Diagnostic {
    Diagnostic::error(
        "Conflicting Attributes",
        format!("`{first}` and `{second}` cannot stand together: {why}."),
    )
    .at(AttributePath::attribute(second))
}

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

pub(super) fn wrong_trust(error: &TrustPolicyError) -> Diagnostic {
    Diagnostic::error("Invalid Trust Policy", sentence(&chain(error)))
}

pub(super) fn long_trust(size: usize) -> Diagnostic {
    Diagnostic::warning(
        "Long Trust Policy",
        format!(
            "The trust policy has {size} characters without white space, and an account's default quota is 2,048. If yours was raised, set \
             `trust_policy_quota`. Shorter: a pattern instead of many service accounts, several roles, or `pod_identity`, which needs one statement."
        ),
    )
    .at(AttributePath::attribute("assume_role_policy"))
}

pub(super) fn over_quota(size: usize, quota: i64) -> Diagnostic {
    Diagnostic::error(
        "Trust Policy Over Quota",
        format!(
            "The trust policy has {size} characters without white space, and `trust_policy_quota` says {quota}. Use a pattern instead of many service \
             accounts, several roles, or `pod_identity`; or have the quota raised (L-C07B4B0D) and set it here."
        ),
    )
    .at(AttributePath::attribute("trust_policy_quota"))
}

pub(super) fn trust_changed() -> Diagnostic {
    Diagnostic::error(
        "Cluster Was Replaced",
        "The trust policy that was planned is no longer what the configuration means: a cluster it names has another issuer now. Nothing was \
         changed. Plan again. To have the plan itself see that a cluster will be replaced, pass its id \
         (`cluster_name = aws_eks_cluster.this.id`), which is unknown until the new cluster is there.",
    )
}

pub(super) fn exists_already(existing: &str, wanted: &NewRole, existing_trust: &str) -> Diagnostic {
    Diagnostic::error(
        "Role Exists Already",
        format!(
            "There is a role `{name}` already: `{existing}`. Names are unique in an account, whatever the path and the case. Nothing was \
             changed.\n\n  exists      {existing_trust}\n  configured  {trust}\n\nTo manage it here, import it:\n\n  import {{\n    to = \
             eksauth_irsa_role.NAME\n    id = \"{name}\"\n  }}\n\nor choose another name, or a `name_prefix`.",
            name = wanted.name,
            trust = wanted.assume_role_policy,
        ),
    )
    .at(AttributePath::attribute("name"))
}

pub(super) fn others_attached(role: &str, foreign: &BTreeSet<Attachment>) -> String {
    format!(
        "\n\nRole `{role}` has what this resource did not attach:\n{}Nothing was changed. Take it away, or set \
         `force_detach_policies = true`, apply, and destroy again.",
        lines(foreign)
    )
}

/// What became of what a stopped destroy had taken away.
pub(super) fn put_back(role: &str, outcome: &PutBack) -> String {
    let PutBack {
        back,
        lost,
        unlisted,
    } = outcome;
    let mut parts = Vec::new();
    if !back.is_empty() {
        parts.push(format!(
            "Role `{role}` stays. The destroy had taken this away, and it was put back:\n{}",
            lines(back)
        ));
    }
    if !lost.is_empty() {
        let lines: String = lost.iter().map(lost_line).collect();
        parts.push(format!(
            "The destroy had taken this away from role `{role}`, and it could not be put back. Put it back by hand, or destroy again when \
             nothing is in the way:\n{lines}"
        ));
    }
    if !unlisted.is_empty() {
        parts.push(format!(
            "IAM did not list this on role `{role}`, so it was not put back; the next plan shows it if it is missing:\n{}",
            lines(unlisted)
        ));
    }
    if parts.is_empty() {
        parts.push(format!("Nothing was taken away from role `{role}`."));
    }
    format!("\n\n{}", parts.join("\n").trim_end())
}

fn lines(attachments: &BTreeSet<Attachment>) -> String {
    attachments
        .iter()
        .map(|attachment| format!("  {attachment}\n"))
        .collect()
}

fn lost_line(lost: &Lost) -> String {
    let reason = lost.error.detail().replace('\n', "\n    ");
    let mut line = format!("  {}\n    {reason}\n", lost.attachment);
    if let Some(document) = &lost.document {
        line.push_str(&format!("    Its text: {document}\n"));
    }
    line
}

pub(super) fn will_detach(role: &str, foreign: &BTreeSet<String>) -> Diagnostic {
    let list = foreign
        .iter()
        .map(|arn| format!("  {arn}"))
        .collect::<Vec<_>>()
        .join("\n");
    Diagnostic::warning(
        "Policies Will Be Detached",
        format!("With `exclusive_policy_arns`, apply detaches from role `{role}` what others attached:\n{list}"),
    )
    .at(AttributePath::attribute("exclusive_policy_arns"))
}

pub(super) fn no_prior() -> Diagnostic {
    Diagnostic::error(
        "Missing Prior State",
        "An update came without a prior state. This is a bug in the provider; please report it.",
    )
}

pub(super) fn nothing_to_import(name: &str) -> Diagnostic {
    Diagnostic::error(
        "Nothing To Import",
        format!(
            "There is no role `{name}` in the caller's account. An import id is a role's name, without path."
        ),
    )
}

pub(super) fn not_ours_to_import(arn: &str) -> Diagnostic {
    Diagnostic::error(
        "Cannot Import Role",
        format!(
            "`{arn}` is a service-linked role: its trust belongs to an AWS service and cannot be changed."
        ),
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

/// Something that the role names is in a partition that knows nothing of the role.
pub(super) fn another_partition(other: &Arn, role: &Arn) -> Diagnostic {
    Diagnostic::error(
        "Partitions Do Not Match",
        format!(
            "`{other}` is in partition `{}`, but the role will be `{role}`. Nothing of one partition is known in another.",
            other.partition
        ),
    )
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
        "`pod_identity_condition` bounds the statement that `pod_identity = true` makes, and that is not set.",
    )
    .at(AttributePath::attribute("pod_identity_condition"))
}

/// An import whose identity names one account and whose credentials find the role in another.
pub(super) fn in_another_account(named: &str, arn: &str) -> Diagnostic {
    Diagnostic::error(
        "Role In Another Account",
        format!(
            "The identity names a role of account `{named}`, and these credentials find `{arn}`. Import with credentials of account \
             `{named}`, or correct `account_id` in the identity."
        ),
    )
}

/// A `moved` block from a state that has no role in it.
pub(super) fn moved_without_a_role() -> Diagnostic {
    Diagnostic::error(
        "Unreadable State",
        "The state of the `aws_iam_role` has no `name` or no `assume_role_policy`, so there is nothing to take over. Refresh it with the \
         hashicorp/aws provider first, or use a `removed` and an `import` block instead of `moved`.",
    )
}
