//! A role that was made and could not be completed: it waits for the next apply, which completes it. See docs/decisions/0020.
//!
//! A create that fails and leaves a state makes Terraform replace the object. So it leaves none, and the role itself says in its description that
//! it is unfinished, with its own unique id, which nobody else's role has, and a digest of what was asked for, which another configuration does not
//! have. Where nothing can be said, what was made is taken back.

use eksauth_core::iam_policy::policy_document::normal_form;
use tf_provider::resource::Failed;
use tf_provider::{Context, Diagnostic};

use super::ManagedRole;
use super::attachments::Attachments;
use super::removal::delete_when_seen;
use super::{about, diagnostics, node_policy};
use crate::aws_auth::digest::digest_of;
use crate::client::Client;
use crate::diagnostics::api_failure;
use crate::ports::iam::{NewRole, Role};
use crate::ports::{ApiError, IamApi};

/// How much of a role's making has to be undone or remembered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Making {
    /// This apply made it, under the configured name.
    Named,
    /// This apply made it, under a name that the next one would not choose again.
    Generated,
    /// It was there before this apply: made by an earlier one, or left by another address.
    Continued,
    /// Somebody else made it. The next apply adopts it again.
    Adopted,
}

/// A role on its way that got no further.
pub(super) struct Stopped<'a> {
    pub(super) cx: &'a Context<Client>,
    pub(super) iam: &'a dyn IamApi,
    pub(super) role: &'a Role,
    /// What is configured.
    pub(super) asked: &'a NewRole,
    pub(super) making: Making,
    /// What was reached.
    pub(super) reached: ManagedRole,
}

/// What an unfinished role has for a description: the role itself in it, and what was asked for, whatever the trust policy's spelling.
fn mark(role: &Role, asked: &NewRole) -> String {
    let trust = normal_form(&asked.assume_role_policy);
    let digest = digest_of([asked.path.as_str(), &trust]);
    let short: String = digest.chars().take(16).collect();
    format!(
        "Unfinished: an apply of the Terraform provider eksauth could not complete this role ({}, {short}); its next apply does.",
        role.unique_id
    )
}

/// True for a role that an apply of this very configuration could not complete.
pub(super) fn is_unfinished(role: &Role, asked: &NewRole) -> bool {
    role.description == mark(role, asked)
}

impl Stopped<'_> {
    /// The failure, with the role left so that the next apply makes it whole.
    pub(super) async fn because_of(self, error: &ApiError) -> Failed<ManagedRole> {
        let left = match self.making {
            Making::Adopted => Left::AsItWas,
            Making::Generated => self.taken_back().await,
            Making::Continued => self.marked().await,
            Making::Named => match self.marked().await {
                Left::Marked => Left::Marked,
                _ => self.taken_back().await,
            },
        };
        let mut diagnostic = self.describe(error, &left);
        diagnostic.detail.push_str(&diagnostics::left_by_create(
            &self.reached,
            &self.role.name,
            &left,
        ));
        Failed {
            state: matches!(left, Left::InState(_)).then(|| self.reached.into()),
            diagnostics: diagnostic.into(),
        }
    }

    fn describe(&self, error: &ApiError, left: &Left) -> Diagnostic {
        let summary = match left {
            Left::TakenBack | Left::AsItWas => "Cannot Create Role",
            Left::Marked | Left::InState(_) => "Role Made Only In Part",
        };
        api_failure::failed(summary, &about(&self.role.name), error)
    }

    async fn marked(&self) -> Left {
        let role = self.role;
        let text = mark(role, self.asked);
        let marked = self
            .iam
            .update_role(&role.name, &text, role.max_session_duration)
            .await;
        match marked {
            Ok(()) => Left::Marked,
            Err(error) => Left::InState(Box::new(error)),
        }
    }

    /// Nobody else has had the time to put anything on the role, so all that hangs on it goes.
    async fn taken_back(&self) -> Left {
        match self.take_back().await {
            Ok(()) => Left::TakenBack,
            Err(error) => Left::InState(Box::new(error)),
        }
    }

    async fn take_back(&self) -> Result<(), ApiError> {
        let name = &self.role.name;
        let listed = Attachments::read(self.iam, name).await?.unwrap_or_default();
        let ours = Attachments::of_state(&self.reached);
        for attachment in &listed.all | &ours.all {
            attachment.take_away(self.iam, name).await?;
        }
        node_policy::remove(self.iam, &self.reached).await?;
        delete_when_seen(self.cx, self.iam, name).await
    }
}

/// What became of a role that could not be completed.
#[derive(Debug)]
pub(super) enum Left {
    /// It is not there any more.
    TakenBack,
    /// It says in its description that it is unfinished.
    Marked,
    /// Neither could be done: it is in the state, and Terraform replaces it.
    InState(Box<ApiError>),
    /// It belongs to somebody else, who keeps it.
    AsItWas,
}
