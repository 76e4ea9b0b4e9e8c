//! What a resource that manages a role tells the practitioner, whatever the role's trust.

use std::collections::BTreeSet;

use eksauth_core::iam_policy::policy_document::equivalent;
use eksauth_core::iam_policy::trust_policy::{TrustPolicyError, typed};
use eksauth_core::principal::arn::Arn;
use tf_provider::{Attr, AttributePath, Diagnostic};

use super::ManagedRole;
use super::attachments::Attachment;
use super::node_policy;
use super::others::Part;
use super::removal::{Lost, PutBack};
use super::trust_differences;
use super::unfinished::Left;
use crate::diagnostics::api_failure::{chain, sentence};
use crate::ports::iam::{NewRole, Role, RoleDetails};
use crate::ports::{ApiError, ErrorKind};

mod policies;

pub(super) use policies::{
    addon_policy_not_found, inline_policy_exists, long_inline_policies,
    no_room_for_inline_policies, policy_not_found,
};

pub(crate) fn conflict(first: &str, second: &str, why: &str) -> Diagnostic {
    Diagnostic::error(
        "Conflicting Attributes",
        format!("`{first}` and `{second}` cannot be set together: {why}."),
    )
    .at(AttributePath::attribute(second))
}

pub(crate) fn wrong_trust(error: &TrustPolicyError) -> Diagnostic {
    Diagnostic::error("Invalid Trust Policy", sentence(&chain(error)))
}

/// `shorter` says how to come to a shorter one.
pub(super) fn long_trust(size: usize, shorter: &str) -> Diagnostic {
    Diagnostic::warning(
        "Long Trust Policy",
        format!(
            "The trust policy has {size} characters without white space, and an account's default quota is 2,048. If yours was raised, set \
             `trust_policy_quota`. Shorter: {shorter}."
        ),
    )
    .at(AttributePath::attribute("assume_role_policy"))
}

/// `shorter` says how to come to a shorter one.
pub(super) fn over_quota(size: usize, quota: i64, shorter: &str) -> Diagnostic {
    Diagnostic::error(
        "Trust Policy Over Quota",
        format!(
            "The trust policy has {size} characters without white space, and `trust_policy_quota` says {quota}. Shorter: {shorter}. Or have \
             the quota raised (L-C07B4B0D) and set it here."
        ),
    )
    .at(AttributePath::attribute("trust_policy_quota"))
}

pub(super) fn exists_already(
    planned: &ManagedRole,
    wanted: &NewRole,
    existing: &Role,
) -> Diagnostic {
    Diagnostic::error(
        "Role Exists Already",
        format!(
            "There is a role `{name}` already: `{arn}`. Names are unique in an account, whatever the path and the case. Nothing was \
             changed.\n\n{differences}\n\n{ways}",
            name = wanted.name,
            arn = existing.arn,
            differences = differences(wanted, existing),
            ways = ways(planned, wanted, existing),
        ),
    )
    .at(AttributePath::attribute("name"))
}

