//! The line of a record: each room of the emulator writes its own.

use super::{cos, mps, others, scf};
use backlot_base::journal::{Lane, Record};

/// `scf   archive: invocation 1, attempt 1: 200 in 37 ms`
pub(super) fn line(record: &Record, function: &str) -> Option<String> {
    let number = match record.lane {
        Lane::Task(number) | Lane::Invocation(number) => number,
        Lane::Stage | Lane::Step(_) => 0,
    };
    let what = &record.what;
    if let Some(text) = cos::line(what) {
        return Some(format!("cos   {text}"));
    }
    if let Some(text) = mps::line(what, number) {
        return Some(format!("mps   {text}"));
    }
    if let Some(text) = scf::line(what, function, number) {
        return Some(format!("scf   {text}"));
    }
    others::line(what)
}
