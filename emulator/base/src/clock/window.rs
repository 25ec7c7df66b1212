//! A limit of real time that is set again for each of many short pieces of work.

use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use tokio::time::{Instant, Sleep};

use super::Elapsed;

/// What one process may take for each of its events, in real time.
///
/// A new timer of the runtime wakes the thread that waits for the earliest one, which takes longer than a short piece of work.
/// So the timer of an earlier piece is kept. It is set anew only when it fires before the time of the present piece.
#[derive(Debug, Default)]
pub struct Window {
    timer: Option<Pin<Box<Sleep>>>,
}

impl Window {
    /// Runs `work`, but gives up after `limit` of *real* time, whatever the clock: [`Clock::within`](super::Clock::within).
    #[expect(clippy::disallowed_methods, reason = "this is the door")]
    pub async fn within<T>(
        &mut self,
        limit: Duration,
        work: impl Future<Output = T>,
    ) -> Result<T, Elapsed> {
        let Some(due) = Instant::now().checked_add(limit) else {
            return Ok(work.await);
        };
        let timer = self
            .timer
            .get_or_insert_with(|| Box::pin(tokio::time::sleep_until(due)));
        if timer.deadline() > due {
            timer.as_mut().reset(due);
        }
        let end = async {
            loop {
                timer.as_mut().await;
                if timer.deadline() >= due {
                    break;
                }
                timer.as_mut().reset(due);
            }
        };
        tokio::select! {
            biased;
            done = work => Ok(done),
            () = end => Err(Elapsed { limit }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHORT: Duration = Duration::from_millis(20);
    const LONG: Duration = Duration::from_secs(60);

    #[tokio::test]
    async fn each_piece_of_work_has_its_own_limit() {
        let mut window = Window::default();
        for limit in [SHORT, LONG, SHORT] {
            assert_eq!(window.within(limit, async { 7 }).await.unwrap(), 7);
        }
        let never = std::future::pending::<()>();
        let elapsed = window.within(SHORT, never).await.unwrap_err();
        assert_eq!(elapsed.limit, SHORT);
        // The timer has fired; what takes no time is done all the same.
        assert_eq!(window.within(SHORT, async { 8 }).await.unwrap(), 8);
    }

    #[tokio::test]
    async fn the_timer_of_an_earlier_piece_does_not_end_a_later_one() {
        let mut window = Window::default();
        window.within(SHORT, async {}).await.unwrap();
        let (said, heard) = tokio::sync::oneshot::channel();
        let other = std::thread::spawn(move || {
            // Twice the time of the earlier timer, while the later piece waits.
            let (_never, silence) = std::sync::mpsc::channel::<()>();
            silence.recv_timeout(2 * SHORT).unwrap_err();
            said.send("done").unwrap();
        });
        let heard = window.within(LONG, heard).await.unwrap();
        assert_eq!(heard, Ok("done"));
        other.join().unwrap();
        let never = std::future::pending::<()>();
        window.within(SHORT, never).await.unwrap_err();
    }
}
