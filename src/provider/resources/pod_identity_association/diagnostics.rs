//! What is said of Pod Identity associations.

use tf_provider::{Attr, AttributePath, Diagnostic};

use super::schema::PodIdentityAssociationModel;
use crate::access::pod_identity::AccountName;
use crate::diagnostics::api_failure;
use crate::ports::ApiError;
use crate::ports::eks::{NewAssociation, PodIdentityAssociation};

pub(super) mod trust;

fn at(attribute: &str) -> AttributePath {
    AttributePath::attribute(attribute)
}

/// An association by what a practitioner calls it.
#[derive(Clone, Debug)]
pub(super) struct About {
    /// Its service account.
    pub(super) account: AccountName,
    /// `prod`.
    pub(super) cluster: String,
}

impl About {
    /// For an error.
    pub(super) fn text(&self) -> String {
        format!(
            "Pod Identity association of service account `{}` in namespace `{}` of cluster `{}`",
            self.account.name, self.account.namespace, self.cluster
        )
    }

    /// Within a sentence.
    fn account(&self) -> String {
        format!(
            "service account `{}` in namespace `{}` of cluster `{}`",
            self.account.name, self.account.namespace, self.cluster
        )
    }

    fn import_block(&self) -> String {
        format!(
            "  import {{\n    to = eksauth_pod_identity_association.NAME\n    id = \"{}/{}/{}\"\n  }}",
            self.cluster, self.account.namespace, self.account.name
        )
    }
}

pub(super) fn policy_with_session_tags() -> Diagnostic {
    Diagnostic::error(
        "Policy Needs Session Tags Off",
        "EKS takes a session policy only where session tags are off. Set `disable_session_tags = true` beside `policy`; trust policies that compare `aws:RequestTag/…` let \
         nobody in then.",
    )
    .at(at("policy"))
}

pub(super) fn cannot_read(about: &About, error: &ApiError) -> Diagnostic {
    cannot_read_named(&about.text(), error)
}

pub(super) fn cannot_read_named(what: &str, error: &ApiError) -> Diagnostic {
    api_failure::failed("Cannot Read Pod Identity Association", what, error)
}

pub(super) fn cannot_create(about: &About, error: &ApiError) -> Diagnostic {
    api_failure::failed(
        "Cannot Create Pod Identity Association",
        &about.text(),
        error,
    )
}

pub(super) fn cannot_change(about: &About, error: &ApiError) -> Diagnostic {
    api_failure::failed(
        "Cannot Change Pod Identity Association",
        &about.text(),
        error,
    )
}

pub(super) fn cannot_delete(about: &About, error: &ApiError) -> Diagnostic {
    api_failure::failed(
        "Cannot Delete Pod Identity Association",
        &about.text(),
        error,
    )
}

const EXISTS: &str = "Pod Identity Association Exists Already";

/// There is one, and nobody wants it adopted.
pub(super) fn exists_already(
    about: &About,
    existing: &PodIdentityAssociation,
    wanted: &NewAssociation,
) -> Diagnostic {
    let target = |arn: &Option<String>| match arn {
        Some(arn) => format!(", and from it `{arn}`"),
        None => String::new(),
    };
    Diagnostic::error(
        EXISTS,
        format!(
            "A service account has one Pod Identity association at most, and {} has `{}` already. Nothing was changed.\n\n  exists      `{}`{}\n  configured  `{}`{}\n\n{}",
            about.account(),
            existing.id,
            existing.role_arn,
            target(&existing.target_role_arn),
            wanted.role_arn,
            target(&wanted.target_role_arn),
            ways(about)
        ),
    )
    .at(at("service_account"))
}

/// The same at plan, where it is not known yet whether another address gives it up.
pub(super) fn exists_at_plan(about: &About, id: &str) -> Diagnostic {
    Diagnostic::warning(
        EXISTS,
        format!(
            "A service account has one Pod Identity association at most, and {} has `{id}` already. Unless another resource of this configuration gives it up in the same \
             apply, the apply is refused. {}",
            about.account(),
            ways(about)
        ),
    )
    .at(at("service_account"))
}

pub(super) fn will_be_adopted(about: &About, id: &str) -> Diagnostic {
    Diagnostic::warning(
        EXISTS,
        format!(
            "{} has the Pod Identity association `{id}` already. Apply adopts it: it gets what is set here, its pods get the role of here, and it survives destroy.",
            capitalized(&about.account())
        ),
    )
}

fn ways(about: &About) -> String {
    format!(
        "To manage it here, import it:\n\n{}\n\nor set `on_conflict = \"adopt\"`: then it gets what is set here and survives destroy.",
        about.import_block()
    )
}

pub(super) fn adopted(about: &About, existing: &PodIdentityAssociation) -> Diagnostic {
    Diagnostic::warning(
        "Pod Identity Association Adopted",
        format!(
            "{} had the Pod Identity association `{}` already, with the role `{}`. It is managed here from now on and survives destroy.",
            capitalized(&about.account()),
            existing.id,
            existing.role_arn
        ),
    )
}

