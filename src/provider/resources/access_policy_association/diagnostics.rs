//! What is said of associations of access policies.

use tf_provider::{Attr, AttributePath, Diagnostic};

use super::schema::AccessPolicyAssociationModel;
use crate::ports::eks::AccessPolicy;

fn at(attribute: &str) -> AttributePath {
    AttributePath::attribute(attribute)
}

/// An association by what a practitioner calls it.
#[derive(Clone, Debug)]
pub(super) struct About {
    /// Whose.
    pub(super) principal_arn: String,
    /// `AmazonEKSViewPolicy`.
    pub(super) policy: String,
    /// `prod`.
    pub(super) cluster: String,
}

impl About {
    /// For an error.
    pub(super) fn text(&self) -> String {
        format!(
            "Access policy `{}` of `{}` in cluster `{}`",
            self.policy, self.principal_arn, self.cluster
        )
    }

    /// As the lock-out guard names it.
    pub(super) fn label(&self) -> String {
        format!(
            "`eksauth_access_policy_association` `{}` of `{}`",
            self.policy, self.principal_arn
        )
    }
}

fn scope(found: &AccessPolicy) -> String {
    match found.namespaces.as_slice() {
        [] => "in the whole cluster".to_owned(),
        names => format!("in {}", names.join(", ")),
    }
}

const EXISTS: &str = "Access Policy Is Associated Already";

fn import_block(about: &About, found: &AccessPolicy) -> String {
    format!(
        "import {{\n  to = eksauth_access_policy_association.NAME\n  id = \"{}#{}#{}\"\n}}",
        about.cluster, about.principal_arn, found.policy_arn
    )
}

pub(super) fn exists(about: &About, found: &AccessPolicy) -> Diagnostic {
    Diagnostic::error(
        EXISTS,
        format!(
            "{} counts already {}. Nothing was changed. Import it, or set `on_conflict = \"adopt\"`:\n\n{}",
            about.text(),
            scope(found),
            import_block(about, found)
        ),
    )
    .at(at("policy_arn"))
}

/// The same at plan, where another resource of the configuration may yet give it up.
pub(super) fn exists_at_plan(
    about: &About,
    planned: &AccessPolicyAssociationModel,
    found: &AccessPolicy,
) -> Diagnostic {
    let outlook = match planned.on_conflict == Attr::Known("adopt".to_owned()) {
        true => "It is adopted: it gets the scope from here, and survives destroy.".to_owned(),
        false => format!(
            "Unless another resource of this configuration gives it up in the same apply, apply ends with an error. Import it, or set `on_conflict = \"adopt\"`:\n\n{}",
            import_block(about, found)
        ),
    };
    Diagnostic::warning(
        EXISTS,
        format!(
            "{} counts already {}. {outlook}",
            about.text(),
            scope(found)
        ),
    )
    .at(at("policy_arn"))
}

pub(super) fn adopted_stays(about: &About, found: &AccessPolicy) -> Diagnostic {
    Diagnostic::warning(
        "Adopted Access Policy Stays",
        format!(
            "{} was there before it was adopted, so it stays and counts {}. Take it away with `aws eks disassociate-access-policy` if nobody needs it.",
            about.text(),
            scope(found)
        ),
    )
}

pub(super) fn no_entry(about: &About) -> Diagnostic {
    Diagnostic::error(
        "No Access Entry",
        format!(
            "{} cannot be associated: the principal has no access entry in this cluster. Make one with `eksauth_access_entry`, and pass its `principal_arn` here, so that it is \
             made first. The ARN is compared with its path.",
            about.text()
        ),
    )
    .at(at("principal_arn"))
}

pub(super) fn mode_without_entries(about: &About) -> Diagnostic {
    Diagnostic::warning(
        "Cluster Takes No Access Entries Yet",
        format!(
            "{} is planned while the cluster's authentication mode is CONFIG_MAP, in which EKS takes none. Apply waits while the cluster is being updated, and ends with \
             an error if the mode stays.",
            about.text()
        ),
    )
}

pub(super) fn moved_without_names() -> Diagnostic {
    Diagnostic::error(
        "Cannot Move Access Policy Association",
        "The state of the `aws_eks_access_policy_association` lacks its cluster, principal or policy, so it cannot be taken over. Run `terraform refresh` with hashicorp/aws \
         first, or import the association.",
    )
}

pub(super) fn malformed_import_id(id: &str) -> Diagnostic {
    Diagnostic::error(
        "Invalid Import Id",
        format!(
            "`{id}` is not the import id of an association: write `cluster#principal_arn#policy_arn`, as in \
             `prod#arn:aws:iam::111122223333:role/platform#AmazonEKSViewPolicy`, with `@region` at the end where the provider block names another one."
        ),
    )
}

pub(super) fn nothing_to_import(about: &About) -> Diagnostic {
    Diagnostic::error(
        "Nothing To Import",
        format!(
            "{} is not associated. `aws eks list-associated-access-policies --cluster-name {} --principal-arn {}` lists what is.",
            about.text(),
            about.cluster,
            about.principal_arn
        ),
    )
}
