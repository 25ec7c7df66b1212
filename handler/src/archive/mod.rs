//! Archive first: store the bytes as received, prove that they are stored, and only then speak of success.
//!
//! Nothing is ever overwritten. When an object of the key is there already, because the event was delivered twice or
//! because the answer to an earlier try was lost, it is compared with the event: the same bytes are a success, any
//! others an error. In a bucket with versioning `x-cos-forbid-overwrite` has no effect; there, storing twice makes two
//! versions with the same bytes.

mod error;
mod keep;
mod metadata;
mod retry;
mod verify;

pub use error::Error;
pub use keep::{Archive, Entry, Kept};
pub use retry::Retry;
pub use verify::Difference;
