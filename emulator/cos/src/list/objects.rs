//! GET Bucket: a page of objects as XML. Follows: COS, "GET Bucket (List Objects)", and COS reference, section 6.1.

use jiff::Timestamp;

use crate::Inner;
use crate::list::encoding::Encoding;
use crate::list::page::{MAX_KEYS, Page, PageRequest, page};
use crate::names::appid;
use crate::object::restore::{restore_status, storage_tier};
use crate::request::cos_request::CosRequest;
use crate::request::error::{self, Error};
use crate::request::reply::{ListingDate, Reply};
use crate::store::Listed;
use backlot_base::xml::Writer;
use backlot_http::Query;

/// The size of the entry of an object with a key of common length, in bytes.
pub(crate) const ENTRY: usize = 512;

/// Answers with a page.
pub(crate) async fn serve(
    cos: &Inner,
    request: &CosRequest<'_>,
    bucket: &str,
) -> Result<Reply, Error> {
    let record = cos.bucket(bucket).await?;
    let query = &request.address.query;
    let wanted = wanted(query)?;
    let encoding = Encoding::of(query)?;
    let page = page(&cos.store, bucket, &wanted).await?;
    let now = cos.context.clock.now();
    let body = to_xml(bucket, &wanted, encoding, &page, now);
    Reply::xml(body).header("x-cos-bucket-region", record.region.as_bytes())
}

pub(crate) fn wanted(query: &Query) -> Result<PageRequest<'_>, Error> {
    let text = |name: &str| query.get(name).unwrap_or_default();
    let delimiter = text("delimiter");
    if delimiter.chars().count() > 1 {
        return Err(error::INVALID_DELIMITER.into());
    }
    let max_keys = match query.filled("max-keys") {
        None => MAX_KEYS,
        Some(number) => number.parse::<usize>().map_err(|_| {
            Error::from(error::INVALID_ARGUMENT).because("The max-keys must be a number.")
        })?,
    };
    Ok(PageRequest {
        prefix: text("prefix"),
        delimiter,
        marker: text("marker"),
        max_keys: max_keys.min(MAX_KEYS),
    })
}

fn to_xml(
    bucket: &str,
    wanted: &PageRequest<'_>,
    encoding: Encoding,
    page: &Page,
    now: Timestamp,
) -> String {
    let mut body = Writer::document();
    body.element("ListBucketResult", |list| {
        list.field("Name", bucket);
        if encoding == Encoding::Url {
            list.field("EncodingType", "url");
        }
        encoding.write(list, "Prefix", wanted.prefix);
        encoding.write(list, "Marker", wanted.marker);
        list.plain("MaxKeys", wanted.max_keys);
        if !wanted.delimiter.is_empty() {
            encoding.write(list, "Delimiter", wanted.delimiter);
        }
        list.plain("IsTruncated", page.next_marker.is_some());
        if let Some(next) = &page.next_marker {
            encoding.write(list, "NextMarker", next);
        }
        write_prefixes(list, &page.common_prefixes, encoding);
        list.reserve(page.objects.len() * ENTRY);
        for object in &page.objects {
            let status = restore_status(object, now);
            write_contents(list, object, encoding, Some(appid(bucket)), status);
        }
    });
    body.finish()
}

pub(crate) fn write_prefixes(list: &mut Writer, prefixes: &[String], encoding: Encoding) {
    for prefix in prefixes {
        list.element("CommonPrefixes", |entry| {
            encoding.write(entry, "Prefix", prefix);
        });
    }
}

/// Adds the entry of an object, with its owner and, if it is asked for, its restore status.
pub(crate) fn write_contents(
    list: &mut Writer,
    object: &Listed,
    encoding: Encoding,
    owner: Option<&str>,
    restore_status: Option<&str>,
) {
    list.element("Contents", |entry| {
        encoding.write(entry, "Key", &object.key);
        entry.plain("LastModified", ListingDate(object.last_modified));
        entry.field("ETag", &object.etag);
        entry.plain("Size", object.size);
        if let Some(owner) = owner {
            write_owner(entry, owner);
        }
        entry.field("StorageClass", &object.storage_class);
        if let Some(tier) = storage_tier(&object.storage_class) {
            entry.plain("StorageTier", tier);
        }
        if let Some(status) = restore_status {
            entry.plain("RestoreStatus", status);
        }
    });
}

/// Adds the account that owns an entry, by its APPID.
pub(crate) fn write_owner(entry: &mut Writer, appid: &str) {
    entry.element("Owner", |owner| {
        owner.field("ID", appid);
        owner.field("DisplayName", appid);
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::contract::record;

    macro_rules! sample {
        ($name:literal) => {
            include_str!(concat!(
                "../../../../tests/vectors/cos/syn-list-objects-",
                $name,
                ".xml"
            ))
            .trim_end()
        };
    }

    #[test]
    fn pages_equal_the_samples_byte_for_byte() {
        let bucket = "examplebucket-1250000000";
        let all = wanted(&Query::parse("prefix=&marker=&delimiter=&max-keys="))
            .unwrap()
            .max_keys;
        let empty = PageRequest {
            max_keys: all,
            ..PageRequest::default()
        };
        let body = to_xml(
            bucket,
            &empty,
            Encoding::Plain,
            &Page::default(),
            Timestamp::UNIX_EPOCH,
        );
        assert_eq!(body, sample!("empty"));

        let mut object = record("dir a/x+y&中.txt", b"[Object Content]");
        object.last_modified = "2023-11-14T22:13:20.25Z".parse().unwrap();
        let page = Page {
            common_prefixes: vec!["dir a/sub+/".into()],
            next_marker: Some(object.key.clone()),
            objects: vec![object.into()],
        };
        let special = PageRequest {
            prefix: "dir a/",
            delimiter: "/",
            max_keys: 2,
            marker: "",
        };
        let body = to_xml(
            bucket,
            &special,
            Encoding::Url,
            &page,
            Timestamp::UNIX_EPOCH,
        );
        assert_eq!(body, sample!("encoding-url-special"));
    }

    #[test]
    fn parameters_are_checked() {
        let code = |query: &str| wanted(&Query::parse(query)).unwrap_err().code;
        assert_eq!(code("delimiter=ab"), "InvalidDelimiter");
        assert_eq!(code("max-keys=x"), "InvalidArgument");
        assert_eq!(code("max-keys=-1"), "InvalidArgument");
        assert_eq!(
            wanted(&Query::parse("max-keys=5000")).unwrap().max_keys,
            1000
        );
        assert_eq!(
            wanted(&Query::parse("delimiter=%E4%B8%AD"))
                .unwrap()
                .delimiter,
            "中"
        );
    }
}
