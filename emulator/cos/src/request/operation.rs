//! Everything the service can be asked, by method, path and first recognized sub-resource.
//!
//! Follows: COS reference, section 1.5 (routing table). What is known but not played is named, so that the answer can say so.

use http::{HeaderMap, Method};

use crate::bucket::config::Resource;
use crate::request::address::{Address, Endpoint, Target};
use crate::request::error::{self, Error};

/// What a request asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operation {
    /// List buckets.
    GetService,
    /// Create a bucket.
    PutBucket,
    /// Ask whether a bucket is there.
    HeadBucket,
    /// Remove an empty bucket.
    DeleteBucket,
    /// List objects.
    ListObjects,
    /// Store an object.
    PutObject,
    /// Read an object.
    GetObject,
    /// Read the headers of an object.
    HeadObject,
    /// Remove an object.
    DeleteObject,
    /// Read the access list of a bucket.
    GetBucketAcl,
    /// Change the access list of a bucket.
    PutBucketAcl,
    /// Read the access list of an object.
    GetObjectAcl,
    /// Change the access list of an object.
    PutObjectAcl,
    /// Ask what a page of another origin may do.
    Preflight,
    /// Put, get or remove a sub-resource of a bucket; with the name of the operation.
    Configuration(Resource, &'static str),
    /// Remove several objects.
    DeleteObjects,
    /// Store an object out of a form.
    PostObject,
    /// Add bytes to the end of an object.
    AppendObject,
    /// Store the bytes of another object.
    CopyObject,
    /// Bring an object back from an archive.
    RestoreObject,
    /// Read where a link leads.
    GetSymlink,
    /// Make a link.
    PutSymlink,
    /// Read the tags of an object.
    GetObjectTagging,
    /// Replace the tags of an object.
    PutObjectTagging,
    /// Remove the tags of an object.
    DeleteObjectTagging,
    /// List versions and delete markers.
    ListVersions,
    /// Read whether a bucket keeps versions.
    GetVersioning,
    /// Say whether a bucket keeps versions.
    PutVersioning,
    /// Read until when an object is to be kept.
    GetRetention,
    /// Say until when an object is to be kept.
    PutRetention,
    /// A step of an upload in parts.
    Multipart(Step),
    /// The platform can do this, the emulator cannot.
    Unimplemented(&'static str),
}

/// What can be asked about uploads in parts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Begin one.
    Initiate,
    /// Store a part.
    UploadPart,
    /// Store the bytes of an object as a part.
    UploadPartCopy,
    /// List the parts that are there.
    ListParts,
    /// Make the parts an object.
    Complete,
    /// Forget one.
    Abort,
    /// List those that have begun.
    ListUploads,
}

/// Operations on sub-resources that are played, by name.
const PLAYED: &[(&str, Operation)] = &[
    ("GetBucketACL", Operation::GetBucketAcl),
    ("PutBucketACL", Operation::PutBucketAcl),
    ("GetObjectACL", Operation::GetObjectAcl),
    ("PutObjectACL", Operation::PutObjectAcl),
    ("DeleteMultipleObjects", Operation::DeleteObjects),
    ("PostObject", Operation::PostObject),
    ("AppendObject", Operation::AppendObject),
    ("CopyObject", Operation::CopyObject),
    ("PostObjectRestore", Operation::RestoreObject),
    ("GetSymlink", Operation::GetSymlink),
    ("PutSymlink", Operation::PutSymlink),
    ("GetObjectTagging", Operation::GetObjectTagging),
    ("PutObjectTagging", Operation::PutObjectTagging),
    ("DeleteObjectTagging", Operation::DeleteObjectTagging),
    ("GetObjectRetention", Operation::GetRetention),
    ("PutObjectRetention", Operation::PutRetention),
    ("ListObjectVersions", Operation::ListVersions),
    ("GetBucketVersioning", Operation::GetVersioning),
    ("PutBucketVersioning", Operation::PutVersioning),
    (
        "InitiateMultipartUpload",
        Operation::Multipart(Step::Initiate),
    ),
    ("UploadPart", Operation::Multipart(Step::UploadPart)),
    ("UploadPartCopy", Operation::Multipart(Step::UploadPartCopy)),
    ("ListParts", Operation::Multipart(Step::ListParts)),
    (
        "CompleteMultipartUpload",
        Operation::Multipart(Step::Complete),
    ),
    ("AbortMultipartUpload", Operation::Multipart(Step::Abort)),
    (
        "ListMultipartUploads",
        Operation::Multipart(Step::ListUploads),
    ),
];

