//! One connection: plain or TLS, told apart by its first byte, and the requests on it.

use std::future::{Future, pending, ready};
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use http::StatusCode;
use http::header::PROXY_AUTHORIZATION;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncBufReadExt as _, AsyncRead, AsyncWrite, BufReader};
use tokio_rustls::LazyConfigAcceptor;
use tokio_rustls::server::TlsStream;
use tracing::Instrument as _;

use super::arrival::Arrival;
use super::authority::Authority;
use super::early_answer::EarlyAnswers;
use super::egress::EgressDecision;
use super::exchange::{Request, Response, empty};
use super::garble::GarblingStream;
use super::proxy::{Proxy, ProxyRequest};
use super::proxy_user::ProxyUser;
use super::refusal::refusal;
use super::rest::Rest;
use super::serving::{Answering, Cut, Shared};
use super::under_way::UnderWay;
use super::{forward, guard, header_case};

/// The first byte of a TLS handshake. No HTTP method begins with it.
const TLS_HANDSHAKE: u8 = 0x16;

/// Enough to look at the first byte; larger reads go past the buffer once it is empty.
const PEEKED: usize = 1024;

/// Bytes of a body that a connection reads at once, and that are buffered until the client reads them.
const BUFFER: usize = 128 * 1024;

/// Header fields of a request; COS metadata may be many small ones. The bytes of the head are limited as well.
const HEADERS: usize = 1000;

/// How long the last bytes of an answer may take to be sent once the server stops, in real time. A client that is still
/// sending the head of a request has as long.
const LINGER: Duration = Duration::from_millis(200);

/// The host of the certificate for a client that names no host: this machine.
const UNNAMED: &str = "localhost";

/// A stream of bytes in both directions.
pub(super) trait Stream: AsyncRead + AsyncWrite + Send + Unpin + 'static {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin + 'static> Stream for T {}

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

/// Looks at the first byte. Before the first request, nothing is under way, and a server that stops closes the connection.
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

/// Answers the requests of a stream, one after the other.
async fn exchange(shared: &Arc<Shared>, stream: impl Stream, arrival: Arrival) {
    let under_way = UnderWay::new(&shared.clock);
    let stream = EarlyAnswers::new(stream, under_way.clone());
    let stream = GarblingStream::new(stream, arrival.garble().clone());
    let (shared_by_answers, requests) = (Arc::clone(shared), under_way.clone());
    let service = service_fn(move |request| {
        let begun = requests.begin();
        let (request, rest) = Rest::of(request, &shared_by_answers);
        let (answering, is_ours) = answering(&shared_by_answers, request, arrival.clone());
        async move {
            let answered = answering.await;
            let Ok(mut response) = answered else {
                if let Some(rest) = rest {
                    rest.cut();
                }
                return Err(Cut);
            };
            if let Some(rest) = rest {
                rest.settle(&mut response);
            }
            if is_ours {
                header_case::apply(&mut response);
            }
            Ok::<_, Cut>(begun.until_sent(response))
        }
    });
    let connection = hyper::server::conn::http1::Builder::new()
        .header_read_timeout(None)
        .max_header_size(shared.limits.head)
        .max_headers(HEADERS)
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

/// The answer to a request, under way, and whether it is the service's. Only the service's answers get our case of header
/// names: a forwarded answer keeps its own.
fn answering(
    shared: &Arc<Shared>,
    mut request: Request,
    mut arrival: Arrival,
) -> (Answering, bool) {
    arrival.has_call();
    if let Some(objection) = guard::objection(&request) {
        let refusal = refusal(StatusCode::BAD_REQUEST, format!("{objection}\n"));
        return (Box::pin(ready(Ok(refusal))), false);
    }
    if let Some(proxy) = &shared.proxy
        && let Some(target) = proxy.target(&request, shared.port)
    {
        return (proxied(shared, proxy, request, target, arrival), false);
    }
    // The credentials of a proxy are not for the service behind it.
    if let Some(user) = ProxyUser::of(request.headers()) {
        arrival.user = Some(Arc::new(user));
        request.headers_mut().remove(PROXY_AUTHORIZATION);
    }
    request.extensions_mut().insert(arrival);
    ((shared.service)(request), true)
}

/// The answer to a request to the proxy. A tunnel inside of which this port answers is one more connection.
fn proxied(
    shared: &Arc<Shared>,
    proxy: &Proxy,
    request: Request,
    wanted: ProxyRequest,
    arrival: Arrival,
) -> Answering {
    let is_tunnel = matches!(wanted, ProxyRequest::Inside(..) | ProxyRequest::Tunnel(_));
    if is_tunnel && arrival.tunnel.is_some() {
        let text = "a tunnel cannot be opened inside a tunnel\n";
        let refusal = refusal(StatusCode::BAD_REQUEST, text.to_owned());
        return Box::pin(ready(Ok(refusal)));
    }
    let (shared, egress) = (Arc::clone(shared), Arc::clone(&proxy.egress));
    Box::pin(async move {
        let admitted = match &wanted {
            ProxyRequest::Invalid(_) => None,
            ProxyRequest::Inside(_, target)
            | ProxyRequest::Tunnel(target)
            | ProxyRequest::Forward(target) => {
                let Ok(admitted) = egress.admit(target).await else {
                    return Err(Cut);
                };
                admitted
            }
        };
        Ok(match wanted {
            ProxyRequest::Invalid(objection) => {
                refusal(StatusCode::BAD_REQUEST, format!("{objection}\n"))
            }
            ProxyRequest::Inside(host, target) => {
                let arrival = arrival.through(&host, target.user, admitted);
                open_inside(&shared, request, host, arrival)
            }
            ProxyRequest::Tunnel(target) => match egress.decide(&target) {
                EgressDecision::Refuse(text) => forward::denied(&target, text),
                EgressDecision::Pass => {
                    forward::open_tunnel(&shared, request, &target, arrival).await
                }
            },
            ProxyRequest::Forward(target) => match egress.decide(&target) {
                EgressDecision::Refuse(text) => forward::denied(&target, text),
                EgressDecision::Pass => forward::forward(&shared, request, &target).await,
            },
        })
    })
}

/// Opens a tunnel whose far end is here, and serves its inside as if it had been opened to this port.
fn open_inside(shared: &Arc<Shared>, request: Request, host: String, arrival: Arrival) -> Response {
    let inside = Arc::clone(shared);
    let stopping = shared.stopping.clone();
    let tunnel = async move {
        let upgraded = tokio::select! {
            upgraded = hyper::upgrade::on(request) => upgraded,
            () = stopping.cancelled() => return,
        };
        match upgraded {
            Ok(stream) => serve(inside, TokioIo::new(stream), arrival).await,
            Err(error) => tracing::debug!(%error, %host, "a tunnel did not open"),
        }
    };
    shared.tasks.spawn(tunnel.in_current_span());
    Response::new(empty())
}
