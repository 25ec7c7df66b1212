//! One request on its way through the service: from the wire to an operation and back.
//!
//! `dispatch.rs` knows the operations, `authenticate.rs` the signatures, and `failure.rs` answers failures.

use std::pin::pin;
use std::sync::Arc;

use http::request::Parts;
use http::{HeaderValue, StatusCode, header};

use super::access_record::{AccessRecord, Ended};
use crate::bucket::config;
use crate::request::address::{Address, Endpoint, Target};
use crate::request::cos_request::CosRequest;
use crate::request::error::Error;
use crate::request::failure::failed;
use crate::request::identity::Identity;
use crate::request::operation::Operation;
use crate::request::reply::{Reply, date};
use crate::{Auth, Cos, Inner, access, s3};
use backlot_base::fault::{Call, Verdict};
use backlot_base::journal::{CosRecord, Lane};
use backlot_http::auth::s3::Scheme;
use backlot_http::auth::s3::Watch;
use backlot_http::auth::s3::body::{self, Payload};
use backlot_http::auth::{Acting, Principal, v5};
use backlot_http::exchange::authority_of;
use backlot_http::{Answer, Body, Cut, Request, Response};

/// The lane of unsigned requests.
const UNSIGNED: Acting = Acting {
    lane: Lane::Stage,
    attempt: 0,
};

impl Cos {
    /// Serves one request. The clock stands still until the request is recorded and its last byte has been handed over.
    pub fn serve(&self, request: Request) -> impl Future<Output = Answer> + Send + use<> {
        let cos = Arc::clone(&self.inner);
        let (head, body) = request.into_parts();
        // Futures are pinned here and below: `await` would move them first, two kilobytes on every level.
        async move { pin!(cos.receive(&head, body)).await }
    }
}

impl Inner {
    async fn receive(&self, head: &Parts, body: Body) -> Answer {
        let host = authority_of(head);
        let mut record = AccessRecord {
            lane: Lane::Stage,
            operation: None,
            target: Target::Service,
            received: 0,
            is_s3: false,
            is_planned: false,
            identity: None,
            hold: Some(self.context.clock.hold("a COS request")),
        };
        let answered = pin!(self.answer(host, head, body, &mut record)).await;
        let identity = record.identity.take();
        let (identity, request_id) = identity.unwrap_or_else(|| self.identify(record.lane));
        let (reply, code) = match answered {
            Ok(reply)
                if record.is_s3
                    && head.method != http::Method::HEAD
                    && !record.operation.is_some_and(s3::is_content) =>
            {
                (Box::pin(s3::with_namespace(reply)).await, None)
            }
            Ok(reply) => (reply, None),
            Err(Ended::Cut) => return Err(Cut),
            Err(Ended::Error(error)) => {
                self.report(record.lane, &error);
                self.record_gap(&record, &error);
                let code = error.code.clone().into_owned();
                (
                    failed(&error, head, host, &request_id, identity),
                    Some(code),
                )
            }
        };
        let mut response = self.finish(reply, head, &request_id, identity);
        if record.is_s3 {
            s3::adorn(response.headers_mut());
        }
        self.seclude(host, response.headers_mut());
        let shared = self.share(record.target.bucket(), head, response.headers_mut());
        if let Err(error) = shared.await {
            self.report(record.lane, &error);
        }
        let operation = record.operation_name();
        let (bucket, key) = record.target.into_names();
        let entry = CosRecord::Request {
            operation: operation.into(),
            method: head.method.to_string(),
            bucket,
            key,
            status: response.status().as_u16(),
            code,
            request_id,
            received: record.received,
        };
        self.context.record(record.lane, entry);
        Ok(response)
    }

    async fn answer(
        &self,
        host: &str,
        head: &Parts,
        body: Body,
        record: &mut AccessRecord,
    ) -> Result<Reply, Ended> {
        let address = Address::parse(
            host,
            head.uri.path(),
            head.uri.query(),
            &self.settings.domains,
        )?;
        record.target = address.target.clone();
        if address.endpoint == Endpoint::Website && head.method != http::Method::OPTIONS {
            return Box::pin(config::website::answer(self, host, head, &address, record)).await;
        }
        pin!(self.answer_at(host, head, &address, body, record)).await
    }

