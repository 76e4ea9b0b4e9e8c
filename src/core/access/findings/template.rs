//! What the templates of an entry let its callers do.
//!
//! The exact usernames of nodes and Fargate give no finding in entries that give what nodes need, because nobody else should be able to assume
//! their roles. With other groups the entry is for people, who would act as a node.

use super::group::gives_what_nodes_need;
use super::mapping_finding::{MappingFinding, at};
use crate::access::severity::Severity;
use crate::aws_auth::username_template::{
    TemplateCaller, TemplateFinding, TemplateUse, check, check_of_people,
};
use crate::aws_auth::{ReadEntry, Section};
use crate::principal::arn::{canonical_role_arn, canonical_user_arn};
use crate::principal::permission_set::is_of_permission_set;

pub(super) fn template_findings(entry: &ReadEntry) -> Vec<MappingFinding> {
    let caller = caller_of(entry);
    let judge = |name: &str, field: TemplateField| {
        let used_as = match field {
            TemplateField::Username => TemplateUse::Username(caller),
            TemplateField::Group => TemplateUse::Group(caller),
        };
        let findings = match gives_what_nodes_need(entry) {
            true => check(name, used_as),
            false => check_of_people(name, used_as),
        };
        findings
            .into_iter()
            .filter_map(|finding| template_finding(entry, name, field, &finding))
            .collect::<Vec<_>>()
    };
    let mut found = judge(&entry.username, TemplateField::Username);
    for group in &entry.groups {
        found.extend(judge(group, TemplateField::Group));
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
enum TemplateField {
    Username,
    Group,
}

impl TemplateField {
    fn word(self) -> &'static str {
        match self {
            TemplateField::Username => "username",
            TemplateField::Group => "group",
        }
    }
}

fn template_finding(
    entry: &ReadEntry,
    template: &str,
    field: TemplateField,
    finding: &TemplateFinding,
) -> Option<MappingFinding> {
    let (id, severity) = kind(field, template, finding)?;
    let what = field.word();
    let text = match finding {
        TemplateFinding::SystemName => {
            format!(
                "{what} `{template}` is one of Kubernetes' own; whoever has this entry acts as it"
            )
        }
        _ => format!(
            "{what} `{template}`: {}",
            consequence(entry, field, finding)
        ),
    };
    Some(at(entry, id, severity, text))
}

/// The id that it has in an entry, and how grave it is there; `None` for what the reader has said with the value's own field.
fn kind(
    field: TemplateField,
    template: &str,
    finding: &TemplateFinding,
) -> Option<(&'static str, Severity)> {
    Some(match finding {
        TemplateFinding::Empty | TemplateFinding::Whitespace => return None,
        TemplateFinding::CallerChosenPrivilege { .. } => match field {
            TemplateField::Username => ("privilege.caller_chosen_username", Severity::Error),
            TemplateField::Group => ("privilege.caller_chosen_group", Severity::Error),
        },
        TemplateFinding::SystemName if template.starts_with("system:node:") => {
            ("privilege.reserved_username", Severity::Error)
        }
        TemplateFinding::SystemName => ("privilege.reserved_username", Severity::Warning),
        TemplateFinding::NeverAnInstance => (finding.id(), Severity::Error),
        TemplateFinding::UnknownPlaceholder { .. }
        | TemplateFinding::CallerChosenWhole { .. }
        | TemplateFinding::NeverFilled { .. }
        | TemplateFinding::InstanceOnly => (finding.id(), Severity::Warning),
        TemplateFinding::CallerChosen { .. } | TemplateFinding::SanitisedCollision => {
            (finding.id(), Severity::Note)
        }
    })
}

/// What it means for the callers of the entry.
fn consequence(entry: &ReadEntry, field: TemplateField, finding: &TemplateFinding) -> String {
    match finding {
        TemplateFinding::UnknownPlaceholder { placeholder, meant } => {
            let hint = meant
                .map(|meant| format!("; write `{meant}`"))
                .unwrap_or_default();
            format!("`{placeholder}` is no placeholder and stays as it is{hint}")
        }
        TemplateFinding::CallerChosenPrivilege { placeholder, .. } => {
            let outcome = match field {
                TemplateField::Username => "can become a `system:` identity",
                TemplateField::Group => "can join a `system:` group",
            };
            format!("who assumes the role chooses {placeholder} and {outcome}")
        }
        TemplateFinding::CallerChosenWhole { placeholder } => format!(
            "who assumes the role chooses {placeholder} and can take any name without a colon, also the name that another entry gives"
        ),
        TemplateFinding::CallerChosen { placeholder } => {
            format!("who assumes the role chooses {placeholder}")
        }
        TemplateFinding::NeverFilled { placeholder } => {
            format!("a user has no session, so {placeholder} is always empty")
        }
        TemplateFinding::NeverAnInstance => format!(
            "{{{{EC2PrivateDNSName}}}} is for EC2 instances, and {} is never one, so the authenticator refuses everybody",
            match caller_of(entry) {
                TemplateCaller::User => "a user",
                TemplateCaller::Person | TemplateCaller::Role => "a session of a permission set",
            }
        ),
        TemplateFinding::InstanceOnly => "only sessions named like an EC2 instance get in, and whoever may assume the role can name one so".to_owned(),
        TemplateFinding::SanitisedCollision => "`a@b` and `a-b` become the same name".to_owned(),
        TemplateFinding::Empty | TemplateFinding::Whitespace | TemplateFinding::SystemName => {
            String::new()
        }
    }
}
