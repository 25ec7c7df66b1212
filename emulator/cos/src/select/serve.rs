//! Answering SELECT Object Content.
//!
//! Choice: the first megabyte of the object is judged before the answer begins, so that mistakes in it, and in the request,
//! are answered with 400; later ones end the stream of messages.

use std::io;
use std::sync::Arc;

use bytes::Bytes;
use futures_util::{StreamExt as _, stream};
use http::StatusCode;
use hyper::body::Frame;

use super::frames::{self, Counts};
use super::run::Run;
use super::serialization::Wanted;
use super::{SelectError, sql};
use crate::Inner;
use crate::object::{encryption, lookup, restore, symlink};
use crate::request::cos_request::CosRequest;
use crate::request::error::{self, Error};
use crate::request::reply::Reply;
use crate::store::{BodyStream, ObjectType, StoreError, VersionId};
use backlot_base::journal::Lane;
use backlot_http::Body;

/// The names of the root of a request. The latter is that of S3.
const ROOTS: [&str; 2] = ["SelectRequest", "SelectObjectContentRequest"];

/// How much is read before the answer begins, in bytes.
const FIRST: u64 = 1 << 20;

/// How much is selected before it is sent, in bytes.
const BATCH: usize = 64 << 10;

/// How much is read from one report, or sign of life, to the next, in bytes.
const SILENCE: u64 = 1 << 20;

/// Answers with the records that an expression selects.
pub(crate) async fn serve(
    cos: &Inner,
    request: &mut CosRequest<'_>,
    body: Body,
    bucket: &str,
    key: &str,
) -> Result<Reply, Error> {
    if request.address.query.get("select-type") != Some("2") {
        return Err(Error::from(error::INVALID_ARGUMENT).because("The select-type must be 2."));
    }
    let document = request.document(body, &ROOTS).await?;
    let wanted = Wanted::read(&document)?;
    let query = sql::parse(&wanted.expression)?;
    let now = cos.context.clock.now();
    let stream = open(cos, request, bucket, key).await?;
    let mut selection = Selection {
        cos: cos.this(),
        lane: request.lane,
        object: stream,
        run: Run::new(query, &wanted.input, wanted.output, now),
        is_reporting: wanted.is_reporting,
        counts: Counts::default(),
        reported: 0,
        stage: Stage::Reading,
    };
    selection.begin().await?;
    let messages = stream::unfold(selection, async |mut selection| {
        let message = selection.next().await?;
        Some((message, selection))
    });
    // Observed: the SDK for Python reads a body of unknown length only if a header, in this case, says that it is in chunks.
    let mut reply = Reply::empty(StatusCode::OK)
        .header("content-type", b"application/octet-stream")?
        .header("transfer-encoding", b"chunked")?;
    let hold = request.hold.take();
    reply.body = Body::streaming(messages.map(|bytes| bytes.map(Frame::data))).holding(hold);
    Ok(reply)
}

/// The bytes of the object, if they may be read.
async fn open(
    cos: &Inner,
    request: &CosRequest<'_>,
    bucket: &str,
    key: &str,
) -> Result<BodyStream, Error> {
    cos.bucket(bucket).await?;
    let version_id = request.version().map(|id| VersionId(id.to_owned()));
    let at = lookup::at(bucket, key, version_id.as_ref());
    let Some((mut record, mut body)) = lookup::find(cos, at, false).await? else {
        return Err(lookup::missing(request.version()));
    };
    if let ObjectType::Symlink { target } = &record.object_type {
        (record, body) = Box::pin(symlink::follow(cos, bucket, target, false)).await?;
    }
    if record.is_delete_marker() {
        return Err(lookup::hidden(&record));
    }
    encryption::check_key(&request.head.headers, &record)?;
    restore::check_readable(&record, cos.context.clock.now())?;
    let body = body.ok_or_else(|| Error::from(error::NO_SUCH_KEY))?;
    Ok(body.stream(0..record.size))
}

/// A selection that is being answered.
struct Selection {
    cos: Arc<Inner>,
    lane: Lane,
    object: BodyStream,
    run: Run,
    is_reporting: bool,
    counts: Counts,
    /// What had been read at the last report or sign of life.
    reported: u64,
    stage: Stage,
}

#[derive(Clone, Debug)]
enum Stage {
    Reading,
    /// All is selected.
    Ended,
    /// The selection failed after the answer had begun.
    Failed(SelectError),
    /// The last message is sent.
    Over,
}

/// Why no more of the object can be selected.
enum Broken {
    Selection(SelectError),
    Store(io::Error),
}

impl Selection {
    /// Selects from the beginning of the object, or from all of it if it is small.
    async fn begin(&mut self) -> Result<(), Error> {
        while self.is_reading() && self.run.pending() < BATCH && self.counts.scanned < FIRST {
            self.read().await.map_err(|broken| match broken {
                Broken::Selection(failed) => Error::from(failed),
                Broken::Store(error) => StoreError::Damaged {
                    what: "the object of a selection".to_owned(),
                    why: error.to_string(),
                }
                .into(),
            })?;
        }
        Ok(())
    }

    fn is_reading(&self) -> bool {
        matches!(self.stage, Stage::Reading)
    }

    /// Selects from the next bytes of the object.
    async fn read(&mut self) -> Result<(), Broken> {
        let next = if self.run.is_done() {
            None
        } else {
            self.object.next().await
        };
        match next {
            Some(Ok(bytes)) if bytes.is_empty() => {}
            Some(Ok(bytes)) => {
                self.counts.scanned += bytes.len() as u64;
                self.run.feed(&bytes).map_err(Broken::Selection)?;
            }
            Some(Err(error)) => return Err(Broken::Store(error)),
            None => {
                self.run.finish().map_err(Broken::Selection)?;
                self.stage = Stage::Ended;
            }
        }
        Ok(())
    }

    /// The next messages; `None` after the last one.
    async fn next(&mut self) -> Option<io::Result<Bytes>> {
        loop {
            let pending = self.run.pending();
            if pending >= BATCH || (pending > 0 && !self.is_reading()) {
                let payload = self.run.take();
                self.counts.returned += payload.len() as u64;
                return Some(Ok(frames::records(&payload).into()));
            }
            match &self.stage {
                Stage::Reading => {}
                Stage::Ended => return Some(Ok(self.last().into())),
                Stage::Failed(failed) => {
                    let message = frames::failure(failed);
                    self.stage = Stage::Over;
                    return Some(Ok(message.into()));
                }
                Stage::Over => return None,
            }
            if self.counts.scanned - self.reported >= SILENCE {
                return Some(Ok(self.report().into()));
            }
            match self.read().await {
                Ok(()) => {}
                Err(Broken::Selection(failed)) => self.stage = Stage::Failed(failed),
                // The client sees an answer that ends early; the reason goes to log and journal.
                Err(Broken::Store(error)) => {
                    self.cos.report_store(self.lane, &error);
                    self.stage = Stage::Over;
                    return Some(Err(error));
                }
            }
        }
    }

    /// Progress if it is wanted, a sign of life if not.
    fn report(&mut self) -> Vec<u8> {
        self.reported = self.counts.scanned;
        if self.is_reporting {
            frames::progress(self.counts)
        } else {
            frames::continuation()
        }
    }

    /// The messages at the end.
    fn last(&mut self) -> Vec<u8> {
        self.stage = Stage::Over;
        let mut messages = Vec::new();
        if self.is_reporting {
            messages.extend(frames::progress(self.counts));
        }
        messages.extend(frames::stats(self.counts));
        messages.extend(frames::end());
        messages
    }
}
