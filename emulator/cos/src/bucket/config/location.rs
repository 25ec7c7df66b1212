//! `?location`: where a bucket is. Follows: COS, "GET Bucket location".

use crate::request::reply::Reply;
use crate::store::BucketRecord;
use backlot_base::xml::Element;

/// Answers with the region.
///
/// Choice: with the label `cos.` before it, as in the documented sample; clients read both forms.
pub(super) fn get(bucket: &BucketRecord) -> Reply {
    let text = format!("cos.{}", bucket.region);
    Reply::xml(Element::with_text("LocationConstraint", text).to_fragment())
}
