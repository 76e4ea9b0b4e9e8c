//! Where the cloud listens: on loopback, but for one port that no flag moves.

use std::{
    collections::BTreeSet,
    fs,
    path::Path,
    thread,
    time::{Duration, Instant},
};

use super::story::stories;
use crate::{
    bed::{
        authenticator::{HEALTH_PORT, Whose},
        cloud::{Cloud, PROD},
        process::{end_kept, kept_ids},
        sockets::{self, Listening},
    },
    failure::{Outcome, expect},
};

stories!("sockets": only_the_health_port_of_the_authenticator_is_open_to_others);

fn only_the_health_port_of_the_authenticator_is_open_to_others(cloud: &Cloud) -> Outcome {
    if !sockets::can_be_listed() {
        println!("  skipped: this machine has no /proc/net/tcp, so nobody says who listens where");
        return Ok(());
    }
    let own = || sockets::below(std::process::id());
    expect_only_the_health_port(cloud.folder(), own)?;
    // A kept cloud is started by another way, and finds the health port taken.
    let folder = cloud.folder().join("kept");
    let started = Cloud::start_kept(cloud.tools().clone(), folder.clone());
    let folders = [folder.clone(), folder.join(format!("kubernetes-{PROD}"))];
    let outcome = started.and_then(|_| {
        expect_only_the_health_port(&folder, || {
            let mut found = BTreeSet::new();
            for folder in &folders {
                for id in kept_ids(folder)? {
                    found.extend(sockets::below(id)?);
                }
            }
            Ok(found)
        })
    });
    for folder in &folders {
        end_kept(folder)?;
    }
    outcome
}

/// Fails unless the cloud in `folder`, whose sockets `list` lists, listens on loopback only, but for the one port.
fn expect_only_the_health_port(
    folder: &Path,
    list: impl Fn() -> Outcome<BTreeSet<Listening>>,
) -> Outcome {
    let log = folder.join(format!("kubernetes-{PROD}/authenticator.log"));
    let is_real = Whose::chosen()? == Whose::Real;
    let began = Instant::now();
    let (listening, is_taken) = loop {
        let listening = list()?;
        let is_taken = fs::read_to_string(&log)?
            .contains(&format!(":{HEALTH_PORT}: bind: address already in use"));
        // The authenticator tries the port a moment after it listens for tokens.
        if !is_real
            || is_taken
            || listening.iter().any(is_health)
            || began.elapsed() > Duration::from_secs(10)
        {
            break (listening, is_taken);
        }
        thread::sleep(Duration::from_millis(50));
    };
    let programs: BTreeSet<&str> = listening.iter().map(|one| one.program.as_str()).collect();
    expect(
        programs.contains("etcd") && programs.contains("kube-apiserver"),
        format!("the sockets of some servers are missing: {listening:?}"),
    )?;
    let open: Vec<&Listening> = listening
        .iter()
        .filter(|one| !one.address.ip().is_loopback())
        .collect();
    let expected = usize::from(is_real && !is_taken);
    expect(
        open.len() == expected && open.iter().all(|one| is_health(one)),
        format!("open to other machines are {open:?}"),
    )
}

fn is_health(one: &Listening) -> bool {
    one.address.port() == HEALTH_PORT && one.program.starts_with("aws-iam-authent")
}
