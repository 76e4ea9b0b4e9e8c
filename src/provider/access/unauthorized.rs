//! 401 and 403 of an API server, explained: who was calling, what the cluster knows of it, which entry was probably meant, what to do.
//!
//! The API server itself is asked who it takes the caller for. API actions, each only if it may be asked: sts:GetCallerIdentity, those on access entries, [`READ_OWN_ROLE`](super::permissions::READ_OWN_ROLE) (a session's ARN lacks the role's
//! path, which an access entry needs).

use std::sync::Arc;

use async_trait::async_trait;
use eksauth_core::access::access_entry::AuthenticationMode;
use eksauth_core::access::cluster_access::describe;
use eksauth_core::access::cluster_access::{Access, ClusterView, Knowledge, Principal};
use eksauth_core::access::near_miss::near_misses;
use eksauth_core::access::reconciliation::ClusterAnswer;
use eksauth_core::aws_auth::{self, Reading, read};
use eksauth_core::principal::arn::iam_role_name;
use tf_provider::Diagnostic;

use crate::access::cluster_access::{authentication_mode, list_access_entries, unreadable};
use crate::access::reconciliation;
use crate::aws_auth::RefusalExplainer;
use crate::aws_auth::rules::Kind;
use crate::clusters::FoundCluster;
use crate::diagnostics::shared_cause::UnknownCaller;
use crate::diagnostics::{api_failure, shared_cause};
use crate::ports::sts::CallerIdentity;
use crate::ports::{ApiError, EksApi, ErrorKind, KubeApi, RequestVerb, Service};
use crate::session::Session;

mod diagnostics;

#[cfg(test)]
mod tests;

/// How the operation of a request for aws-auth ends.
const AWS_AUTH: &str = " kube-system/aws-auth";

/// Everything an explanation needs of one cluster.
pub struct Unauthorized {
    cluster: String,
    region: String,
    partition: String,
    mode: AuthenticationMode,
    acts_as: ActsAs,
    kube: Option<Arc<dyn KubeApi>>,
    session: Arc<Session>,
    eks: Arc<dyn EksApi>,
}

/// Whose token is shown to the API server.
enum ActsAs {
    /// The caller's.
    Caller,
    /// That of a role, by its ARN (`kubernetes_role_arn`).
    Role(String),
    /// One of the practitioner's, or a certificate.
    Given,
}

/// A refused request.
#[derive(Clone, Copy)]
struct Refusal<'a> {
    error: &'a ApiError,
    verb: RequestVerb,
}

impl Unauthorized {
    /// For a cluster of a configuration.
    pub fn new(session: Arc<Session>, cluster: &FoundCluster) -> Self {
        let access = &cluster.access;
        Self {
            cluster: cluster.reference.name.clone(),
            region: cluster.reference.region.clone(),
            partition: cluster.partition.clone(),
            mode: authentication_mode(cluster),
            acts_as: match &access.kubernetes_role_arn {
                _ if access.token.is_some() || access.client_certificate.is_some() => ActsAs::Given,
                Some(role) => ActsAs::Role(role.clone()),
                None => ActsAs::Caller,
            },
            kube: cluster.kubernetes().ok(),
            session,
            eks: cluster.eks(),
        }
    }

