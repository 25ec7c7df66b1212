//! Time, through one door.
//!
//! Work that is under way keeps a [`Hold`]; waiting gives the hold up and gets it back when the time has come.
//! The virtual clock stands still while a hold on it exists and jumps to the next timer when none does, so a
//! sixty-second retry takes no real time and every timestamp is exact. The real clock keeps the same books, which is
//! how a long-running emulator knows that it is idle.
//!
//! It leaves to others what happens at those times; it only tells when.

mod ledger;
mod rest_queue;
mod window;

use std::borrow::Cow;
use std::fmt;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::sync::watch;

use ledger::{Ledger, TimerKind};

pub use rest_queue::{RestQueue, Wake};
pub use window::Window;

/// Where virtual time begins unless a scenario says otherwise: 2024-01-01T00:00:00Z, seconds since the epoch.
pub const DEFAULT_START: i64 = 1_704_067_200;

/// How time passes: the one thing in which the two clocks differ.
pub trait TimeSource: fmt::Debug + Send + Sync + 'static {
    /// The present, UTC.
    fn now(&self) -> Timestamp;

    /// Takes time forward to `due` because nothing is busy. The real source cannot and answers `false`.
    fn jump(&self, due: Timestamp) -> bool;

    /// Whether it differs from the time of the machine.
    fn is_virtual(&self) -> bool;
}

/// A handle to one clock; clones tell the same time and share the same books.
#[derive(Clone, Debug)]
pub struct Clock {
    source: Arc<dyn TimeSource>,
    ledger: Arc<Ledger>,
}

/// The clock on the wall. Waiting takes as long as it takes.
#[derive(Debug)]
pub struct RealTime;

/// A clock that moves only when everybody waits.
#[derive(Debug)]
pub struct VirtualTime {
    now: std::sync::Mutex<Timestamp>,
}

impl Clock {
    /// A clock that follows the wall clock.
    pub fn real() -> Self {
        Self::with_source(Arc::new(RealTime))
    }

    /// A virtual clock that stands at `start` until something waits.
    pub fn virtual_from(start: Timestamp) -> Self {
        Self::with_source(Arc::new(VirtualTime {
            now: std::sync::Mutex::new(start),
        }))
    }

    /// A virtual clock that starts at [`DEFAULT_START`].
    pub fn virtual_default() -> Self {
        let start =
            Timestamp::from_second(DEFAULT_START).expect("the default start is a valid time");
        Self::virtual_from(start)
    }

    fn with_source(source: Arc<dyn TimeSource>) -> Self {
        let ledger = Arc::new(Ledger::new(Arc::clone(&source)));
        Self { source, ledger }
    }

    /// The present, UTC: virtual or real, depending on the clock.
    pub fn now(&self) -> Timestamp {
        self.source.now()
    }

    /// Whether the present is another than that of the machine.
    pub fn is_virtual(&self) -> bool {
        self.source.is_virtual()
    }

    /// The present as processes outside the emulator see it, UTC.
    ///
    /// Choice: the validity window of a signature is judged by this time, because the client that made the signature
    /// lives in real time even when the emulator does not.
    #[expect(clippy::disallowed_methods, reason = "this is the door")]
    pub fn client_now(&self) -> Timestamp {
        Timestamp::now()
    }

    /// How often the clock has come to rest so far; records made between two rests belong together.
    pub fn phase(&self) -> u64 {
        self.ledger.phase()
    }

    /// Declares work under way. `who` names it in the watchdog's message, so write it as a noun phrase.
    pub fn hold(&self, who: impl Into<Cow<'static, str>>) -> Hold {
        self.ledger.hold(who.into())
    }

    /// Everybody who is busy right now, oldest first.
    pub fn busy(&self) -> Vec<String> {
        self.ledger.busy()
    }

    /// What is left to do: now, and within `horizon` from now; without a horizon, all there is. Waits in the background are no
    /// work.
    pub fn unfinished(&self, horizon: Option<Duration>) -> Unfinished {
        let until = horizon.map_or(Timestamp::MAX, |horizon| {
            let horizon = SignedDuration::try_from(horizon).unwrap_or(SignedDuration::MAX);
            self.now().saturating_add(horizon).unwrap_or(Timestamp::MAX)
        });
        self.ledger.unfinished(until)
    }

