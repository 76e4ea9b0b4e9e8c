//! What a server counts, in the text format of Prometheus. Labels are a fixed few: nothing that a caller chooses becomes one.

use std::fmt::Write;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// Upper bounds of the buckets, in milliseconds.
const BUCKETS: [u64; 11] = [5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10_000];

/// How a request to `/authenticate` ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ReviewResult {
    /// The caller is mapped.
    Success,
    /// The token was refused before any call.
    InvalidToken,
    /// STS refused or could not be asked.
    StsError,
    /// STS throttles.
    StsThrottling,
    /// The caller has no mapping that can be used.
    UnknownUser,
    /// The request was no TokenReview.
    Malformed,
    /// The body was too large, too slow, or there was no room for it.
    Refused,
}

impl ReviewResult {
    const ALL: [ReviewResult; 7] = [
        ReviewResult::Success,
        ReviewResult::InvalidToken,
        ReviewResult::StsError,
        ReviewResult::StsThrottling,
        ReviewResult::UnknownUser,
        ReviewResult::Malformed,
        ReviewResult::Refused,
    ];

    /// The label.
    pub(super) fn label(self) -> &'static str {
        match self {
            ReviewResult::Success => "success",
            ReviewResult::InvalidToken => "invalid_token",
            ReviewResult::StsError => "sts_error",
            ReviewResult::StsThrottling => "sts_throttling",
            ReviewResult::UnknownUser => "unknown_user",
            ReviewResult::Malformed => "malformed_request",
            ReviewResult::Refused => "refused",
        }
    }
}

/// A number that goes up, or up and down.
#[derive(Debug, Default)]
pub(super) struct Count(AtomicU64);

