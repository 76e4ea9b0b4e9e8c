//! What is said of a write that took the access of whoever acts, and of one that could not be confirmed.

use std::time::SystemTime;

use jiff::Timestamp;
use tf_provider::Diagnostic;

use super::question::Loss;
use super::unfinished::UnfinishedWrite;
use super::verdict::Lost;
use super::{Surroundings, WatchedWrite};
use crate::aws_auth::recovery::KeptCopy;
use crate::ports::{ApiError, ErrorKind};

/// Why a write could not be confirmed.
pub(super) enum NotConfirmed {
    /// The API server has no SelfSubjectReview.
    TooOld,
    /// Whoever acts may not ask who it is.
    MayNotAsk,
    /// No answer came.
    Unanswered(String),
    /// A refusal that comes from the credentials.
    Credentials(String),
    /// The operation was cancelled.
    Cancelled,
}

/// A write that was made stays, and whether whoever acts still gets in is not known.
pub(super) fn not_confirmed(cluster: &str, reason: &NotConfirmed) -> Diagnostic {
    let why = match reason {
        NotConfirmed::TooOld => {
            "its API server does not know SelfSubjectReview (Kubernetes before 1.28), so the rules alone decided".to_owned()
        }
        NotConfirmed::MayNotAsk => "whoever acts may not ask the API server who it is and what it may do (the cluster role `system:basic-user` is not bound to \
             it), so the rules alone decided"
            .to_owned(),
        NotConfirmed::Unanswered(what) => format!("the API server did not answer ({what})"),
        NotConfirmed::Credentials(why) => {
            format!("a fresh token was refused (401), which this write need not have done: {why}")
        }
        NotConfirmed::Cancelled => "the operation was cancelled before the answer counted".to_owned(),
    };
    Diagnostic::warning(
        "Access Not Confirmed",
        format!(
            "aws-auth of cluster `{cluster}` was written, and the write could touch the access of whoever runs this apply. Whether it still gets in could not \
             be confirmed: {why}.\nThe write stays. `confirm_access = false` in the provider block does without the question."
        ),
    )
}

/// A run before this one ended in the middle of a write, and whoever acts is in.
pub(super) fn unfinished(surroundings: &Surroundings, left: &UnfinishedWrite) -> Diagnostic {
    Diagnostic::warning(
        "An Earlier Write Was Not Confirmed",
        format!(
            "A run that ended in the middle of it began to write aws-auth of cluster `{}` at {}. You are still admitted, and what it wrote stands: this plan shows \
             what is there.{}",
            surroundings.cluster,
            left.begun_at,
            way_back(surroundings, left.copy.as_ref())
        ),
    )
}

/// A run before this one ended in the middle of a write, and whoever acts is refused.
pub(super) fn refused_after_unfinished(
    surroundings: &Surroundings,
    left: &UnfinishedWrite,
    explained: Diagnostic,
) -> Diagnostic {
    let detail = format!(
        "{}\n\nA run that ended in the middle of it began to write aws-auth of cluster `{}` at {}, and could not see whether you keep your access. What it wrote \
         stands, and may have taken it.{}",
        explained.detail,
        surroundings.cluster,
        left.begun_at,
        way_back(surroundings, left.copy.as_ref())
    );
    Diagnostic {
        detail,
        ..explained
    }
}

/// How somebody who is in puts the document back.
fn way_back(surroundings: &Surroundings, copy: Option<&KeptCopy>) -> String {
    let Surroundings {
        cluster, region, ..
    } = surroundings;
    match copy {
        Some(copy) => format!(
            "\nThe document before the write is kept as `{copy}`. Somebody who is in can put it back:\n  terraform-provider-eksauth restore {} --cluster {cluster} \
             --region {region}",
            copy.restore_argument()
        ),
        None => "\nNo copy of the document before the write was kept (`recovery`).".to_owned(),
    }
}

/// A loss as it was seen.
pub(super) struct LostAccess<'a> {
    pub(super) surroundings: &'a Surroundings,
    pub(super) write: &'a WatchedWrite,
    pub(super) lost: Option<Lost>,
    pub(super) written_at: SystemTime,
    pub(super) undone_at: SystemTime,
    /// Whether whoever acts has again what it had.
    pub(super) is_back: bool,
}

