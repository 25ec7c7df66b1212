//! PUT Bucket. Follows: COS reference, section 5.11.

use http::StatusCode;
use serde_json::{Map, Value};

use super::config::fields::{malformed, parse};
use crate::bucket::config::tagging;
use crate::detach::detach_on_drop;
use crate::request::cos_request::CosRequest;
use crate::request::error::{self, Error};
use crate::request::reply::Reply;
use crate::store::BucketRecord;
use crate::{Inner, access, names};
use backlot_http::Body;

/// The maximal size of a configuration, in bytes.
const MAX_BODY: usize = 64 * 1024;

/// The member of a bucket's record that says whether it is in several zones.
pub(super) const ZONES: &str = "zones";

/// Creates a bucket in the region that the host names.
pub(crate) async fn serve(
    cos: &Inner,
    request: &mut CosRequest<'_>,
    body: Body,
    bucket: &str,
) -> Result<Reply, Error> {
    let body = request.receive(body, MAX_BODY).await?;
    let wanted = wanted(&body)?;
    let acl = access::of_headers(&request.head.headers, access::Level::Bucket)?;
    let tags = request.head.headers.get("x-cos-tagging");
    let tags = tags.filter(|tags| !tags.is_empty());
    let tags = tags.map(|tags| tagging::of_header(&String::from_utf8_lossy(tags.as_bytes())));
    let tags = tags.transpose()?;
    let region = request
        .address
        .region
        .as_deref()
        .unwrap_or(&cos.settings.region);
    let mut extra = Map::new();
    if wanted.is_maz {
        extra.insert(ZONES.to_owned(), "MAZ".into());
    }
    if !cos.create_bucket_with(bucket, region, extra).await? {
        let is_ours = names::appid(bucket) == cos.settings.appid;
        let kind = if is_ours {
            error::BUCKET_ALREADY_OWNED_BY_YOU
        } else {
            error::BUCKET_ALREADY_EXISTS
        };
        return Err(kind.into());
    }
    for (name, text) in wanted.inert {
        let effect = format!("{text} has no effect: the bucket is an ordinary one");
        cos.context
            .record_unsupported(request.lane, "cos", name, bucket, &effect);
    }
    if let Some(acl) = acl {
        cos.keep_bucket_acl(bucket, acl.into_kept()).await?;
    }
    if let Some(tags) = tags {
        cos.put_configuration(bucket, "tagging", tags.to_fragment())
            .await?;
    }
    Ok(Reply::empty(StatusCode::OK))
}

/// The kind of bucket that a request asks for.
#[derive(Default)]
struct Wanted {
    /// Whether it is to be in several zones.
    is_maz: bool,
    /// Elements that are accepted without effect, with their texts.
    inert: Vec<(&'static str, String)>,
}

/// Reads the configuration in the body. Choice: kinds of buckets that are not emulated become ordinary buckets, because
/// SDKs repeat a request that is answered with 501.
fn wanted(body: &[u8]) -> Result<Wanted, Error> {
    if body.is_empty() {
        return Ok(Wanted::default());
    }
    let configuration = parse(body, "CreateBucketConfiguration")?;
    let zones = configuration.text_of("BucketAZConfig").map(str::trim);
    if !matches!(zones, None | Some("MAZ" | "OAZ")) {
        return Err(malformed("BucketAZConfig must be MAZ or OAZ."));
    }
    let filled = |name: &'static str| {
        let text = configuration.text_of(name)?.trim();
        (!text.is_empty()).then(|| (name, text.to_owned()))
    };
    let architecture = filled("BucketArchConfig");
    if architecture.as_ref().is_some_and(|(_, text)| text != "OFS") {
        return Err(malformed("BucketArchConfig must be OFS."));
    }
    let class = filled("BucketStorageClass").filter(|(_, class)| class != "STANDARD");
    Ok(Wanted {
        is_maz: zones == Some("MAZ"),
        inert: architecture.into_iter().chain(class).collect(),
    })
}

impl Inner {
    /// Creates a bucket; `false` if it exists already.
    pub(crate) async fn create_bucket(&self, name: &str, region: &str) -> Result<bool, Error> {
        self.create_bucket_with(name, region, Map::new()).await
    }

    /// The record of a bucket that is created now.
    pub(crate) fn new_bucket(&self, name: &str, region: &str) -> Result<BucketRecord, Error> {
        names::check_bucket(name, region, self.settings.name_limit)?;
        Ok(BucketRecord {
            name: name.to_owned(),
            region: region.to_owned(),
            created: self.context.clock.now(),
            extra: Map::new(),
        })
    }

    /// Creates a bucket with more members in its record; `false` if it exists already.
    async fn create_bucket_with(
        &self,
        name: &str,
        region: &str,
        extra: Map<String, Value>,
    ) -> Result<bool, Error> {
        let record = BucketRecord {
            extra,
            ..self.new_bucket(name, region)?
        };
        let this = self.this();
        detach_on_drop(async move {
            let _lock = this.key_locks.lock(&record.name, "").await;
            Ok(this.store.create_bucket(record).await?)
        })
        .await
    }
}
