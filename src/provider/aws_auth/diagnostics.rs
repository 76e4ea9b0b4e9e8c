//! The messages about entries: what is there, what was wanted, whose fault it is and what to do.

use eksauth_core::aws_auth::{Entry, ReadEntry, Section};
use tf_provider::{Diagnostic, Diagnostics};

mod existing;
mod groups;

pub use existing::{
    Importer, exists, exists_at_plan, overwritten, taken_over, will_be_overwritten,
    will_be_taken_over,
};
pub(crate) use groups::groups;

/// How messages name the cluster, and what an import id of one of its entries ends with.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ClusterName {
    /// Its name.
    pub name: String,
    /// `@region` where the provider's own region is another one.
    pub id_suffix: String,
}

/// What held entries of the state is no more.
pub(crate) fn config_map_gone(cluster: &ClusterName) -> Diagnostic {
    let name = &cluster.name;
    Diagnostic::warning(
        "aws-auth Is Gone",
        format!(
            "The state has entries in aws-auth of cluster `{name}`, and the cluster has no ConfigMap `kube-system/aws-auth` any more, so everybody whom \
             only its entries let in is out, nodes too. An apply makes it anew with the entries of this configuration and no others. To have \
             back what stood there: `terraform-provider-eksauth restore --cluster {name}` lists the copies that were kept before earlier writes, and \
             `restore NAME --cluster {name}` puts one back."
        ),
    )
}

/// `username `a`, groups `x`, `y``.
pub fn meaning(entry: &Entry) -> String {
    match entry {
        Entry::Account(_) => "the whole account".to_owned(),
        _ if entry.groups().is_empty() => format!("username `{}`, no groups", entry.username()),
        _ => {
            let mut groups = entry.groups().to_vec();
            groups.sort();
            groups.dedup();
            format!(
                "username `{}`, groups `{}`",
                entry.username(),
                groups.join("`, `")
            )
        }
    }
}

/// The same for an entry that was read, with its place.
pub fn meaning_read(entry: &ReadEntry) -> String {
    match entry.to_entry() {
        Some(written) => format!(
            "{} ({}, line {})",
            meaning(&written),
            entry.section,
            entry.line
        ),
        None => format!(
            "an entry of IAM Identity Center ({}, line {})",
            entry.section, entry.line
        ),
    }
}

fn list(entries: &[&ReadEntry]) -> String {
    let is_one_spelling = entries.windows(2).all(|pair| match pair {
        [one, other] => one.arn == other.arn,
        _ => true,
    });
    let line = |entry: &&ReadEntry| {
        let meaning = meaning_read(entry);
        if is_one_spelling {
            format!("  there    {meaning}\n")
        } else {
            format!("  there    `{}`: {meaning}\n", entry.arn)
        }
    };
    entries.iter().map(line).collect()
}

/// IAM has none of these roles, which new entries name.
pub(crate) fn roles_not_there(cluster: &ClusterName, account: &str, arns: &[&str]) -> Diagnostic {
    let list: String = arns.iter().map(|arn| format!("  {arn}\n")).collect();
    Diagnostic::warning(
        "Role Not There Yet",
        format!(
            "IAM of account `{account}` has no such role, and new entries of aws-auth of cluster `{}` name it:\n\n{list}\nIf this apply makes the role, it is \
             not there yet: use its `arn` attribute instead of a text, so that Terraform makes the role first. If not, check the name: nobody comes in by an \
             entry whose role does not exist, and whoever makes a role of that name later has what the entry gives. Finding: role.missing",
            cluster.name
        ),
    )
}

/// The entry was changed by someone else after the plan was made.
pub fn edited(
    cluster: &ClusterName,
    remembered: &Entry,
    wanted: Option<&Entry>,
    there: &[&ReadEntry],
) -> Diagnostic {
    let wanted = wanted.map_or_else(
        || "nothing (the entry was to be removed)".to_owned(),
        meaning,
    );
    Diagnostic::error(
        "Entry Changed Meanwhile",
        format!(
            "Someone changed the entry of `{}` in aws-auth of cluster `{}` after this was planned:\n\n  planned  {}\n{}  wanted   {wanted}\n\n\
             It was left as it is; other changes of this apply go on. Plan again to see the entry as it is now.",
            remembered.arn(),
            cluster.name,
            meaning(remembered),
            list(there),
        ),
    )
}

/// The entry was removed by someone else after the plan was made.
pub fn vanished(cluster: &ClusterName, remembered: &Entry, wanted: &Entry) -> Diagnostic {
    Diagnostic::error(
        "Entry Removed Meanwhile",
        format!(
            "Someone removed the entry of `{}` from aws-auth of cluster `{}` after this was planned:\n\n  planned  {}\n  there    nothing\n  \
             wanted   {}\n\nIt was not added again, because access may have been taken away on purpose; other changes of this apply go on. Plan \
             again: the plan then adds it.",
            remembered.arn(),
            cluster.name,
            meaning(remembered),
            meaning(wanted),
        ),
    )
}

const TWO_RESOURCES: &str = "Two Resources For One Entry";

/// Two resources of one configuration want the same entry.
pub fn collide(
    cluster: &ClusterName,
    entry: &str,
    section: Section,
    one: &str,
    other: &str,
) -> Diagnostic {
    Diagnostic::error(
        TWO_RESOURCES,
        format!(
            "{one} and {other} both want the entry `{entry}` of {section} in aws-auth of cluster `{}`. The server would use only one of them, so \
             neither this one nor a second entry was written. Remove one of the two resources.",
            cluster.name
        ),
    )
}

