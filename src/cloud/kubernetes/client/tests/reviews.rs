//! Reviews of access: what is sent, and what an answer says.

use eksauth_core::kubernetes::rbac::ResourceQuestion;
use eksauth_provider::ports::access_review::{
    AccessQuestion, AccessReview, AccessReviewApi, Question, ReviewedUser,
};
use serde_json::{Value, json};

use super::*;

const PATCH: AccessQuestion = AccessQuestion {
    verb: "patch",
    api_group: "",
    resource: "configmaps",
    namespace: "kube-system",
    name: "aws-auth",
};

fn sent(bed: &Bed) -> (String, Value) {
    let received = bed.server.received();
    let last = received.last().unwrap();
    let body: Value = serde_json::from_str(&last.body).unwrap();
    let target = last.target.trim_end_matches('?');
    (format!("{} {target}", last.method), body)
}

#[tokio::test]
async fn who_the_caller_is_comes_with_what_the_authenticator_adds() {
    let bed = bed(|_| {
        Reply::new(
            201,
            r#"{"kind":"SelfSubjectReview","apiVersion":"authentication.k8s.io/v1","metadata":{},"status":{"userInfo":{
                "username":"admin","groups":["system:masters","system:authenticated"],
                "extra":{"canonicalArn":["arn:aws:iam::111122223333:role/admins"],"sessionName":["s1"]}}}}"#,
        )
    })
    .await;
    let user = bed.client.self_subject_review().await.unwrap();
    assert_eq!(user.username, "admin");
    assert_eq!(user.groups, ["system:masters", "system:authenticated"]);
    assert_eq!(
        user.extra("canonicalarn"),
        Some("arn:aws:iam::111122223333:role/admins")
    );
    let (line, _) = sent(&bed);
    assert_eq!(
        line,
        "POST /apis/authentication.k8s.io/v1/selfsubjectreviews"
    );
}

#[tokio::test]
async fn an_old_server_and_a_refusal_are_told_apart() {
    for (status, kind) in [
        (404, ErrorKind::NotFound),
        (403, ErrorKind::AccessDenied),
        (401, ErrorKind::Unauthorized),
    ] {
        let bed = bed(move |_| Reply::new(status, "{}")).await;
        let error = bed.client.self_subject_review().await.unwrap_err();
        assert_eq!(error.kind, kind);
    }
}

#[tokio::test]
async fn what_somebody_may_do_is_asked_as_it_is_meant() {
    let allowed = |kind: &str, allowed: bool| {
        format!(
            r#"{{"kind":"{kind}","apiVersion":"authorization.k8s.io/v1","metadata":{{}},"spec":{{}},"status":{{"allowed":{allowed}}}}}"#
        )
    };
    let bed = bed(move |received| {
        let is_self = received.target.contains("selfsubject");
        Reply::new(
            201,
            if is_self {
                allowed("SelfSubjectAccessReview", true)
            } else {
                allowed("SubjectAccessReview", false)
            },
        )
    })
    .await;
    assert_eq!(bed.client.self_subject_access_review(PATCH).await, Ok(true));
    let (line, body) = sent(&bed);
    assert_eq!(
        line,
        "POST /apis/authorization.k8s.io/v1/selfsubjectaccessreviews"
    );
    let attributes = json!({"verb": "patch", "resource": "configmaps", "namespace": "kube-system", "name": "aws-auth"});
    assert_eq!(body["spec"]["resourceAttributes"], attributes);
    let other = ReviewedUser {
        username: "dev".to_owned(),
        groups: vec!["devs".to_owned()],
        ..ReviewedUser::default()
    };
    assert_eq!(
        bed.client.subject_access_review(&other, PATCH).await,
        Ok(false)
    );
    let (_, body) = sent(&bed);
    assert_eq!(body["spec"]["user"], "dev");
    assert_eq!(body["spec"]["groups"], json!(["devs"]));
}

#[tokio::test]
async fn a_no_of_an_authorizer_that_failed_is_no_answer() {
    let bed = bed(|_| {
        Reply::new(
            201,
            r#"{"kind":"SelfSubjectAccessReview","apiVersion":"authorization.k8s.io/v1","metadata":{},"spec":{},
                "status":{"allowed":false,"evaluationError":"webhook timed out"}}"#,
        )
    })
    .await;
    let error = bed
        .client
        .self_subject_access_review(PATCH)
        .await
        .unwrap_err();
    assert!(error.message.contains("webhook timed out"), "{error}");
}

const ANSWERED: &str = r#"{"kind":"KIND","apiVersion":"authorization.k8s.io/v1","metadata":{},"spec":{},
    "status":{"allowed":false,"denied":true,"reason":"no","evaluationError":"role \"x\" not found"}}"#;

async fn answering_bed() -> Bed {
    bed(|received| {
        let kind = match received.target.contains("selfsubject") {
            true => "SelfSubjectAccessReview",
            false => "SubjectAccessReview",
        };
        Reply::new(201, ANSWERED.replace("KIND", kind))
    })
    .await
}

#[tokio::test]
async fn a_question_of_the_caller_keeps_its_subresource_and_the_whole_answer() {
    let bed = answering_bed().await;
    let question = Question::Resource(ResourceQuestion {
        verb: "get".to_owned(),
        api_group: "apps".to_owned(),
        resource: "deployments".to_owned(),
        subresource: "scale".to_owned(),
        namespace: "web".to_owned(),
        name: "front".to_owned(),
    });
    let answer = bed.client.review_self(&question).await;
    let whole = AccessReview {
        is_allowed: false,
        is_denied: true,
        reason: "no".to_owned(),
        evaluation_error: "role \"x\" not found".to_owned(),
    };
    assert_eq!(answer, Ok(whole));
    let (line, body) = sent(&bed);
    assert_eq!(
        line,
        "POST /apis/authorization.k8s.io/v1/selfsubjectaccessreviews"
    );
    assert_eq!(
        body["spec"],
        json!({"resourceAttributes": {"verb": "get", "group": "apps", "resource": "deployments", "subresource": "scale", "namespace": "web", "name": "front"}})
    );
}

#[tokio::test]
async fn a_question_of_a_path_names_somebody_else_with_what_the_authenticator_adds() {
    let bed = answering_bed().await;
    let user = ReviewedUser {
        username: "dev".to_owned(),
        groups: vec!["devs".to_owned()],
        extra: [("sessionName".to_owned(), vec!["s1".to_owned()])].into(),
    };
    let question = Question::Url {
        verb: "get".to_owned(),
        path: "/metrics".to_owned(),
    };
    bed.client.review_user(&user, &question).await.unwrap();
    let (line, body) = sent(&bed);
    assert_eq!(
        line,
        "POST /apis/authorization.k8s.io/v1/subjectaccessreviews"
    );
    assert_eq!(
        body["spec"],
        json!({"user": "dev", "groups": ["devs"], "extra": {"sessionName": ["s1"]}, "nonResourceAttributes": {"verb": "get", "path": "/metrics"}})
    );
}

#[tokio::test]
async fn an_answer_without_a_status_is_none() {
    let bed = bed(|_| {
        Reply::new(
            201,
            r#"{"kind":"SelfSubjectAccessReview","apiVersion":"authorization.k8s.io/v1","metadata":{},"spec":{}}"#,
        )
    })
    .await;
    let question = Question::Resource(ResourceQuestion::default());
    let error = bed.client.review_self(&question).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Service);
    assert!(error.message.contains("no status"), "{error}");
}
