//! One ConfigMap as it changes: a list, then a watch from there, for a server that follows aws-auth.
//!
//! What surprises: the API server ends a watch every few minutes and may have forgotten where we were (410), which means listing anew and
//! is no failure. A connection on which nothing comes for longer than a watch lasts is dead, whatever TCP thinks. Waiting after a failure
//! is the caller's.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use aws_types::os_shim_internal::Env;
use eksauth_provider::ports::cloud::ClusterAccess;
use eksauth_provider::ports::eks::Cluster;
use eksauth_provider::ports::{ApiError, AwsSettings, ErrorKind, RequestVerb};
use http::{Method, Request, StatusCode, header};
use http_body_util::BodyExt;
use k8s_openapi::List;
use k8s_openapi::api::core::v1::ConfigMap;
use kube::client::Body;
use serde::Deserialize;

use super::client::{Identity, KubeClient};
use super::failure::{Operation, refused};
use crate::aws::proxy::Proxies;
use crate::clock::SystemClock;
use crate::error::causes;

/// What the API server is asked to let a watch last.
const WATCH_SECONDS: u64 = 290;

/// Nothing for this long, not even the end: the connection is dead.
const SILENCE: Duration = Duration::from_secs(WATCH_SECONDS + 30);

/// A watch that ends earlier did nothing.
const SHORT_WATCH: Duration = Duration::from_secs(1);

/// Short watches in a row that are no failure: one may be forgotten and the next ended by an API server that restarts.
const MAX_SHORT_WATCHES: usize = 4;

/// To the beginning of an answer.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(30);

/// A ConfigMap has at most 1 MiB; escaped as JSON, with its managed fields, it is larger.
const MAX_EVENT_BYTES: usize = 16 * 1024 * 1024;

/// The ConfigMap as it was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ConfigMapState {
    /// Its `data`.
    Data(BTreeMap<String, String>),
    /// There is no such object.
    Absent,
}

/// Follows one ConfigMap of one cluster. Needs `list` and `watch` on it.
pub struct ConfigMapWatch {
    client: KubeClient,
    namespace: String,
    name: String,
}

impl ConfigMapWatch {
    /// A watch that was not started; `access` names the token or the client certificate.
    ///
    /// # Errors
    /// No endpoint, CA or identity that could be used.
    pub fn new(
        cluster: &Cluster,
        access: &ClusterAccess,
        namespace: &str,
        name: &str,
    ) -> Result<Self, ApiError> {
        let identity = match &access.token {
            Some(token) => Identity::Given(token.clone()),
            None => Identity::Certificate,
        };
        let proxies = Proxies::from_settings(&AwsSettings::default(), &Env::real())?;
        let agent = concat!("eksauth-server/", env!("CARGO_PKG_VERSION"));
        let client = KubeClient::new(
            cluster,
            access,
            identity,
            &proxies,
            agent,
            Arc::new(SystemClock),
        )?;
        Ok(Self {
            client,
            namespace: namespace.to_owned(),
            name: name.to_owned(),
        })
    }

    /// Calls `on_change` with the object as it is and then with each change, until something fails. Watches that end as soon as they begin
    /// are such a failure: somebody on the way ends them, and asking again at once would only load the API server.
    pub async fn follow(&self, mut on_change: impl FnMut(ConfigMapState) + Send) -> ApiError {
        let mut short_watches = 0;
        loop {
            let mut version = match self.list(&mut on_change).await {
                Ok(version) => version,
                Err(error) => return error,
            };
            loop {
                let begun = Instant::now();
                let ended = match self.watch(&version, &mut on_change).await {
                    Ok(ended) => ended,
                    Err(error) => return error,
                };
                let is_short = begun.elapsed() < SHORT_WATCH;
                short_watches = if is_short { short_watches + 1 } else { 0 };
                if short_watches > MAX_SHORT_WATCHES {
                    let message = "the API server ends watches as soon as they begin";
                    return self
                        .operation(RequestVerb::Watch)
                        .failed(ErrorKind::Service, message);
                }
                match ended {
                    Ended::At(reached) => version = reached,
                    Ended::Forgotten => break,
                }
            }
        }
    }

    async fn list(
        &self,
        on_change: &mut (impl FnMut(ConfigMapState) + Send),
    ) -> Result<String, ApiError> {
        let operation = self.operation(RequestVerb::List);
        let request = self.request(&operation, "")?;
        let body = self.client.send(&operation, &request).await?.body;
        let list: List<ConfigMap> =
            serde_json::from_slice(&body).map_err(|error| unreadable(&operation, &error))?;
        on_change(match list.items.into_iter().next() {
            Some(found) => ConfigMapState::Data(found.data.unwrap_or_default()),
            None => ConfigMapState::Absent,
        });
        Ok(list.metadata.resource_version.unwrap_or_default())
    }

