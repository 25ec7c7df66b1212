//! Lines of MPS.

use anstyle::AnsiColor;

use super::palette::painted;
use backlot_base::journal::{MpsRecord, What};

/// Tasks, by their number.
pub(super) fn line(what: &What, number: u32) -> Option<String> {
    Some(match what {
        What::Mps(MpsRecord::TaskCreated {
            workflow,
            bucket,
            key,
            ..
        }) => {
            let by = match &workflow[..] {
                "" => String::new(),
                workflow => format!(" by workflow `{workflow}`"),
            };
            let place = if bucket.is_empty() { "" } else { "/" };
            format!("task {number} created{by} for {bucket}{place}{key}")
        }
        What::Mps(MpsRecord::TaskResumed { .. }) => {
            format!("task {number} goes on: it had not finished when backlot ended")
        }
        What::Mps(MpsRecord::TaskAborted { .. }) => format!("task {number} aborted"),
        What::Mps(MpsRecord::TaskFinished {
            event_type,
            err_code: 0,
            ..
        }) => format!("task {number} finished: {event_type}"),
        What::Mps(MpsRecord::TaskFinished {
            event_type,
            err_code,
            ..
        }) => {
            let failure = painted(AnsiColor::Red, format_args!("error code {err_code}"));
            format!("task {number} finished: {event_type}, {failure}")
        }
        What::Mps(MpsRecord::TriggerMissing { event_type }) => {
            let text = format!("{event_type} is not delivered, as no trigger is bound to it");
            format!("task {number}: {}", painted(AnsiColor::Yellow, text))
        }
        _ => return None,
    })
}
