//! What an instance and the platform tell each other: the state behind one runtime API.
//!
//! The platform assigns an event and waits for its end; the process asks for the event and pushes a result. Everything is
//! decided under one lock, so the first result wins whatever else happens at the same time.
//!
//! What a process does after its result (a second push, say) is recorded with its next result, or when the process is gone.
//! By then it has happened; whether it has happened right after the first result depends on the machine.
//!
//! Follows: SCF reference, sections 3.3 to 3.5.

use std::sync::{Arc, Mutex, MutexGuard};

use bytes::Bytes;
use http::HeaderValue;
use jiff::Timestamp;
use tokio::sync::{Notify, oneshot};

use super::outcome::Missed;
use super::output::{LogLines, Output};
use backlot_base::context::Context;
use backlot_base::journal::{Lane, NoticeRecord, ScfRecord};

/// How the init window ended, as the process says: ready, or why the code did not load.
pub(super) type Loaded = Result<(), String>;

/// Both sides of one instance's conversation.
#[derive(Debug)]
pub(super) struct Exchange {
    context: Context,
    instance: String,
    output: Arc<Output>,
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
    /// How many requests for an event are open.
    asking: usize,
    /// What the process did outside of an attempt, each with the lane to which it belongs.
    notes: Vec<(Lane, String)>,
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
    // Taken when the event is fetched for the first time.
    fetch: Option<oneshot::Sender<()>>,
    end: oneshot::Sender<End>,
}

/// How the platform learns what becomes of an event that it has assigned.
#[derive(Debug)]
pub(super) struct Awaited {
    /// Resolves when the process fetches the event; fails if the event ends before.
    pub(super) fetched: oneshot::Receiver<()>,
    /// Resolves when the process pushes a result.
    pub(super) ended: oneshot::Receiver<End>,
}

/// An event for the process.
#[derive(Clone, Debug)]
pub(super) struct Assignment {
    /// The invocation's lane.
    pub(super) lane: Lane,
    /// The number of the attempt, from 1.
    pub(super) attempt: u32,
    /// The header `request_id`.
    pub(super) request_id: HeaderValue,
    /// The event, byte for byte.
    pub(super) event: Bytes,
    /// Whether the journal knows already that the attempt has begun.
    pub(super) is_begun: bool,
}

/// A result that counts.
#[derive(Debug)]
pub(super) struct End {
    pub(super) push: Push,
    /// What was printed before it.
    pub(super) printed: LogLines,
}

