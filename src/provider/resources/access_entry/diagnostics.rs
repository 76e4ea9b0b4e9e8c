//! What is said of access entries.

mod capability;

pub(super) use capability::{capability_loses, of_capability};
use eksauth_core::access::access_entry::{EntryType, MisplacedPrincipal, PoliciesAllowed};
use tf_provider::{Attr, AttributePath, Diagnostic, Diagnostics};

use super::live::LiveEntry;
use super::schema::AccessEntryModel;
use super::stale::Stale;
use crate::access::access_policies::UnknownPolicy;
use crate::access::entry_guard::TakenBack;
use crate::diagnostics::api_failure::{self, sentence};
use crate::ports::{ApiError, ErrorKind};

pub(super) fn at(attribute: &str) -> AttributePath {
    AttributePath::attribute(attribute)
}

/// An entry by what a practitioner calls it.
#[derive(Clone, Debug)]
pub(super) struct About {
    /// Whose.
    pub(super) principal_arn: String,
    /// `prod`.
    pub(super) cluster: String,
}

impl About {
    /// For an error.
    pub(super) fn text(&self) -> String {
        format!(
            "Access entry of `{}` in cluster `{}`",
            self.principal_arn, self.cluster
        )
    }

    /// A policy of it.
    pub(super) fn policy(&self, name: &str) -> String {
        format!(
            "Access policy `{name}` of `{}` in cluster `{}`",
            self.principal_arn, self.cluster
        )
    }

    /// As the lock-out guard names it.
    pub(super) fn label(&self) -> String {
        format!("`eksauth_access_entry` `{}`", self.principal_arn)
    }

    fn import_id(&self) -> String {
        format!("{}:{}", self.cluster, self.principal_arn)
    }
}

/// A failed call, with what can be done about a quota of EKS.
pub(super) fn failed(title: &str, about: &About, error: &ApiError) -> Diagnostic {
    failed_about(title, &about.text(), error)
}

pub(in crate::resources) fn failed_about(title: &str, about: &str, error: &ApiError) -> Diagnostic {
    let told = api_failure::failed(title, about, error);
    if error.kind != ErrorKind::LimitExceeded {
        return told;
    }
    Diagnostic {
        detail: format!(
            "{about}: {}\n\nA cluster takes 3,000 access entries, and AWS does not raise that. Remove entries that nobody needs, or let several people assume one role \
             and give that role an entry.",
            error.detail()
        ),
        ..told
    }
}

pub(in crate::resources) fn misplaced(error: &MisplacedPrincipal) -> Diagnostic {
    Diagnostic::error("Invalid Principal", sentence(&error.to_string())).at(at("principal_arn"))
}

pub(super) fn names_of_nodes(attribute: &str, kind: EntryType) -> Diagnostic {
    Diagnostic::error(
        "Names Of Nodes Cannot Be Chosen",
        format!(
            "EKS sets user name and groups of an entry of type {} by itself and refuses `{attribute}`. Leave it out, or leave `type` out if the entry is for people \
             or programs.",
            kind.id()
        ),
    )
    .at(at(attribute))
}

pub(in crate::resources) fn policy_of_nodes(
    name: &str,
    kind: EntryType,
    allowed: PoliciesAllowed,
) -> Diagnostic {
    let instead = match allowed {
        PoliciesAllowed::Only(only) => format!("It takes {only} alone."),
        PoliciesAllowed::All | PoliciesAllowed::None => {
            "It takes none: what nodes may do, EKS gives them by itself.".to_owned()
        }
    };
    Diagnostic::error(
        "Access Policy Not For This Type",
        format!(
            "`{name}` cannot be associated with an entry of type {}. {instead}",
            kind.id()
        ),
    )
    .at(at("policies"))
}

pub(super) fn policy_twice(name: &str) -> Diagnostic {
    Diagnostic::error(
        "Access Policy Is Named Twice",
        format!(
            "`{name}` stands twice in `policies`, and an entry has each policy once. Name all of its namespaces in one place."
        ),
    )
    .at(at("policies"))
}

