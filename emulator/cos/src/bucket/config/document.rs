//! What all sub-resources have in common: PUT, GET, DELETE of one document, its digest, its root.
//!
//! Documents are kept as elements in the layout of the service: unknown elements and their order survive, attributes,
//! namespaces and blanks between elements do not.

use bytes::Bytes;
use http::{Method, StatusCode};

use super::resource::{Family, Resource};
use super::{
    cors, domain, encryption, inventory, lifecycle, location, plain, policy, referer, replication,
    retention, strict_signature, tagging, website,
};
use crate::Inner;
use crate::detach::detach_on_drop;
use crate::request::cos_request::Visit;
use crate::request::error::{self, Error};
use crate::request::reply::Reply;
use crate::store::{MAX_NAME, StoreError};
use backlot_base::digest::Digests;
use backlot_base::journal::NoticeRecord;
use backlot_base::xml::Element;
use backlot_http::Body;
use backlot_http::exchange::{BodyError, collect};

/// One request for a sub-resource.
pub(crate) async fn serve(
    cos: &Inner,
    visit: &mut Visit<'_>,
    body: Body,
    bucket: &str,
    resource: Resource,
) -> Result<Reply, Error> {
    let record = cos.bucket(bucket).await?;
    let method = visit.head.method.clone();
    match resource {
        Resource::Location => return Ok(location::get(&record)),
        Resource::Inventory => return inventory::serve(cos, visit, body, bucket).await,
        Resource::Policy if method == Method::GET => return policy::get(cos, bucket).await,
        Resource::Policy if method == Method::PUT => {
            return policy::put(cos, visit, body, bucket).await;
        }
        _ => {}
    }
    let family = resource.family();
    let name = plain::name(visit, resource)?;
    match method {
        Method::PUT => put(cos, visit, body, bucket, resource, &name).await,
        Method::DELETE => {
            cos.forget(bucket, &name).await?;
            Ok(Reply::empty(StatusCode::NO_CONTENT))
        }
        _ => {
            let found = cos.kept(bucket, &name).await?;
            let reply = match &found {
                Some(element) => shown(family, element),
                None => missing(family)?,
            };
            let reply = replication::describe(resource, found.as_ref(), reply)?;
            domain::describe(cos, bucket, resource, reply)
        }
    }
}

async fn put(
    cos: &Inner,
    visit: &mut Visit<'_>,
    body: Body,
    bucket: &str,
    resource: Resource,
    name: &str,
) -> Result<Reply, Error> {
    let family = resource.family();
    let body = receive(visit, body, family.limit).await?;
    // Observed: the SDK for Python removes the configuration so.
    if resource == Resource::Referer && body.is_empty() {
        cos.forget(bucket, name).await?;
        return Ok(Reply::empty(family.put));
    }
    let given = parse(&body, family.root)?;
    let given = match resource {
        Resource::Cors => cors::check(given)?,
        Resource::Lifecycle => lifecycle::check(cos, given)?,
        Resource::Tagging => tagging::check(given)?,
        Resource::Referer => referer::check(given)?,
        Resource::Website => website::check(given)?,
        Resource::Encryption => encryption::check(given)?,
        Resource::StrictSignature => strict_signature::check(given)?,
        Resource::Replication => replication::check(cos, bucket, given).await?,
        Resource::Domain => domain::check(cos, bucket, given).await?,
        _ => plain::check(cos, bucket, resource, given).await?,
    };
    let is_off = resource == Resource::Logging && given.children.is_empty();
    if is_off {
        cos.forget(bucket, name).await?;
    } else {
        cos.keep(bucket, name, given.to_fragment()).await?;
        cos.confess(visit, bucket, family);
    }
    if resource == Resource::ObjectLock {
        retention::note(cos, bucket, &given).await?;
    }
    if resource == Resource::Lifecycle {
        cos.lifecycle.wake(&cos.context.clock);
    }
    Ok(Reply::empty(family.put))
}

/// A document as an answer.
pub(super) fn shown(family: Family, element: &Element) -> Reply {
    let element = without_attributes(element.clone());
    Reply::xml(if family.is_declared {
        element.to_document()
    } else {
        element.to_fragment()
    })
}

/// What GET answers without a document.
pub(super) fn missing(family: Family) -> Result<Reply, Error> {
    match family.missing {
        Some(kind) => Err(kind.into()),
        None => Ok(Reply::xml(Element::new(family.root).to_fragment())),
    }
}

/// Reads a body whole and checks its digest, if there is one.
pub(crate) async fn receive(
    visit: &mut Visit<'_>,
    body: Body,
    limit: usize,
) -> Result<Bytes, Error> {
    let md5 = visit.content_md5()?;
    let body = collect(body, limit).await.map_err(|error| match error {
        BodyError::TooLarge { .. } => error::XML_SIZE_LIMIT,
        BodyError::Incomplete { .. } => error::INCOMPLETE_BODY,
    })?;
    visit.received = body.len() as u64;
    if md5.is_some_and(|md5| md5 != Digests::of(&body).md5) {
        return Err(error::BAD_DIGEST.into());
    }
    Ok(body)
}

