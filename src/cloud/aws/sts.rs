//! STS: who is calling. Asked once a configuration, whoever asks and however many ask at once.

use async_trait::async_trait;
use eksauth_provider::ports::sts::CallerIdentity;
use eksauth_provider::ports::{ApiError, ErrorKind, StsApi};
use tokio::sync::OnceCell;

use super::call::{CallContext, Effect, send};
use super::config::Connection;

/// STS as the configuration's identity.
pub(crate) struct Sts {
    client: aws_sdk_sts::Client,
    context: CallContext,
    caller: OnceCell<CallerIdentity>,
}

impl Sts {
    /// A client that has asked nothing yet.
    pub(crate) fn new(connection: &Connection) -> Self {
        let client = aws_sdk_sts::Client::from_conf(connection.sts_config(None));
        Self {
            client,
            context: connection.context.clone(),
            caller: OnceCell::new(),
        }
    }

    async fn ask(&self) -> Result<CallerIdentity, ApiError> {
        let operation = "sts:GetCallerIdentity";
        let answer = send!(
            self.context.begin(operation, Effect::Read),
            self.client.get_caller_identity()
        )?;
        match (answer.account, answer.arn, answer.user_id) {
            (Some(account), Some(arn), Some(user_id)) => Ok(CallerIdentity {
                account,
                arn,
                user_id,
            }),
            _ => Err(ApiError::new(
                ErrorKind::Service,
                operation,
                "the answer names no account, ARN or user id",
            )),
        }
    }
}

#[async_trait]
impl StsApi for Sts {
    async fn caller_identity(&self) -> Result<CallerIdentity, ApiError> {
        self.caller.get_or_try_init(|| self.ask()).await.cloned()
    }
}
