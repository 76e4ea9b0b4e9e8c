//! What a principal may do in a cluster: yes, no or not known, by which binding or access policy, and what comes nearest where nothing allows it.
//!
//! What surprises: `allowed` is null, not false, where something that decides could not be read, where a user name is known only once somebody calls, and
//! where an access policy is not known to allow it. `answered_by` says whether the API server or the rules said it. The rules are those of
//! `eksauth_core::access::can_i`.

use eksauth_core::access::can_i::{
    AskedPrincipal, GrantedBy, GrantingBinding, Permission, PermissionAnswer,
};
use eksauth_core::access::cluster_access::Access;
use eksauth_core::kubernetes::rbac::{BoundName, NearRule, Question, WrittenQuestion};
use serde::{Deserialize, Serialize};
use tf_provider::{Attr, Context, DataSource, Diagnostics, Schema};

use super::identity_mapping::diagnostics::admitted_nowhere;
use super::identity_mapping::{Miss, miss, texts};
use crate::access::can_i::{AnsweredQuestion, PermissionInquiry};
use crate::access::cluster_access::cluster_access;
use crate::access::permissions::{
    LIST_BINDINGS, LIST_CLUSTER_BINDINGS, LIST_CLUSTER_ROLES, LIST_ROLES_OF_RBAC, LOOK_UP_ENTRIES,
    READ_AWS_AUTH, REVIEW_QUESTION, list_entries, read_entries,
};
use crate::client::Client;
use crate::clusters::{DESCRIBE_CLUSTER, LIST_CLUSTERS};
use crate::permissions::{DeclaresPermissions, GuardReads, Permissions};

mod diagnostics;
mod schema;

#[cfg(test)]
mod tests;

/// The data source `eksauth_can_i`.
pub struct CanIDataSource;

/// Something that allows what is asked.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct GrantModel {
    /// `RoleBinding`, `ClusterRoleBinding`, `AccessPolicy`, `system:masters` or `Authorizer`.
    pub kind: Attr<String>,
    /// The binding's namespace.
    pub namespace: Attr<String>,
    /// The binding's name, or the access policy's ARN.
    pub name: Attr<String>,
    /// `Role` or `ClusterRole`.
    pub role_kind: Attr<String>,
    /// The role's name.
    pub role: Attr<String>,
    /// All of it in words.
    pub text: Attr<String>,
}

/// The attributes in schema order.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct CanIModel {
    /// The cluster.
    pub cluster_name: Attr<String>,
    /// Its region.
    pub region: Attr<String>,
    /// The principal; the caller unless set.
    pub arn: Attr<String>,
    /// The verb.
    pub verb: Attr<String>,
    /// `RESOURCE[.GROUP][/SUBRESOURCE]`, or a path.
    pub resource: Attr<String>,
    /// The namespace; null: all of them.
    pub namespace: Attr<String>,
    /// The object's name; null: any.
    pub name: Attr<String>,
    /// Whether it may; null where that is not known.
    pub allowed: Attr<bool>,
    /// `api_server` or `rules`.
    pub answered_by: Attr<String>,
    /// The answer in words.
    pub summary: Attr<String>,
    /// As whom.
    pub username: Attr<String>,
    /// In which groups.
    pub groups: Attr<Vec<Attr<String>>>,
    /// By which rule of aws-auth or access entry.
    pub mapping: Attr<String>,
    /// What allows it.
    pub granted_by: Attr<Vec<GrantModel>>,
    /// Why not, or why it is not known.
    pub reasons: Attr<Vec<Attr<String>>>,
    /// What comes nearest to allowing it.
    pub nearest: Attr<Vec<Miss>>,
    /// The entries that were probably meant for a principal without a mapping.
    pub near_misses: Attr<Vec<Miss>>,
    /// Why the API server's word was not had.
    pub not_asked: Attr<String>,
}

impl DeclaresPermissions for CanIDataSource {
    const PERMISSIONS: Permissions = Permissions {
        aws: &[
            DESCRIBE_CLUSTER,
            LIST_CLUSTERS,
            list_entries(LOOK_UP_ENTRIES),
            read_entries(LOOK_UP_ENTRIES),
        ],
        kubernetes: &[
            READ_AWS_AUTH,
            REVIEW_QUESTION,
            LIST_CLUSTER_ROLES,
            LIST_CLUSTER_BINDINGS,
            LIST_ROLES_OF_RBAC,
            LIST_BINDINGS,
        ],
        for_the_guard: GuardReads::NONE,
    };
}

impl DataSource for CanIDataSource {
    type Client = Client;
    type Model = CanIModel;

    const NAME: &'static str = "eksauth_can_i";

    fn schema(&self) -> Schema {
        schema::schema()
    }

    fn validate(&self, config: &CanIModel, diagnostics: &mut Diagnostics) {
        schema::validate(config, diagnostics);
    }

