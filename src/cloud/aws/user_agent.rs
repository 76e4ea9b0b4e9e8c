//! The end of every request's User-Agent: the provider's version, Terraform's and what TF_APPEND_USER_AGENT says.

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::context::BeforeTransmitInterceptorContextMut;
use aws_smithy_runtime_api::client::interceptors::{Intercept, dyn_dispatch_hint};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::ConfigBag;

/// Appends a text to the User-Agent. The header is not signed, so this may happen last.
#[derive(Clone, Debug)]
pub(crate) struct UserAgent(String);

impl UserAgent {
    /// Leaves out what no header may hold.
    pub(crate) fn new(suffix: &str) -> Self {
        Self(
            suffix
                .chars()
                .filter(|c| (' '..='~').contains(c))
                .collect::<String>()
                .trim()
                .to_owned(),
        )
    }

    /// The text.
    pub(crate) fn suffix(&self) -> &str {
        &self.0
    }
}

#[dyn_dispatch_hint]
impl Intercept for UserAgent {
    fn name(&self) -> &'static str {
        "eksauth-user-agent"
    }

    fn modify_before_transmit(
        &self,
        context: &mut BeforeTransmitInterceptorContextMut<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        if self.0.is_empty() {
            return Ok(());
        }
        let headers = context.request_mut().headers_mut();
        let agent = match headers.get("user-agent") {
            Some(agent) => format!("{agent} {}", self.0),
            None => self.0.clone(),
        };
        headers.try_insert("user-agent", agent)?;
        Ok(())
    }
}
