//! How to come back from a change that was acknowledged: by a copy where one is kept, and else by what makes again what went.

use eksauth_core::access::access_entry::AccessEntry;
use eksauth_core::access::access_policy::AccessPolicy;
use eksauth_core::access::change::{ClusterChange, RbacChange, RbacScope};
use eksauth_core::kubernetes::rbac::{Binding, Subject};

use super::access_entries::{ChangingEntries, Described};
use super::{ClusterGuard, EntryProposal};
use crate::config::Recovery;

/// The type whose user name and groups are written by whoever makes the entry.
const STANDARD: &str = "STANDARD";

/// What is left after a step of the mode.
const OF_MODE: &str = "The mode cannot go back, and no copy of aws-auth is made. Whoever may ask EKS can let somebody in by an access entry: `aws eks create-access-entry`, then `aws eks associate-access-policy`.";

/// What is changed, as far as the way back depends on it.
#[derive(Clone, Copy, Debug)]
pub(super) enum ChangeOf<'a> {
    /// The document aws-auth.
    AwsAuth,
    /// Roles and bindings, by these changes.
    Rbac(&'a [ClusterChange]),
    /// An access entry or what is associated with it.
    AccessEntry(&'a EntryProposal<'a>),
    /// The authentication mode.
    Mode,
}

impl ChangeOf<'_> {
    /// Whether it is one of roles and bindings.
    pub(super) fn is_rbac(self) -> bool {
        matches!(self, Self::Rbac(_))
    }
}

impl ClusterGuard {
    /// What whoever regrets a change does.
    pub(super) fn way_back(&self, of: ChangeOf<'_>) -> String {
        match of {
            ChangeOf::AwsAuth => self.way_back_of_aws_auth(),
            ChangeOf::Rbac(changes) => way_back_of_rbac(changes),
            ChangeOf::AccessEntry(proposal) => self.way_back_of_entry(proposal),
            ChangeOf::Mode => OF_MODE.to_owned(),
        }
    }

    fn way_back_of_aws_auth(&self) -> String {
        let (cluster, region) = (&self.cluster, &self.region);
        let restore =
            format!("terraform-provider-eksauth restore --cluster {cluster} --region {region}");
        let kept =
            "Where this write removes or overwrites an entry, aws-auth as it was before is kept";
        match self.settings().recovery {
            Recovery::ConfigMap => format!(
                "{kept} as a ConfigMap `aws-auth-recovery-…` of kube-system, unless another warning says that it could not be. \
                 Whoever is in can list the copies and put one back:\n  {restore}"
            ),
            Recovery::File => format!(
                "{kept} as a file of the recovery folder, unless another warning says that it could not be. Whoever is in can put \
                 it back:\n  {restore} --file FILE"
            ),
            Recovery::Off => format!(
                "No copy of aws-auth as it was before is kept (`recovery = \"off\"`). Copies of earlier writes, if there are any:\n  {restore}"
            ),
        }
    }

    fn way_back_of_entry(&self, proposal: &EntryProposal<'_>) -> String {
        let changing = ChangingEntries {
            before: [(proposal.principal.clone(), proposal.before.cloned())].into(),
            changes: proposal.changes.to_vec(),
        };
        let after = changing.after(&Described::default());
        let after = after.get(proposal.principal).and_then(Option::as_ref);
        let commands = EntryCommands {
            cluster: &self.cluster,
            region: &self.region,
        };
        let lines: String = commands
            .between(proposal.before, after)
            .iter()
            .map(|line| format!("  {line}\n"))
            .collect();
        format!(
            "No copy of access entries is kept. Whoever may ask EKS can write what was there, whether the cluster lets them in or not:\n{lines}"
        )
    }
}