pub(super) fn adopted_stays(about: &About) -> Diagnostic {
    Diagnostic::warning(
        "Adopted Pod Identity Association Stays",
        format!(
            "{} was there before this configuration, so it is only forgotten here and stays as it is now.",
            about.text()
        ),
    )
}

const OWNED: &str = "Pod Identity Association Belongs To An Add-on";

/// An add-on's association, whatever is wanted of it.
pub(super) fn owned(account: &AccountName, owner: &str) -> Diagnostic {
    Diagnostic::error(
        OWNED,
        format!(
            "The Pod Identity association of service account `{}` in namespace `{}` belongs to the add-on `{owner}`, which makes, changes and deletes it. Nothing was changed: \
             what is set beside the add-on is undone with its next update. Set the role in the add-on (`pod_identity_association` of `aws_eks_addon`), and leave this resource out; \
             one that the state has goes with a `removed` block.",
            account.name, account.namespace
        ),
    )
    .at(at("service_account"))
}

pub(super) fn owned_at_import(what: &str, owner: &str) -> Diagnostic {
    Diagnostic::error(
        OWNED,
        format!(
            "{what} belongs to the add-on `{owner}`, which makes, changes and deletes it. Set the role in the add-on (`pod_identity_association` of `aws_eks_addon`), and remove \
             the import."
        ),
    )
}

/// It is gone, or another one, since the plan.
pub(super) fn changed_meanwhile(about: &About) -> Diagnostic {
    Diagnostic::error(
        "Pod Identity Association Changed Meanwhile",
        format!(
            "{} was deleted by somebody else after the plan. Nothing was changed here. Plan and apply again.",
            about.text()
        ),
    )
}

/// It was deleted to be made without a value that EKS does not take off, and could not be made again.
pub(super) fn not_made_again(about: &About) -> Diagnostic {
    Diagnostic::error(
        "Pod Identity Association Is Gone",
        format!(
            "{} had to be made anew, because EKS kept what was taken out of it. It was deleted, and making it again failed: its pods get no new credentials until the next apply \
             makes it.",
            about.text()
        ),
    )
}

/// What tells one resource for a service account from another.
pub(super) fn label(model: &PodIdentityAssociationModel) -> String {
    match model.role_arn.known() {
        Some(role) => format!("one with `role_arn = \"{role}\"`"),
        None => "one whose role is not known yet".to_owned(),
    }
}

const TWO_RESOURCES: &str = "Two Resources For One Pod Identity Association";

/// Two resources stand for one association, and one of them is new.
pub(super) fn two_resources(model: &PodIdentityAssociationModel, labels: [&str; 2]) -> Diagnostic {
    let advice = "Nothing was changed. Keep one of them, and remove the other.";
    let text = two_resources_text(model, labels, advice);
    Diagnostic::error(TWO_RESOURCES, text).at(at("service_account"))
}

/// Both are in the state. A refusal would also stop a destroy, whose plan begins as any other.
pub(super) fn both_in_state(model: &PodIdentityAssociationModel, labels: [&str; 2]) -> Diagnostic {
    let advice = "Each apply undoes what the other one sets. Keep one of them, and remove the other: the association stays, because one still holds it.";
    let text = two_resources_text(model, labels, advice);
    Diagnostic::warning(TWO_RESOURCES, text).at(at("service_account"))
}

fn two_resources_text(
    model: &PodIdentityAssociationModel,
    [earlier, later]: [&str; 2],
    advice: &str,
) -> String {
    let text = |value: &Attr<String>| value.known().cloned().unwrap_or_default();
    format!(
        "Two `eksauth_pod_identity_association` of this configuration stand for service account `{}` in namespace `{}` of `{}`: {earlier}, and {later}. A service account has one \
         at most. {advice}",
        text(&model.service_account),
        text(&model.namespace),
        text(&model.cluster_arn)
    )
}

/// An import id that is none.
pub(super) fn malformed_import_id(id: &str) -> Diagnostic {
    Diagnostic::error(
        "Invalid Import Id",
        format!(
            "`{id}` is not the import id of a Pod Identity association: write `cluster/namespace/service_account`, such as `prod/apps/reader`, or `cluster,id`, such as \
             `prod,a-1234567890abcdefg`. A region may follow: `prod/apps/reader@eu-west-1`."
        ),
    )
}

/// Nothing to import.
pub(super) fn nothing_to_import(what: &str) -> Diagnostic {
    Diagnostic::error(
        "Nothing To Import",
        format!("{what} does not exist, so there is nothing to import."),
    )
}

/// A `moved` block from a state that has no association in it.
pub(super) fn moved_without_an_arn() -> Diagnostic {
    Diagnostic::error(
        "Unreadable State",
        "The state of the `aws_eks_pod_identity_association` has no `association_id` and `association_arn`, so there is nothing to take over. Refresh it with the hashicorp/aws \
         provider first, or use a `removed` and an `import` block instead of `moved`.",
    )
}

fn capitalized(text: &str) -> String {
    let mut letters = text.chars();
    match letters.next() {
        Some(first) => format!("{}{}", first.to_uppercase(), letters.as_str()),
        None => String::new(),
    }
}
