//! The runtime API: what a process talks to. One listener for each instance, so the emulator knows who is calling.
//!
//! Every answer is 200 with a small body, because published clients treat any other status as fatal.
//!
//! It has a listener of its own instead of the front door: no host routing, no signatures, no header case, and its
//! connections end with their process, which [`RuntimeApi::drain`] waits for.
//!
//! Follows: SCF reference, sections 3.2 to 3.5.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::os::fd::AsFd as _;
use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use http::header::{ALLOW, CONTENT_TYPE};
use http::{HeaderName, HeaderValue, Method, Request, Response, StatusCode};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::Instrument as _;

use super::assignment::Push;
use super::exchange::{Exchange, Gone};
use super::launcher::{RuntimeClient, RuntimeError};
use super::runtime_guard;

/// Bytes of a function's answer at most.
const RESULT_LIMIT: usize = 6 * 1024 * 1024;
const JSON: HeaderValue = HeaderValue::from_static("application/json");
const REQUEST_ID: HeaderName = HeaderName::from_static("request_id");
const MEMORY: HeaderName = HeaderName::from_static("memory_limit_in_mb");
const TIME: HeaderName = HeaderName::from_static("time_limit_in_ms");
/// For bootstraps only: the time in milliseconds since the epoch, if it is not that of the machine.
const NOW: HeaderName = HeaderName::from_static("backlot-now");

/// A bound listener that does not serve yet: the process is told its port before it starts.
#[derive(Debug)]
pub(super) struct Port {
    listener: TcpListener,
    address: SocketAddr,
}

/// The runtime API of one instance. Dropping it closes every connection.
#[derive(Debug)]
pub(super) struct RuntimeApi {
    address: SocketAddr,
    closing: CancellationToken,
    connections: TaskTracker,
}

/// What `next` says besides the event.
#[derive(Clone, Debug)]
pub(super) struct LimitHeaders {
    memory_mb: HeaderValue,
    time_ms: HeaderValue,
}

#[derive(Debug)]
struct Served {
    exchange: Arc<Exchange>,
    limits: LimitHeaders,
    port: u16,
    client: Client,
}

/// Who speaks the runtime API.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Client {
    /// The user's own code: it finds what the platform documents.
    Custom,
    /// A bootstrap of the emulator's own, which can also say that the code did not load, and is told the time.
    Bootstrap,
}

impl Port {
    /// Takes a port that the system picks.
    pub(super) async fn take() -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        Ok(Self { listener, address })
    }

    /// The address of the listener.
    pub(super) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Serves all connections, also those made before this call.
    pub(super) fn serve(
        self,
        exchange: Arc<Exchange>,
        limits: LimitHeaders,
        client: Client,
    ) -> RuntimeApi {
        let api = RuntimeApi {
            address: self.address,
            closing: CancellationToken::new(),
            connections: TaskTracker::new(),
        };
        let (closing, connections) = (api.closing.clone(), api.connections.clone());
        let served = Arc::new(Served {
            exchange,
            limits,
            port: self.address.port(),
            client,
        });
        let serving = async move {
            let accept = async {
                loop {
                    match self.listener.accept().await {
                        Ok((stream, _peer)) => {
                            let served = Arc::clone(&served);
                            let closing = closing.clone();
                            let serving = served.connection(stream, closing);
                            connections.spawn(serving.in_current_span());
                        }
                        Err(error) => {
                            tracing::warn!(%error, "a function could not connect to its runtime API");
                        }
                    }
                }
            };
            closing.run_until_cancelled(accept).await;
        };
        tokio::spawn(serving.in_current_span());
        api
    }
}

impl RuntimeApi {
    /// Waits until everything that a process sent before its end has been read. The process must be gone, and no request for
    /// an event may be open.
    ///
    /// A process may post a result and end without waiting for the answer. Its bytes are in this machine's buffers then,
    /// perhaps on a connection that was not accepted yet. Connections are accepted in order, so once a last one,
    /// made here, is answered, all of the process have been accepted; and each of them ends by itself, as its client is gone.
    pub(super) async fn drain(&self) -> Result<(), RuntimeError> {
        let mut last = RuntimeClient::connect(self.address).await?;
        match last.ask(Method::GET, "/", Bytes::new()).await {
            // There is nothing at `/`.
            Ok(_) | Err(RuntimeError::Refused(_)) => {}
            Err(error) => return Err(error),
        }
        drop(last);
        self.connections.close();
        self.connections.wait().await;
        Ok(())
    }
}

impl Drop for RuntimeApi {
    fn drop(&mut self) {
        self.closing.cancel();
    }
}

impl LimitHeaders {
    /// `MemorySize` and `Timeout` as `next` writes them.
    pub(super) fn new(memory_mb: u32, timeout: std::time::Duration) -> Self {
        let number = |number: u64| {
            HeaderValue::from_str(&number.to_string()).expect("a number is a header value")
        };
        Self {
            memory_mb: number(memory_mb.into()),
            time_ms: number(u64::try_from(timeout.as_millis()).unwrap_or(u64::MAX)),
        }
    }
}

