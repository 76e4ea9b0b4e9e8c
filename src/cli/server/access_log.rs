//! What a server did, as lines of JSON on standard error: who came, what became of it, and never a token, a URL or a key.
//!
//! Lines go through a bounded queue to a thread of their own: whoever reads them slowly loses lines, which are counted, and holds no
//! request up.

use std::io::Write;
use std::sync::Arc;
use std::sync::mpsc::{SyncSender, sync_channel};
use std::time::{Duration, SystemTime};

use serde::Serialize;
use tokio::sync::oneshot;

use super::metrics::Metrics;

/// Lines that may wait.
const QUEUE: usize = 4096;

/// For the last lines when a server ends.
const FLUSH_TIMEOUT: Duration = Duration::from_secs(1);

/// Where lines go.
#[derive(Clone)]
pub(super) struct AccessLog {
    lines: SyncSender<Entry>,
    metrics: Arc<Metrics>,
}

/// What the thread is given.
enum Entry {
    Line(String),
    /// To be answered when everything before it is written.
    Flush(oneshot::Sender<()>),
}

/// One request. Fields without a value are left out.
#[derive(Debug, Default, Serialize)]
pub(super) struct Access<'a> {
    /// RFC 3339.
    pub(super) time: String,
    /// Address and port.
    pub(super) client: String,
    /// The method.
    pub(super) method: &'a str,
    /// The path.
    pub(super) path: &'a str,
    /// The status.
    pub(super) status: u16,
    /// How it ended, as in the metrics.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) result: Option<&'static str>,
    /// The id of the rule that refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) reason: Option<String>,
    /// The refusal in words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) detail: Option<String>,
    /// The caller's ARN, unless its account is scrubbed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) arn: Option<String>,
    /// The user name given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) username: Option<String>,
    /// From the whole request to its answer.
    pub(super) milliseconds: f64,
}

impl AccessLog {
    /// A log that writes to `out`; the thread ends with the last clone.
    pub(super) fn start(mut out: impl Write + Send + 'static, metrics: Arc<Metrics>) -> Self {
        let (lines, queue) = sync_channel::<Entry>(QUEUE);
        std::thread::spawn(move || {
            for entry in queue {
                // A closed standard error leaves nobody to tell, and who asked for a flush may be gone.
                match entry {
                    Entry::Line(line) => drop(writeln!(out, "{line}")),
                    Entry::Flush(done) => drop(done.send(())),
                }
            }
        });
        Self { lines, metrics }
    }

    /// One request.
    pub(super) fn access(&self, access: &Access<'_>) {
        if let Ok(line) = serde_json::to_string(access) {
            self.send(line);
        }
    }

    /// Something of the server itself.
    pub(super) fn event(&self, now: SystemTime, text: &str) {
        let line = serde_json::json!({"time": timestamp(now), "event": text});
        self.send(line.to_string());
    }

    /// Waits a moment until what was said is written.
    pub(super) async fn flush(&self) {
        let (done, written) = oneshot::channel();
        if self.lines.try_send(Entry::Flush(done)).is_ok() {
            // A reader that is this slow loses the last lines.
            let _ = tokio::time::timeout(FLUSH_TIMEOUT, written).await;
        }
    }

    fn send(&self, line: String) {
        if self.lines.try_send(Entry::Line(line)).is_err() {
            self.metrics.log_dropped.up();
        }
    }
}

/// RFC 3339 in milliseconds, UTC.
pub(super) fn timestamp(time: SystemTime) -> String {
    match jiff::Timestamp::try_from(time) {
        Ok(timestamp) => timestamp.strftime("%Y-%m-%dT%H:%M:%S.%3fZ").to_string(),
        Err(_) => String::new(),
    }
}

/// A span in milliseconds, to the microsecond.
pub(super) fn milliseconds(span: Duration) -> f64 {
    (span.as_secs_f64() * 1_000_000.0).round() / 1000.0
}
