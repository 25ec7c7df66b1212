//! The names that policies use for operations, and what grants of an access list cover.
//!
//! Follows: COS, "Working with COS API Authorization Policies"; COS reference, sections 7.3 and 10.

use super::acl::Permission;

/// Operations that policies call by another name than the journal does.
const OTHER_NAMES: &[(&str, &str)] = &[
    ("ListObjects", "GetBucket"),
    ("ListObjectVersions", "GetBucketObjectVersions"),
    // Follows: COS, "PUT Object - Copy": the target needs PutObject and the source GetObject.
    ("CopyObject", "PutObject"),
    ("UploadPartCopy", "UploadPart"),
    ("RestoreObject", "PostObjectRestore"),
];

/// What the grants of a list cover on buckets, by operation.
const ON_BUCKETS: &[(Permission, &[&str])] = &[
    (
        Permission::Read,
        &[
            "HeadBucket",
            "GetBucket",
            "ListObjectVersions",
            "ListMultipartUploads",
        ],
    ),
    (
        Permission::Write,
        &[
            "PutObject",
            "PostObject",
            "CopyObject",
            "AppendObject",
            "DeleteObject",
            "DeleteMultipleObjects",
            "InitiateMultipartUpload",
            "UploadPart",
            "UploadPartCopy",
            "ListParts",
            "CompleteMultipartUpload",
            "AbortMultipartUpload",
        ],
    ),
    (Permission::ReadAcp, &["GetBucketACL"]),
    (Permission::WriteAcp, &["PutBucketACL"]),
];

/// What the grants of a list cover on objects. An object whose list is the default takes them from its bucket.
const ON_OBJECTS: &[(Permission, &[&str])] = &[
    (
        Permission::Read,
        &[
            "GetObject",
            "HeadObject",
            "GetSymlink",
            "SelectObjectContent",
            "StaticWebsite",
        ],
    ),
    (Permission::ReadAcp, &["GetObjectACL"]),
    (Permission::WriteAcp, &["PutObjectACL"]),
];

/// On which list an operation depends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Needs {
    /// A grant on the bucket.
    OnBucket(Permission),
    /// A grant on the object.
    OnObject(Permission),
}

/// The name of an operation in policies: `name/cos:GetObject`. Case counts in it.
pub fn name(operation: &str) -> String {
    let other = OTHER_NAMES.iter().find(|(ours, _)| *ours == operation);
    format!("name/cos:{}", other.map_or(operation, |(_, theirs)| theirs))
}

/// The grant with which somebody may do this without a policy; `None` if no grant suffices.
pub fn needs(operation: &str) -> Option<Needs> {
    let find = |table: &[(Permission, &[&str])]| {
        let row = table.iter().find(|(_, names)| names.contains(&operation));
        row.map(|(permission, _)| *permission)
    };
    find(ON_BUCKETS)
        .map(Needs::OnBucket)
        .or_else(|| find(ON_OBJECTS).map(Needs::OnObject))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn operations_have_the_names_of_the_documentation() {
        for (operation, expected) in [
            ("GetService", "name/cos:GetService"),
            ("GetBucket", "name/cos:GetBucket"),
            ("CopyObject", "name/cos:PutObject"),
            ("UploadPart", "name/cos:UploadPart"),
            ("ListObjectVersions", "name/cos:GetBucketObjectVersions"),
        ] {
            assert_eq!(name(operation), expected);
        }
    }

    #[test]
    fn grants_cover_contents_and_lists_but_no_configuration() {
        assert_eq!(needs("GetBucket"), Some(Needs::OnBucket(Permission::Read)));
        assert_eq!(needs("HeadObject"), Some(Needs::OnObject(Permission::Read)));
        assert_eq!(needs("PutObject"), Some(Needs::OnBucket(Permission::Write)));
        assert_eq!(
            needs("PutObjectACL"),
            Some(Needs::OnObject(Permission::WriteAcp))
        );
        for operation in [
            "GetService",
            "PutBucket",
            "GetBucketPolicy",
            "PutBucketCORS",
        ] {
            assert_eq!(needs(operation), None, "{operation}");
        }
    }
}
