//! Files that become objects before a stage starts, all of them or none. No event is sent.

use std::fs::File;
use std::io::SeekFrom;

use futures_util::TryStreamExt as _;
use tokio::io::{AsyncReadExt as _, AsyncSeekExt as _};
use tokio_util::io::ReaderStream;

use super::incoming::Incoming;
use crate::object::content_type;
use crate::object::put::Described;
use crate::request::error::Error;
use crate::store::{ObjectRecord, Scope};
use crate::{Cos, Inner, names};
use backlot_base::digest::{Digester, Digests};

/// Bytes that are read at once.
const PIECE: usize = 64 * 1024;

/// Why a file did not become an object.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// The file cannot be read.
    #[error("it cannot be read")]
    Read(#[from] std::io::Error),
    /// COS does not accept the object.
    #[error(transparent)]
    Cos(#[from] Error),
}

/// Files on their way in. Dropping it discards them, and nothing has changed.
pub struct Import(Incoming);

impl Cos {
    /// Begins an import.
    pub fn import(&self) -> Import {
        Import(self.incoming(Scope::Add))
    }
}

impl Import {
    /// Adds a bucket, unless it exists.
    pub fn bucket(&mut self, name: &str, region: &str) -> Result<(), Error> {
        let bucket = self.0.cos().new_bucket(name, region)?;
        self.0.bucket(bucket);
        Ok(())
    }

    /// Adds the bytes of a file under a key of a bucket that was added, with the content type of its extension, in place
    /// of an existing object.
    ///
    /// The file is read twice, so that it need not fit into memory; it must not change meanwhile.
    pub async fn file(&mut self, bucket: &str, key: &str, file: File) -> Result<(), ImportError> {
        names::check_new_key(key)?;
        let mut described = Described {
            headers: vec![("content-type".to_owned(), content_type::of_key(key).into())],
            ..Described::default()
        };
        self.0.cos().encrypt(bucket, &mut described).await?;
        let mut file = tokio::fs::File::from_std(file);
        let digests = digests(&mut file).await?;
        let record = stamped(self.0.cos(), described.to_record(key), &digests);
        file.seek(SeekFrom::Start(0)).await?;
        let body = ReaderStream::with_capacity(file, PIECE).map_err(ImportError::Read);
        self.0.object(bucket.to_owned(), &record, body).await
    }

    /// Stores everything, and returns the number of objects. If it fails, nothing has changed.
    pub async fn finish(self) -> Result<u64, Error> {
        self.0.commit().await
    }
}

fn stamped(cos: &Inner, mut record: ObjectRecord, digests: &Digests) -> ObjectRecord {
    let now = cos.context.clock.now();
    record.take_digests(digests);
    record.last_modified = now;
    record.sequence = u64::try_from(now.as_microsecond()).unwrap_or(0);
    record
}

async fn digests(file: &mut tokio::fs::File) -> Result<Digests, std::io::Error> {
    let (mut digester, mut piece) = (Digester::new(), vec![0; PIECE]);
    loop {
        match file.read(&mut piece).await? {
            0 => return Ok(digester.finish()),
            read => digester.update(&piece[..read]),
        }
    }
}
