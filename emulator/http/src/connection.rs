//! One connection: plain or TLS, told apart by its first byte, and the requests on it.

use std::fmt;
use std::future::{Future, pending, ready};
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use http::header::{CONNECTION, CONTENT_TYPE, PROXY_AUTHORIZATION};
use http::{HeaderValue, StatusCode};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncBufReadExt as _, AsyncRead, AsyncWrite, BufReader};
use tokio::sync::OwnedSemaphorePermit;
use tokio_rustls::LazyConfigAcceptor;
use tokio_rustls::server::TlsStream;

use super::authority::Authority;
use super::body::Body;
use super::exchange::{Response, full};
use super::garble::{Garble, GarblingStream};
use super::proxy_user::ProxyUser;
use super::server::{Answering, Cut, Shared};
use super::under_way::UnderWay;
use super::{guard, header_case, proxy};

/// The first byte of a TLS handshake. No HTTP method begins with it.
const TLS_HANDSHAKE: u8 = 0x16;

/// Enough to look at the first byte; larger reads go past the buffer once it is empty.
const PEEKED: usize = 1024;

/// Bytes of a body that a connection reads at once, and that wait for the client to take them.
const BUFFER: usize = 128 * 1024;

/// How long the last bytes of an answer may take to leave once the server stops, in real time. It is also what a client
/// gets that is still sending the head of a request.
const LINGER: Duration = Duration::from_millis(200);

/// Whose certificate is shown to a client that names no host: this machine's own.
const UNNAMED: &str = "localhost";

/// How a request came here. Every request has one in its extensions.
#[derive(Clone, Debug)]
pub struct Arrival {
    /// Who opened the connection.
    pub peer: SocketAddr,
    /// Whether it came by TLS.
    pub is_secure: bool,
    /// The host and port of the tunnel through which it came, as the client wrote them.
    pub tunnel: Option<Arc<str>>,
    /// Who the client says it is, if it takes this for a proxy.
    pub user: Option<Arc<ProxyUser>>,
    // Whatever carries the requests: a tunnel inside a connection has its own.
    garble: Garble,
    // Given back when the last part of the connection ends, a tunnel included.
    _place: Place,
}

#[derive(Clone)]
struct Place(#[expect(dead_code, reason = "it is held, not used")] Arc<OwnedSemaphorePermit>);

/// A stream of bytes in both directions.
pub(super) trait Stream: AsyncRead + AsyncWrite + Send + Unpin + 'static {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin + 'static> Stream for T {}

impl Arrival {
    pub(super) fn direct(peer: SocketAddr, place: OwnedSemaphorePermit) -> Self {
        Self {
            peer,
            is_secure: false,
            tunnel: None,
            user: None,
            garble: Garble::default(),
            _place: Place(Arc::new(place)),
        }
    }

    pub(super) fn through(&self, tunnel: &str, user: Option<ProxyUser>) -> Self {
        Self {
            tunnel: Some(tunnel.into()),
            user: user.map(Arc::new),
            garble: Garble::default(),
            ..self.clone()
        }
    }

    /// Makes the answer to the request that came with this something that is not HTTP. The connection should end after it.
    pub fn garble_answer(&self) {
        self.garble.next();
    }

    fn secured(self) -> Self {
        Self {
            is_secure: true,
            ..self
        }
    }
}

impl fmt::Debug for Place {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Place")
    }
}

/// Serves a connection, or the inside of a tunnel, until it ends or the server stops.
///
/// Boxed, because a connection can hold tunnels, which hold connections.
pub(super) fn serve(
    shared: Arc<Shared>,
    stream: impl Stream,
    arrival: Arrival,
) -> Pin<Box<dyn Future<Output = ()> + Send>> {
    Box::pin(async move {
        let killing = shared.killing.clone();
        tokio::select! {
            () = begin(&shared, stream, arrival) => {}
            () = killing.cancelled() => {}
        }
    })
}

