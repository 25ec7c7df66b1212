//! The port as a forward proxy: which calls stay here, and what becomes of the others.
//!
//! Clients with their default endpoints come here through `HTTP_PROXY` and `HTTPS_PROXY`, without a change of code.
//! `CONNECT` to an emulated host opens a tunnel whose far end is this program itself. Follows: COS reference, section 1.2.

use std::io;
use std::sync::Arc;

use http::header::{CONNECTION, HOST, HeaderName};
use http::uri::Scheme;
use http::{HeaderValue, Method, StatusCode, Uri};
use hyper::body::Incoming;
use hyper::ext::ReasonPhrase;
use hyper_util::rt::TokioIo;
use tokio::io::copy_bidirectional;
use tokio::net::TcpStream;

use super::authority::Authority;
use super::body::Body;
use super::connection::{self, Arrival, refusal};
use super::egress::{Egress, EgressDecision, EgressRequest};
use super::exchange::{Response, authority as authority_of, empty};
use super::host::{has_broken_port, name_of};
use super::proxy_user::ProxyUser;
use super::server::{Answer, Shared};

/// What a port needs to be a proxy.
#[derive(Clone, Debug)]
pub struct Proxy {
    /// Which hosts are answered here, and who vouches for them when a client speaks TLS.
    pub authority: Arc<Authority>,
    /// What becomes of calls to others.
    pub egress: Arc<dyn Egress>,
}

