//! Lists of objects and of versions.
//!
//! [`page`] has the rules of a page of objects and knows no wire format; `objects.rs` (GET Bucket), `objects_v2.rs` (the S3
//! form) and `versions.rs` (GET Bucket Object versions) answer in their formats. Follows: COS reference, section 6.

pub mod page;

pub(crate) mod objects;
pub(crate) mod objects_v2;
pub(crate) mod versions;

pub(crate) mod encoding;
