//! When a task begins and finishes.

use jiff::{SignedDuration, Timestamp};

/// The two times that notifications tell. Follows: mps.md section 12, time line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timeline {
    /// `BeginProcessTime`: one second after the task was created.
    pub begins: Timestamp,
    /// `FinishTime`: after a tenth of the media's duration, at least a second.
    pub finishes: Timestamp,
}

impl Timeline {
    /// The times of a task created at `created` about `millis` of media.
    pub fn new(created: Timestamp, millis: u64) -> Self {
        let work = i64::try_from(millis / 10_000).unwrap_or(i64::MAX).max(1);
        let begins = later(created, 1);
        Self {
            begins,
            finishes: later(begins, work),
        }
    }

    /// The times of a task that begins at another time and takes as long.
    #[must_use]
    pub fn moved_to(self, begins: Timestamp) -> Self {
        let work = self.finishes.duration_since(self.begins);
        Self {
            begins,
            finishes: begins.saturating_add(work).unwrap_or(Timestamp::MAX),
        }
    }
}

fn later(time: Timestamp, seconds: i64) -> Timestamp {
    time.saturating_add(SignedDuration::from_secs(seconds))
        .unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn work_takes_a_tenth_of_the_duration() {
        let created: Timestamp = "2024-01-01T00:00:00Z".parse().unwrap();
        let spans = |millis| {
            let times = Timeline::new(created, millis);
            let begins = times.begins.as_second() - created.as_second();
            (
                begins,
                times.finishes.as_second() - times.begins.as_second(),
            )
        };
        assert_eq!(spans(62_805), (1, 6));
        assert_eq!(spans(0), (1, 1));
    }
}
