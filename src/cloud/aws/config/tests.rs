use std::io::Write;

use eksauth_provider::ports::cloud::{AssumeRoleWithWebIdentity, MetadataService, Secret};
use eksauth_provider::ports::{Cloud, CloudFactory, Surface};
use tempfile::NamedTempFile;

use super::*;
use crate::factory::Factory;
use crate::loopback::{Loopback, Received, Reply, closed_address};
use crate::test_clock::TestClock;

const SECRET_KEY: &str = "wJalrXUtnFEMI0K7MDENG0bPxRfiCYEXAMPLEKEY";

mod regions_and_metadata;
mod secrets;

fn settings(cloud: &Loopback) -> AwsSettings {
    let endpoints = ["iam", "eks", "sts"]
        .into_iter()
        .map(|service| (service.to_owned(), cloud.url().into()));
    AwsSettings {
        region: Some("eu-central-1".to_owned()),
        access_key: Some(Secret::new("AKIDBASE")),
        secret_key: Some(Secret::new(SECRET_KEY)),
        endpoints: endpoints.collect(),
        user_agent: "terraform-provider-eksauth/0.1.0 (+tests)".to_owned(),
        ..AwsSettings::default()
    }
}

async fn connect(settings: AwsSettings) -> Result<Arc<dyn Cloud>, ApiError> {
    Factory::with_clock(Arc::new(TestClock::new()))
        .connect(settings)
        .await
}

async fn refused(settings: AwsSettings) -> ApiError {
    connect(settings).await.err().unwrap()
}

fn file(text: &str) -> NamedTempFile {
    let mut file = NamedTempFile::new().unwrap();
    file.write_all(text.as_bytes()).unwrap();
    file
}

fn path(file: &NamedTempFile) -> String {
    file.path().to_str().unwrap().to_owned()
}

fn identity() -> Reply {
    Reply::query(
        "GetCallerIdentity",
        "<Arn>arn:aws:iam::111122223333:user/me</Arn><UserId>AIDA1</UserId><Account>111122223333</Account>",
    )
}

fn assumed(key: &str) -> Reply {
    Reply::query(
        "AssumeRole",
        &format!(
            "<Credentials><AccessKeyId>{key}</AccessKeyId><SecretAccessKey>ASSUMEDSECRET</SecretAccessKey><SessionToken>ASSUMEDTOKEN</SessionToken>\
             <Expiration>2026-01-01T01:00:00Z</Expiration></Credentials>"
        ),
    )
}

/// The access key that a request was signed with.
fn signer(received: &Received) -> String {
    let header = received.header("authorization").unwrap_or_default();
    header
        .split("Credential=")
        .nth(1)
        .and_then(|rest| rest.split('/').next())
        .unwrap_or_default()
        .to_owned()
}

#[tokio::test]
async fn nothing_is_contacted_by_connecting() {
    let cloud = Loopback::start(|_| identity()).await;
    let clients = connect(settings(&cloud)).await.unwrap();
    assert_eq!(clients.region(), Some("eu-central-1".to_owned()));
    assert_eq!(cloud.connections(), 0);
}

#[tokio::test]
async fn the_caller_is_asked_once_and_the_user_agent_ends_with_ours() {
    let cloud = Loopback::start(|_| identity()).await;
    let clients = connect(settings(&cloud)).await.unwrap();
    let (sts, other) = (clients.sts(), clients.sts());
    let (first, second) = tokio::join!(sts.caller_identity(), other.caller_identity());
    assert_eq!(first.unwrap().arn, "arn:aws:iam::111122223333:user/me");
    assert_eq!(second.unwrap().account, "111122223333");
    let received = cloud.received();
    assert_eq!(received.len(), 1);
    assert!(
        received[0]
            .header("user-agent")
            .unwrap()
            .ends_with(" terraform-provider-eksauth/0.1.0 (+tests)")
    );
    assert_eq!(signer(&received[0]), "AKIDBASE");
}