impl Served {
    async fn connection(self: Arc<Self>, stream: TcpStream, closing: CancellationToken) {
        // Small answers must not wait for the peer's delayed acknowledgment.
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%error, "TCP_NODELAY could not be set");
        }
        let exchange = Arc::clone(&self.exchange);
        let _connected = exchange.connect();
        let peer = stream.as_fd().try_clone_to_owned();
        let peer = peer
            .ok()
            .map(|own| Arc::new(std::net::TcpStream::from(own)));
        let service = service_fn(move |request| {
            let (served, peer) = (Arc::clone(&self), peer.clone());
            async move { served.answer(request, peer).await }
        });
        // The result of a process that posts it and closes at once is still read.
        let connection = hyper::server::conn::http1::Builder::new()
            .half_close(true)
            .serve_connection(TokioIo::new(stream), service);
        if let Some(Err(error)) = closing.run_until_cancelled(connection).await {
            tracing::debug!(%error, "a connection of an instance ended");
        }
    }

    /// Answers a request of `peer`, which is unknown if the machine is short of descriptors.
    async fn answer(
        &self,
        mut request: Request<Incoming>,
        peer: Option<Arc<std::net::TcpStream>>,
    ) -> Result<Response<Full<Bytes>>, Gone> {
        if let Some(objection) = runtime_guard::objection(&request, self.port) {
            tracing::warn!("a request to the runtime API of an instance is refused: {objection}");
            ignore(request.body_mut()).await;
            return Ok(refused(StatusCode::FORBIDDEN));
        }
        let (is_post, is_get) = (
            request.method() == Method::POST,
            request.method() == Method::GET,
        );
        let is_bootstrap = is_post && self.client == Client::Bootstrap;
        let exchange = &*self.exchange;
        exchange.hear();
        let id = request.headers().get(&REQUEST_ID).cloned();
        match request.uri().path() {
            "/runtime/invocation/next" if is_get => {
                let is_open = || peer.as_deref().is_none_or(is_open);
                self.event(is_open).await
            }
            "/runtime/invocation/response" if is_post => {
                if let Some(push) = result(request.into_body(), Push::Response).await {
                    exchange.push(push, id.as_ref());
                }
                Ok(taken())
            }
            "/runtime/invocation/error" if is_post => {
                if let Some(push) = result(request.into_body(), Push::Error).await {
                    exchange.push(push, id.as_ref());
                }
                Ok(taken())
            }
            "/runtime/invocation/early" if is_bootstrap => {
                match result(request.into_body(), Push::Response).await {
                    Some(Push::Response(answer)) => exchange.answer_early(answer),
                    Some(other) => exchange.push(other, id.as_ref()),
                    None => {}
                }
                Ok(taken())
            }
            "/runtime/invocation/end" if is_bootstrap => {
                ignore(request.body_mut()).await;
                exchange.finish();
                Ok(taken())
            }
            "/runtime/init/error" if is_bootstrap => {
                // Whole or not: the process is about to end.
                if let Ok(text) = request.into_body().collect().await {
                    let text = String::from_utf8_lossy(&text.to_bytes()).into_owned();
                    exchange.fail_to_load(text);
                }
                Ok(taken())
            }
            path => {
                let response = match path {
                    "/runtime/init/ready" if is_post => {
                        exchange.ready();
                        taken()
                    }
                    "/runtime/invocation/next" => wrong_method("GET"),
                    "/runtime/init/ready"
                    | "/runtime/invocation/response"
                    | "/runtime/invocation/error" => wrong_method("POST"),
                    _ => refused(StatusCode::NOT_FOUND),
                };
                // An answer before the end of the body would close the connection under the sender.
                ignore(request.body_mut()).await;
                Ok(response)
            }
        }
    }

    async fn event(&self, is_open: impl Fn() -> bool) -> Result<Response<Full<Bytes>>, Gone> {
        let assignment = self.exchange.next(is_open).await?;
        let mut response = Response::new(Full::new(assignment.event));
        let headers = response.headers_mut();
        headers.insert(REQUEST_ID, assignment.request_id);
        headers.insert(MEMORY, self.limits.memory_mb.clone());
        headers.insert(TIME, self.limits.time_ms.clone());
        headers.insert(CONTENT_TYPE, JSON);
        if self.client == Client::Bootstrap
            && let Some(now) = self.exchange.virtual_now()
        {
            headers.insert(NOW, HeaderValue::from(now.as_millisecond()));
        }
        Ok(response)
    }
}

/// Whether the other end may still send something.
fn is_open(peer: &std::net::TcpStream) -> bool {
    match peer.peek(&mut [0]) {
        Ok(read) => read > 0,
        Err(error) => error.kind() == io::ErrorKind::WouldBlock,
    }
}

/// Reads a result; `None` if the process ended or broke off before it was whole.
async fn result(mut body: Incoming, push: fn(Bytes) -> Push) -> Option<Push> {
    let mut first = Bytes::new();
    let mut whole = BytesMut::new();
    let mut is_too_large = false;
    while let Some(frame) = body.frame().await {
        let Ok(data) = frame.ok()?.into_data() else {
            continue;
        };
        is_too_large |= first.len() + whole.len() + data.len() > RESULT_LIMIT;
        if is_too_large {
            // Read on to the end, or the process would fail to send it and never see the answer.
            (first, whole) = (Bytes::new(), BytesMut::new());
        } else if first.is_empty() && whole.is_empty() {
            first = data;
        } else {
            whole.extend_from_slice(&std::mem::take(&mut first));
            whole.extend_from_slice(&data);
        }
    }
    if is_too_large {
        return Some(Push::TooLarge);
    }
    let whole = if whole.is_empty() {
        first
    } else {
        whole.freeze()
    };
    Some(push(whole))
}

async fn ignore(body: &mut Incoming) {
    while let Some(Ok(_frame)) = body.frame().await {}
}

fn taken() -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(Bytes::from_static(b"{}")));
    response.headers_mut().insert(CONTENT_TYPE, JSON);
    response
}

fn refused(status: StatusCode) -> Response<Full<Bytes>> {
    let mut response = taken();
    *response.status_mut() = status;
    response
}

fn wrong_method(allowed: &'static str) -> Response<Full<Bytes>> {
    let mut response = refused(StatusCode::METHOD_NOT_ALLOWED);
    let allowed = HeaderValue::from_static(allowed);
    response.headers_mut().insert(ALLOW, allowed);
    response
}
