//! `list-type=2`, which only S3 clients use: pages of objects with a token instead of a marker.
//!
//! Follows: the published S3 API; COS reference, section 3.6: it is not in COS's own API, so that only S3 dialect has it.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::encoding::Encoding;
use super::objects::{ENTRY, wanted, write_contents, write_prefixes};
use super::page::{self, Page, PageRequest, page};
use crate::Inner;
use crate::names::appid;
use crate::request::cos_request::CosRequest;
use crate::request::error::{self, Error};
use crate::request::reply::Reply;
use backlot_base::xml::Writer;
use backlot_http::Query;

/// Answers with a page.
pub(crate) async fn serve(
    cos: &Inner,
    request: &CosRequest<'_>,
    bucket: &str,
) -> Result<Reply, Error> {
    let record = cos.bucket(bucket).await?;
    let query = &request.address.query;
    let token = query.filled("continuation-token").map(marker).transpose()?;
    let start_after = query.filled("start-after").unwrap_or_default();
    let wanted = PageRequest {
        marker: token.as_deref().unwrap_or(start_after),
        ..wanted(query)?
    };
    let page = page(&cos.store, bucket, &wanted).await?;
    let body = to_xml(bucket, query, &wanted, &page);
    Reply::xml(body).header("x-cos-bucket-region", record.region.as_bytes())
}

/// The marker of a token, which is opaque to clients.
fn marker(token: &str) -> Result<String, Error> {
    let bytes = URL_SAFE_NO_PAD.decode(token).ok();
    let text = bytes.and_then(|bytes| String::from_utf8(bytes).ok());
    text.ok_or_else(|| {
        Error::from(error::INVALID_ARGUMENT).because("The continuation token is not correct.")
    })
}

fn to_xml(bucket: &str, query: &Query, wanted: &PageRequest<'_>, page: &Page) -> String {
    let encoding = match query.filled("encoding-type") {
        Some("url") => Encoding::Url,
        _ => Encoding::Plain,
    };
    let owner = (query.get("fetch-owner") == Some("true")).then(|| appid(bucket));
    let count = page.objects.len() + page.common_prefixes.len();
    debug_assert!(count <= page::MAX_KEYS);
    let start_after = query.get("start-after").unwrap_or_default();
    // Unlike other parameters, an empty token is answered too.
    let token = query.get("continuation-token");
    let next_token = page.next_marker.as_ref();
    let next_token = next_token.map(|next| URL_SAFE_NO_PAD.encode(next));
    let optional = [
        ("Delimiter", &*encoding.text(wanted.delimiter)),
        ("StartAfter", &*encoding.text(start_after)),
        (
            "NextContinuationToken",
            next_token.as_deref().unwrap_or_default(),
        ),
        ("EncodingType", encoding.name()),
    ];
    let mut body = Writer::document();
    body.element("ListBucketResult", |list| {
        list.field("Name", bucket);
        encoding.write(list, "Prefix", wanted.prefix);
        for (name, value) in optional.iter().filter(|(_, value)| !value.is_empty()) {
            list.exact(name, value);
        }
        if let Some(token) = token {
            list.field("ContinuationToken", token);
        }
        list.plain("MaxKeys", wanted.max_keys);
        list.plain("KeyCount", count);
        list.plain("IsTruncated", page.next_marker.is_some());
        list.reserve(page.objects.len() * ENTRY);
        for object in &page.objects {
            // A `RestoreStatus` of S3 has another shape.
            write_contents(list, object, encoding, owner, None);
        }
        write_prefixes(list, &page.common_prefixes, encoding);
    });
    body.finish()
}
