//! One request on its way through the service: from the wire to an operation and back.

use std::pin::pin;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use http::request::Parts;
use http::{HeaderValue, StatusCode, header};

use super::address::{Address, Endpoint, Target, without_port};
use super::error::{self, Error};
use super::identity::Identity;
use super::operation::Operation;
use super::reply::{Reply, date};
use super::{
    Auth, Cos, Inner, access, append_object, bucket, config, copy, delete_object, delete_objects,
    get_object, get_service, list_objects, list_versions, multipart, post_object, put_object,
    restore_object, s3, symlink, tagging, versioning,
};
use crate::base::clock::Hold;
use crate::base::digest::Digests;
use crate::base::xml::Element;
use crate::fault::{Call, Verdict};
use crate::http::auth::s3::body::{self, Payload, Watch};
use crate::http::auth::s3::{Asked, Caller, Scheme, v2, v4};
use crate::http::auth::v5::{self, Signed};
use crate::http::auth::{Acting, Key, Principal, Refused};
use crate::http::exchange::{BodyError, authority_of, collect, full};
use crate::http::{Answer, Arrival, Body, Cut, Request, Response};
use crate::journal::{Lane, What};

/// Bytes of a document at most: the list of the parts of an upload is the longest.
const MAX_DOCUMENT: usize = 4 << 20;

/// A request that has been understood.
pub(super) struct Visit<'a> {
    pub(super) head: &'a Parts,
    pub(super) address: &'a Address,
    /// The key that has signed it; none for a form, whose key is in its body.
    pub(super) key: Option<&'a Key>,
    /// Whether somebody has signed it, or nobody needs to.
    pub(super) is_signed: bool,
    pub(super) lane: Lane,
    /// What the request is called.
    pub(super) request_id: String,
    /// Bytes of the request's body that were taken.
    pub(super) received: u64,
    /// To be taken by an answer whose body takes its time.
    pub(super) hold: Option<Hold>,
    /// Whether the client speaks as S3 clients do.
    pub(super) is_s3: bool,
}

/// Who has a change done, as those are told who listen.
#[derive(Clone, Debug)]
pub(super) struct Origin {
    pub(super) lane: Lane,
    pub(super) request_id: String,
    pub(super) source_ip: String,
    /// The public part of the key; empty if there is none.
    pub(super) secret_id: String,
}

/// On whose behalf requests come that nobody has signed.
const NOBODY: Acting = Acting {
    lane: Lane::Stage,
    attempt: 0,
};

/// The header, and the parameter, that asks for less speed.
const TRAFFIC_LIMIT: &str = "x-cos-traffic-limit";

/// The operation of a request that is not understood.
const UNKNOWN: &str = "Unknown";

/// What the journal is told about a request.
pub(super) struct Seen {
    lane: Lane,
    pub(super) operation: &'static str,
    target: Target,
    received: u64,
    is_s3: bool,
    /// Whether its error was planned.
    is_planned: bool,
    /// Once its lane is known.
    identity: Option<(Identity, String)>,
    /// Until the request is written down; none if the body of the answer has taken it.
    hold: Option<Hold>,
}

/// Why a request ends without the answer that it asked for.
pub(super) enum Ended {
    Error(Box<Error>),
    Cut,
}

impl<E: Into<Error>> From<E> for Ended {
    fn from(error: E) -> Self {
        Self::Error(Box::new(error.into()))
    }
}

impl Cos {
    /// Serves one request. The clock stands still until it is written down and its last byte has been handed over.
    pub fn serve(&self, request: Request) -> impl Future<Output = Answer> + Send + use<> {
        let cos = Arc::clone(&self.inner);
        let (head, body) = request.into_parts();
        // What waits is pinned here and below: `await` would move it first, two kilobytes on every level.
        async move { pin!(cos.receive(&head, body)).await }
    }
}

