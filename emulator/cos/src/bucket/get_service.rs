//! GET Service: all buckets, or those of a region. Follows: COS reference, section 5.11.

use jiff::Timestamp;

use crate::Inner;
use crate::request::cos_request::CosRequest;
use crate::request::error::{self, Error};
use crate::request::reply::{Reply, service_date};
use crate::store::BucketRecord;
use backlot_base::xml::Element;
use backlot_http::Query;

/// The maximal number of buckets of an answer.
const MAX_KEYS: usize = 2000;

/// The parameters of a list of buckets.
struct Wanted<'a> {
    marker: &'a str,
    max_keys: usize,
    /// Whether the answer says if more buckets follow.
    is_page: bool,
    tag: Option<(&'a str, &'a str)>,
    region: Option<&'a str>,
    created: Option<(&'a str, Timestamp)>,
}

/// Answers with buckets by name.
pub(crate) async fn serve(cos: &Inner, request: &CosRequest<'_>) -> Result<Reply, Error> {
    let wanted = wanted(&request.address.query, request.address.region.as_deref())?;
    let mut shown = Vec::new();
    let mut is_truncated = false;
    for bucket in cos.store.buckets().await? {
        let is_tagged = match &wanted.tag {
            None => true,
            Some((key, value)) => {
                let tags = cos.bucket_tags(&bucket.name).await?;
                tags.iter().any(|tag| tag.0 == *key && tag.1 == *value)
            }
        };
        if !is_tagged || !wanted.covers(&bucket) {
            continue;
        }
        if shown.len() == wanted.max_keys {
            is_truncated = wanted.max_keys > 0;
            break;
        }
        shown.push(bucket);
    }
    let mut body = to_xml(&cos.settings.uin, shown.iter());
    // Choice: a request without parameters of a page gets the body of the documented sample.
    if wanted.is_page {
        body = body
            .field("Marker", wanted.marker)
            .field("IsTruncated", is_truncated.to_string());
        if let Some(last) = shown.last().filter(|_| is_truncated) {
            body = body.field("NextMarker", last.name.as_str());
        }
    }
    Ok(Reply::xml(body.to_fragment()))
}

fn wanted<'a>(query: &'a Query, host_region: Option<&'a str>) -> Result<Wanted<'a>, Error> {
    let invalid = |message| Error::from(error::INVALID_ARGUMENT).because(message);
    let tag = match (query.filled("tagkey"), query.get("tagvalue")) {
        (Some(key), Some(value)) => Some((key, value)),
        (None, None | Some("")) => None,
        _ => return Err(invalid("The tagkey and the tagvalue come together.")),
    };
    let max_keys = match query.filled("max-keys") {
        None => MAX_KEYS,
        Some(number) => number
            .parse()
            .map_err(|_| invalid("The max-keys must be a number."))?,
    };
    let created = match (query.filled("range"), query.filled("create-time")) {
        (Some(range @ ("lt" | "lte" | "gt" | "gte")), Some(time)) => {
            let seconds = time
                .parse()
                .ok()
                .and_then(|seconds| Timestamp::from_second(seconds).ok());
            Some((
                range,
                seconds.ok_or_else(|| invalid("The create-time must be in seconds."))?,
            ))
        }
        (None, None) => None,
        _ => {
            return Err(invalid(
                "The range must be lt, lte, gt or gte, with a create-time.",
            ));
        }
    };
    Ok(Wanted {
        is_page: query
            .filled("marker")
            .or(query.filled("max-keys"))
            .is_some(),
        tag,
        marker: query.get("marker").unwrap_or_default(),
        max_keys: max_keys.min(MAX_KEYS),
        region: query.filled("region").or(host_region),
        created,
    })
}

impl Wanted<'_> {
    fn covers(&self, bucket: &BucketRecord) -> bool {
        let is_in_time = self.created.is_none_or(|(range, time)| match range {
            "lt" => bucket.created < time,
            "lte" => bucket.created <= time,
            "gt" => bucket.created > time,
            _ => bucket.created >= time,
        });
        bucket.name.as_str() > self.marker
            && self.region.is_none_or(|region| region == bucket.region)
            && is_in_time
    }
}

fn to_xml<'a>(uin: &str, buckets: impl Iterator<Item = &'a BucketRecord>) -> Element {
    let owner = Element::new("Owner")
        .field("ID", format!("qcs::cam::uin/{uin}:uin/{uin}"))
        .field("DisplayName", uin);
    let mut list = Element::new("Buckets");
    list.children.extend(buckets.map(|bucket| {
        Element::new("Bucket")
            .field("Name", bucket.name.as_str())
            .field("Location", bucket.region.as_str())
            .field("CreationDate", service_date(bucket.created))
    }));
    Element::new("ListAllMyBucketsResult")
        .child(owner)
        .child(list)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::contract::bucket;

    #[test]
    fn the_body_has_the_layout_of_the_sample() {
        let sample = include_str!("../../../../tests/vectors/cos/syn-get-service-empty.xml");
        assert_eq!(
            to_xml("100000000001", [].iter()).to_fragment(),
            sample.trim_end()
        );
        let buckets = [bucket("b-1")];
        let body = to_xml("1", buckets.iter()).to_fragment();
        let entry = "\t<Buckets>\n\t\t<Bucket>\n\t\t\t<Name>b-1</Name>\n\t\t\t<Location>ap-guangzhou</Location>\n\
                     \t\t\t<CreationDate>1970-01-01T00:00:00Z</CreationDate>\n\t\t</Bucket>\n\t</Buckets>";
        assert!(body.contains(entry), "{body}");
    }

    #[test]
    fn filters_narrow_the_list() {
        let covers = |query: &str| {
            wanted(&Query::parse(query), None)
                .unwrap()
                .covers(&bucket("b-1"))
        };
        assert!(covers("marker=&max-keys=2000"));
        assert!(covers("marker=a-1&region=ap-guangzhou"));
        assert!(!covers("marker=b-1"));
        assert!(!covers("region=ap-x"));
        assert!(covers("create-time=0&range=lte"));
        assert!(!covers("create-time=0&range=gt"));
        assert_eq!(
            wanted(&Query::parse("range=gt"), None).err().unwrap().code,
            "InvalidArgument"
        );
    }
}