pub(super) fn exclusive_without_policies() -> Diagnostic {
    Diagnostic::error(
        "Exclusive Policies Without Policies",
        "`exclusive_policies` takes away every policy that is not in `policies`, and `policies` is not set. Name those that stay, or write `policies = []` if none \
         is to stay.",
    )
    .at(at("exclusive_policies"))
}

pub(in crate::resources) fn unknown_policy(unknown: &UnknownPolicy) -> Diagnostic {
    let nearest = match &unknown.nearest {
        Some(nearest) => format!(" `{nearest}` comes nearest."),
        None => String::new(),
    };
    Diagnostic::error(
        "No Such Access Policy",
        format!(
            "EKS has no access policy `{}` in this region.{nearest} `aws eks list-access-policies` lists all of them.",
            unknown.name
        ),
    )
}

/// The role or user has another path.
pub(super) fn another_path(written: &str, real: &str) -> Diagnostic {
    Diagnostic::error(
        "Invalid Principal",
        format!(
            "`{written}` has not the path that the principal has in IAM, and EKS compares the whole ARN. Write `{real}`."
        ),
    )
    .at(at("principal_arn"))
}

pub(super) fn no_principal(about: &About) -> Diagnostic {
    Diagnostic::warning(
        "Principal Does Not Exist",
        format!(
            "IAM has no `{}`. Unless this apply makes it, EKS refuses the entry.",
            about.principal_arn
        ),
    )
    .at(at("principal_arn"))
}

/// The entry lets nobody in any more.
pub(super) fn stale(about: &About, stale: &Stale, others: &[String]) -> Diagnostic {
    let was = match &stale.was {
        Some(was) => format!("for `{was}`, and the ARN is that of `{}` now", stale.is),
        None => format!("before the principal, `{}`, was made", stale.is),
    };
    let kept = match others {
        [] => String::new(),
        others => format!(
            ", and the new entry gets what the old one has from elsewhere: {}",
            others.join(", ")
        ),
    };
    Diagnostic::warning(
        "Access Entry Counts For Nobody",
        format!(
            "{} was made {was}: the role or user was deleted and made again. EKS goes by the unique id, so the entry looks as before and lets nobody in. It is \
             replaced{kept}.",
            about.text()
        ),
    )
    .at(at("principal_arn"))
}

/// Policies that an entry of another type cannot have.
pub(super) fn policies_of_old_type(about: &About, kind: &str, names: &[&str]) -> Diagnostic {
    Diagnostic::warning(
        "Access Policies Go With The Type",
        format!(
            "{} is made again with type {kind}, which cannot have what it got from elsewhere: {}. Remove what associates it.",
            about.text(),
            names.join(", ")
        ),
    )
    .at(at("type"))
}

pub(super) fn mode_without_entries(about: &About) -> Diagnostic {
    Diagnostic::warning(
        "Cluster Takes No Access Entries Yet",
        format!(
            "{} is planned while the cluster's authentication mode is CONFIG_MAP, in which EKS takes none. Apply waits while the cluster is being updated, and ends with \
             an error if the mode stays. Raise the mode to API_AND_CONFIG_MAP in the same configuration, and let this resource depend on it.",
            about.text()
        ),
    )
}

fn lines(found: &LiveEntry) -> String {
    let entry = &found.details.entry;
    let policies: Vec<String> = found
        .policies
        .iter()
        .map(|policy| match policy.namespaces.as_slice() {
            [] => policy.name().to_owned(),
            names => format!("{} in {}", policy.name(), names.join(", ")),
        })
        .collect();
    let or_none = |names: &[String]| match names.is_empty() {
        true => "none".to_owned(),
        false => names.join(", "),
    };
    format!(
        "  type: {}\n  user name: {}\n  groups: {}\n  policies: {}",
        entry.kind,
        entry.username,
        or_none(&entry.groups),
        or_none(&policies)
    )
}

const EXISTS: &str = "Access Entry Exists Already";

fn import_block(about: &About) -> String {
    format!(
        "import {{\n  to = eksauth_access_entry.NAME\n  id = \"{}\"\n}}",
        about.import_id()
    )
}

/// The cluster has one of the principal.
pub(super) fn exists(about: &About, found: &LiveEntry) -> Diagnostic {
    Diagnostic::error(
        EXISTS,
        format!(
            "{} is there already:\n{}\n\nNothing was changed. Import it, or set `on_conflict = \"adopt\"`:\n\n{}",
            about.text(),
            lines(found),
            import_block(about)
        ),
    )
    .at(at("principal_arn"))
}

