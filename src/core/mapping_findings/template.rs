//! What the templates of an entry let its callers do.
//!
//! The exact usernames of nodes and Fargate give no finding, because nobody else should be able to assume their roles.

use super::{Gravity, MappingFinding, at};
use crate::arn::{canonical_role_arn, canonical_user_arn};
use crate::aws_auth::username_template::{TemplateCaller, TemplateFinding, TemplateUse, check};
use crate::aws_auth::{ReadEntry, Section};
use crate::permission_set::is_of_permission_set;

pub(super) fn of_templates(entry: &ReadEntry) -> Vec<MappingFinding> {
    let caller = caller_of(entry);
    let judge = |name: &str, place: Place| {
        let used_as = match place {
            Place::Username => TemplateUse::Username(caller),
            Place::Group => TemplateUse::Group(caller),
        };
        check(name, used_as)
            .into_iter()
            .filter_map(|finding| of_template(entry, name, place, &finding))
            .collect::<Vec<_>>()
    };
    let mut found = judge(&entry.username, Place::Username);
    for group in &entry.groups {
        found.extend(judge(group, Place::Group));
    }
    found
}

/// Who calls by an entry. The server looks for a principal in both sections, so its ARN decides, not the section.
pub fn caller_of(entry: &ReadEntry) -> TemplateCaller {
    if entry.sso.is_some() || is_of_permission_set(&entry.arn) {
        TemplateCaller::Person
    } else if canonical_role_arn(&entry.arn).is_ok() {
        TemplateCaller::Role
    } else if canonical_user_arn(&entry.arn).is_ok() || entry.section == Section::MapUsers {
        TemplateCaller::User
    } else {
        TemplateCaller::Role
    }
}

/// Where in an entry a template stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Username,
    Group,
}

impl Place {
    fn word(self) -> &'static str {
        match self {
            Place::Username => "username",
            Place::Group => "group",
        }
    }
}

fn of_template(
    entry: &ReadEntry,
    template: &str,
    place: Place,
    finding: &TemplateFinding,
) -> Option<MappingFinding> {
    let what = place.word();
    let (id, gravity, text) = match finding {
        // The reader has said so already, with the value's own place.
        TemplateFinding::Empty | TemplateFinding::Whitespace => return None,
        TemplateFinding::UnknownPlaceholder { placeholder, meant } => {
            let hint = meant
                .map(|meant| format!("; write `{meant}`"))
                .unwrap_or_default();
            (
                "template.unknown_placeholder",
                Gravity::Warning,
                format!(
                    "{what} `{template}`: `{placeholder}` is no placeholder and stays as it is{hint}"
                ),
            )
        }
        TemplateFinding::CallerChosenPrivilege { placeholder, .. } => {
            return Some(of_privilege(entry, template, place, placeholder));
        }
        TemplateFinding::CallerChosenWhole { placeholder } => (
            "template.caller_chosen_whole",
            Gravity::Warning,
            format!(
                "{what} `{template}`: who assumes the role chooses {placeholder} and can take any name without a colon, that of another entry too"
            ),
        ),
        TemplateFinding::CallerChosen { placeholder } => (
            "template.caller_chosen",
            Gravity::Note,
            format!("{what} `{template}`: who assumes the role chooses {placeholder}"),
        ),
        TemplateFinding::NeverFilled { placeholder } => (
            "template.never_filled",
            Gravity::Warning,
            format!("{what} `{template}`: a user has no session, so {placeholder} is always empty"),
        ),
        TemplateFinding::NeverAnInstance => (
            "template.never_an_instance",
            Gravity::Error,
            format!(
                "{what} `{template}`: {{{{EC2PrivateDNSName}}}} is for EC2 instances, and {} is never one, so the authenticator refuses everybody",
                match caller_of(entry) {
                    TemplateCaller::User => "a user",
                    TemplateCaller::Person | TemplateCaller::Role =>
                        "a session of a permission set",
                }
            ),
        ),
        TemplateFinding::InstanceOnly => (
            "template.instance_only",
            Gravity::Warning,
            format!(
                "{what} `{template}`: only sessions named like an EC2 instance get in, and whoever may assume the role can name one so"
            ),
        ),
        TemplateFinding::SanitisedCollision => (
            "template.sanitised_collision",
            Gravity::Note,
            format!("{what} `{template}`: `a@b` and `a-b` become the same name"),
        ),
        TemplateFinding::SystemName => (
            "privilege.reserved_username",
            Gravity::Warning,
            format!(
                "username `{template}` is one of Kubernetes' own; whoever has this entry acts as it"
            ),
        ),
    };
    Some(at(entry, id, gravity, text))
}

/// The caller can become one of Kubernetes' own, or be in one of its groups.
fn of_privilege(
    entry: &ReadEntry,
    template: &str,
    place: Place,
    placeholder: &str,
) -> MappingFinding {
    let (id, outcome) = match place {
        Place::Username => (
            "privilege.caller_chosen_username",
            "can become a `system:` identity",
        ),
        Place::Group => (
            "privilege.caller_chosen_group",
            "can join a `system:` group",
        ),
    };
    let text = format!(
        "{} `{template}`: who assumes the role chooses {placeholder} and {outcome}",
        place.word()
    );
    at(entry, id, Gravity::Error, text)
}
