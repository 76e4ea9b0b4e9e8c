//! Which roles pods get from kube2iam or kiam, and what stands in the way of giving them by web identity.
//!
//! What surprises: with `manifests` nobody is asked. The rules are those of `eksauth_core::legacy_pod_role`.

use eksauth_core::document::documents_of_text;
use eksauth_core::legacy_pod_role::scan::{
    AccountProposal, Scan, ScanFinding, ScanRequest, ScannedWorkload,
};
use eksauth_core::legacy_pod_role::system::SystemName;
use serde::{Deserialize, Serialize};
use tf_provider::{Attr, Context, DataSource, Diagnostics, Schema};

use crate::access::legacy_pod_roles::{
    LegacyObjects, account_base, read_legacy_objects, read_manifests,
};
use crate::access::permissions::{EXPLAIN_REFUSAL, READ_OWN_ROLE, list_entries, read_entries};
use crate::client::Client;
use crate::clusters::{DESCRIBE_CLUSTER, FoundCluster, LIST_CLUSTERS};
use crate::diagnostics::api_failure;
use crate::permissions::{
    DeclaresPermissions, GuardReads, KubernetesRule, Need, Permissions, Step,
};

mod diagnostics;
mod schema;

#[cfg(test)]
mod tests;

/// The data source `eksauth_legacy_pod_roles`.
pub struct LegacyPodRolesDataSource;

/// Something that runs pods with a role.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct WorkloadModel {
    /// Its kind.
    pub kind: Attr<String>,
    /// Its namespace.
    pub namespace: Attr<String>,
    /// Its name.
    pub name: Attr<String>,
    /// `iam.amazonaws.com/role`.
    pub annotation: Attr<String>,
    /// The role that comes of it.
    pub role_arn: Attr<String>,
    /// Whether the namespace permits it.
    pub permitted: Attr<bool>,
    /// The service account of today.
    pub service_account: Attr<String>,
    /// The one for web identity.
    pub target_service_account: Attr<String>,
    /// `iam.amazonaws.com/external-id`.
    pub external_id: Attr<String>,
    /// Whether its pods have the node's network.
    pub host_network: Attr<bool>,
    /// Pods that run.
    pub pods: Attr<i64>,
    /// Pods that have a role by web identity already.
    pub pods_with_web_identity: Attr<i64>,
    /// Whether these are pods that differ from what would be made today.
    pub differs_from_template: Attr<bool>,
}

/// A service account that web identity needs.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct AccountModel {
    /// Its namespace.
    pub namespace: Attr<String>,
    /// Its name.
    pub name: Attr<String>,
    /// Its role.
    pub role_arn: Attr<String>,
    /// The account that its workloads run as today.
    pub instead_of: Attr<String>,
    /// Whether the cluster has it.
    pub exists: Attr<bool>,
    /// The role that it is annotated with.
    pub annotated_role_arn: Attr<String>,
    /// Its workloads.
    pub workloads: Attr<Vec<Attr<String>>>,
}

/// Something that is worth saying.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Finding {
    /// A stable identifier.
    pub id: Attr<String>,
    /// `error`, `warning` or `note`.
    pub severity: Attr<String>,
    /// What it is about.
    pub object: Attr<String>,
    /// The namespace of that.
    pub namespace: Attr<String>,
    /// What it is and what to do.
    pub text: Attr<String>,
}

/// The attributes in schema order.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct LegacyPodRolesModel {
    /// The cluster.
    pub cluster_name: Attr<String>,
    /// Its region.
    pub region: Attr<String>,
    /// Manifests instead of a cluster.
    pub manifests: Attr<Vec<Attr<String>>>,
    /// `kube2iam` or `kiam`.
    pub system: Attr<String>,
    /// What names of roles are appended to.
    pub base_role_arn: Attr<String>,
    /// kube2iam's default role.
    pub default_role: Attr<String>,
    /// `off`, `glob` or `regexp`.
    pub namespace_restrictions: Attr<String>,
    /// Whether kiam anchors the namespaces' expressions.
    pub strict_namespace_regexp: Attr<bool>,
    /// Workloads with a role.
    pub workloads: Attr<Vec<WorkloadModel>>,
    /// The accounts that web identity needs.
    pub service_accounts: Attr<Vec<AccountModel>>,
    /// What is worth saying.
    pub findings: Attr<Vec<Finding>>,
    /// What could not be read.
    pub unread: Attr<Vec<Attr<String>>>,
}