impl Count {
    /// One more.
    pub(super) fn up(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    /// One less.
    pub(super) fn down(&self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }

    /// Now this.
    pub(super) fn set(&self, value: u64) {
        self.0.store(value, Ordering::Relaxed);
    }

    /// The number.
    pub(super) fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// How long something took, by bucket.
#[derive(Debug, Default)]
pub(super) struct Histogram {
    buckets: [Count; BUCKETS.len()],
    count: Count,
    sum_micros: AtomicU64,
}

impl Histogram {
    /// One observation.
    pub(super) fn observe(&self, took: Duration) {
        let reached = BUCKETS
            .iter()
            .zip(&self.buckets)
            .filter(|(bound, _)| took <= Duration::from_millis(**bound));
        reached.for_each(|(_, bucket)| bucket.up());
        self.count.up();
        let micros = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        self.sum_micros.fetch_add(micros, Ordering::Relaxed);
    }
}

/// Everything that is counted.
#[derive(Debug, Default)]
pub(super) struct Metrics {
    results: [Count; ReviewResult::ALL.len()],
    /// From the request to STS to its answer.
    pub(super) sts: Histogram,
    /// Requests being answered.
    pub(super) in_flight: Count,
    /// Open connections.
    pub(super) connections: Count,
    /// Connections closed because there were too many, or TLS or the first request did not come.
    pub(super) connections_refused: Count,
    /// Connections closed because nothing was asked on them for long.
    pub(super) connections_idle: Count,
    /// Connections closed for a new one, because there were too many and nothing was asked on them for longest.
    pub(super) connections_evicted: Count,
    /// Connections that could not be accepted for want of file descriptors or memory.
    pub(super) accept_failures: Count,
    /// Lines of the access log that nobody took in time.
    pub(super) log_dropped: Count,
    /// Mappings in force.
    pub(super) mappings: Count,
    /// Changes of mappings that were loaded.
    pub(super) reloads: Count,
    /// Changes of mappings or certificates that could not be read.
    pub(super) reload_failures: Count,
    /// 1 while changes of a cluster's aws-auth are told.
    pub(super) configmap_followed: Count,
    /// Watches of aws-auth that broke or could not begin.
    pub(super) watch_failures: Count,
}

impl Metrics {
    /// One request that ended.
    pub(super) fn ended(&self, result: ReviewResult) {
        let place = ReviewResult::ALL.iter().position(|one| *one == result);
        if let Some(count) = place.and_then(|place| self.results.get(place)) {
            count.up();
        }
    }

    /// The page.
    pub(super) fn page(&self) -> String {
        let mut page = String::with_capacity(4096);
        head(
            &mut page,
            "eksauth_requests_total",
            "counter",
            "Token reviews by result.",
        );
        for (result, count) in ReviewResult::ALL.iter().zip(&self.results) {
            let _ = writeln!(
                page,
                "eksauth_requests_total{{result=\"{}\"}} {}",
                result.label(),
                count.get()
            );
        }
        self.sts_lines(&mut page);
        let singles = [
            (
                "eksauth_requests_in_flight",
                "gauge",
                "Requests being answered.",
                &self.in_flight,
            ),
            (
                "eksauth_connections",
                "gauge",
                "Open connections.",
                &self.connections,
            ),
            (
                "eksauth_connections_refused_total",
                "counter",
                "Connections closed before a request.",
                &self.connections_refused,
            ),
            (
                "eksauth_connections_idle_closed_total",
                "counter",
                "Connections closed because nothing was asked on them for long.",
                &self.connections_idle,
            ),
            (
                "eksauth_connections_evicted_total",
                "counter",
                "Idle connections closed to make place for new ones.",
                &self.connections_evicted,
            ),
            (
                "eksauth_accept_failures_total",
                "counter",
                "Failures to accept a connection that lie with this machine.",
                &self.accept_failures,
            ),
            (
                "eksauth_log_lines_dropped_total",
                "counter",
                "Lines of the access log that nobody took in time.",
                &self.log_dropped,
            ),
            (
                "eksauth_mappings",
                "gauge",
                "Mappings in force.",
                &self.mappings,
            ),
            (
                "eksauth_reloads_total",
                "counter",
                "Changes of mappings that were loaded.",
                &self.reloads,
            ),
            (
                "eksauth_reload_failures_total",
                "counter",
                "Changes that could not be read.",
                &self.reload_failures,
            ),
            (
                "eksauth_configmap_followed",
                "gauge",
                "1 while the aws-auth of a cluster is followed.",
                &self.configmap_followed,
            ),
            (
                "eksauth_configmap_watch_failures_total",
                "counter",
                "Watches of aws-auth that broke or could not begin.",
                &self.watch_failures,
            ),
        ];
        for (name, kind, help, count) in singles {
            head(&mut page, name, kind, help);
            let _ = writeln!(page, "{name} {}", count.get());
        }
        page
    }

    fn sts_lines(&self, page: &mut String) {
        const NAME: &str = "eksauth_sts_latency_seconds";
        head(
            page,
            NAME,
            "histogram",
            "From the request to STS to its answer.",
        );
        for (bound, bucket) in BUCKETS.iter().zip(&self.sts.buckets) {
            let le = Duration::from_millis(*bound).as_secs_f64();
            let _ = writeln!(page, "{NAME}_bucket{{le=\"{le}\"}} {}", bucket.get());
        }
        let count = self.sts.count.get();
        let sum = Duration::from_micros(self.sts.sum_micros.load(Ordering::Relaxed)).as_secs_f64();
        let _ = writeln!(
            page,
            "{NAME}_bucket{{le=\"+Inf\"}} {count}\n{NAME}_sum {sum}\n{NAME}_count {count}"
        );
    }
}

fn head(page: &mut String, name: &str, kind: &str, help: &str) {
    let _ = writeln!(page, "# HELP {name} {help}\n# TYPE {name} {kind}");
}

/// Counts one up for as long as it lives.
pub(super) struct GaugeGuard<'c>(&'c Count);

impl<'c> GaugeGuard<'c> {
    pub(super) fn raise(count: &'c Count) -> Self {
        count.up();
        Self(count)
    }
}

impl Drop for GaugeGuard<'_> {
    fn drop(&mut self) {
        self.0.down();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_has_every_result_and_cumulative_buckets() {
        let metrics = Metrics::default();
        metrics.ended(ReviewResult::Success);
        metrics.sts.observe(Duration::from_millis(20));
        metrics.sts.observe(Duration::from_secs(60));
        let in_flight = GaugeGuard::raise(&metrics.in_flight);
        let page = metrics.page();
        for line in [
            "eksauth_requests_total{result=\"success\"} 1",
            "eksauth_requests_total{result=\"sts_throttling\"} 0",
            "eksauth_sts_latency_seconds_bucket{le=\"0.01\"} 0",
            "eksauth_sts_latency_seconds_bucket{le=\"0.025\"} 1",
            "eksauth_sts_latency_seconds_bucket{le=\"10\"} 1",
            "eksauth_sts_latency_seconds_bucket{le=\"+Inf\"} 2",
            "eksauth_sts_latency_seconds_sum 60.02",
            "eksauth_sts_latency_seconds_count 2",
            "eksauth_requests_in_flight 1",
        ] {
            assert!(page.lines().any(|one| one == line), "{line}\n{page}");
        }
        drop(in_flight);
        assert_eq!(metrics.in_flight.get(), 0);
    }
}
