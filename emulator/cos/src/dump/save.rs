//! Saving all buckets and objects. Objects that change meanwhile are saved as they are at their turn.

use std::io;

use bytes::Bytes;
use futures_util::{Stream, StreamExt as _, stream};
use serde::Serialize;
use tokio::io::{AsyncWrite, AsyncWriteExt as _};
use tokio::sync::mpsc;

use super::state::{Described, Document, End, FORMAT, Head, StateError, VERSION};
use crate::Cos;
use crate::store::ObjectRecord;

/// Receives the pieces. The queue is short, so that memory stays bounded.
type Pieces = mpsc::Sender<io::Result<Bytes>>;

/// The reader of the pieces has gone.
const GONE: fn(mpsc::error::SendError<io::Result<Bytes>>) -> io::Error =
    |_| io::ErrorKind::BrokenPipe.into();

impl Cos {
    /// All buckets and objects as a saved state, with what the other services keep. If something fails, the last item is the
    /// error.
    pub fn saved(
        &self,
        others: Option<serde_json::Value>,
    ) -> impl Stream<Item = io::Result<Bytes>> + Send + use<> {
        let pieces = start(self.clone(), others);
        stream::unfold(pieces, |mut pieces| async move {
            let piece = pieces.recv().await?;
            Some((piece, pieces))
        })
    }

    /// Writes all buckets and objects as a saved state, and returns the number of objects.
    pub async fn save<O>(&self, output: &mut O) -> Result<u64, StateError>
    where
        O: AsyncWrite + Unpin + Send + ?Sized,
    {
        self.save_with(output, None).await
    }

    /// [`Cos::save`], with what the other services keep.
    pub async fn save_with<O>(
        &self,
        output: &mut O,
        others: Option<serde_json::Value>,
    ) -> Result<u64, StateError>
    where
        O: AsyncWrite + Unpin + Send + ?Sized,
    {
        let mut pieces = start(self.clone(), others);
        let mut last = Bytes::new();
        while let Some(piece) = pieces.recv().await {
            last = piece?;
            output.write_all(&last).await?;
        }
        output.flush().await?;
        let end: Result<End, _> = serde_json::from_slice(&last);
        let end = end.map_err(|error| StateError::Damaged(error.to_string()))?;
        Ok(end.objects)
    }
}

/// Reads everything in a task of its own, which ends when the receiver is dropped.
fn start(cos: Cos, others: Option<serde_json::Value>) -> mpsc::Receiver<io::Result<Bytes>> {
    let (sender, pieces) = mpsc::channel(4);
    tokio::spawn(async move {
        if let Err(error) = write(&cos, others, &sender).await {
            drop(sender.send(Err(io::Error::other(error))).await);
        }
    });
    pieces
}

async fn write(
    cos: &Cos,
    others: Option<serde_json::Value>,
    out: &Pieces,
) -> Result<(), StateError> {
    let buckets = cos.buckets().await?;
    let names: Vec<_> = buckets.iter().map(|bucket| bucket.name.clone()).collect();
    let mut documents = Vec::new();
    for bucket in &names {
        let of_bucket = cos.documents(bucket).await?;
        documents.extend(of_bucket.into_iter().map(|(name, bytes)| Document {
            bucket: bucket.clone(),
            name,
            bytes: bytes.into(),
        }));
    }
    let head = Head {
        format: FORMAT.to_owned(),
        version: VERSION,
        buckets,
        documents,
        others,
    };
    line(out, &head).await?;
    let mut objects = 0;
    for bucket in names {
        let mut last: Option<ObjectRecord> = None;
        // The versions of one key, newest first. They are written in reverse, because a loaded version becomes the current
        // one.
        let mut same_key: Vec<ObjectRecord> = Vec::new();
        loop {
            let records = cos.records_after(&bucket, last.as_ref()).await?;
            let is_end = records.is_empty();
            for record in records {
                if last.as_ref().is_some_and(|last| last.key != record.key) {
                    objects += put_out(cos, out, &bucket, &mut same_key).await?;
                }
                last = Some(record.clone());
                same_key.push(record);
            }
            if is_end {
                objects += put_out(cos, out, &bucket, &mut same_key).await?;
                break;
            }
        }
    }
    line(out, &End { objects }).await
}

/// Writes versions from the last to the first and empties the list; returns how many still existed.
async fn put_out(
    cos: &Cos,
    out: &Pieces,
    bucket: &str,
    versions: &mut Vec<ObjectRecord>,
) -> Result<u64, StateError> {
    let mut objects = 0;
    while let Some(record) = versions.pop() {
        // It may have been removed since.
        let Some((object, body)) = cos.open_object(bucket, &record).await? else {
            continue;
        };
        let size = object.size;
        let bucket = bucket.to_owned();
        line(out, &Described { bucket, object }).await?;
        let mut bytes = body.stream(0..size);
        while let Some(piece) = bytes.next().await {
            out.send(piece).await.map_err(GONE)?;
        }
        out.send(Ok(Bytes::from_static(b"\n")))
            .await
            .map_err(GONE)?;
        objects += 1;
    }
    Ok(objects)
}

async fn line(out: &Pieces, what: &impl Serialize) -> Result<(), StateError> {
    let mut text = serde_json::to_string(what).expect("records are plain data");
    text.push('\n');
    Ok(out.send(Ok(text.into())).await.map_err(GONE)?)
}
