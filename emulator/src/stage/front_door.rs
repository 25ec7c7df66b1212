//! The front door: one port, and by the host of a request the service that it is for.
//!
//! It is also a forward proxy and speaks TLS with certificates of the local authority. So requests for the real hosts reach
//! the emulator without a changed line in the client, if its proxy and its authorities are set.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

use http::{HeaderValue, StatusCode};

use crate::admin::Admin;
use crate::mps::Mps;
use crate::scf::Scf;
use crate::services::Services;
use crate::sts::Sts;
use backlot_base::context::Context;
use backlot_base::journal::{HttpRecord, Lane};
use backlot_cos::Domains;
use backlot_cos::access::policy::Policy;
use backlot_cos::request::address::{begins_with_bucket, is_cos_host};
use backlot_http::auth::{Gate, Keyring, s3};
use backlot_http::cloud_api::CloudApi;
use backlot_http::exchange::{authority, full};
use backlot_http::host::name_of;
use backlot_http::{
    Answer, Answering, Arrival, Authority, Cut, Host, Limits, Listening, Proxy, Query, Request,
    Response, Sender, Server, Settings,
};

/// The answer at the front door's own address to a request that is for no service, such as a browser's.
const LOCAL_HINT: &str =
    "backlot is running; COS paths are `/<bucket>/<key>`, admin API at `/_backlot/openapi.json`\n";

/// Picks the service that answers a request.
#[derive(Debug)]
pub(super) struct Router {
    pub(super) services: Arc<Services>,
    /// Whose calls these are.
    pub(super) keyring: Keyring,
    /// Hosts that are buckets, beside those of the platform.
    pub(super) domains: Domains,
    /// MPS, SCF and STS.
    pub(super) cloud_api: CloudApi,
    /// The operator's API below `/_backlot`.
    pub(super) admin: Admin,
}

/// The services of the Cloud API behind one envelope.
pub(super) fn cloud_api(
    context: &Context,
    keyring: &Keyring,
    uin: &str,
    mps: &Mps,
    scf: &Scf,
) -> CloudApi {
    let check = |text: &str| match Policy::parse(text) {
        Ok(_) => Ok(()),
        Err(error) => Err(error.to_string()),
    };
    let sts = Sts::new(context.clone(), keyring.clone(), uin.to_owned(), check);
    CloudApi::new(context, keyring.clone())
        .with(mps.clone())
        .with(scf.clone())
        .with(sts)
}

/// Begins to serve the port.
pub(super) fn serve(listening: Listening, local_authority: Authority, router: Router) -> Server {
    let clock = router.services.context.clock.clone();
    let egress = Arc::new(router.services.outbound.clone());
    let router = Arc::new(router);
    let settings = Settings {
        limits: Limits::default(),
        proxy: Some(Proxy {
            authority: Arc::new(local_authority),
            egress,
        }),
    };
    listening.serve(&clock, settings, move |request| router.serve(request))
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
            "CURL_CA_BUNDLE",
            "NODE_EXTRA_CA_CERTS",
            "REQUESTS_CA_BUNDLE",
            "SSL_CERT_FILE",
        ];
        variables.extend(authorities.map(|name| set(name, &certificate)));
    }
    variables
}

/// Where the code of functions is downloaded; a query follows that says which.
pub(super) fn code_address(address: SocketAddr) -> String {
    format!("http://{address}{}code", crate::admin::PREFIX)
}

impl Router {
    /// Hands the request to its service, once its caller may make calls.
    fn serve(self: &Arc<Self>, request: Request) -> Answering {
        let Some(gate) = self.gate_of(&request) else {
            return self.serve_now(request);
        };
        let router = Arc::clone(self);
        Box::pin(async move {
            let host = name_of(authority(&request)).into_owned();
            let Ok(served) = gate.pass(&host).await else {
                return Err(Cut);
            };
            let mut response = router.serve_now(request).await?;
            // It is dropped when the answer is written.
            response.extensions_mut().insert(Arc::new(served));
            Ok(response)
        })
    }

    /// The gate that a request of an instance has to pass.
    fn gate_of(&self, request: &Request) -> Option<Gate> {
        let arrival = request.extensions().get::<Arrival>()?;
        let gate = self
            .keyring
            .holder_of(&arrival.user.as_ref()?.password)?
            .gate;
        arrival.belongs_to(&gate);
        Some(gate)
    }

    /// Hands the request to its service. COS, which answers most requests, is called without a future around its own.
    fn serve_now(self: &Arc<Self>, request: Request) -> Answering {
        let host = authority(&request);
        if !self.services.outbound.answers_for(&request) && is_cos_host(host, &self.domains) {
            return Box::pin(self.services.cos.serve(request));
        }
        let router = Arc::clone(self);
        Box::pin(async move { router.serve_other(request).await })
    }

    /// Serves a request whose host does not belong to COS.
    async fn serve_other(&self, request: Request) -> Answer {
        if self.services.outbound.answers_for(&request) {
            return self.services.outbound.serve(request).await;
        }
        match Host::of(authority(&request)) {
            Host::CloudApi(_) => self.call(request).await,
            _ if Admin::answers_for(request.uri().path()) => Ok(self.admin.serve(request).await),
            Host::Local { .. } if CloudApi::claims(&request) => self.call(request).await,
            Host::Local { .. } if is_for_cos(&request) => self.services.cos.serve(request).await,
            Host::Cos | Host::Metadata | Host::Local { .. } | Host::Other => {
                Ok(self.refuse(&request))
            }
        }
    }

    /// Serves a call of the Cloud API, unless a browser makes it.
    ///
    /// Calls with GET or as a form need no preflight, so any page could make them. What a person opens is refused as well,
    /// because a page can send them on to any address. Deviates: the cloud answers browsers too.
    async fn call(&self, request: Request) -> Answer {
        if Sender::of(request.headers()) == Sender::Program {
            return self.cloud_api.serve(request).await;
        }
        self.services.record_page(&request);
        let text = "backlot accepts calls of the Cloud API from programs only, not from browsers\n";
        Ok(plain(StatusCode::FORBIDDEN, text))
    }

    /// Answers a request that is for no service, and records it.
    fn refuse(&self, request: &Request) -> Response {
        let host = authority(request).to_owned();
        let text = match Host::of(&host) {
            Host::Local { .. } => LOCAL_HINT.to_owned(),
            _ => format!("backlot does not emulate a service at `{host}`\n"),
        };
        let status = StatusCode::NOT_IMPLEMENTED;
        let refused = HttpRecord::RequestRefused {
            host,
            method: request.method().to_string(),
            status: status.as_u16(),
        };
        self.services.context.record(Lane::Stage, refused);
        plain(status, text)
    }
}

/// Whether a request to the local address is for COS: its path begins with a bucket, or it is signed for COS, as the list of
/// buckets is.
fn is_for_cos(request: &Request) -> bool {
    begins_with_bucket(request.uri().path()) || {
        let query = Query::parse(request.uri().query().unwrap_or_default());
        s3::is_for_cos(request.headers(), &query)
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
