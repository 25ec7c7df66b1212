//! DELETE Multiple Objects. Follows: COS reference, section 5.7.
//!
//! Whether the caller may remove an object is decided for each key: a policy may cover some keys only. Unsigned requests
//! are allowed or denied before the list is read.

use crate::Inner;
use crate::bucket::config::fields::says_true;
use crate::object::commit::Removed;
use crate::object::precondition::WriteConditions;
use crate::request::cos_request::CosRequest;
use crate::request::error::{self, Error};
use crate::request::operation::Operation;
use crate::request::reply::Reply;
use backlot_base::digest::Digests;
use backlot_base::xml::{Element, Writer};
use backlot_http::Body;

/// The maximal number of keys of a request.
const MAX_KEYS: usize = 1000;

/// The maximal size of a list, in bytes.
const MAX_BODY: usize = 4 << 20;

/// Removes up to a thousand objects, and answers with the outcome for each.
pub(crate) async fn serve(
    cos: &Inner,
    request: &mut CosRequest<'_>,
    body: Body,
    bucket: &str,
) -> Result<Reply, Error> {
    let Some(md5) = request.content_md5()? else {
        return Err(Error::from(error::INVALID_REQUEST)
            .because("Missing required header for this request: Content-MD5"));
    };
    let body = request.collect(body, MAX_BODY).await?;
    if Digests::of(&body).md5 != md5 {
        return Err(error::BAD_DIGEST.into());
    }
    cos.bucket(bucket).await?;
    let wanted = Element::parse(&body).map_err(|_| Error::from(error::MALFORMED_XML))?;
    if wanted.name != "Delete" {
        return Err(error::MALFORMED_XML.into());
    }
    let objects: Vec<_> = wanted
        .children
        .iter()
        .filter(|child| child.name == "Object")
        .collect();
    if objects.len() > MAX_KEYS {
        return Err(
            Error::from(error::MALFORMED_XML).because("delete key size is greater than 1000")
        );
    }
    let is_quiet = says_true(&wanted, "Quiet");
    let mut result = Writer::fragment();
    let mut outcomes = Vec::with_capacity(objects.len());
    for object in objects {
        let key = object
            .text_of("Key")
            .ok_or_else(|| Error::from(error::MALFORMED_XML))?;
        let version = object.text_of("VersionId");
        let allowed = match request.key {
            None => Ok(()),
            signer => {
                let operation = Operation::DeleteMultipleObjects;
                cos.check_access_to(request, signer, operation, (bucket, key))
                    .await
            }
        };
        let outcome = match allowed {
            Ok(()) => {
                // Conditions are about one object.
                let conditions = WriteConditions::default();
                cos.remove(request.origin(), bucket, key, version, conditions)
                    .await
            }
            Err(denied) => Err(denied),
        };
        if !is_quiet || outcome.is_err() {
            outcomes.push((key, version, outcome));
        }
    }
    result.element("DeleteResult", |list| {
        for (key, version, outcome) in &outcomes {
            match outcome {
                Ok(removed) => write_deleted(list, key, *version, removed),
                Err(failed) => write_error(list, key, *version, failed),
            }
        }
    });
    Ok(Reply::xml(result.finish()))
}

/// The key as it was sent: the client looks it up among those that it sent.
fn write_deleted(list: &mut Writer, key: &str, version: Option<&str>, removed: &Removed) {
    list.element("Deleted", |entry| {
        entry.exact("Key", key);
        if removed.is_marker {
            entry.plain("DeleteMarker", true);
            let marker = removed.version.as_deref().unwrap_or_default();
            entry.field("DeleteMarkerVersionId", marker);
        }
        if let Some(version) = version {
            entry.field("VersionId", version);
        }
    });
}

fn write_error(list: &mut Writer, key: &str, version: Option<&str>, failed: &Error) {
    list.element("Error", |entry| {
        entry.exact("Key", key);
        if let Some(version) = version {
            entry.field("VersionId", version);
        }
        entry.field("Code", &failed.code);
        entry.field("Message", &failed.message);
    });
}
