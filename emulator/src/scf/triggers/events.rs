//! The events of triggers that are SCF's own.
//!
//! Follows: SCF reference, section 14.3.

use bytes::Bytes;
use jiff::Timestamp;

use backlot_base::json::{Object, Value};

/// Who sends the events of timers, in SCF's words. Follows: SCF reference, section 11.
pub const TIMER: &str = "TRIGGER_TIMER";

/// The event of a timer that fires at `at`, with the trigger's `CustomArgument`.
///
/// Choice: `Time` is when the timer fired, as in the published message of a dead-letter queue.
pub(super) fn timer(name: &str, at: Timestamp, argument: &str) -> Bytes {
    let event = Object::new()
        .with("Type", "Timer")
        .with("TriggerName", name)
        .with("Time", at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string())
        .with("Message", argument);
    Value::from(event).to_string().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_timer_says_its_name_and_when_it_fired() {
        let event = timer(
            "EveryDay",
            "2019-02-21T11:49:00Z".parse().unwrap(),
            "user defined",
        );
        let expected = r#"{"Type":"Timer","TriggerName":"EveryDay","Time":"2019-02-21T11:49:00Z","Message":"user defined"}"#;
        assert_eq!(event, expected);
    }
}