#[tokio::test]
async fn all_services_share_one_connection() {
    let cloud = Loopback::start(|received| match received.field("Action") {
        Some("GetCallerIdentity") => identity(),
        Some("ListOpenIDConnectProviders") => {
            Reply::query("ListOpenIDConnectProviders", "<OpenIDConnectProviderList/>")
        }
        _ => Reply::new(200, r#"{"clusters":["prod"]}"#),
    })
    .await;
    let clients = connect(settings(&cloud)).await.unwrap();
    clients.sts().caller_identity().await.unwrap();
    clients.iam().list_oidc_providers().await.unwrap();
    assert_eq!(
        clients
            .eks("eu-central-1", None)
            .list_clusters()
            .await
            .unwrap(),
        vec!["prod"]
    );
    assert_eq!(cloud.connections(), 1);
}

#[tokio::test]
async fn roles_are_assumed_one_after_another_with_everything_that_is_set() {
    let cloud =
        Loopback::start(
            |received| match (received.field("Action"), received.field("RoleArn")) {
                (Some("AssumeRole"), Some(role)) if role.ends_with("first") => assumed("AKIDFIRST"),
                (Some("AssumeRole"), _) => assumed("AKIDSECOND"),
                _ => identity(),
            },
        )
        .await;
    let first = AssumeRole {
        role_arn: "arn:aws:iam::1:role/first".to_owned(),
        ..AssumeRole::default()
    };
    let second = AssumeRole {
        role_arn: "arn:aws:iam::1:role/second".to_owned(),
        session_name: Some("ci".to_owned()),
        external_id: Some("ext".to_owned()),
        duration_seconds: Some(900),
        policy: Some("{}".to_owned()),
        policy_arns: vec!["arn:aws:iam::aws:policy/A".to_owned()],
        tags: [("team".to_owned(), "a".to_owned())].into(),
        transitive_tag_keys: vec!["team".to_owned()],
        source_identity: Some("me".to_owned()),
    };
    let clients = connect(AwsSettings {
        assume_role: vec![first, second],
        ..settings(&cloud)
    })
    .await
    .unwrap();
    clients.sts().caller_identity().await.unwrap();
    let received = cloud.received();
    assert_eq!(
        received.iter().map(signer).collect::<Vec<_>>(),
        vec!["AKIDBASE", "AKIDFIRST", "AKIDSECOND"]
    );
    assert_eq!(
        received[0].field("RoleSessionName"),
        Some("terraform-provider-eksauth")
    );
    let second = &received[1];
    for (field, value) in [
        ("RoleSessionName", "ci"),
        ("ExternalId", "ext"),
        ("DurationSeconds", "900"),
        ("Policy", "%7B%7D"),
        (
            "PolicyArns.member.1.arn",
            "arn%3Aaws%3Aiam%3A%3Aaws%3Apolicy%2FA",
        ),
        ("Tags.member.1.Key", "team"),
        ("Tags.member.1.Value", "a"),
        ("TransitiveTagKeys.member.1", "team"),
        ("SourceIdentity", "me"),
    ] {
        assert_eq!(second.field(field), Some(value), "{field}");
    }
}

#[tokio::test]
async fn a_role_that_may_not_be_assumed_is_told_with_its_action() {
    let cloud = Loopback::start(|_| {
        Reply::query_error(403, "AccessDenied", "User: arn:aws:iam::1:user/me is not authorized to perform: sts:AssumeRole on resource: arn:aws:iam::1:role/ci")
    })
    .await;
    let role = AssumeRole {
        role_arn: "arn:aws:iam::1:role/ci".to_owned(),
        ..AssumeRole::default()
    };
    let clients = connect(AwsSettings {
        assume_role: vec![role],
        ..settings(&cloud)
    })
    .await
    .unwrap();
    let error = clients.iam().list_oidc_providers().await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::AccessDenied);
    assert_eq!(error.operation, "sts:AssumeRole");
    assert_eq!(error.missing_permission.as_deref(), Some("sts:AssumeRole"));
    assert!(
        error
            .message
            .starts_with("the role `arn:aws:iam::1:role/ci` could not be assumed: User:"),
        "{}",
        error.message
    );
}

