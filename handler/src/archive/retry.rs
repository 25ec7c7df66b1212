//! How often storing is tried, and how long between two tries.

use std::time::Duration;

use sha2::{Digest as _, Sha256};

/// The longest pause between two tries.
const LONGEST_PAUSE: Duration = Duration::from_secs(2);

/// How persistent an archive is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retry {
    /// Tries altogether, at least one.
    pub tries: u32,
    /// The bound of the first pause; it doubles with each further one, up to two seconds.
    pub base: Duration,
    /// What one try may take at most.
    pub longest_try: Duration,
}

impl Retry {
    /// The pause after try number `tried`, counted from one: anything between nothing and the bound.
    ///
    /// Functions that fail together must not return together, so the whole span is used ("full jitter"). The draw is a
    /// hash of the request id and of the try: different for every invocation, the same when one is replayed.
    pub fn pause(&self, request_id: &str, tried: u32) -> Duration {
        let doublings = tried.saturating_sub(1).min(16);
        let bound = (self.base * (1 << doublings)).min(LONGEST_PAUSE);
        let draw = Sha256::new()
            .chain_update(request_id)
            .chain_update([0])
            .chain_update(tried.to_be_bytes())
            .finalize();
        let draw = u64::from_be_bytes(draw[..8].try_into().expect("a SHA-256 has eight bytes"));
        let nanos = (bound.as_nanos() * u128::from(draw)) >> 64;
        Duration::from_nanos(u64::try_from(nanos).expect("two seconds of nanoseconds fit"))
    }

    /// What try number `trying` may take when `left` remains: half of it, so that a server which does not answer leaves
    /// room for another try, and everything if there will be no other.
    pub fn limit(&self, trying: u32, left: Duration) -> Duration {
        let share = if trying < self.tries { left / 2 } else { left };
        share.min(self.longest_try)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RETRY: Retry = Retry {
        tries: 4,
        base: Duration::from_millis(100),
        longest_try: Duration::from_secs(5),
    };

    #[test]
    fn pauses_stay_below_a_bound_that_doubles() {
        for request in 0..200 {
            let request = request.to_string();
            for (tried, bound) in [
                (1, 100),
                (2, 200),
                (3, 400),
                (5, 1600),
                (6, 2000),
                (99, 2000),
            ] {
                let pause = RETRY.pause(&request, tried);
                assert!(pause <= Duration::from_millis(bound), "{tried}: {pause:?}");
            }
        }
    }

    #[test]
    fn pauses_use_the_whole_span() {
        let pauses: Vec<_> = (0..200)
            .map(|request: u32| RETRY.pause(&request.to_string(), 1))
            .collect();
        assert!(
            pauses
                .iter()
                .any(|pause| *pause < Duration::from_millis(10))
        );
        assert!(
            pauses
                .iter()
                .any(|pause| *pause > Duration::from_millis(90))
        );
    }

    #[test]
    fn a_replay_waits_equally_long() {
        assert_eq!(RETRY.pause("r", 2), RETRY.pause("r", 2));
        assert_ne!(RETRY.pause("r", 2), RETRY.pause("s", 2));
    }

    #[test]
    fn a_try_leaves_room_for_another() {
        let seconds = Duration::from_secs;
        assert_eq!(RETRY.limit(1, seconds(3)), Duration::from_millis(1500));
        assert_eq!(RETRY.limit(4, seconds(3)), seconds(3));
        assert_eq!(RETRY.limit(1, seconds(900)), seconds(5));
    }
}
