//! Requests and answers of the server's four paths, with bounds: what is too large, too slow or too much is refused and costs nobody else.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use eksauth_core::authenticator::webhook::{self, AUTHENTICATE_PATH, Endpoint, healthy, not_found};
use eksauth_provider::ports::Clock;
use http::{HeaderValue, Method, StatusCode, header};
use http_body_util::{BodyExt, Full};
use hyper::body::{Body, Bytes, Incoming};
use hyper::{Request, Response};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::access_log::{Access, AccessLog, milliseconds, timestamp};
use super::authenticate::{Authenticator, ReviewAnswer};
use super::connections::Limits;
use super::metrics::{GaugeGuard, Metrics, ReviewResult};
use super::readiness::Readiness;

/// The largest body that is read.
pub(super) const MAX_BODY_BYTES: usize = 1024 * 1024;

/// A body of a real review is smaller; a larger one needs one of [`LARGE_BODIES`] places.
const SMALL_BODY_BYTES: usize = 16 * 1024;

/// Large bodies at once.
const LARGE_BODIES: usize = 32;

/// Requests at once.
const MAX_IN_FLIGHT: usize = 4096;

const TEXT: &str = "text/plain; charset=utf-8";

/// What answers requests; connections share it.
pub(super) struct Service {
    authenticator: Authenticator,
    metrics: Arc<Metrics>,
    readiness: Arc<Readiness>,
    log: AccessLog,
    clock: Arc<dyn Clock>,
    places: Semaphore,
    large_bodies: Arc<Semaphore>,
    body_limit: Duration,
}

impl Service {
    pub(super) fn new(
        authenticator: Authenticator,
        readiness: Arc<Readiness>,
        log: AccessLog,
        limits: Limits,
    ) -> Self {
        Self {
            metrics: Arc::clone(&authenticator.metrics),
            clock: Arc::clone(&authenticator.clock),
            authenticator,
            readiness,
            log,
            places: Semaphore::new(MAX_IN_FLIGHT),
            large_bodies: Arc::new(Semaphore::new(LARGE_BODIES)),
            body_limit: limits.body,
        }
    }

    /// Writes a line about the server itself.
    pub(super) fn log_event(&self, text: &str) {
        self.log.event(self.clock.now(), text);
    }

    /// Answers one request.
    pub(super) async fn respond(
        &self,
        client: SocketAddr,
        request: Request<Incoming>,
    ) -> Response<Full<Bytes>> {
        match Endpoint::from_path(request.uri().path()) {
            Some(Endpoint::Authenticate) => self.authenticate(client, request).await,
            Some(Endpoint::Health) => from_core(healthy()),
            Some(Endpoint::Readiness) => match self.readiness.describe() {
                Ok(text) => plain(StatusCode::OK, text),
                Err(text) => plain(StatusCode::SERVICE_UNAVAILABLE, text),
            },
            Some(Endpoint::Metrics) => {
                let entries = self.authenticator.mapper.entries();
                self.metrics.mappings.set(entries as u64);
                let is_followed = u64::from(self.readiness.is_followed());
                self.metrics.configmap_followed.set(is_followed);
                plain(StatusCode::OK, self.metrics.page())
            }
            None => from_core(not_found()),
        }
    }

    async fn authenticate(
        &self,
        client: SocketAddr,
        request: Request<Incoming>,
    ) -> Response<Full<Bytes>> {
        let begun = Instant::now();
        let time = timestamp(self.clock.now());
        let _in_flight = GaugeGuard::raise(&self.metrics.in_flight);
        let (head, body) = request.into_parts();
        let method = head.method.as_str();
        let outcome = match self.places.try_acquire() {
            Ok(_place) => match self.read(body).await {
                Ok(body) => Ok(self.authenticator.answer(method, &body).await),
                Err(bad) => Err(bad),
            },
            Err(_) => Err(BadBody::NoRoom),
        };
        let mut access = Access {
            time,
            client: client.to_string(),
            method: loggable(&head.method),
            path: AUTHENTICATE_PATH,
            ..Access::default()
        };
        let response = match outcome {
            Ok(answer) => recorded(answer, &mut access),
            Err(bad) => {
                self.metrics.ended(ReviewResult::Refused);
                access.result = Some(ReviewResult::Refused.label());
                access.reason = Some(bad.reason().to_owned());
                plain(bad.status(), bad.text())
            }
        };
        access.status = response.status().as_u16();
        access.milliseconds = milliseconds(begun.elapsed());
        self.log.access(&access);
        response
    }

