//! aws-auth as it is now: its text, what the server makes of each entry, and what is wrong with it.
//!
//! API actions and permissions in the cluster: `eks:DescribeCluster`, and `get` on the ConfigMap. What changes with every foreign writer stands
//! here and never in a resource's state.

use std::collections::BTreeMap;

use eksauth_core::aws_auth::{EffectiveState, Problem, ReadEntry, Section};
use eksauth_core::mapping_findings::{MappingFinding, last_applied_findings};
use serde::{Deserialize, Serialize};
use tf_provider::{Attr, Context, DataSource, Diagnostic, Diagnostics, Schema};

use crate::aws_auth::place::Place;
use crate::aws_auth::rules::Kind;
use crate::aws_auth::{Document, digest, key};
use crate::client::Client;

mod schema;

#[cfg(test)]
mod tests;

/// The data source `eksauth_aws_auth`.
pub struct AwsAuthDataSource;

/// An entry of `mapRoles` as the server reads it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct RoleEntry {
    /// As it stands there; empty for an entry of IAM Identity Center.
    pub rolearn: Attr<String>,
    /// The username template; empty where it is no text.
    pub username: Attr<String>,
    /// The group templates in their order.
    pub groups: Attr<Vec<Attr<String>>>,
    /// The line within the section's text, from 1.
    pub line: Attr<i64>,
    /// Whether EKS writes it for EC2 nodes.
    pub is_node: Attr<bool>,
    /// Whether EKS writes it for Fargate.
    pub is_fargate: Attr<bool>,
    /// Whether the server answers anyone with it.
    pub effective: Attr<bool>,
    /// Why not.
    pub reason: Attr<String>,
}

/// An entry of `mapUsers` as the server reads it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct UserEntry {
    /// As it stands there.
    pub userarn: Attr<String>,
    /// The username template; empty where it is no text.
    pub username: Attr<String>,
    /// The group templates in their order.
    pub groups: Attr<Vec<Attr<String>>>,
    /// The line within the section's text, from 1.
    pub line: Attr<i64>,
    /// Whether the server answers anyone with it.
    pub effective: Attr<bool>,
    /// Why not.
    pub reason: Attr<String>,
}

/// Something that is wrong with the document.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Finding {
    /// A stable identifier.
    pub id: Attr<String>,
    /// `mapRoles`, `mapUsers` or `mapAccounts`.
    pub section: Attr<String>,
    /// The line within the section's text, from 1.
    pub line: Attr<i64>,
    /// The column in characters, from 1.
    pub column: Attr<i64>,
    /// What it is and what the server does about it.
    pub text: Attr<String>,
}

/// A section that the server reads as empty because of an error.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct UnparsedSection {
    /// Its key.
    pub section: Attr<String>,
    /// The line within the section's text, from 1.
    pub line: Attr<i64>,
    /// The column in characters, from 1.
    pub column: Attr<i64>,
    /// What is wrong there.
    pub reason: Attr<String>,
}

/// The attributes in schema order.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct AwsAuthDataModel {
    /// The cluster.
    pub cluster_name: Attr<String>,
    /// Its region.
    pub region: Attr<String>,
    /// The cluster's ARN.
    pub cluster_arn: Attr<String>,
    /// Whether there is a ConfigMap.
    pub exists: Attr<bool>,
    /// Its text by key.
    pub data: Attr<BTreeMap<String, Attr<String>>>,
    /// A digest of it.
    pub sha256: Attr<String>,
    /// Roles.
    pub map_roles: Attr<Vec<RoleEntry>>,
    /// Users.
    pub map_users: Attr<Vec<UserEntry>>,
    /// Accounts, in their order.
    pub map_accounts: Attr<Vec<Attr<String>>>,
    /// What is wrong.
    pub findings: Attr<Vec<Finding>>,
    /// Sections that are empty for the server.
    pub unparsed_sections: Attr<Vec<UnparsedSection>>,
}

impl DataSource for AwsAuthDataSource {
    type Client = Client;
    type Model = AwsAuthDataModel;

    const NAME: &'static str = "eksauth_aws_auth";

    fn schema(&self) -> Schema {
        schema::schema()
    }

    async fn read(
        &self,
        cx: &Context<Client>,
        config: AwsAuthDataModel,
    ) -> Result<AwsAuthDataModel, Diagnostics> {
        if cx.client.cloud().is_none() {
            return Err(not_configured().into());
        }
        let place = Place {
            cluster_name: config.cluster_name.clone(),
            region: config.region.clone(),
            ..Place::default()
        };
        let (site, document) = place.at_import(cx).await?;
        let place = site.place(&place);
        Ok(AwsAuthDataModel {
            cluster_name: place.cluster_name,
            cluster_arn: place.cluster_arn,
            ..flatten(config, &document, cx)
        })
    }
}