    /// Changes whenever nothing is [busy](Clock::busy) any more, whenever less may be due, and whenever it is
    /// [told](Clock::tell_of_change) to. Time that passes makes more due, never less, so whoever waits for the work to end
    /// needs to look again only then.
    pub fn changes(&self) -> watch::Receiver<()> {
        self.ledger.changes()
    }

    /// Wakes those who watch the [changes](Clock::changes): work that the clock does not know of has ended.
    pub fn tell_of_change(&self) {
        self.ledger.tell_of_change();
    }

    /// Waits in the background until `due`: the wait neither keeps the clock from being idle nor makes it move.
    /// When time passes `due` for another reason, the wait ends with a hold. It begins with the call, not with the first poll.
    pub fn background_until<N: Into<Cow<'static, str>>>(
        &self,
        due: Timestamp,
        who: N,
    ) -> impl Future<Output = Hold> + Send + use<N> {
        self.ledger.wait(TimerKind::Background, due, who.into())
    }

    /// Runs `work`, but gives up after `limit` of *real* time, whatever the clock.
    ///
    /// For what a process outside may take: it lives in real time.
    #[expect(clippy::disallowed_methods, reason = "this is the door")]
    pub async fn within<T>(
        &self,
        limit: Duration,
        work: impl Future<Output = T>,
    ) -> Result<T, Elapsed> {
        tokio::time::timeout(limit, work)
            .await
            .map_err(|_| Elapsed { limit })
    }

    /// Starts measuring real time.
    #[expect(clippy::disallowed_methods, reason = "this is the door")]
    pub fn stopwatch(&self) -> Stopwatch {
        Stopwatch(std::time::Instant::now())
    }
}

/// Proof that work is under way: while it lives, virtual time stands still. Dropping it ends the work.
#[must_use = "a hold that is dropped at once holds nothing"]
pub struct Hold {
    ledger: Arc<Ledger>,
    number: u64,
}

impl Hold {
    /// Gives the hold up until `due`; returns at once if `due` is not in the future.
    pub async fn sleep_until(self, due: Timestamp) -> Self {
        let who = self.ledger.name_of(self.number);
        let ledger = Arc::clone(&self.ledger);
        let waiting = ledger.wait(TimerKind::Essential, due, who);
        drop(self);
        waiting.await
    }

    /// Gives the hold up for `pause` of this clock's time.
    pub async fn sleep(self, pause: Duration) -> Self {
        let pause = SignedDuration::try_from(pause).unwrap_or(SignedDuration::MAX);
        let due = self
            .ledger
            .now()
            .saturating_add(pause)
            .unwrap_or(Timestamp::MAX);
        self.sleep_until(due).await
    }

    /// Gives the hold up until nothing is busy and nothing more is due at this time, then takes it again. Time does not
    /// move. So whatever others do at this time is done by then, in whatever order the machine did it.
    ///
    /// On the real clock, on which others are never done, it returns at once.
    pub async fn until_rest(self) -> Self {
        let who = self.ledger.name_of(self.number);
        let ledger = Arc::clone(&self.ledger);
        let waiting = ledger.wait_rest(who);
        drop(self);
        waiting.await
    }

    /// Gives the hold up until nothing is busy and nothing waits for a time, then takes it again.
    pub async fn until_idle(self) -> Self {
        let who = self.ledger.name_of(self.number);
        let ledger = Arc::clone(&self.ledger);
        let waiting = ledger.wait_idle(who);
        drop(self);
        waiting.await
    }

    /// The phase of the clock, in which it stays while this hold lives (see [`Clock::phase`]).
    pub(crate) fn phase(&self) -> u64 {
        self.ledger.phase()
    }

    /// Another hold of the same clock, for work that goes on beside this.
    pub fn another(&self, who: impl Into<Cow<'static, str>>) -> Self {
        self.ledger.hold(who.into())
    }
}

impl Drop for Hold {
    fn drop(&mut self) {
        self.ledger.release(self.number);
    }
}

impl fmt::Debug for Hold {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "Hold({})", self.number)
    }
}

/// What keeps a clock from being idle, at one moment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Unfinished {
    /// Who is busy, oldest first.
    pub busy: Vec<String>,
    /// Waits of work, by the time at which they end.
    pub due: Vec<(Timestamp, String)>,
}

