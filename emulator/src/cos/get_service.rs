//! GET Service: all buckets, or those of a region. Follows: COS reference, section 5.11.

use jiff::Timestamp;

use super::Inner;
use super::error::{self, Error};
use super::reply::{Reply, service_date};
use super::store::BucketRecord;
use super::visit::Visit;
use crate::base::xml::Element;
use crate::http::Query;

/// Buckets of one answer at most.
const MAX_KEYS: usize = 2000;

/// Which buckets are asked for.
struct Wanted<'a> {
    marker: &'a str,
    max_keys: usize,
    region: Option<&'a str>,
    created: Option<(&'a str, Timestamp)>,
}

/// Answers with buckets by name.
pub(super) async fn serve(cos: &Inner, visit: &Visit<'_>) -> Result<Reply, Error> {
    let wanted = wanted(&visit.address.query, visit.address.region.as_deref())?;
    let buckets = cos.store.buckets().await?;
    let shown = buckets
        .iter()
        .filter(|bucket| wanted.covers(bucket))
        .take(wanted.max_keys);
    Ok(Reply::xml(to_xml(&cos.settings.uin, shown).to_fragment()))
}

fn wanted<'a>(query: &'a Query, host_region: Option<&'a str>) -> Result<Wanted<'a>, Error> {
    let invalid = |message| Error::from(error::INVALID_ARGUMENT).because(message);
    if query.filled("tagkey").is_some() {
        return Err(Error::from(error::NOT_IMPLEMENTED)
            .because("the parameter tagkey is not implemented here"));
    }
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
    use crate::cos::store::contract::bucket;

    #[test]
    fn the_body_has_the_layout_of_the_sample() {
        let sample = include_str!("../../../tests/vectors/cos/syn-get-service-empty.xml");
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
