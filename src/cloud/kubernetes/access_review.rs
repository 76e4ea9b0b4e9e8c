//! Reviews of access: POSTs of objects that are never stored, whose answer comes back in `status`.

use async_trait::async_trait;
use eksauth_provider::ports::access_review::{
    AccessQuestion, AccessReview, AccessReviewApi, Question, ReviewedUser,
};
use eksauth_provider::ports::{ApiError, ErrorKind, RequestVerb};
use http::Request;
use k8s_openapi::api::authentication::v1::SelfSubjectReview;
use k8s_openapi::api::authorization::v1::{
    NonResourceAttributes, ResourceAttributes, SelfSubjectAccessReview,
    SelfSubjectAccessReviewSpec, SubjectAccessReview, SubjectAccessReviewSpec,
    SubjectAccessReviewStatus,
};
use kube::Resource;
use kube::api::PostParams;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::client::KubeClient;
use super::failure::Operation;

#[async_trait]
impl AccessReviewApi for KubeClient {
    async fn self_subject_review(&self) -> Result<ReviewedUser, ApiError> {
        let answer = self.review(&SelfSubjectReview::default()).await?;
        Ok(reviewed_user(answer))
    }

    async fn self_subject_review_anew(&self) -> Result<ReviewedUser, ApiError> {
        let operation = operation::<SelfSubjectReview>();
        let request = review_request(&operation, &SelfSubjectReview::default())?;
        let answer = self.send_anew(&operation, &request).await?;
        Ok(reviewed_user(operation.parse(&answer.body)?))
    }

    async fn self_subject_access_review(&self, question: AccessQuestion) -> Result<bool, ApiError> {
        let asked = SelfSubjectAccessReview {
            spec: SelfSubjectAccessReviewSpec {
                resource_attributes: Some(attributes(question)),
                ..SelfSubjectAccessReviewSpec::default()
            },
            ..SelfSubjectAccessReview::default()
        };
        let answer = self.review(&asked).await?;
        decided::<SelfSubjectAccessReview>(answer.status)
    }

    async fn subject_access_review(
        &self,
        user: &ReviewedUser,
        question: AccessQuestion,
    ) -> Result<bool, ApiError> {
        let asked = SubjectAccessReview {
            spec: SubjectAccessReviewSpec {
                user: Some(user.username.clone()),
                groups: Some(user.groups.clone()),
                extra: Some(user.extra.clone()),
                resource_attributes: Some(attributes(question)),
                ..SubjectAccessReviewSpec::default()
            },
            ..SubjectAccessReview::default()
        };
        let answer = self.review(&asked).await?;
        decided::<SubjectAccessReview>(answer.status)
    }

    async fn review_self(&self, question: &Question) -> Result<AccessReview, ApiError> {
        let asked = SelfSubjectAccessReview {
            spec: SelfSubjectAccessReviewSpec {
                resource_attributes: resource_attributes(question),
                non_resource_attributes: non_resource_attributes(question),
            },
            ..SelfSubjectAccessReview::default()
        };
        let answer = self.review(&asked).await?;
        whole::<SelfSubjectAccessReview>(answer.status)
    }

    async fn review_user(
        &self,
        user: &ReviewedUser,
        question: &Question,
    ) -> Result<AccessReview, ApiError> {
        let asked = SubjectAccessReview {
            spec: SubjectAccessReviewSpec {
                user: Some(user.username.clone()),
                groups: Some(user.groups.clone()),
                extra: Some(user.extra.clone()),
                resource_attributes: resource_attributes(question),
                non_resource_attributes: non_resource_attributes(question),
                ..SubjectAccessReviewSpec::default()
            },
            ..SubjectAccessReview::default()
        };
        let answer = self.review(&asked).await?;
        whole::<SubjectAccessReview>(answer.status)
    }
}

impl KubeClient {
    async fn review<Review>(&self, asked: &Review) -> Result<Review, ApiError>
    where
        Review: Resource<DynamicType = ()> + Serialize + DeserializeOwned,
    {
        let operation = operation::<Review>();
        let request = review_request(&operation, asked)?;
        let answer = self.send(&operation, &request).await?;
        operation.parse(&answer.body)
    }
}

fn review_request<Review>(
    operation: &Operation,
    asked: &Review,
) -> Result<Request<Vec<u8>>, ApiError>
where
    Review: Resource<DynamicType = ()> + Serialize,
{
    let body = serde_json::to_vec(asked)
        .map_err(|error| operation.failed(ErrorKind::Invalid, error.to_string()))?;
    let requests = kube::core::Request::new(Review::url_path(&(), None));
    operation.request(requests.create(&PostParams::default(), body))
}

fn reviewed_user(answer: SelfSubjectReview) -> ReviewedUser {
    let user = answer
        .status
        .and_then(|status| status.user_info)
        .unwrap_or_default();
    ReviewedUser {
        username: user.username.unwrap_or_default(),
        groups: user.groups.unwrap_or_default(),
        extra: user.extra.unwrap_or_default(),
    }
}

fn operation<Review: Resource<DynamicType = ()>>() -> Operation {
    Operation {
        verb: RequestVerb::Create,
        object: Review::plural(&()).into_owned(),
    }
}

fn attributes(question: AccessQuestion) -> ResourceAttributes {
    ResourceAttributes {
        verb: given(question.verb),
        group: given(question.api_group),
        resource: given(question.resource),
        namespace: given(question.namespace),
        name: given(question.name),
        ..ResourceAttributes::default()
    }
}

fn given(text: &str) -> Option<String> {
    (!text.is_empty()).then(|| text.to_owned())
}

fn resource_attributes(question: &Question) -> Option<ResourceAttributes> {
    let Question::Resource(asked) = question else {
        return None;
    };
    Some(ResourceAttributes {
        verb: given(&asked.verb),
        group: given(&asked.api_group),
        resource: given(&asked.resource),
        subresource: given(&asked.subresource),
        namespace: given(&asked.namespace),
        name: given(&asked.name),
        ..ResourceAttributes::default()
    })
}

fn non_resource_attributes(question: &Question) -> Option<NonResourceAttributes> {
    let Question::Url { verb, path } = question else {
        return None;
    };
    Some(NonResourceAttributes {
        verb: given(verb),
        path: given(path),
    })
}

/// The answer as it is.
fn whole<Review: Resource<DynamicType = ()>>(
    status: Option<SubjectAccessReviewStatus>,
) -> Result<AccessReview, ApiError> {
    let status = status.ok_or_else(|| {
        operation::<Review>().failed(ErrorKind::Service, "the answer has no status".to_owned())
    })?;
    Ok(AccessReview {
        is_allowed: status.allowed,
        is_denied: status.denied.unwrap_or_default(),
        reason: status.reason.unwrap_or_default(),
        evaluation_error: status.evaluation_error.unwrap_or_default(),
    })
}

/// An authorizer that failed may have allowed it: a no is no answer then.
fn decided<Review: Resource<DynamicType = ()>>(
    status: Option<SubjectAccessReviewStatus>,
) -> Result<bool, ApiError> {
    let operation = operation::<Review>();
    let status = status.ok_or_else(|| {
        operation.failed(ErrorKind::Service, "the answer has no status".to_owned())
    })?;
    match status.evaluation_error {
        Some(error) if !status.allowed && !error.is_empty() => {
            Err(operation.failed(ErrorKind::Service, error))
        }
        _ => Ok(status.allowed),
    }
}
