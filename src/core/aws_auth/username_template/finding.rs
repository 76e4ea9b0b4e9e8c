//! What a plan can say about a template before anybody logs in.

use super::PLACEHOLDERS;

/// What a plan can say about a template without knowing who will ask.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TemplateFinding {
    /// No text at all: the caller authenticates with an empty username.
    Empty,
    /// Something in double braces that is none of [`PLACEHOLDERS`]: it stays literal.
    UnknownPlaceholder {
        /// As written, braces included.
        placeholder: String,
        /// The known placeholder that was probably meant.
        meant: Option<&'static str>,
    },
    /// The caller chooses a part of the name (`{{SessionName}}`, `{{SessionNameRaw}}`).
    CallerChosen {
        /// The placeholder.
        placeholder: &'static str,
    },
    /// The caller chooses a part of a name that Kubernetes trusts (`system:…`), or the whole name and with it any such name.
    CallerChosenPrivilege {
        /// The placeholder.
        placeholder: &'static str,
        /// The literal text before it.
        before: String,
    },
    /// A user of this section never has a session: the placeholder is always empty.
    NeverFilled {
        /// The placeholder.
        placeholder: &'static str,
    },
    /// `@` in session names becomes `-`, so `a@b` and `a-b` are one user.
    SanitisedCollision,
    /// A literal name that starts with `system:` and is no node's.
    SystemName,
    /// White space inside the name, most often an accident.
    Whitespace,
}

impl TemplateFinding {
    /// A stable identifier.
    pub fn id(&self) -> &'static str {
        match self {
            TemplateFinding::Empty => "template.empty",
            TemplateFinding::UnknownPlaceholder { .. } => "template.unknown_placeholder",
            TemplateFinding::CallerChosen { .. } => "template.caller_chosen",
            TemplateFinding::CallerChosenPrivilege { .. } => "template.caller_chosen_privilege",
            TemplateFinding::NeverFilled { .. } => "template.never_filled",
            TemplateFinding::SanitisedCollision => "template.sanitised_collision",
            TemplateFinding::SystemName => "template.system_name",
            TemplateFinding::Whitespace => "template.whitespace",
        }
    }
}

/// What the template is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TemplateUse {
    /// The username of a role entry.
    RoleUsername,
    /// The username of a user entry, whose callers have no session.
    UserUsername,
    /// A group of a role entry; `system:` groups are ordinary.
    RoleGroup,
    /// A group of a user entry.
    UserGroup,
}

/// Judges a template before anybody logs in. The exact shapes of nodes and Fargate (`system:node:{{EC2PrivateDNSName}}`,
/// `system:node:{{SessionName}}`) give no finding.
pub fn check(template: &str, used_as: TemplateUse) -> Vec<TemplateFinding> {
    let mut findings = Vec::new();
    let is_role = matches!(used_as, TemplateUse::RoleUsername | TemplateUse::RoleGroup);
    let is_username = matches!(
        used_as,
        TemplateUse::RoleUsername | TemplateUse::UserUsername
    );
    let is_node_shape = is_role
        && [
            "system:node:{{EC2PrivateDNSName}}",
            "system:node:{{SessionName}}",
        ]
        .contains(&template);
    if template.trim().is_empty() {
        findings.push(TemplateFinding::Empty);
    }
    if template.chars().any(char::is_whitespace) && !template.trim().is_empty() {
        findings.push(TemplateFinding::Whitespace);
    }
    findings.extend(unknown_placeholders(template));
    if is_node_shape {
        return findings;
    }
    for placeholder in ["{{SessionName}}", "{{SessionNameRaw}}"] {
        let Some(at) = template.find(placeholder) else {
            continue;
        };
        let before = template.get(..at).unwrap_or_default();
        findings.push(match is_role {
            false => TemplateFinding::NeverFilled { placeholder },
            // An empty prefix lets the caller write the colon and all; `system:` is trusted whatever follows.
            true if before.is_empty()
                || before.starts_with("system:")
                || "system:".starts_with(before) =>
            {
                TemplateFinding::CallerChosenPrivilege {
                    placeholder,
                    before: before.to_owned(),
                }
            }
            true => TemplateFinding::CallerChosen { placeholder },
        });
    }
    if !is_role && template.contains("{{EC2PrivateDNSName}}") {
        findings.push(TemplateFinding::NeverFilled {
            placeholder: "{{EC2PrivateDNSName}}",
        });
    }
    if is_role && template.contains("{{SessionName}}") {
        findings.push(TemplateFinding::SanitisedCollision);
    }
    if is_username
        && template.starts_with("system:")
        && !findings
            .iter()
            .any(|f| f.id() == "template.caller_chosen_privilege")
    {
        findings.push(TemplateFinding::SystemName);
    }
    findings
}