/// Looks at the first byte. Until a request is there, nothing is under way, and stopping ends the connection.
async fn begin(shared: &Arc<Shared>, stream: impl Stream, arrival: Arrival) {
    let Some(authority) = shared.proxy.as_ref().map(|proxy| &proxy.authority) else {
        return exchange(shared, stream, arrival).await;
    };
    let mut stream = BufReader::with_capacity(PEEKED, stream);
    let opening = shared.clock.within(shared.limits.head_within, async {
        let first = stream.fill_buf().await?.first().copied();
        io::Result::Ok(first)
    });
    let first = tokio::select! {
        first = opening => first,
        () = shared.stopping.cancelled() => return,
    };
    match first {
        Ok(Ok(Some(TLS_HANDSHAKE))) => {
            let host = arrival.tunnel.as_deref().unwrap_or(UNNAMED).to_owned();
            let greeting = greet(authority, &host, stream);
            let greeting = shared.clock.within(shared.limits.head_within, greeting);
            let greeted = tokio::select! {
                greeted = greeting => greeted,
                () = shared.stopping.cancelled() => return,
            };
            match greeted {
                Ok(Ok(stream)) => exchange(shared, stream, arrival.secured()).await,
                Ok(Err(error)) => tracing::debug!(%error, "a TLS handshake failed"),
                Err(late) => tracing::debug!(%late, "a TLS handshake was given up"),
            }
        }
        Ok(Ok(Some(_))) => exchange(shared, stream, arrival).await,
        Ok(Ok(None)) => {}
        Ok(Err(error)) => tracing::debug!(%error, "a connection broke"),
        Err(late) => tracing::debug!(%late, "a connection stayed silent"),
    }
}

/// The TLS handshake, as the host that the client names, or as `unnamed` if it names none.
async fn greet<IO: Stream>(
    authority: &Authority,
    unnamed: &str,
    stream: IO,
) -> io::Result<TlsStream<IO>> {
    let start = LazyConfigAcceptor::new(rustls::server::Acceptor::default(), stream).await?;
    let hello = start.client_hello();
    let host = hello.server_name().unwrap_or(unnamed);
    let config = authority.config_for(host).map_err(io::Error::other)?;
    start.into_stream(config).await
}

/// The requests of a stream, one after the other.
async fn exchange(shared: &Arc<Shared>, stream: impl Stream, arrival: Arrival) {
    let under_way = UnderWay::new(&shared.clock);
    let stream = GarblingStream::new(stream, arrival.garble.clone());
    let (shared_by_answers, requests) = (Arc::clone(shared), under_way.clone());
    let service = service_fn(move |request| {
        let begun = requests.begin();
        let (answering, is_ours) = answering(&shared_by_answers, request, arrival.clone());
        async move {
            let mut response = answering.await?;
            if is_ours {
                header_case::apply(&mut response);
            }
            Ok::<_, Cut>(begun.until_sent(response))
        }
    });
    let connection = hyper::server::conn::http1::Builder::new()
        .header_read_timeout(None)
        .max_header_size(shared.limits.head)
        .max_buf_size(shared.limits.head.max(BUFFER))
        .preserve_header_case(true)
        .half_close(true)
        .serve_connection(TokioIo::new(stream), service)
        .with_upgrades();
    tokio::pin!(connection);
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        () = under_way.silence(shared.limits.head_within) => {
            tracing::debug!("a connection stayed silent");
            return;
        }
        () = shared.stopping.cancelled() => {
            connection.as_mut().graceful_shutdown();
            let leftover = async {
                under_way.none().await;
                drop(shared.clock.within(LINGER, pending::<()>()).await);
            };
            tokio::select! {
                ended = connection => ended,
                () = leftover => return,
            }
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%error, "a connection ended");
    }
}

/// The answer to a request on its way, and whether it is the service's, which is written as ours are.
fn answering(
    shared: &Arc<Shared>,
    mut request: http::Request<Incoming>,
    mut arrival: Arrival,
) -> (Answering, bool) {
    if let Some(objection) = guard::objection(&request) {
        let refusal = refusal(StatusCode::BAD_REQUEST, format!("{objection}\n"));
        return (Box::pin(ready(Ok(refusal))), false);
    }
    if let Some(proxy) = &shared.proxy
        && let Some(target) = proxy.target(&request, shared.port)
    {
        let (shared, proxy) = (Arc::clone(shared), proxy.clone());
        let answer = async move { proxy::answer(&shared, &proxy, request, target, &arrival).await };
        return (Box::pin(answer), false);
    }
    // What is said to a proxy is not for the service behind it.
    if let Some(user) = ProxyUser::of(request.headers()) {
        arrival.user = Some(Arc::new(user));
        request.headers_mut().remove(PROXY_AUTHORIZATION);
    }
    request.extensions_mut().insert(arrival);
    ((shared.service)(request.map(Body::incoming)), true)
}

/// A plain text that ends the connection: what follows on it is not to be trusted, or not wanted.
pub(super) fn refusal(status: StatusCode, text: String) -> Response {
    let mut response = Response::new(full(text));
    *response.status_mut() = status;
    let plain = HeaderValue::from_static("text/plain; charset=utf-8");
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, plain);
    headers.insert(CONNECTION, HeaderValue::from_static("close"));
    header_case::apply(&mut response);
    response
}
