//! The books behind a clock: who is busy, who waits for which time, and what happens when the last one lets go.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::future::Future;
use std::sync::{Arc, Mutex, MutexGuard};

use jiff::Timestamp;
use tokio::sync::{oneshot, watch};

use super::{Hold, TimeSource, Unfinished};

type Name = Cow<'static, str>;

/// Whether a wait keeps the clock from being idle.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TimerKind {
    /// Part of the work: the clock moves to it, and is not idle before it.
    Essential,
    /// Rides along: it fires when time passes it for another reason.
    Background,
}

#[derive(Debug)]
pub(super) struct Ledger {
    source: Arc<dyn TimeSource>,
    // A plain mutex: it is held for a few map operations and never across an await.
    state: Mutex<State>,
    /// Told whenever nothing is busy any more, or less may be due.
    changed: watch::Sender<()>,
}

#[derive(Debug, Default)]
struct State {
    next: u64,
    phase: u64,
    holds: BTreeMap<u64, Name>,
    timers: BTreeMap<(Timestamp, u64), Timer>,
    resters: BTreeMap<u64, Waiter>,
    idlers: BTreeMap<u64, Waiter>,
}

#[derive(Debug)]
struct Timer {
    kind: TimerKind,
    waiter: Waiter,
}

#[derive(Debug)]
struct Waiter {
    who: Name,
    wake: oneshot::Sender<Hold>,
}

/// Removes an entry whose future was dropped before it fired.
struct Abandon {
    ledger: Arc<Ledger>,
    entry: Entry,
}

#[derive(Clone, Copy)]
enum Entry {
    Timer(Timestamp, u64),
    Rester(u64),
    Idler(u64),
}

impl Ledger {
    pub(super) fn new(source: Arc<dyn TimeSource>) -> Self {
        Self {
            source,
            state: Mutex::default(),
            changed: watch::Sender::default(),
        }
    }

    pub(super) fn now(&self) -> Timestamp {
        self.source.now()
    }

    pub(super) fn phase(&self) -> u64 {
        self.state().phase
    }

    pub(super) fn hold(self: &Arc<Self>, who: Name) -> Hold {
        let number = self.state().enter(who);
        self.held(number)
    }

    pub(super) fn busy(&self) -> Vec<String> {
        self.state()
            .holds
            .values()
            .map(ToString::to_string)
            .collect()
    }

    /// Who is busy, and which waits that keep the clock from being idle end at `until` or before, at one moment.
    pub(super) fn unfinished(&self, until: Timestamp) -> Unfinished {
        let state = self.state();
        let timers = state.timers.range(..=(until, u64::MAX));
        let essential = timers.filter(|(_, timer)| timer.kind == TimerKind::Essential);
        Unfinished {
            busy: state.holds.values().map(ToString::to_string).collect(),
            due: essential
                .map(|(&(due, _), timer)| (due, timer.waiter.who.to_string()))
                .collect(),
        }
    }

    pub(super) fn changes(&self) -> watch::Receiver<()> {
        self.changed.subscribe()
    }

    pub(super) fn tell_of_change(&self) {
        self.changed.send_replace(());
    }

    pub(super) fn name_of(&self, number: u64) -> Name {
        self.state()
            .holds
            .get(&number)
            .cloned()
            .expect("a hold is in the books while it lives")
    }

    pub(super) fn release(self: &Arc<Self>, number: u64) {
        let mut state = self.state();
        state.holds.remove(&number);
        self.settle(state);
    }

    /// Registers the wait at once, so that the caller can let go of its own hold before it awaits.
    pub(super) fn wait(
        self: &Arc<Self>,
        kind: TimerKind,
        due: Timestamp,
        who: Name,
    ) -> impl Future<Output = Hold> + use<> {
        let (wake, woken) = oneshot::channel();
        let number = {
            let mut state = self.state();
            let number = state.number();
            let waiter = Waiter { who, wake };
            state.timers.insert((due, number), Timer { kind, waiter });
            number
        };
        let entry = Entry::Timer(due, number);
        let abandon = Abandon {
            ledger: Arc::clone(self),
            entry,
        };
        async move { abandon.ledger.woken(woken, due).await }
    }

    /// Waits until nothing more happens at this time. Real time never stands still, so there the wait ends at once.
    pub(super) fn wait_rest(self: &Arc<Self>, who: Name) -> impl Future<Output = Hold> + use<> {
        let (wake, woken) = oneshot::channel();
        let number = {
            let mut state = self.state();
            let number = state.number();
            if self.source.jump(self.now()) {
                state.resters.insert(number, Waiter { who, wake });
            } else {
                state.holds.insert(number, who);
                drop(wake.send(self.held(number)));
            }
            number
        };
        let abandon = Abandon {
            ledger: Arc::clone(self),
            entry: Entry::Rester(number),
        };
        async move {
            let _abandon = abandon;
            woken
                .await
                .expect("the books keep the sender until they wake it")
        }
    }

