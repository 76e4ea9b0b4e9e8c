//! Forty objects of one provider block that meet the same obstacle, at each step of their lives.

use futures_util::future::join_all;
use tf_provider::testing::{DataSourceHarness, Harness, Planned, Stored};
use tf_provider::{Causes, Diagnostics};

use crate::aws_auth::fixture::{Bed, role_config};
use crate::client::Client;
use crate::config::Settings;
use crate::data_sources::aws_auth::AwsAuthDataSource;
use crate::fakes::kubernetes::{Fault, Verb};
use crate::fakes::{FakeCloud, refusal};
use crate::ports::ErrorKind;
use crate::resources::aws_auth_role::{AwsAuthRoleModel, AwsAuthRoleResource};

use super::*;

const FORTY: usize = 40;
const WARNING: &str = "Not Checked For The Same Reason";
const SHORT: &str = "Failed For The Same Reason";

const DENIED: &str = "User: arn:aws:iam::111122223333:user/ci is not authorized to perform: eks:DescribeCluster on resource: \
                      arn:aws:eks:eu-central-1:111122223333:cluster/prod";

/// What stands in the way from now on.
#[derive(Clone, Copy, Debug)]
enum Obstacle {
    /// AWS: credentials or an endpoint.
    Aws(ErrorKind),
    /// The cluster's API server.
    ApiServer(ErrorKind),
}

const OBSTACLES: [Obstacle; 7] = [
    Obstacle::Aws(ErrorKind::AccessDenied),
    Obstacle::Aws(ErrorKind::NoCredentials),
    Obstacle::Aws(ErrorKind::ExpiredCredentials),
    Obstacle::Aws(ErrorKind::Unauthorized),
    Obstacle::Aws(ErrorKind::Unreachable),
    Obstacle::ApiServer(ErrorKind::Unreachable),
    Obstacle::ApiServer(ErrorKind::Unauthorized),
];

impl Obstacle {
    fn put_before(self, bed: &Bed) {
        for _ in 0..500 {
            match self {
                Self::Aws(kind) => {
                    let error = refusal(kind, "eks:DescribeCluster", "Refused", DENIED);
                    bed.cloud.eks.calls.fail_next("DescribeCluster", error);
                }
                Self::ApiServer(kind) => {
                    for verb in [Verb::Get, Verb::Patch, Verb::DryRun] {
                        bed.kube().on_next(verb, Fault::Refuse(kind));
                    }
                }
            }
        }
    }
}

type Role = Harness<AwsAuthRoleResource>;
type State = Stored<AwsAuthRoleModel>;

/// One configuration, whose objects share what they meet.
fn configuration(bed: &Bed) -> Role {
    let causes = Causes::default();
    Harness::new(AwsAuthRoleResource::default(), bed.client()).with_causes(causes)
}

fn configs() -> Vec<serde_json::Value> {
    let names = (0..FORTY).map(|number| format!("r{number}"));
    names.map(|name| role_config(&name, &name, &[])).collect()
}

async fn forty_entries(bed: &Bed) -> Vec<State> {
    let role = configuration(bed);
    let made = configs().into_iter().map(|config| role.create(config));
    let made = join_all(made).await.into_iter();
    made.map(|one| one.unwrap_or_else(|failed| panic!("{failed:?}")))
        .collect()
}

/// The titles of the errors of those that failed.
fn failures<'a>(failed: impl Iterator<Item = &'a Diagnostics>) -> Vec<String> {
    let errors = failed.flat_map(Diagnostics::iter);
    errors.map(|error| error.summary.clone()).collect()
}

/// One error in full, the rest short.
fn expect_one_in_full(obstacle: Obstacle, errors: &[String], short: usize) {
    let count = errors.iter().filter(|title| *title == SHORT).count();
    let full = errors.len().saturating_sub(count);
    assert_eq!((full, count), (1, short), "{obstacle:?}: {errors:?}");
}

