//! Waits for midnight and applies the lifecycles, as long as any bucket has one.

use std::sync::Weak;
use std::task::Poll;

use jiff::{SignedDuration, Timestamp};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio_util::task::AbortOnDropHandle;
use tracing::Instrument as _;

use super::rule::midnight_from;
use crate::Inner;
use crate::request::error::Error;
use crate::store::Kind;
use backlot_base::clock::{Clock, Hold};
use backlot_base::journal::{Lane, NoticeRecord};

/// A task that applies lifecycles at midnight. It ends when this is dropped.
#[derive(Debug)]
pub(crate) struct Keeper {
    wake: UnboundedSender<Hold>,
    _task: AbortOnDropHandle<()>,
}

impl Keeper {
    /// Starts waiting, at once if the store may hold rules from an earlier run.
    pub(crate) fn start(cos: Weak<Inner>, clock: &Clock, kind: Kind) -> Self {
        let (wake, woken) = unbounded_channel();
        let may_be_late = kind != Kind::Memory;
        let keeping = keep(cos, clock.clone(), woken, may_be_late);
        let task = tokio::spawn(keeping.in_current_span());
        let keeper = Self {
            wake,
            _task: AbortOnDropHandle::new(task),
        };
        if may_be_late {
            keeper.wake(clock);
        }
        keeper
    }

    /// Tells the task that there may be rules now. The clock stands still until it has checked that.
    pub(crate) fn wake(&self, clock: &Clock) {
        let hold = clock.hold("the lifecycle of COS");
        // The task ends with the service only.
        drop(self.wake.send(hold));
    }
}

/// Applies at once what became due while the program was not running, if the store may hold such objects.
async fn keep(
    cos: Weak<Inner>,
    clock: Clock,
    mut woken: UnboundedReceiver<Hold>,
    mut may_be_late: bool,
) {
    while let Some(mut hold) = woken.recv().await {
        if std::mem::take(&mut may_be_late) {
            carry_out(&cos, clock.now()).await;
        }
        loop {
            if !has_rules(&cos).await {
                break;
            }
            let now = clock.now();
            let due = midnight_from(
                now.saturating_add(SignedDuration::from_nanos(1))
                    .unwrap_or(now),
            );
            let waiting = clock.background_until(due, "the lifecycle of COS");
            tokio::pin!(waiting);
            // The clock knows of the wait from its first poll on; only then may time go on.
            let first = futures_util::poll!(waiting.as_mut());
            drop(hold);
            hold = match first {
                Poll::Ready(hold) => hold,
                Poll::Pending => loop {
                    tokio::select! {
                        hold = waiting.as_mut() => break hold,
                        again = woken.recv() => match again {
                            // It waits already.
                            Some(again) => drop(again),
                            None => return,
                        },
                    }
                },
            };
            carry_out(&cos, due.max(clock.now())).await;
        }
    }
}

async fn has_rules(cos: &Weak<Inner>) -> bool {
    let Some(cos) = cos.upgrade() else {
        return false;
    };
    let found = cos.has_lifecycle().await;
    found.unwrap_or_else(|error| {
        complain(&cos, &error);
        false
    })
}

async fn carry_out(cos: &Weak<Inner>, now: Timestamp) {
    let Some(cos) = cos.upgrade() else {
        return;
    };
    if let Err(error) = cos.apply_lifecycle(now).await {
        complain(&cos, &error);
    }
}

/// No caller gets the error, so it is logged and recorded.
fn complain(cos: &Inner, error: &Error) {
    tracing::error!(%error, "a lifecycle could not be applied");
    let text = format!("a lifecycle could not be applied: {error}");
    cos.context
        .record(Lane::Stage, NoticeRecord::Diagnostic { text });
    if let Some(error) = &error.store {
        cos.report_store(Lane::Stage, &**error);
    }
}