impl Inner {
    async fn receive(&self, head: &Parts, body: Body) -> Answer {
        let host = authority_of(head);
        let mut seen = Seen {
            lane: Lane::Stage,
            operation: UNKNOWN,
            target: Target::Service,
            received: 0,
            is_s3: false,
            is_planned: false,
            identity: None,
            hold: Some(self.doors.clock.hold("a COS request")),
        };
        let answered = pin!(self.answer(host, head, body, &mut seen)).await;
        let identity = seen.identity.take();
        let (identity, request_id) = identity.unwrap_or_else(|| self.identify(seen.lane));
        let (reply, code) = match answered {
            Ok(reply)
                if seen.is_s3
                    && head.method != http::Method::HEAD
                    && !s3::is_content(seen.operation) =>
            {
                (Box::pin(s3::with_namespace(reply)).await, None)
            }
            Ok(reply) => (reply, None),
            Err(Ended::Cut) => return Err(Cut),
            Err(Ended::Error(error)) => {
                self.report(seen.lane, &error);
                if error.status == StatusCode::NOT_IMPLEMENTED && !seen.is_planned {
                    self.confess_refusal(&seen, &error);
                }
                let code = error.code.clone().into_owned();
                (
                    failed(&error, head, host, &request_id, identity),
                    Some(code),
                )
            }
        };
        let mut response = self.finish(reply, head, &request_id, identity);
        if seen.is_s3 {
            s3::adorn(response.headers_mut());
        }
        let shared = self.share(seen.target.bucket(), head, response.headers_mut());
        if let Err(error) = shared.await {
            self.report(seen.lane, &error);
        }
        let (bucket, key) = seen.target.into_names();
        let record = What::CosRequest {
            operation: seen.operation.to_owned(),
            method: head.method.to_string(),
            bucket,
            key,
            status: response.status().as_u16(),
            code,
            request_id,
            received: seen.received,
        };
        self.doors.record(seen.lane, record);
        Ok(response)
    }

    async fn answer(
        &self,
        host: &str,
        head: &Parts,
        body: Body,
        seen: &mut Seen,
    ) -> Result<Reply, Ended> {
        let address = Address::parse(
            host,
            head.uri.path(),
            head.uri.query(),
            &self.settings.domains,
        )?;
        seen.target = address.target.clone();
        if address.is_accelerated {
            config::accelerate::check_enabled(self, address.target.bucket()).await?;
        }
        if address.endpoint == Endpoint::Website && head.method != http::Method::OPTIONS {
            return Box::pin(config::website::answer(self, host, head, &address, seen)).await;
        }
        pin!(self.answer_at(host, head, &address, body, seen)).await
    }

    /// Answers what is asked of an address, which need not be the one on the wire.
    pub(super) async fn answer_at(
        &self,
        host: &str,
        head: &Parts,
        address: &Address,
        body: Body,
        seen: &mut Seen,
    ) -> Result<Reply, Ended> {
        let scheme = Scheme::of(&head.headers, &address.query);
        seen.is_s3 = scheme != Scheme::V5;
        let translated = seen.is_s3.then(|| {
            let region = address.region.as_deref();
            s3::translate(head, region.unwrap_or(&self.settings.region))
        });
        let original = head;
        let head = translated.as_ref().unwrap_or(original);
        let operation = Operation::of(&head.method, address, &head.headers);
        if let Ok(operation) = operation
            && seen.operation == UNKNOWN
        {
            seen.operation = operation.name();
        }
        // Follows: COS reference, section 1.5: a preflight never needs a signature.
        // A form carries its signature in its body.
        let is_form = matches!(operation, Ok(Operation::PostObject)) && !v5::is_signed(head);
        let caller = if head.method == http::Method::OPTIONS || is_form {
            None
        } else {
            self.authenticate(host, original, address, scheme)?
        };
        let (key, payload) = caller.map_or((None, Payload::Unsigned), |caller| {
            (Some(caller.key), caller.payload)
        });
        let caller = key.as_ref().map(|key| &key.principal);
        let acting = caller.map_or(NOBODY, Principal::acting);
        seen.lane = acting.lane;
        let operation = operation?;
        if caller.is_some() {
            self.check_strictness(operation.name(), head, address)
                .await?;
        }

        let call = Call {
            service: "cos",
            operation: operation.name(),
            bucket: address.target.bucket(),
            key: address.target.key(),
            function: caller
                .and_then(|caller| caller.function.as_deref())
                .unwrap_or_default(),
            attempt: acting.attempt,
            lane: acting.lane,
        };
        match self.doors.judge(&call) {
            Verdict::Pass => {}
            Verdict::Delay(pause) => {
                if let Some(hold) = seen.hold.take() {
                    seen.hold = Some(hold.sleep(pause).await);
                }
            }
            Verdict::Fail { status, code } => {
                seen.is_planned = true;
                return Err(Error::planned(status, &code).into());
            }
            Verdict::Kill => return Err(Ended::Cut),
        }
        // A form carries its signature in its body, and a list of keys is one of decisions: whoever reads that asks then.
        let asks_later = asks_later(operation, key.is_some());
        let is_free = head.method == http::Method::OPTIONS || self.settings.auth == Auth::Skip;
        if !is_free && !asks_later {
            let wanted = access::Wanted {
                key: key.as_deref(),
                operation: operation.name(),
                bucket: address.target.bucket(),
                object: address.target.key(),
                head,
                address,
            };
            self.check_access(wanted, acting.lane).await?;
        }
        let (body, watch) = if seen.is_s3 {
            // Elsewhere a sum is of the object that is put together, not of the list of its parts.
            let is_content = !(head.method == http::Method::POST && address.query.has("uploadId"));
            let (body, watch) = body::decode(body, payload, &original.headers, is_content);
            (body, Some(watch))
        } else {
            (body, None)
        };
        let (identity, request_id) = self.identify(acting.lane);
        seen.identity = Some((identity, request_id.clone()));
        let mut visit = Visit {
            head,
            address,
            key: key.as_deref(),
            is_signed: key.is_some() || self.settings.auth == Auth::Skip,
            lane: acting.lane,
            request_id,
            received: 0,
            hold: seen.hold.take(),
            is_s3: seen.is_s3,
        };
        let reply = self.perform(operation, &mut visit, body).await;
        seen.lane = visit.lane;
        seen.received = visit.received;
        seen.hold = visit.hold.take();
        match watch.as_ref().and_then(Watch::fault) {
            // What was wrong with the body says more than that it ended early.
            Some(fault) if reply.is_err() => Err(fault.clone().into()),
            _ => Ok(reply?),
        }
    }

