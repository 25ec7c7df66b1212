//! Whether the calls of a principal are served: while a function has no event, they wait.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::sync::watch;

/// The gate before the services of one principal. Clones are the same gate; it is open from the start.
#[derive(Clone, Default)]
pub struct Gate(Arc<Inner>);

#[derive(Default)]
struct Inner {
    state: watch::Sender<State>,
    /// How many connections are known to be the principal's.
    connections: AtomicUsize,
    /// How many of them are tunnels through which no request has come yet.
    arriving: AtomicUsize,
}

#[derive(Debug, Default)]
struct State {
    position: Position,
    /// How many calls have not been let through yet.
    waiting: usize,
    /// The hosts of the calls that are being served.
    served: Vec<String>,
    /// The hosts of the calls that were being served when the gate was closed, and of those that came after.
    late: Vec<String>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Position {
    #[default]
    Open,
    /// Calls wait.
    Closed,
    /// The principal is gone: no call is served any more.
    Ended,
}

/// A connection of the principal, until this is dropped.
#[derive(Debug)]
pub struct Connected {
    gate: Gate,
    /// Whether it is a tunnel through which no request has come yet.
    is_arriving: bool,
}

/// A call that has not been let through yet, until this is dropped.
struct WaitingCall<'a>(&'a Gate);

/// A call that is being served, until this is dropped.
#[derive(Debug)]
pub struct ServedCall {
    gate: Gate,
    host: String,
}

/// The principal of a call that waited is gone.
#[derive(Debug, thiserror::Error)]
#[error("the caller is gone")]
pub struct CallerGone;

impl Gate {
    /// Lets calls that arrive from now on wait. Calls that are being served go on.
    pub fn close(&self) {
        self.0.state.send_if_modified(|state| {
            let is_open = state.position == Position::Open;
            if is_open {
                state.position = Position::Closed;
                state.late.clone_from(&state.served);
            }
            is_open
        });
    }

    /// Serves the calls that wait, and those that arrive from now on.
    pub fn open(&self) {
        self.0.state.send_if_modified(|state| {
            let is_closed = state.position == Position::Closed;
            if is_closed {
                state.position = Position::Open;
                state.late.clear();
            }
            is_closed
        });
    }

    /// Ends all calls that wait, for good.
    pub fn end(&self) {
        self.0
            .state
            .send_modify(|state| state.position = Position::Ended);
    }

    /// The hosts of the calls that were being served when the gate was closed, and of those that have come since; each
    /// once, in alphabetical order.
    pub fn late_calls(&self) -> Vec<String> {
        let mut hosts = self.0.state.borrow().late.clone();
        hosts.sort();
        hosts.dedup();
        hosts
    }

    /// Waits until there are calls that are late.
    pub async fn has_late_call(&self) {
        let mut state = self.0.state.subscribe();
        let late = state.wait_for(|state| !state.late.is_empty()).await;
        drop(late.expect("the gate keeps the sender"));
    }

    /// Whether a call is being served or about to be, or a tunnel is open through which no request has come yet.
    pub fn is_in_use(&self) -> bool {
        let state = self.0.state.borrow();
        let is_let_through = state.position == Position::Open && state.waiting > 0;
        is_let_through || !state.served.is_empty() || self.0.arriving.load(Ordering::Acquire) > 0
    }

    /// How many connections are known to be the principal's.
    pub fn connections(&self) -> usize {
        self.0.connections.load(Ordering::Acquire)
    }

    /// How many calls are late (see [`Gate::late_calls`]).
    pub fn late_count(&self) -> usize {
        self.0.state.borrow().late.len()
    }

    /// Counts a connection; `is_arriving` says that it is a tunnel that has just been opened.
    pub fn connected(&self, is_arriving: bool) -> Connected {
        self.0.connections.fetch_add(1, Ordering::AcqRel);
        if is_arriving {
            self.0.arriving.fetch_add(1, Ordering::AcqRel);
        }
        Connected {
            gate: self.clone(),
            is_arriving,
        }
    }

