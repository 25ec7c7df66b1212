//! What an instance and the platform tell each other: the state behind one runtime API.
//!
//! The platform assigns an event and waits for its end; the process asks for the event and pushes a result. Everything is
//! decided under one lock, so the first result wins whatever else happens at the same time.
//!
//! What a process does after its result (a second push, say) is recorded with its next result, or when the process is gone.
//! By then it has happened; whether it has happened right after the first result depends on the machine.
//!
//! A result does not say which event it is for. A process that asks for the next event before it has posted its result
//! would be given the same event again, and its second result would become that of the next event. Whether it asks before
//! or after its result arrives depends on the machine; so such a request waits a moment for the result.
//!
//! Follows: SCF reference, sections 3.3 to 3.5.

use std::collections::VecDeque;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use bytes::Bytes;
use http::HeaderValue;
use jiff::Timestamp;
use tokio::sync::futures::Notified;
use tokio::sync::{Notify, oneshot};

use super::assignment::{Assignment, Awaited, End, Push};
use super::outcome::Missed;
use super::output::Output;
use super::patience::Patience;
use super::process_tree::{Added, Census, Look, ProcessTree};
use backlot_base::context::Context;
use backlot_base::journal::{Lane, NoticeRecord, ScfRecord};
use backlot_http::auth::Gate;

/// How long a request for an event that was given out already waits for its result, in real time, while the process rests.
const RESULT_ON_ITS_WAY: Duration = Duration::from_millis(100);
/// How long it waits while the process runs, as far as that can be seen.
const RESULT_BEING_MADE: Duration = Duration::from_secs(1);
/// The time between two looks at the process.
const LOOK: Duration = Duration::from_millis(20);
/// How many request ids of earlier events are remembered.
const EARLIER_IDS: usize = 64;

/// How the init window ended, as the process says: ready, or why the code did not load.
pub(super) type Loaded = Result<(), String>;

/// Both sides of one instance's conversation.
#[derive(Debug)]
pub(super) struct Exchange {
    context: Context,
    instance: String,
    output: Arc<Output>,
    /// What stops between an answer and the next event; `None` if the instance is not frozen then.
    freezing: Option<Freezing>,
    // A plain mutex: every call is answered at once, and waiting happens outside of it.
    state: Mutex<State>,
    /// Wakes requests for an event when the state has changed.
    changed: Notify,
    /// Wakes the platform when the process requests another event.
    asked: Notify,
}

#[derive(Debug)]
struct State {
    /// The lane of the latest event.
    lane: Lane,
    /// The lane of the event with the latest result.
    served_lane: Lane,
    progress: Progress,
    /// Ends the init window when the process says how it loaded.
    ready: Option<oneshot::Sender<Loaded>>,
    /// Whether there was a result before: a further one belongs to the same event until the next event is fetched.
    has_served: bool,
    /// Whether the process has sent a request.
    has_spoken: bool,
    /// How many connections to the runtime API there are.
    connections: usize,
    /// How many requests for an event are open.
    asking: usize,
    /// How often the event with the latest result was given out beyond the first time: as many results may still come.
    surplus: usize,
    /// Whether the process has posted a result while it asked for an event: it does several things at once.
    is_concurrent: bool,
    /// The request ids of the latest events with a result.
    earlier: VecDeque<HeaderValue>,
    /// The processes of the instance when it was given its first event, or came to rest after the latest.
    census: Option<Census>,
    /// What the process did outside of an attempt, each with the lane to which it belongs.
    notes: Vec<(Lane, String)>,
}

/// What stops between an answer and the next event.
#[derive(Clone, Debug)]
pub(super) struct Freezing {
    /// Calls of the instance.
    pub(super) gate: Gate,
    /// Its processes.
    pub(super) tree: ProcessTree,
}

/// What a request for an event comes to.
enum Fetch {
    Event(Assignment),
    /// The event was given out already, and its result may be on its way.
    Again,
    Nothing,
    Gone,
}

#[derive(Debug)]
enum Progress {
    /// Between the start and `ready`.
    Starting,
    /// Without an event.
    Idle,
    /// With an event that has no result yet.
    Busy(Work),
    /// The instance is gone: results are ignored.
    Closed,
}

#[derive(Debug)]
struct Work {
    assignment: Assignment,
    is_fetched: bool,
    /// How often it was given out beyond the first time.
    repeated: usize,
    // Taken when the event is fetched for the first time.
    fetch: Option<oneshot::Sender<()>>,
    // Taken when the process answers and goes on.
    early: Option<oneshot::Sender<Bytes>>,
    /// The answer with which the process went on.
    answer: Option<Bytes>,
    end: oneshot::Sender<End>,
}

/// The instance is gone: the connection is to be closed without an answer.
#[derive(Debug, thiserror::Error)]
#[error("the instance is gone")]
pub(super) struct Gone;

