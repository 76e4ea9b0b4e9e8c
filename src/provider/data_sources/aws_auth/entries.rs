//! The entries as the server reads them, each with what becomes of it.

use eksauth_core::access::findings::{MappingFinding, caller_of};
use eksauth_core::aws_auth::username_template::{
    TemplateCaller, TemplateFinding, TemplateUse, check,
};
use eksauth_core::aws_auth::{EffectiveState, ReadEntry, Section};
use tf_provider::Attr;

use super::{RoleEntry, UserEntry, number};
use crate::aws_auth::rules::Kind;
use crate::aws_auth::{Document, key};

/// The entries of `mapRoles`.
pub(super) fn roles(document: &Document, findings: &[MappingFinding]) -> Vec<RoleEntry> {
    let role = |(entry, reason): (&ReadEntry, Option<String>)| RoleEntry {
        rolearn: Attr::Known(entry.arn.clone()),
        username: Attr::Known(entry.username.clone()),
        groups: texts(&entry.groups),
        line: number(entry.line),
        is_node: Attr::Known(entry.is_node()),
        is_fargate: Attr::Known(entry.is_fargate()),
        effective: Attr::Known(reason.is_none()),
        effective_username: effective_username(entry, reason.is_none()),
        findings: ids(entry, findings),
        reason: reason.into(),
    };
    with_reasons(document, Section::MapRoles)
        .map(role)
        .collect()
}

/// The entries of `mapUsers`.
pub(super) fn users(document: &Document, findings: &[MappingFinding]) -> Vec<UserEntry> {
    let user = |(entry, reason): (&ReadEntry, Option<String>)| UserEntry {
        userarn: Attr::Known(entry.arn.clone()),
        username: Attr::Known(entry.username.clone()),
        groups: texts(&entry.groups),
        line: number(entry.line),
        effective: Attr::Known(reason.is_none()),
        effective_username: effective_username(entry, reason.is_none()),
        findings: ids(entry, findings),
        reason: reason.into(),
    };
    with_reasons(document, Section::MapUsers)
        .map(user)
        .collect()
}

/// The entries of a section, each with the reason why the server answers nobody with it.
fn with_reasons(
    document: &Document,
    section: Section,
) -> impl Iterator<Item = (&ReadEntry, Option<String>)> {
    let entries = document.reading().section(section);
    let line_of = |index: usize| {
        entries
            .iter()
            .find(|entry| entry.index == index)
            .map_or(0, |entry| entry.line)
    };
    document.reading().effective(section).into_iter().map(move |fate| {
        let reason = match fate.state {
            EffectiveState::ShadowedBy { by } => Some(format!("a later entry of the same ARN, in line {}, takes its place", line_of(by))),
            EffectiveState::Random => Some("there are entries of the same ARN in different case, and the server picks one at random".to_owned()),
            EffectiveState::Wins => never_matches(fate.entry)
                .or_else(|| asked_later(document, fate.entry))
                .or_else(|| never_rendered(fate.entry)),
        };
        (fate.entry, reason)
    })
}

/// Why nobody has the ARN as it is written. The server looks for roles and users in both sections.
fn never_matches(entry: &ReadEntry) -> Option<String> {
    if entry.sso.is_some() {
        return Some("the cluster is not known to read entries of IAM Identity Center".to_owned());
    }
    let kinds = match entry.section {
        Section::MapUsers => [Kind::User, Kind::Role],
        Section::MapRoles | Section::MapAccounts => [Kind::Role, Kind::User],
    };
    let [of_section, of_other] = kinds.map(|kind| kind.canonical(&entry.arn));
    match of_section.clone().or(of_other) {
        Ok(canonical) if key(&canonical) == key(&entry.arn) => None,
        Ok(canonical) => Some(format!(
            "no caller has this ARN; the server knows the principal as `{canonical}`"
        )),
        Err(_) => of_section.err(),
    }
}

/// Roles are asked first, whatever kind of ARN they have.
fn asked_later(document: &Document, entry: &ReadEntry) -> Option<String> {
    if entry.section != Section::MapUsers {
        return None;
    }
    let first = *document.find(Section::MapRoles, &entry.arn).last()?;
    Some(format!(
        "an entry of mapRoles for the same ARN, in line {}, is asked first",
        first.line
    ))
}

/// Why the server refuses everyone whom the entry matches.
fn never_rendered(entry: &ReadEntry) -> Option<String> {
    let caller = caller_of(entry);
    let is_never =
        |name: &String, used_as| check(name, used_as).contains(&TemplateFinding::NeverAnInstance);
    let never = is_never(&entry.username, TemplateUse::Username(caller))
        || entry
            .groups
            .iter()
            .any(|group| is_never(group, TemplateUse::Group(caller)));
    never.then(|| {
        "`{{EC2PrivateDNSName}}` has a value for EC2 instances only, and callers of this ARN are none: the server refuses them".to_owned()
    })
}

/// The username with what is the same for every caller of the entry put in.
fn effective_username(entry: &ReadEntry, is_effective: bool) -> Attr<String> {
    if !is_effective {
        return Attr::Null;
    }
    let account = entry.arn.split(':').nth(4).unwrap_or_default();
    let name = entry.username.replace("{{AccountID}}", account);
    Attr::Known(match caller_of(entry) {
        TemplateCaller::User => name
            .replace("{{SessionName}}", "")
            .replace("{{SessionNameRaw}}", ""),
        TemplateCaller::Role | TemplateCaller::Person => name,
    })
}

fn ids(entry: &ReadEntry, findings: &[MappingFinding]) -> Attr<Vec<Attr<String>>> {
    let is_of_entry = |finding: &&MappingFinding| {
        finding.section == entry.section && finding.index == Some(entry.index)
    };
    let ids = findings.iter().filter(is_of_entry);
    Attr::Known(
        ids.map(|finding| Attr::Known(finding.id.to_owned()))
            .collect(),
    )
}

fn texts(values: &[String]) -> Attr<Vec<Attr<String>>> {
    Attr::Known(values.iter().cloned().map(Attr::Known).collect())
}