/// Reads a document with this root.
pub(crate) fn parse(body: &[u8], root: &str) -> Result<Element, Error> {
    let element = Element::parse(body).map_err(|error| {
        tracing::debug!(%error, "a document could not be read");
        Error::from(error::MALFORMED_XML)
    })?;
    if element.name != root {
        return Err(malformed(format!(
            "The root element must be {root}, not {}.",
            element.name
        )));
    }
    Ok(without_attributes(element))
}

/// Attributes are namespaces, or our own notes.
fn without_attributes(mut element: Element) -> Element {
    element.attributes.clear();
    let children = element.children.into_iter();
    element.children = children.map(without_attributes).collect();
    element
}

/// `MalformedXML`, with the reason as its message.
pub(crate) fn malformed(why: impl Into<std::borrow::Cow<'static, str>>) -> Error {
    Error::from(error::MALFORMED_XML).because(why)
}

/// The text of a child that must be there.
pub(super) fn required<'a>(element: &'a Element, name: &str) -> Result<&'a str, Error> {
    let text = element.text_of(name).map(str::trim);
    text.filter(|text| !text.is_empty())
        .ok_or_else(|| malformed(format!("{} needs {name}.", element.name)))
}

/// The text of a child that is one of these.
pub(super) fn one_of<'a>(
    element: &'a Element,
    name: &str,
    words: &[&str],
) -> Result<&'a str, Error> {
    let text = required(element, name)?;
    if words.contains(&text) {
        return Ok(text);
    }
    Err(malformed(format!(
        "{name} must be one of {}.",
        words.join(", ")
    )))
}

/// The children of one name.
pub(super) fn all<'a>(element: &'a Element, name: &'a str) -> impl Iterator<Item = &'a Element> {
    let children = element.children.iter();
    children.filter(move |child| child.name == name)
}

/// The texts of the children of one name.
pub(super) fn texts(element: &Element, name: &str) -> Vec<String> {
    let children = element.children.iter();
    let named = children.filter(|child| child.name == name);
    named.map(|child| child.text.trim().to_owned()).collect()
}

impl Inner {
    /// The document of a bucket under a name, as it was kept.
    pub(crate) async fn kept(&self, bucket: &str, name: &str) -> Result<Option<Element>, Error> {
        let Some(bytes) = self.store.document(bucket, name).await? else {
            return Ok(None);
        };
        let element = Element::parse(&bytes).map_err(|error| StoreError::Damaged {
            what: format!("{name} of {bucket}"),
            why: error.to_string(),
        })?;
        Ok(Some(element))
    }

    /// Keeps a document, whether or not the client still waits.
    pub(crate) async fn keep(
        &self,
        bucket: &str,
        name: &str,
        text: impl Into<Bytes>,
    ) -> Result<(), Error> {
        if name.len() > MAX_NAME {
            return Err(Error::from(error::INVALID_ARGUMENT).because("The id is too long."));
        }
        let (this, bucket, name, text) =
            (self.this(), bucket.to_owned(), name.to_owned(), text.into());
        let is_kept = detach_on_drop(async move {
            let _turn = this.stripes.turn(&bucket, "").await;
            Ok(this.store.put_document(&bucket, &name, text).await?)
        });
        if is_kept.await? {
            Ok(())
        } else {
            Err(error::NO_SUCH_BUCKET.into())
        }
    }

    /// Keeps a document, unless there is one under any of these names; `false` if so.
    pub(super) async fn keep_new(
        &self,
        bucket: &str,
        name: &str,
        unless: &[String],
        text: String,
    ) -> Result<bool, Error> {
        let (this, bucket, name) = (self.this(), bucket.to_owned(), name.to_owned());
        let unless = unless.to_vec();
        detach_on_drop(async move {
            let _turn = this.stripes.turn(&bucket, "").await;
            for taken in &unless {
                if this.store.document(&bucket, taken).await?.is_some() {
                    return Ok(false);
                }
            }
            if this.store.put_document(&bucket, &name, text.into()).await? {
                return Ok(true);
            }
            Err(error::NO_SUCH_BUCKET.into())
        })
        .await
    }

    /// Removes a document; `false` if there was none.
    pub(crate) async fn forget(&self, bucket: &str, name: &str) -> Result<bool, Error> {
        let (this, bucket, name) = (self.this(), bucket.to_owned(), name.to_owned());
        detach_on_drop(async move {
            let _turn = this.stripes.turn(&bucket, "").await;
            Ok(this.store.remove_document(&bucket, &name).await?)
        })
        .await
    }

    /// Writes down that something was kept that has no effect here.
    pub(super) fn confess(&self, visit: &Visit<'_>, bucket: &str, family: Family) {
        if let Some(effect) = family.inert {
            self.confess_that(visit, bucket, family.name, effect);
        }
    }

    /// The same in other words.
    pub(crate) fn confess_that(&self, visit: &Visit<'_>, subject: &str, feature: &str, why: &str) {
        let unsupported = NoticeRecord::Unsupported {
            service: "cos".to_owned(),
            feature: feature.to_owned(),
            subject: subject.to_owned(),
            text: why.to_owned(),
        };
        self.context.record(visit.lane, unsupported);
    }
}
