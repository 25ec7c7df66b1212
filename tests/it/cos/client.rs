//! A running COS on a port of its own, and a client that speaks raw HTTP/1.1, so that nothing is polished on the way.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use backlot::base::clock::Clock;
use backlot::base::seed::Seed;
use backlot::context::Context;
use backlot::cos::store::{self, Store, StoreSettings};
use backlot::cos::{Auth, Cos, Listener, Settings};
use backlot::fault::{Faults, NoFaults};
use backlot::http::auth::v5::{Signed, sign};
use backlot::http::auth::{Credentials, Keyring, Principal};
use backlot::http::{Query, Server};
use backlot::journal::Journal;
use backlot::signal::ObjectChanged;
use hyper::header::{HeaderMap, HeaderName, HeaderValue};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// The bucket that every test starts with.
pub(crate) const BUCKET: &str = "archive-1250000000";

/// Its host.
pub(crate) const HOST: &str = "archive-1250000000.cos.ap-guangzhou.myqcloud.com";

/// Everything a test needs.
pub(crate) struct Running {
    pub(crate) cos: Cos,
    pub(crate) clock: Clock,
    pub(crate) journal: Journal,
    pub(crate) owner: Principal,
    pub(crate) credentials: Credentials,
    pub(crate) keyring: Keyring,
    pub(crate) changes: Arc<Mutex<Vec<ObjectChanged>>>,
    server: Server,
}

/// A request to be sent.
#[derive(Clone, Debug)]
pub(crate) struct Ask {
    method: String,
    target: String,
    host: String,
    headers: Vec<(String, Vec<u8>)>,
    /// Sent, but not covered by the signature.
    loose: Vec<(String, Vec<u8>)>,
    body: Vec<u8>,
    is_signed: bool,
    has_length: bool,
}

/// An answer, as it came.
#[derive(Clone, Debug)]
pub(crate) struct Answered {
    pub(crate) status: u16,
    /// Names in the case in which they came.
    pub(crate) headers: Vec<(String, Vec<u8>)>,
    pub(crate) body: Vec<u8>,
}

impl Running {
    /// A service over a store in memory, with one bucket.
    pub(crate) async fn start() -> Self {
        Self::with(
            Arc::new(NoFaults),
            Auth::Verify,
            store::open(&StoreSettings::memory()).unwrap(),
        )
        .await
    }

    pub(crate) async fn with(faults: Faults, auth: Auth, store: Arc<Store>) -> Self {
        let settings = Settings {
            auth,
            max_object: 1 << 22,
            ..Settings::default()
        };
        Self::with_settings(faults, settings, store).await
    }

    pub(crate) async fn with_settings(
        faults: Faults,
        settings: Settings,
        store: Arc<Store>,
    ) -> Self {
        let clock = Clock::virtual_default();
        let context = Context {
            faults,
            ..Context::new(&clock, Seed(7))
        };
        let journal = context.journal.clone();
        let keyring = Keyring::default();
        let credentials = Credentials {
            secret_id: "AKIDEXAMPLE".into(),
            secret_key: "examplekey".into(),
            token: None,
        };
        let owner = Principal::new("owner", None);
        keyring.issue(credentials.clone(), owner.clone());
        let changes = Arc::new(Mutex::new(Vec::new()));
        let heard = Arc::clone(&changes);
        let listener = Listener::new(move |changed, _hold| heard.lock().unwrap().push(changed));
        let cos = Cos::new(context, keyring.clone(), store, settings, listener);
        cos.create_bucket(BUCKET, "ap-guangzhou").await.unwrap();
        let serving = cos.clone();
        let serve = move |request| {
            let cos = serving.clone();
            async move { cos.serve(request).await }
        };
        let server = Server::start(&clock, SocketAddr::from(([127, 0, 0, 1], 0)), serve)
            .await
            .unwrap();
        Self {
            cos,
            clock,
            journal,
            owner,
            credentials,
            keyring,
            changes,
            server,
        }
    }

    pub(crate) async fn stop(self) {
        self.server.stop().await;
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.server.address()
    }

    /// Sends a request on a connection of its own, and reads the answer to the end.
    pub(crate) async fn ask(&self, ask: Ask) -> Answered {
        let bytes = ask.to_bytes(self);
        self.exchange(&bytes, ask.method == "HEAD").await
    }

    /// Sends bytes as they are, then no more.
    pub(crate) async fn exchange(&self, bytes: &[u8], is_head: bool) -> Answered {
        let mut stream = TcpStream::connect(self.address()).await.unwrap();
        // A service that refuses early may close before it has read all.
        let sent = stream.write_all(bytes).await;
        drop(sent);
        drop(stream.shutdown().await);
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).await.unwrap();
        Answered::parse(&answer, is_head)
    }

    pub(crate) async fn put(&self, key: &str, body: &[u8]) -> Answered {
        let target = format!("/{}", encode(key));
        self.ask(Ask::new("PUT", &target).body(body)).await
    }

    pub(crate) async fn get(&self, key: &str) -> Answered {
        self.ask(Ask::new("GET", &format!("/{}", encode(key))))
            .await
    }
}

