//! The emulator of IAM, EKS, STS and EC2, and the bed's own endpoints beside it.

use std::{
    fs,
    path::Path,
    process::Command,
    thread,
    time::{Duration, Instant},
};

use serde_json::{Value, json};

use super::{
    http,
    identity::Identity,
    json::text,
    process::{Lifetime, Server},
    tools::{Tools, room},
};
use crate::failure::{Failure, Outcome};

/// The running emulator.
pub struct Emulator {
    _server: Server,
    port: u16,
    proxy_port: u16,
}

/// One request that the cloud was asked.
#[derive(Clone, Debug, PartialEq)]
pub struct Asked {
    /// `iam`, `eks`, `sts`, or `kubernetes` where the cluster is reached under faults.
    pub service: String,
    /// The API action.
    pub action: String,
    /// The role, provider, cluster or path it was about.
    pub subject: String,
    /// The User-Agent of the caller.
    pub user_agent: String,
    /// The region of the signature.
    pub region: String,
    /// The HTTP status, none while it is being answered or when the answer was lost.
    pub status: Option<u64>,
    /// The error code, empty where there was none.
    pub error: String,
}

impl Emulator {
    /// Starts the emulator with its files in `folder` and `account` as the caller's account.
    ///
    /// # Errors
    /// It ended, or was not ready in half a minute.
    pub fn start(
        tools: &Tools,
        folder: &Path,
        account: &str,
        lifetime: Lifetime,
    ) -> Outcome<Emulator> {
        let mut command = Command::new(&tools.python);
        command
            .arg(room().join("emulator/serve.py"))
            .arg(folder)
            .arg(account)
            .env("PYTHONDONTWRITEBYTECODE", "1");
        let mut server = Server::start("emulator", &command, folder, lifetime)?;
        let told = folder.join("emulator.json");
        server.wait_until(Duration::from_secs(30), || told.exists())?;
        let ports: Value = serde_json::from_str(&fs::read_to_string(told)?)?;
        Ok(Emulator {
            _server: server,
            port: port(&ports, "port")?,
            proxy_port: port(&ports, "proxy_port")?,
        })
    }

    /// The URL of IAM, EKS and STS.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// The URL of the authorizer that knows the access policies of the cluster called `name`.
    #[must_use]
    pub fn authorizer(&self, name: &str) -> String {
        format!("{}/authorize/{name}", self.url())
    }

    /// The URL of the HTTPS proxy that leads to STS.
    #[must_use]
    pub fn sts_proxy(&self) -> String {
        format!("http://127.0.0.1:{}", self.proxy_port)
    }

    /// Asks the bed's own endpoint `name`.
    ///
    /// # Errors
    /// The endpoint's error.
    #[track_caller]
    pub fn control(&self, name: &str, wanted: &Value) -> Outcome<Value> {
        http::post(self.port, &format!("/_bed/{name}"), wanted)
    }

    /// A new IAM user, as the bed's `user` endpoint takes it: `account`, `name` and, where they are given, `path` and `policy`.
    ///
    /// # Errors
    /// The emulator refuses.
    pub fn user(&self, wanted: &Value) -> Outcome<Identity> {
        let made = self.control("user", wanted)?;
        Ok(Identity::new(
            text(&made, "arn")?,
            text(&made, "access_key")?,
            text(&made, "secret_key")?,
            None,
        ))
    }

    /// Orders a fault; the README tells its fields.
    ///
    /// # Errors
    /// The order is not understood.
    #[track_caller]
    pub fn fault(&self, fault: Value) -> Outcome {
        self.control("fault", &fault).map(|_| ())
    }

    /// Lets every held request go on.
    ///
    /// # Errors
    /// The emulator does not answer.
    pub fn release(&self) -> Outcome {
        self.control("release", &json!({})).map(|_| ())
    }

    /// Waits until a request of `action` is held.
    ///
    /// # Errors
    /// None is for a minute.
    pub fn wait_for_held(&self, action: &str) -> Outcome {
        self.wait_for_fault(action, "waiting", 1)
    }

    /// Waits until so many requests of an action have met its fault.
    ///
    /// # Errors
    /// Fewer did within a minute.
    pub fn wait_for_met(&self, action: &str, times: u64) -> Outcome {
        self.wait_for_fault(action, "met", times)
    }

    fn wait_for_fault(&self, action: &str, count: &str, least: u64) -> Outcome {
        let began = Instant::now();
        loop {
            let faults = self.control("faults", &json!({}))?;
            let is_there = |fault: &Value| {
                fault.get("action").and_then(Value::as_str) == Some(action)
                    && fault
                        .get(count)
                        .and_then(Value::as_u64)
                        .is_some_and(|number| number >= least)
            };
            if faults.as_array().into_iter().flatten().any(is_there) {
                return Ok(());
            }
            if began.elapsed() > Duration::from_secs(60) {
                return Err(Failure::new(format!(
                    "not so many {action} ({least} {count}) within a minute: {faults}"
                )));
            }
            thread::sleep(Duration::from_millis(50));
        }
    }

    /// What was asked since the last reset, oldest first.
    ///
    /// # Errors
    /// The log cannot be read.
    pub fn asked(&self) -> Outcome<Vec<Asked>> {
        let lines = self.control("log", &json!({}))?;
        Ok(lines.as_array().into_iter().flatten().map(asked).collect())
    }

    /// How often `action` was asked since the last reset.
    ///
    /// # Errors
    /// The log cannot be read.
    pub fn count(&self, action: &str) -> Outcome<usize> {
        Ok(self
            .asked()?
            .iter()
            .filter(|line| line.action == action)
            .count())
    }
}

fn port(ports: &Value, name: &str) -> Outcome<u16> {
    let number = ports
        .get(name)
        .and_then(Value::as_u64)
        .and_then(|number| u16::try_from(number).ok());
    number.ok_or_else(|| Failure::new(format!("the emulator tells no {name}")))
}

fn asked(line: &Value) -> Asked {
    let text = |name: &str| {
        line.get(name)
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_owned()
    };
    Asked {
        service: text("service"),
        action: text("action"),
        subject: text("subject"),
        user_agent: text("user_agent"),
        region: text("region"),
        status: line.get("status").and_then(Value::as_u64),
        error: text("error"),
    }
}
