//! The platform's side of one instance: hands out events and takes results.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::AsyncWriteExt as _;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Mutex, mpsc};
use tokio::task::{JoinHandle, JoinSet};

use backlot::base::clock::Clock;

use super::stub::{Seen, read_request};

/// A runtime API for one instance.
pub(super) struct Platform {
    pub(super) address: SocketAddr,
    events: mpsc::UnboundedSender<String>,
    calls: mpsc::UnboundedReceiver<Seen>,
    serving: JoinHandle<()>,
}

impl Platform {
    /// Answers calls with 200, and `next` when there is an event.
    pub(super) async fn start() -> Self {
        Self::answering("200 OK").await
    }

    /// Answers every call but `next` with `status`.
    pub(super) async fn answering(status: &'static str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (events, to_be_taken) = mpsc::unbounded_channel();
        let (tell, calls) = mpsc::unbounded_channel();
        let to_be_taken = Arc::new(Mutex::new(to_be_taken));
        let serving = tokio::spawn(async move {
            let mut connections = JoinSet::new();
            for connection in 1.. {
                let (stream, _) = listener.accept().await.unwrap();
                let events = Arc::clone(&to_be_taken);
                connections.spawn(serve(connection, stream, status, events, tell.clone()));
            }
        });
        Self {
            address,
            events,
            calls,
            serving,
        }
    }

    /// Queues an event with the usual headers.
    pub(super) fn give(&self, request_id: &str, event: &[u8]) {
        let headers = format!(
            "request_id: {request_id}\r\nmemory_limit_in_mb: 128\r\ntime_limit_in_ms: 60000\r\n"
        );
        self.give_with(&headers, event);
    }

    /// Queues an event with these headers, each with its end of line.
    pub(super) fn give_with(&self, headers: &str, event: &[u8]) {
        let event = String::from_utf8(event.to_vec()).unwrap();
        let length = event.len();
        let answer = format!("HTTP/1.1 200 OK\r\n{headers}Content-Length: {length}\r\n\r\n{event}");
        self.events.send(answer).unwrap();
    }

    /// Queues an answer to `next` that is no event.
    pub(super) fn refuse_next(&self, status: &str) {
        let answer = format!("HTTP/1.1 {status}\r\nContent-Length: 5\r\n\r\nsorry");
        self.events.send(answer).unwrap();
    }

    /// The next call that the function makes.
    pub(super) async fn call(&mut self) -> Seen {
        let limit = Duration::from_secs(20);
        let call = Clock::real().within(limit, self.calls.recv()).await;
        call.expect("the function calls").unwrap()
    }

    /// Passes over the call that waits for an event, and takes the one that brings its result.
    pub(super) async fn result(&mut self) -> (String, serde_json::Value) {
        let next = self.call().await;
        assert_eq!(next.line(), "GET /runtime/invocation/next HTTP/1.1");
        let result = self.call().await;
        let body = serde_json::from_slice(&result.body).unwrap();
        (result.line().to_owned(), body)
    }
}

impl Drop for Platform {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

async fn serve(
    connection: usize,
    mut stream: TcpStream,
    status: &'static str,
    events: Arc<Mutex<mpsc::UnboundedReceiver<String>>>,
    tell: mpsc::UnboundedSender<Seen>,
) {
    while let Some(request) = read_request(connection, &mut stream).await {
        let is_next = request.line().starts_with("GET /runtime/invocation/next ");
        tell.send(request).unwrap();
        let answer = if is_next {
            events.lock().await.recv().await.unwrap()
        } else {
            format!("HTTP/1.1 {status}\r\nContent-Length: 2\r\n\r\n{{}}")
        };
        stream.write_all(answer.as_bytes()).await.unwrap();
    }
}
