use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicUsize, Ordering};

use eksauth_provider::ports::cloud::Secret;
use eksauth_provider::ports::{AwsSettings, CloudFactory};

use super::*;
use crate::factory::Factory;
use crate::loopback::{Loopback, Received, Reply};
use crate::test_clock::TestClock;

async fn iam(cloud: &Loopback) -> Arc<dyn IamApi> {
    let settings = AwsSettings {
        region: Some("eu-central-1".to_owned()),
        access_key: Some(Secret::new("AKIDEXAMPLE")),
        secret_key: Some(Secret::new("secret")),
        endpoints: [("iam".to_owned(), cloud.url().into())].into(),
        ..AwsSettings::default()
    };
    Factory::with_clock(Arc::new(TestClock::new()))
        .connect(settings)
        .await
        .unwrap()
        .iam()
}

const ROLE: &str = "<Role><Path>/team/</Path><RoleName>reader</RoleName><RoleId>AROA1</RoleId><Arn>arn:aws:iam::111122223333:role/team/reader</Arn>\
    <CreateDate>2026-01-01T00:00:00Z</CreateDate><AssumeRolePolicyDocument>%7B%22Version%22%3A%222012-10-17%22%7D</AssumeRolePolicyDocument>\
    <Description>reads</Description><MaxSessionDuration>7200</MaxSessionDuration>\
    <PermissionsBoundary><PermissionsBoundaryType>Policy</PermissionsBoundaryType><PermissionsBoundaryArn>arn:aws:iam::1:policy/b</PermissionsBoundaryArn></PermissionsBoundary>\
    <Tags><member><Key>team</Key><Value>a</Value></member></Tags></Role>";

fn role() -> Role {
    Role {
        name: "reader".to_owned(),
        arn: "arn:aws:iam::111122223333:role/team/reader".to_owned(),
        unique_id: "AROA1".to_owned(),
        path: "/team/".to_owned(),
        assume_role_policy: r#"{"Version":"2012-10-17"}"#.to_owned(),
        description: "reads".to_owned(),
        max_session_duration: 7200,
        permissions_boundary: Some("arn:aws:iam::1:policy/b".to_owned()),
        tags: BTreeMap::from([("team".to_owned(), "a".to_owned())]),
        created_at: 1_767_225_600,
    }
}

fn policies(received: &Received) -> Reply {
    let member = |name: &str| {
        format!(
            "<member><PolicyName>{name}</PolicyName><PolicyArn>arn:aws:iam::aws:policy/{name}</PolicyArn></member>"
        )
    };
    let result = match received.field("Marker") {
        None => format!(
            "<AttachedPolicies>{}</AttachedPolicies><IsTruncated>true</IsTruncated><Marker>m1</Marker>",
            member("One")
        ),
        Some(_) => format!(
            "<AttachedPolicies>{}</AttachedPolicies><IsTruncated>false</IsTruncated>",
            member("Two")
        ),
    };
    Reply::query("ListAttachedRolePolicies", &result)
}

fn account(received: &Received) -> Reply {
    match received.field("Action") {
        Some("GetRole") => Reply::query("GetRole", ROLE),
        Some("ListAttachedRolePolicies") => policies(received),
        Some("ListRolePolicies") => Reply::query(
            "ListRolePolicies",
            "<PolicyNames><member>inline</member></PolicyNames><IsTruncated>false</IsTruncated>",
        ),
        Some("GetRolePolicy") => Reply::query(
            "GetRolePolicy",
            "<RoleName>reader</RoleName><PolicyName>inline</PolicyName><PolicyDocument>%7B%22a%22%3A1%7D</PolicyDocument>",
        ),
        other => Reply::query_error(400, "InvalidAction", other.unwrap_or_default()),
    }
}

#[tokio::test]
async fn a_role_is_read_with_all_pages_of_its_policies_and_decoded_documents() {
    let cloud = Loopback::start(account).await;
    let found = iam(&cloud)
        .await
        .role_details("reader", InlinePolicies::Read)
        .await
        .unwrap()
        .unwrap();
    let expected = RoleDetails {
        role: role(),
        attached_policies: BTreeSet::from([
            "arn:aws:iam::aws:policy/One".to_owned(),
            "arn:aws:iam::aws:policy/Two".to_owned(),
        ]),
        inline_policies: Some(BTreeMap::from([(
            "inline".to_owned(),
            r#"{"a":1}"#.to_owned(),
        )])),
    };
    assert_eq!(found, expected);
}