#[tokio::test]
async fn eks_of_another_role_assumes_it_once_and_clients_are_shared() {
    let cloud = Loopback::start(|received| match received.field("Action") {
        Some("AssumeRole") => assumed("AKIDEKS"),
        _ => Reply::new(200, r#"{"clusters":[]}"#),
    })
    .await;
    let clients = connect(settings(&cloud)).await.unwrap();
    for _ in 0..3 {
        clients
            .eks("us-east-1", Some("arn:aws:iam::1:role/eks"))
            .list_clusters()
            .await
            .unwrap();
    }
    let signers: Vec<String> = cloud.received().iter().map(signer).collect();
    assert_eq!(signers, vec!["AKIDBASE", "AKIDEKS", "AKIDEKS", "AKIDEKS"]);
}

#[tokio::test]
async fn a_web_identity_token_is_read_from_its_file_and_needs_no_keys() {
    let cloud = Loopback::start(|received| match received.field("Action") {
        Some("AssumeRoleWithWebIdentity") => Reply::query(
            "AssumeRoleWithWebIdentity",
            "<Credentials><AccessKeyId>AKIDWEB</AccessKeyId><SecretAccessKey>S</SecretAccessKey><SessionToken>T</SessionToken>\
             <Expiration>2026-01-01T01:00:00Z</Expiration></Credentials>",
        ),
        _ => identity(),
    })
    .await;
    let token = file("eyJh.eyJi.c2ln\n");
    let web_identity = AssumeRoleWithWebIdentity {
        role_arn: "arn:aws:iam::1:role/web".to_owned(),
        token_file: Some(path(&token)),
        ..AssumeRoleWithWebIdentity::default()
    };
    let clients = connect(AwsSettings {
        assume_role_with_web_identity: Some(web_identity),
        ..settings(&cloud)
    })
    .await
    .unwrap();
    clients.sts().caller_identity().await.unwrap();
    let received = cloud.received();
    assert_eq!(received[0].header("authorization"), None);
    assert_eq!(
        received[0].field("WebIdentityToken"),
        Some("eyJh.eyJi.c2ln")
    );
    assert_eq!(signer(&received[1]), "AKIDWEB");
}

#[tokio::test]
async fn a_profile_gives_region_keys_and_endpoints() {
    let cloud = Loopback::start(|_| identity()).await;
    let config = file(&format!(
        "[profile work]\nregion = ap-south-1\nservices = local\n\n[services local]\nsts =\n  endpoint_url = {}\n",
        cloud.url()
    ));
    let credentials = file("[work]\naws_access_key_id = AKIDPROFILE\naws_secret_access_key = x\n");
    let clients = connect(AwsSettings {
        profile: Some("work".to_owned()),
        shared_config_files: vec![path(&config)],
        shared_credentials_files: vec![path(&credentials)],
        ..AwsSettings::default()
    })
    .await
    .unwrap();
    clients.sts().caller_identity().await.unwrap();
    assert_eq!(signer(&cloud.received()[0]), "AKIDPROFILE");
    assert!(
        cloud.received()[0]
            .header("authorization")
            .unwrap()
            .contains("/ap-south-1/sts/")
    );
}

#[tokio::test]
async fn an_unknown_profile_is_an_error_that_names_it_and_those_there_are() {
    let config = file("[profile work]\nregion = ap-south-1\n[default]\nregion = eu-west-1\n");
    let files = AwsSettings {
        shared_config_files: vec![path(&config)],
        shared_credentials_files: vec![path(&config)],
        ..AwsSettings::default()
    };
    let error = refused(AwsSettings {
        profile: Some("wrok".to_owned()),
        ..files.clone()
    })
    .await;
    assert_eq!(error.kind, ErrorKind::NoCredentials);
    assert!(
        error.detail().starts_with("`profile`: there is no profile `wrok` in the shared AWS configuration files; they hold `default`"),
        "{}",
        error.detail()
    );
    let error = refused(AwsSettings {
        profile: Some("wrok".to_owned()),
        surface: Surface::CommandLine,
        ..files.clone()
    })
    .await;
    assert!(
        error.detail().starts_with("--profile: there is no profile `wrok` in the shared AWS configuration files; they hold `default`"),
        "{}",
        error.detail()
    );
    let error = refused(AwsSettings {
        profile: Some(String::new()),
        ..files
    })
    .await;
    assert_eq!(
        error.message,
        "the profile is the empty text; leave `profile` out or name one"
    );
}

#[tokio::test]
async fn a_shared_file_that_is_not_there_is_left_out_and_named_where_something_lacks() {
    let config = file("[profile work]\nregion = ap-south-1\n");
    let files = AwsSettings {
        profile: Some("work".to_owned()),
        shared_config_files: vec!["/nowhere/config".to_owned(), path(&config)],
        shared_credentials_files: vec!["/nowhere/credentials".to_owned()],
        ..AwsSettings::default()
    };
    let clock = Arc::new(TestClock::new());
    let connection = Connection::open(files.clone(), clock).await.unwrap();
    assert_eq!(connection.region().as_deref(), Some("ap-south-1"));
    assert!(
        connection
            .context
            .credential_sources
            .ends_with("; there is no file `/nowhere/config`, `/nowhere/credentials`"),
        "{}",
        connection.context.credential_sources
    );
    let error = refused(AwsSettings {
        profile: Some("wrok".to_owned()),
        ..files
    })
    .await;
    assert!(
        error.message.ends_with(
            "they hold `work`; there is no file `/nowhere/config`, `/nowhere/credentials`"
        ),
        "{}",
        error.message
    );
}

#[tokio::test]
async fn half_of_a_key_pair_is_refused() {
    let error = refused(AwsSettings {
        access_key: Some(Secret::new("AKID")),
        ..AwsSettings::default()
    })
    .await;
    assert_eq!(
        error.detail(),
        "`secret_key`: static credentials are incomplete: `secret_key` is not set"
    );
}

#[tokio::test]
async fn a_ca_bundle_that_holds_no_certificate_is_refused() {
    let bundle = file("hello\n");
    let error = refused(AwsSettings {
        custom_ca_bundle: Some(path(&bundle)),
        ..AwsSettings::default()
    })
    .await;
    assert_eq!(
        error.message,
        format!("`{}`: there is no certificate in the file", path(&bundle))
    );
    let error = refused(AwsSettings {
        custom_ca_bundle: Some("/nowhere/ca.pem".to_owned()),
        ..AwsSettings::default()
    })
    .await;
    assert!(
        error
            .message
            .starts_with("`/nowhere/ca.pem`: the file cannot be read: "),
        "{}",
        error.message
    );
}

#[tokio::test(start_paused = true)]
async fn an_endpoint_at_which_nobody_listens_is_named_after_four_attempts() {
    let address = closed_address().await;
    let cloud = Loopback::start(|_| identity()).await;
    let mut settings = settings(&cloud);
    settings
        .endpoints
        .insert("iam".to_owned(), format!("http://{address}").into());
    let error = connect(settings)
        .await
        .unwrap()
        .iam()
        .list_oidc_providers()
        .await
        .unwrap_err();
    assert_eq!(error.kind, ErrorKind::Unreachable);
    assert_eq!(
        error.message,
        format!("the endpoint http://{address} did not answer")
    );
    assert_eq!(error.attempts, 4);
    assert!(
        error.causes.iter().any(|cause| cause.contains("refused")),
        "{:?}",
        error.causes
    );
}

#[tokio::test]
async fn a_request_takes_the_proxy() {
    let proxy = Loopback::start(|_| identity()).await;
    let mut settings = settings(&proxy);
    settings
        .endpoints
        .insert("sts".to_owned(), "http://sts.example.test".into());
    settings.http_proxy = Some(proxy.url().into());
    connect(settings)
        .await
        .unwrap()
        .sts()
        .caller_identity()
        .await
        .unwrap();
    assert_eq!(proxy.received()[0].target, "http://sts.example.test/");
}

#[tokio::test]
async fn fips_and_dual_stack_choose_their_hosts() {
    let proxy = Loopback::start(|_| identity()).await;
    let keys = AwsSettings {
        endpoints: BTreeMap::new(),
        ..settings(&proxy)
    };
    let context_of = |settings: AwsSettings| async move {
        let connection = Connection::open(settings, Arc::new(TestClock::new()))
            .await
            .unwrap();
        (connection.sdk.use_fips(), connection.sdk.use_dual_stack())
    };
    let both = AwsSettings {
        use_fips_endpoint: Some(true),
        use_dualstack_endpoint: Some(true),
        ..keys.clone()
    };
    assert_eq!(context_of(both).await, (Some(true), Some(true)));
}