    /// Does what is asked for.
    ///
    /// Boxed, so that the way of every request through the service has room for the work of one operation, not for that of
    /// the largest of them all.
    fn perform<'r>(
        &'r self,
        operation: Operation,
        visit: &'r mut Visit<'_>,
        body: Body,
    ) -> BoxFuture<'r, Result<Reply, Error>> {
        let target = &visit.address.target;
        let (bucket, key) = (target.bucket(), target.key());
        let limit = visit.address.query.filled(TRAFFIC_LIMIT);
        if limit.or_else(|| visit.header(TRAFFIC_LIMIT)).is_some() {
            let subject = format!("{bucket}/{key}");
            self.confess_that(visit, &subject, "traffic limit", "nothing is slowed down");
        }
        match operation {
            Operation::GetService => get_service::serve(self, visit).boxed(),
            Operation::PutBucket => bucket::put(self, visit, body, bucket).boxed(),
            Operation::HeadBucket => bucket::head(self, bucket).boxed(),
            Operation::DeleteBucket => bucket::delete(self, bucket).boxed(),
            Operation::ListObjects
                if visit.is_s3 && visit.address.query.get("list-type") == Some("2") =>
            {
                s3::list_objects_v2::serve(self, visit, bucket).boxed()
            }
            Operation::ListObjects => list_objects::serve(self, visit, bucket).boxed(),
            Operation::PutObject => put_object::serve(self, visit, body, bucket, key).boxed(),
            Operation::GetObject | Operation::HeadObject => {
                get_object::serve(self, visit, bucket, key).boxed()
            }
            Operation::DeleteObject => delete_object::serve(self, visit, bucket, key).boxed(),
            Operation::GetBucketAcl | Operation::GetObjectAcl => {
                access::get_acl(self, visit, bucket, key).boxed()
            }
            Operation::PutBucketAcl | Operation::PutObjectAcl => {
                access::put_acl(self, visit, body, bucket, key).boxed()
            }
            Operation::Preflight => config::cors::preflight(self, visit, bucket).boxed(),
            Operation::Configuration(resource, _) => {
                config::document::serve(self, visit, body, bucket, resource).boxed()
            }
            Operation::ListVersions => list_versions::serve(self, visit, bucket).boxed(),
            Operation::GetVersioning => versioning::get(self, bucket).boxed(),
            Operation::PutVersioning => versioning::put(self, visit, body, bucket).boxed(),
            Operation::DeleteObjects => delete_objects::serve(self, visit, body, bucket).boxed(),
            Operation::PostObject => post_object::serve(self, visit, body, bucket).boxed(),
            Operation::AppendObject => append_object::serve(self, visit, body, bucket, key).boxed(),
            Operation::CopyObject => copy::object(self, visit, bucket, key).boxed(),
            Operation::RestoreObject => {
                restore_object::serve(self, visit, body, bucket, key).boxed()
            }
            Operation::GetSymlink => symlink::get(self, visit, bucket, key).boxed(),
            Operation::PutSymlink => symlink::put(self, visit, bucket, key).boxed(),
            Operation::GetObjectTagging => tagging::get(self, visit, bucket, key).boxed(),
            Operation::PutObjectTagging => tagging::put(self, visit, body, bucket, key).boxed(),
            Operation::DeleteObjectTagging => tagging::delete(self, visit, bucket, key).boxed(),
            Operation::GetRetention => config::retention::get(self, visit, bucket, key).boxed(),
            Operation::PutRetention => {
                config::retention::put(self, visit, body, bucket, key).boxed()
            }
            Operation::Multipart(step) => {
                multipart::serve(self, visit, body, step, bucket, key).boxed()
            }
            Operation::Unimplemented(name) => {
                let message = format!("{name} is not implemented here");
                let refused = Error::from(error::NOT_IMPLEMENTED).because(message);
                std::future::ready(Err(refused)).boxed()
            }
        }
    }

    /// What the next request of a lane is called.
    pub(super) fn identify(&self, lane: Lane) -> (Identity, String) {
        let identity = self.identities.next(self.doors.seed, lane);
        (identity, identity.request_id(self.doors.clock.now()))
    }

    /// Who has signed the request; nobody if signatures are not looked at.
    fn authenticate(
        &self,
        host: &str,
        head: &Parts,
        address: &Address,
        scheme: Scheme,
    ) -> Result<Option<Caller>, Error> {
        let header = head
            .headers
            .get(header::HOST)
            .and_then(|value| value.to_str().ok());
        let header = header.unwrap_or(host);
        let mut hosts = vec![header, without_port(header)];
        if host != header {
            hosts.extend([host, without_port(host)]);
        }
        hosts.dedup();
        let signed = Signed {
            method: head.method.as_str(),
            hosts: &hosts,
            paths: &address.signed_paths,
            query: &address.query,
            headers: &head.headers,
        };
        let now = self.doors.clock.client_now();
        let asked = Asked {
            signed: &signed,
            raw_path: head.uri.path(),
            host_bucket: address.host_bucket(),
        };
        let seconds = now.as_second();
        let verified = match scheme {
            Scheme::V5 => v5::verify(&signed, &self.keyring, seconds).map(Caller::plain),
            Scheme::S3V4 => v4::verify(&asked, &self.keyring, seconds),
            Scheme::S3V2 => v2::verify(&asked, &self.keyring, seconds),
        };
        match verified {
            Ok(caller) => Ok(Some(caller)),
            // Whether somebody unsigned may do it is decided later.
            Err(Refused::Anonymous) => Ok(None),
            Err(_) if self.settings.auth == Auth::Skip => Ok(None),
            Err(refused) => Err(Error::refused(refused, now)),
        }
    }

    /// Writes down that something was refused which the real service does.
    fn confess_refusal(&self, seen: &Seen, error: &Error) {
        let (bucket, key) = (seen.target.bucket(), seen.target.key());
        let subject = match (bucket, key) {
            (bucket, "") => bucket.to_owned(),
            (bucket, key) => format!("{bucket}/{key}"),
        };
        let unsupported = What::Unsupported {
            service: "cos".to_owned(),
            feature: seen.operation.to_owned(),
            subject,
            text: error.message.clone().into_owned(),
        };
        self.doors.record(seen.lane, unsupported);
    }

    /// What is the machine's fault is told to those who run it, not only to the client.
    fn report(&self, lane: Lane, error: &Error) {
        if let Some(store) = &error.store {
            self.report_store(lane, &**store);
        }
    }

    pub(super) fn report_store(&self, lane: Lane, error: &dyn std::error::Error) {
        let mut text = error.to_string();
        let mut source = error.source();
        while let Some(error) = source {
            text = format!("{text}: {error}");
            source = error.source();
        }
        tracing::error!(error = text, "the store of COS failed");
        let text = format!("the store of COS failed: {text}");
        self.doors.record(lane, What::Diagnostic { text });
    }

    /// Adds what every answer has.
    fn finish(&self, reply: Reply, head: &Parts, request_id: &str, identity: Identity) -> Response {
        let mut response = Response::new(reply.body);
        *response.status_mut() = reply.status;
        *response.headers_mut() = reply.headers;
        let headers = response.headers_mut();
        let ascii = |text: &str| HeaderValue::from_str(text).expect("ids and dates are ASCII");
        headers.insert(header::SERVER, HeaderValue::from_static("tencent-cos"));
        headers.insert(header::DATE, date(self.doors.clock.now()));
        headers.insert("x-cos-request-id", ascii(request_id));
        let is_failure = reply.status.is_client_error() || reply.status.is_server_error();
        let is_head = head.method == http::Method::HEAD;
        if is_head && (is_failure || reply.status == StatusCode::NOT_MODIFIED) {
            headers.insert("x-cos-trace-id", ascii(&identity.trace_id()));
        }
        if !headers.contains_key(header::CONTENT_LENGTH) && reply.status != StatusCode::NO_CONTENT {
            headers.insert(header::CONTENT_LENGTH, HeaderValue::from(0));
        }
        response
    }
}

