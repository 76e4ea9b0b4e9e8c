//! What a plan can say about a template before anybody logs in.
//!
//! The name of a role's session is chosen by whoever assumes the role, from letters, digits and `+=,.@_-`: no colon, so `system:` can only come
//! from the template itself. The sessions of a permission set are named after the person. Users, root and federated users have no session.
//! Sources: aws-iam-authenticator `pkg/server/server.go`; STS API reference, `RoleSessionName`; IAM Identity Center user guide.

use super::placeholder::PLACEHOLDERS;

/// What Kubernetes keeps for itself.
const SYSTEM: &str = "system:";
/// The placeholders that the session's name fills.
const OF_SESSION: [&str; 2] = ["{{SessionName}}", "{{SessionNameRaw}}"];
const OF_INSTANCE: &str = "{{EC2PrivateDNSName}}";
/// The usernames that EKS writes for nodes and for Fargate.
const OF_NODES: [&str; 2] = [
    "system:node:{{EC2PrivateDNSName}}",
    "system:node:{{SessionName}}",
];

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
    /// The name begins with what the caller chooses: any name without a colon can be had, also the name that another entry gives.
    CallerChosenWhole {
        /// The placeholder.
        placeholder: &'static str,
    },
    /// The caller chooses a part of a name that Kubernetes trusts (`system:…`).
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
    /// `{{EC2PrivateDNSName}}` for callers whose session is never an instance's: the server refuses each of them.
    NeverAnInstance,
    /// `{{EC2PrivateDNSName}}` outside the shape of nodes: only sessions that are named like an instance get in, and whoever may assume the role can
    /// name one so.
    InstanceOnly,
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
            TemplateFinding::CallerChosenWhole { .. } => "template.caller_chosen_whole",
            TemplateFinding::CallerChosenPrivilege { .. } => "template.caller_chosen_privilege",
            TemplateFinding::NeverFilled { .. } => "template.never_filled",
            TemplateFinding::NeverAnInstance => "template.never_an_instance",
            TemplateFinding::InstanceOnly => "template.instance_only",
            TemplateFinding::SanitisedCollision => "template.sanitised_collision",
            TemplateFinding::SystemName => "template.system_name",
            TemplateFinding::Whitespace => "template.whitespace",
        }
    }
}

/// Who calls by the entry of a template.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TemplateCaller {
    /// Sessions of a role, named by whoever assumes it.
    Role,
    /// Sessions of a permission set's role, named after the person.
    Person,
    /// Users, root and federated users, who have no session.
    User,
}

/// What the template is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TemplateUse {
    /// The username.
    Username(TemplateCaller),
    /// A group; `system:` groups are ordinary.
    Group(TemplateCaller),
}

impl TemplateUse {
    fn caller(self) -> TemplateCaller {
        match self {
            TemplateUse::Username(caller) | TemplateUse::Group(caller) => caller,
        }
    }

    /// True for the exact names of nodes and Fargate, whose roles nobody else should be able to assume. People do assume a permission set's.
    fn is_of_nodes(self, template: &str) -> bool {
        self == TemplateUse::Username(TemplateCaller::Role) && OF_NODES.contains(&template)
    }
}

/// Judges a template before anybody logs in. The exact usernames of nodes and Fargate (`system:node:{{EC2PrivateDNSName}}`,
/// `system:node:{{SessionName}}`) give no finding, unless people assume the role.
pub fn check(template: &str, used_as: TemplateUse) -> Vec<TemplateFinding> {
    match used_as.is_of_nodes(template) {
        true => unknown_placeholders(template),
        false => check_of_people(template, used_as),
    }
}

/// Judges a template as [`check`] does, but takes nobody for a node: for entries that give more, or less, than nodes have.
pub fn check_of_people(template: &str, used_as: TemplateUse) -> Vec<TemplateFinding> {
    let mut findings = Vec::new();
    let is_blank = template.trim().is_empty();
    if is_blank {
        findings.push(TemplateFinding::Empty);
    } else if template.chars().any(char::is_whitespace) {
        findings.push(TemplateFinding::Whitespace);
    }
    findings.extend(unknown_placeholders(template));
    let caller = used_as.caller();
    findings.extend(OF_SESSION.into_iter().filter_map(|placeholder| {
        let (before, after) = template.split_once(placeholder)?;
        Some(session_finding(placeholder, before, after, caller))
    }));
    if template.contains(OF_INSTANCE) {
        findings.push(match caller {
            TemplateCaller::Role => TemplateFinding::InstanceOnly,
            TemplateCaller::Person | TemplateCaller::User => TemplateFinding::NeverAnInstance,
        });
    }
    if caller != TemplateCaller::User && template.contains("{{SessionName}}") {
        findings.push(TemplateFinding::SanitisedCollision);
    }
    let is_chosen = |finding: &TemplateFinding| {
        matches!(finding, TemplateFinding::CallerChosenPrivilege { .. })
    };
    if matches!(used_as, TemplateUse::Username(_))
        && template.starts_with(SYSTEM)
        && !findings.iter().any(is_chosen)
    {
        findings.push(TemplateFinding::SystemName);
    }
    findings
}