/// Messages are kept once each, so that equal warnings count as one.
fn expect_warning_without_object(obstacle: Obstacle, role: &Role) {
    let warnings = role.take_warnings();
    let titles: Vec<&str> = warnings.iter().map(|one| one.summary.as_str()).collect();
    assert_eq!(titles, [WARNING], "{obstacle:?}");
}

#[tokio::test]
async fn a_refresh_tells_the_cause_once_and_keeps_every_state() {
    for obstacle in OBSTACLES {
        let bed = Bed::lived_in();
        let states = forty_entries(&bed).await;
        obstacle.put_before(&bed);
        let role = configuration(&bed);
        let read = join_all(states.iter().map(|state| role.read(state))).await;
        expect_one_in_full(
            obstacle,
            &failures(read.iter().filter_map(|one| one.as_ref().err())),
            0,
        );
        for (before, after) in states.iter().zip(&read) {
            if let Ok(after) = after {
                assert_eq!(after.as_ref(), Some(before), "{obstacle:?}");
            }
        }
        expect_warning_without_object(obstacle, &role);
        let planned = states.iter().zip(configs());
        let planned = planned.map(|(state, config)| role.plan_update(state, config));
        let planned = join_all(planned).await;
        for planned in &planned {
            let planned = planned.as_ref().unwrap();
            assert_eq!(planned.action, tf_provider::testing::Action::None);
        }
        expect_warning_without_object(obstacle, &role);
    }
}

#[tokio::test]
async fn a_first_plan_tells_the_cause_once_and_leaves_open_what_is_not_known() {
    for obstacle in OBSTACLES {
        let bed = Bed::lived_in();
        obstacle.put_before(&bed);
        let role = configuration(&bed);
        let configs = configs().into_iter();
        let planned = join_all(configs.map(|config| role.plan_create(config))).await;
        expect_one_in_full(
            obstacle,
            &failures(planned.iter().filter_map(|one| one.as_ref().err())),
            0,
        );
        expect_warning_without_object(obstacle, &role);
    }
}

#[tokio::test]
async fn an_apply_fails_for_each_and_tells_the_cause_once() {
    for obstacle in OBSTACLES {
        let bed = Bed::lived_in();
        let plan = configuration(&bed);
        let planned = configs().into_iter().map(|config| plan.plan_create(config));
        let planned = join_all(planned).await.into_iter();
        let planned: Vec<Planned<_>> = planned.map(|one| one.unwrap()).collect();
        obstacle.put_before(&bed);
        let role = configuration(&bed);
        let applied = join_all(planned.into_iter().map(|one| role.apply(one))).await;
        let failed = || applied.iter().filter_map(|one| one.as_ref().err());
        assert!(failed().all(|failed| failed.state.is_none()));
        expect_one_in_full(
            obstacle,
            &failures(failed().map(|one| &one.diagnostics)),
            FORTY - 1,
        );
    }
}

#[tokio::test]
async fn a_removal_keeps_every_state_and_tells_the_cause_once() {
    for obstacle in OBSTACLES {
        let bed = Bed::lived_in();
        let states = forty_entries(&bed).await;
        let plan = configuration(&bed);
        let planned = join_all(states.iter().map(|state| plan.plan_delete(state))).await;
        let planned: Vec<Planned<_>> = planned.into_iter().map(|one| one.unwrap()).collect();
        obstacle.put_before(&bed);
        let role = configuration(&bed);
        let applied = join_all(planned.into_iter().map(|one| role.apply(one))).await;
        let failed = || applied.iter().filter_map(|one| one.as_ref().err());
        assert!(failed().all(|failed| failed.state.is_some()));
        expect_one_in_full(
            obstacle,
            &failures(failed().map(|one| &one.diagnostics)),
            FORTY - 1,
        );
    }
}

