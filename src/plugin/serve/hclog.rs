//! Log lines as Terraform reads them from stderr: one JSON object a line.
//!
//! `@message` must be a string (another type would end the host) and `@timestamp` has exactly six digits behind the second. Only named crates
//! are logged: the others may log requests with secrets in them. Source: go-plugin's log entry.

use std::fmt;
use std::io::Write as _;

use jiff::Timestamp;
use serde_json::{Map, Value as Json};
use tracing::field::{Field, Visit};
use tracing::level_filters::LevelFilter;
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::{Context, Layer, SubscriberExt as _};
use tracing_subscriber::util::SubscriberInitExt as _;

use crate::serve::handshake::environment;

/// Logs to stderr at the level Terraform's environment names, and panics as log lines. Nothing if no level is named.
pub(super) fn install(targets: &[String]) {
    let level = level(|name| environment(name)?.into_string().ok());
    let targets = targets
        .iter()
        .map(String::as_str)
        .chain([env!("CARGO_CRATE_NAME")])
        .map(|target| (target.to_owned(), level));
    let filter: Targets = targets.collect();
    // Where the process has a subscriber already, it stays.
    let _ = tracing_subscriber::registry()
        .with(HclogLayer.with_filter(filter))
        .try_init();
    std::panic::set_hook(Box::new(|panic| tracing::error!("{panic}")));
}

fn level(environment: impl Fn(&str) -> Option<String>) -> LevelFilter {
    let named = environment("TF_LOG_PROVIDER").or_else(|| environment("TF_LOG"));
    match named.map(|name| name.to_ascii_uppercase()).as_deref() {
        Some("TRACE" | "JSON") => LevelFilter::TRACE,
        Some("DEBUG") => LevelFilter::DEBUG,
        Some("INFO") => LevelFilter::INFO,
        Some("WARN") => LevelFilter::WARN,
        Some("ERROR") => LevelFilter::ERROR,
        _ => LevelFilter::OFF,
    }
}

struct HclogLayer;

impl<S: Subscriber> Layer<S> for HclogLayer {
    fn on_event(&self, event: &Event<'_>, _context: Context<'_, S>) {
        let mut line = line(event, Timestamp::now());
        line.push('\n');
        // There is nowhere to say that nothing can be said.
        let _ = std::io::stderr().lock().write_all(line.as_bytes());
    }
}

fn line(event: &Event<'_>, now: Timestamp) -> String {
    let metadata = event.metadata();
    let mut fields = Fields::default();
    event.record(&mut fields);
    let level = match *metadata.level() {
        Level::TRACE => "trace",
        Level::DEBUG => "debug",
        Level::INFO => "info",
        Level::WARN => "warn",
        Level::ERROR => "error",
    };
    let mut object = fields.others;
    object.insert("@level".to_owned(), level.into());
    object.insert("@message".to_owned(), fields.message.into());
    object.insert("@module".to_owned(), metadata.target().into());
    object.insert("@timestamp".to_owned(), timestamp(now).into());
    Json::Object(object).to_string()
}

fn timestamp(now: Timestamp) -> String {
    now.strftime("%Y-%m-%dT%H:%M:%S%.6fZ").to_string()
}

#[derive(Default)]
struct Fields {
    message: String,
    others: Map<String, Json>,
}

impl Fields {
    fn record(&mut self, field: &Field, value: Json) {
        if field.name() == "message" {
            self.message = value
                .as_str()
                .map_or_else(|| value.to_string(), str::to_owned);
        } else {
            self.others.insert(field.name().to_owned(), value);
        }
    }
}

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.record(field, format!("{value:?}").into());
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.record(field, value.into());
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.record(field, value.into());
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.record(field, value.into());
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.record(field, value.into());
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use super::*;

    #[derive(Clone, Default)]
    struct Collected(Arc<Mutex<Vec<String>>>);

    impl<S: Subscriber> Layer<S> for Collected {
        fn on_event(&self, event: &Event<'_>, _context: Context<'_, S>) {
            let now = Timestamp::new(1_700_000_000, 1_000).unwrap();
            self.0.lock().unwrap().push(line(event, now));
        }
    }

    #[test]
    fn a_line_is_what_the_host_parses() {
        let collected = Collected::default();
        let subscriber = tracing_subscriber::registry().with(collected.clone());
        tracing::subscriber::with_default(subscriber, || {
            tracing::warn!(target: "notebook", name = "first", count = 2, "two {}", "words");
        });
        let lines = collected.0.lock().unwrap();
        assert_eq!(
            serde_json::from_str::<Json>(&lines[0]).unwrap(),
            serde_json::json!({
                "@level": "warn",
                "@message": "two words",
                "@module": "notebook",
                "@timestamp": "2023-11-14T22:13:20.000001Z",
                "name": "first",
                "count": 2,
            })
        );
    }

    #[test]
    fn the_providers_own_level_goes_before_the_general_one() {
        let level_from = |pairs: &'static [(&str, &str)]| {
            level(|name| {
                let pair = pairs.iter().find(|(key, _)| *key == name)?;
                Some(pair.1.to_owned())
            })
        };
        assert_eq!(level_from(&[]), LevelFilter::OFF);
        assert_eq!(level_from(&[("TF_LOG", "json")]), LevelFilter::TRACE);
        assert_eq!(
            level_from(&[("TF_LOG", "trace"), ("TF_LOG_PROVIDER", "warn")]),
            LevelFilter::WARN
        );
    }
}
