//! Requests to COS: whatever is asked, the answer is one, and it is never that something broke inside.

use backlot::cos::Upload;
use backlot::journal::Lane;

use super::input::in_pieces;
use super::rig::{self, BUCKET};

/// Between the requests of one input.
const SEPARATOR: &[u8] = b"\n---\n";

/// Requests as on the wire, after a byte that says in which pieces their bodies come.
pub(super) fn check(data: &[u8]) {
    let Some((size, text)) = data.split_first() else {
        return;
    };
    rig::with(async |rig| {
        let upload = Upload {
            bucket: BUCKET.to_owned(),
            key: "in/a.mp4".to_owned(),
            body: "0123456789".into(),
            ..Upload::default()
        };
        let stored = rig.cos.put_object(Lane::Stage, upload).await;
        stored.expect("an ordinary object is stored");
        for text in split(text).into_iter().take(8) {
            if let Some(request) = rig::request(text, |body| in_pieces(body, &[*size])) {
                rig.ask(request).await;
            }
        }
    });
}

fn split(text: &[u8]) -> Vec<&[u8]> {
    let mut parts = Vec::new();
    let mut rest = text;
    while let Some(at) = rest
        .windows(SEPARATOR.len())
        .position(|found| found == SEPARATOR)
    {
        parts.push(&rest[..at]);
        rest = &rest[at + SEPARATOR.len()..];
    }
    parts.push(rest);
    parts
}
