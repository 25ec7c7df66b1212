//! Files that become objects before a stage starts. No event is sent.

use std::path::Path;

use futures_util::TryStreamExt as _;
use tokio::io::AsyncReadExt as _;
use tokio_util::io::ReaderStream;

use crate::object::content_type;
use crate::object::put::Described;
use crate::request::error::{self, Error};
use crate::store::ObjectRecord;
use crate::{Cos, names};
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

impl Cos {
    /// Stores the bytes of a file under a key, with the content type of its extension, in place of an existing object.
    ///
    /// The file is read twice, so that it need not fit into memory; it must not change meanwhile.
    pub async fn import_file(
        &self,
        bucket: &str,
        key: &str,
        file: &Path,
    ) -> Result<(), ImportError> {
        names::check_new_key(key)?;
        let mut described = Described {
            headers: vec![("content-type".to_owned(), content_type::of_key(key).into())],
            ..Described::default()
        };
        self.inner.encrypt(bucket, &mut described).await?;
        let record = self.stamped(described.to_record(key), &digests(file).await?);
        let file = tokio::fs::File::open(file).await?;
        let body = ReaderStream::with_capacity(file, PIECE).map_err(ImportError::Read);
        if self.restore_object(bucket, record, body).await? {
            return Ok(());
        }
        Err(Error::from(error::NO_SUCH_BUCKET).into())
    }

    fn stamped(&self, mut record: ObjectRecord, digests: &Digests) -> ObjectRecord {
        let now = self.inner.context.clock.now();
        record.take_digests(digests);
        record.last_modified = now;
        record.sequence = u64::try_from(now.as_microsecond()).unwrap_or(0);
        record
    }
}

async fn digests(file: &Path) -> Result<Digests, std::io::Error> {
    let mut file = tokio::fs::File::open(file).await?;
    let (mut digester, mut piece) = (Digester::new(), vec![0; PIECE]);
    loop {
        match file.read(&mut piece).await? {
            0 => return Ok(digester.finish()),
            read => digester.update(&piece[..read]),
        }
    }
}