#[tokio::test]
async fn a_role_that_is_gone_is_none_and_its_deletion_is_success() {
    let cloud = Loopback::start(|_| {
        Reply::query_error(
            404,
            "NoSuchEntity",
            "The role with name reader cannot be found.",
        )
    })
    .await;
    let iam = iam(&cloud).await;
    assert_eq!(
        iam.role_details("reader", InlinePolicies::Skip).await,
        Ok(None)
    );
    assert_eq!(iam.role("reader").await, Ok(None));
    assert_eq!(iam.delete_role("reader").await, Ok(()));
    assert_eq!(iam.detach_role_policy("reader", "arn").await, Ok(()));
    assert_eq!(iam.delete_role_policy("reader", "p").await, Ok(()));
    assert_eq!(iam.set_permissions_boundary("reader", None).await, Ok(()));
    assert_eq!(iam.delete_oidc_provider("arn").await, Ok(()));
    assert_eq!(iam.oidc_provider("arn").await, Ok(None));
}

#[tokio::test]
async fn a_provider_is_read_without_the_scheme_of_its_url() {
    let cloud = Loopback::start(|_| {
        Reply::query(
            "GetOpenIDConnectProvider",
            "<Url>https://oidc.example/id/A</Url><ClientIDList><member>sts.amazonaws.com</member></ClientIDList>\
             <ThumbprintList><member>9e99a48a9960b14926bb7f3b02e22da2b0ab7280</member></ThumbprintList>\
             <Tags><member><Key>k</Key><Value>v</Value></member></Tags>",
        )
    })
    .await;
    let found = iam(&cloud)
        .await
        .oidc_provider("arn:p")
        .await
        .unwrap()
        .unwrap();
    let expected = OidcProvider {
        arn: "arn:p".to_owned(),
        url: "oidc.example/id/A".to_owned(),
        client_ids: BTreeSet::from(["sts.amazonaws.com".to_owned()]),
        thumbprints: vec!["9e99a48a9960b14926bb7f3b02e22da2b0ab7280".to_owned()],
        tags: BTreeMap::from([("k".to_owned(), "v".to_owned())]),
    };
    assert_eq!(found, expected);
}

fn new_role() -> NewRole {
    NewRole {
        name: "reader".to_owned(),
        path: "/team/".to_owned(),
        assume_role_policy: r#"{"Version":"2012-10-17"}"#.to_owned(),
        description: "reads".to_owned(),
        max_session_duration: 7200,
        permissions_boundary: Some("arn:aws:iam::1:policy/b".to_owned()),
        tags: BTreeMap::from([("team".to_owned(), "a".to_owned())]),
    }
}

#[tokio::test]
async fn a_role_is_made_with_everything_at_once() {
    let cloud = Loopback::start(|_| Reply::query("CreateRole", ROLE)).await;
    assert_eq!(iam(&cloud).await.create_role(&new_role()).await, Ok(role()));
    let sent = &cloud.received()[0];
    for (field, value) in [
        ("RoleName", "reader"),
        ("Path", "%2Fteam%2F"),
        ("Description", "reads"),
        ("MaxSessionDuration", "7200"),
        ("PermissionsBoundary", "arn%3Aaws%3Aiam%3A%3A1%3Apolicy%2Fb"),
        ("Tags.member.1.Key", "team"),
    ] {
        assert_eq!(sent.field(field), Some(value), "{field}");
    }
}

#[tokio::test]
async fn a_refusal_is_told_with_code_request_id_and_missing_action() {
    let words =
        "User: arn:aws:iam::1:user/me is not authorized to perform: iam:CreateRole on resource: r";
    let cloud = Loopback::start(move |_| Reply::query_error(403, "AccessDenied", words)).await;
    let error = iam(&cloud)
        .await
        .create_role(&new_role())
        .await
        .unwrap_err();
    let expected = ApiError {
        code: Some("AccessDenied".to_owned()),
        request_id: Some("r-2".to_owned()),
        missing_permission: Some("iam:CreateRole".to_owned()),
        ..ApiError::new(ErrorKind::AccessDenied, "iam:CreateRole", words)
    };
    assert_eq!(error, expected);
}

#[tokio::test]
async fn a_create_whose_answer_was_lost_shows_its_attempts_when_the_name_is_then_taken() {
    let calls = AtomicUsize::new(0);
    let cloud = Loopback::start(move |_| match calls.fetch_add(1, Ordering::SeqCst) {
        0 => Reply::Break,
        _ => Reply::query_error(
            409,
            "EntityAlreadyExists",
            "Role with name reader already exists.",
        ),
    })
    .await;
    let error = iam(&cloud)
        .await
        .create_role(&new_role())
        .await
        .unwrap_err();
    assert_eq!(error.kind, ErrorKind::AlreadyExists);
    assert_eq!(error.attempts, 2);
    assert!(error.may_have_been_carried_out());
}

