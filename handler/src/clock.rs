//! Time, through one door.
//!
//! Two kinds are kept apart: the wall clock, which only signatures need and which tests replace, and how long things
//! take, which is always real. Nothing else in the package asks what time it is.

use std::future::Future;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use tokio::time::Instant;

/// Tells the time; cheap to copy.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    wall: fn() -> u64,
}

/// A point on the monotonic clock after which work must be over.
#[derive(Clone, Copy, Debug)]
pub struct Deadline(Instant);

/// A point on the monotonic clock to measure from.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Mark(Instant);

/// The limit passed before the work was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Elapsed;

impl Clock {
    /// The machine's own clock.
    pub const fn real() -> Self {
        Self { wall: machine_time }
    }

    /// A clock whose wall time, seconds since the epoch UTC, comes from `wall`.
    pub const fn with_wall(wall: fn() -> u64) -> Self {
        Self { wall }
    }

    /// The present, seconds since the epoch UTC.
    pub fn unix_seconds(&self) -> u64 {
        (self.wall)()
    }
}

impl Deadline {
    /// The point that is `limit` away from now.
    #[expect(clippy::disallowed_methods, reason = "this is the door")]
    pub fn after(limit: Duration) -> Self {
        Self(Instant::now() + limit)
    }

    /// What is left until then; zero when it has passed.
    #[expect(clippy::disallowed_methods, reason = "this is the door")]
    pub fn left(&self) -> Duration {
        self.0.saturating_duration_since(Instant::now())
    }
}

impl Mark {
    /// This very moment.
    #[expect(clippy::disallowed_methods, reason = "this is the door")]
    pub(crate) fn now() -> Self {
        Self(Instant::now())
    }

    /// How long ago it was.
    pub(crate) fn age(&self) -> Duration {
        self.0.elapsed()
    }
}

/// Runs `work` for at most `limit` and drops it then.
#[expect(clippy::disallowed_methods, reason = "this is the door")]
pub(crate) async fn within<T>(
    limit: Duration,
    work: impl Future<Output = T>,
) -> Result<T, Elapsed> {
    tokio::time::timeout(limit, work).await.map_err(|_| Elapsed)
}

/// Waits between two tries.
#[expect(clippy::disallowed_methods, reason = "this is the door")]
pub(crate) async fn pause(length: Duration) {
    tokio::time::sleep(length).await;
}

#[expect(clippy::disallowed_methods, reason = "this is the door")]
fn machine_time() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| since.as_secs())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wall_time_comes_from_where_it_was_told_to() {
        assert_eq!(
            Clock::with_wall(|| 1_700_000_000).unix_seconds(),
            1_700_000_000
        );
        assert!(Clock::real().unix_seconds() > 1_700_000_000);
    }

    #[test]
    fn nothing_is_left_of_a_deadline_that_passed() {
        assert_eq!(Deadline::after(Duration::ZERO).left(), Duration::ZERO);
        let left = Deadline::after(Duration::from_mins(1)).left();
        assert!(left > Duration::from_secs(50) && left <= Duration::from_mins(1));
    }

    #[tokio::test]
    async fn work_that_never_ends_is_dropped_at_the_limit() {
        let never = std::future::pending::<()>();
        assert_eq!(within(Duration::from_millis(1), never).await, Err(Elapsed));
        assert_eq!(within(Duration::from_mins(1), async { 7 }).await, Ok(7));
    }
}
