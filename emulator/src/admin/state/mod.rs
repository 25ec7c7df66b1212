//! All buckets and objects in one file: a line of JSON that describes what follows, then the bytes, and so on.
//!
//! ```text
//! {"format":"backlot-state","version":1,"buckets":[…]}
//! {"bucket":"archive-1250000000","object":{"key":"a","size":2,…}}
//! ok
//! {"objects":1}
//! ```
//!
//! Choice: no archive format, because the bytes need no names in a file system, keys are not paths, and a record has more
//! to say than a file's head could hold. Uploads in parts that are not complete are not kept. Events that wait in queues are not kept: they belong to a run.

pub(super) mod read;
pub(super) mod write;

use std::io;

use http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::json;
use tokio::io::{AsyncSeekExt as _, AsyncWriteExt as _};

use super::Inner;
use super::answer::{Refusal, value, with_body};
use backlot_cos::Error as CosError;
use backlot_cos::store::{BucketRecord, ObjectRecord, Octets};
use backlot_http::{Request, Response};

const FORMAT: &str = "backlot-state";
const VERSION: u32 = 1;

/// The first line.
#[derive(Debug, Deserialize, Serialize)]
struct Head {
    format: String,
    version: u32,
    buckets: Vec<BucketRecord>,
    #[serde(default)]
    documents: Vec<Document>,
}

/// A document of a bucket: one of its configurations.
#[derive(Debug, Deserialize, Serialize)]
struct Document {
    bucket: String,
    name: String,
    bytes: Octets,
}

/// The line before the bytes of an object.
#[derive(Debug, Deserialize, Serialize)]
struct Described {
    bucket: String,
    object: ObjectRecord,
}

/// The last line.
#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct End {
    objects: u64,
}

/// Why buckets and objects could not be saved or loaded.
#[derive(Debug, thiserror::Error)]
pub enum StateError {
    /// It is not a file of this format, or not all of it is there. Nothing was changed.
    #[error("this is not a saved state: {0}")]
    Damaged(String),
    /// The file cannot be read or written.
    #[error("the state cannot be read or written")]
    Io(#[from] io::Error),
    /// The store failed.
    #[error("the store failed")]
    Cos(#[from] CosError),
}

impl Inner {
    /// All buckets and objects, in one answer.
    pub(super) fn save(&self) -> Response {
        let body = write::stream(self.parts.cos.clone());
        with_body(StatusCode::OK, "application/octet-stream", body)
    }

    /// Replaces all buckets and objects. What comes is kept in a file and checked first, so that a broken one changes
    /// nothing.
    pub(super) async fn load(&self, request: Request) -> Result<Response, Refusal> {
        let _turn = self.turn.lock().await;
        let file = spool(request).await?;
        match read::load(&self.parts.cos, file).await {
            Ok(objects) => Ok(value(&json!({ "objects": objects }))),
            Err(damaged @ StateError::Damaged(_)) => Err(Refusal::bad(damaged.to_string())),
            Err(error) => Err(Refusal::failed(&error)),
        }
    }
}

/// Keeps the body of a request in a file without a name.
async fn spool(request: Request) -> Result<tokio::fs::File, Refusal> {
    use http_body_util::BodyExt as _;

    let failed = |error: io::Error| Refusal::failed(&error);
    let file = tempfile::tempfile().map_err(failed)?;
    let mut file = tokio::fs::File::from_std(file);
    let mut body = request.into_body();
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|_| Refusal::bad("the body of the request ends early"))?;
        if let Ok(data) = frame.into_data() {
            file.write_all(&data).await.map_err(failed)?;
        }
    }
    file.flush().await.map_err(failed)?;
    file.rewind().await.map_err(failed)?;
    Ok(file)
}
