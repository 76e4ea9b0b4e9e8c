//! What a configuration may say in an entry, judged before anything is asked of anyone.
//!
//! Sources: the server's matching rules (an ARN that can match nobody is an error here, not a silent dead entry) and its templates.

use eksauth_core::aws_auth::username_template::{
    TemplateCaller, TemplateFinding, TemplateUse, check,
};
use eksauth_core::aws_auth::{Entry, Section};
use eksauth_core::principal::arn::{AccountId, canonical_role_arn, canonical_user_arn};
use eksauth_core::principal::permission_set::is_of_permission_set;
use tf_provider::{AttributePath, Diagnostic};

/// The kinds of entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// `mapRoles`.
    Role,
    /// `mapUsers`.
    User,
    /// `mapAccounts`.
    Account,
}

impl Kind {
    pub(crate) const ALL: [Kind; 3] = [Kind::Role, Kind::User, Kind::Account];

    /// The resource of one such entry.
    pub(crate) const fn resource(self) -> &'static str {
        match self {
            Kind::Role => "eksauth_aws_auth_role",
            Kind::User => "eksauth_aws_auth_user",
            Kind::Account => "eksauth_aws_auth_account",
        }
    }

    /// The section of the document.
    pub(crate) fn section(self) -> Section {
        match self {
            Kind::Role => Section::MapRoles,
            Kind::User => Section::MapUsers,
            Kind::Account => Section::MapAccounts,
        }
    }

    /// The attribute that names the principal.
    pub(crate) fn attribute(self) -> &'static str {
        match self {
            Kind::Role => "rolearn",
            Kind::User => "userarn",
            Kind::Account => "account_id",
        }
    }

    /// What the server compares callers with.
    ///
    /// # Errors
    /// Why nobody could ever match; lower case, no period.
    pub(crate) fn canonical(self, written: &str) -> Result<String, String> {
        match self {
            Kind::Role => canonical_role_arn(written).map_err(|error| error.to_string()),
            Kind::User => canonical_user_arn(written).map_err(|error| error.to_string()),
            Kind::Account => {
                let account = AccountId::parse(written).map_err(|error| {
                    format!("{error}; write it in quotes, so that zeros in front stay")
                })?;
                Ok(account.to_string())
            }
        }
    }

    /// An entry of the kind.
    pub(crate) fn entry(self, arn: String, username: String, groups: Vec<String>) -> Entry {
        match self {
            Kind::Role => Entry::Role {
                rolearn: arn,
                username,
                groups,
            },
            Kind::User => Entry::User {
                userarn: arn,
                username,
                groups,
            },
            Kind::Account => Entry::Account(arn),
        }
    }

    /// Who calls by an entry of the kind; `written` is its ARN, where that is known.
    pub(crate) fn caller(self, written: Option<&str>) -> TemplateCaller {
        match self {
            Kind::Role if written.is_some_and(is_of_permission_set) => TemplateCaller::Person,
            Kind::Role => TemplateCaller::Role,
            Kind::User | Kind::Account => TemplateCaller::User,
        }
    }
}

/// The ARN or account id.
pub(crate) fn check_written(kind: Kind, written: &str, path: AttributePath) -> Option<Diagnostic> {
    let reason = kind.canonical(written).err()?;
    let summary = match kind {
        Kind::Account => "Invalid Account Id",
        Kind::Role | Kind::User => "Invalid ARN",
    };
    Some(
        Diagnostic::error(
            summary,
            format!("No caller could ever match this entry: {reason}."),
        )
        .at(path),
    )
}

/// The username: a template that the server fills for each caller.
pub(crate) fn check_username(
    caller: TemplateCaller,
    username: &str,
    path: &AttributePath,
) -> Vec<Diagnostic> {
    check(username, TemplateUse::Username(caller))
        .iter()
        .filter_map(|finding| match finding {
            TemplateFinding::Empty => Some(empty_username()),
            TemplateFinding::Whitespace => Some(white_space(username, finding.id())),
            TemplateFinding::SystemName => Some(system_name(username, finding.id())),
            _ => template_finding("username", username, caller, finding),
        })
        .map(|message| message.at(path.clone()))
        .collect()
}

