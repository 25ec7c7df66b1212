//! The documents of buckets: their configurations, read and changed by name.

use bytes::Bytes;

use crate::Inner;
use crate::detach::detach_on_drop;
use crate::request::error::{self, Error};
use crate::store::{MAX_NAME, StoreError};
use backlot_base::xml::Element;

impl Inner {
    /// The configuration of a bucket that is stored under a name.
    pub(crate) async fn configuration(
        &self,
        bucket: &str,
        name: &str,
    ) -> Result<Option<Element>, Error> {
        let Some(bytes) = self.store.document(bucket, name).await? else {
            return Ok(None);
        };
        let element = Element::parse(&bytes).map_err(|error| StoreError::Damaged {
            what: format!("{name} of {bucket}"),
            why: error.to_string(),
        })?;
        Ok(Some(element))
    }

    /// Stores a configuration, also if the client leaves before it is done.
    pub(crate) async fn put_configuration(
        &self,
        bucket: &str,
        name: &str,
        text: impl Into<Bytes>,
    ) -> Result<(), Error> {
        if name.len() > MAX_NAME {
            return Err(Error::from(error::INVALID_ARGUMENT).because("The id is too long."));
        }
        let (this, bucket, name, text) =
            (self.this(), bucket.to_owned(), name.to_owned(), text.into());
        let is_kept = detach_on_drop(async move {
            let _lock = this.key_locks.lock(&bucket, "").await;
            Ok(this.store.put_document(&bucket, &name, text).await?)
        });
        if is_kept.await? {
            Ok(())
        } else {
            Err(error::NO_SUCH_BUCKET.into())
        }
    }

    /// Stores a configuration, unless the bucket has one under any of the names in `unless`; `false` if it has.
    pub(crate) async fn put_new_configuration(
        &self,
        bucket: &str,
        name: &str,
        unless: &[String],
        text: String,
    ) -> Result<bool, Error> {
        let (this, bucket, name) = (self.this(), bucket.to_owned(), name.to_owned());
        let unless = unless.to_vec();
        detach_on_drop(async move {
            let _lock = this.key_locks.lock(&bucket, "").await;
            for taken in &unless {
                if this.store.document(&bucket, taken).await?.is_some() {
                    return Ok(false);
                }
            }
            if this.store.put_document(&bucket, &name, text.into()).await? {
                return Ok(true);
            }
            Err(error::NO_SUCH_BUCKET.into())
        })
        .await
    }

    /// Removes a configuration; `false` if the bucket had none under this name.
    pub(crate) async fn remove_configuration(
        &self,
        bucket: &str,
        name: &str,
    ) -> Result<bool, Error> {
        let (this, bucket, name) = (self.this(), bucket.to_owned(), name.to_owned());
        detach_on_drop(async move {
            let _lock = this.key_locks.lock(&bucket, "").await;
            Ok(this.store.remove_document(&bucket, &name).await?)
        })
        .await
    }
}
