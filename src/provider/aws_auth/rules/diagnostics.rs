//! What is wrong with an entry as it is configured.

use eksauth_core::aws_auth::username_template::TemplateCaller;
use tf_provider::Diagnostic;

use super::Kind;

/// An ARN or account id that no caller has.
pub(super) fn matches_nobody(kind: Kind, reason: &str) -> Diagnostic {
    let summary = match kind {
        Kind::Account => "Invalid Account Id",
        Kind::Role | Kind::User => "Invalid ARN",
    };
    Diagnostic::error(
        summary,
        format!("No caller could ever match this entry: {reason}."),
    )
}

pub(super) fn caller_chooses_whole(
    what: &str,
    template: &str,
    placeholder: &str,
    id: &str,
) -> Diagnostic {
    Diagnostic::warning(
        "Caller Chooses The Name",
        format!(
            "The {what} `{template}` begins with `{placeholder}`, which whoever assumes the role chooses. It can be \
             any name without a colon, also the name that another entry gives. Put a prefix of your own before it, as in `dev:{placeholder}`. Finding: {id}"
        ),
    )
}

pub(super) fn instance_only(template: &str, id: &str) -> Diagnostic {
    Diagnostic::warning(
        "Only Instances Enter",
        format!(
            "`{template}` has a value only for sessions that are named like an EC2 instance (`i-…`): the server refuses all others, and whoever may \
             assume the role can name a session so. For people write `{{{{SessionName}}}}`. Finding: {id}"
        ),
    )
}

pub(super) fn unknown_placeholder(
    template: &str,
    placeholder: &str,
    meant: Option<&str>,
    id: &str,
) -> Diagnostic {
    let hint = meant
        .map(|meant| format!(" Perhaps `{meant}` was meant."))
        .unwrap_or_default();
    Diagnostic::warning(
        "Unknown Placeholder",
        format!(
            "`{placeholder}` in `{template}` is no placeholder of the server and stays as it is written.{hint} Finding: {id}"
        ),
    )
}

pub(super) fn empty_username() -> Diagnostic {
    Diagnostic::error(
        "Empty Username",
        "The username is empty: the server would let the caller in as nobody. Write the name the caller is to have in the cluster.",
    )
}

pub(super) fn white_space(username: &str, id: &str) -> Diagnostic {
    Diagnostic::warning(
        "White Space In Username",
        format!(
            "`{username}` has white space in it, which is most often an accident. Finding: {id}"
        ),
    )
}

pub(super) fn system_name(username: &str, id: &str) -> Diagnostic {
    Diagnostic::warning(
        "Username Of Kubernetes Itself",
        format!(
            "`{username}` begins with `system:`, which Kubernetes keeps for its own components, and is no node's name. Whoever matches this entry \
             acts as that component. Finding: {id}"
        ),
    )
}

pub(super) fn caller_chooses(
    what: &str,
    template: &str,
    placeholder: &str,
    before: &str,
    id: &str,
) -> Diagnostic {
    let chosen = if before.starts_with("system:") {
        format!("and so a {what} after `{before}` that Kubernetes trusts")
    } else {
        format!("and so, with `system` for it, a {what} that Kubernetes trusts")
    };
    Diagnostic::error(
        "Caller Chooses A Privileged Name",
        format!(
            "`{template}`: whoever assumes the role chooses what stands for `{placeholder}`, {chosen}. Put a prefix of your own before it. Finding: {id}"
        ),
    )
}

pub(super) fn never_an_instance(
    what: &str,
    template: &str,
    caller: TemplateCaller,
    id: &str,
) -> Diagnostic {
    let (who, advice) = match caller {
        TemplateCaller::User => ("an IAM user has no session", "Write the user's name"),
        TemplateCaller::Role | TemplateCaller::Person => (
            "the sessions of a permission set are named after people",
            "Write `{{SessionName}}`",
        ),
    };
    Diagnostic::error(
        "Nobody Could Enter",
        format!(
            "The {what} `{template}` has a value only for EC2 instances, and {who}: the server would refuse everyone. {advice}. Finding: {id}"
        ),
    )
}

pub(super) fn invalid_group(group: &str, reason: &str) -> Diagnostic {
    Diagnostic::error("Invalid Group", format!("The group `{group}` {reason}."))
}

pub(super) fn never_filled(template: &str, placeholder: &str, id: &str) -> Diagnostic {
    Diagnostic::warning(
        "Placeholder Never Filled",
        format!(
            "`{placeholder}` in `{template}` is always empty here: an IAM user has no session. Finding: {id}"
        ),
    )
}

/// Two partitions that differ.
#[derive(Clone, Copy)]
pub(super) struct Partitions<'a> {
    pub(super) of_entry: &'a str,
    pub(super) of_cluster: &'a str,
}

pub(super) fn other_partition(arn: &str, cluster: &str, partitions: Partitions<'_>) -> Diagnostic {
    let Partitions {
        of_entry,
        of_cluster,
    } = partitions;
    let detail = format!(
        "`{arn}` is of partition `{of_entry}`, and cluster `{cluster}` of partition `{of_cluster}`: no identity of one can call a cluster of the \
         other."
    );
    Diagnostic::error("Entry Of Another Partition", detail)
}
