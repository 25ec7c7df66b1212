//! Calls the file of each operation.

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;

use super::cos_request::CosRequest;
use super::error::{self, Error};
use super::operation::{Operation, Support};
use super::reply::Reply;
use crate::bucket::{self, config};
use crate::{Inner, access, list, object, select};
use backlot_http::Body;

/// The header, and the parameter, that limits the speed of a transfer.
const TRAFFIC_LIMIT: &str = "x-cos-traffic-limit";

impl Inner {
    /// Performs an operation.
    ///
    /// Boxed, so that the future of a request has the size of its operation, not of the largest operation.
    pub(crate) fn perform<'r>(
        &'r self,
        operation: Operation,
        request: &'r mut CosRequest<'_>,
        body: Body,
    ) -> BoxFuture<'r, Result<Reply, Error>> {
        let target = &request.address.target;
        let (bucket, key) = (target.bucket(), target.key());
        let limit = request.address.query.filled(TRAFFIC_LIMIT);
        if limit.or_else(|| request.header(TRAFFIC_LIMIT)).is_some() {
            let subject = format!("{bucket}/{key}");
            let (feature, text) = ("traffic limit", "nothing is slowed down");
            self.context
                .record_unsupported(request.lane, "cos", feature, &subject, text);
        }
        self.record_ignored_condition(operation, request);
        match operation {
            Operation::GetService => bucket::get_service::serve(self, request).boxed(),
            Operation::PutBucket => bucket::put::serve(self, request, body, bucket).boxed(),
            Operation::HeadBucket => bucket::head::serve(self, bucket).boxed(),
            Operation::DeleteBucket => bucket::delete::serve(self, bucket).boxed(),
            Operation::GetBucket
                if request.is_s3 && request.address.query.get("list-type") == Some("2") =>
            {
                list::objects_v2::serve(self, request, bucket).boxed()
            }
            Operation::GetBucket => list::objects::serve(self, request, bucket).boxed(),
            Operation::PutObject => object::put::serve(self, request, body, bucket, key).boxed(),
            Operation::GetObject | Operation::HeadObject => {
                object::get::serve(self, request, bucket, key).boxed()
            }
            Operation::DeleteObject => object::delete::serve(self, request, bucket, key).boxed(),
            Operation::GetBucketACL | Operation::GetObjectACL => {
                access::get_acl(self, request, bucket, key).boxed()
            }
            Operation::PutBucketACL | Operation::PutObjectACL => {
                access::put_acl(self, request, body, bucket, key).boxed()
            }
            Operation::OptionsObject => config::cors::preflight(self, request, bucket).boxed(),
            Operation::ListObjectVersions => list::versions::serve(self, request, bucket).boxed(),
            Operation::GetBucketVersioning => bucket::versioning::get(self, bucket).boxed(),
            Operation::PutBucketVersioning => {
                bucket::versioning::put(self, request, body, bucket).boxed()
            }
            Operation::DeleteMultipleObjects => {
                object::delete_multiple::serve(self, request, body, bucket).boxed()
            }
            Operation::PostObject => object::post::serve(self, request, body, bucket).boxed(),
            Operation::AppendObject => {
                object::append::serve(self, request, body, bucket, key).boxed()
            }
            Operation::CopyObject => object::copy::object(self, request, bucket, key).boxed(),
            Operation::PostObjectRestore => {
                object::restore::serve(self, request, body, bucket, key).boxed()
            }
            Operation::SelectObjectContent => {
                select::serve(self, request, body, bucket, key).boxed()
            }
            Operation::GetSymlink => object::symlink::get(self, request, bucket, key).boxed(),
            Operation::PutSymlink => object::symlink::put(self, request, bucket, key).boxed(),
            Operation::GetObjectTagging => object::tagging::get(self, request, bucket, key).boxed(),
            Operation::PutObjectTagging => {
                object::tagging::put(self, request, body, bucket, key).boxed()
            }
            Operation::DeleteObjectTagging => {
                object::tagging::delete(self, request, bucket, key).boxed()
            }
            Operation::GetObjectRetention => {
                object::retention::get(self, request, bucket, key).boxed()
            }
            Operation::PutObjectRetention => {
                object::retention::put(self, request, body, bucket, key).boxed()
            }
            Operation::InitiateMultipartUpload => {
                object::multipart::initiate::serve(self, request, bucket, key).boxed()
            }
            Operation::UploadPart => {
                object::multipart::upload_part::serve(self, request, body, bucket, key).boxed()
            }
            Operation::UploadPartCopy => object::copy::part(self, request, bucket, key).boxed(),
            Operation::ListParts => {
                object::multipart::list_parts::serve(self, request, bucket, key).boxed()
            }
            Operation::CompleteMultipartUpload => {
                object::multipart::complete::serve(self, request, body, bucket, key).boxed()
            }
            Operation::AbortMultipartUpload => {
                object::multipart::abort::serve(self, request, bucket, key).boxed()
            }
            Operation::ListMultipartUploads => {
                object::multipart::list_uploads::serve(self, request, bucket).boxed()
            }
            other => match other.support() {
                Support::Configuration(resource) => {
                    config::document::serve(self, request, body, bucket, resource).boxed()
                }
                Support::Own | Support::None => {
                    let message = format!("{} is not supported by the emulator", other.name());
                    let refused = Error::from(error::NOT_IMPLEMENTED).because(message);
                    std::future::ready(Err(refused)).boxed()
                }
            },
        }
    }
}
