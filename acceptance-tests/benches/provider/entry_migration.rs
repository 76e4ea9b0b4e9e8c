//! The part `entries`: what becomes of a thousand entries of aws-auth as access entries, by the command line.
//!
//! Processor time has a limit, which fails the run, because wall time is that of IAM and EKS, and depends on who else uses the machine. So have calls.

use std::time::Duration;

use acceptance_tests::{
    bed::{
        cloud::{ACCOUNT, Cloud, OTHER_ACCOUNT, PROD, REGION, access::Mode},
        provider_under_test::built_provider,
    },
    failure::{Outcome, expect},
    measure::{mebibytes, run_alone, time},
    progress::step,
};

const ENTRIES: usize = 1_000;
/// Of roles of the cluster's account.
const OWN: usize = 980;
const MOST_TIME: Duration = Duration::from_secs(1);
/// DescribeCluster, ListAccessEntries, the node groups and Fargate profiles, and the roles by pages of a hundred.
const MOST_CALLS: usize = 20;

/// Measures the report and prints its line.
pub fn measure(cloud: &Cloud) -> Outcome {
    cloud.reset()?;
    step("making 1,000 roles and their entries", || prepare(cloud))?;
    let before = cloud.emulator().asked()?.len();
    let mut command = cloud.plain(&built_provider()?);
    command
        .envs(cloud.creator().environment())
        .env("AWS_ENDPOINT_URL", cloud.emulator().url())
        .env("AWS_REGION", REGION)
        .args(["migrate", "access-entries", "report", "--cluster", PROD]);
    let cost = step("measuring: the report", || run_alone(&mut command))?;
    let calls = cloud.emulator().asked()?.len() - before;
    println!(
        "\n| 1,000 entries | wall | CPU | memory | calls of AWS |\n|---|---|---|---|---|\n| `migrate access-entries report` | {} | {} | {} | {calls} |",
        time(cost.wall),
        time(cost.cpu),
        mebibytes(cost.memory)
    );
    expect(
        cost.cpu <= MOST_TIME && calls <= MOST_CALLS,
        format!(
            "the report takes {} of processor time and {calls} calls, and not {} and {MOST_CALLS} at most",
            time(cost.cpu),
            time(MOST_TIME)
        ),
    )
}

fn prepare(cloud: &Cloud) -> Outcome {
    cloud.set_mode(PROD, Mode::ApiAndConfigMap)?;
    let mut roles = String::new();
    for number in 0..ENTRIES {
        // An account has a thousand roles at most, and a few are there; IAM says nothing of another account.
        let account = match number < OWN {
            true => ACCOUNT,
            false => OTHER_ACCOUNT,
        };
        if number < OWN {
            cloud.role("/teams/", &format!("team-{number}"))?;
        }
        roles += &format!(
            "- rolearn: arn:aws:iam::{account}:role/team-{number}\n  username: 'team-{number}:{{{{SessionName}}}}'\n  groups: [team-{number}, 'system:masters']\n"
        );
    }
    cloud.cluster(PROD)?.put_aws_auth_key("mapRoles", &roles)
}
