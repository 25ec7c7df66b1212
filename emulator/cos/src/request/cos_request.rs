//! A parsed request, as operations see it: its headers, parameters and body.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::request::Parts;

use crate::request::address::Address;
use crate::request::error::{self, Error};
use backlot_base::clock::Hold;
use backlot_base::digest::Digests;
use backlot_base::journal::Lane;
use backlot_base::xml::Element;
use backlot_http::auth::Key;
use backlot_http::exchange::{BodyError, collect};
use backlot_http::{Arrival, Body};

/// The maximal size of a document in bytes: the list of the parts of an upload is the longest.
const MAX_DOCUMENT: usize = 4 << 20;

/// A request whose address, operation and signer are known.
pub(crate) struct CosRequest<'a> {
    pub(crate) head: &'a Parts,
    pub(crate) address: &'a Address,
    /// The key that signed the request; `None` for a form, whose key is in its body.
    pub(crate) key: Option<&'a Key>,
    /// Whether the request is signed, or signatures are not required.
    pub(crate) is_signed: bool,
    pub(crate) lane: Lane,
    /// The value of `x-cos-request-id`.
    pub(crate) request_id: String,
    /// Bytes of the request's body that were read.
    pub(crate) received: u64,
    /// Taken by an answer whose body is streamed, so that the clock waits for it.
    pub(crate) hold: Option<Hold>,
    /// Whether the request is signed as S3 clients sign.
    pub(crate) is_s3: bool,
}

/// The origin of a change, for journal and events.
#[derive(Clone, Debug)]
pub(crate) struct Origin {
    pub(crate) lane: Lane,
    pub(crate) request_id: String,
    pub(crate) source_ip: String,
    /// The public part of the key; empty if the request is unsigned.
    pub(crate) secret_id: String,
}

impl CosRequest<'_> {
    pub(crate) fn origin(&self) -> Origin {
        let arrival = self.head.extensions.get::<Arrival>();
        let peer = arrival.map(|arrival| arrival.peer.ip().to_string());
        Origin {
            lane: self.lane,
            request_id: self.request_id.clone(),
            source_ip: peer.unwrap_or_else(|| "127.0.0.1".to_owned()),
            secret_id: self
                .key
                .map(|key| key.credentials.secret_id.clone())
                .unwrap_or_default(),
        }
    }

    /// The `versionId` of the request.
    pub(crate) fn version(&self) -> Option<&str> {
        self.address.query.filled("versionId")
    }

    /// A header as text. Follows: COS reference, section 2.2: a header without a value counts as absent.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let value = self.head.headers.get(name)?;
        let text = std::str::from_utf8(value.as_bytes()).ok()?.trim();
        (!text.is_empty()).then_some(text)
    }

    /// The digest in `Content-MD5`.
    pub(crate) fn content_md5(&self) -> Result<Option<[u8; 16]>, Error> {
        let Some(text) = self.header("content-md5") else {
            return Ok(None);
        };
        let decoded = STANDARD.decode(text).ok();
        let md5 = decoded.and_then(|bytes| bytes.try_into().ok());
        md5.map(Some).ok_or_else(|| error::INVALID_DIGEST.into())
    }

    /// The digest in `x-cos-content-sha1`, in hexadecimal.
    pub(crate) fn content_sha1(&self) -> Option<String> {
        self.header("x-cos-content-sha1").map(str::to_owned)
    }

    /// A numeric parameter, at most `most`, which is also its default.
    pub(crate) fn number(&self, name: &str, most: usize) -> Result<usize, Error> {
        let Some(text) = self.address.query.filled(name) else {
            return Ok(most);
        };
        let number = text.parse::<usize>().map_err(|_| {
            Error::from(error::INVALID_ARGUMENT).because(format!("The {name} must be a number."))
        })?;
        Ok(number.min(most))
    }

    /// The whole body of a request.
    pub(crate) async fn collect(&mut self, body: Body, limit: usize) -> Result<Bytes, Error> {
        let body = collect(body, limit).await.map_err(|error| match error {
            BodyError::TooLarge { .. } => error::MALFORMED_XML,
            BodyError::Incomplete { .. } => error::INCOMPLETE_BODY,
        })?;
        self.received = body.len() as u64;
        Ok(body)
    }

    /// The whole body of a request, for a document of at most `limit` bytes. `Content-MD5` counts if it is there.
    pub(crate) async fn receive(&mut self, body: Body, limit: usize) -> Result<Bytes, Error> {
        let md5 = self.content_md5()?;
        let body = collect(body, limit).await.map_err(|error| match error {
            BodyError::TooLarge { .. } => error::XML_SIZE_LIMIT,
            BodyError::Incomplete { .. } => error::INCOMPLETE_BODY,
        })?;
        self.received = body.len() as u64;
        if md5.is_some_and(|md5| md5 != Digests::of(&body).md5) {
            return Err(error::BAD_DIGEST.into());
        }
        Ok(body)
    }

    /// The body of a request as XML with one of these roots. `Content-MD5` counts if it is there.
    pub(crate) async fn document(&mut self, body: Body, roots: &[&str]) -> Result<Element, Error> {
        let body = self.collect(body, MAX_DOCUMENT).await?;
        if self
            .content_md5()?
            .is_some_and(|md5| md5 != Digests::of(&body).md5)
        {
            return Err(error::BAD_DIGEST.into());
        }
        let parsed = Element::parse(&body).map_err(|error| {
            tracing::debug!(%error, "a body could not be read");
            Error::from(error::MALFORMED_XML)
        })?;
        if !roots.contains(&parsed.name.as_ref()) {
            return Err(error::MALFORMED_XML.into());
        }
        Ok(parsed)
    }
}
