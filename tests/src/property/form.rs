//! Uploads by form: it does not matter in which pieces they arrive.

use backlot::http::Request;
use bytes::Bytes;
use hyper::StatusCode;

use super::input::{Input, in_pieces};
use super::rig::{self, HOST, Rig};

/// What an upload leaves: the answer, the keys, and the bytes under the key `k`.
#[derive(Debug, PartialEq)]
struct Left {
    status: StatusCode,
    code: Option<String>,
    objects: Vec<(String, Bytes)>,
}

/// Three sizes of pieces, a line with the content type, then the body.
pub(super) fn check(data: &[u8]) {
    let mut input = Input(data);
    let sizes = [input.byte(), input.byte(), input.byte()];
    let kind = input.line();
    let body = input.0;
    let whole = rig::with(async |rig| upload(rig, kind, body, &[]).await);
    for sizes in [&sizes[..], &[1]] {
        let pieces = rig::with(async |rig| upload(rig, kind, body, sizes).await);
        assert_eq!(pieces, whole, "in pieces of {sizes:?}");
    }
}

async fn upload(rig: &Rig, kind: &[u8], body: &[u8], sizes: &[u8]) -> Option<Left> {
    let request = hyper::Request::builder()
        .method("POST")
        .uri("/")
        .header("host", HOST)
        .header("content-length", body.len())
        .header("content-type", kind)
        .body(in_pieces(body, sizes));
    let request: Request = request.ok()?;
    let answered = rig.ask(request).await;
    let objects = rig.cos.all_objects().await.expect("the store works");
    let element = backlot::base::xml::Element::parse(&answered.body).ok();
    let code = element.and_then(|element| Some(element.text_of("Code")?.to_owned()));
    Some(Left {
        status: answered.status,
        code,
        objects: objects
            .into_iter()
            .map(|stored| (stored.record.key, stored.body))
            .collect(),
    })
}