/// The same at plan, where another address of the configuration may yet give it up.
pub(super) fn exists_at_plan(
    about: &About,
    planned: &AccessEntryModel,
    found: &LiveEntry,
) -> Diagnostic {
    let outlook = match planned.on_conflict == Attr::Known("adopt".to_owned()) {
        true => "It is adopted: it gets the user name and groups from here, keeps its other policies, and survives destroy.".to_owned(),
        false => format!(
            "Unless another resource of this configuration gives it up in the same apply, apply ends with an error. Import it, or set `on_conflict = \"adopt\"`:\n\n{}",
            import_block(about)
        ),
    };
    Diagnostic::warning(
        EXISTS,
        format!(
            "{} is there already:\n{}\n\n{outlook}",
            about.text(),
            lines(found)
        ),
    )
    .at(at("principal_arn"))
}

pub(super) fn taken_over(about: &About, found: &LiveEntry) -> Diagnostic {
    Diagnostic::warning(
        "Access Entry Is Taken Over",
        format!(
            "{} was there already:\n{}\n\nIt is managed here from now on, and survives destroy (`adopted = true`).",
            about.text(),
            lines(found)
        ),
    )
}

pub(super) fn another_type(about: &About, found: &LiveEntry, wanted: &str) -> Diagnostic {
    Diagnostic::error(
        "Access Entry Has Another Type",
        format!(
            "{} is there already with type {}, and {wanted} is wanted. EKS cannot change the type. Write `type = \"{}\"`, or delete the entry first if nothing uses it.",
            about.text(),
            found.details.entry.kind,
            found.details.entry.kind
        ),
    )
    .at(at("type"))
}

pub(super) fn adopted_stays(about: &About, found: &LiveEntry) -> Diagnostic {
    Diagnostic::warning(
        "Adopted Access Entry Stays",
        format!(
            "{} was there before it was adopted, so it stays and still gives:\n{}\n\nDelete it with `aws eks delete-access-entry` if nobody needs it.",
            about.text(),
            lines(found)
        ),
    )
}

pub(super) fn made_again_by_others(about: &About) -> Diagnostic {
    Diagnostic::warning(
        "Access Entry Belongs To Somebody Else",
        format!(
            "{} was deleted and made again by somebody else since it was made here, so it stays.",
            about.text()
        ),
    )
}

const TWO_RESOURCES: &str = "Two Resources For One Access Entry";

fn two_resources_text(model: &AccessEntryModel) -> String {
    let text = |value: &Attr<String>| value.known().cloned().unwrap_or_default();
    format!(
        "Two `eksauth_access_entry` of this configuration are for `{}` in `{}`, and a cluster has one entry of a principal.",
        text(&model.principal_arn),
        text(&model.cluster_arn)
    )
}

/// One of the two is new.
pub(super) fn two_resources(model: &AccessEntryModel) -> Diagnostic {
    let text = two_resources_text(model);
    Diagnostic::error(
        TWO_RESOURCES,
        format!("{text} Nothing was changed. Say everything in one of them, and remove the other."),
    )
    .at(at("principal_arn"))
}

/// Both are in the state. A refusal would also stop a destroy, whose plan begins as any other.
pub(super) fn both_in_state(model: &AccessEntryModel) -> Diagnostic {
    let text = two_resources_text(model);
    Diagnostic::warning(
        TWO_RESOURCES,
        format!("{text} Each apply undoes what the other one does. Remove one of them: the entry stays, because the other one still holds it."),
    )
    .at(at("principal_arn"))
}

const TWO_HOLDERS: &str = "Two Holders Of One Access Policy";

/// An association that stands in two places.
pub(in crate::resources) struct TwoHolders {
    text: String,
    /// What comes of it where both are in the state.
    consequence: &'static str,
    remedy: &'static str,
}

impl TwoHolders {
    pub(in crate::resources) fn as_error(&self) -> Diagnostic {
        let Self { text, remedy, .. } = self;
        Diagnostic::error(TWO_HOLDERS, format!("{text} Nothing was changed. {remedy}"))
    }

