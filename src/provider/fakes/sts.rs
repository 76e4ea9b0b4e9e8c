//! STS in memory: one caller.

use async_trait::async_trait;

use super::calls::Calls;
use crate::ports::sts::CallerIdentity;
use crate::ports::{ApiError, StsApi};

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
