//! The front door over real sockets: one port that is a server, a TLS server and a proxy.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod authority;
mod cloud_api;
mod early;
mod limits;
mod malformed;
mod parameters;
mod proxy;
mod signatures;
mod tls;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use backlot::base::clock::Clock;
use backlot::http::exchange::{authority, collect, full};
use backlot::http::server::Settings;
use backlot::http::{Arrival, Authority, Emulated, Limits, Proxy, Request, Response, Server};
use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

/// Nothing here takes this long unless it hangs.
const PATIENCE: Duration = Duration::from_secs(30);

/// A front door whose service describes each request in its answer.
struct Door {
    server: Server,
    authority: Arc<Authority>,
}

impl Door {
    async fn open() -> Self {
        Self::with(Limits::default(), |_| {}).await
    }

    async fn with(limits: Limits, change: impl FnOnce(&mut Proxy)) -> Self {
        let clock = Clock::real();
        let emulated = Emulated::with(["hooks.example.com".parse().unwrap()]);
        let authority = Arc::new(Authority::in_memory(&clock, &emulated).unwrap());
        let mut proxy = Proxy {
            authority: Arc::clone(&authority),
            egress: Arc::new(backlot::http::egress::EgressPolicy::Deny),
        };
        change(&mut proxy);
        let settings = Settings {
            limits,
            proxy: Some(proxy),
        };
        let listening = Server::bind(loopback()).await.unwrap();
        let server = listening.serve(&clock, settings, |request| Box::pin(describe(request)));
        Self { server, authority }
    }

    async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.server.address()).await.unwrap()
    }

    /// Opens a tunnel. What the proxy says before it is open is the second part.
    async fn tunnel(&self, target: &str) -> (TcpStream, String) {
        let mut stream = self.connect().await;
        let request = format!("CONNECT {target} HTTP/1.1\r\nHost: {target}\r\n\r\n");
        stream.write_all(request.as_bytes()).await.unwrap();
        let said = head(&mut stream).await;
        (stream, said)
    }

    /// A TLS client that trusts only the authority.
    fn connector(&self, protocols: &[&str]) -> TlsConnector {
        let mut roots = rustls::RootCertStore::empty();
        roots.add(self.authority.der().clone()).unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let mut config = rustls::ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth();
        let protocols = protocols.iter().map(|name| name.as_bytes().to_vec());
        config.alpn_protocols = protocols.collect();
        TlsConnector::from(Arc::new(config))
    }

    async fn secured(&self, stream: TcpStream, host: &str) -> TlsStream<TcpStream> {
        let name = ServerName::try_from(host.to_owned()).unwrap();
        let connector = self.connector(&["h2", "http/1.1"]);
        within(connector.connect(name, stream)).await.unwrap()
    }
}

fn loopback() -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], 0))
}

/// Fails the test instead of hanging.
#[track_caller]
fn within<T>(work: impl Future<Output = T>) -> impl Future<Output = T> {
    let clock = Clock::real();
    async move {
        clock
            .within(PATIENCE, work)
            .await
            .expect("it takes too long")
    }
}

/// `METHOD authority target secure tunnel body`; what is for `/refused` is refused without a look at its body.
async fn describe(request: Request) -> Result<Response, backlot::http::Cut> {
    let arrival: Arrival = request.extensions().get::<Arrival>().unwrap().clone();
    let (method, uri) = (request.method().clone(), request.uri().clone());
    let host = authority(&request).to_owned();
    if uri.path() == "/refused" {
        let mut response = Response::new(full("refused"));
        *response.status_mut() = hyper::StatusCode::FORBIDDEN;
        return Ok(response);
    }
    let body = match collect(request.into_body(), 1 << 20).await {
        Ok(body) => String::from_utf8_lossy(&body).into_owned(),
        Err(error) => format!("({error})"),
    };
    let path = uri.path_and_query().map_or("", |path| path.as_str());
    let scheme = if arrival.is_secure { "tls" } else { "plain" };
    let tunnel = arrival.tunnel.as_deref().unwrap_or("-");
    let text = format!("{method} {host} {path} {scheme} {tunnel} [{body}]");
    Ok(Response::new(full(text)))
}

/// Reads up to the empty line that ends a head.
async fn head(stream: &mut (impl AsyncRead + Unpin)) -> String {
    let reading = async {
        let mut read = Vec::new();
        while !read.ends_with(b"\r\n\r\n") {
            match stream.read_u8().await {
                Ok(byte) => read.push(byte),
                Err(_) => break,
            }
        }
        String::from_utf8(read).unwrap()
    };
    within(reading).await
}

/// Reads one answer with a `Content-Length`: its head, and its body.
async fn answer(stream: &mut (impl AsyncRead + Unpin)) -> (String, String) {
    let head = head(stream).await;
    let length = head
        .lines()
        .find_map(|line| line.strip_prefix("Content-Length: "))
        .map_or(0, |length| length.parse().unwrap());
    let mut body = vec![0; length];
    within(stream.read_exact(&mut body)).await.unwrap();
    (head, String::from_utf8(body).unwrap())
}

async fn ask(stream: &mut (impl AsyncRead + AsyncWrite + Unpin), request: &str) -> String {
    within(stream.write_all(request.as_bytes())).await.unwrap();
    let (head, body) = answer(stream).await;
    assert!(head.contains(" 200 "), "{head}");
    body
}

/// Everything until the other side closes. A reset after the answer is a close too.
async fn rest(stream: &mut (impl AsyncRead + Unpin)) -> String {
    let mut read = Vec::new();
    let reading = async {
        let mut chunk = [0; 4096];
        while let Ok(count @ 1..) = stream.read(&mut chunk).await {
            read.extend_from_slice(&chunk[..count]);
        }
    };
    within(reading).await;
    String::from_utf8_lossy(&read).into_owned()
}

/// A GET for `path` of `host` in origin form.
fn get(host: &str, path: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nHost: {host}\r\n\r\n")
}
