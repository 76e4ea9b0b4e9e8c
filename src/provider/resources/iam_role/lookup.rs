//! Finding a role that exists.

use tf_provider::{Attr, Context, Diagnostics};

use super::about;
use crate::client::Client;
use crate::diagnostics::api_failure;
use crate::diagnostics::kept_state::{self, Lookup};
use crate::ports::iam::{InlinePolicies, RoleDetails};

/// The role of a name; that there is none, or another one, is only believed in the state's own account.
pub(super) async fn find(
    cx: &Context<Client>,
    name: &str,
    inline_policies: InlinePolicies,
    remembered_arn: &Attr<String>,
) -> Result<Lookup<RoleDetails>, Diagnostics> {
    let about = about(name);
    let failed = api_failure::failure("Cannot Read Role", &about);
    let iam = cx.client.iam().await.map_err(&failed)?;
    let found = match iam.role_details(name, inline_policies).await {
        Err(error) if kept_state::is_kept(cx, &about, &error) => return Ok(Lookup::Unread),
        found => found,
    };
    if let Some(arn) = remembered_arn.known() {
        let is_remembered = matches!(&found, Ok(Some(live)) if live.role.arn == *arn);
        if !is_remembered {
            cx.client.check_account(arn).await?;
        }
    }
    Ok(match found.map_err(failed)? {
        Some(live) => Lookup::Found(live),
        None => Lookup::Gone,
    })
}