/// Sub-resources of buckets and the names of their operations: GET, PUT, DELETE, POST. Empty means there is none.
const BUCKET: &[(&str, [&str; 4])] = &[
    ("acl", ["GetBucketACL", "PutBucketACL", "", ""]),
    ("uploads", ["ListMultipartUploads", "", "", ""]),
    (
        "policy",
        [
            "GetBucketPolicy",
            "PutBucketPolicy",
            "DeleteBucketPolicy",
            "",
        ],
    ),
    (
        "cors",
        ["GetBucketCORS", "PutBucketCORS", "DeleteBucketCORS", ""],
    ),
    ("delete", ["", "", "", "DeleteMultipleObjects"]),
    ("versions", ["ListObjectVersions", "", "", ""]),
    ("location", ["GetBucketLocation", "", "", ""]),
    ("referer", ["GetBucketReferer", "PutBucketReferer", "", ""]),
    (
        "lifecycle",
        [
            "GetBucketLifecycle",
            "PutBucketLifecycle",
            "DeleteBucketLifecycle",
            "",
        ],
    ),
    (
        "versioning",
        ["GetBucketVersioning", "PutBucketVersioning", "", ""],
    ),
    (
        "notification",
        ["GetBucketNotification", "PutBucketNotification", "", ""],
    ),
    (
        "replication",
        [
            "GetBucketReplication",
            "PutBucketReplication",
            "DeleteBucketReplication",
            "",
        ],
    ),
    (
        "website",
        [
            "GetBucketWebsite",
            "PutBucketWebsite",
            "DeleteBucketWebsite",
            "",
        ],
    ),
    ("logging", ["GetBucketLogging", "PutBucketLogging", "", ""]),
    (
        "tagging",
        [
            "GetBucketTagging",
            "PutBucketTagging",
            "DeleteBucketTagging",
            "",
        ],
    ),
    (
        "accelerate",
        ["GetBucketAccelerate", "PutBucketAccelerate", "", ""],
    ),
    (
        "domain",
        [
            "GetBucketDomain",
            "PutBucketDomain",
            "DeleteBucketDomain",
            "",
        ],
    ),
    (
        "domaincertificate",
        [
            "GetBucketDomainCertificate",
            "PutBucketDomainCertificate",
            "DeleteBucketDomainCertificate",
            "",
        ],
    ),
    (
        "inventory",
        [
            "GetBucketInventory",
            "PutBucketInventory",
            "DeleteBucketInventory",
            "PostBucketInventory",
        ],
    ),
    (
        "origin",
        [
            "GetBucketOrigin",
            "PutBucketOrigin",
            "DeleteBucketOrigin",
            "",
        ],
    ),
    (
        "object-lock",
        ["GetBucketObjectLock", "PutBucketObjectLock", "", ""],
    ),
    (
        "encryption",
        [
            "GetBucketEncryption",
            "PutBucketEncryption",
            "DeleteBucketEncryption",
            "",
        ],
    ),
    (
        "intelligenttiering",
        [
            "GetBucketIntelligentTiering",
            "PutBucketIntelligentTiering",
            "",
            "",
        ],
    ),
    (
        "intelligent-tiering",
        [
            "GetBucketIntelligentTiering",
            "PutBucketIntelligentTiering",
            "",
            "",
        ],
    ),
    (
        "strict-signature",
        [
            "GetBucketStrictSignature",
            "PutBucketStrictSignature",
            "DeleteBucketStrictSignature",
            "",
        ],
    ),
    ("live", ["GetLiveChannels", "", "", ""]),
    ("vod", ["GetVod", "", "", ""]),
];

/// The same for objects.
const OBJECT: &[(&str, [&str; 4])] = &[
    ("acl", ["GetObjectACL", "PutObjectACL", "", ""]),
    (
        "tagging",
        [
            "GetObjectTagging",
            "PutObjectTagging",
            "DeleteObjectTagging",
            "",
        ],
    ),
    ("symlink", ["GetSymlink", "PutSymlink", "", ""]),
    (
        "retention",
        ["GetObjectRetention", "PutObjectRetention", "", ""],
    ),
    ("restore", ["", "", "", "PostObjectRestore"]),
    ("select", ["", "", "", "SelectObjectContent"]),
    ("append", ["", "", "", "AppendObject"]),
    ("uploads", ["", "", "", "InitiateMultipartUpload"]),
    (
        "uploadid",
        [
            "ListParts",
            "UploadPart",
            "AbortMultipartUpload",
            "CompleteMultipartUpload",
        ],
    ),
    (
        "live",
        ["GetLiveChannel", "PutLiveChannel", "DeleteLiveChannel", ""],
    ),
    ("ci-process", ["GetMediaInfo", "", "", "PostMediaJobs"]),
];