    pub(in crate::resources) fn as_warning(&self) -> Diagnostic {
        let Self {
            text,
            consequence,
            remedy,
        } = self;
        Diagnostic::warning(TWO_HOLDERS, format!("{text} {consequence} {remedy}"))
    }
}

pub(super) fn two_holders(model: &AccessEntryModel, policy: &str, other: &str) -> TwoHolders {
    let principal = model.principal_arn.known().map_or("", String::as_str);
    two_holders_of(principal, policy, other)
}

pub(in crate::resources) fn two_holders_of(
    principal: &str,
    policy: &str,
    other: &str,
) -> TwoHolders {
    TwoHolders {
        text: format!(
            "Access policy `{policy}` of `{principal}` stands twice in this configuration, the other time in {other}."
        ),
        consequence: "Whichever is removed takes the policy away.",
        remedy: "Leave it in one of them.",
    }
}

/// An association of a principal whose entry is to have no policies but its own. `association` names it.
pub(in crate::resources) fn held_beside_exclusive(
    principal: &str,
    association: &str,
) -> TwoHolders {
    TwoHolders {
        text: format!(
            "This configuration has {association} for `{principal}`, and the `eksauth_access_entry` of the same principal has `exclusive_policies = true`, which takes \
             away every policy that is not in its `policies`."
        ),
        consequence: "The policy stays, and each plan shows it as one that goes.",
        remedy: "Name the policy in `policies` and remove the association, or leave `exclusive_policies` out.",
    }
}

pub(super) fn moved_without_names() -> Diagnostic {
    Diagnostic::error(
        "Cannot Move Access Entry",
        "The state of the `aws_eks_access_entry` names no cluster or no principal, so it cannot be taken over. Run `terraform refresh` with hashicorp/aws first, or \
         import the entry.",
    )
}

pub(super) fn malformed_import_id(id: &str) -> Diagnostic {
    Diagnostic::error(
        "Invalid Import Id",
        format!(
            "`{id}` is not the import id of an access entry: write `cluster:principal_arn`, as in `prod:arn:aws:iam::111122223333:role/platform`, with `@region` at the \
             end where the provider block names another one."
        ),
    )
}

pub(super) fn nothing_to_import(about: &About) -> Diagnostic {
    Diagnostic::error(
        "Nothing To Import",
        format!(
            "{} does not exist. The principal's ARN is compared with its path; `aws eks list-access-entries --cluster-name {}` lists all.",
            about.text(),
            about.cluster
        ),
    )
}

/// A write took from whoever acts what it had.
/// A change that was made and taken back: why, and what became of it.
pub(in crate::resources) fn taken_back(
    about: &str,
    reason: &TakenBack,
    failed: Option<&ApiError>,
) -> Diagnostics {
    let became = match failed {
        None => "It was put back as it was.".to_owned(),
        Some(error) => format!(
            "It could not be put back: {} Use the AWS CLI with the same credentials: EKS does not ask the cluster who may change entries.",
            error.detail()
        ),
    };
    match reason {
        TakenBack::Lost(lost) => Diagnostic::error(
            "This Change Took Your Access",
            format!(
                "{about} was changed as planned, and after that the API server refused whoever runs this what it had before: {}. {became}",
                lost.join(", ")
            ),
        )
        .into(),
        TakenBack::Judged(reasons) => {
            let taken_back = |reason: &Diagnostic| {
                let text = format!("{}: {}\n\n{about}: {became}", reason.summary, reason.detail);
                Diagnostic::error("Change Of Access Entry Taken Back", text)
            };
            let mut told = Diagnostics::new();
            for reason in reasons.iter() {
                told.push(taken_back(reason));
            }
            told
        }
    }
}

pub(super) fn own_entry_goes_last(label: &str, open: usize) -> Diagnostic {
    Diagnostic::error(
        "The Caller's Own Access Goes Last",
        format!(
            "By {label} whoever applies comes in to remove the rest of this configuration, of which {open} are still there: they could not be removed, or none of them has \
             gone for a while. It was not removed. See their errors, if there are any, and apply again. If it is refused once more, Terraform removes it before they go, \
             because it refers to one of them: write the value out, and leave `depends_on` away."
        ),
    )
}
