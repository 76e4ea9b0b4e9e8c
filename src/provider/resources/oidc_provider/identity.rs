//! The identity of a provider, as hashicorp/aws names its own: the ARN.

use serde::{Deserialize, Serialize};
use tf_provider::{Attr, Identity, IdentitySchema, Type};

use super::schema::OidcProviderModel;

/// The identity of `eksauth_oidc_provider`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct OidcProviderIdentity {
    /// The provider's ARN.
    pub arn: Attr<String>,
}

impl Identity<OidcProviderModel> for OidcProviderIdentity {
    fn schema() -> Option<IdentitySchema> {
        Some(IdentitySchema::new().required("arn", Type::String, "ARN of the provider."))
    }

    fn from_model(model: &OidcProviderModel) -> Option<Self> {
        Some(Self {
            arn: Attr::Known(model.arn.known()?.clone()),
        })
    }
}