    /// Lets a call to `host` through: at once if the gate is open, else when it is opened.
    pub async fn pass(&self, host: &str) -> Result<ServedCall, CallerGone> {
        let mut changes = self.0.state.subscribe();
        let mut is_known = false;
        let _waiting = WaitingCall::new(self);
        loop {
            let mut position = Position::Open;
            self.0.state.send_if_modified(|state| {
                position = state.position;
                match position {
                    Position::Open => state.served.push(host.to_owned()),
                    Position::Closed if !is_known => state.late.push(host.to_owned()),
                    Position::Closed | Position::Ended => return false,
                }
                position == Position::Closed
            });
            match position {
                Position::Open => break,
                Position::Closed => is_known = true,
                Position::Ended => return Err(CallerGone),
            }
            let settled = changes.wait_for(|state| state.position != Position::Closed);
            drop(settled.await.expect("the gate keeps the sender"));
        }
        Ok(ServedCall {
            gate: self.clone(),
            host: host.to_owned(),
        })
    }
}

impl Connected {
    /// Notes that a request has come.
    pub fn has_call(&mut self) {
        if std::mem::replace(&mut self.is_arriving, false) {
            self.gate.0.arriving.fetch_sub(1, Ordering::AcqRel);
        }
    }
}

impl Drop for Connected {
    fn drop(&mut self) {
        self.has_call();
        self.gate.0.connections.fetch_sub(1, Ordering::AcqRel);
    }
}

impl<'a> WaitingCall<'a> {
    fn new(gate: &'a Gate) -> Self {
        gate.0.state.send_if_modified(|state| {
            state.waiting += 1;
            false
        });
        Self(gate)
    }
}

impl Drop for WaitingCall<'_> {
    fn drop(&mut self) {
        self.0.0.state.send_if_modified(|state| {
            state.waiting -= 1;
            false
        });
    }
}

impl Drop for ServedCall {
    fn drop(&mut self) {
        self.gate.0.state.send_if_modified(|state| {
            if let Some(place) = state.served.iter().position(|host| *host == self.host) {
                state.served.swap_remove(place);
            }
            false
        });
    }
}

impl fmt::Debug for Gate {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "Gate({:?})", *self.0.state.borrow())
    }
}

#[cfg(test)]
mod tests {
    use std::pin::{Pin, pin};
    use std::task::{Context, Poll, Waker};

    use super::*;

    fn poll<T>(future: Pin<&mut impl Future<Output = T>>) -> Poll<T> {
        future.poll(&mut Context::from_waker(Waker::noop()))
    }

    #[test]
    fn calls_wait_while_the_gate_is_closed() {
        let gate = Gate::default();
        let Poll::Ready(Ok(served)) = poll(pin!(gate.pass("c"))) else {
            panic!("the gate is open");
        };
        assert!(gate.is_in_use());
        gate.close();
        let (mut b, mut a) = (pin!(gate.pass("b")), pin!(gate.pass("a")));
        assert!(poll(b.as_mut()).is_pending() && poll(a.as_mut()).is_pending());
        assert!(poll(pin!(gate.has_late_call())).is_ready());
        assert_eq!(gate.late_calls(), ["a", "b", "c"]);
        drop(served);
        assert!(!gate.is_in_use());
        gate.open();
        assert!(matches!(poll(b), Poll::Ready(Ok(_))));
        assert!(gate.late_calls().is_empty());
        gate.close();
        assert!(gate.late_calls().is_empty());
        let mut last = pin!(gate.pass("c"));
        assert!(poll(last.as_mut()).is_pending());
        gate.end();
        gate.open();
        assert!(matches!(poll(last), Poll::Ready(Err(CallerGone))));
    }

    #[test]
    fn a_tunnel_counts_until_its_first_request() {
        let gate = Gate::default();
        let mut tunnel = gate.connected(true);
        assert!(gate.is_in_use());
        tunnel.has_call();
        assert_eq!((gate.is_in_use(), gate.connections()), (false, 1));
        drop(tunnel);
        assert_eq!(gate.connections(), 0);
    }
}
