//! What holds for the platform's own hosts, the default hosts of buckets, and for no custom or local one: a bucket answers in
//! its region only, and the rules for buckets that were created since 2024-01-01.
//!
//! These rules: no path style, downloads instead of previews, no packages for phones.
//! Follows: COS reference, section 0.1; COS, "Notice on Security Management of Bucket Domain Names".

use std::collections::BTreeSet;

use http::{HeaderValue, header};

use super::address::Address;
use super::error::{self, Error};
use super::operation::Operation;
use super::reply::Reply;
use crate::Inner;

/// Keys with these endings are packages for phones. Choice: in any case.
const PACKAGES: [&str; 2] = [".apk", ".ipa"];

/// The buckets that count as created before 2024-01-01. The date at which the emulator created them does not matter: its
/// clock may show any year.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum OldBuckets {
    /// No bucket.
    #[default]
    None,
    /// Every bucket.
    All,
    /// These, by full name.
    Named(BTreeSet<String>),
}

impl OldBuckets {
    fn contain(&self, bucket: &str) -> bool {
        match self {
            Self::None => false,
            Self::All => true,
            Self::Named(names) => names.contains(bucket),
        }
    }
}

impl Inner {
    /// Refuses a request to a bucket that the host does not serve: it is in another region, or the path names it.
    pub(crate) async fn check_host(
        &self,
        operation: Operation,
        address: &Address,
    ) -> Result<(), Error> {
        let bucket = address.target.bucket();
        if bucket.is_empty() || !address.is_platform {
            return Ok(());
        }
        // That the bucket does not exist is answered by the operation. Choice: a path may name a bucket that is to be created,
        // as it was not created yet; clients for S3 do so.
        let Some(record) = self.store.bucket(bucket).await? else {
            return Ok(());
        };
        // The name of a bucket is unique over all regions, so that a new one is compared with all.
        if operation != Operation::PutBucket && !is_in(address, &record.region) {
            return Err(error::NO_SUCH_BUCKET.into());
        }
        if address.is_path_style && !self.settings.old_buckets.contain(bucket) {
            return Err(error::PATH_STYLE_DOMAIN_FORBIDDEN.into());
        }
        Ok(())
    }

    /// Whether an object is downloaded over a default host, where browsers must not show it.
    pub(crate) fn is_default_download(&self, address: &Address) -> bool {
        address.is_platform && !self.settings.old_buckets.contain(address.target.bucket())
    }
}

/// Whether the host is one of a region: acceleration hosts have none, and serve all.
pub(crate) fn is_in(address: &Address, region: &str) -> bool {
    address
        .region
        .as_deref()
        .is_none_or(|named| named == region)
}

/// Refuses the content of a package for phones.
pub(crate) fn check_package(key: &str) -> Result<(), Error> {
    let is_package = PACKAGES.iter().any(|ending| {
        let start = key.len().checked_sub(ending.len());
        start
            .and_then(|start| key.get(start..))
            .is_some_and(|end| end.eq_ignore_ascii_case(ending))
    });
    if is_package {
        return Err(error::DOWNLOAD_FORBIDDEN.into());
    }
    Ok(())
}

/// Makes an answer a download. Neither the object's own `Content-Disposition` nor that of the request can make it a preview.
/// Choice: one that says `attachment` stays, with its file name.
pub(crate) fn force_download(reply: Reply) -> Result<Reply, Error> {
    let said = reply.headers.get(header::CONTENT_DISPOSITION);
    let is_attachment = said.is_some_and(|said| {
        let kind = said.as_bytes().split(|byte| *byte == b';').next();
        kind.is_some_and(|kind| kind.trim_ascii().eq_ignore_ascii_case(b"attachment"))
    });
    let mut reply = reply.header("x-cos-force-download", b"true")?;
    if !is_attachment {
        let attachment = HeaderValue::from_static("attachment");
        reply
            .headers
            .insert(header::CONTENT_DISPOSITION, attachment);
    }
    Ok(reply)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packages_are_known_by_their_endings() {
        for key in ["a.apk", "dir/A.APK", ".ipa", "中.ipa"] {
            assert_eq!(
                check_package(key).unwrap_err().code,
                "DownloadForbidden",
                "{key}"
            );
        }
        for key in ["apk", "a.apk/", "a.apk.zip", "中"] {
            assert!(check_package(key).is_ok(), "{key}");
        }
    }

    #[test]
    fn nothing_makes_a_download_a_preview() {
        for (said, expected) in [
            (None, "attachment"),
            (Some("inline"), "attachment"),
            (Some("inline; filename=a"), "attachment"),
            (Some("Attachment; filename=a"), "Attachment; filename=a"),
        ] {
            let mut reply = Reply::empty(http::StatusCode::OK);
            if let Some(said) = said {
                let said = HeaderValue::from_static(said);
                reply.headers.insert(header::CONTENT_DISPOSITION, said);
            }
            let forced = force_download(reply).unwrap();
            assert_eq!(forced.headers["content-disposition"], expected);
            assert_eq!(forced.headers["x-cos-force-download"], "true");
        }
    }

    #[test]
    fn buckets_of_before_are_all_or_named() {
        let named = OldBuckets::Named(["a-1".to_owned()].into());
        assert!(named.contain("a-1") && !named.contain("b-1"));
        assert!(OldBuckets::All.contain("b-1") && !OldBuckets::None.contain("b-1"));
    }
}
