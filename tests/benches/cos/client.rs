//! A client that costs next to nothing: requests are written as the bytes they are, answers are read just far enough to know
//! where they end. Echo and backlot are asked by the same one, so that it is in both figures.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::sync::Barrier;
use std::time::Duration;

use backlot::base::clock::Clock;
use bytes::Bytes;

/// Bodies up to this size leave together with their head, in one packet.
const TOGETHER: usize = 16 * 1024;

/// Bytes that are read at once.
const READ: usize = 256 * 1024;

/// A request as it goes over the wire.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    /// The head, and the body too if it is small.
    head: Vec<u8>,
    /// The body if it is large.
    body: Bytes,
    /// Whether the answer has a head only.
    is_head: bool,
}

/// Connections that stay open.
pub(crate) struct Clients {
    clock: Clock,
    connections: Vec<Connection>,
}

struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
}

impl Request {
    /// A request with this head, up to and including the empty line.
    pub(crate) fn new(head: String, body: &Bytes) -> Self {
        let is_head = head.starts_with("HEAD ");
        let mut head = head.into_bytes();
        if body.len() > TOGETHER {
            let body = body.clone();
            return Self {
                head,
                body,
                is_head,
            };
        }
        head.extend_from_slice(body);
        Self {
            head,
            body: Bytes::new(),
            is_head,
        }
    }
}

impl Clients {
    pub(crate) fn connect(address: SocketAddr, count: usize) -> Self {
        Self {
            clock: Clock::real(),
            connections: (0..count).map(|_| Connection::open(address)).collect(),
        }
    }

    /// Sends all requests, each connection its share one after the other; the time until the last answer.
    pub(crate) fn play(&mut self, requests: &[Request]) -> Duration {
        if let [connection] = self.connections.as_mut_slice() {
            let watch = self.clock.stopwatch();
            connection.play(requests.iter());
            return watch.elapsed();
        }
        let count = self.connections.len();
        let start = Barrier::new(count + 1);
        std::thread::scope(|scope| {
            for (index, connection) in self.connections.iter_mut().enumerate() {
                let start = &start;
                scope.spawn(move || {
                    start.wait();
                    connection.play(requests.iter().skip(index).step_by(count));
                    start.wait();
                });
            }
            start.wait();
            let watch = self.clock.stopwatch();
            start.wait();
            watch.elapsed()
        })
    }

    /// Sends one request; the body of its answer.
    pub(crate) fn ask(&mut self, request: &Request) -> Vec<u8> {
        self.connections[0].exchange(request).to_vec()
    }
}

impl Connection {
    fn open(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).expect("the server accepts");
        stream.set_nodelay(true).expect("a socket has this option");
        Self {
            stream,
            buffer: Vec::new(),
        }
    }

    fn play<'a>(&mut self, requests: impl Iterator<Item = &'a Request>) {
        for request in requests {
            self.exchange(request);
        }
    }

    /// The body of the answer.
    fn exchange(&mut self, request: &Request) -> &[u8] {
        self.stream
            .write_all(&request.head)
            .and_then(|()| self.stream.write_all(&request.body))
            .expect("the connection stays open");
        let mut filled = 0;
        let head = loop {
            filled += self.read(filled);
            if let Some(end) = end_of_head(&self.buffer[..filled]) {
                break end;
            }
        };
        let text = std::str::from_utf8(&self.buffer[..head]).expect("a head is text");
        assert!(text.starts_with("HTTP/1.1 200 "), "not an answer: {text}");
        let length = if request.is_head { 0 } else { length_of(text) };
        while filled < head + length {
            filled += self.read(filled);
        }
        assert_eq!(filled, head + length, "an answer ends where it says");
        &self.buffer[head..filled]
    }

    /// Reads more behind what is there; how much.
    fn read(&mut self, filled: usize) -> usize {
        if self.buffer.len() < filled + READ {
            self.buffer.resize(filled + READ, 0);
        }
        let read = self.stream.read(&mut self.buffer[filled..]);
        let read = read.expect("the connection stays open");
        assert!(read > 0, "the connection stays open");
        read
    }
}

/// Where the body begins.
fn end_of_head(bytes: &[u8]) -> Option<usize> {
    let end = bytes.windows(4).position(|part| part == b"\r\n\r\n")?;
    Some(end + 4)
}

fn length_of(head: &str) -> usize {
    let mut lines = head.lines().filter_map(|line| line.split_once(": "));
    let length = lines.find(|(name, _)| name.eq_ignore_ascii_case("content-length"));
    let length = length.and_then(|(_, value)| value.parse().ok());
    length.unwrap_or_else(|| panic!("an answer says how long it is: {head}"))
}
