//! `GET` and `PUT` of the saved state: all buckets and objects of COS, and what calls of the APIs have made. Its format is in `backlot_cos::dump::state`.

use std::io;

use futures_util::TryStreamExt as _;
use http::StatusCode;
use hyper::body::Frame;
use serde_json::json;
use tokio::io::{AsyncSeekExt as _, AsyncWriteExt as _};

use super::Inner;
use super::answer::{AdminError, value, with_body};
use backlot_cos::StateError;
use backlot_http::{Body, Request, Response};

impl Inner {
    /// All buckets and objects, in one answer, which breaks off if the store fails.
    pub(super) fn save(&self) -> Result<Response, AdminError> {
        let saved = self.services.saved();
        let saved = saved.map_err(|error| AdminError::failed(&error))?;
        let body = Body::streaming(saved.map_ok(Frame::data));
        Ok(with_body(StatusCode::OK, "application/octet-stream", body))
    }

    /// Replaces all buckets and objects. The body is stored in a file and checked first, so that a damaged one changes
    /// nothing.
    pub(super) async fn load(&self, request: Request) -> Result<Response, AdminError> {
        let file = spool(request).await?;
        match self.services.load(file).await {
            Ok(objects) => Ok(value(&json!({ "objects": objects }))),
            Err(damaged @ StateError::Damaged(_)) => Err(AdminError::bad(damaged.to_string())),
            Err(error) => Err(AdminError::failed(&error)),
        }
    }
}

/// Keeps the body of a request in a file without a name.
async fn spool(request: Request) -> Result<tokio::fs::File, AdminError> {
    use http_body_util::BodyExt as _;

    let failed = |error: io::Error| {
        AdminError::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            format!(
                "the state cannot be kept in a file below `{}`, and buckets and objects are as they were before: {error}",
                std::env::temp_dir().display()
            ),
        )
    };
    let file = tempfile::tempfile().map_err(failed)?;
    let mut file = tokio::fs::File::from_std(file);
    let mut body = request.into_body();
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|_| AdminError::bad("the body of the request ends early"))?;
        if let Ok(data) = frame.into_data() {
            file.write_all(&data).await.map_err(failed)?;
        }
    }
    file.flush().await.map_err(failed)?;
    file.rewind().await.map_err(failed)?;
    Ok(file)
}
