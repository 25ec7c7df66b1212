//! The source of a copy: which version of which object, and the conditions of the request on it.

use http::{HeaderMap, HeaderName};

use crate::object::precondition::{self, Outcome};
use crate::object::{encryption, lookup, restore};
use crate::request::address::{Address, Domains};
use crate::request::cos_request::CosRequest;
use crate::request::error::{self, Error};
use crate::request::operation::Operation;
use crate::store::{Body, ObjectRecord, VersionId};
use crate::{Inner, names};

/// The source that a header names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Source {
    pub(super) bucket: String,
    /// The region that the source's host names.
    region: Option<String>,
    pub(super) key: String,
    pub(super) version: Option<String>,
}

impl Source {
    /// Reads `<bucket host>/<key>[?versionId=<id>]`; the key may be percent-encoded.
    pub(super) fn parse(text: &str, domains: &Domains) -> Result<Self, Error> {
        let invalid = || Error::from(error::INVALID_COPY_SOURCE);
        let text = text.strip_prefix("https://").unwrap_or(text);
        let text = text.strip_prefix("http://").unwrap_or(text);
        let (host, path) = text
            .trim_start_matches('/')
            .split_once('/')
            .ok_or_else(invalid)?;
        let (path, version) = split_version(path);
        // Clients of other services name the bucket without its host.
        let address = if names::split_bucket(host).is_some() {
            Address::parse("localhost", &format!("/{host}/{path}"), None, domains)
        } else {
            Address::parse(host, &format!("/{path}"), None, domains)
        };
        let Address { target, region, .. } = address.map_err(|_| invalid())?;
        if target.key().is_empty() {
            return Err(invalid());
        }
        let (bucket, key) = target.into_names();
        Ok(Self {
            bucket,
            region,
            key,
            version: version.map(str::to_owned),
        })
    }

    /// Opens the source, if it may be copied and the conditions of the request hold.
    pub(super) async fn open(
        &self,
        cos: &Inner,
        request: &CosRequest<'_>,
    ) -> Result<(ObjectRecord, Box<dyn Body>), Error> {
        // Follows: COS reference, section 0.1: a bucket is in its own region only.
        let bucket = cos.bucket(&self.bucket).await?;
        if self
            .region
            .as_ref()
            .is_some_and(|region| *region != bucket.region)
        {
            return Err(error::NO_SUCH_BUCKET.into());
        }
        cos.check_access_to(
            request,
            request.key,
            Operation::GetObject,
            (&self.bucket, &self.key),
        )
        .await?;
        let version_id = self.version.clone().map(VersionId);
        let at = lookup::at(&self.bucket, &self.key, version_id.as_ref());
        let Some((record, body)) = cos.store.open(at).await? else {
            return Err(lookup::missing(self.version.as_deref()));
        };
        if record.is_delete_marker() {
            return Err(match self.version {
                None => error::NO_SUCH_KEY.into(),
                Some(_) => Error::from(error::INVALID_REQUEST)
                    .because("The source of a copy request may not be a delete marker."),
            });
        }
        let (headers, now) = (&request.head.headers, cos.context.clock.now());
        encryption::check_source_key(headers, &record)?;
        restore::check_readable(&record, now)?;
        // Follows: COS reference, section 5.6: a copy is never answered with 304.
        if precondition::judge(&conditions(headers), &record, now) != Outcome::Met {
            return Err(error::PRECONDITION_FAILED.into());
        }
        Ok((record, body))
    }
}

/// The source that a request names.
pub(super) fn of(cos: &Inner, request: &CosRequest<'_>) -> Result<Source, Error> {
    let text = request
        .header("x-cos-copy-source")
        .ok_or_else(|| Error::from(error::INVALID_COPY_SOURCE))?;
    Source::parse(text, &cos.settings.domains)
}

/// Splits off the version before decoding, so that a key may contain `?versionId=`.
fn split_version(path: &str) -> (&str, Option<&str>) {
    let Some((key, query)) = path.rsplit_once('?') else {
        return (path, None);
    };
    let version = query.split_once('=');
    match version {
        Some((name, id)) if name.eq_ignore_ascii_case("versionid") => {
            (key, Some(id).filter(|id| !id.is_empty()))
        }
        _ => (path, None),
    }
}

/// The conditions on the source, as headers of a request for the source.
fn conditions(headers: &HeaderMap) -> HeaderMap {
    let found = headers.iter().filter_map(|(name, value)| {
        let name = name.as_str().strip_prefix("x-cos-copy-source-if-")?;
        let name = HeaderName::try_from(format!("if-{name}")).ok()?;
        Some((name, value.clone()))
    });
    found.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Source, String> {
        let source = Source::parse(text, &Domains::default());
        source.map_err(|error| error.code.into_owned())
    }

    #[test]
    fn sources_name_bucket_key_and_version() {
        let source = |key: &str, version: Option<&str>| {
            Ok(Source {
                bucket: "a-b-125".into(),
                region: Some("ap-x".into()),
                key: key.into(),
                version: version.map(str::to_owned),
            })
        };
        let host = "a-b-125.cos.ap-x.myqcloud.com";
        assert_eq!(parse(&format!("{host}/k")), source("k", None));
        assert_eq!(
            parse(&format!("/{host}/d/%E4%B8%AD%3F")),
            source("d/中?", None)
        );
        assert_eq!(parse(&format!("{host}/d/中")), source("d/中", None));
        assert_eq!(
            parse(&format!("{host}/k?VersionId=x")),
            source("k", Some("x"))
        );
        assert_eq!(
            parse("a-b-125.cos.ap-x.tencentcos.cn/k?versionId="),
            source("k", None)
        );
        let elsewhere = parse("/a-b-125/k").unwrap();
        assert_eq!((&*elsewhere.bucket, elsewhere.region), ("a-b-125", None));
        for text in ["", "k", "a-b-125.cos.ap-x.myqcloud.com/", "example.org/k"] {
            assert_eq!(parse(text), Err("InvalidCopySource".into()), "{text}");
        }
    }
}
