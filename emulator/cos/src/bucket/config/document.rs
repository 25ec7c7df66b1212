//! PUT, GET and DELETE of a sub-resource: the checks of its family are called, and its document is stored or answered.
//!
//! Documents are kept as elements in the layout of the service: unknown elements and their order survive; attributes,
//! namespaces and white space between elements do not.

use http::{Method, StatusCode};

use super::fields::parse;
use super::resource::Resource;
use super::{
    cors, domain, encryption, inventory, lifecycle, location, object_lock, plain, policy, referer,
    replication, strict_signature, tagging, website,
};
use crate::Inner;
use crate::request::cos_request::CosRequest;
use crate::request::error::Error;
use crate::request::reply::Reply;
use backlot_http::Body;

/// Serves one request for a sub-resource.
pub(crate) async fn serve(
    cos: &Inner,
    request: &mut CosRequest<'_>,
    body: Body,
    bucket: &str,
    resource: Resource,
) -> Result<Reply, Error> {
    let record = cos.bucket(bucket).await?;
    let method = request.head.method.clone();
    match resource {
        Resource::Location => return Ok(location::get(&record)),
        Resource::Inventory => return inventory::serve(cos, request, body, bucket).await,
        Resource::Policy if method == Method::GET => return policy::get(cos, bucket).await,
        Resource::Policy if method == Method::PUT => {
            return policy::put(cos, request, body, bucket).await;
        }
        _ => {}
    }
    let family = resource.family();
    let name = plain::name(request, resource)?;
    match method {
        Method::PUT => put(cos, request, body, bucket, resource, &name).await,
        Method::DELETE => {
            cos.remove_configuration(bucket, &name).await?;
            Ok(Reply::empty(StatusCode::NO_CONTENT))
        }
        _ => {
            let found = cos.configuration(bucket, &name).await?;
            let reply = match &found {
                Some(element) => family.show(element),
                None => family.show_missing()?,
            };
            let reply = replication::describe(resource, found.as_ref(), reply)?;
            domain::describe(cos, bucket, resource, reply)
        }
    }
}

async fn put(
    cos: &Inner,
    request: &mut CosRequest<'_>,
    body: Body,
    bucket: &str,
    resource: Resource,
    name: &str,
) -> Result<Reply, Error> {
    let family = resource.family();
    let body = request.receive(body, family.limit).await?;
    // Observed: the SDK for Python removes the configuration with an empty PUT.
    if resource == Resource::Referer && body.is_empty() {
        cos.remove_configuration(bucket, name).await?;
        return Ok(Reply::empty(family.put));
    }
    let given = parse(&body, family.root)?;
    let given = match resource {
        Resource::Cors => cors::check(given)?,
        Resource::Lifecycle => lifecycle::check(cos, bucket, given)?,
        Resource::Tagging => tagging::check(given)?,
        Resource::Referer => referer::check(given)?,
        Resource::Website => website::check(given)?,
        Resource::Encryption => encryption::check(given)?,
        Resource::StrictSignature => strict_signature::check(given)?,
        Resource::Replication => replication::check(cos, bucket, given).await?,
        Resource::Domain => domain::check(cos, bucket, given).await?,
        Resource::ObjectLock => object_lock::check(given)?,
        _ => plain::check(cos, bucket, resource, given).await?,
    };
    let is_off = resource == Resource::Logging && given.children.is_empty();
    if is_off {
        cos.remove_configuration(bucket, name).await?;
    } else {
        cos.put_configuration(bucket, name, given.to_fragment())
            .await?;
        family.record_inert(cos, request, bucket);
    }
    if resource == Resource::ObjectLock {
        object_lock::set_default(cos, bucket, &given).await?;
    }
    if resource == Resource::Lifecycle {
        cos.lifecycle.wake(&cos.context.clock);
    }
    Ok(Reply::empty(family.put))
}
