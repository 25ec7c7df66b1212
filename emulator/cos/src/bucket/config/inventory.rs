//! `?inventory`: regular and one-time lists of objects. They are stored and listed, but no inventory is delivered.
//!
//! Follows: COS, "PUT Bucket inventory", "List Bucket inventory configurations", "POST Bucket inventory".

use http::{Method, StatusCode};

use super::fields::{all, malformed, one_of, parse, required};
use super::plain::check_id;
use super::resource::Resource;
use crate::Inner;
use crate::request::cos_request::CosRequest;
use crate::request::error::{self, Error};
use crate::request::reply::Reply;
use crate::store::StoreError;
use backlot_base::xml::Element;
use backlot_http::Body;

/// The number of configurations of a page.
const PAGE: usize = 100;

/// The maximal number of configurations of a bucket.
const MAX: usize = 1000;

/// The prefix of the names of regular configurations.
const REGULAR: &str = "inventory/";

/// The prefix of the names of one-time configurations; they are never listed, but their ids are taken.
const ONCE: &str = "inventory-once/";

/// Serves one request for `?inventory`.
pub(super) async fn serve(
    cos: &Inner,
    request: &mut CosRequest<'_>,
    body: Body,
    bucket: &str,
) -> Result<Reply, Error> {
    let family = Resource::Inventory.family();
    let method = request.head.method.clone();
    let id = request.address.query.filled("id").map(str::to_owned);
    let Some(id) = id else {
        if method == Method::GET {
            let token = request.address.query.get("continuation-token");
            return list(cos, bucket, token.unwrap_or_default()).await;
        }
        return Err(Error::from(error::INVALID_ARGUMENT).because("The parameter id is missing."));
    };
    check_id(&id)?;
    let name = format!("{REGULAR}{id}");
    match method {
        Method::GET => match cos.configuration(bucket, &name).await? {
            Some(found) => Ok(family.show(&found)),
            None => family.show_missing(),
        },
        Method::DELETE => {
            cos.remove_configuration(bucket, &name).await?;
            Ok(Reply::empty(StatusCode::NO_CONTENT))
        }
        method => {
            let is_once = method == Method::POST;
            let body = request.receive(body, family.limit).await?;
            let given = parse(&body, family.root)?;
            check(&given, &id, is_once)?;
            let once = format!("{ONCE}{id}");
            if is_once {
                let taken = [name, once.clone()];
                let text = given.to_fragment();
                if !cos
                    .put_new_configuration(bucket, &once, &taken, text)
                    .await?
                {
                    return Err(error::DUPLICATE_INVENTORY_ID.into());
                }
            } else {
                let others = cos.store.documents(bucket, REGULAR).await?;
                let is_new = others.iter().all(|(other, _)| *other != name);
                if is_new && others.len() >= MAX {
                    return Err(error::INVENTORY_FULL.into());
                }
                cos.put_configuration(bucket, &name, given.to_fragment())
                    .await?;
            }
            family.record_inert(cos, request, bucket);
            Ok(Reply::empty(StatusCode::OK))
        }
    }
}

fn check(given: &Element, id: &str, is_once: bool) -> Result<(), Error> {
    if required(given, "Id")? != id {
        return Err(Error::from(error::INVALID_ARGUMENT)
            .because("The Id is not equal to the parameter id."));
    }
    let destination = given
        .find("Destination")
        .and_then(|destination| destination.find("COSBucketDestination"));
    let destination =
        destination.ok_or_else(|| malformed("Destination needs a COSBucketDestination."))?;
    required(destination, "Bucket")?;
    required(destination, "Format")?;
    one_of(given, "IncludedObjectVersions", &["All", "Current"])?;
    if !is_once {
        one_of(given, "IsEnabled", &["true", "false"])?;
        let schedule = given
            .find("Schedule")
            .ok_or_else(|| malformed("InventoryConfiguration needs a Schedule."))?;
        one_of(schedule, "Frequency", &["Daily", "Weekly"])?;
    }
    let fields = given.find("OptionalFields");
    if fields.is_some_and(|fields| all(fields, "Field").any(|field| field.text.is_empty())) {
        return Err(malformed("A Field is empty."));
    }
    Ok(())
}

/// A page, in the order of ids. Choice: the token is the last id of the previous page.
async fn list(cos: &Inner, bucket: &str, token: &str) -> Result<Reply, Error> {
    let documents = cos.store.documents(bucket, REGULAR).await?;
    let after = format!("{REGULAR}{token}");
    let mut rest = documents
        .iter()
        .filter(|(name, _)| token.is_empty() || *name > after);
    let page: Vec<_> = rest.by_ref().take(PAGE).collect();
    let is_truncated = rest.next().is_some();
    let mut body = Element::new("ListInventoryConfigurationResult");
    for (name, bytes) in &page {
        let element = Element::parse(bytes).map_err(|error| StoreError::Damaged {
            what: format!("{name} of {bucket}"),
            why: error.to_string(),
        })?;
        body = body.child(element);
    }
    body = body.field("IsTruncated", is_truncated.to_string());
    if !token.is_empty() {
        body = body.field("ContinuationToken", token);
    }
    if let Some((last, _)) = page.last().filter(|_| is_truncated) {
        let id = last.strip_prefix(REGULAR).unwrap_or(last);
        body = body.field("NextContinuationToken", id);
    }
    Ok(Reply::xml(body.to_fragment()))
}
