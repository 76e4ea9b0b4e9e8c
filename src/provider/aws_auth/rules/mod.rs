//! What a configuration, or whoever writes an entry by hand, may say in it, judged before anything is asked of anyone.
//!
//! Sources: the server's matching rules (an ARN that can match nobody is an error here, not a silent dead entry) and its templates.

use eksauth_core::aws_auth::username_template::{
    TemplateCaller, TemplateFinding, TemplateUse, check,
};
use eksauth_core::aws_auth::{Entry, Section};
use eksauth_core::principal::arn::{AccountId, canonical_role_arn, canonical_user_arn};
use eksauth_core::principal::permission_set::is_of_permission_set;
use tf_provider::{AttributePath, Diagnostic, Diagnostics};

mod diagnostics;

/// The kinds of entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
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
    pub fn section(self) -> Section {
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
    pub fn canonical(self, written: &str) -> Result<String, String> {
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
    pub fn entry(self, arn: String, username: String, groups: Vec<String>) -> Entry {
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
    pub fn caller(self, written: Option<&str>) -> TemplateCaller {
        match self {
            Kind::Role if written.is_some_and(is_of_permission_set) => TemplateCaller::Person,
            Kind::Role => TemplateCaller::Role,
            Kind::User | Kind::Account => TemplateCaller::User,
        }
    }
}

/// An entry as somebody writes it, as far as it is known.
#[derive(Clone, Debug)]
pub struct WrittenEntry<'a> {
    /// Its kind.
    pub kind: Kind,
    /// The ARN or account id.
    pub written: Option<&'a str>,
    /// Who calls by it.
    pub caller: TemplateCaller,
    /// The username template.
    pub username: Option<&'a str>,
    /// The group templates.
    pub groups: Vec<&'a str>,
}

/// What of an entry a message is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EntryPart<'a> {
    /// The ARN or account id.
    Principal,
    /// The username.
    Username,
    /// A group.
    Group(&'a str),
}

/// What is wrong with an entry by itself, and what is to be known of it; `path` says where a part stands.
pub fn check_entry(
    entry: &WrittenEntry<'_>,
    path: impl Fn(EntryPart<'_>) -> AttributePath,
) -> Diagnostics {
    let mut found = Vec::new();
    if let Some(written) = entry.written {
        found.extend(check_written(
            entry.kind,
            written,
            path(EntryPart::Principal),
        ));
    }
    if let Some(username) = entry.username {
        let path = path(EntryPart::Username);
        found.extend(check_username(entry.caller, username, &path));
    }
    for group in &entry.groups {
        let path = path(EntryPart::Group(group));
        found.extend(check_group(entry.caller, group, &path));
    }
    let mut diagnostics = Diagnostics::new();
    found
        .into_iter()
        .for_each(|message| diagnostics.push(message));
    diagnostics
}

/// The ARN or account id.
fn check_written(kind: Kind, written: &str, path: AttributePath) -> Option<Diagnostic> {
    let mut reason = kind.canonical(written).err()?;
    let (other, places) = match kind {
        Kind::Role => (Kind::User, "`eksauth_aws_auth_user`, or `map_users`"),
        Kind::User => (Kind::Role, "`eksauth_aws_auth_role`, or `map_roles`"),
        Kind::Account => (Kind::Account, ""),
    };
    if other.canonical(written).is_ok() {
        reason.push_str(&format!(" ({places} of `eksauth_aws_auth`)"));
    }
    Some(diagnostics::matches_nobody(kind, &reason).at(path))
}

/// The username: a template that the server fills for each caller.
fn check_username(caller: TemplateCaller, username: &str, path: &AttributePath) -> Vec<Diagnostic> {
    check(username, TemplateUse::Username(caller))
        .iter()
        .filter_map(|finding| match finding {
            TemplateFinding::Empty => Some(diagnostics::empty_username()),
            TemplateFinding::Whitespace => Some(diagnostics::white_space(username, finding.id())),
            TemplateFinding::SystemName => Some(diagnostics::system_name(username, finding.id())),
            _ => template_finding("username", username, caller, finding),
        })
        .map(|message| message.at(path.clone()))
        .collect()
}

/// One group: a template too.
fn check_group(caller: TemplateCaller, group: &str, path: &AttributePath) -> Vec<Diagnostic> {
    check(group, TemplateUse::Group(caller))
        .iter()
        .filter_map(|finding| match finding {
            TemplateFinding::Empty if group.is_empty() => {
                Some(diagnostics::invalid_group(group, "is empty"))
            }
            TemplateFinding::Empty | TemplateFinding::Whitespace => {
                Some(diagnostics::invalid_group(
                    group,
                    "has white space in it; write one element per group",
                ))
            }
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
        } => diagnostics::caller_chooses(what, template, placeholder, before, id),
        TemplateFinding::CallerChosenWhole { placeholder } => {
            diagnostics::caller_chooses_whole(what, template, placeholder, id)
        }
        TemplateFinding::NeverAnInstance => {
            diagnostics::never_an_instance(what, template, caller, id)
        }
        TemplateFinding::InstanceOnly => diagnostics::instance_only(template, id),
        TemplateFinding::UnknownPlaceholder { placeholder, meant } => {
            diagnostics::unknown_placeholder(template, placeholder, *meant, id)
        }
        TemplateFinding::NeverFilled { placeholder } => {
            diagnostics::never_filled(template, placeholder, id)
        }
        // Said of entries of others; what is written here is meant.
        TemplateFinding::CallerChosen { .. } | TemplateFinding::SanitisedCollision => return None,
        // Usernames and groups have their own words for these.
        TemplateFinding::Empty | TemplateFinding::Whitespace | TemplateFinding::SystemName => {
            return None;
        }
    })
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
        let partitions = diagnostics::Partitions {
            of_entry: theirs,
            of_cluster: partition,
        };
        diagnostics::other_partition(arn, cluster, partitions).at(path)
    })
}
