use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use aws_runtime::env_config::file::EnvConfigFiles;
use aws_types::os_shim_internal::Fs;
use eksauth_provider::ports::cancellation::{CancellationToken, cancelled_by};
use eksauth_provider::ports::cloud::Secret;
use eksauth_provider::ports::{Cloud, CloudFactory};
use futures_util::future::join_all;
use tokio::time::Instant;

use super::*;
use crate::factory::Factory;
use crate::loopback::{Loopback, Reply};
use crate::test_clock::TestClock;

fn settings(cloud: &Loopback) -> AwsSettings {
    AwsSettings {
        region: Some("eu-central-1".to_owned()),
        access_key: Some(Secret::new("AKIDEXAMPLE")),
        secret_key: Some(Secret::new("secret")),
        endpoints: BTreeMap::from([("iam".to_owned(), cloud.url().into())]),
        ..AwsSettings::default()
    }
}

async fn connect(settings: AwsSettings) -> Result<Arc<dyn Cloud>, ApiError> {
    let factory = Factory::with_clock(Arc::new(TestClock::new()));
    factory.connect(settings).await
}

/// IAM that throttles so many requests before it answers.
async fn throttled(times: usize) -> Loopback {
    let calls = AtomicUsize::new(0);
    Loopback::start(move |_| {
        if calls.fetch_add(1, Ordering::SeqCst) < times {
            return Reply::query_error(400, "Throttling", "Rate exceeded");
        }
        Reply::query("ListOpenIDConnectProviders", "<OpenIDConnectProviderList/>")
    })
    .await
}

#[tokio::test(start_paused = true)]
async fn a_quiet_client_waits_at_most_a_second_after_its_first_throttle_and_seven_after_three() {
    for (times, longest) in [(1, 1), (3, 7)] {
        let cloud = throttled(times).await;
        let iam = connect(settings(&cloud)).await.unwrap().iam();
        let began = Instant::now();
        iam.list_oidc_providers().await.unwrap();
        let waited = began.elapsed();
        assert!(
            waited <= Duration::from_secs(longest),
            "{times}: {waited:?}"
        );
        assert_eq!(cloud.received().len(), times + 1);
    }
}

#[tokio::test(start_paused = true)]
async fn a_throttled_call_does_not_slow_down_the_next_ones() {
    let cloud = throttled(1).await;
    let iam = connect(settings(&cloud)).await.unwrap().iam();
    iam.list_oidc_providers().await.unwrap();
    let began = Instant::now();
    for _ in 0..10 {
        iam.list_oidc_providers().await.unwrap();
    }
    assert!(
        began.elapsed() < Duration::from_secs(1),
        "{:?}",
        began.elapsed()
    );
}

#[tokio::test(start_paused = true)]
async fn many_objects_that_are_throttled_at_once_all_arrive() {
    let cloud = throttled(600).await;
    let iam = connect(settings(&cloud)).await.unwrap().iam();
    let answers = join_all((0..200).map(|_| iam.list_oidc_providers())).await;
    let refused = answers.iter().filter(|answer| answer.is_err()).count();
    assert_eq!(refused, 0);
}

#[tokio::test(start_paused = true)]
async fn retries_end_with_the_tokens_where_a_capacity_is_set() {
    let cloud = throttled(usize::MAX).await;
    let limited = AwsSettings {
        retry_tokens: Some(10),
        ..settings(&cloud)
    };
    let iam = connect(limited).await.unwrap().iam();
    let error = iam.list_oidc_providers().await.unwrap_err();
    assert_eq!((error.kind, error.attempts), (ErrorKind::Throttled, 3));
}

#[tokio::test(start_paused = true)]
async fn an_endless_throttle_ends_after_the_attempts_that_are_set() {
    for (attempts, longest) in [(None, 600), (Some(2), 1)] {
        let cloud = throttled(usize::MAX).await;
        let set = AwsSettings {
            max_retries: attempts,
            ..settings(&cloud)
        };
        let iam = connect(set).await.unwrap().iam();
        let began = Instant::now();
        let error = iam.list_oidc_providers().await.unwrap_err();
        assert_eq!(error.attempts, attempts.unwrap_or(MAX_ATTEMPTS));
        assert!(began.elapsed() <= Duration::from_secs(longest));
    }
}

/// What is made of settings, variables and the default profile of a file.
async fn retries(
    settings: &AwsSettings,
    variables: &[(&str, &str)],
    profile: &str,
) -> Result<Retries, ApiError> {
    let mut variables = variables.to_vec();
    variables.push(("HOME", "/home/me"));
    let config = format!("[default]\n{profile}\n");
    let fs = Fs::from_map(HashMap::from([(
        "/home/me/.aws/config".to_owned(),
        config.into_bytes(),
    )]));
    let env = Env::from_slice(&variables);
    let files = EnvConfigFiles::default();
    let profiles = aws_config::profile::load(&fs, &env, &files, None).await;
    Retries::new(settings, &env, &profiles.unwrap(), &TestClock::new())
}

