//! Gathers the policies and access lists that a decision depends on, and no more of them than it needs.

use std::net::{IpAddr, Ipv4Addr};

use http::request::Parts;
use serde_json::{Map, Value};

use super::acl::Acl;
use super::decide::{Ask, Decision, Reason, Rules, decide};
use super::policy::{Policy, Resource};
use crate::object::lookup;
use crate::request::address::Address;
use crate::request::cos_request::CosRequest;
use crate::request::error::{self, Error};
use crate::request::operation::{Grant, Operation};
use crate::store::{ObjectRecord, VersionId};
use crate::{Auth, Inner, names};
use backlot_base::journal::{Lane, NoticeRecord};
use backlot_http::auth::{Key, Standing};
use backlot_http::{Arrival, Query};

/// The document in which the list of a bucket is kept.
pub(super) const BUCKET_ACL: &str = "acl";

/// The member of an object's record in which its list is kept.
pub(super) const OBJECT_ACL: &str = "acl";

/// The document in which the policy of a bucket is kept, as it was put.
const BUCKET_POLICY: &str = "policy";

/// An access to decide about. Its object need not be the request's: a copy also reads its source.
#[derive(Clone, Copy)]
pub(crate) struct AccessRequest<'a> {
    pub(crate) key: Option<&'a Key>,
    pub(crate) operation: Operation,
    /// The bucket's full name; empty for the service.
    pub(crate) bucket: &'a str,
    /// The key; empty for the bucket.
    pub(crate) object: &'a str,
    pub(crate) head: &'a Parts,
    pub(crate) address: &'a Address,
}

impl Inner {
    /// Allows an access, or refuses it with `AccessDenied`; a policy that cannot be applied is recorded in the journal.
    pub(crate) async fn check_access(
        &self,
        wanted: AccessRequest<'_>,
        lane: Lane,
    ) -> Result<(), Error> {
        let (bucket, key) = (wanted.bucket, wanted.object);
        let record;
        let region = if bucket.is_empty() {
            wanted.address.region.as_deref().unwrap_or_default()
        } else {
            record = self.store.bucket(bucket).await?;
            match &record {
                Some(record) => record.region.as_str(),
                None if wanted.operation == Operation::PutBucket => {
                    let named = wanted.address.region.as_deref();
                    named.unwrap_or(&self.settings.region)
                }
                // Follows: COS reference, section 5.1: a missing bucket is answered first.
                None => return Err(error::NO_SUCH_BUCKET.into()),
            }
        };
        let rules = self.rules(&wanted).await?;
        let standing = wanted.key.map(|key| &key.principal.standing);
        let lookup = |name: &str| self.value(name, &wanted);
        let appid = if bucket.is_empty() {
            self.settings.appid.as_str()
        } else {
            names::appid(bucket)
        };
        let is_listing = wanted.operation.is_listing();
        // Follows: COS, "Working with COS API Authorization Policies": keys may be limited to listings below a prefix.
        let key = if is_listing {
            wanted.address.query.get("prefix").unwrap_or_default()
        } else {
            key
        };
        let ask = Ask {
            standing,
            operation: wanted.operation,
            resource: Resource {
                region,
                appid,
                bucket,
                key,
                is_listing,
            },
            lookup: &lookup,
        };
        let Decision::Deny(reason) = decide(&ask, &rules) else {
            return Ok(());
        };
        if matches!(reason, Reason::UnknownCondition(_) | Reason::BadPolicy(_)) {
            let text = reason.to_string();
            self.context.record(lane, NoticeRecord::Diagnostic { text });
        }
        tracing::debug!(%reason, operation = wanted.operation.name(), "access is denied");
        let denied = Error::from(error::ACCESS_DENIED);
        // Observed: the answer to a temporary key whose policy lacks the action has the time, other denials do not.
        Err(match reason {
            Reason::Session(_) => denied.at(self.context.clock.client_now()),
            _ => denied,
        })
    }

    /// Checks a second access of a request: a copy reads its source, a form stores its file.
    pub(crate) async fn check_access_to(
        &self,
        request: &CosRequest<'_>,
        key: Option<&Key>,
        operation: Operation,
        (bucket, object): (&str, &str),
    ) -> Result<(), Error> {
        if self.settings.auth == Auth::Skip {
            return Ok(());
        }
        let wanted = AccessRequest {
            key,
            operation,
            bucket,
            object,
            head: request.head,
            address: request.address,
        };
        self.check_access(wanted, request.lane).await
    }