const LIST_PODS: KubernetesRule = KubernetesRule {
    verbs: &["list"],
    api_group: "",
    resource: "pods",
    names: &[],
    namespace: None,
    need: Need::RequiredFor {
        step: Step::Plan,
        what: "a cluster, and not `manifests`",
    },
};

/// A kind that the answer can do without.
const fn list_of(api_group: &'static str, resource: &'static str) -> KubernetesRule {
    KubernetesRule {
        api_group,
        resource,
        need: Need::WhereGranted {
            purpose: "what makes pods is read beside the pods that run; without it a kind is named in `unread`, and its workloads are known by their pods only",
        },
        ..LIST_PODS
    }
}

impl DeclaresPermissions for LegacyPodRolesDataSource {
    const PERMISSIONS: Permissions = Permissions {
        aws: &[
            DESCRIBE_CLUSTER,
            LIST_CLUSTERS,
            list_entries(EXPLAIN_REFUSAL),
            read_entries(EXPLAIN_REFUSAL),
            READ_OWN_ROLE,
        ],
        kubernetes: &[
            LIST_PODS,
            KubernetesRule {
                resource: "namespaces",
                ..LIST_PODS
            },
            list_of("", "serviceaccounts"),
            list_of("", "replicationcontrollers"),
            list_of("apps", "deployments"),
            list_of("apps", "statefulsets"),
            list_of("apps", "daemonsets"),
            list_of("apps", "replicasets"),
            list_of("batch", "jobs"),
            list_of("batch", "cronjobs"),
        ],
        for_the_guard: GuardReads::NONE,
    };
}

impl DataSource for LegacyPodRolesDataSource {
    type Client = Client;
    type Model = LegacyPodRolesModel;

    const NAME: &'static str = "eksauth_legacy_pod_roles";

    fn schema(&self) -> Schema {
        schema::schema()
    }

    fn validate(&self, config: &LegacyPodRolesModel, diagnostics: &mut Diagnostics) {
        schema::validate(config, diagnostics);
    }

    async fn read(
        &self,
        cx: &Context<Client>,
        config: LegacyPodRolesModel,
    ) -> Result<LegacyPodRolesModel, Diagnostics> {
        let settings = schema::settings(&config);
        let Read { objects, cluster } = match config.manifests.known() {
            Some(manifests) => Read {
                objects: of_manifests(manifests, settings.system)?,
                cluster: None,
            },
            None => of_cluster(cx, &config, settings.system).await?,
        };
        let base = cluster.as_ref().map(|cluster| account_base(cluster));
        let Some((system, set_up)) = settings.system(&objects.inventory, base.as_deref()) else {
            return Ok(nothing(config, &objects, cluster.as_deref()));
        };
        let scan = Scan::of(&ScanRequest {
            inventory: &objects.inventory,
            system: &system,
            set_up,
            account: cluster.as_ref().map(|cluster| cluster.account.as_str()),
        });
        if !objects.unread.is_empty() {
            cx.add(diagnostics::not_everything(&objects.unread));
        }
        let suppressed = &cx.client.settings().suppress_findings;
        let findings = scan
            .findings
            .iter()
            .filter(|finding| !suppressed.contains(finding.id));
        Ok(LegacyPodRolesModel {
            system: Attr::Known(system.name().word().to_owned()),
            base_role_arn: match system.base_arn() {
                "" => Attr::Null,
                base => Attr::Known(base.to_owned()),
            },
            workloads: Attr::Known(scan.with_roles().map(workload).collect()),
            service_accounts: Attr::Known(scan.accounts.iter().map(account).collect()),
            findings: Attr::Known(findings.map(finding).collect()),
            ..nothing(config, &objects, cluster.as_deref())
        })
    }
}

/// What was read, and of which cluster.
struct Read {
    objects: LegacyObjects,
    cluster: Option<std::sync::Arc<FoundCluster>>,
}

