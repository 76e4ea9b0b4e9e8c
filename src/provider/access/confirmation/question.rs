//! What one connection is asked: who acts on it, and whether it may read and change aws-auth.

use std::collections::BTreeSet;

use eksauth_core::aws_auth::{NAME, NAMESPACE};

use crate::ports::access_review::{AccessQuestion, ReviewedUser};
use crate::ports::{ApiError, ErrorKind, KubeApi};

const READ: AccessQuestion = AccessQuestion {
    verb: "get",
    api_group: "",
    resource: "configmaps",
    namespace: NAMESPACE,
    name: NAME,
};

const CHANGE: AccessQuestion = AccessQuestion {
    verb: "patch",
    ..READ
};

/// Who acts, and what it may do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Standing {
    pub(super) user: ReviewedUser,
    pub(super) may_read: bool,
    pub(super) may_change: bool,
}

/// What somebody had and has no longer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Loss {
    /// Nothing admits it.
    Access,
    /// It may not read aws-auth.
    Reading,
    /// It may not change aws-auth.
    Changing,
}

/// What a fresh token was answered after a write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Seen {
    /// It has what it had; under another name or with other groups, the write is in force.
    Kept { is_changed: bool },
    /// It lost something.
    Lost(Loss),
    /// No answer, or none that tells.
    Silent,
}

impl Standing {
    /// Three calls on one connection, one after another, so that all of them end at one API server.
    ///
    /// # Errors
    /// Whoever acts is not admitted, or the API server does not answer such questions.
    pub(super) async fn ask(kube: &dyn KubeApi) -> Result<Self, ApiError> {
        let user = kube.self_subject_review().await?;
        let may_read = kube.self_subject_access_review(READ).await?;
        let may_change = kube.self_subject_access_review(CHANGE).await?;
        Ok(Self {
            user,
            may_read,
            may_change,
        })
    }

    /// What became of it, by another connection: one call, and two more where it is somebody else there. A write of aws-auth changes no RBAC, so the same
    /// name and groups may do the same.
    pub(super) async fn compare(&self, kube: &dyn KubeApi) -> Seen {
        match self.compared(kube).await {
            Ok(seen) => seen,
            Err(error) if error.kind == ErrorKind::Unauthorized => Seen::Lost(Loss::Access),
            Err(error) => {
                tracing::debug!(%error, "a fresh token got no answer");
                Seen::Silent
            }
        }
    }

    async fn compared(&self, kube: &dyn KubeApi) -> Result<Seen, ApiError> {
        let user = kube.self_subject_review().await?;
        if is_same(&user, &self.user) {
            return Ok(Seen::Kept { is_changed: false });
        }
        let may_read = kube.self_subject_access_review(READ).await?;
        if self.may_read && !may_read {
            return Ok(Seen::Lost(Loss::Reading));
        }
        let may_change = kube.self_subject_access_review(CHANGE).await?;
        if self.may_change && !may_change {
            return Ok(Seen::Lost(Loss::Changing));
        }
        Ok(Seen::Kept { is_changed: true })
    }
}

fn is_same(one: &ReviewedUser, other: &ReviewedUser) -> bool {
    let groups = |user: &ReviewedUser| user.groups.iter().cloned().collect::<BTreeSet<_>>();
    one.username == other.username && groups(one) == groups(other)
}