/// What the session's name in a template amounts to, from the literal text around it.
fn session_finding(
    placeholder: &'static str,
    before: &str,
    after: &str,
    caller: TemplateCaller,
) -> TemplateFinding {
    if caller == TemplateCaller::User {
        return TemplateFinding::NeverFilled { placeholder };
    }
    // A session named `system` before a literal colon makes the prefix as well as a literal prefix does.
    let can_complete = SYSTEM.starts_with(before) && after.starts_with(':');
    if before.starts_with(SYSTEM) || can_complete {
        return TemplateFinding::CallerChosenPrivilege {
            placeholder,
            before: before.to_owned(),
        };
    }
    match before {
        "" => TemplateFinding::CallerChosenWhole { placeholder },
        _ => TemplateFinding::CallerChosen { placeholder },
    }
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
    use super::TemplateCaller::{Person, Role, User};
    use super::TemplateUse::{Group, Username};
    use super::*;

    const NAME: &str = "{{SessionName}}";

    fn privilege(before: &str) -> TemplateFinding {
        TemplateFinding::CallerChosenPrivilege {
            placeholder: NAME,
            before: before.to_owned(),
        }
    }

    #[test]
    fn the_shapes_of_nodes_and_fargate_give_no_finding_unless_people_assume_the_role() {
        for template in OF_NODES {
            assert_eq!(check(template, Username(Role)), []);
        }
        assert_eq!(
            check(OF_NODES[0], Username(Person)),
            [
                TemplateFinding::NeverAnInstance,
                TemplateFinding::SystemName
            ]
        );
        assert_eq!(
            check(OF_NODES[1], Username(Person)),
            [
                privilege("system:node:"),
                TemplateFinding::SanitisedCollision
            ]
        );
    }

    #[test]
    fn a_caller_who_chooses_behind_the_prefix_of_kubernetes_can_be_one_of_its_own() {
        let collision = TemplateFinding::SanitisedCollision;
        for before in ["system:", "system:serviceaccount:kube-system:"] {
            for used_as in [Username(Role), Group(Role), Username(Person)] {
                assert_eq!(
                    check(&format!("{before}{NAME}"), used_as),
                    [privilege(before), collision.clone()]
                );
            }
        }
        for before in ["", "sys", "system"] {
            assert_eq!(
                check(&format!("{before}{NAME}:kube-scheduler"), Username(Role)),
                [privilege(before), collision.clone()]
            );
        }
    }

    #[test]
    fn a_session_name_has_no_colon_so_it_alone_is_no_name_of_kubernetes() {
        let collision = TemplateFinding::SanitisedCollision;
        let whole = TemplateFinding::CallerChosenWhole { placeholder: NAME };
        let part = TemplateFinding::CallerChosen { placeholder: NAME };
        assert_eq!(
            check(NAME, Username(Role)),
            [whole.clone(), collision.clone()]
        );
        assert_eq!(check(NAME, Group(Role)), [whole, collision.clone()]);
        for template in ["ci:{{SessionName}}", "sys{{SessionName}}"] {
            assert_eq!(
                check(template, Username(Role)),
                [part.clone(), collision.clone()]
            );
        }
        assert_eq!(
            check("ci:{{SessionNameRaw}}", Username(Role)),
            [TemplateFinding::CallerChosen {
                placeholder: "{{SessionNameRaw}}"
            }]
        );
    }

    #[test]
    fn a_misspelt_placeholder_is_reported_with_the_one_that_was_meant() {
        let unknown = |placeholder: &str, meant| TemplateFinding::UnknownPlaceholder {
            placeholder: placeholder.to_owned(),
            meant,
        };
        assert_eq!(
            check("a:{{ SessionName }}", Username(Role))[1..],
            [unknown("{{ SessionName }}", Some(NAME))]
        );
        assert_eq!(
            check("a:{{sessionname}}", Username(Role)),
            [unknown("{{sessionname}}", Some(NAME))]
        );
        for used_as in [Username(Role), Group(User)] {
            assert_eq!(
                check("a:{{UserID}}", used_as),
                [unknown("{{UserID}}", None)]
            );
        }
        assert_eq!(check("a:{{{AccountID}}}", Username(Role)), []);
    }

    #[test]
    fn a_user_has_no_session() {
        assert_eq!(
            check("a:{{SessionName}}", Username(User)),
            [TemplateFinding::NeverFilled { placeholder: NAME }]
        );
        assert_eq!(
            check("a:{{EC2PrivateDNSName}}", Username(User)),
            [TemplateFinding::NeverAnInstance]
        );
    }

    #[test]
    fn the_name_of_an_instance_is_for_nodes() {
        assert_eq!(
            check("dev:{{EC2PrivateDNSName}}", Username(Role)),
            [TemplateFinding::InstanceOnly]
        );
        assert_eq!(
            check("dev:{{EC2PrivateDNSName}}", Group(Person)),
            [TemplateFinding::NeverAnInstance]
        );
    }

    #[test]
    fn system_names_are_reported_for_usernames_only() {
        assert_eq!(
            check("system:admin", Username(Role)),
            [TemplateFinding::SystemName]
        );
        assert_eq!(check("system:masters", Group(Role)), []);
        assert_eq!(check("", Username(Role)), [TemplateFinding::Empty]);
        assert_eq!(
            check("two words", Username(User)),
            [TemplateFinding::Whitespace]
        );
    }
}
