//! Both servers under the same clients: TokenReviews over TLS, 64 connections, 1,000 entries, STS behind the same stub.
//!
//! The servers take turns; one that has no turn does nothing. Processor time is the server's own and holds whatever the rest of the machine
//! does; reviews a second and waiting times are those of one core for the server and one for clients and stub together.

use std::{
    fs,
    process::Command,
    thread,
    time::{Duration, Instant},
};

use acceptance_tests::{
    bed::{
        authenticator::Whose,
        cloud::{Cloud, PROD},
        process::{Lifetime, Server, free_port, listens},
        provider_under_test::built_provider,
    },
    failure::{Failure, Outcome},
    measure::{Usage, mebibytes, time, usage},
    progress::step,
};
use serde_json::json;

use super::{
    cores, fixture,
    load::{self, Load, LoadResult},
    stub_sts::{StubSts, Used},
    table::{Table, number, times},
};

const CONNECTIONS: usize = 64;
const ROUNDS: usize = 3;
/// Reviews of a round.
const REVIEWS: usize = 20_000;
/// Before the first round.
const WARM_UP: usize = 2_000;

/// A server with what is needed to ask and to watch it.
pub struct Served {
    pub server: Server,
    pub load: Load,
}

/// One round.
#[derive(Clone, Default)]
struct Round {
    seen: LoadResult,
    cpu: Duration,
    sts: usize,
    usage: Usage,
}

impl Round {
    fn cpu_of_one(&self) -> Duration {
        self.cpu / u32::try_from(self.seen.times.len().max(1)).unwrap_or(u32::MAX)
    }
}

pub fn measure(cloud: &Cloud) -> Outcome {
    let stub = StubSts::start(cloud.folder())?;
    cloud.cluster(PROD)?.put_aws_auth(&fixture::aws_auth())?;
    let ((ours, other), is_tied) = cores::on_the_servers_core(|| {
        Ok((
            start(cloud, &stub, Whose::Ours)?,
            start(cloud, &stub, Whose::Real)?,
        ))
    })?;
    cores::clients_apart();
    let (mut ours_rounds, mut other_rounds) = (Vec::new(), Vec::new());
    for turn in 0..=ROUNDS {
        let reviews = if turn == 0 { WARM_UP } else { REVIEWS };
        ours_rounds.push(step("serving: ours", || round(&ours, &stub, reviews))?);
        other_rounds.push(step("serving: aws-iam-authenticator", || {
            round(&other, &stub, reviews)
        })?);
    }
    cores::anywhere();
    table(&middle(ours_rounds), &middle(other_rounds)).print(&format!(
        "TokenReviews over TLS, {CONNECTIONS} connections, {} entries, {} (middle of {ROUNDS} rounds of {} reviews):",
        fixture::ENTRIES,
        if is_tied { "one core for the server" } else { "servers not tied to a core" },
        number(f64::from(u32::try_from(REVIEWS).unwrap_or(u32::MAX))),
    ));
    Ok(())
}

fn table(ours: &Round, other: &Round) -> Table {
    let mut table = Table::beside("aws-iam-authenticator");
    table.row(
        "TokenReviews per second",
        number(ours.seen.rate()),
        number(other.seen.rate()),
        times(ours.seen.rate(), other.seen.rate()),
        "3×",
    );
    let (own, others) = (ours.cpu_of_one(), other.cpu_of_one());
    table.row(
        "processor time a review",
        time(own),
        time(others),
        times(others.as_secs_f64(), own.as_secs_f64()),
        "",
    );
    for (what, of_thousand) in [("p50", 500), ("p99", 990)] {
        let (own, others) = (
            ours.seen.within(of_thousand),
            other.seen.within(of_thousand),
        );
        let ratio = times(others.as_secs_f64(), own.as_secs_f64());
        table.row(what, time(own), time(others), ratio, "");
    }
    let (own, others) = (ours.usage.peak, other.usage.peak);
    let share = |of: u64| f64::from(u32::try_from(of / 1024).unwrap_or(u32::MAX));
    table.row(
        "peak memory",
        mebibytes(own),
        mebibytes(others),
        times(share(own), share(others)),
        "0.5×",
    );
    table.row(
        "connections to STS in a round",
        ours.sts.to_string(),
        other.sts.to_string(),
        String::new(),
        "",
    );
    table
}

