//! Answers, counted by route and status. Knows no route by name.

use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;

/// Names and values by which a figure is told apart.
pub(super) type Labels = Vec<(&'static str, String)>;

/// What is counted while requests are answered.
#[derive(Debug, Default)]
pub(super) struct Counters {
    /// Answers.
    pub(super) requests: Family<Labels, Counter>,
}

impl Counters {
    /// Counts an answer. The route is that of the table, so that callers cannot make new series.
    pub(super) fn request(&self, method: &str, route: &str, status: u16) {
        let route = if route.is_empty() { "none" } else { route };
        let known = ["GET", "HEAD", "POST", "PUT", "DELETE"].contains(&method);
        let method = if known { method } else { "other" };
        let labels = vec![
            ("method", method.to_owned()),
            ("route", route.to_owned()),
            ("status", status.to_string()),
        ];
        self.requests.get_or_create(&labels).inc();
    }
}
