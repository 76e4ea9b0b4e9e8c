//! Reviews of access by the API server in memory.

use std::collections::BTreeSet;

use async_trait::async_trait;

use super::FakeKube;
use crate::ports::access_review::{AccessQuestion, AccessReviewApi, ReviewedUser};
use crate::ports::{ApiError, ErrorKind};

/// What the server says of its caller; unless a test says so it is too old for a SelfSubjectReview and answers no other review.
#[derive(Clone, Debug, Default)]
pub struct FakeReviews {
    /// Who the caller is; `None`: the server does not know that question.
    pub user: Option<ReviewedUser>,
    /// What the caller may do, `patch configmaps`; `None`: it does not answer.
    pub may: Option<BTreeSet<String>>,
    /// Whether the server admits the caller only because it has seen its token while an entry let it in.
    pub is_remembered: bool,
    /// What others may do, `editors patch configmaps` by group or name; `None`: the caller may not ask.
    pub others: Option<BTreeSet<String>>,
}

#[async_trait]
impl AccessReviewApi for FakeKube {
    async fn self_subject_review(&self) -> Result<ReviewedUser, ApiError> {
        self.note_review("selfsubjectreviews");
        self.admit_to_review()?;
        self.reviews().user.ok_or_else(|| {
            ApiError::new(
                ErrorKind::NotFound,
                "kubernetes:create selfsubjectreviews",
                "the server could not find the requested resource",
            )
        })
    }

    async fn self_subject_review_anew(&self) -> Result<ReviewedUser, ApiError> {
        self.note_review("selfsubjectreviews anew");
        self.admit_to_review()?;
        let reviews = self.reviews();
        let refused = || ApiError {
            code: Some("401".to_owned()),
            ..ApiError::new(
                ErrorKind::Unauthorized,
                "kubernetes:create selfsubjectreviews",
                "Unauthorized",
            )
        };
        reviews
            .user
            .filter(|_| !reviews.is_remembered)
            .ok_or_else(refused)
    }

    async fn self_subject_access_review(&self, question: AccessQuestion) -> Result<bool, ApiError> {
        let asked = format!("{} {}", question.verb, question.resource);
        self.note_review(&asked);
        let may = self.reviews().may;
        may.map(|may| may.contains(&asked)).ok_or_else(|| {
            ApiError::new(
                ErrorKind::Service,
                "kubernetes:create selfsubjectaccessreviews",
                "no answer",
            )
        })
    }

    async fn subject_access_review(
        &self,
        user: &ReviewedUser,
        question: AccessQuestion,
    ) -> Result<bool, ApiError> {
        self.permit("create", "subjectaccessreviews")?;
        let others = self.reviews().others.ok_or_else(|| ApiError {
            missing_permission: Some("create subjectaccessreviews".to_owned()),
            ..ApiError::new(
                ErrorKind::AccessDenied,
                "kubernetes:create subjectaccessreviews",
                "forbidden",
            )
        })?;
        let may = |who: &String| {
            others.contains(&format!("{who} {} {}", question.verb, question.resource))
        };
        Ok(may(&user.username) || user.groups.iter().any(may))
    }
}
