//! Errors of COS as they are sent to clients: code, status, message.
//!
//! Follows: COS reference, section 4.

use std::borrow::Cow;

use http::{HeaderName, HeaderValue, StatusCode};
use jiff::Timestamp;

use crate::store::StoreError;
use backlot_base::xml::Element;
use backlot_http::auth::{Mismatch, SignatureError};

/// A kind of error: code, status and the usual message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Kind(&'static str, u16, &'static str);

impl Kind {
    /// The code, for example `NoSuchKey`.
    pub fn code(self) -> &'static str {
        self.0
    }
}

macro_rules! kinds {
    ($($name:ident = $code:literal $status:literal $message:literal;)*) => {
        $(
            #[doc = concat!("`", $code, "`")]
            pub const $name: Kind = Kind($code, $status, $message);
        )*

        /// All kinds of errors.
        pub const KINDS: &[Kind] = &[$($name),*];
    };
}

// One line for each kind is worth the macro: the list is what a reader looks for.
kinds! {
    ENTITY_TOO_SMALL = "EntityTooSmall" 400 "Your proposed upload is smaller than the minimum allowed object size.";
    INCORRECT_NUMBER_OF_FILES = "IncorrectNumberOfFilesInPostRequest" 400 "POST requires exactly one file upload per request.";
    INVALID_COPY_SOURCE = "InvalidCopySource" 400 "The x-cos-copy-source you specified is not valid.";
    INVALID_PART = "InvalidPart" 400 "One or more of the specified parts could not be found or the specified entity tag does not match the part's entity tag.";
    INVALID_PART_ORDER = "InvalidPartOrder" 400 "The list of parts was not in ascending order.";
    INVALID_POLICY_DOCUMENT = "InvalidPolicyDocument" 400 "You must provide condition if you specify a policy in post object request.";
    INVALID_SHA1_DIGEST = "InvalidSHA1Digest" 400 "The x-cos-content-sha1 you specified did not match what we received.";
    LIST_PART_UPLOAD_ID_IS_EMPTY = "ListPartUploadIdIsEmpty" 400 "The uploadId must not be empty.";
    MALFORMED_POST_REQUEST = "MalformedPOSTRequest" 400 "The body of your POST request is not well-formed multipart/form-data.";
    NO_SUCH_UPLOAD = "NoSuchUpload" 404 "The specified multipart upload does not exist.";
    RESTORE_NON_ARCHIVE_OBJECT = "RestoreNonArchiveObject" 405 "The specified object is not an archive object.";
    APPEND_POSITION_ERR = "AppendPositionErr" 409 "The position you specified is not the length of the object.";
    OBJECT_NOT_APPENDABLE = "ObjectNotAppendable" 409 "The operation is not valid for the current state of the object.";
    RESTORE_ALREADY_IN_PROGRESS = "RestoreAlreadyInProgress" 409 "The restore of the object is already in progress.";
    ACTION_ACCELERATE_NOT_SUPPORTED = "ActionAccelerateNotSupported" 400 "The action is not supported by the accelerate host.";
    BUCKET_ACCELERATE_NOT_ENABLED = "BucketAccelerateNotEnabled" 400 "The bucket has not enabled global acceleration.";
    BAD_DIGEST = "BadDigest" 400 "The Content-MD5 you specified did not match what we received.";
    BUCKET_NAME_TOO_LONG = "BucketNameTooLong" 400 "The specified bucket name is too long.";
    EXPIRED_TOKEN = "ExpiredToken" 400 "The provided token has expired.";
    ENTITY_TOO_LARGE = "EntityTooLarge" 400 "Your proposed upload exceeds the maximum allowed object size.";
    INCOMPLETE_BODY = "IncompleteBody" 400 "You did not provide the number of bytes specified by the Content-Length HTTP header.";
    X_AMZ_CONTENT_SHA256_MISMATCH = "XAmzContentSHA256Mismatch" 400 "The provided 'x-amz-content-sha256' header does not match what was computed.";
    INVALID_ARGUMENT = "InvalidArgument" 400 "Invalid Argument";
    INVALID_BUCKET_NAME = "InvalidBucketName" 400 "The specified bucket is not valid.";
    INVALID_DELIMITER = "InvalidDelimiter" 400 "The delimiter must be one character.";
    INVALID_DIGEST = "InvalidDigest" 400 "The Content-MD5 you specified is not valid.";
    INVALID_OBJECT_NAME = "InvalidObjectName" 400 "The specified object name is not valid.";
    INVALID_REQUEST = "InvalidRequest" 400 "Invalid Request";
    INVALID_TAG = "InvalidTag" 400 "The tag you specified is not valid.";
    INVALID_TARGET_BUCKET_FOR_LOGGING = "InvalidTargetBucketForLogging" 400 "The target bucket for logging does not exist or is in another region.";
    INVENTORY_FULL = "InventoryFull" 400 "The bucket has too many inventory configurations.";
    INVALID_URI = "InvalidURI" 400 "Could not parse the specified URI.";
    KEY_TOO_LONG = "KeyTooLong" 400 "Your key is too long.";
    LIFECYCLE_ID_NOT_UNIQUE = "LifeCycleIdNotUnique" 400 "The IDs of the lifecycle rules are not unique.";
    MALFORMED_POLICY = "MalformedPolicy" 400 "The policy is not valid.";
    MALFORMED_XML = "MalformedXML" 400 "The XML you provided was not well-formed or did not validate against our published schema.";
    NOT_SUPPORTED_STORAGE_CLASS = "NotSupportedStorageClass" 400 "The storage class you specified is not supported.";
    XML_SIZE_LIMIT = "XMLSizeLimit" 400 "The XML you provided is too large.";
    ACCESS_DENIED = "AccessDenied" 403 "Access Denied.";
    ACCESS_FORBIDDEN = "AccessForbidden" 403 "CORSResponse: This CORS request is not allowed. This is usually because the evalution of Origin, request method / Access-Control-Request-Method or Access-Control-Requet-Headers are not whitelisted by the resource's CORS spec";
    DOWNLOAD_FORBIDDEN = "DownloadForbidden" 403 "The APK/IPA file is not allowed to be distributed in a public network using COS default domain, please use custom domain instead.";
    PATH_STYLE_DOMAIN_FORBIDDEN = "PathStyleDomainForbidden" 403 "The bucket you are attempting to access must be addressed using COS virtual-styled domain.";
    REQUEST_HAS_EXPIRED = "AccessDenied" 403 "Request has expired";
    INVALID_OBJECT_STATE = "InvalidObjectState" 403 "The operation is not valid for the object storage class.";
    INVALID_ACCESS_KEY_ID = "InvalidAccessKeyId" 403 "The Access Key Id you provided does not exist in our records";
    REQUEST_TIME_TOO_SKEWED = "RequestTimeTooSkewed" 403 "The difference between the request time and the current time is too large.";
    SIGNATURE_DOES_NOT_MATCH = "SignatureDoesNotMatch" 403 "The Signature you specified is invalid.";
    NO_SUCH_BUCKET = "NoSuchBucket" 404 "The specified bucket does not exist.";
    NO_SUCH_CORS_CONFIGURATION = "NoSuchCORSConfiguration" 404 "The CORS configuration does not exist.";
    NO_SUCH_DOMAIN_CONFIGURATION = "DomainConfigNotFoundError" 404 "The domain configuration does not exist.";
    NO_SUCH_ENCRYPTION_CONFIGURATION = "NoSuchEncryptionConfiguration" 404 "The encryption configuration does not exist.";
    NO_SUCH_INVENTORY = "InventoryConfigurationNotFoundError" 404 "The inventory configuration does not exist.";
    NO_SUCH_KEY = "NoSuchKey" 404 "The specified key does not exist.";
    NO_SUCH_LIFECYCLE_CONFIGURATION = "NoSuchLifecycleConfiguration" 404 "The lifecycle configuration does not exist.";
    NO_SUCH_OBJECT_LOCK = "NoSuchObjectLockConfiguration" 404 "The object lock configuration does not exist.";
    NO_SUCH_ORIGIN = "OriginConfigurationNotFoundError" 404 "The origin configuration does not exist.";
    NO_SUCH_POLICY = "NoSuchPolicy" 404 "The bucket policy does not exist.";
    NO_SUCH_REFERER_CONFIGURATION = "NoSuchRefererConfiguration" 404 "The referer configuration does not exist.";
    NO_SUCH_REPLICATION = "ReplicationConfigurationNotFoundError" 404 "The replication configuration does not exist.";
    NO_SUCH_TAG_SET = "NoSuchTagSet" 404 "The tag set does not exist.";
    NO_SUCH_VERSION = "NoSuchVersion" 404 "The specified version does not exist.";
    NO_SUCH_WEBSITE_CONFIGURATION = "NoSuchWebsiteConfiguration" 404 "The website configuration does not exist.";
    METHOD_NOT_ALLOWED = "MethodNotAllowed" 405 "The specified method is not allowed against this resource.";
    BUCKET_ALREADY_EXISTS = "BucketAlreadyExists" 409 "The requested bucket name is not available.";
    BUCKET_ALREADY_OWNED_BY_YOU = "BucketAlreadyOwnedByYou" 409 "The bucket you tried to create already exists, and you own it.";
    BUCKET_NOT_EMPTY = "BucketNotEmpty" 409 "The bucket you tried to delete is not empty.";
    DOMAIN_CONFIG_CONFLICT = "DomainConfigConflict" 409 "The domain belongs to another bucket.";
    DUPLICATE_INVENTORY_ID = "DuplicateInventoryId" 409 "The inventory id is taken.";
    FILE_ALREADY_EXISTS = "FileAlreadyExists" 409 "The object you tried to create already exists.";
    INVALID_BUCKET_STATE = "InvalidBucketState" 409 "The request is not valid for the state of the bucket.";
    OBJECT_LOCKED = "ObjectLocked" 409 "The object is locked.";
    INVALID_LOCKED_TIME = "InvalidLockedTime" 409 "The retention of an object can only be extended.";
    PATH_CONFLICT = "PathConflict" 409 "Path conflict.";
    MISSING_CONTENT_LENGTH = "MissingContentLength" 411 "You must provide the Content-Length HTTP header.";
    PRECONDITION_FAILED = "PreconditionFailed" 412 "Precondition not match.";
    INVALID_RANGE = "InvalidRange" 416 "The requested range is not satisfiable.";
    INTERNAL_ERROR = "InternalError" 500 "We encountered an internal error. Please try again.";
    NOT_IMPLEMENTED = "NotImplemented" 501 "A header or query you provided requested a function that is not implemented.";
    SERVICE_UNAVAILABLE = "ServiceUnavailable" 503 "Please reduce your request rate.";
    SLOW_DOWN = "SlowDown" 503 "Reduce your request rate";
}

