//! Two calls: put an object that must not exist yet, and look at one that does.
//!
//! Follows: COS, "PUT Object" and "HEAD Object".

use bytes::Bytes;
use http::header::HeaderMap;
use http::{HeaderValue, Method, Request, Response, Uri};
use http_body_util::Full;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::error::{Body, Error, Refusal};
use super::sign::{Signable, Window};
use crate::clock::Clock;
use crate::credentials::Credentials;
use crate::digest::Digest;
use crate::link::{Dial, Link, Proxy};
use crate::settings::Address;

/// Unreserved characters and the slash travel as they are; everything else is encoded, `+` above all, which the
/// service decodes as a space. Follows: COS, "Object keys".
const PATH: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'~')
    .remove(b'/');

/// An error takes a few hundred bytes; more than this is not read.
const LONGEST_ANSWER: usize = 64 * 1024;

/// Speaks to one bucket.
#[derive(Debug)]
pub struct Client {
    address: Address,
    link: Link,
    clock: Clock,
}

/// An object to be created.
#[derive(Clone, Debug)]
pub struct Put<'a> {
    /// The key, not encoded, without the slash that separates it from the host.
    pub key: &'a str,
    /// The bytes.
    pub body: Bytes,
    /// Their checksums.
    pub digest: &'a Digest,
    /// The value of `Content-Type`.
    pub content_type: &'a str,
    /// What follows `x-cos-meta-` in a header's name, and its value.
    pub metadata: &'a [(&'static str, String)],
    /// Whether an earlier try has failed; told to the server as the official SDKs do.
    pub is_retry: bool,
}

/// What COS says about an object.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Object {
    /// Without quotes.
    pub etag: Option<String>,
    /// The checksum that COS took of what it stored.
    pub crc64: Option<u64>,
    /// Bytes; only known from HEAD.
    pub size: Option<u64>,
    /// Encrypted with a managed key: then the `ETag` is not the MD5. Follows: COS, "Ten things", row 5.
    pub has_managed_key: bool,
}

impl Client {
    /// A client for the bucket at `address`. Nothing is connected or loaded yet.
    pub fn new(address: Address, proxy: Option<Proxy>, clock: Clock) -> Self {
        let dial = Dial::new(address.uri(), proxy);
        Self {
            address,
            link: Link::new(dial, LONGEST_ANSWER),
            clock,
        }
    }

    /// The bucket's host, with its port if it is not the usual one.
    pub fn host(&self) -> &str {
        &self.address.host
    }

    /// Creates an object, unless there is one of this key.
    pub async fn put(&self, put: &Put<'_>, credentials: &Credentials) -> Result<Object, Error> {
        let mut headers = vec![
            ("content-length".to_owned(), put.body.len().to_string()),
            ("content-md5".to_owned(), put.digest.content_md5()),
            ("content-type".to_owned(), put.content_type.to_owned()),
            ("x-cos-forbid-overwrite".to_owned(), "true".to_owned()),
        ];
        for (name, value) in put.metadata {
            headers.push((format!("x-cos-meta-{name}"), value.clone()));
        }
        if put.is_retry {
            headers.push(("x-cos-sdk-retry".to_owned(), "true".to_owned()));
        }
        let body = put.body.clone();
        let answer = self
            .call(Method::PUT, put.key, headers, body, credentials)
            .await?;
        let mut object = Object::read(answer.headers());
        // The length is that of the answer, which is empty.
        object.size = None;
        Ok(object)
    }

    /// Looks at an object without its bytes.
    pub async fn head(&self, key: &str, credentials: &Credentials) -> Result<Object, Error> {
        let answer = self
            .call(Method::HEAD, key, Vec::new(), Bytes::new(), credentials)
            .await?;
        Ok(Object::read(answer.headers()))
    }

    /// One signed exchange. An error in the body of a success is an error: COS may find out late.
    /// Follows: COS, "HEAD and bodyless errors".
    async fn call(
        &self,
        method: Method,
        key: &str,
        headers: Vec<(String, String)>,
        body: Bytes,
        credentials: &Credentials,
    ) -> Result<Response<Bytes>, Error> {
        let request = self.request(method, key, headers, body, credentials)?;
        let answer = self
            .link
            .send(request)
            .await
            .map_err(|source| Error::NoAnswer {
                host: self.address.host.clone(),
                source,
            })?;
        if answer.status().is_success() && Body::read(answer.body()).is_none() {
            return Ok(answer);
        }
        Err(Error::Refused(Refusal::read(
            answer.status(),
            text(answer.headers(), "x-cos-request-id"),
            answer.body(),
        )))
    }

    /// Everything that is sent besides the user agent and the signature itself is signed; there is no `Date`.
    fn request(
        &self,
        method: Method,
        key: &str,
        mut headers: Vec<(String, String)>,
        body: Bytes,
        credentials: &Credentials,
    ) -> Result<Request<Full<Bytes>>, Error> {
        headers.push(("host".to_owned(), self.address.host.clone()));
        if let Some(token) = &credentials.token {
            headers.push(("x-cos-security-token".to_owned(), token.clone()));
        }
        let signature = Signable {
            method: method.as_str(),
            path: &format!("/{key}"),
            parameters: Vec::new(),
            headers: headers
                .iter()
                .map(|(name, value)| (name.as_str(), value.as_bytes()))
                .collect(),
        }
        .sign(
            &credentials.secret_id,
            &credentials.secret_key,
            Window::around(self.clock.unix_seconds()),
        );
        headers.push(("authorization".to_owned(), signature.authorization));
        let agent = concat!("backlot-handler/", env!("CARGO_PKG_VERSION"));
        headers.push(("user-agent".to_owned(), agent.to_owned()));

        let mut request = Request::new(Full::new(body));
        *request.method_mut() = method;
        *request.uri_mut() = self.target(key);
        for (name, value) in headers {
            let bad = |_| Error::BadHeader {
                header: name.clone(),
            };
            let value = HeaderValue::from_str(&value).map_err(bad)?;
            let name = http::HeaderName::from_bytes(name.as_bytes())
                .expect("header names are made of letters and hyphens");
            request.headers_mut().append(name, value);
        }
        let proxy = self.link.forward_proxy();
        if let Some(authorization) = proxy.and_then(|proxy| proxy.authorization.clone()) {
            request
                .headers_mut()
                .insert(http::header::PROXY_AUTHORIZATION, authorization);
        }
        Ok(request)
    }

    /// What the request line names: the path, or the whole URI when a forward proxy reads it.
    fn target(&self, key: &str) -> Uri {
        let path = utf8_percent_encode(key, PATH);
        let target = if self.link.wants_absolute_form() {
            format!("{}://{}/{path}", self.address.scheme, self.address.host)
        } else {
            format!("/{path}")
        };
        target
            .parse()
            .expect("an encoded path makes a valid request target")
    }
}

impl Object {
    fn read(headers: &HeaderMap) -> Self {
        let number = |name| text(headers, name).and_then(|value| value.parse().ok());
        Self {
            etag: text(headers, "etag").map(|etag| etag.trim_matches('"').to_owned()),
            crc64: number("x-cos-hash-crc64ecma"),
            size: number("content-length"),
            has_managed_key: text(headers, "x-cos-server-side-encryption").as_deref()
                == Some("cos/kms"),
        }
    }
}

fn text(headers: &HeaderMap, name: &str) -> Option<String> {
    let value = headers.get(name)?.to_str().ok()?;
    Some(value.to_owned())
}