impl Ask {
    pub(crate) fn new(method: &str, target: &str) -> Self {
        Self {
            method: method.into(),
            target: target.into(),
            host: HOST.into(),
            headers: Vec::new(),
            loose: Vec::new(),
            body: Vec::new(),
            is_signed: true,
            has_length: method == "PUT" || method == "POST",
        }
    }

    pub(crate) fn host(mut self, host: &str) -> Self {
        self.host = host.into();
        self
    }

    pub(crate) fn header(mut self, name: &str, value: impl AsRef<[u8]>) -> Self {
        self.headers.push((name.into(), value.as_ref().to_vec()));
        self
    }

    pub(crate) fn unsigned_header(mut self, name: &str, value: impl AsRef<[u8]>) -> Self {
        self.loose.push((name.into(), value.as_ref().to_vec()));
        self
    }

    pub(crate) fn body(mut self, body: &[u8]) -> Self {
        self.body = body.to_vec();
        self.has_length = true;
        self
    }

    pub(crate) fn unsigned(mut self) -> Self {
        self.is_signed = false;
        self
    }

    pub(crate) fn without_length(mut self) -> Self {
        self.has_length = false;
        self
    }

    /// The request on the wire.
    pub(crate) fn to_bytes(&self, running: &Running) -> Vec<u8> {
        let mut lines = vec![
            format!("{} {} HTTP/1.1", self.method, self.target).into_bytes(),
            format!("Host: {}", self.host).into_bytes(),
            b"Connection: close".to_vec(),
        ];
        for (name, value) in self.headers.iter().chain(&self.loose) {
            lines.push([name.as_bytes(), b": ", value].concat());
        }
        if self.has_length {
            lines.push(format!("Content-Length: {}", self.body.len()).into_bytes());
        }
        if self.is_signed {
            lines.push(format!("Authorization: {}", self.authorization(running)).into_bytes());
        }
        lines.push(Vec::new());
        lines.push(self.body.clone());
        lines.join(&b"\r\n"[..])
    }

    fn authorization(&self, running: &Running) -> String {
        let headers = self.headers.iter().map(|(name, value)| {
            let name = HeaderName::from_bytes(name.as_bytes()).unwrap();
            (name, HeaderValue::from_bytes(value).unwrap())
        });
        let headers: HeaderMap = headers.collect();
        let (path, query) = self.target.split_once('?').unwrap_or((&self.target, ""));
        let paths = [decode(path)];
        let request = Signed {
            method: &self.method,
            hosts: &[&self.host],
            paths: &paths,
            query: &Query::parse(query),
            headers: &headers,
        };
        let now = running.clock.client_now().as_second();
        let names: Vec<_> = headers
            .keys()
            .map(HeaderName::as_str)
            .chain(["host"])
            .collect();
        sign(
            &request,
            &names,
            &running.credentials,
            (now - 60, now + 900),
        )
    }
}

impl Answered {
    fn parse(bytes: &[u8], is_head: bool) -> Self {
        let end = bytes.windows(4).position(|four| four == b"\r\n\r\n");
        let end = end.unwrap_or_else(|| panic!("no answer: {:?}", String::from_utf8_lossy(bytes)));
        let mut lines = bytes[..end]
            .split(|byte| *byte == b'\n')
            .map(<[u8]>::trim_ascii_end);
        let status = std::str::from_utf8(&lines.next().unwrap()[9..12])
            .unwrap()
            .parse()
            .unwrap();
        let headers = lines.map(|line| {
            let colon = line.iter().position(|byte| *byte == b':').unwrap();
            (
                String::from_utf8(line[..colon].to_vec()).unwrap(),
                line[colon + 1..].trim_ascii_start().to_vec(),
            )
        });
        let answered = Self {
            status,
            headers: headers.collect(),
            body: bytes[end + 4..].to_vec(),
        };
        assert!(
            !is_head || answered.body.is_empty(),
            "an answer to HEAD has no body"
        );
        answered
    }

    /// The header of exactly this name, in this case.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let (_, value) = self.headers.iter().find(|(found, _)| found == name)?;
        std::str::from_utf8(value).ok()
    }

    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }

    /// The text of `<Code>`.
    #[track_caller]
    pub(crate) fn code(&self) -> &str {
        self.element("Code")
    }

    #[track_caller]
    pub(crate) fn element(&self, name: &str) -> &str {
        let (open, close) = (format!("<{name}>"), format!("</{name}>"));
        let after = self
            .text()
            .split_once(&open)
            .unwrap_or_else(|| panic!("no {name} in {self:?}"))
            .1;
        after.split_once(&close).unwrap().0
    }
}

/// Percent-encodes all but letters, digits and `-_.~`.
pub(crate) fn encode(text: &str) -> String {
    let bytes = text.bytes().map(|byte| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => {
            char::from(byte).to_string()
        }
        _ => format!("%{byte:02X}"),
    });
    bytes.collect()
}

fn decode(text: &str) -> Vec<u8> {
    let (mut bytes, mut rest) = (Vec::new(), text.as_bytes());
    while let [first, after @ ..] = rest {
        if let (b'%', [high, low, after @ ..]) = (first, after) {
            bytes.extend(hex::decode([*high, *low]).unwrap());
            rest = after;
        } else {
            bytes.push(*first);
            rest = after;
        }
    }
    bytes
}