#[tokio::test(start_paused = true)]
async fn an_attempt_that_was_throttled_was_surely_not_carried_out_and_a_fault_may_have_been() {
    for (status, code, is_open) in [(400, "Throttling", false), (500, "ServiceFailure", true)] {
        let calls = AtomicUsize::new(0);
        let cloud = Loopback::start(move |_| match calls.fetch_add(1, Ordering::SeqCst) {
            0 => Reply::query_error(status, code, "later"),
            _ => Reply::query_error(409, "EntityAlreadyExists", "taken"),
        })
        .await;
        let error = iam(&cloud)
            .await
            .create_role(&new_role())
            .await
            .unwrap_err();
        assert_eq!(
            (
                error.kind,
                error.attempts,
                error.may_have_been_carried_out()
            ),
            (ErrorKind::AlreadyExists, 2, is_open),
            "{code}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_create_that_is_never_answered_is_an_answer_lost_and_a_read_is_unreachable() {
    let cloud = Loopback::start(|_| Reply::Break).await;
    let settings = AwsSettings {
        region: Some("eu-central-1".to_owned()),
        access_key: Some(Secret::new("AKIDEXAMPLE")),
        secret_key: Some(Secret::new("secret")),
        endpoints: [("iam".to_owned(), cloud.url().into())].into(),
        max_retries: Some(2),
        ..AwsSettings::default()
    };
    let iam = Factory::with_clock(Arc::new(TestClock::new()))
        .connect(settings)
        .await
        .unwrap()
        .iam();
    let error = iam.create_role(&new_role()).await.unwrap_err();
    assert_eq!((error.kind, error.attempts), (ErrorKind::AnswerLost, 2));
    assert_eq!(
        error.message,
        format!(
            "the connection to {} broke before the answer came, so the call may have been carried out",
            cloud.url()
        )
    );
    let error = iam.role("reader").await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Unreachable);
}

#[tokio::test]
async fn the_clock_of_the_service_is_compared_with_ours() {
    let cloud = Loopback::start(|_| Reply::Answer {
        status: 403,
        headers: vec![("date", "Thu, 01 Jan 2026 00:10:00 GMT".to_owned())],
        body: "<ErrorResponse><Error><Code>InvalidClientTokenId</Code><Message>Signature expired: X-Amz-Security-Token=abc</Message></Error></ErrorResponse>".to_owned(),
    })
    .await;
    let error = iam(&cloud).await.role("reader").await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Unauthorized);
    assert_eq!(error.clock_skew_seconds, Some(600));
    assert_eq!(
        error.message,
        "Signature expired: X-Amz-Security-Token=(redacted)"
    );
}

#[tokio::test]
async fn many_reads_at_once_are_gathered_from_the_lists() {
    let cloud = Loopback::start(|received| match received.field("Action") {
        Some("GetAccountAuthorizationDetails") => {
            let members: String = (0..20).map(|number| format!(
                "<member><Path>/</Path><RoleName>r{number}</RoleName><RoleId>AROA{number}</RoleId><Arn>arn:aws:iam::1:role/r{number}</Arn>\
                 <CreateDate>2026-01-01T00:00:00Z</CreateDate><AssumeRolePolicyDocument>%7B%7D</AssumeRolePolicyDocument>\
                 <RolePolicyList/><AttachedManagedPolicies><member><PolicyName>P</PolicyName><PolicyArn>arn:p</PolicyArn></member></AttachedManagedPolicies>\
                 <Tags><member><Key>n</Key><Value>{number}</Value></member></Tags></member>"
            )).collect();
            Reply::query("GetAccountAuthorizationDetails", &format!("<RoleDetailList>{members}</RoleDetailList><IsTruncated>false</IsTruncated>"))
        }
        Some("ListRoles") => {
            let members: String = (0..20).map(|number| format!(
                "<member><Path>/</Path><RoleName>r{number}</RoleName><RoleId>AROA{number}</RoleId><Arn>arn:aws:iam::1:role/r{number}</Arn>\
                 <CreateDate>2026-01-01T00:00:00Z</CreateDate><Description>number {number}</Description><MaxSessionDuration>7200</MaxSessionDuration></member>"
            )).collect();
            Reply::query("ListRoles", &format!("<Roles>{members}</Roles><IsTruncated>false</IsTruncated>"))
        }
        _ => account(received),
    })
    .await;
    let iam = iam(&cloud).await;
    let names: Vec<String> = (0..20).map(|number| format!("r{number}")).collect();
    let reads = names
        .iter()
        .map(|name| iam.role_details(name, InlinePolicies::Skip));
    let found = futures_util::future::try_join_all(reads).await.unwrap();
    let last = found[19].as_ref().unwrap();
    assert_eq!(
        (
            last.role.name.as_str(),
            last.role.description.as_str(),
            last.role.max_session_duration
        ),
        ("r19", "number 19", 7200)
    );
    assert_eq!(
        last.role.tags,
        BTreeMap::from([("n".to_owned(), "19".to_owned())])
    );
    assert_eq!(last.attached_policies, BTreeSet::from(["arn:p".to_owned()]));
    assert_eq!(last.inline_policies, None);
    let bulk = cloud
        .actions()
        .iter()
        .filter(|action| *action == "GetAccountAuthorizationDetails" || *action == "ListRoles")
        .count();
    assert_eq!(bulk, 2);
    assert_eq!(cloud.actions().len(), 2 + 3 * 3);
}
