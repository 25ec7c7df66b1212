//! `x-cos-request-id` and `x-cos-trace-id`: different for every request, the same in every run.
//!
//! Follows: COS reference, section 2.1.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;

use backlot_base::journal::Lane;
use backlot_base::seed::Seed;

/// Counts the requests of each lane, because how lanes interleave differs from run to run.
#[derive(Debug, Default)]
pub(crate) struct Identities {
    // A plain mutex: counting is short and never awaits.
    counts: Mutex<HashMap<Lane, u64>>,
}

/// The number of a request in its lane, from which its ids are drawn.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Identity {
    seed: Seed,
    lane: Lane,
    number: u64,
}

impl Identities {
    pub(crate) fn next(&self, seed: Seed, lane: Lane) -> Identity {
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        let number = counts.entry(lane).or_default();
        *number += 1;
        Identity {
            seed,
            lane,
            number: *number,
        }
    }
}

impl Identity {
    /// Base64 of seconds, address, process and counter, all hexadecimal.
    pub(crate) fn request_id(self, now: Timestamp) -> String {
        let drawn = self.draw("cos-request", 20);
        let text = format!(
            "{:x}_{}_{}_{}",
            now.as_second(),
            &drawn[..8],
            &drawn[8..13],
            &drawn[13..]
        );
        STANDARD.encode(text)
    }

    /// Base64 of 128 hexadecimal digits.
    pub(crate) fn trace_id(self) -> String {
        STANDARD.encode(self.draw("cos-trace-1", 64) + &self.draw("cos-trace-2", 64))
    }

    fn draw(self, purpose: &str, digits: usize) -> String {
        let (lane, number) = (self.lane.to_string(), self.number.to_string());
        self.seed.draw(&[purpose, &lane, &number]).hex(digits)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_depend_on_lane_and_count_only() {
        let now = Timestamp::from_second(0x6552_3780).unwrap();
        let ids = |interleaved: bool| {
            let identities = Identities::default();
            let next = |lane| identities.next(Seed(7), lane).request_id(now);
            if interleaved {
                next(Lane::Task(1));
            }
            [next(Lane::Stage), next(Lane::Stage)]
        };
        assert_eq!(ids(false), ids(true));
        let [first, second] = ids(false);
        assert_ne!(first, second);
        let text = String::from_utf8(STANDARD.decode(first).unwrap()).unwrap();
        let parts: Vec<_> = text.split('_').map(str::len).collect();
        assert_eq!(parts, [8, 8, 5, 7]);
        let trace = Identities::default().next(Seed(7), Lane::Stage).trace_id();
        assert_eq!(STANDARD.decode(trace).unwrap().len(), 128);
    }
}
