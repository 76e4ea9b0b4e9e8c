//! What comes from the environment. Each case runs in a process of its own, because the environment belongs to the whole process.

use std::collections::BTreeMap;
use std::process::Command;
use std::sync::Arc;

use eksauth_provider::ports::{ApiError, AwsSettings, CloudFactory, ErrorKind};

use crate::factory::Factory;
use crate::loopback::{Loopback, Reply};
use crate::test_clock::TestClock;

/// Names the case in the child process.
const CASE: &str = "EKSAUTH_ENVIRONMENT_CASE";

/// Runs `in_the_child` in a process whose environment has nothing of AWS but this, and gives what it printed.
async fn child(case: &str, environment: BTreeMap<&str, String>) -> String {
    let test = std::env::current_exe().unwrap();
    let output = tokio::task::spawn_blocking({
        let environment: Vec<(String, String)> = environment
            .into_iter()
            .map(|(name, value)| (name.to_owned(), value))
            .collect();
        let case = case.to_owned();
        move || {
            let mut command = Command::new(test);
            command.args([
                "--exact",
                "aws::config::environment_tests::in_the_child",
                "--ignored",
                "--nocapture",
            ]);
            command
                .env_clear()
                .env(CASE, case)
                .env("HOME", "/nonexistent")
                .env("AWS_EC2_METADATA_DISABLED", "true")
                .envs(environment);
            command.output().unwrap()
        }
    })
    .await
    .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let told = text
        .lines()
        .find_map(|line| line.split_once("told: "))
        .map(|(_, told)| told.to_owned());
    told.unwrap_or_else(|| panic!("{text}{}", String::from_utf8_lossy(&output.stderr)))
}

fn describe(result: Result<String, ApiError>) -> String {
    match result {
        Ok(text) => text,
        Err(error) => format!("{:?}: {}", error.kind, error.message),
    }
}

#[tokio::test]
#[ignore = "run by the tests beside it, in a process with an environment of its own"]
async fn in_the_child() {
    let settings = match std::env::var(CASE).unwrap().as_str() {
        "profile in the block" => AwsSettings {
            profile: Some("work".to_owned()),
            ..AwsSettings::default()
        },
        _ => AwsSettings::default(),
    };
    let result = match Factory::with_clock(Arc::new(TestClock::new()))
        .connect(settings)
        .await
    {
        Ok(clients) => {
            let region = clients.region().unwrap_or_default();
            clients
                .sts()
                .caller_identity()
                .await
                .map(|caller| format!("{} in {region}", caller.arn))
        }
        Err(error) => Err(error),
    };
    println!("told: {}", describe(result));
}

async fn sts() -> Loopback {
    Loopback::start(|received| {
        let header = received.header("authorization").unwrap_or_default();
        let key = header
            .split("Credential=")
            .nth(1)
            .and_then(|rest| rest.split('/').next())
            .unwrap_or_default();
        Reply::query(
            "GetCallerIdentity",
            &format!("<Arn>{key}</Arn><UserId>u</UserId><Account>1</Account>"),
        )
    })
    .await
}

fn keys() -> [(&'static str, String); 2] {
    [
        ("AWS_ACCESS_KEY_ID", "AKIDENV".to_owned()),
        ("AWS_SECRET_ACCESS_KEY", "s".to_owned()),
    ]
}

#[tokio::test]
async fn keys_region_and_endpoint_come_from_the_environment() {
    let sts = sts().await;
    let mut environment = BTreeMap::from(keys());
    environment.extend([
        ("AWS_REGION", "eu-west-3".to_owned()),
        ("AWS_ENDPOINT_URL_STS", sts.url()),
    ]);
    assert_eq!(child("plain", environment).await, "AKIDENV in eu-west-3");
}

#[tokio::test]
async fn one_endpoint_for_all_services_and_the_older_region_variable_count() {
    let sts = sts().await;
    let mut environment = BTreeMap::from(keys());
    environment.extend([
        ("AWS_DEFAULT_REGION", "eu-west-3".to_owned()),
        ("AWS_ENDPOINT_URL", sts.url()),
    ]);
    assert_eq!(child("plain", environment).await, "AKIDENV in eu-west-3");
}

#[tokio::test]
async fn an_empty_variable_hides_nothing() {
    let sts = sts().await;
    let mut environment = BTreeMap::from(keys());
    environment.extend([
        ("AWS_REGION", String::new()),
        ("AWS_DEFAULT_REGION", "eu-west-3".to_owned()),
        ("AWS_PROFILE", String::new()),
        ("AWS_ENDPOINT_URL_STS", "http://sts.example.test".to_owned()),
        ("HTTP_PROXY", String::new()),
        ("http_proxy", sts.url()),
    ]);
    assert_eq!(child("plain", environment).await, "AKIDENV in eu-west-3");
}

#[tokio::test]
async fn a_proxy_of_the_environment_is_taken() {
    let proxy = sts().await;
    let mut environment = BTreeMap::from(keys());
    environment.extend([
        ("AWS_REGION", "eu-west-3".to_owned()),
        ("AWS_ENDPOINT_URL_STS", "http://sts.example.test".to_owned()),
        ("HTTP_PROXY", proxy.url()),
    ]);
    assert_eq!(child("plain", environment).await, "AKIDENV in eu-west-3");
    assert_eq!(proxy.received()[0].target, "http://sts.example.test/");
}

#[tokio::test]
async fn a_profile_in_the_block_wins_over_keys_of_the_environment() {
    let sts = sts().await;
    let folder = tempfile::tempdir().unwrap();
    let credentials = folder.path().join("credentials");
    std::fs::write(
        &credentials,
        "[work]\naws_access_key_id = AKIDWORK\naws_secret_access_key = s\nregion = eu-south-1\n",
    )
    .unwrap();
    let mut environment = BTreeMap::from(keys());
    environment.extend([
        (
            "AWS_SHARED_CREDENTIALS_FILE",
            credentials.to_str().unwrap().to_owned(),
        ),
        ("AWS_ENDPOINT_URL_STS", sts.url()),
    ]);
    assert_eq!(
        child("profile in the block", environment.clone()).await,
        "AKIDWORK in eu-south-1"
    );
    environment.insert("AWS_PROFILE", "work".to_owned());
    assert_eq!(child("plain", environment).await, "AKIDENV in eu-south-1");
}

#[tokio::test]
async fn a_profile_of_the_environment_that_is_not_there_is_named() {
    let environment = BTreeMap::from([
        ("AWS_PROFILE", "wrok".to_owned()),
        ("AWS_REGION", "eu-west-3".to_owned()),
    ]);
    let kind = ErrorKind::NoCredentials;
    assert_eq!(
        child("plain", environment).await,
        format!(
            "{kind:?}: there is no profile `wrok` in the shared AWS configuration files, which hold none"
        )
    );
}

#[tokio::test]
async fn without_credentials_the_error_says_where_they_were_looked_for() {
    let environment = BTreeMap::from([("AWS_REGION", "eu-west-3".to_owned())]);
    let text = child("plain", environment).await;
    assert!(text.starts_with("NoCredentials: "), "{text}");
    assert!(
        text.ends_with("environment variables, the profile `default`, the web identity token, the container's credentials, the instance's metadata"),
        "{text}"
    );
}

#[tokio::test]
async fn without_a_region_the_error_asks_for_one() {
    assert_eq!(
        child("plain", BTreeMap::from(keys())).await,
        "Invalid: no region is set, neither by `region` nor in AWS_REGION, AWS_DEFAULT_REGION or the profile"
    );
}