    /// The failure as a practitioner reads it; with the explanation where the API server refused the caller.
    pub async fn explain(&self, summary: &str, about: &str, error: &ApiError) -> Diagnostic {
        let is_refused = matches!(
            error.kind,
            ErrorKind::Unauthorized | ErrorKind::AccessDenied
        );
        let Service::ApiServer(verb) = error.service else {
            return self.unexplained(summary, about, error);
        };
        if !is_refused {
            return self.unexplained(summary, about, error);
        }
        let answer = self.answer(error.kind).await;
        if matches!(self.acts_as, ActsAs::Given) {
            let unexplained = self.unexplained(summary, about, error);
            let seen = diagnostics::given(&answer);
            let what_failed = match error.kind {
                // The advice would be to check AWS credentials, which do not count here.
                ErrorKind::Unauthorized => format!("{about}: {}", error.detail()),
                _ => unexplained.detail,
            };
            let told = Diagnostic {
                detail: format!("{what_failed}\n\n{seen}"),
                ..unexplained
            };
            return self.with_cause(told, about, error);
        }
        let Ok(identity) = self.session.identity().await else {
            let unexplained = self.unexplained(summary, about, error);
            return self.with_cause(unexplained, about, error);
        };
        let refusal = Refusal { error, verb };
        let text = self.text(&identity, about, refusal, &answer).await;
        let refused = diagnostics::refused(summary, error.kind, &text);
        self.with_cause(refused, about, error)
    }

    /// Marks who is unknown to which cluster: clusters may be reached at one address, and each by somebody else.
    fn with_cause(&self, refused: Diagnostic, about: &str, error: &ApiError) -> Diagnostic {
        if error.kind != ErrorKind::Unauthorized {
            return refused;
        }
        refused.caused_by(shared_cause::unknown_caller(
            about,
            &UnknownCaller {
                cluster: &self.cluster,
                region: &self.region,
                acts_as: match &self.acts_as {
                    ActsAs::Caller => "the caller",
                    ActsAs::Role(role) => role,
                    ActsAs::Given => "what the provider block gives",
                },
            },
        ))
    }

    /// What the API server itself says of whoever was refused: of somebody whom it does not know it is asked again with a token that it has not seen.
    async fn answer(&self, kind: ErrorKind) -> ClusterAnswer {
        let Some(kube) = &self.kube else {
            return ClusterAnswer::NotAsked;
        };
        let is_own = !matches!(self.acts_as, ActsAs::Given);
        let told = match kind {
            ErrorKind::Unauthorized if is_own => kube.self_subject_review_anew().await,
            _ => kube.self_subject_review().await,
        };
        reconciliation::answer(told)
    }

    fn unexplained(&self, summary: &str, about: &str, error: &ApiError) -> Diagnostic {
        api_failure::failed_on(self.session.settings().surface, summary, about, error)
    }

    async fn text(
        &self,
        identity: &CallerIdentity,
        about: &str,
        refusal: Refusal<'_>,
        answer: &ClusterAnswer,
    ) -> String {
        let error = refusal.error;
        let caller = || {
            Principal::from_caller(&identity.arn).unwrap_or_else(|_| Principal {
                arn: identity.arn.clone(),
                account: identity.account.clone(),
            })
        };
        let (principal, as_role) = match &self.acts_as {
            ActsAs::Role(role) => (
                Principal::from_arn(role),
                format!(", acting on the cluster as {role}"),
            ),
            ActsAs::Caller | ActsAs::Given => (caller(), String::new()),
        };
        let canonical = &principal.arn;
        let view = self.view(error, refusal.verb).await;
        let mut lines = vec![
            format!("{about}: {}", error.detail()),
            String::new(),
            format!(
                "You are   {}{as_role} → compared as {canonical}",
                identity.arn
            ),
            format!(
                "Cluster   {}, {}, authentication mode {}",
                self.cluster,
                self.region,
                self.mode.id()
            ),
            format!("Entries   {}", self.entries(&view, &principal)),
        ];
        lines.extend(
            near_misses(&view, canonical)
                .iter()
                .take(3)
                .map(|miss| format!("Near miss {miss}")),
        );
        lines.push(diagnostics::clock(error.clock_skew_seconds));
        lines.extend(diagnostics::known_as(error.kind, answer));
        if error.kind == ErrorKind::Unauthorized {
            lines.extend(self.what_to_do(&principal).await);
        } else {
            lines.push(diagnostics::not_allowed_by_rbac(error));
        }
        lines.join("\n")
    }

