//! As whom RBAC sees a principal: the name and the groups of its mapping, with what is known of its session filled in.

use crate::access::cluster_access::{Grant, Principal, Rule};
use crate::aws_auth::username_template::PLACEHOLDERS;
use crate::kubernetes::rbac::{AUTHENTICATED, BoundName, RbacUser};
use crate::principal::arn::iam_role_name;

const PRIVATE_DNS_NAME: &str = "{{EC2PrivateDNSName}}";

/// The principal whose mapping is asked about, and the session of it where one was named.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AskedPrincipal {
    /// Who.
    pub principal: Principal,
    /// The session's name; empty for a user, which has none; `None` for a role of which no session was named.
    pub session_name: Option<String>,
}

impl AskedPrincipal {
    /// The principal of an ARN as someone wrote it, with the session's name where it is a session's.
    pub fn from_arn(written: &str) -> Self {
        let principal = Principal::from_arn(written);
        let session_name = match written.split_once(":assumed-role/") {
            Some((_, session)) => session.split_once('/').map(|(_, name)| name.to_owned()),
            // Only a role has sessions.
            None => iam_role_name(&principal.arn).is_err().then(String::new),
        };
        Self {
            principal,
            session_name: session_name.filter(|name| !name.contains('/')),
        }
    }

    /// As whom it comes by a grant.
    ///
    /// # Errors
    /// The server refuses this session, because a placeholder of the grant has no value for it.
    pub fn user(&self, grant: &Grant) -> Result<RbacUser, String> {
        let names = grant.groups.iter().chain([&grant.username]);
        if let (Some(session), true) = (
            &self.session_name,
            names.clone().any(|name| name.contains(PRIVATE_DNS_NAME)),
        ) && !session.starts_with("i-")
        {
            return Err(format!(
                "the mapping has `{PRIVATE_DNS_NAME}`, which has a value for EC2 instances alone, so the server refuses this principal"
            ));
        }
        let mut groups: Vec<BoundName> = grant.groups.iter().map(|name| self.name(name)).collect();
        groups.push(BoundName::Known(AUTHENTICATED.to_owned()));
        Ok(RbacUser {
            name: match (&grant.rule, grant.username.as_str()) {
                // EKS forms the name of an entry that has none.
                (Rule::AccessEntry(_), "") => BoundName::Template("{{SessionName}}".to_owned()),
                (_, username) => self.name(username),
            },
            groups,
        })
    }

    fn name(&self, template: &str) -> BoundName {
        let mut name = template.replace("{{AccountID}}", &self.principal.account);
        if let Some(session) = &self.session_name {
            name = name
                .replace("{{SessionName}}", &session.replace('@', "-"))
                .replace("{{SessionNameRaw}}", session);
        }
        match PLACEHOLDERS
            .iter()
            .any(|placeholder| name.contains(placeholder))
        {
            true => BoundName::Template(name),
            false => BoundName::Known(name),
        }
    }
}
