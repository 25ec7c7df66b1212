//! The front door: one port, and by the host of a request the service that it is for.

use std::net::SocketAddr;

use http::{HeaderValue, StatusCode};

use super::Error;
use crate::cos::address::is_cos_host;
use crate::cos::{Cos, Domains};
use crate::doors::Doors;
use crate::http::exchange::{authority, full};
use crate::http::{Request, Response, Server};
use crate::journal::{Lane, What};

/// Opens the front door. It is a forward proxy as well: requests in absolute form are for the host that they name.
pub(super) async fn open(doors: &Doors, address: SocketAddr, cos: Cos) -> Result<Server, Error> {
    let clock = doors.clock.clone();
    let doors = doors.clone();
    let serve = move |request: Request| {
        let (cos, doors) = (cos.clone(), doors.clone());
        async move {
            if is_cos_host(authority(&request), &Domains::default()) {
                return cos.serve(request).await;
            }
            Ok(refuse(&doors, &request))
        }
    };
    let server = Server::start(&clock, address, serve).await;
    server.map_err(|source| Error::Listen { address, source })
}

/// The variables that send a function's requests through the front door.
pub(super) fn variables(address: SocketAddr) -> Vec<(String, String)> {
    let proxy = format!("http://{address}");
    ["HTTP_PROXY", "http_proxy"]
        .map(|name| (name.to_owned(), proxy.clone()))
        .to_vec()
}

/// Unsupported is loud: nobody else is called, and the answer says so.
fn refuse(doors: &Doors, request: &Request) -> Response {
    let host = authority(request).to_owned();
    let status = StatusCode::NOT_IMPLEMENTED;
    let text =
        format!("backlot plays no service at `{host}` and lets no request leave the machine\n");
    let refused = What::RequestRefused {
        host,
        method: request.method().to_string(),
        status: status.as_u16(),
    };
    doors.record(Lane::Stage, refused);
    let mut response = Response::new(full(text));
    *response.status_mut() = status;
    let plain = HeaderValue::from_static("text/plain; charset=utf-8");
    response
        .headers_mut()
        .insert(http::header::CONTENT_TYPE, plain);
    response
}
