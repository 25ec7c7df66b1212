//! How long an instance may have no event.

use std::fmt;
use std::pin::Pin;
use std::time::Duration;

use jiff::Timestamp;

use super::queue::later;
use backlot_base::clock::{Clock, Hold};
use backlot_base::journal::Lane;

/// The time for which the instance of one slot may be idle.
///
/// On the real clock a wait goes on while the instance has an event, and begins anew only if it ends too early: to set a timer
/// for each event takes longer than a short event. On the virtual clock, whose rests a wait takes part in, each wait is for the
/// very time.
#[derive(Debug, Default)]
pub(super) struct IdleLife {
    idle: Option<Idle>,
    wait: Option<Wait>,
}

/// Since the last event.
#[derive(Debug)]
struct Idle {
    clock: Clock,
    /// The lane of the last event. The end of the instance is recorded there, as those of several instances may come at the same
    /// time, and their order would depend on the machine.
    lane: Lane,
    /// When the instance is reclaimed.
    due: Timestamp,
}

struct Wait {
    until: Timestamp,
    end: Pin<Box<dyn Future<Output = Hold> + Send>>,
}

impl IdleLife {
    /// The instance has no event any more, and may have none for `life`. The hold of the event must still live.
    pub(super) fn begin(&mut self, clock: &Clock, lane: Lane, life: Duration) {
        let due = later(clock.now(), life);
        self.idle = Some(Idle {
            clock: clock.clone(),
            lane,
            due,
        });
        let is_early_enough = |wait: &Wait| !clock.is_virtual() && wait.until <= due;
        if !self.wait.as_ref().is_some_and(is_early_enough) {
            self.wait = Some(Wait::new(clock, due));
        }
    }

    /// The instance has an event, or is gone.
    pub(super) fn end(&mut self) {
        let idle = self.idle.take();
        if idle.is_some_and(|idle| idle.clock.is_virtual()) {
            self.wait = None;
        }
    }

    /// Waits until the instance was idle for too long; returns the lane of its last event. Not before it is idle.
    pub(super) async fn is_over(&mut self) -> (Lane, Hold) {
        loop {
            let (Some(idle), Some(wait)) = (&self.idle, &mut self.wait) else {
                return std::future::pending().await;
            };
            let hold = wait.end.as_mut().await;
            if wait.until >= idle.due {
                let lane = idle.lane;
                (self.idle, self.wait) = (None, None);
                return (lane, hold);
            }
            self.wait = Some(Wait::new(&idle.clock, idle.due));
        }
    }
}

impl Wait {
    fn new(clock: &Clock, until: Timestamp) -> Self {
        let end = clock.background_until(until, "the end of an idle instance");
        Self {
            until,
            end: Box::pin(end),
        }
    }
}

impl fmt::Debug for Wait {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "Wait({})", self.until)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn events_in_between_put_the_end_off() {
        let clock = Clock::real();
        let mut life = IdleLife::default();
        let lifetime = Duration::from_millis(30);
        life.begin(&clock, Lane::Invocation(1), lifetime);
        let elapsed = clock.within(lifetime / 3, life.is_over()).await;
        elapsed.unwrap_err();
        life.end();
        // It has an event for longer than it may be idle.
        let elapsed = clock.within(2 * lifetime, life.is_over()).await;
        elapsed.unwrap_err();
        let begun = clock.now();
        life.begin(&clock, Lane::Invocation(2), lifetime);
        let (lane, _hold) = life.is_over().await;
        assert_eq!(lane, Lane::Invocation(2));
        let passed = clock.now().duration_since(begun);
        assert!(Duration::try_from(passed).unwrap() >= lifetime, "{passed}");
    }

    #[tokio::test]
    async fn on_the_virtual_clock_no_wait_is_left_of_an_earlier_time() {
        let clock = Clock::virtual_default();
        let mut life = IdleLife::default();
        let scenario = clock.hold("the scenario");
        let start = clock.now();
        life.begin(&clock, Lane::Invocation(1), Duration::from_secs(60));
        let scenario = scenario.sleep(Duration::from_secs(30)).await;
        life.end();
        life.begin(&clock, Lane::Invocation(2), Duration::from_secs(60));
        let scenario = tokio::spawn(scenario.sleep(Duration::from_secs(600)));
        let (lane, hold) = life.is_over().await;
        let passed = clock.now().duration_since(start).as_secs();
        assert_eq!((lane, passed), (Lane::Invocation(2), 90));
        drop(hold);
        drop(scenario.await.unwrap());
    }
}