/// Real time was up before the work was done.
#[derive(Debug, thiserror::Error)]
#[error("not done within {limit:?}")]
pub struct Elapsed {
    /// The time that was allowed.
    pub limit: Duration,
}

/// Measures real time; for figures that people read, never for decisions.
#[derive(Clone, Copy, Debug)]
pub struct Stopwatch(std::time::Instant);

impl Stopwatch {
    /// Real time since the start.
    pub fn elapsed(&self) -> Duration {
        self.0.elapsed()
    }
}

impl TimeSource for RealTime {
    #[expect(clippy::disallowed_methods, reason = "this is the door")]
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }

    fn jump(&self, _due: Timestamp) -> bool {
        false
    }

    fn is_virtual(&self) -> bool {
        false
    }
}

impl TimeSource for VirtualTime {
    fn now(&self) -> Timestamp {
        *self
            .now
            .lock()
            .expect("no code panics while it sets the time")
    }

    fn jump(&self, due: Timestamp) -> bool {
        let mut now = self
            .now
            .lock()
            .expect("no code panics while it sets the time");
        *now = due.max(*now);
        true
    }

    fn is_virtual(&self) -> bool {
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Mutex;

    fn seconds(clock: &Clock) -> i64 {
        clock.now().as_second() - DEFAULT_START
    }

    #[tokio::test]
    async fn virtual_time_jumps_only_when_nothing_is_busy() {
        let clock = Clock::virtual_default();
        let busy = clock.hold("a request");
        let waiter = tokio::spawn(clock.hold("a retry").sleep(Duration::from_secs(60)));
        tokio::task::yield_now().await;
        assert_eq!(seconds(&clock), 0, "a request is open");
        drop(busy);
        let woken = waiter.await.unwrap();
        assert_eq!(seconds(&clock), 60);
        assert_eq!(clock.busy(), ["a retry"]);
        drop(woken);
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
    async fn real_timers_that_are_due_together_all_fire() {
        let clock = Clock::real();
        let tasks: Vec<_> = (0..2_000_u64)
            .map(|number| {
                // A few instants, at each of which many tasks find the same timers due.
                let pause = Duration::from_millis(1 + number % 4);
                tokio::spawn(clock.hold("a timer").sleep(pause))
            })
            .collect();
        for task in tasks {
            drop(task.await.expect("no timer's task panics"));
        }
        assert!(clock.busy().is_empty());
    }

    #[tokio::test]
    async fn timers_fire_in_order_and_together_when_due_together() {
        let clock = Clock::virtual_default();
        let fired = Arc::new(Mutex::new(Vec::new()));
        let starting = clock.hold("the test");
        let tasks: Vec<_> = [("b", 20), ("a", 10), ("c", 20)]
            .into_iter()
            .map(|(name, pause)| {
                let (clock, fired) = (clock.clone(), Arc::clone(&fired));
                let hold = starting.another(name);
                tokio::spawn(async move {
                    let hold = hold.sleep(Duration::from_secs(pause)).await;
                    fired.lock().unwrap().push((name, seconds(&clock)));
                    drop(hold);
                })
            })
            .collect();
        drop(starting.until_idle().await);
        for task in tasks {
            task.await.unwrap();
        }
        let mut fired = fired.lock().unwrap().clone();
        fired.sort_unstable();
        assert_eq!(fired, [("a", 10), ("b", 20), ("c", 20)]);
    }

    #[tokio::test]
    async fn idle_means_no_holds_and_no_timers() {
        let clock = Clock::virtual_default();
        let scenario = clock.hold("the scenario");
        let work = scenario.another("a retry");
        let work = tokio::spawn(async move {
            let hold = work.sleep(Duration::from_secs(60)).await;
            drop(hold.sleep(Duration::from_secs(60)).await);
        });
        let scenario = scenario.until_idle().await;
        assert_eq!(seconds(&clock), 120);
        assert_eq!(clock.busy(), ["the scenario"]);
        work.await.unwrap();
        drop(scenario);
    }

    #[tokio::test]
    async fn rest_comes_after_everything_else_at_the_same_time_and_before_time_moves() {
        let clock = Clock::virtual_default();
        let scenario = clock.hold("the scenario");
        let order = Arc::new(Mutex::new(Vec::new()));
        let note = |what: &'static str| {
            let (order, clock) = (Arc::clone(&order), clock.clone());
            move || order.lock().unwrap().push((what, seconds(&clock)))
        };
        let (last, first, later) = (note("rest"), note("now"), note("later"));
        let tasks = [
            tokio::spawn({
                let hold = scenario.another("last");
                async move {
                    let hold = hold.until_rest().await;
                    last();
                    drop(hold);
                }
            }),
            tokio::spawn({
                let hold = scenario.another("first");
                async move {
                    let hold = hold.sleep(Duration::ZERO).await;
                    first();
                    drop(hold);
                }
            }),
            tokio::spawn({
                let hold = scenario.another("later");
                async move {
                    let hold = hold.sleep(Duration::from_secs(5)).await;
                    later();
                    drop(hold);
                }
            }),
        ];
        drop(scenario.until_idle().await);
        for task in tasks {
            task.await.unwrap();
        }
        let order = order.lock().unwrap().clone();
        assert_eq!(order, [("now", 0), ("rest", 0), ("later", 5)]);
    }

    #[tokio::test]
    async fn nothing_waits_for_rest_on_the_real_clock() {
        let clock = Clock::real();
        let busy = clock.hold("a function that never ends");
        let hold = clock.hold("an event").until_rest().await;
        assert_eq!(clock.busy(), ["a function that never ends", "an event"]);
        drop((busy, hold));
    }

    #[tokio::test]
    async fn background_waits_do_not_move_the_clock() {
        let clock = Clock::virtual_default();
        let scenario = clock.hold("the scenario");
        let due = clock.now() + SignedDuration::from_secs(30);
        let background = tokio::spawn({
            let clock = clock.clone();
            async move {
                let hold = clock.background_until(due, "a reaper").await;
                let fired = clock.now();
                drop(hold);
                fired
            }
        });
        tokio::task::yield_now().await;
        let scenario = scenario.until_idle().await;
        assert_eq!(seconds(&clock), 0, "nothing essential was waiting");
        let scenario = scenario.sleep(Duration::from_secs(45)).await;
        assert_eq!(background.await.unwrap(), due, "it fires on the way");
        assert_eq!(seconds(&clock), 45);
        drop(scenario);
    }

    #[tokio::test]
    async fn what_is_due_is_told_within_a_horizon_and_a_change_is_told_when_nothing_is_busy() {
        let clock = Clock::real();
        let mut changes = clock.changes();
        let busy = clock.hold("a request");
        let later = tokio::spawn(clock.hold("a retry").sleep(Duration::from_secs(60)));
        let reaper = clock.now() + SignedDuration::from_secs(1);
        let reaper = tokio::spawn({
            let clock = clock.clone();
            async move { clock.background_until(reaper, "a reaper").await }
        });
        tokio::task::yield_now().await;
        assert!(
            clock
                .unfinished(Some(Duration::from_secs(50)))
                .due
                .is_empty()
        );
        for horizon in [None, Some(Duration::from_secs(61))] {
            let due = clock.unfinished(horizon).due;
            assert_eq!(due.len(), 1, "{due:?}");
            assert_eq!(due[0].1, "a retry");
        }
        assert!(!changes.has_changed().unwrap(), "a request is open");
        drop(busy);
        changes.changed().await.unwrap();
        later.abort();
        assert!(later.await.unwrap_err().is_cancelled());
        changes.changed().await.unwrap();
        assert_eq!(clock.unfinished(None), Unfinished::default());
        reaper.abort();
    }

    #[tokio::test]
    async fn an_abandoned_wait_is_forgotten() {
        let clock = Clock::virtual_default();
        let scenario = clock.hold("the scenario");
        let abandoned = tokio::spawn(
            scenario
                .another("abandoned")
                .sleep(Duration::from_secs(3600)),
        );
        tokio::task::yield_now().await;
        abandoned.abort();
        assert!(abandoned.await.unwrap_err().is_cancelled());
        drop(scenario.until_idle().await);
        assert_eq!(seconds(&clock), 0);
    }

    #[tokio::test]
    async fn the_real_clock_waits_and_becomes_idle() {
        let clock = Clock::real();
        let scenario = clock.hold("the scenario");
        let before = clock.now();
        let work = scenario.another("work").sleep(Duration::from_millis(5));
        let work = tokio::spawn(async move { drop(work.await) });
        drop(scenario.until_idle().await);
        assert!(clock.now().duration_since(before) >= SignedDuration::from_millis(5));
        work.await.unwrap();
    }
}
