//! The texts of the platform: the report, and the tail of a log that a synchronous caller gets.
//!
//! Follows: SCF reference, section 13.1.

use std::fmt::Write as _;

/// Bytes of the tail that a synchronous caller gets at most.
const TAIL_LIMIT: usize = 4096;

/// `Log` of a synchronous call with `Tail`: the last 4096 bytes of its text.
pub(crate) fn tail(request_id: &str, lines: &[String], usage: &Usage) -> String {
    let mut text = format!("START RequestId: {request_id}\nEvent RequestId: {request_id}\n");
    for line in lines {
        text.push_str(line);
        text.push('\n');
    }
    let report = usage.report(request_id, " ");
    // Writing into a string cannot fail.
    let _ = write!(text, "END RequestId: {request_id}\n{report}");
    let start = text.len().saturating_sub(TAIL_LIMIT);
    // A character that would be cut in two is left out.
    let start = (start..text.len()).find(|start| text.is_char_boundary(*start));
    text.split_off(start.unwrap_or(0))
}

/// What an attempt has used.
pub(crate) struct Usage {
    pub(crate) duration_ms: u64,
    /// What its function may use.
    pub(crate) memory_mb: u32,
    /// The most that its instance has had so far; `None` where it is not measured.
    pub(crate) memory_bytes: Option<u64>,
}

impl Usage {
    /// Memory in MB, with six digits after the point at most, as SCF writes it; 0 where it is not measured.
    #[expect(clippy::cast_precision_loss, reason = "some gigabytes at most")]
    pub(super) fn megabytes(&self) -> f64 {
        let bytes = self.memory_bytes.unwrap_or_default() as f64;
        // Cut and not rounded, as in the platform's own samples.
        (bytes / 1_048_576.0 * 1e6).trunc() / 1e6
    }

    pub(super) fn report(&self, request_id: &str, space: &str) -> String {
        let Self {
            duration_ms,
            memory_mb,
            ..
        } = self;
        let used = self.megabytes();
        format!(
            "Report RequestId:{space}{request_id} Duration:{duration_ms}ms Memory:{memory_mb}MB MemUsage:{used}MB"
        )
    }
}
