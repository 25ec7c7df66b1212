//! GET Bucket Object Versions. Follows: COS reference, section 6.2.

use std::ops::Bound;

use crate::Inner;
use crate::bucket::versioning::{Versioning, sequence_of};
use crate::list::encoding::Encoding;
use crate::list::objects::{ENTRY, write_owner, write_prefixes};
use crate::list::page::{common_prefix, successor};
use crate::names::appid;
use crate::object::restore::storage_tier;
use crate::request::cos_request::CosRequest;
use crate::request::error::{self, Error};
use crate::request::reply::{ListingDate, Reply};
use crate::store::{At, Listed, Start, Store, VersionId};
use backlot_base::xml::Writer;

/// The maximal number of entries of a page.
const MAX: usize = 1000;

/// The number of records of the first read while prefixes are rolled up; doubled with each read, so that a page costs what it
/// shows and not what it hides.
const FIRST: usize = 32;

/// The parameters of a page. Empty texts are absent.
#[derive(Default)]
struct Wanted<'a> {
    prefix: &'a str,
    delimiter: &'a str,
    key_marker: &'a str,
    /// Only used together with a key.
    version_marker: &'a str,
    most: usize,
}

/// A page of versions and prefixes.
#[derive(Debug, Default)]
struct Page {
    common_prefixes: Vec<String>,
    /// With whether each is the current one of its key.
    entries: Vec<(Listed, bool)>,
    /// The last entry, if more follow: a key or a prefix, and a version.
    next: Option<(String, String)>,
}

impl Page {
    /// The last entry of the page: a prefix or a version.
    fn last(&self, is_prefix: bool) -> Option<(String, String)> {
        if is_prefix {
            let prefix = self.common_prefixes.last()?;
            return Some((prefix.clone(), String::new()));
        }
        let (version, _) = self.entries.last()?;
        Some((version.key.clone(), version.version_id.clone().into_owned()))
    }
}

/// Answers with a page of versions and delete markers.
pub(crate) async fn serve(
    cos: &Inner,
    request: &CosRequest<'_>,
    bucket: &str,
) -> Result<Reply, Error> {
    let record = cos.bucket(bucket).await?;
    let query = &request.address.query;
    let encoding = Encoding::of(query)?;
    let text = |name: &str| query.get(name).unwrap_or_default();
    let wanted = Wanted {
        prefix: text("prefix"),
        delimiter: text("delimiter"),
        key_marker: text("key-marker"),
        version_marker: text("version-id-marker"),
        most: request.number("max-keys", MAX)?,
    };
    if wanted.delimiter.chars().count() > 1 {
        return Err(error::INVALID_DELIMITER.into());
    }
    if wanted.key_marker.is_empty() && !wanted.version_marker.is_empty() {
        return Err(Error::from(error::INVALID_ARGUMENT)
            .because("A version-id-marker cannot be specified without a key-marker."));
    }
    let page = page(&cos.store, bucket, &wanted).await?;
    let has_ids = Versioning::of(&record) != Versioning::Unset;
    let body = to_xml(bucket, &wanted, encoding, has_ids, &page);
    Reply::xml(body).header("x-cos-bucket-region", record.region.as_bytes())
}

