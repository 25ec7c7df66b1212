//! A running emulator, in a folder of its own.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;

use backlot_tests::command::{CommandLine, Ended, Running};
use serde_json::Value;
use tempfile::TempDir;

const BACKLOT: &str = env!("CARGO_BIN_EXE_backlot-under-test");

/// A folder in which commands run.
pub(crate) struct Place(TempDir);

/// `backlot up` on a port of its own.
pub(crate) struct Up {
    pub(crate) place: Place,
    pub(crate) running: Running,
    pub(crate) address: SocketAddr,
}

/// A client that speaks plain HTTP to an address.
#[derive(Clone, Copy)]
pub(crate) struct Client(pub(crate) SocketAddr);

/// An answer over plain HTTP.
#[derive(Debug)]
pub(crate) struct Answered {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: Vec<u8>,
}

impl Place {
    pub(super) fn new() -> Self {
        Self(tempfile::tempdir().expect("a temporary folder"))
    }

    pub(super) fn path(&self) -> &Path {
        self.0.path()
    }

    pub(super) fn exists(&self, name: &str) -> bool {
        self.path().join(name).exists()
    }

    pub(super) fn write(&self, name: &str, text: &str) {
        std::fs::write(self.path().join(name), text).expect("room on the disk");
    }

    /// Makes a named pipe. Writing into it waits for a reader.
    pub(super) fn pipe(&self, name: &str) {
        let made = CommandLine::new("mkfifo", self.path()).arg(name).run();
        assert_eq!(made.code, Some(0), "{made:?}");
    }

    pub(super) fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.path().join(name)).expect("a file of text")
    }

    pub(super) fn backlot(&self, arguments: &str) -> CommandLine {
        let line = CommandLine::new(BACKLOT, self.path()).args(arguments);
        [
            "HTTP_PROXY",
            "http_proxy",
            "HTTPS_PROXY",
            "https_proxy",
            "NO_PROXY",
            "no_proxy",
        ]
        .into_iter()
        .fold(line, |line, name| line.env(name, ""))
    }

    /// Starts `backlot up` with these flags.
    #[track_caller]
    pub(super) fn up(self, arguments: &str) -> Up {
        let running = self
            .backlot(&format!("up --listen 127.0.0.1:0 {arguments}"))
            .start();
        Up::of(self, running)
    }
}

impl Up {
    #[track_caller]
    pub(super) fn start(arguments: &str) -> Self {
        Place::new().up(arguments)
    }

    #[track_caller]
    pub(super) fn of(place: Place, running: Running) -> Self {
        let address = running.first.strip_prefix("backlot is ready at http://");
        let address = address.and_then(|text| text.parse().ok());
        let address = address.unwrap_or_else(|| panic!("not a ready line: {:?}", running.first));
        Self {
            place,
            running,
            address,
        }
    }

    /// Another command that talks to it.
    #[track_caller]
    pub(super) fn backlot(&self, arguments: &str) -> Ended {
        self.line(arguments).run()
    }

    pub(super) fn line(&self, arguments: &str) -> CommandLine {
        let listen = self.address.to_string();
        self.place.backlot(arguments).env("BACKLOT_LISTEN", &listen)
    }

    pub(super) fn client(&self) -> Client {
        Client(self.address)
    }
}

impl Client {
    pub(crate) fn ask(&self, method: &str, path: &str, headers: &str, body: &[u8]) -> Answered {
        let mut answer = Vec::new();
        self.send(method, path, headers, body)
            .read_to_end(&mut answer)
            .expect("an answer");
        Answered::parse(&answer)
    }

    /// Sends a request on a connection of its own.
    pub(crate) fn send(&self, method: &str, path: &str, headers: &str, body: &[u8]) -> TcpStream {
        let mut stream = TcpStream::connect(self.0).expect("a connection");
        let host = if headers.contains("Host:") {
            String::new()
        } else {
            format!("Host: {}\r\n", self.0)
        };
        let head = format!(
            "{method} {path} HTTP/1.1\r\n{host}{headers}Content-Length: {}\r\nConnection: close\r\n\r\n",
            body.len()
        );
        stream.write_all(head.as_bytes()).expect("a request");
        stream.write_all(body).expect("a body");
        stream
    }

    #[track_caller]
    pub(crate) fn get(&self, path: &str) -> Value {
        self.ask("GET", path, "", b"").json()
    }

    /// The records so far.
    pub(crate) fn journal(&self) -> Vec<Value> {
        let answered = self.ask("GET", "/_backlot/journal", "", b"");
        let text = String::from_utf8(answered.body).expect("records are text");
        text.lines()
            .map(|line| serde_json::from_str(line).expect("a record"))
            .collect()
    }
}

impl Answered {
    fn parse(answer: &[u8]) -> Self {
        let end = answer
            .windows(4)
            .position(|part| part == b"\r\n\r\n")
            .expect("a head");
        let head = String::from_utf8(answer[..end].to_vec()).expect("a head of text");
        let status = head[9..12].parse().expect("a status");
        let mut body = answer[end + 4..].to_vec();
        if head
            .to_ascii_lowercase()
            .contains("transfer-encoding: chunked")
        {
            body = unchunk(&body);
        }
        Self { status, head, body }
    }

    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        assert_eq!(self.status, 200, "{self:?}");
        serde_json::from_slice(&self.body).expect("JSON")
    }

    /// The value of a header; empty if it is not there.
    pub(crate) fn header(&self, name: &str) -> &str {
        let lines = self.head.lines().filter_map(|line| line.split_once(": "));
        let mut values = lines.filter(|(found, _)| found.eq_ignore_ascii_case(name));
        values.next().map_or("", |(_, value)| value)
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

fn unchunk(mut rest: &[u8]) -> Vec<u8> {
    let mut body = Vec::new();
    while let Some(end) = rest.windows(2).position(|part| part == b"\r\n") {
        let size = std::str::from_utf8(&rest[..end]).expect("a size");
        let size = usize::from_str_radix(size, 16).expect("a size");
        body.extend_from_slice(&rest[end + 2..end + 2 + size]);
        rest = &rest[end + 4 + size..];
    }
    body
}

/// Lines of a body that is being sent.
pub(super) struct Lines(BufReader<TcpStream>);

impl Lines {
    /// Reads past the head.
    pub(super) fn of(stream: TcpStream) -> Self {
        let mut lines = Self(BufReader::new(stream));
        while !lines.next_raw().trim().is_empty() {}
        lines
    }

    fn next_raw(&mut self) -> String {
        let mut line = String::new();
        self.0.read_line(&mut line).expect("text");
        line
    }

    /// The next line that begins so; nothing at the end.
    pub(super) fn next(&mut self, beginning: &str) -> Option<String> {
        loop {
            let line = self.next_raw();
            if line.is_empty() {
                return None;
            }
            if line.starts_with(beginning) {
                return Some(line.trim_end().to_owned());
            }
        }
    }
}
