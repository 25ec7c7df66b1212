//! Where code is read from that an upload to COS has brought: the stage says how.

use std::fmt;

use bytes::Bytes;
use futures_util::future::BoxFuture;

/// Objects of COS, as far as SCF needs them.
pub trait CodeObjects: fmt::Debug + Send + Sync {
    /// The bytes of an object; `None` if there is none. `bucket` is the full name. The error says what failed, for people.
    fn read<'a>(
        &'a self,
        bucket: &'a str,
        key: &'a str,
    ) -> BoxFuture<'a, Result<Option<Bytes>, String>>;
}
