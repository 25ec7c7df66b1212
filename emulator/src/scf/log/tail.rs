//! The texts of the platform: the report, and the tail of a log that a synchronous caller gets.
//!
//! Follows: SCF reference, section 13.1.

use std::fmt::Write as _;
use std::time::Duration;

/// Bytes of the tail that a synchronous caller gets at most.
const TAIL_LIMIT: usize = 4096;

/// `Log` of a synchronous call with `Tail`: the last 4096 bytes of its text.
pub(crate) fn tail(
    request_id: &str,
    lines: &[String],
    duration: Duration,
    memory_mb: u32,
) -> String {
    let mut text = format!("START RequestId: {request_id}\nEvent RequestId: {request_id}\n");
    for line in lines {
        text.push_str(line);
        text.push('\n');
    }
    let milliseconds = u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
    let report = report(request_id, " ", milliseconds, memory_mb);
    // Writing into a string cannot fail.
    let _ = write!(text, "END RequestId: {request_id}\n{report}");
    let start = text.len().saturating_sub(TAIL_LIMIT);
    // A character that would be cut in two is left out.
    let start = (start..text.len()).find(|start| text.is_char_boundary(*start));
    text.split_off(start.unwrap_or(0))
}

pub(super) fn report(request_id: &str, space: &str, duration_ms: u64, memory_mb: u32) -> String {
    format!(
        "Report RequestId:{space}{request_id} Duration:{duration_ms}ms Memory:{memory_mb}MB MemUsage:0MB"
    )
}
