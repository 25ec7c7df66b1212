//! What COS records: requests, and changes of objects.

use std::borrow::Cow;

use super::room::records;

records! {
    /// What COS records: requests, and changes of objects.
    pub enum CosRecord {
        /// COS answered a request.
        Request = "cos-request" {
            /// The operation, for example `PutObject`.
            operation: Cow<'static, str>,
            /// The HTTP method.
            method: String,
            /// The bucket's full name, empty for the service itself.
            bucket: String,
            /// The key, empty for the bucket itself.
            key: String,
            /// HTTP status.
            status: u16,
            /// The error code, if it is an error.
            #[serde(skip_serializing_if = "Option::is_none")]
            code: Option<String>,
            /// What COS calls the request.
            request_id: String,
            /// Size of the request's body in bytes.
            received: u64,
        },
        /// An object is new or has new bytes.
        ObjectCreated = "object-created" {
            /// The bucket's full name.
            bucket: String,
            /// The key.
            key: String,
            /// Bytes.
            size: u64,
            /// With quotes.
            etag: String,
        },
        /// An object is gone.
        ObjectRemoved = "object-removed" {
            /// The bucket's full name.
            bucket: String,
            /// The key.
            key: String,
        },
        /// The lifecycle of a bucket moved an object to another storage class.
        ObjectMoved = "object-moved" {
            /// The bucket's full name.
            bucket: String,
            /// The key.
            key: String,
            /// The class before.
            from: String,
            /// The class now.
            to: String,
        },
        /// The lifecycle of a bucket gave up an unfinished upload.
        UploadAborted = "upload-aborted" {
            /// The bucket's full name.
            bucket: String,
            /// The key.
            key: String,
            /// The upload's id.
            upload_id: String,
        },
    }
}