    /// What may be read by whoever was refused.
    async fn view(&self, error: &ApiError, verb: RequestVerb) -> ClusterView {
        let aws_auth = match self.why_not_read(error, verb) {
            Some(reason) => Knowledge::Unreadable(reason.to_owned()),
            None => self.aws_auth().await,
        };
        ClusterView {
            mode: self.mode,
            aws_auth,
            access_entries: list_access_entries(self.eks.clone(), self.mode, &self.cluster).await,
        }
    }

    /// Why aws-auth is not asked for: it does not count, or the refusal says that it would be refused, too.
    fn why_not_read(&self, error: &ApiError, verb: RequestVerb) -> Option<&'static str> {
        let is_of_aws_auth = error.operation.ends_with(AWS_AUTH);
        if !self.mode.reads_config_map() {
            return Some("aws-auth is ignored in this mode");
        }
        match error.kind {
            ErrorKind::AccessDenied if !is_of_aws_auth => None,
            ErrorKind::AccessDenied if !verb.is_read() => {
                Some("aws-auth was read before, and was not read again")
            }
            _ => Some("aws-auth could not be read by you"),
        }
    }

    async fn aws_auth(&self) -> Knowledge<Reading> {
        let Some(kube) = &self.kube else {
            return Knowledge::Unreadable("aws-auth was not read".to_owned());
        };
        match kube.config_map(aws_auth::NAMESPACE, aws_auth::NAME).await {
            Ok(found) => Knowledge::Known(read(&found.map(|found| found.data).unwrap_or_default())),
            Err(error) => Knowledge::Unreadable(unreadable(aws_auth::NAME, &error)),
        }
    }

    /// What aws-auth gives, where it counts and was read.
    fn in_aws_auth(view: &ClusterView, principal: &Principal) -> String {
        if let Knowledge::Unreadable(reason) = &view.aws_auth {
            return reason.clone();
        }
        let alone = ClusterView {
            mode: AuthenticationMode::ConfigMap,
            ..view.clone()
        };
        match alone.access_of(&principal.arn, &principal.account).access {
            Access::None => "no entry in aws-auth".to_owned(),
            given => format!("aws-auth gives {}", describe(&given)),
        }
    }

    fn entries(&self, view: &ClusterView, principal: &Principal) -> String {
        let in_aws_auth = Self::in_aws_auth(view, principal);
        if !self.mode.reads_access_entries() {
            return format!("{in_aws_auth}; access entries do not exist in this mode");
        }
        match &view.access_entries {
            Knowledge::Unreadable(reason) => format!("{reason}; {in_aws_auth}"),
            Knowledge::Known(_) => {
                let alone = ClusterView {
                    mode: AuthenticationMode::Api,
                    ..view.clone()
                };
                match alone.access_of(&principal.arn, &principal.account).access {
                    Access::Granted(grant) => format!(
                        "an access entry gives {}; if it is older than the role, the role was made again and the entry no longer counts",
                        describe(&Access::Granted(grant))
                    ),
                    _ => format!("no access entry; {in_aws_auth}"),
                }
            }
        }
    }

    /// The ways in that are left, in the order in which they cost least, a line each.
    pub async fn what_to_do(&self, principal: &Principal) -> Vec<String> {
        let Self {
            cluster, region, ..
        } = self;
        let (arn, remark) = self.with_path(principal).await;
        let mut lines = vec![
            "What to do: ask an administrator of the cluster, who sees which entry is missing or wrong with"
                .to_owned(),
            format!(
                "  terraform-provider-eksauth explain {} --cluster {cluster} --region {region}",
                principal.arn
            ),
        ];
        lines.extend(self.what_gives_groups(principal, &arn));
        lines.extend(if self.mode.reads_access_entries() {
            vec![
                "Only if you are to administer the cluster and no administrator can get in: someone with eks:CreateAccessEntry and \
                 eks:AssociateAccessPolicy can run"
                    .to_owned(),
            ]
        } else {
            vec![
                "If nobody is: the cluster's creator. In mode CONFIG_MAP it may have an admin access that no API shows, and which no aws-auth can take \
                 away. As the creator, see what was kept of aws-auth, and put it back, with"
                    .to_owned(),
                format!("  terraform-provider-eksauth restore --cluster {cluster} --region {region}"),
                "If that is lost too, and you are to administer the cluster: raise the mode, which cannot be lowered again, and give an access entry. Someone with eks:UpdateClusterConfig, \
                 eks:CreateAccessEntry and eks:AssociateAccessPolicy can run"
                    .to_owned(),
                format!("  aws eks update-cluster-config --name {cluster} --region {region} \\"),
                "    --access-config authenticationMode=API_AND_CONFIG_MAP".to_owned(),
            ]
        });
        lines.extend(self.access_entry_commands(&arn));
        lines.extend(remark);
        lines
    }

    /// What gives a principal the groups that it is to have, and no more.
    fn what_gives_groups(&self, principal: &Principal, arn: &str) -> Vec<String> {
        let Self {
            cluster, region, ..
        } = self;
        if !self.mode.reads_config_map() {
            return vec![
                "Someone with eks:CreateAccessEntry can give you the groups that you are to have:"
                    .to_owned(),
                format!(
                    "  aws eks create-access-entry --cluster-name {cluster} --region {region} --principal-arn {arn} --kubernetes-groups GROUP"
                ),
            ];
        }
        vec![
            format!("Someone who is in can map `{}` in aws-auth with the groups that you are to have, for instance with", principal.arn),
            self.add_command(principal),
            "(`eksctl create iamidentitymapping` and `kubectl edit configmap aws-auth -n kube-system` do it too, without looking at what it does to others.)"
                .to_owned(),
        ]
    }

    /// What maps a principal: whoever is no role has an entry among the users.
    fn add_command(&self, principal: &Principal) -> String {
        let Self {
            cluster, region, ..
        } = self;
        let entry = match Kind::Role.canonical(&principal.arn) {
            Ok(role) => format!("role --rolearn {role}"),
            Err(_) => format!("user --userarn {}", principal.arn),
        };
        format!(
            "  terraform-provider-eksauth add {entry} --username NAME --groups GROUP --cluster {cluster} --region {region}"
        )
    }

    /// What gives a principal the power to mend aws-auth by an access entry.
    fn access_entry_commands(&self, arn: &str) -> Vec<String> {
        let Self {
            cluster,
            region,
            partition,
            ..
        } = self;
        let policy = format!("arn:{partition}:eks::aws:cluster-access-policy/AmazonEKSAdminPolicy");
        vec![
            format!(
                "  aws eks create-access-entry --cluster-name {cluster} --region {region} --principal-arn {arn}"
            ),
            format!(
                "  aws eks associate-access-policy --cluster-name {cluster} --region {region} --principal-arn {arn} \\"
            ),
            format!("    --policy-arn {policy} --access-scope type=cluster"),
            "(An access entry alone admits but allows nothing.)".to_owned(),
        ]
    }

    /// The role with its path, which only IAM knows.
    async fn with_path(&self, principal: &Principal) -> (String, Option<String>) {
        let Ok(name) = iam_role_name(&principal.arn) else {
            return (principal.arn.clone(), None);
        };
        let found = match self.session.admitted().await {
            Ok(cloud) => cloud.iam().role(&name).await,
            Err(error) => Err(error),
        };
        match found {
            Ok(Some(role)) => (role.arn, None),
            _ => (
                principal.arn.clone(),
                Some(format!(
                    "The role's path could not be read (iam:GetRole on `{name}`); if it has one, write it into the ARN."
                )),
            ),
        }
    }
}

#[async_trait]
impl RefusalExplainer for Unauthorized {
    async fn explain(&self, summary: &str, about: &str, error: &ApiError) -> Diagnostic {
        Unauthorized::explain(self, summary, about, error).await
    }
}
