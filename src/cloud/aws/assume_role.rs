//! Credentials of a role assumed with other credentials, or with a web identity token.
//!
//! What surprises: the SDK's own provider knows neither source identity nor transitive tag keys, so the calls are made here.
//! A refusal travels as an `ApiError` inside the credentials error, so that the call above can tell which role was refused and why.

use std::fmt;

use aws_credential_types::Credentials;
use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::{self, ProvideCredentials, future};
use aws_sdk_sts::Client;
use aws_sdk_sts::types::{Credentials as StsCredentials, PolicyDescriptorType, Tag};
use eksauth_provider::ports::cloud::{AssumeRole, AssumeRoleWithWebIdentity};
use eksauth_provider::ports::{ApiError, ErrorKind};

use super::call::{CallContext, Effect, send};

/// The session name where none is set; CloudTrail shows it.
const SESSION_NAME: &str = "terraform-provider-eksauth";

/// Credentials of a role assumed with the client's credentials.
pub(crate) struct RoleCredentials {
    client: Client,
    context: CallContext,
    role: AssumeRole,
}

impl RoleCredentials {
    /// The role as the STS client's identity.
    pub(crate) fn new(client: Client, context: CallContext, role: AssumeRole) -> Self {
        Self {
            client,
            context,
            role,
        }
    }

    async fn assume(&self) -> provider::Result {
        let role = &self.role;
        let mut request = self
            .client
            .assume_role()
            .role_arn(&role.role_arn)
            .role_session_name(role.session_name.as_deref().unwrap_or(SESSION_NAME))
            .set_external_id(role.external_id.clone())
            .set_duration_seconds(role.duration_seconds)
            .set_policy(role.policy.clone())
            .set_policy_arns(policy_arns(&role.policy_arns))
            .set_source_identity(role.source_identity.clone());
        for (key, value) in &role.tags {
            let tag = Tag::builder()
                .key(key)
                .value(value)
                .build()
                .map_err(CredentialsError::invalid_configuration)?;
            request = request.tags(tag);
        }
        for key in &role.transitive_tag_keys {
            request = request.transitive_tag_keys(key);
        }
        let answer = send!(self.context.begin("sts:AssumeRole", Effect::Read), request);
        let answer = answer.map_err(|error| refused(error, &role.role_arn))?;
        credentials(answer.credentials, "AssumeRole")
    }
}

impl fmt::Debug for RoleCredentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RoleCredentials")
            .field("role_arn", &self.role.role_arn)
            .finish_non_exhaustive()
    }
}

impl ProvideCredentials for RoleCredentials {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::new(self.assume())
    }
}

/// Credentials of a role assumed with a web identity token.
pub(crate) struct WebIdentityCredentials {
    client: Client,
    context: CallContext,
    role: AssumeRoleWithWebIdentity,
}

impl WebIdentityCredentials {
    /// The role by the token; the client needs no credentials.
    pub(crate) fn new(
        client: Client,
        context: CallContext,
        role: AssumeRoleWithWebIdentity,
    ) -> Self {
        Self {
            client,
            context,
            role,
        }
    }

    async fn assume(&self) -> provider::Result {
        let role = &self.role;
        let request = self
            .client
            .assume_role_with_web_identity()
            .role_arn(&role.role_arn)
            .role_session_name(role.session_name.as_deref().unwrap_or(SESSION_NAME))
            .web_identity_token(self.token().await?)
            .set_duration_seconds(role.duration_seconds)
            .set_policy(role.policy.clone())
            .set_policy_arns(policy_arns(&role.policy_arns));
        let answer = send!(
            self.context
                .begin("sts:AssumeRoleWithWebIdentity", Effect::Read),
            request
        );
        let answer = answer.map_err(|error| refused(error, &role.role_arn))?;
        credentials(answer.credentials, "AssumeRoleWithWebIdentity")
    }

    /// The token as set, or what the file holds now: the file is renewed by others.
    async fn token(&self) -> Result<String, CredentialsError> {
        if let Some(token) = &self.role.token {
            return Ok(token.expose().to_owned());
        }
        let file = self.role.token_file.as_deref().unwrap_or_default();
        let text = tokio::fs::read_to_string(file).await.map_err(|error| {
            let message = format!("the web identity token file `{file}` cannot be read: {error}");
            CredentialsError::invalid_configuration(ApiError::new(
                ErrorKind::NoCredentials,
                "sts:AssumeRoleWithWebIdentity",
                message,
            ))
        })?;
        Ok(text.trim().to_owned())
    }
}

impl fmt::Debug for WebIdentityCredentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WebIdentityCredentials")
            .field("role_arn", &self.role.role_arn)
            .finish_non_exhaustive()
    }
}

impl ProvideCredentials for WebIdentityCredentials {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::new(self.assume())
    }
}

fn policy_arns(arns: &[String]) -> Option<Vec<PolicyDescriptorType>> {
    let descriptor = |arn: &String| PolicyDescriptorType::builder().arn(arn).build();
    (!arns.is_empty()).then(|| arns.iter().map(descriptor).collect())
}

fn refused(error: ApiError, role_arn: &str) -> CredentialsError {
    let message = format!(
        "the role `{role_arn}` could not be assumed: {}",
        error.message
    );
    CredentialsError::provider_error(ApiError { message, ..error })
}

fn credentials(answer: Option<StsCredentials>, provider: &'static str) -> provider::Result {
    let Some(answer) = answer else {
        return Err(CredentialsError::unhandled(
            "the answer of STS holds no credentials",
        ));
    };
    let expires =
        std::time::SystemTime::try_from(answer.expiration).map_err(CredentialsError::unhandled)?;
    Ok(Credentials::new(
        answer.access_key_id,
        answer.secret_access_key,
        Some(answer.session_token),
        Some(expires),
        provider,
    ))
}
