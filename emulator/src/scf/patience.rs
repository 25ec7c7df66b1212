//! Waiting for a process in real time, on a machine that may be busy with other things.
//!
//! How much a process has done when a moment has passed depends on the machine. A wait that ends late counts only for as long as
//! it was meant to last: when this process did not get its turn, the one that is waited for did not get its own, either. So a
//! long wait is made of short ones.

use std::time::Duration;

use backlot_base::clock::Clock;

/// Real time that was waited for, as if no wait had ended late.
#[derive(Debug)]
pub(super) struct Patience<'a> {
    clock: &'a Clock,
    waited: Duration,
}

impl<'a> Patience<'a> {
    /// Nothing was waited for yet.
    pub(super) fn new(clock: &'a Clock) -> Self {
        Self {
            clock,
            waited: Duration::ZERO,
        }
    }

    /// Waits for work, but not longer than `limit`; `None` if it is not done by then.
    pub(super) async fn wait<T>(
        &mut self,
        limit: Duration,
        work: impl Future<Output = T>,
    ) -> Option<T> {
        let watch = self.clock.stopwatch();
        let done = self.clock.within(limit, work).await;
        self.waited += watch.elapsed().min(limit);
        done.ok()
    }

    /// How long was waited so far.
    pub(super) fn waited(&self) -> Duration {
        self.waited
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_wait_that_ends_late_counts_for_as_long_as_it_was_meant() {
        let clock = Clock::virtual_default();
        let mut patience = Patience::new(&clock);
        let limit = Duration::from_millis(1);
        // The runtime has one thread, which this keeps until the limit has long passed.
        let late = async {
            let watch = clock.stopwatch();
            while watch.elapsed() < limit * 5 {}
            std::future::pending::<()>().await;
        };
        assert_eq!(patience.wait(limit, late).await, None);
        assert_eq!(patience.waited(), limit);
        let at_once = patience.wait(Duration::from_secs(60), async { 1 }).await;
        assert_eq!(at_once, Some(1));
        assert!(patience.waited() < Duration::from_secs(60));
    }
}
