//! The identity of a role, as hashicorp/aws names its own: the name and the account.

use eksauth_core::principal::arn::Arn;
use serde::{Deserialize, Serialize};
use tf_provider::{Attr, Diagnostic, Identity, IdentitySchema, Type};

use super::{ManagedRole, RoleModel, diagnostics};

/// The identity of a resource that manages a role.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RoleIdentity {
    /// The role's name.
    pub name: Attr<String>,
    /// The role's account.
    pub account_id: Attr<String>,
}

impl RoleIdentity {
    /// Whether the role that an import has found is in the account that is meant.
    ///
    /// # Errors
    /// Another account, with the way out.
    pub(super) fn check_account(&self, found: &ManagedRole) -> Result<(), Diagnostic> {
        match (self.account_id.known(), account(found), found.arn.known()) {
            (Some(named), Some(account), Some(arn)) if *named != account => {
                Err(diagnostics::in_another_account(named, arn))
            }
            _ => Ok(()),
        }
    }
}

impl<M: RoleModel> Identity<M> for RoleIdentity {
    fn schema() -> Option<IdentitySchema> {
        let schema = IdentitySchema::new()
            .required("name", Type::String, "Name of the role.")
            .optional(
                "account_id",
                Type::String,
                "Account of the role; in an import that of the credentials unless set, and compared with it.",
            );
        Some(schema)
    }

    fn from_model(model: &M) -> Option<Self> {
        let model = &model.role();
        Some(Self {
            name: Attr::Known(model.name.known()?.clone()),
            account_id: Attr::Known(account(model)?),
        })
    }
}

fn account(model: &ManagedRole) -> Option<String> {
    let arn = Arn::parse(model.arn.known()?).ok()?;
    arn.account.map(|account| account.to_string())
}
