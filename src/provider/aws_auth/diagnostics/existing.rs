//! The messages about entries that are there already: the same is taken over, another one only where the practitioner says so.

use std::collections::BTreeSet;

use eksauth_core::aws_auth::{Entry, ReadEntry};
use tf_provider::Diagnostic;

use super::{ClusterName, list, meaning};

/// Who wants an entry, as an import block would name it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Importer {
    /// The resource's type.
    pub resource: &'static str,
    /// True for a whole map, which is imported as one.
    pub is_map: bool,
}

/// Another entry of the ARN is there.
pub fn exists(
    importer: Importer,
    cluster: &ClusterName,
    wanted: &Entry,
    there: &[&ReadEntry],
) -> Diagnostic {
    let found = another_entry(cluster, wanted, there);
    let way_out = take_it_over(importer, cluster, wanted);
    Diagnostic::error(
        "Entry Exists Already",
        format!("{found}Nothing of it was changed. {way_out}"),
    )
}

/// Another entry of the ARN is there at plan; another change of the same plan may remove it.
pub fn exists_at_plan(
    importer: Importer,
    cluster: &ClusterName,
    wanted: &Entry,
    there: &[&ReadEntry],
) -> Diagnostic {
    let found = another_entry(cluster, wanted, there);
    let way_out = take_it_over(importer, cluster, wanted);
    Diagnostic::warning(
        "Entry Exists Already",
        format!(
            "{found}Apply will refuse to overwrite it, unless another change of this plan removes it. {way_out}"
        ),
    )
}

fn another_entry(cluster: &ClusterName, wanted: &Entry, there: &[&ReadEntry]) -> String {
    format!(
        "aws-auth of cluster `{}` has another entry for `{}`:\n\n{}  wanted   {}\n{}\n",
        cluster.name,
        wanted.arn(),
        list(there),
        meaning(wanted),
        differences(wanted, there),
    )
}

/// Field by field, in what the entry that counts differs from the one that is wanted.
fn differences(wanted: &Entry, there: &[&ReadEntry]) -> String {
    let Some(counts) = there.last().and_then(|entry| entry.to_entry()) else {
        return String::new();
    };
    let mut lines = Vec::new();
    if counts.username() != wanted.username() {
        lines.push(format!(
            "username: `{}` is there, `{}` is wanted",
            counts.username(),
            wanted.username()
        ));
    }
    let groups = |entry: &Entry| entry.groups().iter().cloned().collect::<BTreeSet<String>>();
    let (has, wants) = (groups(&counts), groups(wanted));
    let only = |one: &BTreeSet<String>, other: &BTreeSet<String>, what: &str| {
        let names: Vec<&str> = one.difference(other).map(String::as_str).collect();
        (!names.is_empty()).then(|| format!("`{}` {what}", names.join("`, `")))
    };
    let sides = [
        only(&has, &wants, "only there"),
        only(&wants, &has, "only wanted"),
    ];
    let sides: Vec<String> = sides.into_iter().flatten().collect();
    if !sides.is_empty() {
        lines.push(format!("groups: {}", sides.join(", ")));
    }
    lines
        .iter()
        .map(|line| format!("  differs  {line}\n"))
        .collect()
}

fn take_it_over(importer: Importer, cluster: &ClusterName, wanted: &Entry) -> String {
    let ClusterName { name, id_suffix } = cluster;
    let arn = wanted.arn();
    let Importer { resource, is_map } = importer;
    if is_map {
        return format!(
            "To have this map overwrite what is there, and leave every other entry as it is: `on_conflict = \"adopt\"`. Or import aws-auth:\n\n\
             import {{\n  to = {resource}.NAME\n  id = \"{name}{id_suffix}\"\n}}\n\nAn imported map answers for every entry: the next plan then removes \
             what the configuration does not name, but for the ARNs and accounts in `leave`."
        );
    }
    format!(
        "To take it over, import it:\n\nimport {{\n  to = {resource}.NAME\n  id = \"{name}#{arn}{id_suffix}\"\n}}\n\nThe next plan then shows what would \
         change. Or have this resource overwrite what is there: `on_conflict = \"adopt\"`."
    )
}

fn named<'a>(entries: impl IntoIterator<Item = &'a Entry>) -> String {
    let named = entries.into_iter();
    named
        .map(|entry| format!("  {} ({})\n", entry.arn(), meaning(entry)))
        .collect()
}

/// The same entries are there at plan.
pub fn will_be_taken_over(cluster: &ClusterName, entries: &[&Entry]) -> Diagnostic {
    let list = named(entries.iter().copied());
    Diagnostic::warning(
        "Entry Will Be Taken Over",
        format!(
            "aws-auth of cluster `{}` has this already, with the same meaning:\n\n{list}\nApply takes it over and writes nothing of it. From then on it is \
             managed here, and a removal of the resource removes it.",
            cluster.name
        ),
    )
}

/// Another entry is there at plan, and the practitioner said that it is to be overwritten.
pub fn will_be_overwritten(
    cluster: &ClusterName,
    wanted: &Entry,
    there: &[&ReadEntry],
) -> Diagnostic {
    let found = another_entry(cluster, wanted, there);
    Diagnostic::warning(
        "Entry Will Be Overwritten",
        format!("{found}`on_conflict = \"adopt\"`: apply overwrites it."),
    )
}

/// The same entries were there already.
pub fn taken_over(cluster: &ClusterName, entries: &[Entry]) -> Diagnostic {
    let list = named(entries);
    Diagnostic::warning(
        "Entry Taken Over",
        format!(
            "aws-auth of cluster `{}` had this already, with the same meaning:\n\n{list}\nNothing of it was written; it is managed here from \
             now on.",
            cluster.name
        ),
    )
}

/// Another entry was overwritten because the practitioner said so.
pub fn overwritten(cluster: &ClusterName, entry: &Entry, there: &[&ReadEntry]) -> Diagnostic {
    Diagnostic::warning(
        "Entry Overwritten",
        format!(
            "`on_conflict = \"adopt\"`: aws-auth of cluster `{}` had another entry for `{}`, which was overwritten:\n\n{}  now      {}",
            cluster.name,
            entry.arn(),
            list(there),
            meaning(entry)
        ),
    )
}