    async fn rules(&self, wanted: &AccessRequest<'_>) -> Result<Rules, Error> {
        let (bucket, key) = (wanted.bucket, wanted.object);
        let standing = wanted.key.map(|key| &key.principal.standing);
        let session = wanted.key.and_then(|key| key.policy.as_deref());
        let user = match standing {
            Some(Standing::User { policy, .. }) => policy.as_deref(),
            _ => None,
        };
        let mut rules = Rules {
            owner: self.settings.uin.clone(),
            session: session.map(Policy::parse),
            user: user.map(Policy::parse),
            ..Rules::default()
        };
        if bucket.is_empty() {
            return Ok(rules);
        }
        let document = self.store.document(bucket, BUCKET_POLICY).await?;
        rules.bucket = document.map(|bytes| Policy::parse(&String::from_utf8_lossy(&bytes)));
        if standing == Some(&Standing::Owner) {
            return Ok(rules);
        }
        rules.bucket_acl = self.bucket_acl(bucket).await?;
        if matches!(wanted.operation.grant(), Some(Grant::OnObject(_))) {
            let version_id = version_id(&wanted.address.query);
            let at = lookup::at(bucket, key, version_id.as_ref());
            let record = self.store.object(at).await?;
            rules.object_acl = record.as_ref().and_then(object_acl);
        }
        Ok(rules)
    }

    /// The list of a bucket, if one was set.
    pub(super) async fn bucket_acl(&self, bucket: &str) -> Result<Option<Acl>, Error> {
        let kept = self.store.document(bucket, BUCKET_ACL).await?;
        Ok(kept
            .map(|bytes| serde_json::from_slice(&bytes).unwrap_or_else(|error| unreadable(&error))))
    }

    /// The values of a key of conditions. Follows: COS, "Condition keys": headers and parameters by their names.
    fn value(&self, name: &str, wanted: &AccessRequest<'_>) -> Vec<String> {
        let (head, query) = (wanted.head, &wanted.address.query);
        match name {
            "qcs:ip" => vec![peer(head).to_string()],
            "qcs:current_time" => vec![self.context.clock.now().to_string()],
            "cos:secure-transport" => {
                let arrival = head.extensions.get::<Arrival>();
                vec![arrival.is_some_and(|arrival| arrival.is_secure).to_string()]
            }
            _ => {
                let Some(name) = name.strip_prefix("cos:") else {
                    return Vec::new();
                };
                let parameters = query.all(name).map(|part| part.value.clone());
                let headers = head.headers.get_all(name).iter();
                let headers =
                    headers.map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned());
                parameters.chain(headers).collect()
            }
        }
    }
}

/// The list of an object, if it has one of its own.
pub(super) fn object_acl(record: &ObjectRecord) -> Option<Acl> {
    let kept = record.extra.get(OBJECT_ACL)?;
    Some(serde_json::from_value(kept.clone()).unwrap_or_else(|error| unreadable(&error)))
}

/// A list as a member of an object's record.
pub(crate) fn kept(acl: Option<Acl>) -> Map<String, Value> {
    let list = acl.map(|acl| serde_json::to_value(acl).expect("a list is plain data"));
    list.map(|list| (OBJECT_ACL.to_owned(), list))
        .into_iter()
        .collect()
}

/// An access list that cannot be read grants nothing.
fn unreadable(error: &serde_json::Error) -> Acl {
    tracing::warn!(%error, "a stored access list is damaged; it is treated as private");
    Acl::default()
}

/// The version that a request names.
pub(super) fn version_id(query: &Query) -> Option<VersionId> {
    let id = query.filled("versionId")?;
    Some(VersionId(id.to_owned()))
}

/// The address of the client; loopback if the request came over no connection.
fn peer(head: &Parts) -> IpAddr {
    let arrival = head.extensions.get::<Arrival>();
    arrival.map_or(IpAddr::V4(Ipv4Addr::LOCALHOST), |arrival| arrival.peer.ip())
}