#[tokio::test]
async fn the_mode_is_that_of_the_block_then_of_the_environment_then_of_the_profile_then_standard() {
    let adaptive = AwsSettings {
        retry_mode: Some(RetryMode::Adaptive),
        ..AwsSettings::default()
    };
    let none = AwsSettings::default();
    let (standard, in_profile) = (("AWS_RETRY_MODE", "Standard"), "retry_mode = adaptive");
    for (settings, variables, profile, expected) in [
        (&none, vec![], "", "Standard"),
        (&none, vec![], in_profile, "Adaptive"),
        (&none, vec![standard], in_profile, "Standard"),
        (&none, vec![("AWS_RETRY_MODE", "legacy")], "", "Standard"),
        (&adaptive, vec![standard], "", "Adaptive"),
    ] {
        let found = retries(settings, &variables, profile).await.unwrap();
        let mode = format!("{:?}", found.config.mode());
        assert_eq!(mode, expected, "{variables:?} {profile}");
    }
    let often = retries(&none, &[("AWS_RETRY_MODE", "often")], "").await;
    assert_eq!(
        often.err().unwrap().detail(),
        "retry mode: `often` is not a retry mode (AWS_RETRY_MODE, or retry_mode of the profile): `standard` or `adaptive`"
    );
}

/// IAM whose every answer is this, and which cancels at a request.
async fn cancelling(cancel: CancellationToken, at: usize, answer: fn() -> Reply) -> Loopback {
    let calls = AtomicUsize::new(0);
    Loopback::start(move |_| {
        if calls.fetch_add(1, Ordering::SeqCst) + 1 == at {
            cancel.cancel();
        }
        answer()
    })
    .await
}

fn throttle() -> Reply {
    Reply::query_error(400, "Throttling", "Rate exceeded")
}

#[tokio::test(start_paused = true)]
async fn a_cancelled_call_is_not_made_again_whether_it_reads_or_writes() {
    for (at, is_read) in [(1, true), (3, true), (1, false), (3, false)] {
        let cancel = CancellationToken::new();
        let cloud = cancelling(cancel.clone(), at, throttle).await;
        let iam = connect(settings(&cloud)).await.unwrap().iam();
        let call = async {
            if is_read {
                iam.list_oidc_providers().await.map(drop)
            } else {
                iam.delete_oidc_provider("arn:a").await
            }
        };
        let error = cancelled_by(cancel, call).await.unwrap_err();
        assert_eq!(error.kind, ErrorKind::Cancelled, "{error:?}");
        assert_eq!(cloud.received().len(), at);
        assert_eq!(usize::try_from(error.attempts).unwrap(), at);
        assert!(!error.may_have_been_carried_out(), "{error:?}");
        let detail = error.detail();
        assert!(detail.contains("the run was cancelled"), "{detail}");
        assert!(detail.contains("Throttling"), "{detail}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_pause_between_attempts_ends_when_the_operation_is_cancelled() {
    let cloud = throttled(usize::MAX).await;
    let iam = connect(settings(&cloud)).await.unwrap().iam();
    let cancel = CancellationToken::new();
    let began = Instant::now();
    let ctrl_c = async {
        tokio::time::sleep(Duration::from_secs(30)).await;
        cancel.cancel();
    };
    let call = cancelled_by(cancel.clone(), iam.list_oidc_providers());
    let ((), answer) = tokio::join!(ctrl_c, call);
    assert_eq!(answer.unwrap_err().kind, ErrorKind::Cancelled);
    assert!(
        began.elapsed() < Duration::from_secs(31),
        "{:?}",
        began.elapsed()
    );
}

#[tokio::test(start_paused = true)]
async fn an_attempt_that_runs_when_the_operation_is_cancelled_is_waited_for() {
    let cancel = CancellationToken::new();
    let success = || Reply::query("DeleteOpenIDConnectProvider", "");
    let cloud = cancelling(cancel.clone(), 1, success).await;
    let iam = connect(settings(&cloud)).await.unwrap().iam();
    let answer = cancelled_by(cancel.clone(), iam.delete_oidc_provider("arn:a")).await;
    assert_eq!(answer, Ok(()));
    let later = cancelled_by(cancel, iam.delete_oidc_provider("arn:a")).await;
    assert_eq!(
        later,
        Ok(()),
        "a call of a cancelled operation is made once"
    );
}

#[tokio::test(start_paused = true)]
async fn a_cancelled_write_after_a_fault_of_the_service_may_have_been_carried_out() {
    let cancel = CancellationToken::new();
    let fault = || Reply::query_error(500, "ServiceFailure", "later");
    let cloud = cancelling(cancel.clone(), 1, fault).await;
    let iam = connect(settings(&cloud)).await.unwrap().iam();
    let error = cancelled_by(cancel, iam.delete_oidc_provider("arn:a"))
        .await
        .unwrap_err();
    assert_eq!(error.kind, ErrorKind::Cancelled);
    assert!(error.may_have_been_carried_out(), "{error:?}");
}
