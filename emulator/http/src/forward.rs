//! Requests and tunnels that leave for other hosts, once egress has allowed them.

use std::io;
use std::sync::Arc;

use http::header::{CONNECTION, HOST, HeaderName};
use http::uri::Scheme;
use http::{HeaderValue, StatusCode, Uri};
use hyper::ext::ReasonPhrase;
use hyper_util::rt::TokioIo;
use tokio::io::copy_bidirectional;
use tokio::net::TcpStream;

use super::arrival::Arrival;
use super::body::Body;
use super::egress::EgressRequest;
use super::exchange::{Request, Response, empty};
use super::refusal::refusal;
use super::serving::Shared;

/// Carries bytes to another host and back, until either side ends or the server stops.
pub(super) async fn open_tunnel(
    shared: &Arc<Shared>,
    request: Request,
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
pub(super) async fn forward(
    shared: &Arc<Shared>,
    mut request: Request,
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
fn prepare(request: &mut Request) {
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

/// The answer to a request that may not leave. Many clients show no more of a refused tunnel than the status line, so the
/// host is in there too.
pub(super) fn denied(target: &EgressRequest, text: String) -> Response {
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
