//! MPS: the mock engine against its vectors, notifications against samples, and the service as a stage uses it.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod api;
mod catalogue;
mod definitions;
mod engine;
mod json;
mod members;
mod samples;
mod service;

use std::path::Path;

use backlot::base::json::Value;
use backlot::mps::SourceObject;

/// Reads a vector.
#[track_caller]
fn vector(name: &str) -> Value {
    Value::parse(&text(name)).unwrap()
}

/// Reads a file beside the vectors.
#[track_caller]
fn text(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("vectors/mps")
        .join(name);
    std::fs::read_to_string(&path).unwrap()
}

/// The demonstration source of the vectors.
fn demo() -> SourceObject {
    SourceObject {
        bucket: "media-in-1250000000".into(),
        region: "ap-guangzhou".into(),
        key: "in/demo.mp4".into(),
        size: 19_626_862,
        etag: "\"5f4dcc3b5aa765d61d8327deb882cf99\"".into(),
        metadata: Vec::new(),
    }
}

/// Another source of the vectors.
fn second() -> SourceObject {
    SourceObject {
        key: "in/second.mp4".into(),
        size: 7_700_180,
        etag: "\"0cc175b9c0f1b6a831c399e269772661\"".into(),
        ..demo()
    }
}
