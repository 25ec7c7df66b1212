//! Tags of objects, as a document and as a header. Follows: COS reference, sections 7 and 7.8.

use http::StatusCode;

use crate::Inner;
use crate::bucket::config::tagging::{self as rules, Tag};
use crate::detach::detach_on_drop;
use crate::request::cos_request::CosRequest;
use crate::request::error::Error;
use crate::request::reply::Reply;
use backlot_base::xml::Element;
use backlot_http::{Body, Query};

/// The maximal number of tags of an object.
const MAX_TAGS: usize = 10;

/// GET Object tagging. Choice: an object without tags has an empty set.
pub(crate) async fn get(
    cos: &Inner,
    request: &CosRequest<'_>,
    bucket: &str,
    key: &str,
) -> Result<Reply, Error> {
    let record = cos.existing(bucket, key, request.version()).await?;
    let mut set = Element::new("TagSet");
    for (name, value) in &record.tags {
        let tag = Element::new("Tag").field("Key", name).field("Value", value);
        set.children.push(tag);
    }
    let body = Element::new("Tagging").child(set);
    Ok(Reply::xml(body.to_fragment()))
}

/// PUT Object tagging.
pub(crate) async fn put(
    cos: &Inner,
    request: &mut CosRequest<'_>,
    body: Body,
    bucket: &str,
    key: &str,
) -> Result<Reply, Error> {
    let document = request.document(body, &["Tagging"]).await?;
    let tags = checked(rules::read(&document)?)?;
    set_tags(cos, request, bucket, key, tags).await?;
    Ok(Reply::empty(StatusCode::OK))
}

/// DELETE Object tagging.
pub(crate) async fn delete(
    cos: &Inner,
    request: &CosRequest<'_>,
    bucket: &str,
    key: &str,
) -> Result<Reply, Error> {
    set_tags(cos, request, bucket, key, Vec::new()).await?;
    Ok(Reply::empty(StatusCode::NO_CONTENT))
}

async fn set_tags(
    cos: &Inner,
    request: &CosRequest<'_>,
    bucket: &str,
    key: &str,
    tags: Vec<Tag>,
) -> Result<(), Error> {
    let version = request.version().map(str::to_owned);
    let (this, bucket, key) = (cos.this(), bucket.to_owned(), key.to_owned());
    detach_on_drop(async move {
        let _lock = this.key_locks.lock(&bucket, &key).await;
        let mut record = this.existing(&bucket, &key, version.as_deref()).await?;
        record.tags = tags;
        this.describe(bucket, record).await
    })
    .await
}

/// Reads `x-cos-tagging`: `a=1&b=2`, URL-encoded.
pub(crate) fn parse_header(text: Option<&str>) -> Result<Vec<Tag>, Error> {
    let query = Query::parse(text.unwrap_or_default());
    let tags = query.iter();
    checked(
        tags.map(|tag| (tag.name.clone(), tag.value.clone()))
            .collect(),
    )
}

fn checked(tags: Vec<Tag>) -> Result<Vec<Tag>, Error> {
    rules::check_tags(&tags, MAX_TAGS)?;
    Ok(tags)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_are_bounded() {
        let tags = parse_header(Some("a=1%20b&c=%E4%B8%AD")).unwrap();
        assert_eq!(
            tags,
            [("a".into(), "1 b".into()), ("c".into(), "中".into())]
        );
        assert_eq!(parse_header(None).unwrap(), []);
        let many: Vec<_> = (0..11).map(|number| format!("k{number}=v")).collect();
        for text in [
            "a=1&a=2",
            "=1",
            "a=%22",
            &format!("{}=1", "k".repeat(129)),
            &many.join("&"),
        ] {
            assert_eq!(
                parse_header(Some(text)).unwrap_err().code,
                "InvalidTag",
                "{text}"
            );
        }
    }
}
