//! aws-auth as it is now: its text, what the server makes of each entry, and what is wrong with it.
//!
//! What changes with every foreign writer stands here and never in a
//! resource's state.

use std::collections::BTreeMap;

use eksauth_core::access::findings::{GroupFinding, MappingFinding, mapping_findings};
use eksauth_core::aws_auth::Section;
use serde::{Deserialize, Serialize};
use tf_provider::{Attr, Context, DataSource, Diagnostics, Schema};

use crate::access::group_findings::document_group_findings;
use crate::access::permissions::{
    COMPARE_GROUPS, GROUPS_OF_BINDINGS, LIST_ROLES_FOR_FINDINGS, READ_OWN_ROLE, list_entries,
    read_entries,
};
use crate::access::role_findings::document_role_findings;
use crate::aws_auth::WritableCluster;
use crate::aws_auth::permissions::READ;
use crate::aws_auth::{Document, digest};
use crate::client::Client;
use crate::clusters::placement::Placement;
use crate::clusters::{DESCRIBE_CLUSTER, LIST_CLUSTERS};
use crate::permissions::{DeclaresPermissions, GuardReads, Permissions};

mod diagnostics;
mod entries;
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
    /// The username of those it answers, as far as it is the same for all of them.
    pub effective_username: Attr<String>,
    /// Ids of its findings.
    pub findings: Attr<Vec<Attr<String>>>,
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
    /// The username of those it answers, as far as it is the same for all of them.
    pub effective_username: Attr<String>,
    /// Ids of its findings.
    pub findings: Attr<Vec<Attr<String>>>,
}

/// Something that is wrong with the document.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Finding {
    /// A stable identifier.
    pub id: Attr<String>,
    /// `error`, `warning` or `note`.
    pub severity: Attr<String>,
    /// `mapRoles`, `mapUsers` or `mapAccounts`.
    pub section: Attr<String>,
    /// The line within the section's text, from 1.
    pub line: Attr<i64>,
    /// The column in characters, from 1.
    pub column: Attr<i64>,
    /// What it is and what the server does about it.
    pub text: Attr<String>,
}

/// Something worth saying about a group of the cluster.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct OfGroup {
    /// A stable identifier.
    pub id: Attr<String>,
    /// `error`, `warning` or `note`.
    pub severity: Attr<String>,
    /// The group; null where it is about none.
    pub group: Attr<String>,
    /// What it is.
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
    /// What mapped groups and bindings say of each other.
    pub group_findings: Attr<Vec<OfGroup>>,
    /// Sections that are empty for the server.
    pub unparsed_sections: Attr<Vec<UnparsedSection>>,
}

impl DeclaresPermissions for AwsAuthDataSource {
    const PERMISSIONS: Permissions = Permissions {
        aws: &[
            DESCRIBE_CLUSTER,
            LIST_CLUSTERS,
            LIST_ROLES_FOR_FINDINGS,
            list_entries(COMPARE_GROUPS),
            read_entries(COMPARE_GROUPS),
            READ_OWN_ROLE,
        ],
        kubernetes: &[
            READ,
            GROUPS_OF_BINDINGS[0],
            GROUPS_OF_BINDINGS[1],
            GROUPS_OF_BINDINGS[2],
            GROUPS_OF_BINDINGS[3],
        ],
        for_the_guard: GuardReads::NONE,
    };
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
            return Err(diagnostics::not_configured().into());
        }
        let placement = Placement {
            cluster_name: config.cluster_name.clone(),
            region: config.region.clone(),
            ..Placement::default()
        };
        let (target, document) = cx.client.aws_auth().at_data_source(&placement).await?;
        let findings = findings(cx, &target, &document).await;
        let of_groups = of_groups(cx, &target, &document).await;
        let placement = placement.in_cluster(&target.cluster);
        Ok(AwsAuthDataModel {
            cluster_name: placement.cluster_name,
            cluster_arn: placement.cluster_arn,
            group_findings: Attr::Known(of_groups),
            ..flatten(config, &document, &findings)
        })
    }
}

/// What is wrong with the text, with the manifest it was once applied from, and with the roles it names where IAM may be asked; without what the
/// provider block suppresses.
async fn findings(
    cx: &Context<Client>,
    target: &WritableCluster,
    document: &Document,
) -> Vec<MappingFinding> {
    let client = &cx.client;
    let mut found = mapping_findings(document.reading());
    found.extend(document.last_applied_findings());
    found.extend(document_role_findings(client.roles(), &target.cluster, document, |_| None).await);
    found.retain(|finding| !client.settings().suppress_findings.contains(finding.id));
    found.sort_by_key(|finding| (finding.section, finding.line, finding.column));
    found
}

/// What mapped groups and bindings say of each other, once for the cluster.
async fn of_groups(
    cx: &Context<Client>,
    target: &WritableCluster,
    document: &Document,
) -> Vec<OfGroup> {
    let suppressed = &cx.client.settings().suppress_findings;
    document_group_findings(&target.cluster, document.reading())
        .await
        .into_iter()
        .filter(|finding| !suppressed.contains(finding.id))
        .map(of_group)
        .collect()
}

fn of_group(finding: GroupFinding) -> OfGroup {
    let group = (!finding.group.is_empty()).then_some(finding.group);
    OfGroup {
        id: Attr::Known(finding.id.to_owned()),
        severity: Attr::Known(finding.severity.word().to_owned()),
        group: group.into(),
        text: Attr::Known(finding.text),
    }
}

fn flatten(
    config: AwsAuthDataModel,
    document: &Document,
    findings: &[MappingFinding],
) -> AwsAuthDataModel {
    let data = document
        .data()
        .iter()
        .map(|(key, text)| (key.clone(), Attr::Known(text.clone())));
    let accounts = document.reading().accounts.iter();
    AwsAuthDataModel {
        exists: Attr::Known(document.config_map().is_some()),
        data: Attr::Known(data.collect()),
        sha256: Attr::Known(digest(document.data())),
        map_roles: Attr::Known(entries::roles(document, findings)),
        map_users: Attr::Known(entries::users(document, findings)),
        map_accounts: Attr::Known(
            accounts
                .map(|entry| Attr::Known(entry.arn.clone()))
                .collect(),
        ),
        findings: Attr::Known(findings.iter().map(finding).collect()),
        unparsed_sections: Attr::Known(unparsed(document)),
        ..config
    }
}

fn finding(finding: &MappingFinding) -> Finding {
    Finding {
        id: Attr::Known(finding.id.to_owned()),
        severity: Attr::Known(finding.severity.word().to_owned()),
        section: Attr::Known(finding.section.key().to_owned()),
        line: number(finding.line),
        column: number(finding.column),
        text: Attr::Known(finding.text.clone()),
    }
}

/// The sections that do not parse, each with the first problem in it.
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

fn number(value: usize) -> Attr<i64> {
    Attr::Known(i64::try_from(value).unwrap_or(i64::MAX))
}