/// What a process says about its event.
#[derive(Debug)]
pub(super) enum Push {
    /// An answer.
    Response(Bytes),
    /// An error of its own.
    Error(Bytes),
    /// An answer or an error that is too large to be kept.
    TooLarge,
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
        lane: Lane,
    ) -> (Arc<Self>, oneshot::Receiver<Loaded>) {
        let (ready, is_ready) = oneshot::channel();
        let state = State {
            lane,
            served_lane: lane,
            progress: Progress::Starting,
            ready: Some(ready),
            has_served: false,
            asking: 0,
            notes: Vec::new(),
        };
        let exchange = Self {
            context,
            instance,
            output,
            state: Mutex::new(state),
            changed: Notify::new(),
            asked: Notify::new(),
        };
        (Arc::new(exchange), is_ready)
    }

    // What the process says.

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
    pub(super) async fn next(&self) -> Result<Assignment, Gone> {
        loop {
            let changed = self.changed.notified();
            tokio::pin!(changed);
            changed.as_mut().enable();
            if let Some(answer) = self.fetch() {
                return answer;
            }
            let asking = Asking::new(self);
            changed.await;
            drop(asking);
        }
    }

    fn fetch(&self) -> Option<Result<Assignment, Gone>> {
        let mut state = self.state();
        match &mut state.progress {
            Progress::Starting | Progress::Idle => None,
            Progress::Closed => Some(Err(Gone)),
            Progress::Busy(work) => {
                self.begin(work);
                work.is_fetched = true;
                if let Some(fetch) = work.fetch.take() {
                    // The receiver is gone if the platform has given up meanwhile.
                    let _ = fetch.send(());
                }
                Some(Ok(work.assignment.clone()))
            }
        }
    }

    /// `response` or `error`: the first one fixes the outcome.
    ///
    /// Choice: the very first event may be answered before it was fetched. Later ones may not, as a second result for one
    /// event would otherwise become the result of the next, if that is there already.
    pub(super) fn push(&self, push: Push) {
        let mut state = self.state();
        let has_served = state.has_served;
        match std::mem::replace(&mut state.progress, Progress::Idle) {
            Progress::Busy(mut work) if work.is_fetched || !has_served => {
                state.has_served = true;
                state.served_lane = work.assignment.lane;
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
                    (_, Push::Error(_)) => "an error was posted although no event was open",
                    _ => "a response was posted although no event was open",
                };
                state.progress = earlier;
                let lane = state.served_lane;
                let text = format!("{text}; it was ignored");
                state.notes.push((lane, text));
            }
        }
    }

    // What the platform says.

    /// Gives the process an event. The process must be ready and without an event.
    pub(super) fn assign(&self, assignment: Assignment) -> Awaited {
        let (fetch, fetched) = oneshot::channel();
        let (end, ended) = oneshot::channel();
        let mut state = self.state();
        state.lane = assignment.lane;
        state.progress = Progress::Busy(Work {
            assignment,
            is_fetched: false,
            fetch: Some(fetch),
            end,
        });
        drop(state);
        self.changed.notify_waiters();
        Awaited { fetched, ended }
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
        let is_fetched = work.is_fetched;
        Some(if is_fetched {
            Missed::Result
        } else {
            Missed::Fetch
        })
    }

    /// Ends the conversation: open requests for an event end with [`Gone`].
    pub(super) fn close(&self) {
        self.state().progress = Progress::Closed;
        self.changed.notify_waiters();
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
            let started = ScfRecord::AttemptStarted {
                attempt: work.assignment.attempt,
                instance: self.instance.clone(),
            };
            self.context.record(work.assignment.lane, started);
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state
            .lock()
            .expect("no code panics while it converses")
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
mod tests {
    use super::*;
    use std::sync::Arc;

    use futures_util::FutureExt as _;

    use backlot_base::clock::Clock;
    use backlot_base::journal::{Journal, What};
    use backlot_base::seed::Seed;

    const LANE: Lane = Lane::Invocation(1);

    fn exchange() -> (Arc<Exchange>, oneshot::Receiver<Loaded>, Journal) {
        let clock = Clock::virtual_default();
        let context = Context::new(&clock, Seed(1));
        let journal = context.journal.clone();
        let (output, _printer) = Output::of_printer();
        let (exchange, ready) = Exchange::new(context, "echo/1.1".into(), output, LANE);
        (exchange, ready, journal)
    }

    fn assignment() -> Assignment {
        Assignment {
            lane: LANE,
            attempt: 1,
            request_id: HeaderValue::from_static("id"),
            event: Bytes::from_static(b"{}"),
            is_begun: false,
        }
    }

    #[tokio::test]
    async fn next_waits_and_then_gives_the_same_event_again() {
        let (exchange, ready, _) = exchange();
        let early = exchange.next();
        tokio::pin!(early);
        assert!(early.as_mut().now_or_never().is_none(), "not ready");
        exchange.ready();
        assert_eq!(ready.await, Ok(Ok(())));
        assert!(early.as_mut().now_or_never().is_none(), "no event");
        let _awaited = exchange.assign(assignment());
        assert_eq!(early.await.unwrap().event, "{}");
        assert_eq!(exchange.next().await.unwrap().event, "{}");
    }

    #[tokio::test]
    async fn the_first_result_wins_and_the_second_is_noted() {
        let (exchange, _ready, journal) = exchange();
        exchange.ready();
        let ended = exchange.assign(assignment()).ended;
        exchange.push(Push::Response("one".into()));
        exchange.push(Push::Error("two".into()));
        let end = ended.await.unwrap();
        assert!(matches!(end.push, Push::Response(body) if body == "one"));
        exchange.record_notes();
        let last = journal.appended().pop().unwrap();
        assert!(
            matches!(last.what, What::Notice(NoticeRecord::Diagnostic { text }) if text.contains("an error"))
        );
    }

    #[tokio::test]
    async fn only_the_very_first_event_may_be_answered_unseen() {
        let (exchange, _ready, _) = exchange();
        exchange.ready();
        let ended = exchange.assign(assignment()).ended;
        exchange.push(Push::Response("one".into()));
        assert!(matches!(ended.await.unwrap().push, Push::Response(body) if body == "one"));
        let mut ended = exchange.assign(assignment()).ended;
        exchange.push(Push::Response("late".into()));
        assert!(ended.try_recv().is_err());
        exchange.next().await.unwrap();
        exchange.push(Push::Response("two".into()));
        assert!(matches!(ended.await.unwrap().push, Push::Response(body) if body == "two"));
    }

    #[tokio::test]
    async fn a_withdrawn_event_says_what_was_missed() {
        let (exchange, _ready, _) = exchange();
        exchange.ready();
        let _awaited = exchange.assign(assignment());
        assert_eq!(exchange.withdraw(), Some(Missed::Fetch));
        assert!(exchange.next().await.is_err());
    }
}
