//! Calls to other hosts: answers for hosts that have stubs, decides about the others, and records every call.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::header::{CONNECTION, CONTENT_TYPE};
use http::request::Parts;
use http::{HeaderValue, StatusCode};
use tokio_util::sync::CancellationToken;

use super::{Chosen, OutboundCall, ReplyFailure, Stub, StubReply, Stubs};
use backlot_base::context::Context;
use backlot_base::journal::{HttpRecord, Lane};
use backlot_base::source::nearest;
use backlot_http::auth::{Acting, Keyring, Principal};
use backlot_http::egress::{self, Admission, Egress, EgressDecision, EgressPolicy, EgressRequest};
use backlot_http::exchange::{BodyError, authority, collect, full};
use backlot_http::host::{name_of, port_of};
use backlot_http::{Answer, Arrival, Cut, HostPattern, ProxyUser, Request, Response};

/// The longest body of a request that stubs look at, in bytes.
const BODY_LIMIT: usize = 16 * 1024 * 1024;

/// How long a client waits for an answer that is never sent, in real time: as long as the longest function may run. A client
/// that has gone away cannot be told from one that waits.
const HANG: Duration = Duration::from_secs(900);

/// Calls to hosts that are not emulated. Clones share one state.
#[derive(Clone, Debug)]
pub struct Outbound {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    context: Context,
    keyring: Keyring,
    stubs: Stubs,
    policy: EgressPolicy,
    closing: CancellationToken,
}

/// The caller, as far as it is known.
struct Caller {
    function: Option<String>,
    acting: Acting,
}

/// A call that has been read.
struct Received {
    caller: Caller,
    scheme: &'static str,
    host: String,
    port: u16,
    head: Parts,
    body: Bytes,
}

/// A call as the journal shows it. Its headers are not shown: they may hold secrets.
struct Said {
    host: String,
    method: String,
    path: String,
    body: Bytes,
}

/// How a call ended, for the journal.
struct Disposition {
    outcome: &'static str,
    stub: Option<String>,
    status: Option<StatusCode>,
    why: Option<String>,
}

impl Outbound {
    /// Outbound calls with these stubs; `policy` decides about hosts without stubs.
    pub fn new(context: Context, keyring: Keyring, stubs: Stubs, policy: EgressPolicy) -> Self {
        Self {
            inner: Arc::new(Inner {
                context,
                keyring,
                stubs,
                policy,
                closing: CancellationToken::new(),
            }),
        }
    }

    /// The hosts that have stubs, each once.
    pub fn hosts(&self) -> Vec<HostPattern> {
        self.inner.stubs.hosts()
    }

    /// Whether a request is for a host that has stubs.
    pub fn answers_for(&self, request: &Request) -> bool {
        if self.inner.stubs.is_empty() {
            return false;
        }
        let (_, host, port) = addressed(request);
        self.inner.stubs.cover(&host, port)
    }

    /// Answers a request for a host that has stubs.
    pub async fn serve(&self, request: Request) -> Answer {
        self.inner.serve(request).await
    }

    /// Sets the counts of the stubs' answers to zero.
    pub fn reset(&self) {
        self.inner.stubs.reset();
    }

    /// How many calls each stub has answered, in their order.
    pub fn answered(&self) -> Vec<u32> {
        self.inner.stubs.answered()
    }

    /// Ends the wait for answers that are never sent.
    pub fn close(&self) {
        self.inner.closing.cancel();
    }
}

impl Egress for Outbound {
    fn admit<'a>(&'a self, target: &'a EgressRequest) -> Admission<'a> {
        Box::pin(async {
            let user = target.user.as_ref();
            let holder = user.and_then(|user| self.inner.keyring.holder_of(&user.password));
            match holder {
                Some(caller) => {
                    drop(caller.gate.pass(&target.host).await?);
                    Ok(Some(caller.gate.connected(true)))
                }
                None => Ok(None),
            }
        })
    }

