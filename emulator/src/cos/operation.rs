//! Everything the service can be asked, by method, path and first recognized sub-resource.
//!
//! Follows: COS reference, section 1.5 (routing table). What is known but not played is named, so that the answer can say so.

use http::{HeaderMap, Method};

use super::address::{Address, Endpoint, Target};
use super::error::{self, Error};

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
    /// The platform can do this, the emulator cannot.
    Unimplemented(&'static str),
}

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
        if address.endpoint == Endpoint::Website {
            return Ok(Self::Unimplemented("StaticWebsite"));
        }
        if method == Method::OPTIONS {
            return Ok(Self::Unimplemented("OptionsObject"));
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
                return Self::on_sub_resource(method, names, headers);
            }
        }
        let is_object = matches!(address.target, Target::Object { .. });
        match (method.as_str(), is_object) {
            ("PUT", true) if is_filled(headers, "x-cos-copy-source") => {
                Ok(Self::Unimplemented("CopyObject"))
            }
            ("PUT", true) => Ok(Self::PutObject),
            ("GET", true) => Ok(Self::GetObject),
            ("HEAD", true) => Ok(Self::HeadObject),
            ("DELETE", true) => Ok(Self::DeleteObject),
            ("PUT", false) => Ok(Self::PutBucket),
            ("GET", false) => Ok(Self::ListObjects),
            ("HEAD", false) => Ok(Self::HeadBucket),
            ("DELETE", false) => Ok(Self::DeleteBucket),
            ("POST", false) => Ok(Self::Unimplemented("PostObject")),
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
                Ok(Self::Unimplemented("UploadPartCopy"))
            }
            "GetBucketACL" => Ok(Self::GetBucketAcl),
            "PutBucketACL" => Ok(Self::PutBucketAcl),
            "GetObjectACL" => Ok(Self::GetObjectAcl),
            "PutObjectACL" => Ok(Self::PutObjectAcl),
            name => Ok(Self::Unimplemented(name)),
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
            Self::GetBucketAcl => "GetBucketACL",
            Self::PutBucketAcl => "PutBucketACL",
            Self::GetObjectAcl => "GetObjectACL",
            Self::PutObjectAcl => "PutObjectACL",
            Self::Unimplemented(name) => name,
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
    use crate::cos::address::Domains;

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
