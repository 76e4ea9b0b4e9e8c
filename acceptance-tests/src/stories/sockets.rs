//! Where the cloud listens: on loopback, but for one port that no flag moves.

use std::{collections::BTreeSet, net::SocketAddr};

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
    expect_only_the_health_port(&sockets::below(std::process::id())?)?;
    // Beside this cloud a kept one finds the health port taken; everything else it opens as on a machine of its own.
    expect_only_the_health_port(&of_a_kept_cloud(cloud)?)
}

/// What the servers of a kept cloud listen at; they are ended again.
fn of_a_kept_cloud(cloud: &Cloud) -> Outcome<BTreeSet<Listening>> {
    let folder = cloud.folder().join("kept");
    let started = Cloud::start_kept(cloud.tools().clone(), folder.clone());
    let folders = [folder.clone(), folder.join(format!("kubernetes-{PROD}"))];
    let mut found = Ok(BTreeSet::new());
    for folder in &folders {
        found = found.and_then(|mut found: BTreeSet<Listening>| {
            for id in kept_ids(folder)? {
                found.extend(sockets::below(id)?);
            }
            Ok(found)
        });
    }
    for folder in &folders {
        end_kept(folder)?;
    }
    started.and(found)
}

fn expect_only_the_health_port(listening: &BTreeSet<Listening>) -> Outcome {
    let programs: BTreeSet<&str> = listening.iter().map(|one| one.program.as_str()).collect();
    expect(
        ["etcd", "kube-apiserver"]
            .iter()
            .all(|one| programs.contains(one)),
        format!("the sockets of some servers are missing: {listening:?}"),
    )?;
    let open: Vec<&Listening> = listening
        .iter()
        .filter(|one| !one.address.ip().is_loopback())
        .collect();
    let is_health = |one: &Listening| {
        one.address.port() == HEALTH_PORT && one.program.starts_with("aws-iam-authent")
    };
    let expected = match Whose::chosen()? {
        Whose::Real => 1,
        Whose::Ours => 0,
    };
    let is_as_expected = open.iter().all(|one| is_health(one))
        && (open.len() == expected || (open.is_empty() && is_taken_by_another(listening)?));
    expect(
        is_as_expected,
        format!("open to other machines are {open:?}"),
    )
}

/// Whether an authenticator of another cloud on this machine has the health port.
fn is_taken_by_another(own: &BTreeSet<Listening>) -> Outcome<bool> {
    let is_health = |address: &SocketAddr| address.port() == HEALTH_PORT;
    Ok(sockets::all()?.iter().any(is_health) && !own.iter().any(|one| is_health(&one.address)))
}