/// The round with the middle rate, without the first, which warms up.
fn middle(rounds: Vec<Round>) -> Round {
    let mut rounds: Vec<Round> = rounds.into_iter().skip(1).collect();
    rounds.sort_by(|left, right| left.seen.rate().total_cmp(&right.seen.rate()));
    rounds.get(rounds.len() / 2).cloned().unwrap_or_default()
}

fn round(served: &Served, stub: &StubSts, reviews: usize) -> Outcome<Round> {
    let id = served.server.program()?;
    let load = Load {
        reviews,
        ..served.load.clone()
    };
    let (before, asked) = (usage(id), stub.used());
    let seen = load::run(&load)?;
    let (after, answered) = (usage(id), stub.used());
    not_cached(asked, answered, reviews)?;
    Ok(Round {
        seen,
        cpu: after.cpu.saturating_sub(before.cpu),
        sts: answered.connections - asked.connections,
        usage: after,
    })
}

/// Whoever does not ask STS about every token is not measured at the same work.
fn not_cached(before: Used, after: Used, reviews: usize) -> Outcome {
    let asked = after.requests - before.requests;
    if asked == reviews {
        return Ok(());
    }
    Err(Failure::new(format!(
        "STS was asked {asked} times about {reviews} tokens"
    )))
}

fn start(cloud: &Cloud, stub: &StubSts, whose: Whose) -> Outcome<Served> {
    let prod = cloud.cluster(PROD)?;
    let folder = cloud.folder().join(format!("bench-{whose:?}"));
    let (server, port) = prod.authenticator(whose, &folder, stub.url())?;
    ready(server, cloud, port)
}

/// Our server with mappings from a file, for what only it is measured at.
pub fn ours_alone(cloud: &Cloud, stub: &StubSts, max_connections: usize) -> Outcome<Served> {
    let folder = cloud.folder().join("bench-alone");
    fs::create_dir_all(&folder)?;
    fs::copy(cloud.folder().join("server.crt"), folder.join("cert.pem"))?;
    fs::copy(cloud.folder().join("server.key"), folder.join("key.pem"))?;
    let manifest = json!({"apiVersion": "v1", "kind": "ConfigMap", "data": fixture::aws_auth()});
    let file = folder.join("aws-auth.json");
    fs::write(&file, manifest.to_string())?;
    let port = free_port()?;
    let mut command = Command::new(built_provider()?);
    command
        .args(["server", "-i", PROD, "--port", &port.to_string()])
        .args(["--max-connections", &max_connections.to_string()])
        .arg("--aws-auth")
        .arg(&file)
        .arg("--state-dir")
        .arg(&folder)
        .arg("--sts-ca")
        .arg(cloud.folder().join("ca.crt"))
        .env("HTTPS_PROXY", stub.url())
        .env("NO_PROXY", "127.0.0.1")
        .env("AWS_REGION", "eu-central-1");
    let mut server = Server::start("server", &command, &folder, Lifetime::WithUs)?;
    server.wait_until(Duration::from_secs(30), || listens(port))?;
    ready(server, cloud, port)
}

/// Waits until the server has heard of the entries.
fn ready(server: Server, cloud: &Cloud, port: u16) -> Outcome<Served> {
    let load = Load {
        port,
        authority: cloud.folder().join("ca.crt"),
        connections: CONNECTIONS,
        reviews: 0,
    };
    let one = Load {
        connections: 1,
        reviews: 1,
        ..load.clone()
    };
    let began = Instant::now();
    while let Err(failure) = load::run(&one) {
        if began.elapsed() > Duration::from_secs(60) {
            return Err(failure.during("waiting for the entries"));
        }
        thread::sleep(Duration::from_millis(200));
    }
    Ok(Served { server, load })
}
