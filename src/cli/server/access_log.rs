//! What a server did, as lines of JSON on standard error: who came, what became of it, and never a token, a URL or a key.
//!
//! Lines go through a bounded queue to a thread of their own: whoever reads them slowly loses lines, which are counted, and holds no
//! request up.

use std::io::Write;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::time::{Duration, SystemTime};

use serde::Serialize;
use tokio::sync::oneshot;

use super::metrics::Metrics;

/// Lines that may wait.
const QUEUE: usize = 4096;

/// Bytes that are written at once, unless one line is longer.
const BATCH: usize = 32 * 1024;

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
            let mut text = String::new();
            while let Ok(first) = queue.recv() {
                let mut asked = Vec::new();
                gather(first, &queue, &mut text, &mut asked);
                // A closed standard error leaves nobody to tell, and who asked for a flush may be gone.
                let _ = out.write_all(text.as_bytes());
                text.clear();
                for done in asked {
                    let _ = done.send(());
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

/// What waits, up to [`BATCH`] bytes and a line, so that a busy server writes once for many lines; ends with a flush.
fn gather(
    first: Entry,
    queue: &Receiver<Entry>,
    text: &mut String,
    asked: &mut Vec<oneshot::Sender<()>>,
) {
    for entry in std::iter::once(first).chain(queue.try_iter()) {
        match entry {
            Entry::Line(line) => {
                text.push_str(&line);
                text.push('\n');
            }
            Entry::Flush(done) => {
                asked.push(done);
                return;
            }
        }
        if text.len() > BATCH {
            return;
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_that_wait_are_written_together_in_their_order() {
        let (lines, queue) = sync_channel(QUEUE);
        let send = |entry| assert!(lines.try_send(entry).is_ok());
        let long = "x".repeat(BATCH);
        send(Entry::Line("b".to_owned()));
        send(Entry::Flush(oneshot::channel().0));
        send(Entry::Line(long.clone()));
        send(Entry::Line("c".to_owned()));
        let gathered = |first: &str| {
            let (mut text, mut asked) = (String::new(), Vec::new());
            gather(Entry::Line(first.to_owned()), &queue, &mut text, &mut asked);
            (text, asked.len())
        };
        assert_eq!(gathered("a"), ("a\nb\n".to_owned(), 1));
        assert_eq!(gathered("a"), (format!("a\n{long}\n"), 0));
        assert_eq!(gathered("a"), ("a\nc\n".to_owned(), 0));
    }
}