/// The message for an unknown key, which may be a key of the real platform. Deviates: it is not the platform's message, so
/// that users do not look for a mistake in a key that is valid there.
const REAL_KEY: &str = "The Access Key Id you provided does not exist in our records: it looks like one of the real platform, \
                        and backlot knows only the keys that it gives out itself (see `backlot env`)";

/// An error, without the members that belong to one request (resource, ids).
#[derive(Debug, thiserror::Error)]
#[error("{code}: {message}")]
pub struct Error {
    /// For example `NoSuchKey`.
    pub code: Cow<'static, str>,
    /// HTTP status.
    pub status: StatusCode,
    /// The text of `<Message>`.
    pub message: Cow<'static, str>,
    /// Elements between `<Message>` and `<Resource>`.
    pub details: Vec<(&'static str, String)>,
    /// Headers that come with it.
    pub headers: Vec<(HeaderName, HeaderValue)>,
    /// What the emulator does not have, if that is the reason of a status other than 501.
    pub gap: Option<Box<Gap>>,
    /// The error of the store, if the machine failed and not the client.
    #[source]
    pub store: Option<Box<StoreError>>,
}

/// Something that the emulator does not have, in the words of the request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gap {
    /// For example `?legal-hold`.
    pub feature: String,
}

impl From<Kind> for Error {
    fn from(Kind(code, status, message): Kind) -> Self {
        Self {
            code: code.into(),
            status: StatusCode::from_u16(status).expect("the table holds valid statuses"),
            message: message.into(),
            details: Vec::new(),
            headers: Vec::new(),
            gap: None,
            store: None,
        }
    }
}

