//! Two authenticators of one cluster, and the people who come to them.

use std::{
    path::Path,
    thread,
    time::{Duration, Instant},
};

use serde_json::Value;

use crate::{
    bed::{
        authenticator::{OwnMappings, Whose},
        cloud::{ACCOUNT, Cloud, OTHER_ACCOUNT},
        cluster::Cluster,
        identity::Identity,
        process::Server,
        webhook::{Answer, Webhook},
    },
    failure::{Failure, Outcome},
};

/// Both authenticators of one cluster.
pub(super) struct Pair {
    real: Webhook,
    ours: Webhook,
    servers: [Server; 2],
}

impl Pair {
    pub(super) fn start(cloud: &Cloud, prod: &Cluster<'_>) -> Outcome<Pair> {
        let proxy = cloud.emulator().sts_proxy();
        Pair::start_with(cloud, prod, &proxy, OwnMappings::default())
    }

    /// Both, behind another STS and with mappings of their own.
    pub(super) fn start_with(
        cloud: &Cloud,
        prod: &Cluster<'_>,
        proxy: &str,
        own: OwnMappings<'_>,
    ) -> Outcome<Pair> {
        let one = |whose: Whose| {
            let folder = cloud.folder().join(format!("authenticator-{whose:?}"));
            let (server, port) = prod.authenticator_with(whose, &folder, proxy, own)?;
            let webhook = Webhook::new(port, &cloud.folder().join("ca.crt"))?;
            Ok::<_, Failure>((webhook, server))
        };
        let (real, real_server) = one(Whose::Real)?;
        let (ours, ours_server) = one(Whose::Ours)?;
        Ok(Pair {
            real,
            ours,
            servers: [real_server, ours_server],
        })
    }

    /// Asks both with any body.
    pub(super) fn post(&mut self, body: &str) -> Outcome<(Answer, Answer)> {
        Ok((self.real.post(body)?, self.ours.post(body)?))
    }

    /// Asks both without a body.
    pub(super) fn request(&self, method: &str, path: &str) -> Outcome<(Answer, Answer)> {
        Ok((
            self.real.request(method, path)?,
            self.ours.request(method, path)?,
        ))
    }

    /// The log of ours.
    pub(super) fn log_of_ours(&self) -> &Path {
        let [_, ours] = &self.servers;
        ours.log()
    }

    pub(super) fn ask(&mut self, token: &str) -> Outcome<(Answer, Answer)> {
        Ok((self.real.review(token)?, self.ours.review(token)?))
    }

    /// Asks until both say the user name: each hears of a new aws-auth in its own time.
    pub(super) fn wait_for(&mut self, token: &str, username: &str) -> Outcome {
        let began = Instant::now();
        loop {
            let (real, ours) = self.ask(token)?;
            if name_in(&real) == username && name_in(&ours) == username {
                return Ok(());
            }
            if began.elapsed() > Duration::from_secs(60) {
                let text =
                    format!("{username} is not seen: the real one says {real:?}, ours {ours:?}");
                return Err(Failure::new(text));
            }
            thread::sleep(Duration::from_millis(10));
        }
    }
}

pub(super) fn name_in(answer: &Answer) -> &str {
    answer
        .1
        .pointer("/status/user/username")
        .and_then(Value::as_str)
        .unwrap_or_default()
}

/// Users and a role's session, each with a token for this cluster.
pub(super) fn people(cloud: &Cloud, prod: &Cluster<'_>) -> Outcome<Vec<(Identity, String)>> {
    cloud.role("/teams/", "platform")?;
    let role = format!("arn:aws:iam::{ACCOUNT}:role/teams/platform");
    let people = [
        cloud.assume(&role, "eve@example.com")?,
        cloud.user(ACCOUNT, "/people/", "mallory")?,
        cloud.user(OTHER_ACCOUNT, "/", "visitor")?,
    ];
    people
        .into_iter()
        .map(|who| {
            let token = prod.token(&who)?;
            Ok((who, token))
        })
        .collect()
}