impl Exchange {
    /// A conversation that begins with the start of a process, for an invocation in `lane`.
    pub(super) fn new(
        context: Context,
        instance: String,
        output: Arc<Output>,
        freezing: Option<Freezing>,
        lane: Lane,
    ) -> (Arc<Self>, oneshot::Receiver<Loaded>) {
        let (ready, is_ready) = oneshot::channel();
        let state = State {
            lane,
            served_lane: lane,
            progress: Progress::Starting,
            ready: Some(ready),
            has_served: false,
            has_spoken: false,
            connections: 0,
            asking: 0,
            surplus: 0,
            is_concurrent: false,
            earlier: VecDeque::new(),
            census: None,
            notes: Vec::new(),
        };
        let exchange = Self {
            context,
            instance,
            output,
            freezing,
            state: Mutex::new(state),
            changed: Notify::new(),
            asked: Notify::new(),
        };
        (Arc::new(exchange), is_ready)
    }

    // What the process says.

    /// A connection to the runtime API, until what this returns is dropped.
    pub(super) fn connect(&self) -> Connected<'_> {
        self.state().connections += 1;
        Connected(self)
    }

    /// A request, whatever it is.
    pub(super) fn hear(&self) {
        self.state().has_spoken = true;
    }

    /// `ready`: the first one ends the init window, others do nothing.
    pub(super) fn ready(&self) {
        let mut state = self.state();
        let Some(ready) = state.ready.take() else {
            return;
        };
        if matches!(state.progress, Progress::Starting) {
            let instance = self.instance.clone();
            self.context
                .record(state.lane, ScfRecord::InstanceReady { instance });
            state.progress = Progress::Idle;
            // The receiver is gone if the platform has given up meanwhile.
            let _ = ready.send(Ok(()));
        }
    }

    /// The bootstrap of the runtime could not load the code: no event is handed out any more.
    pub(super) fn fail_to_load(&self, reason: String) {
        let mut state = self.state();
        let Some(ready) = state.ready.take() else {
            return;
        };
        state.progress = Progress::Closed;
        // The receiver is gone if the platform has given up meanwhile.
        let _ = ready.send(Err(reason));
    }

    /// The time, if it is not that of the machine.
    pub(super) fn virtual_now(&self) -> Option<Timestamp> {
        let clock = &self.context.clock;
        clock.is_virtual().then(|| clock.now())
    }

    /// `next`: waits until there is an event and returns it.
    ///
    /// A client that gives up leaves its request open, as it may only have closed its own side of the connection. `is_open`
    /// says whether it has not: else the request gets an event only if no other asks, and never one that was given out.
    pub(super) async fn next(&self, is_open: impl Fn() -> bool) -> Result<Assignment, Gone> {
        let mut is_patient = true;
        loop {
            let changed = self.changed.notified();
            tokio::pin!(changed);
            changed.as_mut().enable();
            let is_open = is_open();
            let fetched = self.fetch(is_patient || !is_open, is_open);
            let asking = match fetched {
                Fetch::Event(assignment) => return Ok(assignment),
                Fetch::Gone => return Err(Gone),
                Fetch::Again | Fetch::Nothing => is_open.then(|| Asking::new(self)),
            };
            if matches!(fetched, Fetch::Again) && is_open {
                is_patient = self.result_comes(changed).await;
            } else {
                changed.await;
                is_patient = true;
            }
            drop(asking);
        }
    }

    /// Whether the state changes before the process has rested for too long, or was busy for too long.
    async fn result_comes(&self, mut changed: Pin<&mut Notified<'_>>) -> bool {
        let mut patience = Patience::new(&self.context.clock);
        let mut rested = Duration::ZERO;
        while rested < RESULT_ON_ITS_WAY && patience.waited() < RESULT_BEING_MADE {
            if patience.wait(LOOK, changed.as_mut()).await.is_some() {
                return true;
            }
            let tree = self.freezing.as_ref().map(|freezing| freezing.tree);
            if !tree.is_some_and(|tree| tree.look().is_busy()) {
                rested += LOOK;
            }
        }
        false
    }

    /// The event, if there is one; one that was given out already only if the request is not `is_patient` any more.
    fn fetch(&self, is_patient: bool, is_open: bool) -> Fetch {
        let mut state = self.state();
        let State {
            progress,
            census,
            connections,
            asking,
            ..
        } = &mut *state;
        match progress {
            Progress::Starting | Progress::Idle => Fetch::Nothing,
            Progress::Busy(_) if !is_open && *asking > 0 => Fetch::Nothing,
            Progress::Closed => Fetch::Gone,
            Progress::Busy(work) if work.is_fetched && is_patient => Fetch::Again,
            Progress::Busy(work) if work.is_fetched => {
                work.repeated += 1;
                let (lane, again) = (work.assignment.lane, work.assignment.clone());
                let text = "the next event was requested before the result of this one was posted, so this one was given \
                            out again";
                state.note(lane, text.to_owned());
                Fetch::Event(again)
            }
            Progress::Busy(work) => {
                if let (Some(freezing), None) = (&self.freezing, &census) {
                    let known = *connections + freezing.gate.connections();
                    *census = Some(freezing.tree.look().census(known));
                }
                self.begin(work);
                work.is_fetched = true;
                if let Some(fetch) = work.fetch.take() {
                    // The receiver is gone if the platform has given up meanwhile.
                    let _ = fetch.send(());
                }
                Fetch::Event(work.assignment.clone())
            }
        }
    }

    /// `response` or `error`: the first one fixes the outcome.
    ///
    /// Choice: the very first event may be answered before it was fetched. Later ones may not, as a second result for one
    /// event would otherwise become the result of the next, if that is there already.
    ///
    /// `id` is what the process says of its own accord: the header `request_id`. The platform does not ask for it.
    pub(super) fn push(&self, push: Push, id: Option<&HeaderValue>) {
        let mut state = self.state();
        state.is_concurrent |= state.asking > 0;
        let is_late = state.is_late(id);
        match std::mem::replace(&mut state.progress, Progress::Idle) {
            Progress::Busy(mut work) if !is_late => {
                if let Some(id) = id.filter(|id| **id != work.assignment.request_id) {
                    let id = String::from_utf8_lossy(id.as_bytes());
                    let text = format!(
                        "a result was posted under the request id `{id}`, which no event has; it was taken for this one"
                    );
                    state.note(work.assignment.lane, text);
                }
                state.serve(&work);
                if let Some(freezing) = &self.freezing {
                    // At once: a call that arrives from now on is work after the answer.
                    freezing.gate.close();
                }
                self.begin(&mut work);
                self.record(std::mem::take(&mut state.notes));
                let printed = self.output.cut();
                // The receiver is gone only if the platform has given up meanwhile.
                drop(work.end.send(End { push, printed }));
            }
            Progress::Closed => state.progress = Progress::Closed,
            earlier => {
                let text = match (&earlier, &push) {
                    (Progress::Starting, _) => "a result was posted before the process was ready",
                    (_, Push::Error(_)) => "an error was posted although no event was open for it",
                    _ => "a response was posted although no event was open for it",
                };
                state.progress = earlier;
                state.surplus = state.surplus.saturating_sub(1);
                let lane = state.served_lane;
                state.note(lane, format!("{text}; it was ignored"));
            }
        }
    }

    /// A bootstrap has an answer while the event is still worked on: who waits for it need not wait longer. The first counts.
    pub(super) fn answer_early(&self, answer: Bytes) {
        let mut state = self.state();
        if let Progress::Busy(work) = &mut state.progress
            && let Some(early) = work.early.take()
        {
            work.answer = Some(answer.clone());
            // The receiver is gone if the platform has given up meanwhile.
            let _ = early.send(answer);
        }
    }

    /// The work on an event that was answered early has ended.
    pub(super) fn finish(&self) {
        let answer = match &mut self.state().progress {
            Progress::Busy(work) => work.answer.take(),
            Progress::Starting | Progress::Idle | Progress::Closed => None,
        };
        if let Some(answer) = answer {
            self.push(Push::Response(answer), None);
        }
    }

    // What the platform says.

    /// Gives the process an event. The process must be ready and without an event.
    pub(super) fn assign(&self, assignment: Assignment) -> Awaited {
        let (fetch, fetched) = oneshot::channel();
        let (answer_early, early) = oneshot::channel();
        let (end, ended) = oneshot::channel();
        let mut state = self.state();
        state.lane = assignment.lane;
        state.progress = Progress::Busy(Work {
            assignment,
            is_fetched: false,
            repeated: 0,
            fetch: Some(fetch),
            early: Some(answer_early),
            answer: None,
            end,
        });
        drop(state);
        self.changed.notify_waiters();
        Awaited {
            fetched,
            early,
            ended,
        }
    }

    /// Takes the event back: a result that comes now is too late. Says what the process has missed, `None` if its result
    /// came just in time.
    pub(super) fn withdraw(&self) -> Option<Missed> {
        let mut state = self.state();
        if !matches!(state.progress, Progress::Busy(_)) {
            return None;
        }
        let Progress::Busy(mut work) = std::mem::replace(&mut state.progress, Progress::Closed)
        else {
            unreachable!("it has just been looked at");
        };
        self.begin(&mut work);
        self.changed.notify_waiters();
        Some(match (work.is_fetched, work.answer) {
            (_, Some(_)) => Missed::End,
            (true, None) => Missed::Result,
            (false, None) => Missed::Fetch,
        })
    }

    /// Ends the conversation: open requests for an event end with [`Gone`].
    pub(super) fn close(&self) {
        self.state().progress = Progress::Closed;
        self.changed.notify_waiters();
    }

    /// Whether the process has sent a request.
    pub(super) fn has_spoken(&self) -> bool {
        self.state().has_spoken
    }

    /// Whether the process waits for an event.
    pub(super) fn is_asking(&self) -> bool {
        self.state().asking > 0
    }

    /// What is in the instance that was not there at its first event, or when it last came to rest.
    pub(super) fn added(&self, look: &Look) -> Added {
        let state = self.state();
        let census = state.census.as_ref();
        let known = self.known_sockets(&state);
        census.map_or_else(Added::default, |census| look.added(census, known))
    }

    /// How many sockets of the instance are connections to the emulator.
    fn known_sockets(&self, state: &State) -> usize {
        let gate = self.freezing.as_ref().map(|freezing| &freezing.gate);
        state.connections + gate.map_or(0, Gate::connections)
    }

    /// Takes what is in the instance now for nothing new.
    pub(super) fn take_census(&self) {
        if let Some(freezing) = &self.freezing {
            let look = freezing.tree.look();
            let mut state = self.state();
            let known = self.known_sockets(&state);
            state.census = Some(look.census(known));
        }
    }

    /// Whether the process is ready and has no event.
    pub(super) fn is_idle(&self) -> bool {
        matches!(self.state().progress, Progress::Idle)
    }

    /// Whether the process has fetched its event.
    pub(super) fn is_fetched(&self) -> bool {
        matches!(&self.state().progress, Progress::Busy(work) if work.is_fetched)
    }

    /// Waits until the process asks for another event.
    pub(super) async fn is_asked(&self) {
        loop {
            let asked = self.asked.notified();
            tokio::pin!(asked);
            asked.as_mut().enable();
            if self.state().asking > 0 {
                return;
            }
            asked.await;
        }
    }

    /// Records what the process did outside of an attempt.
    pub(super) fn record_notes(&self) {
        let notes = std::mem::take(&mut self.state().notes);
        self.record(notes);
    }

    fn record(&self, notes: Vec<(Lane, String)>) {
        for (lane, text) in notes {
            self.context.record(lane, NoticeRecord::Diagnostic { text });
        }
    }

    /// The attempt begins when the process gets to see its event.
    fn begin(&self, work: &mut Work) {
        if !std::mem::replace(&mut work.assignment.is_begun, true) {
            let (lane, attempt) = (work.assignment.lane, work.assignment.attempt);
            let started = ScfRecord::AttemptStarted {
                attempt,
                instance: self.instance.clone(),
                cold: false,
            };
            self.context.record(lane, started);
            self.output.follow(&self.context, lane, attempt);
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state
            .lock()
            .expect("no code panics while it converses")
    }
}