    fn decide(&self, target: &EgressRequest) -> EgressDecision {
        let inner = &self.inner;
        let caller = inner.caller(target.user.as_ref());
        let (verdict, disposition) = if inner.policy.allows(&target.host, target.port) {
            (EgressDecision::Pass, Disposition::of_outcome("passed"))
        } else {
            let disposition = Disposition {
                status: Some(StatusCode::FORBIDDEN),
                why: Some("egress is denied".to_owned()),
                ..Disposition::of_outcome("refused")
            };
            (
                EgressDecision::Refuse(inner.refusal(&caller, target)),
                disposition,
            )
        };
        let host = if target.path.is_empty() {
            target.to_string()
        } else {
            origin("http", &target.host, target.port)
        };
        let said = Said {
            host,
            method: target.method.clone(),
            path: target.path.clone(),
            body: Bytes::new(),
        };
        inner.note(caller, said, disposition);
        verdict
    }
}

impl Inner {
    async fn serve(&self, request: Request) -> Answer {
        let hold = self.context.clock.hold("a call to a stubbed host");
        let arrival = request.extensions().get::<Arrival>().cloned();
        let user = arrival.as_ref().and_then(|arrival| arrival.user.clone());
        let caller = self.caller(user.as_deref());
        let (scheme, host, port) = addressed(&request);
        let (head, body) = request.into_parts();
        let read = collect(body, BODY_LIMIT).await;
        let (body, too_large) = match read {
            Ok(body) => (body, None),
            Err(error @ BodyError::TooLarge { .. }) => (Bytes::new(), Some(error)),
            Err(BodyError::Incomplete { .. }) => return Err(Cut),
        };
        let received = Received {
            caller,
            scheme,
            host,
            port,
            head,
            body,
        };
        if let Some(error) = too_large {
            return Ok(self.refuse(received, StatusCode::PAYLOAD_TOO_LARGE, error.to_string()));
        }
        let call = received.call();
        match self.stubs.choose(received.caller.acting.lane, &call) {
            Chosen::Unanswered(why) => Ok(self.refuse(received, StatusCode::FORBIDDEN, why)),
            Chosen::Reply(stub, reply) => {
                let hold = if reply.delay.is_zero() {
                    hold
                } else {
                    hold.sleep(reply.delay).await
                };
                let said = received.said();
                self.note(received.caller, said, Disposition::of(stub, reply));
                drop(hold);
                if reply.failure == Some(ReplyFailure::Hang) {
                    let never = self.closing.cancelled();
                    drop(self.context.clock.within(HANG, never).await);
                    return Err(Cut);
                }
                answer(reply, arrival.as_ref())
            }
        }
    }

    /// The caller with these credentials for the proxy.
    fn caller(&self, user: Option<&ProxyUser>) -> Caller {
        let principal = user.and_then(|user| self.keyring.holder_of(&user.password));
        let unknown = Acting {
            lane: Lane::Stage,
            attempt: 0,
        };
        Caller {
            acting: principal.as_ref().map_or(unknown, Principal::acting),
            function: principal.and_then(|principal| principal.function),
        }
    }

    /// Refuses a call that no stub answers.
    fn refuse(&self, received: Received, status: StatusCode, why: String) -> Response {
        let said = received.said();
        let called = format!("{} {}{}", said.method, said.host, said.path);
        let text = format!(
            "backlot has no answer for `{called}`{}\n\n{why}\n\nhint: change the stub, or add one under `stubs:`; \
             a host with stubs is never reached for real\n",
            received.caller.by(),
        );
        let disposition = Disposition {
            status: Some(status),
            why: Some(why),
            ..Disposition::of_outcome("refused")
        };
        self.note(received.caller, said, disposition);
        let mut response = Response::new(full(text));
        *response.status_mut() = status;
        let plain = HeaderValue::from_static("text/plain; charset=utf-8");
        response.headers_mut().insert(CONTENT_TYPE, plain);
        response
    }

