//! Removing a role. What others attached is looked for before anything is taken away, and goes only where the practitioner said so.
//!
//! DeleteRole comes first: IAM refuses it while something hangs on the role, and before that whoever may not delete it. Either way nothing of the
//! role was touched yet. Where IAM or Ctrl-C stops the removal later, what was taken away is put back, for the role stays.

use std::collections::BTreeSet;

use tf_provider::{Attr, Context, Diagnostics};

use super::ManagedRole;
use super::attachments::{Attachment, Attachments};
use super::{about, diagnostics};
use crate::client::Client;
use crate::diagnostics::api_failure;
use crate::ports::{ApiError, ErrorKind, IamApi};
use crate::session::consistency::until_consistent;

pub(super) async fn delete(cx: &Context<Client>, state: &ManagedRole) -> Result<(), Diagnostics> {
    let Some(name) = state.name.known() else {
        return Ok(());
    };
    if let Some(arn) = state.arn.known() {
        cx.client.check_account(arn).await?;
    }
    let about = about(name);
    let failed = api_failure::failure("Cannot Delete Role", &about);
    let iam = cx.client.iam().await.map_err(&failed)?;
    let iam = iam.as_ref();
    let conflict = match absent_is_done(iam.delete_role(name).await) {
        Err(error) if error.kind == ErrorKind::Conflict => error,
        outcome => return outcome.map_err(failed),
    };
    let Some(found) = Attachments::read(iam, name).await.map_err(&failed)? else {
        return Ok(());
    };
    let explained = |error: &ApiError, text: &str| -> Diagnostics {
        let mut diagnostic = api_failure::failed("Cannot Delete Role", &about, error);
        diagnostic.detail.push_str(text);
        diagnostic.into()
    };
    let ours = Attachments::of_state(state).all;
    let foreign = &found.all - &ours;
    if !foreign.is_empty() && state.force_detach_policies != Attr::Known(true) {
        let text = diagnostics::others_attached(name, &foreign);
        return Err(explained(&conflict, &text));
    }
    let mut removal = Removal {
        cx,
        iam,
        role: name,
        found: &found,
        taken: Vec::new(),
    };
    let Err(error) = removal.finish(&ours - &found.all).await else {
        return Ok(());
    };
    let text = diagnostics::put_back(name, &removal.put_back().await);
    Err(explained(&error, &text))
}

/// One removal on its way.
struct Removal<'a> {
    cx: &'a Context<Client>,
    iam: &'a dyn IamApi,
    role: &'a str,
    /// What hung on the role at first.
    found: &'a Attachments,
    /// What was taken away so far, in order, or may have been.
    taken: Vec<Attachment>,
}

/// What became of what a removal had taken away before it was stopped.
#[derive(Debug, Default)]
pub(super) struct PutBack {
    /// It hangs on the role again.
    pub(super) back: BTreeSet<Attachment>,
    /// It could not be put back.
    pub(super) lost: Vec<Lost>,
    /// IAM had not listed it, so that perhaps somebody else had taken it away: it was not put back.
    pub(super) unlisted: BTreeSet<Attachment>,
}

/// Something that could not be put back.
#[derive(Debug)]
pub(super) struct Lost {
    /// What.
    pub(super) attachment: Attachment,
    /// The text of an inline policy, which stands nowhere else any more.
    pub(super) document: Option<String>,
    /// Why.
    pub(super) error: ApiError,
}

impl Removal<'_> {
    /// Takes all away and deletes the role. `unlisted` is ours too: IAM may not yet show what was attached a moment ago.
    ///
    /// Instance profiles go first: to take a role out of one is what a caller is least often allowed, and nothing was touched then.
    async fn finish(&mut self, unlisted: BTreeSet<Attachment>) -> Result<(), ApiError> {
        let found = self.found;
        for attachment in found.all.iter().rev().chain(&unlisted) {
            self.take_away(attachment).await?;
        }
        match delete_when_seen(self.cx, self.iam, self.role).await {
            Err(error) if error.may_have_been_carried_out() => {
                match self.iam.role(self.role).await {
                    Ok(None) => Ok(()),
                    _ => Err(error),
                }
            }
            outcome => outcome,
        }
    }

    async fn take_away(&mut self, attachment: &Attachment) -> Result<(), ApiError> {
        if self.cx.cancel.is_cancelled() {
            return Err(ApiError::new(
                ErrorKind::Cancelled,
                attachment.removal(),
                "cancelled before it was called",
            ));
        }
        let outcome = absent_is_done(attachment.take_away(self.iam, self.role).await);
        let is_refused = |error: &ApiError| !error.may_have_been_carried_out();
        if !outcome.as_ref().is_err_and(is_refused) {
            self.taken.push(attachment.clone());
        }
        outcome
    }

    /// Puts back what IAM had listed, the last taken first; also after Ctrl-C, which only ends the waiting.
    async fn put_back(&self) -> PutBack {
        let mut outcome = PutBack::default();
        for attachment in self.taken.iter().rev() {
            if !self.found.all.contains(attachment) {
                outcome.unlisted.insert(attachment.clone());
                continue;
            }
            let put_back = until_consistent(
                self.cx,
                |error| error.kind == ErrorKind::Conflict,
                || self.found.put_back(self.iam, self.role, attachment),
            );
            match put_back.await {
                Ok(()) => {
                    outcome.back.insert(attachment.clone());
                }
                Err(error) => outcome.lost.push(Lost {
                    attachment: attachment.clone(),
                    document: self.found.document(attachment),
                    error,
                }),
            }
        }
        outcome
    }
}

/// Deletes the role once IAM has seen everywhere that nothing hangs on it any more.
pub(super) async fn delete_when_seen(
    cx: &Context<Client>,
    iam: &dyn IamApi,
    name: &str,
) -> Result<(), ApiError> {
    let outcome = until_consistent(
        cx,
        |error| error.kind == ErrorKind::Conflict,
        || iam.delete_role(name),
    )
    .await;
    absent_is_done(outcome)
}

fn absent_is_done(outcome: Result<(), ApiError>) -> Result<(), ApiError> {
    match outcome {
        Err(error) if error.kind == ErrorKind::NotFound => Ok(()),
        outcome => outcome,
    }
}