impl Visit<'_> {
    pub(super) fn origin(&self) -> Origin {
        let arrival = self.head.extensions.get::<Arrival>();
        let peer = arrival.map(|arrival| arrival.peer.ip().to_string());
        Origin {
            lane: self.lane,
            request_id: self.request_id.clone(),
            source_ip: peer.unwrap_or_else(|| "127.0.0.1".to_owned()),
            secret_id: self
                .key
                .map(|key| key.credentials.secret_id.clone())
                .unwrap_or_default(),
        }
    }

    /// The version that is asked for.
    pub(super) fn version(&self) -> Option<&str> {
        self.address.query.filled("versionId")
    }

    /// A header as text. Follows: COS reference, section 2.2: one without a value counts as absent.
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        let value = self.head.headers.get(name)?;
        let text = std::str::from_utf8(value.as_bytes()).ok()?.trim();
        (!text.is_empty()).then_some(text)
    }

    /// What `Content-MD5` says.
    pub(super) fn content_md5(&self) -> Result<Option<[u8; 16]>, Error> {
        let Some(text) = self.header("content-md5") else {
            return Ok(None);
        };
        let decoded = STANDARD.decode(text).ok();
        let md5 = decoded.and_then(|bytes| bytes.try_into().ok());
        md5.map(Some).ok_or_else(|| error::INVALID_DIGEST.into())
    }

    /// What `x-cos-content-sha1` says, in hexadecimal.
    pub(super) fn content_sha1(&self) -> Option<String> {
        self.header("x-cos-content-sha1").map(str::to_owned)
    }

    /// A parameter that is a number; `most` if it is absent or greater.
    pub(super) fn number(&self, name: &str, most: usize) -> Result<usize, Error> {
        let Some(text) = self.address.query.filled(name) else {
            return Ok(most);
        };
        let number = text.parse::<usize>().map_err(|_| {
            Error::from(error::INVALID_ARGUMENT).because(format!("The {name} must be a number."))
        })?;
        Ok(number.min(most))
    }

    /// The body of a request, whole.
    pub(super) async fn collect(&mut self, body: Body, limit: usize) -> Result<Bytes, Error> {
        let body = collect(body, limit).await.map_err(|error| match error {
            BodyError::TooLarge { .. } => error::MALFORMED_XML,
            BodyError::Incomplete { .. } => error::INCOMPLETE_BODY,
        })?;
        self.received = body.len() as u64;
        Ok(body)
    }

    /// The body of a request as XML with this root. `Content-MD5` counts if it is there.
    pub(super) async fn document(&mut self, body: Body, root: &str) -> Result<Element, Error> {
        let body = self.collect(body, MAX_DOCUMENT).await?;
        if self
            .content_md5()?
            .is_some_and(|md5| md5 != Digests::of(&body).md5)
        {
            return Err(error::BAD_DIGEST.into());
        }
        let parsed = Element::parse(&body).map_err(|error| {
            tracing::debug!(%error, "a body could not be read");
            Error::from(error::MALFORMED_XML)
        })?;
        if parsed.name != root {
            return Err(error::MALFORMED_XML.into());
        }
        Ok(parsed)
    }
}

/// Whether the operation itself asks for access, when it knows for what.
fn asks_later(operation: Operation, is_signed: bool) -> bool {
    match operation {
        Operation::PostObject => !is_signed,
        Operation::DeleteObjects => is_signed,
        _ => false,
    }
}

/// An error as an answer. Follows: COS reference, sections 4.1 and 4.2.
fn failed(error: &Error, head: &Parts, host: &str, request_id: &str, identity: Identity) -> Reply {
    let mut reply = Reply::empty(error.status);
    let xml = HeaderValue::from_static("application/xml");
    reply.headers.insert(header::CONTENT_TYPE, xml);
    reply.headers.extend(error.headers.clone());
    if head.method == http::Method::HEAD {
        return reply;
    }
    let path = percent_encoding::percent_decode_str(head.uri.path()).decode_utf8_lossy();
    let path = if path == "/" { "" } else { &path };
    let body = error.to_xml(&format!("{host}{path}"), request_id, &identity.trace_id());
    reply
        .headers
        .insert(header::CONTENT_LENGTH, body.len().into());
    reply.body = full(body);
    reply
}