    /// The answer to a call that may not leave: why, and what to do about it.
    fn refusal(&self, caller: &Caller, target: &EgressRequest) -> String {
        let hosts: Vec<String> = self
            .stubs
            .hosts()
            .iter()
            .map(HostPattern::to_string)
            .collect();
        let near = nearest(&target.host, hosts.iter().map(String::as_str));
        let near = near.map(|near| format!("\n\nthere is a stub for `{near}`"));
        format!(
            "{}{}\n\nhint: {}\n",
            egress::denial(target, caller.function.as_deref()),
            near.unwrap_or_default(),
            egress::remedy(&target.host)
        )
    }

    fn note(&self, caller: Caller, said: Said, disposition: Disposition) {
        let outbound = HttpRecord::OutboundCall {
            host: said.host,
            method: said.method,
            path: said.path,
            function: caller.function,
            attempt: caller.acting.attempt,
            body: said.body.into(),
            outcome: disposition.outcome.to_owned(),
            stub: disposition.stub,
            status: disposition.status.map(|status| status.as_u16()),
            why: disposition.why,
        };
        self.context.record(caller.acting.lane, outbound);
    }
}

impl Caller {
    fn by(&self) -> String {
        match &self.function {
            Some(function) => format!(", called by function `{function}`"),
            None => String::new(),
        }
    }
}

impl Received {
    fn said(&self) -> Said {
        Said {
            host: origin(self.scheme, &self.host, self.port),
            method: self.head.method.to_string(),
            path: self.call().target.to_owned(),
            body: self.body.clone(),
        }
    }

    fn call(&self) -> OutboundCall<'_> {
        let target = self.head.uri.path_and_query();
        OutboundCall {
            host: &self.host,
            port: self.port,
            method: self.head.method.as_str(),
            target: target.map_or("/", http::uri::PathAndQuery::as_str),
            headers: Some(&self.head.headers),
            body: &self.body,
        }
    }
}

impl Disposition {
    fn of_outcome(outcome: &'static str) -> Self {
        Self {
            outcome,
            stub: None,
            status: None,
            why: None,
        }
    }

    fn of(stub: &Stub, reply: &StubReply) -> Self {
        let status = match reply.failure {
            None | Some(ReplyFailure::Truncated) => Some(reply.status),
            Some(ReplyFailure::Reset | ReplyFailure::Hang | ReplyFailure::Malformed) => None,
        };
        Self {
            stub: Some(stub.name.clone()),
            status,
            why: reply.failure.map(|failure| failure.name().to_owned()),
            ..Self::of_outcome("stubbed")
        }
    }
}

/// The answer that is sent for a reply.
fn answer(reply: &StubReply, arrival: Option<&Arrival>) -> Answer {
    let mut response = reply.response();
    match reply.failure {
        None | Some(ReplyFailure::Truncated) => {}
        Some(ReplyFailure::Reset | ReplyFailure::Hang) => return Err(Cut),
        Some(ReplyFailure::Malformed) => {
            let close = HeaderValue::from_static("close");
            response.headers_mut().insert(CONNECTION, close);
            if let Some(arrival) = arrival {
                arrival.garble_answer();
            }
        }
    }
    Ok(response)
}

/// The scheme, the host and the port that a request is for.
fn addressed(request: &Request) -> (&'static str, String, u16) {
    let arrival = request.extensions().get::<Arrival>();
    let scheme = if arrival.is_some_and(|arrival| arrival.is_secure) {
        "https"
    } else {
        "http"
    };
    let authority = authority(request);
    let tunnel = arrival.and_then(|arrival| port_of(arrival.tunnel.as_deref()?));
    let port = port_of(authority).or(tunnel);
    (
        scheme,
        name_of(authority).into_owned(),
        port.unwrap_or(usual(scheme)),
    )
}

fn usual(scheme: &str) -> u16 {
    if scheme == "https" { 443 } else { 80 }
}

/// `https://api.example.com`, with the port unless it is the usual one.
fn origin(scheme: &str, host: &str, port: u16) -> String {
    let host = if host.contains(':') {
        format!("[{host}]")
    } else {
        host.to_owned()
    };
    if port == usual(scheme) {
        format!("{scheme}://{host}")
    } else {
        format!("{scheme}://{host}:{port}")
    }
}