/// A request that is not simply for the service behind the port.
pub(super) enum ProxyRequest {
    /// A tunnel whose far end is here, and who opens it.
    Inside(String, Option<ProxyUser>),
    /// A tunnel to another host.
    Tunnel(EgressRequest),
    /// One request to another host.
    Forward(EgressRequest),
    /// Not a valid proxy request; the reason, for the client.
    Invalid(&'static str),
}

impl Proxy {
    /// What a request asks of the proxy; `None` if it is for the service behind the port.
    ///
    /// A request in origin form is for the service whatever its host: its sender connected to this port on purpose.
    pub(super) fn target<B>(
        &self,
        request: &http::Request<B>,
        own_port: u16,
    ) -> Option<ProxyRequest> {
        let is_tunnel = request.method() == Method::CONNECT;
        let Some(authority) = request.uri().authority() else {
            return is_tunnel.then_some(ProxyRequest::Invalid("CONNECT needs a host with a port"));
        };
        let secure = is_tunnel || request.uri().scheme() == Some(&Scheme::HTTPS);
        if has_broken_port(authority.as_str()) {
            return Some(ProxyRequest::Invalid(
                "the port of the target is not a port",
            ));
        }
        let usual = if secure { 443 } else { 80 };
        let port = authority.port_u16().unwrap_or(usual);
        let mut target = EgressRequest {
            host: name_of(authority.as_str()).into_owned(),
            port,
            method: request.method().to_string(),
            path: String::new(),
            user: None,
        };
        let emulated = self.authority.emulated();
        let is_here = emulated.covers(&target.to_string(), own_port);
        if is_here && !is_tunnel {
            return None;
        }
        target.user = ProxyUser::of(request.headers());
        Some(match (is_tunnel, is_here) {
            (true, true) => ProxyRequest::Inside(authority_of(request).to_owned(), target.user),
            (true, false) => ProxyRequest::Tunnel(target),
            (false, _) => {
                let path = request.uri().path_and_query();
                target.path = path.map(ToString::to_string).unwrap_or_default();
                ProxyRequest::Forward(target)
            }
        })
    }
}

/// Answers a request to the proxy.
pub(super) async fn answer(
    shared: &Arc<Shared>,
    proxy: &Proxy,
    request: http::Request<Incoming>,
    proxy_request: ProxyRequest,
    arrival: &Arrival,
) -> Answer {
    match proxy_request {
        ProxyRequest::Invalid(objection) => {
            Ok(refusal(StatusCode::BAD_REQUEST, format!("{objection}\n")))
        }
        ProxyRequest::Inside(..) | ProxyRequest::Tunnel(_) if arrival.tunnel.is_some() => {
            let text = "a tunnel cannot be opened inside a tunnel\n";
            Ok(refusal(StatusCode::BAD_REQUEST, text.to_owned()))
        }
        ProxyRequest::Inside(host, user) => {
            let arrival = arrival.through(&host, user);
            Ok(open_inside(shared, request, host, arrival))
        }
        ProxyRequest::Tunnel(target) => match proxy.egress.decide(&target) {
            EgressDecision::Refuse(text) => Ok(denied(&target, text)),
            EgressDecision::Pass => {
                Ok(open_tunnel(shared, request, &target, arrival.clone()).await)
            }
        },
        ProxyRequest::Forward(target) => match proxy.egress.decide(&target) {
            EgressDecision::Refuse(text) => Ok(denied(&target, text)),
            EgressDecision::Pass => Ok(forward(shared, request, &target).await),
        },
    }
}

/// Serves what comes through the tunnel as if it had come to this port.
fn open_inside(
    shared: &Arc<Shared>,
    request: http::Request<Incoming>,
    host: String,
    arrival: Arrival,
) -> Response {
    let inside = Arc::clone(shared);
    let stopping = shared.stopping.clone();
    shared.tasks.spawn(async move {
        let upgraded = tokio::select! {
            upgraded = hyper::upgrade::on(request) => upgraded,
            () = stopping.cancelled() => return,
        };
        match upgraded {
            Ok(stream) => connection::serve(inside, TokioIo::new(stream), arrival).await,
            Err(error) => tracing::debug!(%error, %host, "a tunnel did not open"),
        }
    });
    Response::new(empty())
}

/// Carries bytes to another host and back, until either side ends or the server stops.
async fn open_tunnel(
    shared: &Arc<Shared>,
    request: http::Request<Incoming>,
    target: &EgressRequest,
    arrival: Arrival,
) -> Response {
    let mut far = match reach(target).await {
        Ok(far) => far,
        Err(error) => return unreachable(target, &error),
    };
    let (stopping, killing) = (shared.stopping.clone(), shared.killing.clone());
    shared.tasks.spawn(async move {
        let carrying = async {
            let near = hyper::upgrade::on(request)
                .await
                .map_err(io::Error::other)?;
            copy_bidirectional(&mut TokioIo::new(near), &mut far).await
        };
        let carried = tokio::select! {
            carried = carrying => carried,
            () = stopping.cancelled() => return,
            () = killing.cancelled() => return,
        };
        if let Err(error) = carried {
            tracing::debug!(%error, "a tunnel broke");
        }
        drop(arrival);
    });
    Response::new(empty())
}

/// Carries one request to another host and its answer back.
async fn forward(
    shared: &Arc<Shared>,
    mut request: http::Request<Incoming>,
    target: &EgressRequest,
) -> Response {
    if request.uri().scheme() == Some(&Scheme::HTTPS) {
        let text = format!("`{target}` is reached by TLS: ask for a tunnel with CONNECT\n");
        return refusal(StatusCode::BAD_GATEWAY, text);
    }
    let far = match reach(target).await {
        Ok(far) => far,
        Err(error) => return unreachable(target, &error),
    };
    prepare(&mut request);
    let opened = hyper::client::conn::http1::Builder::new()
        .preserve_header_case(true)
        .handshake(TokioIo::new(far))
        .await;
    let (mut sender, connection) = match opened {
        Ok(opened) => opened,
        Err(error) => return unreachable(target, &error),
    };
    let killing = shared.killing.clone();
    shared.tasks.spawn(async move {
        let ended = tokio::select! {
            ended = connection => ended,
            () = killing.cancelled() => return,
        };
        if let Err(error) = ended {
            tracing::debug!(%error, "a forwarded request ended");
        }
    });
    match sender.send_request(request).await {
        Ok(mut response) => {
            strip(response.headers_mut());
            response.map(Body::incoming)
        }
        Err(error) => unreachable(target, &error),
    }
}

/// From proxy form to what the host itself expects.
fn prepare(request: &mut http::Request<Incoming>) {
    let authority = request.uri().authority().map(|authority| {
        let (_, host) = authority
            .as_str()
            .rsplit_once('@')
            .unwrap_or(("", authority.as_str()));
        host.to_owned()
    });
    let path = request.uri().path_and_query().cloned();
    let path = path.map_or_else(|| Uri::from_static("/"), Uri::from);
    *request.uri_mut() = path;
    strip(request.headers_mut());
    let host = authority.and_then(|host| HeaderValue::try_from(host).ok());
    if let Some(host) = host {
        request.headers_mut().insert(HOST, host);
    }
}

/// Removes the headers that are for one connection only. Follows: RFC 9110, section 7.6.1.
fn strip(headers: &mut http::HeaderMap) {
    let listed: Vec<HeaderName> = headers
        .get_all(CONNECTION)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .filter_map(|name| name.trim().parse().ok())
        .filter(|name| *name != HOST)
        .collect();
    for name in listed {
        headers.remove(name);
    }
    for name in [
        "connection",
        "keep-alive",
        "proxy-authenticate",
        "proxy-authorization",
        "proxy-connection",
        "te",
        "trailer",
        "upgrade",
    ] {
        headers.remove(name);
    }
}

async fn reach(target: &EgressRequest) -> io::Result<TcpStream> {
    let stream = TcpStream::connect((target.host.as_str(), target.port)).await?;
    stream.set_nodelay(true)?;
    Ok(stream)
}

/// Many clients show no more of a refused tunnel than the status line, so the host is in there too.
fn denied(target: &EgressRequest, text: String) -> Response {
    let mut response = refusal(StatusCode::FORBIDDEN, text);
    let reason = format!("Egress to {target} is denied by backlot");
    if let Ok(reason) = ReasonPhrase::try_from(reason) {
        response.extensions_mut().insert(reason);
    }
    response
}

fn unreachable(target: &EgressRequest, error: &dyn std::error::Error) -> Response {
    refusal(
        StatusCode::BAD_GATEWAY,
        format!("`{target}` cannot be reached: {error}\n"),
    )
}
