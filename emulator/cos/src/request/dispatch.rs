//! Which file does what an operation asks for.

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;

use super::cos_request::Visit;
use super::error::{self, Error};
use super::operation::Operation;
use super::reply::Reply;
use crate::bucket::{self, config};
use crate::{Inner, access, list, object};
use backlot_http::Body;

/// The header, and the parameter, that asks for less speed.
const TRAFFIC_LIMIT: &str = "x-cos-traffic-limit";

impl Inner {
    /// Does what is asked for.
    ///
    /// Boxed, so that the way of every request through the service has room for the work of one operation, not for that of
    /// the largest of them all.
    pub(crate) fn perform<'r>(
        &'r self,
        operation: Operation,
        visit: &'r mut Visit<'_>,
        body: Body,
    ) -> BoxFuture<'r, Result<Reply, Error>> {
        let target = &visit.address.target;
        let (bucket, key) = (target.bucket(), target.key());
        let limit = visit.address.query.filled(TRAFFIC_LIMIT);
        if limit.or_else(|| visit.header(TRAFFIC_LIMIT)).is_some() {
            let subject = format!("{bucket}/{key}");
            let (feature, text) = ("traffic limit", "nothing is slowed down");
            self.context
                .record_unsupported(visit.lane, "cos", feature, &subject, text);
        }
        match operation {
            Operation::GetService => bucket::get_service::serve(self, visit).boxed(),
            Operation::PutBucket => bucket::put::put(self, visit, body, bucket).boxed(),
            Operation::HeadBucket => bucket::put::head(self, bucket).boxed(),
            Operation::DeleteBucket => bucket::put::delete(self, bucket).boxed(),
            Operation::ListObjects
                if visit.is_s3 && visit.address.query.get("list-type") == Some("2") =>
            {
                list::objects_v2::serve(self, visit, bucket).boxed()
            }
            Operation::ListObjects => list::objects::serve(self, visit, bucket).boxed(),
            Operation::PutObject => object::put::serve(self, visit, body, bucket, key).boxed(),
            Operation::GetObject | Operation::HeadObject => {
                object::get::serve(self, visit, bucket, key).boxed()
            }
            Operation::DeleteObject => object::delete::serve(self, visit, bucket, key).boxed(),
            Operation::GetBucketAcl | Operation::GetObjectAcl => {
                access::get_acl(self, visit, bucket, key).boxed()
            }
            Operation::PutBucketAcl | Operation::PutObjectAcl => {
                access::put_acl(self, visit, body, bucket, key).boxed()
            }
            Operation::Preflight => config::cors::preflight(self, visit, bucket).boxed(),
            Operation::Configuration(resource, _) => {
                config::document::serve(self, visit, body, bucket, resource).boxed()
            }
            Operation::ListVersions => list::versions::serve(self, visit, bucket).boxed(),
            Operation::GetVersioning => bucket::versioning::get(self, bucket).boxed(),
            Operation::PutVersioning => bucket::versioning::put(self, visit, body, bucket).boxed(),
            Operation::DeleteObjects => {
                object::delete_multiple::serve(self, visit, body, bucket).boxed()
            }
            Operation::PostObject => object::post::serve(self, visit, body, bucket).boxed(),
            Operation::AppendObject => {
                object::append::serve(self, visit, body, bucket, key).boxed()
            }
            Operation::CopyObject => object::copy::object(self, visit, bucket, key).boxed(),
            Operation::RestoreObject => {
                object::restore::serve(self, visit, body, bucket, key).boxed()
            }
            Operation::GetSymlink => object::symlink::get(self, visit, bucket, key).boxed(),
            Operation::PutSymlink => object::symlink::put(self, visit, bucket, key).boxed(),
            Operation::GetObjectTagging => object::tagging::get(self, visit, bucket, key).boxed(),
            Operation::PutObjectTagging => {
                object::tagging::put(self, visit, body, bucket, key).boxed()
            }
            Operation::DeleteObjectTagging => {
                object::tagging::delete(self, visit, bucket, key).boxed()
            }
            Operation::GetRetention => object::retention::get(self, visit, bucket, key).boxed(),
            Operation::PutRetention => {
                object::retention::put(self, visit, body, bucket, key).boxed()
            }
            Operation::Multipart(step) => {
                object::multipart::serve(self, visit, body, step, bucket, key).boxed()
            }
            Operation::Unimplemented(name) => {
                let message = format!("{name} is not implemented here");
                let refused = Error::from(error::NOT_IMPLEMENTED).because(message);
                std::future::ready(Err(refused)).boxed()
            }
        }
    }
}