impl From<StoreError> for Error {
    fn from(error: StoreError) -> Self {
        let mut internal = Self::from(INTERNAL_ERROR);
        internal.store = Some(Box::new(error));
        internal
    }
}

impl Error {
    /// The error of a planned fault. The message is the usual one if COS has this code.
    pub fn planned(status: u16, code: &str) -> Self {
        let known = KINDS.iter().find(|Kind(known, ..)| *known == code).copied();
        let mut error = Self::from(known.unwrap_or(INTERNAL_ERROR));
        if known.is_none() {
            error.message = code.to_owned().into();
        }
        error.code = code.to_owned().into();
        error.status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        error
    }

    /// The error with another message.
    #[must_use]
    pub fn because(mut self, message: impl Into<Cow<'static, str>>) -> Self {
        self.message = message.into();
        self
    }

    /// The error as one of the emulator, which does not have `feature`.
    #[must_use]
    pub fn as_gap(mut self, feature: String) -> Self {
        self.gap = Some(Box::new(Gap { feature }));
        self
    }

    /// The error with one more element.
    #[must_use]
    pub fn detail(mut self, name: &'static str, text: String) -> Self {
        self.details.push((name, text));
        self
    }

    /// The error with the time at the server.
    #[must_use]
    pub fn at(self, now: Timestamp) -> Self {
        let text = now.strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
        self.detail("ServerTime", text)
    }

