//! `list-type=2`, which only S3 clients know: the same pages with a token instead of a marker.
//!
//! Follows: the published S3 API; COS reference, section 3.6: it is not in COS's own API, so that only S3 dialect has it.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use percent_encoding::utf8_percent_encode;

use crate::base::xml::Element;
use crate::cos::encoding::PLAIN;
use crate::cos::error::{self, Error};
use crate::cos::list_objects::{contents, wanted};
use crate::cos::listing::{Page, Wanted, page};
use crate::cos::names::appid;
use crate::cos::reply::Reply;
use crate::cos::visit::Visit;
use crate::cos::{Inner, listing};
use crate::http::Query;

/// Answers with a page.
pub(in crate::cos) async fn serve(
    cos: &Inner,
    visit: &Visit<'_>,
    bucket: &str,
) -> Result<Reply, Error> {
    let record = cos.bucket(bucket).await?;
    let query = &visit.address.query;
    let token = query.filled("continuation-token").map(marker).transpose()?;
    let start_after = query.filled("start-after").unwrap_or_default();
    let wanted = Wanted {
        marker: token.as_deref().unwrap_or(start_after),
        ..wanted(query)?
    };
    let page = page(&*cos.store, bucket, &wanted).await?;
    let now = cos.doors.clock.now();
    let body = to_xml(bucket, query, &wanted, &page, now);
    Reply::xml(body.to_document()).header("x-cos-bucket-region", record.region.as_bytes())
}

/// Where to go on. The token is opaque to clients, and text that no other token has.
fn marker(token: &str) -> Result<String, Error> {
    let bytes = URL_SAFE_NO_PAD.decode(token).ok();
    let text = bytes.and_then(|bytes| String::from_utf8(bytes).ok());
    text.ok_or_else(|| {
        Error::from(error::INVALID_ARGUMENT).because("The continuation token is not correct.")
    })
}

fn to_xml(
    bucket: &str,
    query: &Query,
    wanted: &Wanted<'_>,
    page: &Page,
    now: Timestamp,
) -> Element {
    let is_encoded = query.filled("encoding-type") == Some("url");
    let shows_owner = query.get("fetch-owner") == Some("true");
    let text = |text: &str| {
        if is_encoded {
            utf8_percent_encode(text, PLAIN).to_string()
        } else {
            text.to_owned()
        }
    };
    let count = page.objects.len() + page.common_prefixes.len();
    debug_assert!(count <= listing::MAX_KEYS);
    let mut body = Element::new("ListBucketResult")
        .field("Name", bucket)
        .field("Prefix", text(wanted.prefix));
    let optional = [
        ("Delimiter", text(wanted.delimiter)),
        (
            "StartAfter",
            text(query.get("start-after").unwrap_or_default()),
        ),
        (
            "ContinuationToken",
            query
                .get("continuation-token")
                .unwrap_or_default()
                .to_owned(),
        ),
        (
            "NextContinuationToken",
            page.next_marker
                .as_ref()
                .map_or_else(String::new, |next| URL_SAFE_NO_PAD.encode(next)),
        ),
        (
            "EncodingType",
            if is_encoded {
                "url".to_owned()
            } else {
                String::new()
            },
        ),
    ];
    for (name, value) in optional.into_iter().filter(|(_, value)| !value.is_empty()) {
        body = body.field(name, value);
    }
    body = body
        .field("MaxKeys", wanted.max_keys.to_string())
        .field("KeyCount", count.to_string())
        .field("IsTruncated", page.next_marker.is_some().to_string());
    body.children.extend(page.objects.iter().map(|object| {
        let mut entry = contents(object, text(&object.key), appid(bucket), now);
        entry
            .children
            // S3 has another idea of what a RestoreStatus is.
            .retain(|child| match &*child.name {
                "Owner" => shows_owner,
                name => name != "RestoreStatus",
            });
        entry
    }));
    let prefixes = page.common_prefixes.iter();
    let prefixes =
        prefixes.map(|prefix| Element::new("CommonPrefixes").field("Prefix", text(prefix)));
    body.children.extend(prefixes);
    body
}