/// The way back from a change of roles and bindings.
fn way_back_of_rbac(changes: &[ClusterChange]) -> String {
    let gone = changes.iter().filter_map(|change| match change {
        ClusterChange::Rbac(RbacChange::RemoveBinding(scope, binding)) => {
            Some(format!("  {}\n", binding_command(*scope, binding)))
        }
        _ => None,
    });
    let commands: String = gone.collect();
    let by = match commands.is_empty() {
        true => ".".to_owned(),
        false => format!(":\n{commands}"),
    };
    format!(
        "No copy of roles and bindings is kept. Whoever is in and may write them can make them again, by this configuration or by `kubectl`{by}"
    )
}

fn binding_command(scope: RbacScope, binding: &Binding) -> String {
    let kind = match scope {
        RbacScope::Cluster => "clusterrolebinding NAME",
        RbacScope::KubeSystem => "rolebinding NAME --namespace kube-system",
    };
    let role = match binding.refers_to_cluster_role {
        true => "--clusterrole",
        false => "--role",
    };
    let mut words = vec![format!(
        "kubectl create {kind} {role} {}",
        word(&binding.role)
    )];
    words.extend(binding.subjects.iter().map(|subject| match subject {
        Subject::Group(name) => format!("--group {}", word(name)),
        Subject::User(name) => format!("--user {}", word(name)),
    }));
    words.join(" ")
}

/// Commands that write an access entry.
struct EntryCommands<'a> {
    cluster: &'a str,
    region: &'a str,
}

impl EntryCommands<'_> {
    /// What makes of an entry as it is after a change what it was before it.
    fn between(&self, before: Option<&AccessEntry>, after: Option<&AccessEntry>) -> Vec<String> {
        match (before, after) {
            (None, None) => Vec::new(),
            (None, Some(made)) => vec![self.command("delete-access-entry", &made.principal_arn)],
            (Some(gone), None) => {
                let mut made = self.command("create-access-entry", &gone.principal_arn);
                if gone.kind != STANDARD {
                    made.push_str(&format!(" --type {}", word(&gone.kind)));
                }
                made.push_str(&names(gone));
                self.with_policies(vec![made], gone, &gone.policies)
            }
            (Some(before), Some(after)) => {
                let is_renamed = before.username != after.username || before.groups != after.groups;
                let update = || {
                    let update = self.command("update-access-entry", &before.principal_arn);
                    update + &names(before)
                };
                let policies = before.policies.iter();
                let gone: Vec<AccessPolicy> = policies
                    .filter(|policy| !after.policies.contains(policy))
                    .cloned()
                    .collect();
                let lines = is_renamed.then(update).into_iter().collect();
                self.with_policies(lines, before, &gone)
            }
        }
    }

    fn with_policies(
        &self,
        mut lines: Vec<String>,
        entry: &AccessEntry,
        policies: &[AccessPolicy],
    ) -> Vec<String> {
        lines.extend(policies.iter().map(|policy| {
            let scope = match policy.namespaces.is_empty() {
                true => "type=cluster".to_owned(),
                false => format!("type=namespace,namespaces={}", policy.namespaces.join(",")),
            };
            format!(
                "{} --policy-arn {} --access-scope {}",
                self.command("associate-access-policy", &entry.principal_arn),
                word(&policy.policy_arn),
                word(&scope)
            )
        }));
        lines
    }

    fn command(&self, operation: &str, principal_arn: &str) -> String {
        format!(
            "aws eks {operation} --cluster-name {} --region {} --principal-arn {}",
            self.cluster,
            self.region,
            word(principal_arn)
        )
    }
}

/// User name and groups, where whoever makes the entry writes them.
fn names(entry: &AccessEntry) -> String {
    if entry.kind != STANDARD {
        return String::new();
    }
    let mut text = format!(" --username {}", word(&entry.username));
    if !entry.groups.is_empty() {
        let groups: Vec<String> = entry.groups.iter().map(|group| word(group)).collect();
        text.push_str(&format!(" --kubernetes-groups {}", groups.join(" ")));
    }
    text
}

/// A word as a shell takes it.
fn word(text: &str) -> String {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b":/._@=,+-".contains(&byte);
    match !text.is_empty() && text.bytes().all(is_plain) {
        true => text.to_owned(),
        false => format!("'{}'", text.replace('\'', r"'\''")),
    }
}
