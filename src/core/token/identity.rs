//! Who STS says the caller is. Only this module makes an [`Identity`].
//!
//! Keys of the answer are compared without regard to case, as the reference does; a key given twice, in whatever case, is refused.

use super::refusal::Refusal;
use crate::arn::{PrincipalType, canonical_caller_arn};
use crate::identity_mapping::Caller;
use crate::json::Json;

/// A caller that STS vouched for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    arn: String,
    canonical_arn: String,
    account_id: String,
    user_id: String,
    session_name: String,
    access_key_id: String,
    sts_endpoint: String,
}

impl Identity {
    /// The ARN as STS reports it; for a role it is the session's.
    pub fn arn(&self) -> &str {
        &self.arn
    }

    /// The ARN that mappings are compared with, in its original case.
    pub fn canonical_arn(&self) -> &str {
        &self.canonical_arn
    }

    /// The account, as STS reports it and as it stands in the ARN.
    pub fn account_id(&self) -> &str {
        &self.account_id
    }

    /// The unique id, without the session's name; for a federated user `account:name`.
    pub fn user_id(&self) -> &str {
        &self.user_id
    }

    /// The session's name, empty but for roles. The caller may choose this string freely: never take it for a name of anyone.
    pub fn session_name(&self) -> &str {
        &self.session_name
    }

    /// The access key id in the token; empty or any text, if STS did not check it. Never log it without escaping.
    pub fn access_key_id(&self) -> &str {
        &self.access_key_id
    }

    /// The host of STS that vouched.
    pub fn sts_endpoint(&self) -> &str {
        &self.sts_endpoint
    }
}

impl From<&Identity> for Caller {
    /// What mappings see of a verified identity.
    fn from(identity: &Identity) -> Caller {
        Caller {
            arn: identity.arn.clone(),
            canonical_arn: identity.canonical_arn.clone(),
            account_id: identity.account_id.clone(),
            user_id: identity.user_id.clone(),
            session_name: identity.session_name.clone(),
            access_key_id: identity.access_key_id.clone(),
        }
    }
}

pub(super) fn read(
    body: &[u8],
    access_key_id: &str,
    sts_endpoint: &str,
) -> Result<Identity, Refusal> {
    let json: Json = serde_json::from_slice(body).map_err(|_| Refusal::StsJson)?;
    let response = member(&json, "GetCallerIdentityResponse")?;
    let result = member(response, "GetCallerIdentityResult")?;
    // Nothing is taken from it, but the reference reads it, and an answer that STS would not give is not to be trusted.
    text(member(response, "ResponseMetadata")?, "RequestId")?;
    let arn = text(result, "Arn")?;
    let account_id = text(result, "Account")?;
    let user_id = text(result, "UserId")?;
    let caller = canonical_caller_arn(arn).map_err(Refusal::StsArn)?;
    if caller.account != account_id {
        return Err(Refusal::StsAccountMismatch);
    }
    let (user_id, session_name) = match caller.principal_type {
        PrincipalType::User | PrincipalType::Root | PrincipalType::FederatedUser => (user_id, ""),
        PrincipalType::Role | PrincipalType::AssumedRole => match user_id.split_once(':') {
            Some((id, session)) if !session.contains(':') => (id, session),
            _ => return Err(Refusal::StsUserId),
        },
    };
    Ok(Identity {
        arn: arn.to_owned(),
        canonical_arn: caller.arn,
        account_id: account_id.to_owned(),
        user_id: user_id.to_owned(),
        session_name: session_name.to_owned(),
        access_key_id: access_key_id.to_owned(),
        sts_endpoint: sts_endpoint.to_owned(),
    })
}

fn member<'a>(object: &'a Json, name: &str) -> Result<&'a Json, Refusal> {
    object.member(name).map_err(|_| Refusal::StsJson)
}

fn text<'a>(object: &'a Json, name: &str) -> Result<&'a str, Refusal> {
    match member(object, name)? {
        Json::Text(text) => Ok(text),
        Json::Null => Ok(""),
        _ => Err(Refusal::StsJson),
    }
}