/// Two resources of one configuration for one entry, as a plan sees them.
pub struct TwoResources<'a> {
    /// The cluster's name; empty where the provider block says it.
    pub cluster: &'a str,
    /// The entry's ARN or account.
    pub entry: &'a str,
    /// Where it stands.
    pub section: Section,
    /// The one that was planned later.
    pub later: &'a str,
    /// The one before.
    pub earlier: &'a str,
}

impl TwoResources<'_> {
    /// One of them is new: nothing is lost if it is not made.
    pub fn refused(&self) -> Diagnostic {
        let advice = "Remove one of the two resources.";
        Diagnostic::error(TWO_RESOURCES, self.text(advice))
    }

    /// Both are in the state. A refusal would also stop a destroy, whose plan begins as any other; what must not be written is refused at apply.
    pub fn both_in_state(&self) -> Diagnostic {
        let advice = "Remove one of the two resources; the entry stays, because the other one holds it. Until then no change of it is written.";
        Diagnostic::warning(TWO_RESOURCES, self.text(advice))
    }

    fn text(&self, advice: &str) -> String {
        let cluster = match self.cluster {
            "" => String::new(),
            name => format!(" of cluster `{name}`"),
        };
        format!(
            "{} and {} both hold the entry `{}` of {} in aws-auth{cluster}, and there can be only one of it. {advice}",
            self.earlier, self.later, self.entry, self.section
        )
    }
}

const REMOVAL_IN_DOUBT: &str = "Removal In Doubt";

/// A removal that would cost what the guard protects, of an entry that another resource may hold.
pub fn refused_in_doubt(cluster: &ClusterName, label: &str, reasons: &Diagnostics) -> Diagnostic {
    let reasons: Vec<String> = reasons
        .iter()
        .map(|reason| format!("{}. {}", reason.summary, reason.detail))
        .collect();
    Diagnostic::error(
        REMOVAL_IN_DOUBT,
        format!(
            "{label} is to be removed from aws-auth of cluster `{}`, and this apply does not know whether another resource of the configuration \
             holds the entry: what the plan noted of that stands in `eksauth-claims` below Terraform's data folder, and it is not there. Nothing of \
             the entry was changed.\n\nIf only the address of the resource changed, apply again: the entry then stays, whoever holds it. A `moved` block \
             says the same before, and nothing is planned at all:\n\nmoved {{\n  from = OLD_ADDRESS\n  to   = NEW_ADDRESS\n}}\n\nIf the entry is to go, \
             this stands against it:\n\n{}",
            cluster.name,
            reasons.join("\n\n")
        ),
    )
}

/// True for a refusal of [`refused_in_doubt`].
pub fn is_refused_in_doubt(reasons: &Diagnostics) -> bool {
    reasons
        .iter()
        .any(|reason| reason.summary == REMOVAL_IN_DOUBT)
}

/// The same once more: the entry stays, and the resource is gone from the state.
pub fn kept_in_doubt(cluster: &ClusterName, label: &str) -> Diagnostic {
    Diagnostic::warning(
        "Entry Kept",
        format!(
            "{label} is gone from the state, and its entry stays in aws-auth of cluster `{}`: an apply before this one was refused to remove it, and \
             whether another resource of the configuration holds it is still not known here. If none does, nobody manages it any more: import it \
             to remove it.",
            cluster.name
        ),
    )
}

/// An exclusive whole map stands beside entry resources.
pub fn exclusive(cluster: &ClusterName, map: &str, other: &str) -> Diagnostic {
    Diagnostic::error(
        "Exclusive Map Beside Other Resources",
        format!(
            "{map} wants aws-auth of cluster `{}` for itself, and {other} writes into it too: at each apply the one would take away what the \
             other adds. Remove one of them, or set `exclusive = false` on the map.",
            cluster.name
        ),
    )
}

/// Other entries of the same ARN stay behind a removal.
pub fn still_mapped(cluster: &ClusterName, entry: &Entry, left: &[&ReadEntry]) -> Diagnostic {
    Diagnostic::warning(
        "Principal Still Mapped",
        format!(
            "The entry of `{}` was removed from aws-auth of cluster `{}`, but the document has other entries for it, which are not managed \
             here and now count:\n\n{}\nRemove them too if the principal is to lose its access.",
            entry.arn(),
            cluster.name,
            list(left)
        ),
    )
}

/// Several equal entries were removed.
pub fn duplicates_removed(cluster: &ClusterName, entry: &Entry, count: usize) -> Diagnostic {
    Diagnostic::warning(
        "Duplicate Entries Removed",
        format!(
            "aws-auth of cluster `{}` had the entry of `{}` {count} times with the same meaning. All of them were removed: one left behind would \
             still give access.",
            cluster.name,
            entry.arn()
        ),
    )
}

/// A section does not parse, so nothing about its entries can be known or changed.
pub fn unparsed(cluster: &ClusterName, section: Section, place: &str) -> Diagnostic {
    Diagnostic::error(
        "Section Cannot Be Parsed",
        format!(
            "{section} in aws-auth of cluster `{}` does not parse: {place}. The cluster reads the whole section as empty today, so none of its \
             entries gives access. Nothing was changed. Mend that line, for example with \
             `kubectl edit configmap aws-auth -n kube-system`, or with `repair = true` on an `eksauth_aws_auth`, and run again.",
            cluster.name
        ),
    )
}

/// The object takes no change.
pub fn unwritable(cluster: &ClusterName, reason: &str) -> Diagnostic {
    Diagnostic::error(
        "ConfigMap Cannot Be Changed",
        format!(
            "aws-auth of cluster `{}`: {reason}. Nothing of this change was written.",
            cluster.name
        ),
    )
}