async fn page(store: &Store, bucket: &str, wanted: &Wanted<'_>) -> Result<Page, Error> {
    let mut page = Page::default();
    if wanted.most == 0 {
        return Ok(page);
    }
    let mut ends_with_prefix = false;
    // The last version that was read, whether or not it is shown: its key, and when it came.
    let mut reached: Option<(String, u64)> = None;
    let inside = inside(store, bucket, wanted).await?;
    // A prefix that has been shown, with which all that was read last begins.
    let mut rolled: Option<String> = None;
    let mut size = if wanted.delimiter.is_empty() {
        wanted.most + 1
    } else {
        FIRST
    };
    loop {
        let behind = rolled.take().map(|prefix| successor(&prefix));
        if behind == Some(None) {
            return Ok(page);
        }
        let behind = behind.flatten();
        let from = match (&reached, inside) {
            _ if behind.is_some() => {
                size = FIRST;
                Start::Key(Bound::Included(behind.as_deref().unwrap_or_default()))
            }
            (Some((key, sequence)), _) => Start::Older(key, *sequence),
            (None, Some(sequence)) => Start::Older(wanted.key_marker, sequence),
            (None, None) if wanted.key_marker >= wanted.prefix && !wanted.key_marker.is_empty() => {
                Start::Key(Bound::Excluded(wanted.key_marker))
            }
            (None, None) => Start::Key(Bound::Included(wanted.prefix)),
        };
        let batch = store.list_versions(bucket, from, size).await?;
        let Some(end) = batch.last() else {
            return Ok(page);
        };
        let end = (end.key.clone(), end.sequence);
        size = (size * 2).min(MAX + 1);
        // The key of the version before.
        let mut before = reached.take().map(|(key, _)| key).unwrap_or_default();
        for version in batch {
            let is_first = before != version.key;
            before.clone_from(&version.key);
            if !version.key.starts_with(wanted.prefix) {
                if version.key.as_str() > wanted.prefix {
                    return Ok(page);
                }
                continue;
            }
            let common = common_prefix(&version.key, wanted.prefix, wanted.delimiter);
            rolled = common.map(str::to_owned);
            if common.is_some_and(|common| {
                common <= wanted.key_marker
                    || page
                        .common_prefixes
                        .last()
                        .is_some_and(|last| last == common)
            }) {
                continue;
            }
            if page.common_prefixes.len() + page.entries.len() == wanted.most {
                page.next = page.last(ends_with_prefix);
                return Ok(page);
            }
            ends_with_prefix = common.is_some();
            if let Some(common) = common.map(str::to_owned) {
                page.common_prefixes.push(common);
                continue;
            }
            let is_current = if version.key == wanted.key_marker && is_first {
                // The previous page may have shown a newer version.
                let current = store.object(At::current(bucket, &version.key)).await?;
                current.is_some_and(|current| current.version_id.0 == version.version_id)
            } else {
                is_first
            };
            page.entries.push((version, is_current));
        }
        reached = Some(end);
    }
}

/// When the version came after which a page goes on within its key.
async fn inside(store: &Store, bucket: &str, wanted: &Wanted<'_>) -> Result<Option<u64>, Error> {
    if wanted.version_marker.is_empty() {
        return Ok(None);
    }
    if let Some(sequence) = sequence_of(wanted.version_marker) {
        return Ok(Some(sequence));
    }
    let version_id = VersionId(wanted.version_marker.to_owned());
    let marker = store
        .object(At::version(bucket, wanted.key_marker, &version_id))
        .await?;
    Ok(marker.map(|record| record.sequence))
}

fn to_xml(
    bucket: &str,
    wanted: &Wanted<'_>,
    encoding: Encoding,
    has_ids: bool,
    page: &Page,
) -> String {
    let mut body = Writer::fragment();
    body.element("ListVersionsResult", |list| {
        if encoding == Encoding::Url {
            list.field("EncodingType", "url");
        }
        list.field("Name", bucket);
        encoding.write(list, "Prefix", wanted.prefix);
        encoding.write(list, "KeyMarker", wanted.key_marker);
        list.field("VersionIdMarker", wanted.version_marker);
        list.plain("MaxKeys", wanted.most);
        list.plain("IsTruncated", page.next.is_some());
        if let Some((key, version_id)) = &page.next {
            encoding.write(list, "NextKeyMarker", key);
            list.field("NextVersionIdMarker", if has_ids { version_id } else { "" });
        }
        if !wanted.delimiter.is_empty() {
            encoding.write(list, "Delimiter", wanted.delimiter);
        }
        write_prefixes(list, &page.common_prefixes, encoding);
        list.reserve(page.entries.len() * ENTRY);
        for (record, is_current) in &page.entries {
            let is_marker = record.is_delete_marker();
            let name = if is_marker { "DeleteMarker" } else { "Version" };
            list.element(name, |entry| {
                encoding.write(entry, "Key", &record.key);
                entry.field("VersionId", if has_ids { &record.version_id } else { "" });
                entry.plain("IsLatest", is_current);
                entry.plain("LastModified", ListingDate(record.last_modified));
                if !is_marker {
                    write_content(entry, record);
                }
                write_owner(entry, appid(bucket));
            });
        }
    });
    body.finish()
}

/// Adds the elements of a version that a delete marker does not have.
fn write_content(entry: &mut Writer, record: &Listed) {
    entry.field("ETag", &record.etag);
    entry.plain("Size", record.size);
    entry.field("StorageClass", &record.storage_class);
    if let Some(tier) = storage_tier(&record.storage_class) {
        entry.plain("StorageTier", tier);
    }
}
