//! What a cluster makes of a principal: which rule admits it, as whom, what that rule hides, and, where nothing admits it, what was meant.
//!
//! What surprises: of the caller the API server's own answer counts, whatever the rules say. `access` is null, not false, where something that decides could not be read. Templates in user names stay as they are
//! written, because the session's name is not known before someone calls. The rules are those of `eksauth_core::access::cluster_access`.

use eksauth_core::access::access_policy::AccessPolicy;
use eksauth_core::access::cluster_access::{Access, ClusterView, Grant, Knowledge, Principal};
use eksauth_core::access::explanation::AccessExplanation;
use eksauth_core::access::findings::{MappingFinding, mapping_findings};
use eksauth_core::access::near_miss::NearMiss;
use eksauth_core::access::reconciliation::{ClusterAnswer, Reconciliation};
use eksauth_core::aws_auth::{ReadEntry, Section};
use eksauth_core::principal::case_folding::equal_fold;
use serde::{Deserialize, Serialize};
use tf_provider::{Attr, Context, DataSource, Diagnostics, Schema};

use crate::access::cluster_access::cluster_access;
use crate::access::permissions::{
    LOOK_UP_ENTRIES, READ_AWS_AUTH, REVIEW_OTHERS, list_entries, read_entries,
};
use crate::access::reconciliation::ClusterInquiry;
use crate::client::Client;
use crate::clusters::{ClusterRef, DESCRIBE_CLUSTER, LIST_CLUSTERS};
use crate::permissions::{DeclaresPermissions, GuardReads, Permissions};

pub(super) mod diagnostics;
pub(crate) mod schema;

#[cfg(test)]
mod tests;

/// The data source `eksauth_identity_mapping`.
pub struct IdentityMappingDataSource;

/// An access policy and where it holds.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Policy {
    /// The access policy.
    pub policy_arn: Attr<String>,
    /// The namespaces it is limited to; empty: the whole cluster.
    pub namespaces: Attr<Vec<Attr<String>>>,
}

/// An entry that was probably meant for the principal.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Miss {
    /// A stable identifier.
    pub id: Attr<String>,
    /// Why it does not match.
    pub text: Attr<String>,
}

/// Something that is worth saying about the entries that name the principal.
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
    /// What is wrong and what would be right.
    pub text: Attr<String>,
}

/// The attributes in schema order.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct IdentityMappingModel {
    /// The cluster.
    pub cluster_name: Attr<String>,
    /// Its region.
    pub region: Attr<String>,
    /// The principal; the caller unless set.
    pub arn: Attr<String>,
    /// As the cluster compares it.
    pub canonical_arn: Attr<String>,
    /// How the cluster finds its mappings.
    pub authentication_mode: Attr<String>,
    /// Whether the principal enters; null where it is not known.
    pub access: Attr<bool>,
    /// What the rules alone say of that.
    pub access_by_rules: Attr<bool>,
    /// What the API server itself says of it; null where it was not asked or did not answer.
    pub access_by_api_server: Attr<bool>,
    /// Why the two differ.
    pub difference: Attr<String>,
    /// Whether it may change aws-auth.
    pub may_write_aws_auth: Attr<bool>,
    /// Whether it may do everything.
    pub is_cluster_admin: Attr<bool>,
    /// What it gets, in words.
    pub summary: Attr<String>,
    /// As whom.
    pub username: Attr<String>,
    /// In which groups.
    pub groups: Attr<Vec<Attr<String>>>,
    /// With which access policies.
    pub policies: Attr<Vec<Policy>>,
    /// By which rule.
    pub rule: Attr<String>,
    /// Rules that do not count beside it.
    pub shadowed: Attr<Vec<Attr<String>>>,
    /// What was meant, the surest first.
    pub near_misses: Attr<Vec<Miss>>,
    /// What is worth saying.
    pub findings: Attr<Vec<Finding>>,
}

impl DeclaresPermissions for IdentityMappingDataSource {
    const PERMISSIONS: Permissions = Permissions {
        aws: &[
            DESCRIBE_CLUSTER,
            LIST_CLUSTERS,
            list_entries(LOOK_UP_ENTRIES),
            read_entries(LOOK_UP_ENTRIES),
        ],
        kubernetes: &[READ_AWS_AUTH, REVIEW_OTHERS],
        for_the_guard: GuardReads::NONE,
    };
}

impl DataSource for IdentityMappingDataSource {
    type Client = Client;
    type Model = IdentityMappingModel;

    const NAME: &'static str = "eksauth_identity_mapping";

    fn schema(&self) -> Schema {
        schema::schema()
    }

    async fn read(
        &self,
        cx: &Context<Client>,
        config: IdentityMappingModel,
    ) -> Result<IdentityMappingModel, Diagnostics> {
        let clusters = cx.client.clusters();
        let cluster = clusters
            .existing(&config.cluster_name, &config.region)
            .await?;
        let reference = &cluster.reference;
        let (arn, principal) = principal(&cx.client, &config.arn).await?;
        let view = cluster_access(&cluster).await;
        let inquiry = ClusterInquiry::new(&cluster, cx.client.session());
        let both = match config.arn {
            Attr::Known(_) => inquiry.about(&view, principal).await,
            // The caller acts, as whomever.
            Attr::Null | Attr::Unknown => inquiry.about_caller_in(&view, principal).await,
        };
        let asked = IdentityMappingModel {
            cluster_name: reference.named_as(&config.cluster_name),
            region: Attr::Known(reference.region.clone()),
            arn: Attr::Known(arn),
            ..IdentityMappingModel::default()
        };
        Ok(answer(cx, reference, asked, &both, &view))
    }
}

