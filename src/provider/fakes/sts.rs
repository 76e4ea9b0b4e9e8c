//! STS in memory: one caller, and one answer to every token.

use std::sync::{Mutex, PoisonError};

use async_trait::async_trait;
use eksauth_core::token::StsRequest;

use super::calls::Calls;
use crate::ports::sts::{CallerIdentity, StsAnswer};
use crate::ports::{ApiError, StsApi, TokenSts};

/// STS.
pub struct FakeSts {
    /// What was asked, and what goes wrong.
    pub calls: Calls,
    identity: CallerIdentity,
}

impl FakeSts {
    /// The caller `role/admins` of an account.
    pub fn of_account(account: &str) -> Self {
        Self {
            calls: Calls::default(),
            identity: CallerIdentity {
                account: account.to_owned(),
                arn: format!("arn:aws:sts::{account}:assumed-role/admins/eve"),
                user_id: "AROAEXAMPLEADMINS0000:eve".to_owned(),
            },
        }
    }
}

#[async_trait]
impl StsApi for FakeSts {
    async fn caller_identity(&self) -> Result<CallerIdentity, ApiError> {
        self.calls.read("GetCallerIdentity", "")?;
        Ok(self.identity.clone())
    }
}

/// STS as it is asked about tokens: it vouches for one caller, or says what it was told to say.
pub struct FakeTokenSts {
    /// What was asked, and what goes wrong.
    pub calls: Calls,
    answer: Mutex<StsAnswer>,
}

impl Default for FakeTokenSts {
    fn default() -> Self {
        let fake = Self {
            calls: Calls::default(),
            answer: Mutex::new(StsAnswer {
                status: 403,
                body: Vec::new(),
            }),
        };
        fake.vouch_for(
            "arn:aws:sts::111122223333:assumed-role/admins/eve@example.com",
            "AROAEXAMPLEADMINS0000:eve@example.com",
        );
        fake
    }
}

impl FakeTokenSts {
    /// Vouches for this caller of the account in the ARN from now on.
    pub fn vouch_for(&self, arn: &str, user_id: &str) {
        let account = arn.split(':').nth(4).unwrap_or_default();
        let body = format!(
            r#"{{"GetCallerIdentityResponse":{{"GetCallerIdentityResult":{{"Account":"{account}","Arn":"{arn}","UserId":"{user_id}"}}}}}}"#
        );
        self.say(200, &body);
    }

    /// Says this from now on.
    pub fn say(&self, status: u16, body: &str) {
        let answer = StsAnswer {
            status,
            body: body.as_bytes().to_vec(),
        };
        *self.answer.lock().unwrap_or_else(PoisonError::into_inner) = answer;
    }
}

#[async_trait]
impl TokenSts for FakeTokenSts {
    async fn ask(&self, request: &StsRequest) -> Result<StsAnswer, ApiError> {
        self.calls.read("GetCallerIdentity", request.host())?;
        Ok(self
            .answer
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone())
    }
}