pub(super) fn unknown_placeholders(template: &str) -> Vec<TemplateFinding> {
    let mut literal = template.to_owned();
    for placeholder in PLACEHOLDERS {
        literal = literal.replace(placeholder, "");
    }
    let mut found = Vec::new();
    let mut rest = literal.as_str();
    while let Some((_, after)) = rest.split_once("{{") {
        let Some((name, behind)) = after.split_once("}}") else {
            break;
        };
        let bare = name.trim();
        let meant = PLACEHOLDERS
            .into_iter()
            .find(|known| known.trim_matches(['{', '}']).eq_ignore_ascii_case(bare));
        found.push(TemplateFinding::UnknownPlaceholder {
            placeholder: format!("{{{{{name}}}}}"),
            meant,
        });
        rest = behind;
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shapes_of_nodes_and_fargate_give_no_finding() {
        assert_eq!(
            check(
                "system:node:{{EC2PrivateDNSName}}",
                TemplateUse::RoleUsername
            ),
            []
        );
        assert_eq!(
            check("system:node:{{SessionName}}", TemplateUse::RoleUsername),
            []
        );
    }

    #[test]
    fn a_caller_who_chooses_the_whole_name_can_be_anybody() {
        let privilege = |before: &str| TemplateFinding::CallerChosenPrivilege {
            placeholder: "{{SessionName}}",
            before: before.to_owned(),
        };
        let collision = TemplateFinding::SanitisedCollision;
        assert_eq!(
            check("{{SessionName}}", TemplateUse::RoleUsername),
            [privilege(""), collision.clone()]
        );
        assert_eq!(
            check("sys{{SessionName}}", TemplateUse::RoleUsername),
            [privilege("sys"), collision.clone()]
        );
        assert_eq!(
            check(
                "system:serviceaccount:kube-system:{{SessionName}}",
                TemplateUse::RoleUsername
            ),
            [
                privilege("system:serviceaccount:kube-system:"),
                collision.clone()
            ]
        );
        assert_eq!(
            check("ci:{{SessionName}}", TemplateUse::RoleUsername),
            [
                TemplateFinding::CallerChosen {
                    placeholder: "{{SessionName}}"
                },
                collision
            ]
        );
    }

    #[test]
    fn a_misspelt_placeholder_is_told_with_the_one_that_was_meant() {
        let unknown = |placeholder: &str, meant| TemplateFinding::UnknownPlaceholder {
            placeholder: placeholder.to_owned(),
            meant,
        };
        assert_eq!(
            check("a:{{ SessionName }}", TemplateUse::RoleUsername)[1..],
            [unknown("{{ SessionName }}", Some("{{SessionName}}"))]
        );
        assert_eq!(
            check("a:{{sessionname}}", TemplateUse::RoleUsername),
            [unknown("{{sessionname}}", Some("{{SessionName}}"))]
        );
        assert_eq!(
            check("a:{{UserID}}", TemplateUse::RoleUsername),
            [unknown("{{UserID}}", None)]
        );
        assert_eq!(check("a:{{{AccountID}}}", TemplateUse::RoleUsername), []);
    }

    #[test]
    fn a_user_has_no_session() {
        assert_eq!(
            check("a:{{SessionName}}", TemplateUse::UserUsername),
            [TemplateFinding::NeverFilled {
                placeholder: "{{SessionName}}"
            }]
        );
    }

    #[test]
    fn system_names_are_told_for_usernames_only() {
        assert_eq!(
            check("system:admin", TemplateUse::RoleUsername),
            [TemplateFinding::SystemName]
        );
        assert_eq!(check("system:masters", TemplateUse::RoleGroup), []);
        assert_eq!(
            check("", TemplateUse::RoleUsername),
            [TemplateFinding::Empty]
        );
        assert_eq!(
            check("two words", TemplateUse::UserUsername),
            [TemplateFinding::Whitespace]
        );
    }
}
