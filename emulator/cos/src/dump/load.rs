//! Loading a saved state: the whole input is checked first, then it replaces all buckets and objects in one step.

use std::collections::HashSet;

use bytes::Bytes;
use futures_util::stream;
use serde::de::DeserializeOwned;
use tokio::io::{
    AsyncBufReadExt as _, AsyncRead, AsyncReadExt as _, AsyncSeek, AsyncSeekExt as _, BufReader,
};

use super::state::{Described, Document, End, FORMAT, Head, Loaded, StateError, VERSION};
use super::validate;
use crate::Cos;
use crate::store::{Scope, VersionId};

/// Bytes that are read at once.
const PIECE: u64 = 64 * 1024;

/// A saved state that is read line by line.
struct Reader<I> {
    input: BufReader<I>,
    /// Bytes of the current object that are still to be read.
    left: u64,
}

impl Cos {
    /// Replaces all buckets and objects by a saved state in one step, and returns the number of its objects. If it fails, nothing
    /// has changed; until it ends, the store holds both what was there and what is loaded.
    ///
    /// The input is read twice, from its current position, which must be its beginning.
    pub async fn load<I>(&self, input: I) -> Result<u64, StateError>
    where
        I: AsyncRead + AsyncSeek + Unpin + Send,
    {
        Ok(self.load_with(input, |_| Ok(())).await?.objects)
    }

    /// [`Cos::load`], for callers that can tell by `check_others` whether they could use what the other services had kept. If
    /// not, nothing changes.
    pub async fn load_with<I>(
        &self,
        input: I,
        check_others: impl FnOnce(&serde_json::Value) -> Result<(), String> + Send,
    ) -> Result<Loaded, StateError>
    where
        I: AsyncRead + AsyncSeek + Unpin + Send,
    {
        let mut input = check(input).await?;
        input.rewind().await?;
        let mut reader = Reader::new(input);
        let head = reader.head().await?;
        let others = head.others;
        if let Some(others) = &others {
            check_others(others).map_err(damaged)?;
        }
        let mut incoming = self.incoming(Scope::Replace);
        for bucket in head.buckets {
            incoming.bucket(bucket);
        }
        for document in head.documents {
            let Document {
                bucket,
                name,
                bytes,
            } = document;
            incoming.document(bucket, name, bytes.0);
        }
        while let Ok(described) = reader.next().await? {
            let body = stream::try_unfold(&mut reader, |reader| async {
                let piece = reader.piece().await?;
                Ok::<_, StateError>(piece.map(|piece| (piece, reader)))
            });
            let Described { bucket, object } = described;
            incoming.object(bucket, &object, body).await?;
            reader.end_of_body().await?;
        }
        let objects = incoming.commit().await?;
        Ok(Loaded { objects, others })
    }
}

/// Reads the whole input: it is complete, every record could have been stored here, and every body has the checksum of its
/// record.
async fn check<I: AsyncRead + Unpin>(input: I) -> Result<I, StateError> {
    let mut reader = Reader::new(input);
    let head = reader.head().await?;
    check_head(&head)?;
    let mut objects = 0;
    let mut seen: HashSet<(String, String, VersionId)> = HashSet::new();
    loop {
        let Described { bucket, object } = match reader.next().await? {
            Ok(described) => described,
            Err(end) if end.objects == objects => return Ok(reader.input.into_inner()),
            Err(end) => {
                let wanted = end.objects;
                return Err(damaged(format!(
                    "it has {objects} objects instead of {wanted}"
                )));
            }
        };
        if !head.buckets.iter().any(|known| known.name == bucket) {
            return Err(damaged(format!(
                "it does not describe the bucket `{bucket}`"
            )));
        }
        validate::check_object(&object)?;
        let place = (
            bucket.clone(),
            object.key.clone(),
            object.version_id.clone(),
        );
        if !seen.insert(place) {
            let key = object.key;
            return Err(damaged(format!("it has `{bucket}/{key}` twice")));
        }
        let mut crc = crc64fast::Digest::new();
        while let Some(piece) = reader.piece().await? {
            crc.write(&piece);
        }
        if crc.sum64() != object.crc64 {
            let key = object.key;
            return Err(damaged(format!(
                "the bytes of `{bucket}/{key}` are not those that were saved"
            )));
        }
        reader.end_of_body().await?;
        objects += 1;
    }
}

/// Checks buckets and documents, and that each occurs once.
fn check_head(head: &Head) -> Result<(), StateError> {
    let mut buckets = HashSet::new();
    for bucket in &head.buckets {
        validate::check_bucket(bucket)?;
        if !buckets.insert(bucket.name.as_str()) {
            let name = &bucket.name;
            return Err(damaged(format!("it describes the bucket `{name}` twice")));
        }
    }
    let mut documents = HashSet::new();
    for Document { bucket, name, .. } in &head.documents {
        validate::check_document(name)?;
        if !buckets.contains(bucket.as_str()) {
            return Err(damaged(format!(
                "it does not describe the bucket `{bucket}`"
            )));
        }
        if !documents.insert((bucket, name)) {
            return Err(damaged(format!(
                "it has the document `{name}` of `{bucket}` twice"
            )));
        }
    }
    Ok(())
}

impl<I: AsyncRead + Unpin> Reader<I> {
    fn new(input: I) -> Self {
        Self {
            input: BufReader::new(input),
            left: 0,
        }
    }

    async fn head(&mut self) -> Result<Head, StateError> {
        let head: Head = parse(&self.line().await?)?;
        if head.format != FORMAT || head.version != VERSION {
            let Head {
                format, version, ..
            } = head;
            return Err(damaged(format!(
                "it has the format `{format}` {version}; this program knows `{FORMAT}` {VERSION}"
            )));
        }
        Ok(head)
    }

    /// The next object, or the end.
    async fn next(&mut self) -> Result<Result<Described, End>, StateError> {
        let line = self.line().await?;
        if let Ok(end) = serde_json::from_str(&line) {
            return Ok(Err(end));
        }
        let described: Described = parse(&line)?;
        self.left = described.object.size;
        Ok(Ok(described))
    }

    /// The next bytes of the object, or `None` at its end.
    async fn piece(&mut self) -> Result<Option<Bytes>, StateError> {
        if self.left == 0 {
            return Ok(None);
        }
        let length = usize::try_from(self.left.min(PIECE)).expect("a piece is small");
        let mut piece = vec![0; length];
        self.input.read_exact(&mut piece).await.map_err(early)?;
        self.left -= length as u64;
        Ok(Some(piece.into()))
    }

    async fn end_of_body(&mut self) -> Result<(), StateError> {
        match self.input.read_u8().await.map_err(early)? {
            b'\n' => Ok(()),
            _ => Err(damaged("an object is longer than it should be")),
        }
    }

    async fn line(&mut self) -> Result<String, StateError> {
        let mut line = Vec::new();
        self.input.read_until(b'\n', &mut line).await?;
        if line.pop() != Some(b'\n') {
            return Err(damaged("it ends early"));
        }
        String::from_utf8(line).map_err(|_| damaged("a line is not UTF-8"))
    }
}

fn parse<T: DeserializeOwned>(line: &str) -> Result<T, StateError> {
    serde_json::from_str(line).map_err(|error| damaged(error.to_string()))
}

fn early(error: std::io::Error) -> StateError {
    if error.kind() == std::io::ErrorKind::UnexpectedEof {
        return damaged("it ends early");
    }
    error.into()
}

fn damaged(why: impl Into<String>) -> StateError {
    StateError::Damaged(why.into())
}