fn flatten(
    config: AwsAuthDataModel,
    document: &Document,
    cx: &Context<Client>,
) -> AwsAuthDataModel {
    let reading = document.reading();
    let suppressed = &cx.client.settings().suppress_findings;
    let findings = reading
        .problems
        .iter()
        .filter(|problem| !suppressed.contains(problem.kind.id()));
    let stale = stale(document);
    let stale = stale
        .iter()
        .filter(|finding| !suppressed.contains(finding.id));
    let data = document
        .data()
        .iter()
        .map(|(key, text)| (key.clone(), Attr::Known(text.clone())));
    AwsAuthDataModel {
        exists: Attr::Known(document.config_map().is_some()),
        data: Attr::Known(data.collect()),
        sha256: Attr::Known(digest(document.data())),
        map_roles: Attr::Known(with_reasons(document, Kind::Role).map(role).collect()),
        map_users: Attr::Known(with_reasons(document, Kind::User).map(user).collect()),
        map_accounts: Attr::Known(
            reading
                .accounts
                .iter()
                .map(|entry| Attr::Known(entry.arn.clone()))
                .collect(),
        ),
        findings: Attr::Known(
            findings
                .map(finding)
                .chain(stale.map(of_manifest))
                .collect(),
        ),
        unparsed_sections: Attr::Known(unparsed(document)),
        ..config
    }
}

/// The entries of a section, each with the reason why the server answers nobody with it.
fn with_reasons(
    document: &Document,
    kind: Kind,
) -> impl Iterator<Item = (&ReadEntry, Option<String>)> {
    let entries = document.reading().section(kind.section());
    let line_of = |index: usize| {
        entries
            .iter()
            .find(|entry| entry.index == index)
            .map_or(0, |entry| entry.line)
    };
    document.reading().effective(kind.section()).into_iter().map(move |fate| {
        let reason = match fate.state {
            EffectiveState::ShadowedBy { by } => Some(format!("a later entry of the same ARN, in line {}, takes its place", line_of(by))),
            EffectiveState::Random => Some("there are entries of the same ARN in different case, and the server picks one at random".to_owned()),
            EffectiveState::Wins => never_matches(kind, fate.entry),
        };
        (fate.entry, reason)
    })
}

/// Why nobody has the ARN as it is written.
fn never_matches(kind: Kind, entry: &ReadEntry) -> Option<String> {
    if entry.sso.is_some() {
        return Some("the cluster is not known to read entries of IAM Identity Center".to_owned());
    }
    match kind.canonical(&entry.arn) {
        Ok(canonical) if key(&canonical) == key(&entry.arn) => None,
        Ok(canonical) => Some(format!(
            "no caller has this ARN; the server knows the principal as `{canonical}`"
        )),
        Err(reason) => Some(reason),
    }
}

fn role((entry, reason): (&ReadEntry, Option<String>)) -> RoleEntry {
    RoleEntry {
        rolearn: Attr::Known(entry.arn.clone()),
        username: Attr::Known(entry.username.clone()),
        groups: groups(entry),
        line: number(entry.line),
        is_node: Attr::Known(entry.is_node()),
        is_fargate: Attr::Known(entry.is_fargate()),
        effective: Attr::Known(reason.is_none()),
        reason: reason.into(),
    }
}

fn user((entry, reason): (&ReadEntry, Option<String>)) -> UserEntry {
    UserEntry {
        userarn: Attr::Known(entry.arn.clone()),
        username: Attr::Known(entry.username.clone()),
        groups: groups(entry),
        line: number(entry.line),
        effective: Attr::Known(reason.is_none()),
        reason: reason.into(),
    }
}

fn finding(problem: &Problem) -> Finding {
    Finding {
        id: Attr::Known(problem.kind.id().to_owned()),
        section: Attr::Known(problem.section.key().to_owned()),
        line: number(problem.line),
        column: number(problem.column),
        text: Attr::Known(problem.text.clone()),
    }
}

/// What a manifest that was applied before would do to the document.
fn stale(document: &Document) -> Vec<MappingFinding> {
    let config_map = document.config_map();
    config_map
        .map(|map| last_applied_findings(&map.annotations, &map.data))
        .unwrap_or_default()
}

fn of_manifest(finding: &MappingFinding) -> Finding {
    Finding {
        id: Attr::Known(finding.id.to_owned()),
        section: Attr::Known(finding.section.key().to_owned()),
        line: number(finding.line),
        column: number(finding.column),
        text: Attr::Known(finding.text.clone()),
    }
}

fn unparsed(document: &Document) -> Vec<UnparsedSection> {
    let problems = &document.reading().problems;
    let section = |section: Section| {
        let problem = problems.iter().find(|problem| problem.section == section);
        UnparsedSection {
            section: Attr::Known(section.key().to_owned()),
            line: problem.map_or(Attr::Null, |problem| number(problem.line)),
            column: problem.map_or(Attr::Null, |problem| number(problem.column)),
            reason: problem.map(|problem| problem.text.clone()).into(),
        }
    };
    document
        .reading()
        .unparsed_sections()
        .into_iter()
        .map(section)
        .collect()
}

fn groups(entry: &ReadEntry) -> Attr<Vec<Attr<String>>> {
    Attr::Known(entry.groups.iter().cloned().map(Attr::Known).collect())
}

fn number(value: usize) -> Attr<i64> {
    Attr::Known(i64::try_from(value).unwrap_or(i64::MAX))
}

fn not_configured() -> Diagnostic {
    Diagnostic::error(
        "Provider Not Configured Yet",
        "The provider block depends on values that are known only after apply, so aws-auth cannot be read now. Apply the resources it depends \
         on first, or give the provider known values.",
    )
}
