//! A server that misbehaves as told: connection by connection, request by request.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{JoinHandle, JoinSet};

use backlot_handler::digest::Digest;

/// What the server does with one request.
#[derive(Clone, Debug)]
pub(super) enum Act {
    /// Answers and keeps the connection.
    Answer(String),
    /// Answers, wholly or in part, and closes the connection without having said so.
    AnswerAndClose(String),
    /// Closes the connection without a word.
    Close,
    /// Resets the connection.
    Reset,
    /// Never answers.
    Hang,
}

/// A server that acts once for each request, in order.
pub(super) struct Stub {
    pub(super) address: SocketAddr,
    requests: Arc<Mutex<Vec<Seen>>>,
    serving: JoinHandle<()>,
}

/// What is left to do, and what was asked.
#[derive(Clone)]
struct Script {
    acts: Arc<Mutex<VecDeque<Act>>>,
    requests: Arc<Mutex<Vec<Seen>>>,
}

/// A request as it came over the wire.
#[derive(Clone, Debug)]
pub(super) struct Seen {
    /// Which connection it came on, counted from one.
    pub(super) connection: usize,
    /// Request line and headers.
    pub(super) head: String,
    /// What followed them.
    pub(super) body: Vec<u8>,
}

impl Seen {
    pub(super) fn line(&self) -> &str {
        self.head.lines().next().unwrap()
    }

    pub(super) fn header(&self, wanted: &str) -> Option<&str> {
        self.head
            .lines()
            .filter_map(|line| line.split_once(": "))
            .find(|(name, _)| name.eq_ignore_ascii_case(wanted))
            .map(|(_, value)| value)
    }
}

impl Stub {
    pub(super) async fn start(acts: Vec<Act>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let script = Script {
            acts: Arc::new(Mutex::new(acts.into())),
            requests: Arc::default(),
        };
        let requests = Arc::clone(&script.requests);
        let serving = tokio::spawn(async move {
            let mut connections = JoinSet::new();
            for connection in 1.. {
                let (stream, _) = listener.accept().await.unwrap();
                connections.spawn(script.clone().serve(connection, stream));
            }
        });
        Self {
            address,
            requests,
            serving,
        }
    }

    /// All requests so far.
    pub(super) fn seen(&self) -> Vec<Seen> {
        self.requests.lock().unwrap().clone()
    }
}

impl Drop for Stub {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

impl Script {
    /// Serves one connection until an act or the client ends it. Dropping the stream closes it.
    async fn serve(self, connection: usize, mut stream: TcpStream) {
        while let Some(request) = read_request(connection, &mut stream).await {
            self.requests.lock().unwrap().push(request);
            let act = self.acts.lock().unwrap().pop_front();
            match act.expect("one act for each request") {
                Act::Answer(text) => stream.write_all(text.as_bytes()).await.unwrap(),
                Act::AnswerAndClose(text) => {
                    stream.write_all(text.as_bytes()).await.unwrap();
                    return;
                }
                Act::Close => return,
                Act::Reset => {
                    stream.set_zero_linger().unwrap();
                    return;
                }
                Act::Hang => std::future::pending().await,
            }
        }
    }
}

/// Reads one request to its end; nothing when the client is gone.
pub(super) async fn read_request(connection: usize, stream: &mut TcpStream) -> Option<Seen> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.ok()?);
    }
    let mut request = Seen {
        connection,
        head: String::from_utf8(head).unwrap(),
        body: Vec::new(),
    };
    let length = request.header("content-length");
    let length = length.map_or(0, |length| length.parse().unwrap());
    request.body.resize(length, 0);
    stream.read_exact(&mut request.body).await.ok()?;
    Some(request)
}

/// The answer to a PUT of `body` that went well.
pub(super) fn stored(body: &[u8]) -> String {
    let digest = Digest::of(body);
    format!(
        "HTTP/1.1 200 OK\r\nETag: \"{}\"\r\nx-cos-hash-crc64ecma: {}\r\nContent-Length: 0\r\n\r\n",
        digest.md5_hex(),
        digest.crc64
    )
}

/// An error as COS words it.
pub(super) fn refusal(status: &str, code: &str) -> String {
    let body = error_body(code);
    format!(
        "HTTP/1.1 {status}\r\nContent-Type: application/xml\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
}

pub(super) fn error_body(code: &str) -> String {
    format!(
        "<?xml version='1.0' encoding='utf-8' ?>\n<Error>\n\t<Code>{code}</Code>\n\t<Message>Told to.</Message>\n\t\
         <Resource>r</Resource>\n\t<RequestId>cos-request</RequestId>\n</Error>"
    )
}