    async fn read(&self, body: Incoming) -> Result<Vec<u8>, BadBody> {
        if body.size_hint().lower() > MAX_BODY_BYTES as u64 {
            return Err(BadBody::TooLarge);
        }
        let read = tokio::time::timeout(self.body_limit, self.read_slowly(body));
        read.await.unwrap_or(Err(BadBody::TooSlow))
    }

    async fn read_slowly(&self, mut body: Incoming) -> Result<Vec<u8>, BadBody> {
        let mut bytes = Vec::new();
        let mut large: Option<OwnedSemaphorePermit> = None;
        while let Some(frame) = body.frame().await {
            let frame = frame.map_err(|_| BadBody::Broken)?;
            let Some(data) = frame.data_ref() else {
                continue;
            };
            let size = bytes.len() + data.len();
            if size > MAX_BODY_BYTES {
                return Err(BadBody::TooLarge);
            }
            if size > SMALL_BODY_BYTES && large.is_none() {
                let places = Arc::clone(&self.large_bodies);
                large = Some(places.try_acquire_owned().map_err(|_| BadBody::NoRoom)?);
            }
            bytes.extend_from_slice(data);
        }
        Ok(bytes)
    }
}

/// A method that everybody knows by its name: any other is whatever the client chose to send.
fn loggable(method: &Method) -> &str {
    match *method {
        Method::GET | Method::HEAD | Method::POST | Method::PUT | Method::PATCH => method.as_str(),
        Method::DELETE | Method::OPTIONS | Method::TRACE | Method::CONNECT => method.as_str(),
        _ => "other",
    }
}

/// Why a body is not judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum BadBody {
    TooLarge,
    TooSlow,
    Broken,
    NoRoom,
}

impl BadBody {
    fn status(self) -> StatusCode {
        match self {
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::TooSlow => StatusCode::REQUEST_TIMEOUT,
            Self::Broken => StatusCode::BAD_REQUEST,
            Self::NoRoom => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    fn reason(self) -> &'static str {
        match self {
            Self::TooLarge => "body.too_large",
            Self::TooSlow => "body.too_slow",
            Self::Broken => "body.broken",
            Self::NoRoom => "server.no_room",
        }
    }

    fn text(self) -> &'static str {
        match self {
            Self::TooLarge => "the request is larger than 1 MiB\n",
            Self::TooSlow => "the request did not come to its end in time\n",
            Self::Broken => "the request broke off\n",
            Self::NoRoom => "too many requests at once\n",
        }
    }
}

fn recorded(answer: ReviewAnswer, access: &mut Access<'_>) -> Response<Full<Bytes>> {
    access.result = Some(answer.result.label());
    access.reason = answer.reason;
    access.detail = answer.detail;
    access.arn = answer.arn;
    access.username = answer.username;
    from_core(answer.response)
}

fn from_core(response: webhook::Response) -> Response<Full<Bytes>> {
    let status = StatusCode::from_u16(response.status).unwrap_or(StatusCode::FORBIDDEN);
    with_type(status, response.content_type, response.body)
}

fn plain(status: StatusCode, text: impl Into<Bytes>) -> Response<Full<Bytes>> {
    with_type(status, TEXT, text)
}

fn with_type(
    status: StatusCode,
    content_type: &'static str,
    body: impl Into<Bytes>,
) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(body.into()));
    *response.status_mut() = status;
    let value = HeaderValue::from_static(content_type);
    response.headers_mut().insert(header::CONTENT_TYPE, value);
    response
}
