//! List Multipart Uploads. Follows: COS reference, section 6.3.

use std::ops::Bound;

use super::{initiator, person};
use crate::Inner;
use crate::list::encoding::Encoding;
use crate::list::objects::write_prefixes;
use crate::list::page::common_prefix;
use crate::request::cos_request::CosRequest;
use crate::request::error::{self, Error};
use crate::request::reply::{ListingDate, Reply};
use crate::store::{StoreError, UploadRecord};
use backlot_base::xml::Writer;

/// The maximal number of uploads of a page.
const MAX: usize = 1000;

/// The parameters of a page. Empty texts are absent.
struct Wanted<'a> {
    prefix: &'a str,
    delimiter: &'a str,
    key_marker: &'a str,
    /// Only used together with a key.
    id_marker: &'a str,
    most: usize,
}

/// A page of uploads.
#[derive(Default)]
struct Page {
    common_prefixes: Vec<String>,
    uploads: Vec<UploadRecord>,
    /// The last entry, if more follow: a key or a prefix, and an id.
    next: Option<(String, String)>,
}

/// Answers with a page of uploads.
pub(crate) async fn serve(
    cos: &Inner,
    request: &CosRequest<'_>,
    bucket: &str,
) -> Result<Reply, Error> {
    cos.bucket(bucket).await?;
    let query = &request.address.query;
    let encoding = Encoding::of(query)?;
    let text = |name: &str| query.get(name).unwrap_or_default();
    let wanted = Wanted {
        prefix: text("prefix"),
        delimiter: text("delimiter"),
        key_marker: text("key-marker"),
        id_marker: text("upload-id-marker"),
        most: request.number("max-uploads", MAX)?,
    };
    if wanted.delimiter.chars().count() > 1 {
        return Err(error::INVALID_DELIMITER.into());
    }
    let page = page(cos, bucket, &wanted).await?;
    Ok(Reply::xml(to_xml(cos, bucket, &wanted, encoding, &page)))
}

async fn page(cos: &Inner, bucket: &str, wanted: &Wanted<'_>) -> Result<Page, StoreError> {
    let mut page = Page::default();
    if wanted.most == 0 {
        return Ok(page);
    }
    // No id sorts after this one: ids are hexadecimal.
    let id_marker = match wanted.id_marker {
        "" => "~",
        id => id,
    };
    let mut from = if wanted.key_marker.is_empty() || wanted.key_marker < wanted.prefix {
        Bound::Included((wanted.prefix.to_owned(), String::new()))
    } else {
        Bound::Excluded((wanted.key_marker.to_owned(), id_marker.to_owned()))
    };
    let mut last = (String::new(), String::new());
    loop {
        let bound = from.as_ref().map(|(key, id)| (key.as_str(), id.as_str()));
        let batch = cos.store.scan_uploads(bucket, bound, MAX).await?;
        let Some(end) = batch.last() else {
            return Ok(page);
        };
        from = Bound::Excluded((end.object.key.clone(), end.id.clone()));
        for upload in batch {
            let key = &upload.object.key;
            if !key.starts_with(wanted.prefix) {
                return Ok(page);
            }
            let common = common_prefix(key, wanted.prefix, wanted.delimiter);
            if common.is_some_and(|common| {
                common <= wanted.key_marker
                    || page
                        .common_prefixes
                        .last()
                        .is_some_and(|last| last == common)
            }) {
                continue;
            }
            if page.common_prefixes.len() + page.uploads.len() == wanted.most {
                page.next = Some(last);
                return Ok(page);
            }
            if let Some(common) = common.map(str::to_owned) {
                last = (common.clone(), String::new());
                page.common_prefixes.push(common);
            } else {
                last = (key.clone(), upload.id.clone());
                page.uploads.push(upload);
            }
        }
    }
}

fn to_xml(
    cos: &Inner,
    bucket: &str,
    wanted: &Wanted<'_>,
    encoding: Encoding,
    page: &Page,
) -> String {
    let mut body = Writer::fragment();
    body.element("ListMultipartUploadsResult", |list| {
        list.field("Bucket", bucket);
        list.field("Encoding-Type", encoding.name());
        encoding.write(list, "KeyMarker", wanted.key_marker);
        list.field("UploadIdMarker", wanted.id_marker);
        if let Some((key, id)) = &page.next {
            encoding.write(list, "NextKeyMarker", key);
            list.field("NextUploadIdMarker", id);
        }
        list.plain("MaxUploads", wanted.most);
        list.plain("IsTruncated", page.next.is_some());
        encoding.write(list, "Prefix", wanted.prefix);
        encoding.write(list, "Delimiter", wanted.delimiter);
        for upload in &page.uploads {
            list.element("Upload", |entry| {
                encoding.write(entry, "Key", &upload.object.key);
                entry.field("UploadId", &upload.id);
                entry.field("StorageClass", &upload.object.storage_class);
                entry.tree(&initiator(cos));
                entry.tree(&person(cos, "Owner"));
                entry.plain("Initiated", ListingDate(upload.initiated));
            });
        }
        write_prefixes(list, &page.common_prefixes, encoding);
    });
    body.finish()
}