impl Operation {
    /// What a request asks for, or why it cannot be asked.
    pub fn of(method: &Method, address: &Address, headers: &HeaderMap) -> Result<Self, Error> {
        if address.endpoint == Endpoint::Processing {
            return Ok(Self::Unimplemented("DataProcessing"));
        }
        if method == Method::OPTIONS {
            return Ok(Self::Preflight);
        }
        let table = match &address.target {
            Target::Service => {
                return match *method {
                    Method::GET => Ok(Self::GetService),
                    _ => Err(error::METHOD_NOT_ALLOWED.into()),
                };
            }
            Target::Bucket(_) => BUCKET,
            Target::Object { .. } => OBJECT,
        };
        for parameter in address.query.iter() {
            let name = parameter.name.to_ascii_lowercase();
            if let Some((_, names)) = table.iter().find(|(known, _)| *known == name) {
                let operation = Self::on_sub_resource(method, names, headers)?;
                return Ok(match (operation, &address.target, Resource::of(&name)) {
                    (Self::Unimplemented(name), Target::Bucket(_), Some(resource)) => {
                        Self::Configuration(resource, name)
                    }
                    _ => operation,
                });
            }
        }
        let is_object = matches!(address.target, Target::Object { .. });
        match (method.as_str(), is_object) {
            ("PUT", true) if is_filled(headers, "x-cos-copy-source") => Ok(Self::CopyObject),
            ("PUT", true) => Ok(Self::PutObject),
            ("GET", true) => Ok(Self::GetObject),
            ("HEAD", true) => Ok(Self::HeadObject),
            ("DELETE", true) => Ok(Self::DeleteObject),
            ("PUT", false) => Ok(Self::PutBucket),
            ("GET", false) => Ok(Self::ListObjects),
            ("HEAD", false) => Ok(Self::HeadBucket),
            ("DELETE", false) => Ok(Self::DeleteBucket),
            ("POST", false) => Ok(Self::PostObject),
            _ => Err(error::METHOD_NOT_ALLOWED.into()),
        }
    }

    fn on_sub_resource(
        method: &Method,
        names: &[&'static str; 4],
        headers: &HeaderMap,
    ) -> Result<Self, Error> {
        let name = match *method {
            Method::GET => names[0],
            Method::PUT => names[1],
            Method::DELETE => names[2],
            Method::POST => names[3],
            _ => "",
        };
        match name {
            "" => Err(error::METHOD_NOT_ALLOWED.into()),
            "UploadPart" if is_filled(headers, "x-cos-copy-source") => {
                Ok(Self::Multipart(Step::UploadPartCopy))
            }
            name => {
                let played = PLAYED.iter().find(|(played, _)| *played == name);
                Ok(played.map_or(Self::Unimplemented(name), |(_, operation)| *operation))
            }
        }
    }

    /// The name in the words of the platform.
    pub fn name(self) -> &'static str {
        match self {
            Self::GetService => "GetService",
            Self::PutBucket => "PutBucket",
            Self::HeadBucket => "HeadBucket",
            Self::DeleteBucket => "DeleteBucket",
            Self::ListObjects => "GetBucket",
            Self::PutObject => "PutObject",
            Self::GetObject => "GetObject",
            Self::HeadObject => "HeadObject",
            Self::DeleteObject => "DeleteObject",
            Self::Preflight => "OptionsObject",
            Self::Configuration(_, name) | Self::Unimplemented(name) => name,
            played => {
                let named = PLAYED.iter().find(|(_, operation)| *operation == played);
                named.map_or("Unknown", |(name, _)| name)
            }
        }
    }
}

/// Follows: COS reference, section 2.2: a header without a value counts as absent.
fn is_filled(headers: &HeaderMap, name: &str) -> bool {
    headers.get(name).is_some_and(|value| !value.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::request::address::Domains;

    fn of(method: &str, target: &str) -> Result<&'static str, String> {
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let host = "b-1.cos.ap-x.myqcloud.com";
        let address = Address::parse(host, path, Some(query), &Domains::default()).unwrap();
        let method = method.parse().unwrap();
        let operation = Operation::of(&method, &address, &HeaderMap::new());
        operation
            .map(Operation::name)
            .map_err(|error| error.code.into_owned())
    }

    #[test]
    fn method_path_and_sub_resource_decide() {
        for (method, target, name) in [
            ("PUT", "/", "PutBucket"),
            ("GET", "/?prefix=acl&max-keys=2", "GetBucket"),
            ("GET", "/?ACL", "GetBucketACL"),
            ("POST", "/?delete=", "DeleteMultipleObjects"),
            ("PUT", "/k", "PutObject"),
            ("GET", "/k?versionId=null", "GetObject"),
            ("PUT", "/k?partNumber=1&uploadId=x", "UploadPart"),
            ("POST", "/k?uploads", "InitiateMultipartUpload"),
            ("POST", "/", "PostObject"),
            ("OPTIONS", "/k", "OptionsObject"),
        ] {
            assert_eq!(of(method, target), Ok(name), "{method} {target}");
        }
        for (method, target) in [
            ("PATCH", "/k"),
            ("POST", "/k"),
            ("PUT", "/?versions"),
            ("HEAD", "/?acl"),
        ] {
            assert_eq!(
                of(method, target),
                Err("MethodNotAllowed".into()),
                "{method} {target}"
            );
        }
    }
}
