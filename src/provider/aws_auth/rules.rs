//! What a configuration may say in an entry, judged before anything is asked of anyone.
//!
//! Sources: the server's matching rules (an ARN that can match nobody is an error here, not a silent dead entry) and its templates.

use eksauth_core::arn::{AccountId, canonical_role_arn, canonical_user_arn};
use eksauth_core::aws_auth::username_template::{TemplateFinding, TemplateUse, check};
use eksauth_core::aws_auth::{Entry, Section};
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

    fn username_use(self) -> TemplateUse {
        match self {
            Kind::Role => TemplateUse::RoleUsername,
            Kind::User | Kind::Account => TemplateUse::UserUsername,
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
pub(crate) fn check_username(kind: Kind, username: &str, path: AttributePath) -> Vec<Diagnostic> {
    let findings = check(username, kind.username_use());
    findings
        .iter()
        .filter_map(|finding| username_finding(username, finding))
        .map(|message| message.at(path.clone()))
        .collect()
}

fn username_finding(username: &str, finding: &TemplateFinding) -> Option<Diagnostic> {
    let id = finding.id();
    Some(match finding {
        TemplateFinding::Empty => Diagnostic::error(
            "Empty Username",
            "The username is empty: the server would let the caller in as nobody. Write the name the caller is to have in the cluster.",
        ),
        TemplateFinding::CallerChosenPrivilege {
            placeholder,
            before,
        } if before.starts_with("system:") => Diagnostic::error(
            "Caller Chooses A Privileged Name",
            format!(
                "`{username}`: whoever assumes the role chooses what stands for `{placeholder}`, and so a name after `{before}` that Kubernetes \
                 trusts. Put a prefix of your own before it. Finding: {id}"
            ),
        ),
        TemplateFinding::SystemName => Diagnostic::warning(
            "Username Of Kubernetes Itself",
            format!(
                "`{username}` begins with `system:`, which Kubernetes keeps for its own components, and is no node's name. Whoever matches this \
                 entry acts as that component. Finding: {id}"
            ),
        ),
        TemplateFinding::UnknownPlaceholder { placeholder, meant } => {
            let hint = meant
                .map(|meant| format!(" Perhaps `{meant}` was meant."))
                .unwrap_or_default();
            Diagnostic::warning(
                "Unknown Placeholder",
                format!(
                    "`{placeholder}` in `{username}` is no placeholder of the server and stays as it is written.{hint} Finding: {id}"
                ),
            )
        }
        TemplateFinding::NeverFilled { placeholder } => Diagnostic::warning(
            "Placeholder Never Filled",
            format!(
                "`{placeholder}` in `{username}` is always empty here: an IAM user has no session. Finding: {id}"
            ),
        ),
        TemplateFinding::Whitespace => Diagnostic::warning(
            "White Space In Username",
            format!(
                "`{username}` has white space in it, which is most often an accident. Finding: {id}"
            ),
        ),
        TemplateFinding::CallerChosenPrivilege { .. }
        | TemplateFinding::CallerChosen { .. }
        | TemplateFinding::SanitisedCollision => {
            return None;
        }
    })
}

/// One group.
pub(crate) fn check_group(group: &str, path: AttributePath) -> Option<Diagnostic> {
    let reason = match group {
        "" => "is empty".to_owned(),
        _ if group.contains(char::is_whitespace) => {
            "has white space in it; write one element per group".to_owned()
        }
        _ => return None,
    };
    Some(Diagnostic::error("Invalid Group", format!("The group `{group}` {reason}.")).at(path))
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