    /// Answers a request for an address, which for websites is not the address on the wire.
    pub(crate) async fn answer_at(
        &self,
        host: &str,
        head: &Parts,
        address: &Address,
        body: Body,
        record: &mut AccessRecord,
    ) -> Result<Reply, Ended> {
        let scheme = Scheme::of(&head.headers, &address.query);
        record.is_s3 = scheme != Scheme::V5;
        let translated = record.is_s3.then(|| s3::translate(head, &address.query));
        let original = head;
        let head = translated.as_ref().unwrap_or(original);
        let operation = wanted(record, head, address);
        // A website stays one, although it answers with an object.
        record.operation = record.operation.or(operation.as_ref().ok().copied());
        pin!(self.check_page(host, original, address)).await?;
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
        let acting = caller.map_or(UNSIGNED, Principal::acting);
        record.lane = acting.lane;
        let operation = operation?;
        if address.is_accelerated {
            config::accelerate::check(self, operation, address.target.bucket()).await?;
        }
        if caller.is_some() {
            self.check_strictness(operation, head, address).await?;
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
        match self.context.judge(&call) {
            Verdict::Pass => {}
            Verdict::Delay(pause) => {
                if let Some(hold) = record.hold.take() {
                    record.hold = Some(hold.sleep(pause).await);
                }
            }
            Verdict::Fail { status, code } => {
                record.is_planned = true;
                return Err(Error::planned(status, &code).into());
            }
            Verdict::Kill => return Err(Ended::Cut),
        }
        self.check_host(operation, address).await?;
        // A form carries its signature in its body, and a list of keys is decided key by key: their operations
        // check access later.
        let asks_later = asks_later(operation, key.is_some());
        let is_free = head.method == http::Method::OPTIONS || self.settings.auth == Auth::Skip;
        if !is_free && !asks_later {
            let wanted = access::AccessRequest {
                key: key.as_deref(),
                operation,
                bucket: address.target.bucket(),
                object: address.target.key(),
                head,
                address,
            };
            self.check_access(wanted, acting.lane).await?;
        }
        let (body, watch) = if record.is_s3 {
            // With `uploadId`, a checksum is of the completed object, not of the list of its parts.
            let is_content = !(head.method == http::Method::POST && address.query.has("uploadId"));
            let (body, watch) = body::decode(body, payload, &original.headers, is_content);
            (body, Some(watch))
        } else {
            (body, None)
        };
        let (identity, request_id) = self.identify(acting.lane);
        record.identity = Some((identity, request_id.clone()));
        let mut request = CosRequest {
            head,
            address,
            key: key.as_deref(),
            is_signed: key.is_some() || self.settings.auth == Auth::Skip,
            lane: acting.lane,
            request_id,
            received: 0,
            hold: record.hold.take(),
            is_s3: record.is_s3,
        };
        let reply = self.perform(operation, &mut request, body).await;
        record.lane = request.lane;
        record.received = request.received;
        record.hold = request.hold.take();
        match watch.as_ref().and_then(Watch::fault) {
            // The fault of the body says more than the operation's error, which is that the body ended early.
            Some(fault) if reply.is_err() => Err(fault.clone().into()),
            _ => Ok(reply?),
        }
    }

    /// Identity and id of the next request of a lane.
    pub(crate) fn identify(&self, lane: Lane) -> (Identity, String) {
        let identity = self.identities.next(self.context.seed, lane);
        (identity, identity.request_id(self.context.clock.now()))
    }

    /// Adds the headers that every answer has.
    fn finish(&self, reply: Reply, head: &Parts, request_id: &str, identity: Identity) -> Response {
        let mut response = Response::new(reply.body);
        *response.status_mut() = reply.status;
        *response.headers_mut() = reply.headers;
        let headers = response.headers_mut();
        let ascii = |text: &str| HeaderValue::from_str(text).expect("ids and dates are ASCII");
        headers.insert(header::SERVER, HeaderValue::from_static("tencent-cos"));
        headers.insert(header::DATE, date(self.context.clock.now()));
        headers.insert("x-cos-request-id", ascii(request_id));
        let is_failure = reply.status.is_client_error() || reply.status.is_server_error();
        let is_head = head.method == http::Method::HEAD;
        if is_head && (is_failure || reply.status == StatusCode::NOT_MODIFIED) {
            headers.insert("x-cos-trace-id", ascii(&identity.trace_id()));
        }
        let has_framing = headers.contains_key(header::CONTENT_LENGTH)
            || headers.contains_key(header::TRANSFER_ENCODING);
        if !has_framing && reply.status != StatusCode::NO_CONTENT {
            headers.insert(header::CONTENT_LENGTH, HeaderValue::from(0));
        }
        response
    }
}

/// The operation that a request asks for. To a page of a website, sub-resources are unknown.
fn wanted(record: &AccessRecord, head: &Parts, address: &Address) -> Result<Operation, Error> {
    match record.operation {
        Some(Operation::StaticWebsite) if head.method == http::Method::HEAD => {
            Ok(Operation::HeadObject)
        }
        Some(Operation::StaticWebsite) => Ok(Operation::GetObject),
        _ => Operation::of(&head.method, address, &head.headers),
    }
}

/// Whether the operation itself checks access, as soon as it knows for which keys.
fn asks_later(operation: Operation, is_signed: bool) -> bool {
    match operation {
        Operation::PostObject => !is_signed,
        Operation::DeleteMultipleObjects => is_signed,
        _ => false,
    }
}
