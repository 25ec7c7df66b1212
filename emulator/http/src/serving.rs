//! What the connections of a server share: the service behind them, their limits, and the signals to stop.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::exchange::{Request, Response};
use super::proxy::Proxy;
use backlot_base::clock::Clock;

/// The result of a request: an answer, or a connection that is closed without one.
pub type Answer = Result<Response, Cut>;

/// The connection is to be closed without an answer: a planned fault.
#[derive(Debug, thiserror::Error)]
#[error("the connection is cut on purpose")]
pub struct Cut;

/// An answer on its way.
pub type Answering = Pin<Box<dyn Future<Output = Answer> + Send>>;

/// Answers requests.
pub(super) type Service = Box<dyn Fn(Request) -> Answering + Send + Sync>;

/// Limits of a server and its connections.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of a request line with its headers; more is answered with 431.
    pub head: usize,
    /// Real time from the end of one exchange (or the beginning of the connection) to the end of the next request's head,
    /// and for a TLS handshake. It ends senders that are too slow and connections that are idle.
    pub head_within: Duration,
    /// Connections at once. More wait, unaccepted, until one of these ends.
    pub connections: usize,
}

/// What this process may have open beside connections, at least: the files of a store, pipes, sockets of functions.
const OTHERS: u64 = 48;

/// What all connections of a server share.
pub(super) struct Shared {
    pub(super) clock: Clock,
    pub(super) service: Service,
    pub(super) limits: Limits,
    pub(super) proxy: Option<Proxy>,
    /// The port that the server listens on.
    pub(super) port: u16,
    /// One for each connection.
    pub(super) places: Arc<Semaphore>,
    pub(super) stopping: CancellationToken,
    pub(super) killing: CancellationToken,
    pub(super) tasks: TaskTracker,
}

impl Default for Limits {
    /// 64 KiB, 60 seconds, and half of what this process may open, but not more than 4096 connections. With a low limit fewer,
    /// because some dozens of files are open anyway.
    fn default() -> Self {
        let files = rustix::process::getrlimit(rustix::process::Resource::Nofile);
        let files = files.current.unwrap_or(u64::MAX);
        let most = (files / 2).min(files.saturating_sub(OTHERS)).clamp(8, 4096);
        Self {
            head: 64 * 1024,
            head_within: Duration::from_secs(60),
            connections: usize::try_from(most).expect("4096 fits into every usize"),
        }
    }
}
