//! The front door: one port, and by the host of a request the service that it is for.
//!
//! It is a forward proxy as well, and speaks TLS with certificates of the local authority; so a client that means the real
//! hosts arrives here without a changed line, if its proxy and its authorities are set.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::{Arc, OnceLock};

use http::{HeaderValue, StatusCode};

use super::Error;
use crate::admin::Admin;
use crate::mps::api::MpsApi;
use crate::scf::api::ScfApi;
use crate::sts::Sts;
use crate::stub::Outbound;
use backlot_base::context::Context;
use backlot_base::journal::{Lane, What};
use backlot_cos::access::policy::Policy;
use backlot_cos::address::{begins_with_bucket, is_cos_host};
use backlot_cos::{Cos, Domains};
use backlot_http::auth::Keyring;
use backlot_http::cloud_api::CloudApi;
use backlot_http::exchange::{authority, full};
use backlot_http::{
    Answer, Answering, Authority, Host, Limits, Proxy, Request, Response, Server, Settings,
};

/// The surface for whoever runs the emulator; empty until the stage is ready.
pub(super) type AdminDoor = Arc<OnceLock<Admin>>;

/// Who answers what.
#[derive(Debug)]
pub(super) struct Desk {
    /// Where calls for nobody are written down.
    pub(super) context: Context,
    /// Hosts that are not played here.
    pub(super) outbound: Outbound,
    /// Objects.
    pub(super) cos: Cos,
    /// Hosts that are buckets, beside those of the platform.
    pub(super) domains: Domains,
    /// MPS, SCF and STS.
    pub(super) cloud_api: CloudApi,
    /// For whoever runs the emulator.
    pub(super) admin: AdminDoor,
}

/// The services of the Cloud API behind one envelope.
pub(super) fn cloud_api(context: &Context, keyring: &Keyring, uin: &str) -> CloudApi {
    let check = |text: &str| match Policy::parse(text) {
        Ok(_) => Ok(()),
        Err(error) => Err(error.to_string()),
    };
    let sts = Sts::new(context.clone(), keyring.clone(), uin.to_owned(), check);
    CloudApi::new(context, keyring.clone())
        .with(MpsApi)
        .with(ScfApi)
        .with(sts)
}

/// Opens the front door.
pub(super) async fn open(
    address: SocketAddr,
    local_authority: Authority,
    desk: Desk,
) -> Result<Server, Error> {
    let context = desk.context.clone();
    let egress = Arc::new(desk.outbound.clone());
    let desk = Arc::new(desk);
    let settings = Settings {
        address,
        limits: Limits::default(),
        proxy: Some(Proxy {
            authority: Arc::new(local_authority),
            egress,
        }),
    };
    let serve = move |request| desk.serve(request);
    let server = Server::open(&context.clock, settings, serve).await;
    server.map_err(|source| Error::Listen { address, source })
}

/// The variables that send a client's requests through the front door, and make it trust the local authority. Without a
/// certificate, `https` is left alone.
pub fn variables(address: SocketAddr, certificate: Option<&Path>) -> Vec<(String, String)> {
    let proxy = format!("http://{address}");
    let set = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    // Some programs read one spelling, some the other.
    let mut variables = vec![set("HTTP_PROXY", &proxy), set("http_proxy", &proxy)];
    // Node's own `fetch` and `https` heed the others only with this, from 22.21 and 24.5 on; it does nothing before.
    variables.push(set("NODE_USE_ENV_PROXY", "1"));
    if let Some(certificate) = certificate {
        variables.extend(["HTTPS_PROXY", "https_proxy"].map(|name| set(name, &proxy)));
        let certificate = certificate.to_string_lossy();
        let authorities = [
            "AWS_CA_BUNDLE",
            "CURL_CA_BUNDLE",
            "NODE_EXTRA_CA_CERTS",
            "REQUESTS_CA_BUNDLE",
            "SSL_CERT_FILE",
        ];
        variables.extend(authorities.map(|name| set(name, &certificate)));
    }
    variables
}

impl Desk {
    /// Hands the request to its service. The answer on its way has room for the work of that one, not of any of them.
    fn serve(self: &Arc<Self>, request: Request) -> Answering {
        let host = authority(&request);
        if !self.outbound.answers_for(&request) && is_cos_host(host, &self.domains) {
            return Box::pin(self.cos.serve(request));
        }
        let desk = Arc::clone(self);
        Box::pin(async move { desk.serve_other(request).await })
    }

    /// Whatever does not come to a host of COS.
    async fn serve_other(&self, request: Request) -> Answer {
        if self.outbound.answers_for(&request) {
            return self.outbound.serve(request).await;
        }
        match Host::of(authority(&request)) {
            Host::CloudApi(_) => self.cloud_api.serve(request).await,
            _ if Admin::answers_for(request.uri().path()) => Ok(match self.admin.get() {
                Some(admin) => admin.serve(request).await,
                None => plain(StatusCode::SERVICE_UNAVAILABLE, "backlot is starting\n"),
            }),
            Host::Local { .. } if CloudApi::claims(&request) => self.cloud_api.serve(request).await,
            Host::Local { .. } if begins_with_bucket(request.uri().path()) => {
                self.cos.serve(request).await
            }
            Host::Cos | Host::Metadata | Host::Local { .. } | Host::Other => {
                Ok(self.refuse(&request))
            }
        }
    }

    /// Unsupported is loud.
    fn refuse(&self, request: &Request) -> Response {
        let host = authority(request).to_owned();
        let text = format!("backlot plays no service at `{host}`\n");
        let status = StatusCode::NOT_IMPLEMENTED;
        let refused = What::RequestRefused {
            host,
            method: request.method().to_string(),
            status: status.as_u16(),
        };
        self.context.record(Lane::Stage, refused);
        plain(status, text)
    }
}

fn plain(status: StatusCode, text: impl Into<bytes::Bytes>) -> Response {
    let mut response = Response::new(full(text));
    *response.status_mut() = status;
    let plain = HeaderValue::from_static("text/plain; charset=utf-8");
    response
        .headers_mut()
        .insert(http::header::CONTENT_TYPE, plain);
    response
}