    /// The error of a signature, as COS renders it. Follows: COS reference, section 3.3.
    pub fn refused(error: SignatureError, now: Timestamp) -> Self {
        let is_about_real_key = error.is_about_real_key();
        match error {
            SignatureError::Unsigned => ACCESS_DENIED.into(),
            SignatureError::Malformed(why) => Self::from(INVALID_ARGUMENT).because(why),
            SignatureError::Missing(_) => Self::from(INVALID_ARGUMENT).because(error.to_string()),
            // Choice: S3 answers so, and COS to other missing headers.
            SignatureError::MissingHeader(_) => {
                Self::from(INVALID_REQUEST).because(error.to_string())
            }
            SignatureError::UnknownKey(_) if is_about_real_key => {
                Self::from(INVALID_ACCESS_KEY_ID).because(REAL_KEY)
            }
            SignatureError::UnknownKey(id) | SignatureError::InvalidSecretId(id)
                if !has_form_of_id(&id) =>
            {
                Self::from(INVALID_ACCESS_KEY_ID)
                    .because("The access Key Id format you provided is invalid.")
            }
            SignatureError::UnknownKey(_)
            | SignatureError::InvalidSecretId(_)
            | SignatureError::WrongToken => INVALID_ACCESS_KEY_ID.into(),
            SignatureError::Expired { .. } => Self::from(REQUEST_HAS_EXPIRED).at(now),
            SignatureError::ExpiredToken { .. } => EXPIRED_TOKEN.into(),
            SignatureError::TooEarly { .. } | SignatureError::Skewed { .. } => {
                REQUEST_TIME_TOO_SKEWED.into()
            }
            SignatureError::Mismatch(mismatch) => Self::mismatch(*mismatch),
        }
    }

    /// Deviates: the platform does not say what the client did instead, because it does not look.
    fn mismatch(mismatch: Mismatch) -> Self {
        let difference = mismatch.difference().map(|found| found.to_string());
        let mut error = Self::from(SIGNATURE_DOES_NOT_MATCH)
            .detail("StringToSign", mismatch.expected.string_to_sign)
            .detail("FormatString", mismatch.expected.format_string);
        if let Some(client) = mismatch.client {
            error = error
                .detail("ClientStringToSign", client.string_to_sign)
                .detail("ClientFormatString", client.format_string);
        }
        if let Some(difference) = difference {
            error = error.detail("FirstDifference", difference);
        }
        error
    }

