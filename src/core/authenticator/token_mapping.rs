//! What a verified caller is in a cluster: the entry that admits it with its templates filled in.
//!
//! A session's name is known once a token is verified, so here, other than in a plan, user name and groups are what the API server would
//! see. Source: `pkg/server/server.go` of aws-iam-authenticator (renderTemplates).

use crate::access::cluster_access::{Access, Grant};
use crate::aws_auth::username_template::{TemplateError, TemplateIdentity, render};
use crate::token::Identity;

/// A caller as the API server sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KubernetesUser {
    /// The user name.
    pub username: String,
    /// The groups, without `system:authenticated`.
    pub groups: Vec<String>,
}

/// The caller by each grant that may admit it: none without access, several where entries match at random.
///
/// # Errors
/// Inside the list: a template that cannot be filled, for which the server refuses the caller.
pub fn kubernetes_users(
    identity: &Identity,
    access: &Access,
) -> Vec<Result<KubernetesUser, TemplateError>> {
    let grants: Vec<&Grant> = match access {
        Access::Granted(grant) => vec![grant],
        Access::Random(grants) => grants.iter().collect(),
        Access::None | Access::Unknown(_) => Vec::new(),
    };
    let values = TemplateIdentity {
        account_id: identity.account_id(),
        session_name: identity.session_name(),
        access_key_id: identity.access_key_id(),
    };
    // An instance's name is EC2's to tell, and no verdict depends on it but whether the session is an instance's at all.
    let fill = |template: &str| {
        render(template, &values, |instance| {
            Some(format!("(private DNS name of {instance})"))
        })
    };
    let seen = |grant: &Grant| {
        let groups = grant.groups.iter().map(|group| fill(group));
        Ok(KubernetesUser {
            username: fill(&grant.username)?,
            groups: groups.collect::<Result<_, _>>()?,
        })
    };
    grants.into_iter().map(seen).collect()
}