/// One group: a template too.
pub(crate) fn check_group(
    caller: TemplateCaller,
    group: &str,
    path: &AttributePath,
) -> Vec<Diagnostic> {
    check(group, TemplateUse::Group(caller))
        .iter()
        .filter_map(|finding| match finding {
            TemplateFinding::Empty if group.is_empty() => Some(invalid_group(group, "is empty")),
            TemplateFinding::Empty | TemplateFinding::Whitespace => Some(invalid_group(
                group,
                "has white space in it; write one element per group",
            )),
            _ => template_finding("group", group, caller, finding),
        })
        .map(|message| message.at(path.clone()))
        .collect()
}

/// What holds for usernames and groups alike.
fn template_finding(
    what: &str,
    template: &str,
    caller: TemplateCaller,
    finding: &TemplateFinding,
) -> Option<Diagnostic> {
    let id = finding.id();
    Some(match finding {
        TemplateFinding::CallerChosenPrivilege {
            placeholder,
            before,
        } => caller_chooses(what, template, placeholder, before, id),
        TemplateFinding::CallerChosenWhole { placeholder } => {
            caller_chooses_whole(what, template, placeholder, id)
        }
        TemplateFinding::NeverAnInstance => never_an_instance(what, template, caller, id),
        TemplateFinding::InstanceOnly => instance_only(template, id),
        TemplateFinding::UnknownPlaceholder { placeholder, meant } => {
            unknown_placeholder(template, placeholder, *meant, id)
        }
        TemplateFinding::NeverFilled { placeholder } => Diagnostic::warning(
            "Placeholder Never Filled",
            format!(
                "`{placeholder}` in `{template}` is always empty here: an IAM user has no session. Finding: {id}"
            ),
        ),
        // Said of entries of others; what is written here is meant.
        TemplateFinding::CallerChosen { .. } | TemplateFinding::SanitisedCollision => return None,
        // Usernames and groups have their own words for these.
        TemplateFinding::Empty | TemplateFinding::Whitespace | TemplateFinding::SystemName => {
            return None;
        }
    })
}

fn caller_chooses_whole(what: &str, template: &str, placeholder: &str, id: &str) -> Diagnostic {
    Diagnostic::warning(
        "Caller Chooses The Name",
        format!(
            "The {what} `{template}` begins with `{placeholder}`, which whoever assumes the role chooses. That is any name without a colon, that of \
             another entry too. Put a prefix of your own before it, as in `dev:{placeholder}`. Finding: {id}"
        ),
    )
}

fn instance_only(template: &str, id: &str) -> Diagnostic {
    Diagnostic::warning(
        "Only Instances Enter",
        format!(
            "`{template}` has a value only for sessions that are named like an EC2 instance (`i-…`): the server refuses all others, and whoever may \
             assume the role can name a session so. For people write `{{{{SessionName}}}}`. Finding: {id}"
        ),
    )
}

fn unknown_placeholder(
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

fn empty_username() -> Diagnostic {
    Diagnostic::error(
        "Empty Username",
        "The username is empty: the server would let the caller in as nobody. Write the name the caller is to have in the cluster.",
    )
}

fn white_space(username: &str, id: &str) -> Diagnostic {
    Diagnostic::warning(
        "White Space In Username",
        format!(
            "`{username}` has white space in it, which is most often an accident. Finding: {id}"
        ),
    )
}

fn system_name(username: &str, id: &str) -> Diagnostic {
    Diagnostic::warning(
        "Username Of Kubernetes Itself",
        format!(
            "`{username}` begins with `system:`, which Kubernetes keeps for its own components, and is no node's name. Whoever matches this entry \
             acts as that component. Finding: {id}"
        ),
    )
}

fn caller_chooses(
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

fn never_an_instance(what: &str, template: &str, caller: TemplateCaller, id: &str) -> Diagnostic {
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

fn invalid_group(group: &str, reason: &str) -> Diagnostic {
    Diagnostic::error("Invalid Group", format!("The group `{group}` {reason}."))
}

/// An entry of another partition than the cluster's.
pub(crate) fn check_partition(
    arn: &str,
    partition: &str,
    cluster: &str,
    path: AttributePath,
) -> Option<Diagnostic> {
    let theirs = arn.strip_prefix("arn:")?.split(':').next()?;
    (theirs != partition).then(|| {
        let detail = format!(
            "`{arn}` is of partition `{theirs}`, and cluster `{cluster}` of partition `{partition}`: no identity of one can call a cluster of the \
             other."
        );
        Diagnostic::error("Other Partition", detail).at(path)
    })
}