    async fn watch(
        &self,
        version: &str,
        on_change: &mut (impl FnMut(ConfigMapState) + Send),
    ) -> Result<Ended, ApiError> {
        let operation = self.operation(RequestVerb::Watch);
        let query = format!(
            "&watch=true&allowWatchBookmarks=true&timeoutSeconds={WATCH_SECONDS}&resourceVersion={version}"
        );
        let request = self.request(&operation, &query)?;
        let silent = || operation.failed(ErrorKind::Unreachable, "the API server fell silent");
        let opened = tokio::time::timeout(ANSWER_TIMEOUT, self.client.open(&operation, &request));
        let answer = opened.await.map_err(|_| silent())??;
        let status = answer.status();
        let mut events = Events::from_body(answer.into_body());
        if status == StatusCode::GONE {
            return Ok(Ended::Forgotten);
        }
        if !status.is_success() {
            let refusal = events.next(&operation).await?.unwrap_or_default();
            return Err(refused(&operation, status, &refusal));
        }
        let mut reached = version.to_owned();
        loop {
            let line = tokio::time::timeout(SILENCE, events.next(&operation)).await;
            let Some(line) = line.map_err(|_| silent())?? else {
                return Ok(Ended::At(reached));
            };
            match Event::parse(&operation, &line)? {
                Event::Changed { version, state } => {
                    reached = version;
                    on_change(state);
                }
                Event::Bookmark { version } => reached = version,
                Event::Forgotten => return Ok(Ended::Forgotten),
            }
        }
    }

    fn operation(&self, verb: RequestVerb) -> Operation {
        Operation {
            verb,
            object: format!("configmaps {}/{}", self.namespace, self.name),
        }
    }

    fn request(&self, operation: &Operation, query: &str) -> Result<Request<Vec<u8>>, ApiError> {
        let path = format!(
            "/api/v1/namespaces/{}/configmaps?fieldSelector=metadata.name%3D{}{query}",
            self.namespace, self.name
        );
        Request::builder()
            .method(Method::GET)
            .uri(path)
            .header(header::ACCEPT, "application/json")
            .body(Vec::new())
            .map_err(|error| operation.failed(ErrorKind::Invalid, error.to_string()))
    }
}

/// How a watch ended without a failure.
enum Ended {
    /// After this version.
    At(String),
    /// The version is too old for the API server.
    Forgotten,
}

/// One line of a watch.
#[derive(Debug, PartialEq)]
enum Event {
    Changed {
        version: String,
        state: ConfigMapState,
    },
    Bookmark {
        version: String,
    },
    Forgotten,
}

/// The line before its object's kind is known: an error carries a Status.
#[derive(Deserialize)]
struct Line {
    r#type: String,
    object: serde_json::Value,
}

impl Event {
    fn parse(operation: &Operation, line: &[u8]) -> Result<Self, ApiError> {
        let line: Line =
            serde_json::from_slice(line).map_err(|error| unreadable(operation, &error))?;
        if line.r#type == "ERROR" {
            let code = line.object.get("code").and_then(serde_json::Value::as_u64);
            let status = code
                .and_then(|code| u16::try_from(code).ok())
                .and_then(|code| StatusCode::from_u16(code).ok());
            return match status {
                Some(StatusCode::GONE) => Ok(Self::Forgotten),
                status => Err(refused(
                    operation,
                    status.unwrap_or(StatusCode::INTERNAL_SERVER_ERROR),
                    line.object.to_string().as_bytes(),
                )),
            };
        }
        let found: ConfigMap =
            serde_json::from_value(line.object).map_err(|error| unreadable(operation, &error))?;
        let version = found.metadata.resource_version.unwrap_or_default();
        let state = match line.r#type.as_str() {
            "BOOKMARK" => return Ok(Self::Bookmark { version }),
            "DELETED" => ConfigMapState::Absent,
            _ => ConfigMapState::Data(found.data.unwrap_or_default()),
        };
        Ok(Self::Changed { version, state })
    }
}

/// The lines of an answer as they come.
struct Events {
    body: Body,
    buffer: Vec<u8>,
}

impl Events {
    fn from_body(body: Body) -> Self {
        Self {
            body,
            buffer: Vec::new(),
        }
    }

    /// The next line; what comes behind the last newline counts as one. None at the end.
    async fn next(&mut self, operation: &Operation) -> Result<Option<Vec<u8>>, ApiError> {
        let mut searched = 0;
        loop {
            let rest = self.buffer.get(searched..).unwrap_or_default();
            if let Some(end) = rest.iter().position(|byte| *byte == b'\n') {
                let rest = self.buffer.split_off(searched + end + 1);
                let mut line = std::mem::replace(&mut self.buffer, rest);
                line.pop();
                return Ok(Some(line));
            }
            searched = self.buffer.len();
            if searched > MAX_EVENT_BYTES {
                let message = format!("an event is larger than {MAX_EVENT_BYTES} bytes");
                return Err(operation.failed(ErrorKind::Service, message));
            }
            match self.body.frame().await {
                Some(Ok(frame)) => {
                    if let Some(data) = frame.data_ref() {
                        self.buffer.extend_from_slice(data);
                    }
                }
                Some(Err(error)) => {
                    let message = "the connection broke";
                    return Err(ApiError {
                        causes: causes(&error, message),
                        ..operation.failed(ErrorKind::Unreachable, message)
                    });
                }
                None if self.buffer.is_empty() => return Ok(None),
                None => return Ok(Some(std::mem::take(&mut self.buffer))),
            }
        }
    }
}

fn unreadable(operation: &Operation, error: &serde_json::Error) -> ApiError {
    let message = format!("the answer cannot be read: {error}");
    operation.failed(ErrorKind::Service, message)
}

#[cfg(test)]
mod tests;
