//! `?inventory`: regular and one-time lists of objects. They are stored and listed, but no inventory is delivered.
//!
//! Follows: COS, "PUT Bucket inventory", "List Bucket inventory configurations", "POST Bucket inventory".

use http::{Method, StatusCode};

use super::fields::{all, flag, malformed, one_of, parse, required, without_attributes};
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

/// The attribute that holds the place of a configuration in the order of creation; attributes that clients send are dropped.
const CREATED: &str = "created";

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
                let others = regular(cos, bucket).await?;
                let before = others.iter().find(|other| other.name == name);
                if before.is_none() && others.len() >= MAX {
                    return Err(error::INVENTORY_FULL.into());
                }
                let created = match before {
                    Some(before) => before.created,
                    None => others.last().map_or(0, |last| last.created + 1),
                };
                let kept = given.attribute(CREATED, created.to_string());
                cos.put_configuration(bucket, &name, kept.to_fragment())
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
        flag(given, "IsEnabled")?;
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

/// A regular configuration of a bucket.
struct Regular {
    /// The name of its document.
    name: String,
    /// Its place in the order of creation.
    created: u64,
    document: Element,
}

/// The regular configurations of a bucket in the order of their creation; replacing one does not move it.
async fn regular(cos: &Inner, bucket: &str) -> Result<Vec<Regular>, Error> {
    let documents = cos.store.documents(bucket, REGULAR).await?;
    let documents = documents.into_iter().map(|(name, bytes)| {
        let document = Element::parse(&bytes).map_err(|error| StoreError::Damaged {
            what: format!("{name} of {bucket}"),
            why: error.to_string(),
        })?;
        let mut attributes = document.attributes.iter();
        let created = attributes.find(|(name, _)| name == CREATED);
        // A store of an earlier version has no places; its configurations come first, by id.
        let created = created.and_then(|(_, place)| place.parse().ok());
        Ok(Regular {
            name,
            created: created.unwrap_or(0),
            document: without_attributes(document),
        })
    });
    let mut regular: Vec<_> = documents.collect::<Result<_, Error>>()?;
    regular.sort_by(|one, other| one.place().cmp(&other.place()));
    Ok(regular)
}

impl Regular {
    fn place(&self) -> (u64, &str) {
        (self.created, self.id())
    }

    fn id(&self) -> &str {
        self.name.strip_prefix(REGULAR).unwrap_or(&self.name)
    }
}

/// A page. Choice: the token is the place of the last configuration of the previous page, so that it stays valid when that
/// configuration is removed.
async fn list(cos: &Inner, bucket: &str, token: &str) -> Result<Reply, Error> {
    let all = regular(cos, bucket).await?;
    let after = place_of(token)?;
    let mut rest = all
        .iter()
        .filter(|regular| after.is_none_or(|after| regular.place() > after));
    let page: Vec<_> = rest.by_ref().take(PAGE).collect();
    let is_truncated = rest.next().is_some();
    let mut body = Element::new("ListInventoryConfigurationResult");
    for regular in &page {
        body = body.child(regular.document.clone());
    }
    body = body.field("IsTruncated", is_truncated.to_string());
    if !token.is_empty() {
        body = body.field("ContinuationToken", token);
    }
    if let Some(last) = page.last().filter(|_| is_truncated) {
        let next = format!("{}.{}", last.created, last.id());
        body = body.field("NextContinuationToken", next);
    }
    Ok(Reply::xml(body.to_fragment()))
}

/// Reads a token: the number of the place, a dot, and the id. An empty token is absent.
fn place_of(token: &str) -> Result<Option<(u64, &str)>, Error> {
    if token.is_empty() {
        return Ok(None);
    }
    let place = token
        .split_once('.')
        .and_then(|(created, id)| Some((created.parse().ok()?, id)));
    place.map(Some).ok_or_else(|| {
        Error::from(error::INVALID_ARGUMENT).because("The continuation-token is not correct.")
    })
}