/// The ARN as it is asked for, and whom it names; without one, the caller.
async fn principal(
    client: &Client,
    arn: &Attr<String>,
) -> Result<(String, Principal), Diagnostics> {
    if let Attr::Known(arn) = arn {
        return Ok((arn.clone(), Principal::from_arn(arn)));
    }
    let identity = client.identity_or_failure().await?;
    let principal = Principal::from_caller(&identity.arn)
        .map_err(|error| diagnostics::admitted_nowhere(&identity, &error.to_string()))?;
    Ok((identity.arn, principal))
}

fn answer(
    cx: &Context<Client>,
    reference: &ClusterRef,
    asked: IdentityMappingModel,
    both: &Reconciliation,
    view: &ClusterView,
) -> IdentityMappingModel {
    let AccessExplanation {
        principal,
        principal_access,
        near_misses,
    } = &both.explanation;
    let suppressed = &cx.client.settings().suppress_findings;
    let findings = concerning(view, principal)
        .into_iter()
        .filter(|finding| !suppressed.contains(finding.id));
    let model = IdentityMappingModel {
        canonical_arn: Attr::Known(principal.arn.clone()),
        authentication_mode: Attr::Known(view.mode.id().to_owned()),
        access: both.enters().into(),
        access_by_rules: both.explanation.enters().into(),
        access_by_api_server: both.answer.enters().into(),
        difference: both.difference.as_ref().map(ToString::to_string).into(),
        may_write_aws_auth: both.rights.may_write_aws_auth.into(),
        is_cluster_admin: both.rights.is_cluster_admin.into(),
        summary: Attr::Known(both.describe()),
        shadowed: texts(principal_access.shadowed.iter().map(ToString::to_string)),
        near_misses: Attr::Known(near_misses.iter().map(miss).collect()),
        findings: Attr::Known(findings.map(finding).collect()),
        ..asked
    };
    if both.enters().is_none()
        && let Access::Unknown(reasons) = &principal_access.access
    {
        cx.add(diagnostics::not_known(reference, principal, reasons));
    }
    if both.enters() == Some(false) {
        return model;
    }
    match (&principal_access.access, &both.answer) {
        // A rule that is not in force gives nothing.
        (_, ClusterAnswer::Admitted(user)) if both.difference.is_some() => IdentityMappingModel {
            username: Attr::Known(user.username.clone()),
            groups: texts(user.own_groups().into_iter().map(str::to_owned)),
            ..model
        },
        (Access::Granted(grant), _) => granted(model, grant),
        (Access::Random(_), _) => {
            cx.add(diagnostics::left_to_chance(reference, &model));
            model
        }
        (Access::None | Access::Unknown(_), _) => model,
    }
}

fn granted(model: IdentityMappingModel, grant: &Grant) -> IdentityMappingModel {
    IdentityMappingModel {
        rule: Attr::Known(grant.rule.to_string()),
        username: Attr::Known(grant.username.clone()),
        groups: texts(grant.groups.iter().cloned()),
        policies: Attr::Known(grant.policies.iter().cloned().map(policy).collect()),
        ..model
    }
}

/// An access policy as an attribute.
pub(crate) fn policy(policy: AccessPolicy) -> Policy {
    Policy {
        policy_arn: Attr::Known(policy.policy_arn),
        namespaces: texts(policy.namespaces),
    }
}

/// What is worth saying about aws-auth as far as it touches the principal: its own entries, and sections as a whole.
fn concerning(view: &ClusterView, principal: &Principal) -> Vec<MappingFinding> {
    let (true, Knowledge::Known(reading)) = (view.mode.reads_config_map(), &view.aws_auth) else {
        return Vec::new();
    };
    let is_named = |entry: &ReadEntry| match entry.section {
        Section::MapAccounts => entry.arn == principal.account,
        Section::MapRoles | Section::MapUsers => {
            equal_fold(&Principal::from_arn(&entry.arn).arn, &principal.arn)
        }
    };
    let concerns = |finding: &MappingFinding| match finding.index {
        None => true,
        Some(index) => reading
            .section(finding.section)
            .iter()
            .any(|entry| entry.index == index && is_named(entry)),
    };
    mapping_findings(reading)
        .into_iter()
        .filter(concerns)
        .collect()
}

/// A near miss as an attribute.
pub(super) fn miss(miss: &NearMiss) -> Miss {
    Miss {
        id: Attr::Known(miss.id().to_owned()),
        text: Attr::Known(miss.to_string()),
    }
}

fn finding(finding: MappingFinding) -> Finding {
    Finding {
        id: Attr::Known(finding.id.to_owned()),
        severity: Attr::Known(finding.severity.word().to_owned()),
        section: Attr::Known(finding.section.key().to_owned()),
        line: i64::try_from(finding.line).ok().into(),
        text: Attr::Known(finding.text),
    }
}

/// Texts as an attribute.
pub(crate) fn texts(values: impl IntoIterator<Item = String>) -> Attr<Vec<Attr<String>>> {
    Attr::Known(values.into_iter().map(Attr::Known).collect())
}