impl State {
    /// Whether a result is for an event that had one before, as far as that can be told.
    ///
    /// A process that does one thing after the other does not ask for an event while it posts a result. One that does may
    /// have been given an event more than once, and then posts a result as often, in the same order.
    fn is_late(&self, id: Option<&HeaderValue>) -> bool {
        let Progress::Busy(work) = &self.progress else {
            return false;
        };
        match id {
            Some(id) if *id == work.assignment.request_id => false,
            Some(id) if self.earlier.contains(id) => true,
            _ if work.is_fetched => self.surplus > 0 && self.is_concurrent,
            _ => self.has_served,
        }
    }

    /// Notes that an event has its result.
    fn serve(&mut self, work: &Work) {
        self.has_served = true;
        self.served_lane = work.assignment.lane;
        self.surplus = work.repeated;
        self.earlier.push_back(work.assignment.request_id.clone());
        if self.earlier.len() > EARLIER_IDS {
            self.earlier.pop_front();
        }
    }

    /// Keeps a remark on `lane`, once however often it is made: how often depends on the machine.
    fn note(&mut self, lane: Lane, text: String) {
        let note = (lane, text);
        if !self.notes.contains(&note) {
            self.notes.push(note);
        }
    }
}

/// A connection to the runtime API; counted until it is dropped.
pub(super) struct Connected<'a>(&'a Exchange);

impl Drop for Connected<'_> {
    fn drop(&mut self) {
        self.0.state().connections -= 1;
    }
}

/// An open request for an event; counted until it is dropped.
struct Asking<'a>(&'a Exchange);

impl<'a> Asking<'a> {
    fn new(exchange: &'a Exchange) -> Self {
        exchange.state().asking += 1;
        exchange.asked.notify_waiters();
        Self(exchange)
    }
}

impl Drop for Asking<'_> {
    fn drop(&mut self) {
        self.0.state().asking -= 1;
    }
}

#[cfg(test)]
#[path = "exchange_tests.rs"]
mod tests;
