//! Reviews of access by the API server in memory.

use std::collections::BTreeSet;

use async_trait::async_trait;

use super::FakeKube;
use crate::ports::access_review::{
    AccessQuestion, AccessReview, AccessReviewApi, Question, ReviewedUser,
};
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

fn no_answer(request: &str) -> ApiError {
    ApiError::new(ErrorKind::Service, request, "no answer")
}

fn may_not_ask() -> ApiError {
    ApiError {
        missing_permission: Some("create subjectaccessreviews".to_owned()),
        ..ApiError::new(
            ErrorKind::AccessDenied,
            "kubernetes:create subjectaccessreviews",
            "forbidden",
        )
    }
}

/// `get pods`, `get /healthz`.
fn words(question: &Question) -> String {
    match question {
        Question::Resource(asked) => format!("{} {}", asked.verb, asked.resource_text()),
        Question::Url { verb, path } => format!("{verb} {path}"),
    }
}

fn answer(is_allowed: bool) -> AccessReview {
    AccessReview {
        is_allowed,
        ..AccessReview::default()
    }
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
        may.map(|may| may.contains(&asked))
            .ok_or_else(|| no_answer("kubernetes:create selfsubjectaccessreviews"))
    }

    async fn subject_access_review(
        &self,
        user: &ReviewedUser,
        question: AccessQuestion,
    ) -> Result<bool, ApiError> {
        self.permit("create", "subjectaccessreviews")?;
        let others = self.reviews().others.ok_or_else(may_not_ask)?;
        let may = |who: &String| {
            others.contains(&format!("{who} {} {}", question.verb, question.resource))
        };
        Ok(may(&user.username) || user.groups.iter().any(may))
    }

    async fn review_self(&self, question: &Question) -> Result<AccessReview, ApiError> {
        let asked = words(question);
        self.note_review(&asked);
        let may = self.reviews().may;
        may.map(|may| answer(may.contains(&asked)))
            .ok_or_else(|| no_answer("kubernetes:create selfsubjectaccessreviews"))
    }

    async fn review_user(
        &self,
        user: &ReviewedUser,
        question: &Question,
    ) -> Result<AccessReview, ApiError> {
        self.permit("create", "subjectaccessreviews")?;
        let others = self.reviews().others.ok_or_else(may_not_ask)?;
        let asked = words(question);
        let may = |who: &String| others.contains(&format!("{who} {asked}"));
        Ok(answer(may(&user.username) || user.groups.iter().any(may)))
    }
}
