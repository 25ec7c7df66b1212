//! The table of sub-resources: root element, answers of GET without a document and of PUT, and what has no effect.
//!
//! Follows: COS reference, section 7, table.

use http::StatusCode;

use super::fields::without_attributes;
use crate::Inner;
use crate::request::cos_request::CosRequest;
use crate::request::error::{self, Error, Kind};
use crate::request::reply::Reply;
use backlot_base::xml::Element;

/// A sub-resource of buckets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Resource {
    /// `?cors`
    Cors,
    /// `?lifecycle`
    Lifecycle,
    /// `?tagging`
    Tagging,
    /// `?policy`
    Policy,
    /// `?referer`
    Referer,
    /// `?website`
    Website,
    /// `?encryption`
    Encryption,
    /// `?logging`
    Logging,
    /// `?inventory`
    Inventory,
    /// `?replication`
    Replication,
    /// `?accelerate`
    Accelerate,
    /// `?domain`
    Domain,
    /// `?origin`
    Origin,
    /// `?object-lock`
    ObjectLock,
    /// `?intelligenttiering`, also spelled `?intelligent-tiering`
    IntelligentTiering,
    /// `?strict-signature`
    StrictSignature,
    /// `?location`
    Location,
    /// `?notification`
    Notification,
}

/// What all sub-resources of one kind have in common.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Family {
    /// The name of the root element, and of the empty one.
    pub(crate) root: &'static str,
    /// Under which name the document is kept.
    pub(crate) name: &'static str,
    /// What GET answers without a document: this error, or 200 with the empty root element.
    pub(crate) missing: Option<Kind>,
    /// What PUT answers.
    pub(crate) put: StatusCode,
    /// Bytes of a body at most.
    pub(crate) limit: usize,
    /// Whether documents come back with an XML declaration.
    pub(crate) is_declared: bool,
    /// What is asked for but does not happen here.
    pub(crate) inert: Option<&'static str>,
}

impl Family {
    /// Answers with a document.
    pub(crate) fn show(&self, document: &Element) -> Reply {
        let document = without_attributes(document.clone());
        Reply::xml(if self.is_declared {
            document.to_document()
        } else {
            document.to_fragment()
        })
    }

    /// The answer to GET without a document.
    pub(crate) fn show_missing(&self) -> Result<Reply, Error> {
        match self.missing {
            Some(kind) => Err(kind.into()),
            None => Ok(Reply::xml(Element::new(self.root).to_fragment())),
        }
    }

    /// Records that a document was stored that has no effect here, if this is a family without effect.
    pub(crate) fn record_inert(&self, cos: &Inner, request: &CosRequest<'_>, bucket: &str) {
        if let Some(effect) = self.inert {
            let context = &cos.context;
            context.record_unsupported(request.lane, "cos", self.name, bucket, effect);
        }
    }
}

const PLAIN: Family = Family {
    root: "",
    name: "",
    missing: None,
    put: StatusCode::OK,
    limit: 1 << 20,
    is_declared: false,
    inert: None,
};

impl Resource {
    /// What is known about it.
    pub(crate) fn family(self) -> Family {
        let family = |root, name, missing| Family {
            root,
            name,
            missing,
            ..PLAIN
        };
        let inert = |what, family| Family {
            inert: Some(what),
            ..family
        };
        match self {
            Self::Cors => Family {
                limit: 64 * 1024,
                is_declared: true,
                ..family(
                    "CORSConfiguration",
                    "cors",
                    Some(error::NO_SUCH_CORS_CONFIGURATION),
                )
            },
            Self::Lifecycle => family(
                "LifecycleConfiguration",
                "lifecycle",
                Some(error::NO_SUCH_LIFECYCLE_CONFIGURATION),
            ),
            Self::Tagging => Family {
                put: StatusCode::NO_CONTENT,
                ..family("Tagging", "tagging", Some(error::NO_SUCH_TAG_SET))
            },
            Self::Policy => Family {
                put: StatusCode::NO_CONTENT,
                ..family("", "policy", Some(error::NO_SUCH_POLICY))
            },
            // Choice: the documents allow `NoSuchRefererConfiguration` as well; all SDKs accept the empty element.
            Self::Referer => family("RefererConfiguration", "referer", None),
            Self::Website => family(
                "WebsiteConfiguration",
                "website",
                Some(error::NO_SUCH_WEBSITE_CONFIGURATION),
            ),
            Self::Encryption => family(
                "ServerSideEncryptionConfiguration",
                "encryption",
                Some(error::NO_SUCH_ENCRYPTION_CONFIGURATION),
            ),
            Self::Logging => inert(
                "no access logs are delivered",
                family("BucketLoggingStatus", "logging", None),
            ),
            Self::Inventory => inert(
                "no inventory is delivered",
                family(
                    "InventoryConfiguration",
                    "inventory",
                    Some(error::NO_SUCH_INVENTORY),
                ),
            ),
            Self::Replication => inert(
                "no object is replicated",
                family(
                    "ReplicationConfiguration",
                    "replication",
                    Some(error::NO_SUCH_REPLICATION),
                ),
            ),
            Self::Accelerate => family("AccelerateConfiguration", "accelerate", None),
            Self::Domain => inert(
                "only hosts under `domains:` in the configuration are answered for",
                family(
                    "DomainConfiguration",
                    "domain",
                    Some(error::NO_SUCH_DOMAIN_CONFIGURATION),
                ),
            ),
            Self::Origin => inert(
                "no origin is asked for missing objects",
                family("OriginConfiguration", "origin", Some(error::NO_SUCH_ORIGIN)),
            ),
            Self::ObjectLock => family(
                "ObjectLockConfiguration",
                "object-lock",
                Some(error::NO_SUCH_OBJECT_LOCK),
            ),
            Self::IntelligentTiering => inert(
                "no object changes its tier",
                family(
                    "IntelligentTieringConfiguration",
                    "intelligent-tiering",
                    None,
                ),
            ),
            Self::StrictSignature => {
                family("StrictSignatureConfiguration", "strict-signature", None)
            }
            Self::Location => family("LocationConstraint", "", None),
            Self::Notification => inert(
                "its format is not public, and no notification is sent",
                family("NotificationConfiguration", "notification", None),
            ),
        }
    }
}