async fn of_cluster(
    cx: &Context<Client>,
    config: &LegacyPodRolesModel,
    system: Option<SystemName>,
) -> Result<Read, Diagnostics> {
    if cx.client.cloud().is_none() {
        return Err(api_failure::cannot_answer("cluster").into());
    }
    let clusters = cx.client.clusters();
    let cluster = clusters
        .existing(&config.cluster_name, &config.region)
        .await?;
    let failed = api_failure::failure("Failed To Read Pods", "The pods of the cluster");
    let read = async { read_legacy_objects(cluster.kubernetes()?.as_ref(), system).await };
    let objects = read.await.map_err(failed)?;
    Ok(Read {
        objects,
        cluster: Some(cluster),
    })
}

fn of_manifests(
    manifests: &[Attr<String>],
    system: Option<SystemName>,
) -> Result<LegacyObjects, Diagnostics> {
    let mut files = Vec::new();
    for (index, text) in manifests.iter().enumerate() {
        let text = text.known().map_or("", String::as_str);
        let documents =
            documents_of_text(text).map_err(|error| diagnostics::unreadable(index, &error))?;
        diagnostics::check_readable(index, &documents)?;
        files.push(documents);
    }
    let files = files.iter().map(Vec::as_slice);
    Ok(read_manifests(files, system))
}

/// The answer where no system and no annotation was found.
fn nothing(
    config: LegacyPodRolesModel,
    objects: &LegacyObjects,
    cluster: Option<&FoundCluster>,
) -> LegacyPodRolesModel {
    let reference = cluster.map(|cluster| &cluster.reference);
    LegacyPodRolesModel {
        cluster_name: match reference {
            Some(reference) => reference.named_as(&config.cluster_name),
            None => Attr::Null,
        },
        region: match reference {
            Some(reference) => Attr::Known(reference.region.clone()),
            None => config.region.clone(),
        },
        system: config.system.known().cloned().into(),
        base_role_arn: config.base_role_arn.known().cloned().into(),
        workloads: Attr::Known(Vec::new()),
        service_accounts: Attr::Known(Vec::new()),
        findings: Attr::Known(Vec::new()),
        unread: Attr::Known(objects.unread.iter().cloned().map(Attr::Known).collect()),
        ..config
    }
}

fn workload(scanned: &ScannedWorkload) -> WorkloadModel {
    let workload = &scanned.workload;
    let template = &workload.template;
    let known = |text: &String| Attr::Known(text.clone());
    WorkloadModel {
        kind: known(&workload.kind),
        namespace: known(&workload.namespace),
        name: known(&workload.name),
        annotation: template.role.clone().into(),
        role_arn: scanned.role_arn.clone().into(),
        permitted: scanned.is_permitted.into(),
        service_account: known(&template.service_account),
        target_service_account: known(&scanned.target_account),
        external_id: template.external_id.clone().into(),
        host_network: Attr::Known(template.host_network),
        pods: number(workload.pods),
        pods_with_web_identity: number(scanned.pods_with_web_identity()),
        differs_from_template: Attr::Known(workload.differs_from_template),
    }
}

fn account(proposal: &AccountProposal) -> AccountModel {
    let names = proposal.workloads.iter().cloned().map(Attr::Known);
    AccountModel {
        namespace: Attr::Known(proposal.account.namespace.clone()),
        name: Attr::Known(proposal.account.name.clone()),
        role_arn: Attr::Known(proposal.role_arn.clone()),
        instead_of: proposal.instead_of.clone().into(),
        exists: Attr::Known(proposal.exists),
        annotated_role_arn: proposal.annotated_role.clone().into(),
        workloads: Attr::Known(names.collect()),
    }
}

fn finding(finding: &ScanFinding) -> Finding {
    Finding {
        id: Attr::Known(finding.id.to_owned()),
        severity: Attr::Known(finding.severity.word().to_owned()),
        object: Attr::Known(finding.object.clone()),
        namespace: finding.namespace.clone().into(),
        text: Attr::Known(finding.text.clone()),
    }
}

fn number(value: usize) -> Attr<i64> {
    Attr::Known(i64::try_from(value).unwrap_or(i64::MAX))
}
