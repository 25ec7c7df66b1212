//! A COS over a store in memory that takes everybody's word for who they are, so that inputs need no signature.

use std::sync::Arc;
use std::time::Duration;

use backlot::base::clock::Clock;
use backlot::base::json::Value;
use backlot::base::seed::Seed;
use backlot::base::xml::Element;
use backlot::context::Context;
use backlot::cos::store::{self, Store, StoreSettings};
use backlot::cos::{Auth, Cos, Listener, Settings};
use backlot::http::auth::Keyring;
use backlot::http::{Body, Request};
use bytes::Bytes;
use http_body_util::BodyExt as _;
use hyper::header::{CONTENT_LENGTH, CONTENT_TYPE, ETAG, HeaderMap};
use hyper::{Method, StatusCode};
use tokio::runtime::Runtime;

/// The bucket that is there for every input.
pub(super) const BUCKET: &str = "media-1250000000";

/// Its host.
pub(super) const HOST: &str = "media-1250000000.cos.ap-guangzhou.myqcloud.com";

/// In real time. Nothing here takes this long unless it hangs.
pub(super) const PATIENCE: Duration = Duration::from_secs(10);

/// What a property acts on. One serves all inputs of a thread, and is empty for each of them.
#[derive(Debug)]
pub(super) struct Rig {
    runtime: Runtime,
    pub(super) context: Context,
    pub(super) cos: Cos,
}

/// An answer that has been read to its end.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Answered {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) body: Bytes,
}

thread_local! {
    static RIG: Rig = Rig::new();
}

/// The context of a service that is alone on its stage, on virtual time.
pub(super) fn context() -> Context {
    Context::new(&Clock::virtual_default(), Seed(7))
}

/// A COS that does not look at signatures.
pub(super) fn cos(context: &Context, store: Arc<Store>) -> Cos {
    let settings = Settings {
        auth: Auth::Skip,
        max_object: 1 << 20,
        min_part: 1,
        ..Settings::default()
    };
    let listener = Listener::none();
    Cos::new(
        context.clone(),
        Keyring::default(),
        store,
        settings,
        listener,
    )
}

/// A runtime with all drivers on this thread.
pub(super) fn runtime() -> Runtime {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    runtime.expect("the system gives what a runtime needs")
}

/// Runs `work` with an empty bucket.
pub(super) fn with<T>(work: impl AsyncFnOnce(&Rig) -> T) -> T {
    RIG.with(|rig| {
        rig.runtime.block_on(async {
            rig.cos
                .reset(&[], "ap-guangzhou")
                .await
                .expect("the store works");
            rig.context.journal.clear();
            let created = rig.cos.create_bucket(BUCKET, "ap-guangzhou").await;
            created.expect("the store works");
            let done = rig.context.clock.within(PATIENCE, work(rig)).await;
            done.unwrap_or_else(|_| panic!("still busy: {:?}", rig.context.clock.busy()))
        })
    })
}

impl Rig {
    fn new() -> Self {
        let runtime = runtime();
        let context = context();
        let cos = runtime.block_on(async {
            let store = store::open(&StoreSettings::memory()).expect("a store in memory opens");
            cos(&context, store)
        });
        Self {
            runtime,
            context,
            cos,
        }
    }

    /// Sends a request and checks that the answer is one.
    pub(super) async fn ask(&self, request: Request) -> Answered {
        let method = request.method().clone();
        let asked = format!("{method} {}", request.uri());
        let answer = self.cos.serve(request).await;
        let response = answer.unwrap_or_else(|cut| panic!("{cut}: {asked}"));
        let (head, body) = response.into_parts();
        let body = body.collect().await;
        let body = body.unwrap_or_else(|error| panic!("{error}: {asked}"));
        let answered = Answered {
            status: head.status,
            headers: head.headers,
            body: body.to_bytes(),
        };
        answered.check(&method, &asked);
        answered
    }
}

impl Answered {
    fn check(&self, method: &Method, asked: &str) {
        let is_broken = self.status.is_server_error() && self.status != StatusCode::NOT_IMPLEMENTED;
        assert!(!is_broken, "{asked}: {self:?}");
        assert!(self.headers.contains_key("x-cos-request-id"), "{asked}");
        let length = self.headers.get(CONTENT_LENGTH);
        if let Some(length) = length.filter(|_| method != Method::HEAD) {
            assert_eq!(length, &self.body.len().to_string(), "{asked}: {self:?}");
        }
        let is_xml = self
            .headers
            .get(CONTENT_TYPE)
            .is_some_and(|kind| kind == "application/xml");
        let is_ours = is_xml && !self.headers.contains_key(ETAG) && !self.body.is_empty();
        if is_ours {
            let read = Element::parse(&self.body);
            // Follows: COS reference, section 2: a policy passes for XML.
            let is_policy =
                std::str::from_utf8(&self.body).is_ok_and(|text| Value::parse(text).is_ok());
            assert!(read.is_ok() || is_policy, "{asked}: {read:?} {self:?}");
        }
    }
}

/// A request as it is written on the wire; `None` if it is not one. The host is the bucket's own, and the length that of the
/// body, unless the text says otherwise.
pub(super) fn request(text: &[u8], body: impl FnOnce(&[u8]) -> Body) -> Option<Request> {
    let end = text.windows(2).position(|two| two == b"\n\n");
    let (head, content) = match end {
        Some(end) => (&text[..end], &text[end + 2..]),
        None => (text, &b""[..]),
    };
    let mut lines = head.split(|byte| *byte == b'\n');
    let mut words = lines.next()?.split(|byte| *byte == b' ');
    let (method, target) = (words.next()?, words.next()?);
    let mut request = hyper::Request::builder().method(method).uri(target);
    let (mut has_host, mut has_length) = (false, false);
    for line in lines {
        let colon = line.iter().position(|byte| *byte == b':')?;
        let (name, value) = (&line[..colon], line[colon + 1..].trim_ascii());
        has_host |= name.eq_ignore_ascii_case(b"host");
        has_length |= name.eq_ignore_ascii_case(b"content-length");
        request = request.header(name, value);
    }
    if !has_host {
        request = request.header("host", HOST);
    }
    if !has_length && method != b"GET" && method != b"HEAD" {
        request = request.header(CONTENT_LENGTH, content.len());
    }
    request.body(body(content)).ok()
}