    /// The body of the answer.
    pub fn to_xml(&self, resource: &str, request_id: &str, trace_id: &str) -> String {
        let mut body = Element::new("Error")
            .field("Code", &*self.code)
            .field("Message", &*self.message);
        for (name, text) in &self.details {
            body = body.field(name, text.as_str());
        }
        body.field("Resource", resource)
            .field("RequestId", request_id)
            .field("TraceId", trace_id)
            .to_document()
    }
}

/// Whether a text has the form of a secret id. Observed: the service answers another message to one that has not. Choice:
/// a secret id begins with `AKID`, and goes on with letters, digits, `-` and `_`.
fn has_form_of_id(text: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    text.starts_with("AKID") && text.bytes().all(is_plain)
}

#[cfg(test)]
mod tests {
    use super::*;
    use backlot_http::auth::SignedText;

    const REQUEST_ID: &str = "NjU1MjM3ODBfMTIzNDU2MDlfMWEyYl8zYzRk";
    const TRACE_ID: &str = "MzFiMjI2ODYzYWJhZjg1YTU4MzE1NjZiMGM0YjRmNzkyNGVhNmQ3Njk0NDE5NDBjZTI4YjY5ZjFiZTBkZTYyYjU5ZDZhY2JhYTVkMmM0M2RmZWU1YWFkMjc0MWNlZmZlZWIxMDE5MDg0YWYxYzFiYzk3ZGE5YWJhZTBjOTM2MWU=";
    const BUCKET: &str = "examplebucket-1250000000.cos.ap-beijing.myqcloud.com";

    macro_rules! sample {
        ($name:literal) => {
            include_str!(concat!(
                "../../../../tests/vectors/cos/syn-error-",
                $name,
                ".xml"
            ))
        };
    }

    #[test]
    fn bodies_equal_the_samples_byte_for_byte() {
        let object = format!("{BUCKET}/exampleobject");
        let now = "2023-11-15T01:13:20Z".parse().unwrap();
        let signed = "examplebucket-1250000000.cos.ap-guangzhou.myqcloud.com/dir/exampleobject.txt";
        let mismatch = SignatureError::Mismatch(Box::new(Mismatch {
            client: None,
            separator: '\n',
            expected: SignedText {
            string_to_sign: "sha1\n1700000000;1700003600\nec95c843deb16c693a6a684332f9c6b7368c2b4a\n".into(),
            format_string: "put\n/dir/exampleobject.txt\n\ncontent-length=13&content-md5=ZajifYh5KDgxtmS9i38K1A%3D%3D&\
                content-type=text%2Fplain&host=examplebucket-1250000000.cos.ap-guangzhou.myqcloud.com&x-cos-storage-class=STANDARD\n"
                .into(),
            },
        }));
        let cases: [(Error, &str, &str); 9] = [
            (
                Error::refused(SignatureError::Unsigned, now),
                &object,
                sample!("access-denied"),
            ),
            (
                BUCKET_ALREADY_EXISTS.into(),
                BUCKET,
                sample!("bucket-already-exists"),
            ),
            (INTERNAL_ERROR.into(), &object, sample!("internal")),
            (
                Error::refused(SignatureError::UnknownKey("AKIDx".into()), now),
                &object,
                sample!("invalid-access-key-id"),
            ),
            (NO_SUCH_BUCKET.into(), BUCKET, sample!("no-such-bucket")),
            (NO_SUCH_KEY.into(), &object, sample!("no-such-key")),
            (
                Error::refused(SignatureError::Expired { end: 0 }, now),
                &object,
                sample!("request-expired"),
            ),
            (
                Error::refused(mismatch, now),
                signed,
                sample!("signature-mismatch"),
            ),
            (
                Error::planned(503, "SlowDown"),
                &object,
                sample!("slow-down"),
            ),
        ];
        for (error, resource, expected) in cases {
            assert_eq!(
                error.to_xml(resource, REQUEST_ID, TRACE_ID),
                expected.trim_end()
            );
        }
    }
}