#[tokio::test]
async fn a_cause_that_ends_is_forgotten_and_one_that_comes_back_is_told() {
    let bed = Bed::lived_in();
    let states = forty_entries(&bed).await;
    let role = configuration(&bed);
    let down = || refusal(ErrorKind::Unreachable, "eks:DescribeCluster", "Down", "no");
    bed.cloud.eks.calls.fail_next("DescribeCluster", down());
    assert!(role.read(&states[0]).await.is_err());
    bed.cloud.clock.advance(std::time::Duration::from_secs(5));
    let read = role.read(&states[1]).await.unwrap();
    assert_eq!(read.as_ref(), Some(&states[1]));
    assert!(role.take_warnings().is_empty());
    let planned = role.plan_delete(&states[2]).await.unwrap();
    role.apply(planned).await.unwrap();
    bed.cloud.clock.advance(std::time::Duration::from_secs(5));
    bed.cloud.eks.calls.fail_next("DescribeCluster", down());
    let failed = role.read(&states[3]).await.unwrap_err();
    assert_eq!(failures([&failed].into_iter()), ["Cannot Read Cluster"]);
}

#[tokio::test]
async fn a_second_cause_is_told_too() {
    let bed = Bed::lived_in();
    let states = forty_entries(&bed).await;
    let role = configuration(&bed);
    bed.kube()
        .on_next(Verb::Get, Fault::Refuse(ErrorKind::Unreachable));
    let first = role.read(&states[0]).await.unwrap_err();
    bed.cloud.clock.advance(std::time::Duration::from_secs(5));
    let expired = refusal(
        ErrorKind::ExpiredCredentials,
        "eks:DescribeCluster",
        "ExpiredToken",
        "no",
    );
    bed.cloud.eks.calls.fail_next("DescribeCluster", expired);
    let second = role.read(&states[1]).await.unwrap_err();
    assert_eq!(
        failures([&first, &second].into_iter()),
        ["Cannot Read aws-auth", "Cannot Read Cluster"]
    );
}

#[tokio::test]
async fn data_sources_fail_briefly_and_excuse_no_resource() {
    let bed = Bed::lived_in();
    let states = forty_entries(&bed).await;
    Obstacle::ApiServer(ErrorKind::Unreachable).put_before(&bed);
    let (client, causes): (Arc<Client>, Causes) = (bed.client(), Causes::default());
    let source = DataSourceHarness::new(AwsAuthDataSource, client.clone());
    let source = source.with_causes(causes.clone());
    let role = Harness::new(AwsAuthRoleResource::default(), client).with_causes(causes);
    let full = source.read(json!({})).await.unwrap_err();
    let short = source.read(json!({})).await.unwrap_err();
    let resource = role.read(&states[0]).await.unwrap_err();
    assert_eq!(
        failures([&full, &short, &resource].into_iter()),
        ["Cannot Read aws-auth", SHORT, SHORT]
    );
    assert!(role.read(&states[1]).await.unwrap().is_some());
}

#[tokio::test]
async fn that_a_cluster_is_not_there_yet_is_said_once_at_plan() {
    let cloud = Arc::new(FakeCloud::default());
    cloud.eks.put(crate::fakes::active_cluster("prod", "A"));
    let settings = Settings {
        cluster_name: Attr::Known("prdo".to_owned()),
        ..Bed::settings()
    };
    let client = cloud.client(settings);
    let causes = Causes::default();
    let mut said = 0;
    for config in configs() {
        let role = Harness::new(AwsAuthRoleResource::default(), client.clone());
        let role = role.with_causes(causes.clone());
        role.plan_create(config).await.unwrap();
        let warnings = role.take_warnings();
        let text = warnings.iter().map(|one| one.detail.as_str());
        said += text
            .filter(|text| text.contains("apply waits 2 minutes for it"))
            .count();
    }
    assert_eq!(said, 1);
    let lists = cloud.eks.calls.take().into_iter();
    assert_eq!(
        lists
            .filter(|call| call.starts_with("ListClusters"))
            .count(),
        1
    );
}