impl LostAccess<'_> {
    /// The write was undone.
    pub(super) fn undone(&self, others_wrote: bool) -> Diagnostic {
        let again = match self.is_back {
            true => "and a fresh token is admitted again.",
            false => {
                "but a fresh token still gets no further: the loss has another cause than this write, or the cluster is slow to see that it was undone."
            }
        };
        let others = match others_wrote {
            true => "Others had written in between; what they wrote stays.",
            false => "Nothing else was changed by others in between.",
        };
        let text = format!(
            "{}, so the document was put back at {}, {again} {others}\n{}\n{}",
            self.seen(),
            time(self.undone_at),
            self.why(),
            self.what_to_do()
        );
        Diagnostic::error(self.title(true), text)
    }

    /// The write could not be undone.
    pub(super) async fn not_undone(&self, error: &ApiError, copy: Option<&KeptCopy>) -> Diagnostic {
        let cluster = &self.surroundings.cluster;
        let kept = way_back(self.surroundings, copy);
        let is_refused = matches!(
            error.kind,
            ErrorKind::Unauthorized | ErrorKind::AccessDenied
        );
        let closed = match is_refused {
            true => "the connection from before the write was refused too".to_owned(),
            false => error.to_string(),
        };
        let about = format!(
            "{}. It could not be put back: {closed}.{kept}\n{}\n\naws-auth of cluster `{cluster}`",
            self.seen(),
            self.why(),
        );
        let unauthorized = &self.surroundings.unauthorized;
        let explained = unauthorized.explain("", &about, error).await;
        Diagnostic::error(self.title(false), explained.detail)
    }

    fn title(&self, is_undone: bool) -> &'static str {
        match (self.loss(), is_undone) {
            (Loss::Access, true) => "This Change Locked You Out And Was Undone",
            (Loss::Access, false) => "This Change Locked You Out",
            (Loss::Reading | Loss::Changing, true) => {
                "This Change Took Your Right To Mend aws-auth And Was Undone"
            }
            (Loss::Reading | Loss::Changing, false) => {
                "This Change Took Your Right To Mend aws-auth"
            }
        }
    }

    fn loss(&self) -> Loss {
        self.lost.map_or(Loss::Access, |lost| lost.loss)
    }

    /// When what was seen.
    fn seen(&self) -> String {
        let since = self.lost.map_or(self.written_at, |lost| lost.since);
        let seconds = self
            .undone_at
            .duration_since(since)
            .unwrap_or_default()
            .as_secs_f64()
            .round();
        let for_so_long = match seconds as u64 {
            0 | 1 => "at once".to_owned(),
            seconds => format!("for {seconds} seconds"),
        };
        let what = match self.loss() {
            Loss::Access => format!("was then refused (401) {for_so_long}"),
            Loss::Reading => format!("could then not read aws-auth {for_so_long}"),
            Loss::Changing => format!("could then not change aws-auth {for_so_long}"),
        };
        format!(
            "aws-auth of cluster `{}` was written at {}. A fresh token of {} {what}",
            self.surroundings.cluster,
            time(self.written_at),
            self.who()
        )
    }

    fn who(&self) -> &str {
        match &self.write.principal {
            Some(principal) => &principal.arn,
            None => "whoever acts",
        }
    }

    fn why(&self) -> String {
        let expectation = &self.write.expectation;
        let is_about_rights = self.loss() != Loss::Access;
        let why = if let Some(reason) = &expectation.unread_entries {
            reason.clone()
        } else if expectation.has_access_entry {
            "an access entry names this principal and did not let it in: one that is older than its role or user counts for the one before it".to_owned()
        } else if is_about_rights && !expectation.unread.is_empty() {
            expectation.unread.join("; ")
        } else if expectation.takes_nothing_away {
            "an entry of this change comes before what let it in until now".to_owned()
        } else {
            "by the rules that the provider knows it keeps its access".to_owned()
        };
        format!("Why the plan did not know: {why}.")
    }

    fn what_to_do(&self) -> String {
        let mut text = "What to do: keep the entry, or give another way in first, wait until it admits, and apply then.".to_owned();
        if self.write.expectation.has_access_entry {
            text.push_str(
                " Delete the access entry and create it anew, so that it counts for the role as it is now.",
            );
        }
        if let Some(principal) = &self.write.principal {
            text.push_str(&format!(
                " If you mean it: EKSAUTH_LOCKOUT_ACK={}:lockout.running-identity:{}",
                self.surroundings.cluster, principal.arn
            ));
        }
        text
    }
}

/// `12:00:03 UTC`
fn time(at: SystemTime) -> String {
    let at = Timestamp::try_from(at).unwrap_or_default();
    at.strftime("%H:%M:%S UTC").to_string()
}