pub(super) fn others_attached(role: &str, foreign: &BTreeSet<Attachment>) -> String {
    format!(
        "\n\nRole `{role}` has what this resource did not attach:\n{}Nothing was changed. Remove it, or set \
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

/// An imported role answers for every policy, and the configuration does not name these.
pub(super) fn import_detaches(role: &str, gone: &BTreeSet<Attachment>) -> Diagnostic {
    Diagnostic::warning(
        "Policies Will Be Detached",
        format!(
            "The import (or the move) took every policy of role `{role}` into the state of this resource, and the configuration does not name these. Apply \
             detaches the managed ones and deletes the inline ones:\n\n{}\nTo keep them, name them in `policy_arns` and `inline_policies`. An imported role \
             is yours with everything on it, and destroy deletes the role. To leave to others what they attached, do not import it: remove the import, \
             take the role out of the state (`terraform state rm`) and set `on_conflict = \"adopt\"`. Then their policies stay, and the role survives destroy.",
            lines(gone)
        ),
    )
}

pub(crate) fn no_prior() -> Diagnostic {
    Diagnostic::error(
        "Missing Prior State",
        "An update came without a prior state. This is a bug in the provider; please report it.",
    )
}

pub(super) fn nothing_to_import(id: &str) -> Diagnostic {
    let detail = match id.rsplit_once('/') {
        Some((_, name)) if !id.starts_with("arn:") => format!(
            "`{id}` is no role's name: an import id is a name without path, or the role's ARN. Write `{name}`."
        ),
        _ => format!(
            "There is no role `{id}` in the caller's account. An import id is a role's name, without path, or its ARN."
        ),
    };
    Diagnostic::error("Nothing To Import", detail)
}

pub(super) fn not_ours_to_import(arn: &str) -> Diagnostic {
    Diagnostic::error(
        "Cannot Import Role",
        format!(
            "`{arn}` is a service-linked role: its trust belongs to an AWS service and cannot be changed."
        ),
    )
}

/// Something that the role names is in a partition that knows nothing of the role.
pub(crate) fn another_partition(other: &Arn, role: &Arn) -> Diagnostic {
    Diagnostic::error(
        "Partitions Do Not Match",
        format!(
            "`{other}` is in partition `{}`, but the role will be `{role}`. Resources of one partition cannot be used in another.",
            other.partition
        ),
    )
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

/// What became of a role that could not be completed.
pub(super) fn left_by_create(reached: &ManagedRole, name: &str, left: &Left) -> String {
    match left {
        Left::TakenBack => format!(
            "\n\nWhat had been made of role `{name}` was taken back, so nothing is left of it. Apply again."
        ),
        Left::Marked => format!(
            "\n\nRole `{name}` is there, without what failed, and its description in IAM says so. It is not in the state: the next apply \
             completes it and replaces nothing. {}",
            removal(reached, name)
        ),
        Left::InState(error) => format!(
            "\n\nRole `{name}` is there, without what failed. It could be neither marked as unfinished nor deleted ({error}), so it is in \
             the state as tainted, and the next apply replaces it."
        ),
        Left::AsItWas => format!(
            "\n\nRole `{name}` was there before, and it stays with what was changed until then. The next apply adopts it again and completes the \
             change."
        ),
    }
}

/// How a role that is in no state is removed.
fn removal(reached: &ManagedRole, name: &str) -> String {
    let node_policies = node_policy::of_role(reached);
    let node_policies = match &node_policies {
        Some(on) if !on.node_roles.is_empty() => format!(
            " Then also delete its inline policy `{}` from {}.",
            on.policy,
            on.node_roles
                .iter()
                .map(|arn| format!("`{arn}`"))
                .collect::<Vec<_>>()
                .join(", ")
        ),
        _ => String::new(),
    };
    format!(
        "If you do not want it any more, no destroy finds it: import it (`terraform import {}.NAME {name}`) and destroy it, or delete it in IAM with what hangs \
         on it.{node_policies}",
        reached.resource_type
    )
}

/// At plan, a role to make that exists.
pub(super) fn exists_at_plan(
    planned: &ManagedRole,
    wanted: &NewRole,
    existing: &Role,
) -> Diagnostic {
    let adopts = planned.on_conflict == Attr::Known("adopt".to_owned());
    let is_same = (&existing.name, &existing.path) == (&wanted.name, &wanted.path);
    let outlook = match adopts && is_same {
        true => format!(
            "Apply adopts it: it becomes what is configured, {ADOPTION_KEEPS}, and it survives destroy."
        ),
        false => format!(
            "Apply will refuse to make another one. {}",
            ways(planned, wanted, existing)
        ),
    };
    Diagnostic::warning(
        "Role Exists Already",
        format!(
            "There is a role `{}` already: `{}`.\n\n{}\n\n{outlook}",
            wanted.name,
            existing.arn,
            differences(wanted, existing),
        ),
    )
    .at(AttributePath::attribute("name"))
}

/// Where a role that exists differs from the one that is configured, and how the two look.
pub(super) fn differences(wanted: &NewRole, existing: &Role) -> String {
    let duration = |seconds: i32| format!("{seconds} s");
    let boundary = |arn: &Option<String>| arn.clone().unwrap_or_else(none);
    let text = |text: &str| match text.is_empty() {
        true => none(),
        false => text.to_owned(),
    };
    let rows = [
        ("path", existing.path.clone(), wanted.path.clone()),
        (
            "description",
            text(&existing.description),
            text(&wanted.description),
        ),
        (
            "session",
            duration(existing.max_session_duration),
            duration(wanted.max_session_duration),
        ),
        (
            "boundary",
            boundary(&existing.permissions_boundary),
            boundary(&wanted.permissions_boundary),
        ),
    ];
    let mut parts: Vec<String> = rows
        .into_iter()
        .filter(|(_, existing, wanted)| existing != wanted)
        .map(|(what, existing, wanted)| both(what, &existing, &wanted))
        .collect();
    if !equivalent(&existing.assume_role_policy, &wanted.assume_role_policy) {
        parts.push(trust_differences::lines(
            &existing.assume_role_policy,
            &wanted.assume_role_policy,
        ));
    }
    match parts.is_empty() {
        true => {
            "Its path, description, session duration, boundary and trust policy are as configured."
                .to_owned()
        }
        false => parts.join("\n"),
    }
}

fn both(what: &str, existing: &str, wanted: &str) -> String {
    format!("  {what}\n    exists      {existing}\n    configured  {wanted}")
}

fn none() -> String {
    "(none)".to_owned()
}

/// How to come to terms with a role that exists.
fn ways(planned: &ManagedRole, wanted: &NewRole, existing: &Role) -> String {
    let consequence = "then everything that is attached counts as yours and goes unless the configuration names it, and destroy deletes the role.";
    let block = format!(
        "  import {{\n    to = {}.NAME\n    id = \"{}\"\n  }}\n\n",
        planned.resource_type, existing.name
    );
    let ways = match (&existing.name, &existing.path) == (&wanted.name, &wanted.path) {
        true => format!(
            "There are two ways to manage it here:\n\n  - import it: {consequence}\n\n{block}  - set `on_conflict = \"adopt\"`: then {ADOPTION_KEEPS}, and \
             the role survives destroy.\n\n"
        ),
        false => format!("To manage it here, import it: {consequence}\n\n{block}"),
    };
    format!("{ways}Or choose another name, or a `name_prefix`.")
}

/// What an adoption does to what hangs on the role.
const ADOPTION_KEEPS: &str = "policies and tags of other names stay, those of the same name become what is configured, with \
    `exclusive_policy_arns = true` every other managed policy is detached";

/// An unfinished role that apply completes.
pub(super) fn unfinished_at_plan(role: &Role, planned: &ManagedRole) -> Diagnostic {
    let condition = match planned.assume_role_policy.is_known() {
        true => "",
        false => " if the trust policy, which is not known yet, is the one that was asked for then",
    };
    Diagnostic::warning(
        "Unfinished Role",
        format!(
            "`{}` is there: an earlier apply of this configuration began to make it and could not complete it. Apply completes it{condition}, and \
             takes nothing away that is on it and not configured, unless `exclusive_policy_arns = true` detaches it.",
            role.arn
        ),
    )
    .at(AttributePath::attribute("name"))
}

/// A role with a generated name that a run made which was killed.
pub(super) fn left_behind(role: &Role) -> Diagnostic {
    Diagnostic::warning(
        "Role Left Behind",
        format!(
            "`{}` was made by an earlier run in this folder that ended before Terraform heard of it, so it is in no state. This apply makes another one \
             under a new name. Delete that role, unless another run is making it at this moment or you have imported it.",
            role.arn
        ),
    )
}

/// An unfinished role that has more than what is configured.
pub(super) fn unfinished_keeps(role: &Role, stays: &[Part]) -> Diagnostic {
    Diagnostic::warning(
        "Unfinished Role",
        format!(
            "An earlier apply could not complete `{}`, and this one does. The role has this beside what is configured, and keeps it, since others may \
             have put it there:\n{}\n\nThe next plan shows a boundary or a tag of these as a change: configure what is to stay.",
            role.arn,
            parts(stays)
        ),
    )
}

fn parts(parts: &[Part]) -> String {
    let lines: Vec<String> = parts.iter().map(|part| format!("  {part}")).collect();
    lines.join("\n")
}

/// A role that was there and is taken over, with what of it is not kept.
pub(super) fn adopted(existing: &RoleDetails, overwritten: &[Part]) -> Diagnostic {
    let lost = match overwritten.is_empty() {
        true => String::new(),
        false => format!("\n\nOverwritten or detached is:\n{}", parts(overwritten)),
    };
    let policies = match existing.attached_policies.is_empty() {
        true => "no managed policy".to_owned(),
        false => existing
            .attached_policies
            .iter()
            .map(|arn| format!("`{arn}`"))
            .collect::<Vec<_>>()
            .join(", "),
    };
    Diagnostic::warning(
        "Role Adopted",
        format!(
            "`{}` was there already, with {policies}. It is managed here from now on: its trust policy, description, session duration and boundary \
             become what is configured, {ADOPTION_KEEPS}, and it survives destroy.{lost}",
            existing.role.arn
        ),
    )
}

/// A destroy that only forgets.
pub(super) fn adopted_stays(arn: &str) -> Diagnostic {
    Diagnostic::warning(
        "Adopted Role Stays",
        format!(
            "`{arn}` was there before this configuration, so it is only forgotten here and stays in the account, with the trust policy, the policies \
             and the tags it has now."
        ),
    )
}

/// A refusal with the principals of the trust policy, where IAM knows one of them not.
pub(super) fn with_principals(
    mut refused: Diagnostic,
    error: &ApiError,
    trust_policy: &str,
) -> Diagnostic {
    let arns = match error.kind {
        ErrorKind::UnknownPrincipal => typed::aws_principals(trust_policy),
        _ => BTreeSet::new(),
    };
    if !arns.is_empty() {
        let list: String = arns.iter().map(|arn| format!("  {arn}\n")).collect();
        refused.detail.push_str(&format!(
            "\n\nIAM takes a trust policy only if every role and user in it exists. This one names:\n{list}One that was made a moment ago was waited for. \
             Correct the ARN, path included, or refer to the `arn` of the role that makes it, so that it is made first."
        ));
    }
    refused
}

/// Two addresses of the state have the role.
pub(super) fn two_resources(planned: &ManagedRole, other: &str) -> Diagnostic {
    let arn = planned.arn.known().map_or("", String::as_str);
    Diagnostic::warning(
        "Two Resources For One Role",
        format!(
            "Two resources of this configuration have role `{arn}` in the state: this `{}`, and another `{other}`. There can be only one: each apply undoes what the \
             other has made. Set everything in one of them, and remove the other: the role stays, because one still holds it.",
            planned.resource_type
        ),
    )
    .at(AttributePath::attribute("name"))
}
