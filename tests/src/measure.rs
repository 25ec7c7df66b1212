//! What benchmarks have in common: medians of several rounds, because machines are shared and noisy.

use std::io::Write as _;
use std::path::Path;
use std::time::Duration;

/// How many rounds a figure is the median of.
pub const ROUNDS: usize = 5;

/// The median of some figures.
///
/// # Panics
///
/// If there are none.
pub fn median(mut figures: Vec<f64>) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures[figures.len() / 2]
}

/// The value below which `share` of all lie, for example 0.99.
///
/// # Panics
///
/// If there are none.
pub fn percentile(latencies: &mut [Duration], share: f64) -> Duration {
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
pub fn per_second(count: usize, took: Duration) -> f64 {
    count as f64 / took.as_secs_f64()
}

/// Creates a file of these bytes and waits until the disk has it.
///
/// # Panics
///
/// If the disk refuses.
pub fn flush_file(path: &Path, body: &[u8]) {
    let mut file = std::fs::File::create(path).expect("a file");
    file.write_all(body).expect("room on the disk");
    file.sync_all().expect("a disk that flushes");
}

/// Prints a line. That no one reads it is no reason to fail.
pub fn say(line: &str) {
    drop(writeln!(std::io::stdout(), "{line}"));
}
