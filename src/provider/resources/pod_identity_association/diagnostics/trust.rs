//! What is said of the roles of an association, and of whether they let its service account in.

use tf_provider::{AttributePath, Diagnostic};

use crate::access::pod_identity_trust::{PodIdentityQuestion, TargetRoleQuestion};
use crate::diagnostics::api_failure::sentence;

const OTHER_ACCOUNT: &str = "Role In Another Account";

/// Which of the two roles was judged.
#[derive(Clone, Copy, Debug)]
pub(in crate::resources::pod_identity_association) enum Asked<'a> {
    Role(PodIdentityQuestion<'a>),
    Target(TargetRoleQuestion<'a>),
}

impl Asked<'_> {
    fn first(&self) -> &PodIdentityQuestion<'_> {
        match self {
            Self::Role(first) => first,
            Self::Target(target) => &target.first,
        }
    }

    fn role_arn(&self) -> &str {
        match self {
            Self::Role(first) => first.role_arn,
            Self::Target(target) => target.target_role_arn,
        }
    }

    fn attribute(&self) -> &'static str {
        match self {
            Self::Role(_) => "role_arn",
            Self::Target(_) => "target_role_arn",
        }
    }

    fn at(&self) -> AttributePath {
        AttributePath::attribute(self.attribute())
    }

    fn account(&self) -> String {
        let account = self.first().account;
        format!("{}:{}", account.namespace, account.name)
    }

    fn actions(&self) -> &'static str {
        match self.first().has_session_tags {
            true => "`sts:AssumeRole` and `sts:TagSession`",
            false => "`sts:AssumeRole`",
        }
    }

    /// What the trust policy has to have.
    fn remedy(&self) -> String {
        match self {
            Self::Role(_) => format!(
                "Set `pod_identity = true` in the role's `eksauth_irsa_role`, or allow {} to the service `pods.eks.amazonaws.com` in its trust policy.",
                self.actions()
            ),
            Self::Target(target) => {
                let external_id = match target.external_id {
                    Some(id) => format!("`{id}`"),
                    None => "this association's `external_id`".to_owned(),
                };
                format!(
                    "Allow {} to `{}` in its trust policy, and nothing else than {external_id} as `sts:ExternalId` where it compares that.",
                    self.actions(),
                    target.first.role_arn
                )
            }
        }
    }
}

/// How a role's trust is told: what stops the plan can be made a warning.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::resources::pod_identity_association) enum OnUntrusted {
    Error,
    Warn,
}

impl OnUntrusted {
    fn diagnostic(self, title: &str, text: String) -> Diagnostic {
        match self {
            Self::Error => Diagnostic::error(
                title,
                format!(
                    "{text} If the same apply changes that by a resource of another provider, set `on_untrusted = \"warn\"`."
                ),
            ),
            Self::Warn => Diagnostic::warning(title, text),
        }
    }

    /// The trust policy does not let it in.
    pub(in crate::resources::pod_identity_association) fn refused(
        self,
        asked: &Asked<'_>,
        explanation: &str,
    ) -> Diagnostic {
        let title = match asked {
            Asked::Role(_) => "Role Does Not Trust Pod Identity",
            Asked::Target(_) => "Target Role Does Not Trust Role",
        };
        let text = format!(
            "Pods of service account `{}` would not get `{}`. {explanation} {}",
            asked.account(),
            asked.role_arn(),
            asked.remedy()
        );
        self.diagnostic(title, text).at(asked.at())
    }

    /// The role of that name has another ARN.
    pub(in crate::resources::pod_identity_association) fn other_arn(
        self,
        asked: &Asked<'_>,
        found: &str,
    ) -> Diagnostic {
        let text = format!(
            "There is no role `{}`; the role of that name is `{found}`. STS compares the whole ARN, its path included, so pods would not get the role. \
             Write the role's own ARN.",
            asked.role_arn()
        );
        self.diagnostic("Another Role", text).at(asked.at())
    }

    /// A role of another partition, which no apply brings nearer.
    pub(in crate::resources::pod_identity_association) fn other_partition(
        self,
        asked: &Asked<'_>,
        role: &str,
        cluster: &str,
    ) -> Diagnostic {
        let title = "Role In Another Partition";
        let text = format!(
            "`{}` is in partition `{role}` and the cluster in `{cluster}`, and no role is assumed across partitions. Write the ARN of a role in `{cluster}`.",
            asked.role_arn()
        );
        match self {
            Self::Error => Diagnostic::error(title, text),
            Self::Warn => Diagnostic::warning(title, text),
        }
        .at(asked.at())
    }
}

/// EKS takes no role of another account as the first one.
pub(in crate::resources::pod_identity_association) fn role_of_other_account(
    role_arn: &str,
    account: &str,
) -> Diagnostic {
    Diagnostic::error(
        OTHER_ACCOUNT,
        format!(
            "`{role_arn}` is not in account `{account}`, which the cluster is in, and EKS Pod Identity assumes no role of another account itself. Write a role of `{account}` as \
             `role_arn` that may assume this one, and this one as `target_role_arn`."
        ),
    )
    .at(AttributePath::attribute("role_arn"))
}

/// A role that is not there, or not yet.
pub(in crate::resources::pod_identity_association) fn no_role(asked: &Asked<'_>) -> Diagnostic {
    let attribute = asked.attribute();
    Diagnostic::warning(
        "Role Not Found",
        format!(
            "There is no role `{}`, so pods of service account `{}` get no credentials until there is. Ignore this if the same apply creates it; else correct `{attribute}`.",
            asked.role_arn(),
            asked.account()
        ),
    )
    .at(asked.at())
}

/// A role that these credentials cannot look at.
pub(in crate::resources::pod_identity_association) fn other_account(
    asked: &Asked<'_>,
    account: &str,
) -> Diagnostic {
    Diagnostic::warning(
        OTHER_ACCOUNT,
        format!(
            "`{}` belongs to account `{account}`, which these credentials cannot look into, so its trust policy was not judged. {}",
            asked.role_arn(),
            asked.remedy()
        ),
    )
    .at(asked.at())
}

/// What decides was not read, or does not decide.
pub(in crate::resources::pod_identity_association) fn not_judged(
    asked: &Asked<'_>,
    reason: &str,
) -> Diagnostic {
    let until_applied = match asked {
        Asked::Target(target) if target.external_id.is_none() => {
            " The external id is known after apply, as `external_id`."
        }
        _ => "",
    };
    Diagnostic::warning(
        "Role Trust Not Judged",
        format!(
            "Whether `{}` lets pods of service account `{}` in was not judged. {}{until_applied} Nothing else was asked in its place; `on_untrusted = \"ignore\"` does not look.",
            asked.role_arn(),
            asked.account(),
            sentence(reason.trim_end_matches('.'))
        ),
    )
    .at(asked.at())
}