    pub(super) fn wait_idle(self: &Arc<Self>, who: Name) -> impl Future<Output = Hold> + use<> {
        let (wake, woken) = oneshot::channel();
        let number = {
            let mut state = self.state();
            let number = state.number();
            state.idlers.insert(number, Waiter { who, wake });
            number
        };
        let abandon = Abandon {
            ledger: Arc::clone(self),
            entry: Entry::Idler(number),
        };
        async move {
            let _abandon = abandon;
            woken
                .await
                .expect("the books keep the sender until they wake it")
        }
    }

    /// Waits for a timer: virtual time wakes it from [`Ledger::settle`], real time by really waiting.
    async fn woken(self: &Arc<Self>, woken: oneshot::Receiver<Hold>, due: Timestamp) -> Hold {
        if !self.source.jump(self.now()) {
            let pause = self.now().duration_until(due);
            let pause = std::time::Duration::try_from(pause).unwrap_or_default();
            #[expect(clippy::disallowed_methods, reason = "this is the door")]
            tokio::time::sleep(pause).await;
            // Another timer's task may have taken this one from the books already, and be about to wake it.
            self.fire_due(self.now().max(due));
        }
        woken
            .await
            .expect("the books keep the sender until they wake it")
    }

    /// Wakes every timer that is due at `now`.
    fn fire_due(self: &Arc<Self>, now: Timestamp) {
        let mut state = self.state();
        let later = state.timers.split_off(&(now, u64::MAX));
        let due = std::mem::replace(&mut state.timers, later);
        let woken = state.admit(due.into_values().map(|timer| timer.waiter));
        drop(state);
        self.wake(woken);
    }

    /// What happens when a hold was dropped: nothing while others exist; else what waited for rest goes on, time jumps,
    /// or all is idle.
    fn settle(self: &Arc<Self>, mut state: MutexGuard<'_, State>) {
        if !state.holds.is_empty() {
            return;
        }
        self.tell_of_change();
        let next = state.next_due();
        let is_due = next.is_some_and(|due| due <= self.now());
        if !is_due && !state.resters.is_empty() {
            let resters = std::mem::take(&mut state.resters);
            state.phase += 1;
            let woken = state.admit(resters.into_values());
            drop(state);
            return self.wake(woken);
        }
        let woken = match next {
            None => {
                let idlers = std::mem::take(&mut state.idlers);
                state.phase += 1;
                state.admit(idlers.into_values())
            }
            Some(due) if self.source.jump(due) => {
                state.phase += 1;
                drop(state);
                return self.fire_due(due);
            }
            Some(_) => return,
        };
        drop(state);
        self.wake(woken);
    }

    fn wake(self: &Arc<Self>, woken: Vec<(u64, oneshot::Sender<Hold>)>) {
        for (number, wake) in woken {
            // A waiter that is gone gives the hold straight back, which settles the books again.
            drop(wake.send(self.held(number)));
        }
    }

    fn held(self: &Arc<Self>, number: u64) -> Hold {
        Hold {
            ledger: Arc::clone(self),
            number,
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state
            .lock()
            .expect("no code panics while it keeps the books")
    }
}

impl State {
    fn number(&mut self) -> u64 {
        self.next += 1;
        self.next
    }

    fn enter(&mut self, who: Name) -> u64 {
        let number = self.number();
        self.holds.insert(number, who);
        number
    }

    /// Takes holds for waiters before they run, so that time cannot move between the waking and the work.
    fn admit(
        &mut self,
        waiters: impl Iterator<Item = Waiter>,
    ) -> Vec<(u64, oneshot::Sender<Hold>)> {
        waiters
            .map(|waiter| (self.enter(waiter.who), waiter.wake))
            .collect()
    }

    /// The earliest time that has to come: background timers before it fire on the way.
    fn next_due(&self) -> Option<Timestamp> {
        let essential = self
            .timers
            .iter()
            .any(|(_, timer)| timer.kind == TimerKind::Essential);
        let first = self.timers.first_key_value().map(|(&(due, _), _)| due);
        first.filter(|_| essential)
    }
}

impl Drop for Abandon {
    fn drop(&mut self) {
        let mut state = self.ledger.state();
        match self.entry {
            Entry::Timer(due, number) => drop(state.timers.remove(&(due, number))),
            Entry::Rester(number) => drop(state.resters.remove(&number)),
            Entry::Idler(number) => drop(state.idlers.remove(&number)),
        }
        // The wait may have been what kept others from being idle.
        self.ledger.settle(state);
    }
}
