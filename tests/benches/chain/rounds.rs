//! Medians of several rounds, because machines are shared and noisy.

use std::time::Duration;

/// How many rounds a figure is the median of.
pub(crate) const ROUNDS: usize = 5;

/// What one configuration does.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Figures {
    /// Events per second with all of them queued.
    pub(crate) rate: f64,
    /// From delivery to the archived object, one event at a time.
    pub(crate) p50: Duration,
    /// The same, for the slowest of a hundred.
    pub(crate) p99: Duration,
}

/// The median of some figures.
pub(crate) fn median(mut figures: Vec<f64>) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures[figures.len() / 2]
}

/// The value below which `share` of all lie, for example 0.99.
pub(crate) fn percentile(latencies: &mut [Duration], share: f64) -> Duration {
    latencies.sort_unstable();
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a position in a list of some thousand"
    )]
    let position = ((latencies.len() - 1) as f64 * share).round() as usize;
    latencies[position]
}

/// How many a second.
#[expect(clippy::cast_precision_loss, reason = "some thousand")]
pub(crate) fn per_second(count: usize, took: Duration) -> f64 {
    count as f64 / took.as_secs_f64()
}
