//! What an API server itself says of access: who the caller is to it, and what it or somebody else may do.
//!
//! Every authenticated user may ask the first two (`system:basic-user`); the third takes `create subjectaccessreviews`.
//! Source: Kubernetes documentation, "Authenticating" (SelfSubjectReview, v1 since 1.28) and "Authorization Overview".

use std::collections::BTreeMap;
use std::fmt;

use async_trait::async_trait;
pub use eksauth_core::access::can_i::AccessReview;
pub use eksauth_core::kubernetes::rbac::Question;

use super::error::ApiError;

/// A user as the API server sees it.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct ReviewedUser {
    /// The name.
    pub username: String,
    /// The groups, `system:authenticated` among them.
    pub groups: Vec<String>,
    /// What the authenticator added: `arn`, `canonicalArn`, `sessionName`, `accessKeyId`, `principalId` of aws-iam-authenticator and EKS.
    pub extra: BTreeMap<String, Vec<String>>,
}

/// Without the values of `extra`: the id of an access key is among them.
impl fmt::Debug for ReviewedUser {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReviewedUser")
            .field("username", &self.username)
            .field("groups", &self.groups)
            .field("extra", &self.extra.keys())
            .finish()
    }
}

impl ReviewedUser {
    /// The first value of a key of `extra`, which some servers write in small letters.
    pub fn extra(&self, key: &str) -> Option<&str> {
        self.extra
            .iter()
            .find(|(name, _)| name.eq_ignore_ascii_case(key))
            .and_then(|(_, values)| values.first())
            .map(String::as_str)
    }
}

/// Something that somebody may or may not do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AccessQuestion {
    /// `patch`; `*` is all.
    pub verb: &'static str,
    /// The empty text is the core group; `*` is all.
    pub api_group: &'static str,
    /// `configmaps`; `*` is all.
    pub resource: &'static str,
    /// The empty text: in all of them.
    pub namespace: &'static str,
    /// The empty text: all of them.
    pub name: &'static str,
}

/// Reviews of access.
#[async_trait]
pub trait AccessReviewApi: Send + Sync {
    /// SelfSubjectReview; [`ErrorKind::NotFound`](super::ErrorKind) from an API server before 1.28.
    async fn self_subject_review(&self) -> Result<ReviewedUser, ApiError>;

    /// The same with a token that the server has not seen: one that it has is admitted for a while after the entry is gone that let it in.
    ///
    /// # Errors
    /// As before; [`ErrorKind::Invalid`](super::ErrorKind) where the practitioner gave the token, so that there is no other one.
    async fn self_subject_review_anew(&self) -> Result<ReviewedUser, ApiError>;

    /// SelfSubjectAccessReview: whether the caller may.
    async fn self_subject_access_review(&self, question: AccessQuestion) -> Result<bool, ApiError>;

    /// SubjectAccessReview: whether somebody else may.
    async fn subject_access_review(
        &self,
        user: &ReviewedUser,
        question: AccessQuestion,
    ) -> Result<bool, ApiError>;

    /// SelfSubjectAccessReview with the whole answer: what every authorizer says of the caller.
    async fn review_self(&self, question: &Question) -> Result<AccessReview, ApiError>;

    /// SubjectAccessReview with the whole answer.
    async fn review_user(
        &self,
        user: &ReviewedUser,
        question: &Question,
    ) -> Result<AccessReview, ApiError>;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_user_is_shown_without_what_the_authenticator_added() {
        let id = "ASIAEXAMPLEKEY000001".to_owned();
        let user = ReviewedUser {
            username: "alice".to_owned(),
            extra: [("accessKeyId".to_owned(), vec![id])].into(),
            ..ReviewedUser::default()
        };
        let shown = format!("{user:?}");
        assert!(
            shown.contains("alice") && shown.contains("accessKeyId") && !shown.contains("ASIA"),
            "{shown}"
        );
    }
}
