//! Work that must not stop halfway: it goes on when the future that waits for it is dropped.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use tokio::runtime::Handle;
use tracing::Instrument as _;

use crate::request::error::Error;

/// Does `work` in the task that waits for it, and in a task of its own once the returned future is dropped.
pub(super) fn detach_on_drop<T: Send + 'static>(
    work: impl Future<Output = Result<T, Error>> + Send + 'static,
) -> impl Future<Output = Result<T, Error>> + Send {
    Detach {
        work: Some(work.boxed()),
    }
}

/// Work that is not done. Most work is done at its first poll, so a task from the beginning would cost more than it gains.
struct Detach<T: Send + 'static> {
    /// `None` once the work is done.
    work: Option<BoxFuture<'static, Result<T, Error>>>,
}

impl<T: Send + 'static> Future for Detach<T> {
    type Output = Result<T, Error>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut work = self.work.take().expect("it is asked until it has ended");
        let polled = work.poll_unpin(cx);
        if polled.is_pending() {
            self.work = Some(work);
        }
        polled
    }
}

impl<T: Send + 'static> Drop for Detach<T> {
    fn drop(&mut self) {
        // Without a runtime, the program is ending.
        if let (Some(work), Ok(runtime)) = (self.work.take(), Handle::try_current()) {
            runtime.spawn(work.in_current_span());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::sync::oneshot;

    #[tokio::test]
    async fn work_goes_on_when_its_future_is_dropped() {
        let (go, going) = oneshot::channel::<()>();
        let (done, ended) = oneshot::channel();
        let mut work = Box::pin(detach_on_drop(async move {
            going.await.expect("the test says go");
            done.send("done").expect("the test listens");
            Ok(())
        }));
        let begun = futures_util::poll!(&mut work);
        assert!(begun.is_pending());
        drop(work);
        go.send(()).unwrap();
        assert_eq!(ended.await.unwrap(), "done");
    }

    #[tokio::test]
    async fn work_that_was_never_waited_for_is_done_too() {
        let (done, ended) = oneshot::channel();
        drop(detach_on_drop(async move {
            done.send("done").expect("the test listens");
            Ok(())
        }));
        assert_eq!(ended.await.unwrap(), "done");
    }
}