    async fn read(
        &self,
        cx: &Context<Client>,
        config: CanIModel,
    ) -> Result<CanIModel, Diagnostics> {
        let question = question(&config).map_err(diagnostics::no_resource)?;
        let cluster = cx
            .client
            .clusters()
            .existing(&config.cluster_name, &config.region)
            .await?;
        let arn = arn(&cx.client, &config.arn).await?;
        let asked = AskedPrincipal::from_arn(&arn);
        let view = cluster_access(&cluster).await;
        let inquiry = PermissionInquiry::new(&cluster, cx.client.session());
        let answered = inquiry.about(&view, &asked, &question).await;
        let reference = &cluster.reference;
        if answered.answer.permission == Permission::NotKnown {
            cx.add(diagnostics::not_known(
                reference,
                &asked.principal,
                &answered.answer.reasons,
            ));
        }
        let config = CanIModel {
            cluster_name: reference.named_as(&config.cluster_name),
            region: Attr::Known(reference.region.clone()),
            arn: Attr::Known(arn),
            ..config
        };
        Ok(flatten(config, &question, &answered))
    }
}

fn question(config: &CanIModel) -> Result<Question, String> {
    let text = |value: &Attr<String>| value.known().cloned().unwrap_or_default();
    let written = [
        &config.verb,
        &config.resource,
        &config.namespace,
        &config.name,
    ]
    .map(text);
    let [verb, resource, namespace, name] = &written;
    Question::parse(WrittenQuestion {
        verb,
        resource,
        namespace,
        name,
    })
    .map_err(|error| error.to_string())
}

/// The ARN that is asked about; without one, the caller's.
async fn arn(client: &Client, given: &Attr<String>) -> Result<String, Diagnostics> {
    if let Attr::Known(arn) = given {
        return Ok(arn.clone());
    }
    let identity = client.identity_or_failure().await?;
    match eksauth_core::access::cluster_access::Principal::from_caller(&identity.arn) {
        Ok(_) => Ok(identity.arn),
        Err(error) => Err(admitted_nowhere(&identity, &error.to_string()).into()),
    }
}

fn flatten(config: CanIModel, question: &Question, answered: &AnsweredQuestion) -> CanIModel {
    let AnsweredQuestion { both, answer } = answered;
    let explanation = &both.explanation;
    let user = answer.user.as_ref();
    let names = |names: &[BoundName]| texts(names.iter().map(|name| name.text().to_owned()));
    CanIModel {
        allowed: match answer.permission {
            Permission::Yes => Attr::Known(true),
            Permission::No => Attr::Known(false),
            Permission::NotKnown => Attr::Null,
        },
        answered_by: Attr::Known(answer.answered_by.word().to_owned()),
        summary: Attr::Known(in_words(question, &explanation.principal.arn, answer)),
        username: user.map(|user| user.name.text().to_owned()).into(),
        groups: user.map_or(Attr::Null, |user| names(&user.groups)),
        mapping: match &explanation.principal_access.access {
            Access::Granted(grant) if both.difference.is_none() => {
                Attr::Known(grant.rule.to_string())
            }
            _ => Attr::Null,
        },
        granted_by: Attr::Known(answer.granted_by.iter().map(granted).collect()),
        reasons: texts(answer.reasons.iter().cloned()),
        nearest: Attr::Known(answer.nearest.iter().map(near).collect()),
        near_misses: Attr::Known(explanation.near_misses.iter().map(miss).collect()),
        not_asked: answer.not_asked.clone().into(),
        ..config
    }
}

fn in_words(question: &Question, arn: &str, answer: &PermissionAnswer) -> String {
    let because = |word: &str, lines: Vec<String>| match lines.is_empty() {
        true => String::new(),
        false => format!("{word}{}", lines.join("; ")),
    };
    let granted = answer.granted_by.iter().map(ToString::to_string).collect();
    match answer.permission {
        Permission::Yes => format!("{arn} may {question}{}", because(", by ", granted)),
        Permission::No => format!(
            "{arn} may not {question}{}",
            because(": ", answer.reasons.clone())
        ),
        Permission::NotKnown => format!(
            "whether {arn} may {question} is not known{}",
            because(": ", answer.reasons.clone())
        ),
    }
}

fn granted(granted: &GrantedBy) -> GrantModel {
    let common = GrantModel {
        kind: Attr::Known(granted.kind().to_owned()),
        text: Attr::Known(granted.to_string()),
        ..GrantModel::default()
    };
    let known = |text: &str| match text {
        "" => Attr::Null,
        text => Attr::Known(text.to_owned()),
    };
    match granted {
        GrantedBy::Binding(GrantingBinding {
            namespace,
            name,
            role_kind,
            role,
            ..
        }) => GrantModel {
            namespace: known(namespace),
            name: known(name),
            role_kind: known(role_kind),
            role: known(role),
            ..common
        },
        GrantedBy::AccessPolicy(policy) => GrantModel {
            name: known(&policy.policy_arn),
            ..common
        },
        GrantedBy::Masters | GrantedBy::ApiServer { .. } => common,
    }
}

fn near(near: &NearRule) -> Miss {
    Miss {
        id: Attr::Known(near.lacks.id().to_owned()),
        text: Attr::Known(near.text.clone()),
    }
}
