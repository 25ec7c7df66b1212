//! The port as a forward proxy: which requests are answered here, and which are for other hosts.
//!
//! Clients with their default endpoints are routed here by `HTTP_PROXY` and `HTTPS_PROXY`, without a change of code.
//! `CONNECT` to an emulated host opens a tunnel whose far end is this program itself. `forward.rs` carries what is for other
//! hosts. Follows: COS reference, section 1.2.

use std::sync::Arc;

use http::Method;
use http::uri::Scheme;

use super::authority::Authority;
use super::egress::{Egress, EgressRequest};
use super::exchange::authority as authority_of;
use super::host::{has_broken_port, name_of};
use super::proxy_user::ProxyUser;

/// What a port needs to be a proxy.
#[derive(Clone, Debug)]
pub struct Proxy {
    /// The emulated hosts, and their certificates for clients that speak TLS.
    pub authority: Arc<Authority>,
    /// Decides about calls to other hosts.
    pub egress: Arc<dyn Egress>,
}

/// A request to the proxy, rather than to the service behind the port.
pub(super) enum ProxyRequest {
    /// A tunnel whose far end is here: its target as the client wrote it, and who opens it.
    Inside(String, EgressRequest),
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
            return Some(ProxyRequest::Invalid("the target has an invalid port"));
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
            (true, true) => ProxyRequest::Inside(authority_of(request).to_owned(), target),
            (true, false) => ProxyRequest::Tunnel(target),
            (false, _) => {
                let path = request.uri().path_and_query();
                target.path = path.map(ToString::to_string).unwrap_or_default();
                ProxyRequest::Forward(target)
            }
        })
    }
}
