//! Who STS says the caller is. Only this module makes an [`Identity`].
//!
//! Stricter than the reference: keys count only as STS writes them, a known key in another spelling or a second time is refused, and an answer
//! whose ARN is of another partition than the cluster, or of another account than stands beside it, is none that STS gives.

use serde::de::MapAccess;

use super::refusal::Refusal;
use crate::json::members::{Checked, Members, Object, Text};
use crate::principal::access_key_id::AccessKeyId;
use crate::principal::arn::{PrincipalType, canonical_caller_arn};
use crate::principal::caller::Caller;
use crate::principal::partition::Partition;

/// A caller that STS vouched for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    arn: String,
    canonical_arn: String,
    account_id: String,
    user_id: String,
    session_name: String,
    access_key_id: AccessKeyId,
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
        self.access_key_id.as_str()
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

/// What was asked: the answer is judged by it, and what it says is kept beside the answer.
pub(super) struct Question<'q> {
    pub(super) access_key_id: &'q str,
    pub(super) sts_endpoint: &'q str,
    pub(super) partition: Partition,
}

pub(super) fn read(body: &[u8], question: &Question<'_>) -> Result<Identity, Refusal> {
    let Object(Answer { caller: answer }) =
        serde_json::from_slice(body).map_err(|_| Refusal::StsJson)?;
    let caller = canonical_caller_arn(&answer.arn).map_err(Refusal::StsArn)?;
    if caller.account != answer.account {
        return Err(Refusal::StsAccountMismatch);
    }
    if caller.partition != question.partition {
        return Err(Refusal::StsPartitionMismatch {
            partition: question.partition,
        });
    }
    let (user_id, session_name) = match caller.principal_type {
        PrincipalType::User | PrincipalType::Root | PrincipalType::FederatedUser => {
            (named(&answer.user_id)?, String::new())
        }
        PrincipalType::Role | PrincipalType::AssumedRole => match answer.user_id.split_once(':') {
            Some((id, session)) if !session.contains(':') => (named(id)?, named(session)?),
            _ => return Err(Refusal::StsUserId),
        },
    };
    Ok(Identity {
        arn: answer.arn,
        canonical_arn: caller.arn,
        account_id: answer.account,
        user_id,
        session_name,
        access_key_id: question.access_key_id.into(),
        sts_endpoint: question.sts_endpoint.to_owned(),
    })
}

/// A part of the user id; STS leaves none empty.
fn named(part: &str) -> Result<String, Refusal> {
    match part.trim() {
        "" => Err(Refusal::StsUserId),
        _ => Ok(part.to_owned()),
    }
}

/// `{"GetCallerIdentityResponse":{"GetCallerIdentityResult":{"Account":…,"Arn":…,"UserId":…}}}`
#[derive(Default)]
struct Answer {
    caller: CallerAnswer,
}

impl Members for Answer {
    const NAMES: &'static [&'static str] = &["GetCallerIdentityResponse"];

    fn take<'de, A: MapAccess<'de>>(&mut self, _: usize, object: &mut A) -> Result<(), A::Error> {
        self.caller = object.next_value::<Object<Response>>()?.0.caller;
        Ok(())
    }
}

#[derive(Default)]
struct Response {
    caller: CallerAnswer,
}

impl Members for Response {
    const NAMES: &'static [&'static str] = &["GetCallerIdentityResult", "ResponseMetadata"];

    fn take<'de, A: MapAccess<'de>>(
        &mut self,
        position: usize,
        object: &mut A,
    ) -> Result<(), A::Error> {
        match position {
            0 => self.caller = object.next_value::<Object<CallerAnswer>>()?.0,
            // Nothing is taken from it, but the reference reads it, and an answer that STS would not give is not to be trusted.
            _ => object.next_value_seed(&Checked::Object(&[("RequestId", Checked::Text)]))?,
        }
        Ok(())
    }
}

/// What STS reports of the caller.
#[derive(Default)]
struct CallerAnswer {
    account: String,
    arn: String,
    user_id: String,
}

impl Members for CallerAnswer {
    const NAMES: &'static [&'static str] = &["Account", "Arn", "UserId"];

    fn take<'de, A: MapAccess<'de>>(
        &mut self,
        position: usize,
        object: &mut A,
    ) -> Result<(), A::Error> {
        let field = match position {
            0 => &mut self.account,
            1 => &mut self.arn,
            _ => &mut self.user_id,
        };
        *field = object.next_value::<Text>()?.0;
        Ok(())
    }
}
