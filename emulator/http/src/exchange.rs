//! Requests and responses as the services see them, and how bodies are read.

use bytes::Bytes;
use futures_util::stream;
use http::request::Parts;
use http::{Extensions, HeaderMap, Uri};
use http_body_util::{BodyExt as _, LengthLimitError, Limited};

use super::arrival::Arrival;
use super::body::Body;

/// A request with a streaming body.
pub type Request = http::Request<Body>;

/// A response with a streaming body.
pub type Response = http::Response<Body>;

/// A body of bytes that are in memory.
pub fn full(bytes: impl Into<Bytes>) -> Body {
    Body::whole(bytes)
}

/// A body without bytes.
pub fn empty() -> Body {
    full(Bytes::new())
}

/// A body without bytes whose length is not announced. With it an answer without a body, such as 304, keeps its
/// `Content-Length: 0`, which the HTTP library leaves out otherwise.
pub fn empty_with_length() -> Body {
    Body::streaming(stream::empty())
}

/// Why a body could not be read whole.
#[derive(Debug, thiserror::Error)]
pub enum BodyError {
    /// The body has more bytes than allowed.
    #[error("the body is longer than {limit} bytes")]
    TooLarge {
        /// The allowed number of bytes.
        limit: usize,
    },
    /// The sender stopped or the connection broke.
    #[error("the body ended early")]
    Incomplete {
        /// The error of the connection.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}

/// Reads a body whole, up to `limit` bytes.
pub async fn collect(body: Body, limit: usize) -> Result<Bytes, BodyError> {
    match Limited::new(body, limit).collect().await {
        Ok(collected) => Ok(collected.to_bytes()),
        Err(source) if source.is::<LengthLimitError>() => Err(BodyError::TooLarge { limit }),
        Err(source) => Err(BodyError::Incomplete { source }),
    }
}

/// The host that a request is for: the target's authority if it is in absolute form, else the `Host` header, else the
/// host of the tunnel through which it came.
///
/// Includes the port if one was sent, but never the user and password that a target may have before it; empty if the request
/// names no host.
pub fn authority<B>(request: &http::Request<B>) -> &str {
    authority_among(request.uri(), request.headers(), request.extensions())
}

/// Like [`authority`], for a request that has been taken apart.
pub fn authority_of(head: &Parts) -> &str {
    authority_among(&head.uri, &head.headers, &head.extensions)
}

fn authority_among<'a>(
    uri: &'a Uri,
    headers: &'a HeaderMap,
    extensions: &'a Extensions,
) -> &'a str {
    let named = uri.authority().map(|authority| {
        let text = authority.as_str();
        text.rsplit_once('@').map_or(text, |(_, host)| host)
    });
    let header = || headers.get(http::header::HOST)?.to_str().ok();
    let tunnel = || extensions.get::<Arrival>()?.tunnel.as_deref();
    let written = named.or_else(header).filter(|host| !host.is_empty());
    written.or_else(tunnel).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_tells_its_host_and_not_who_asks() {
        let of = |target: &str| {
            let request = http::Request::get(target).header("host", "b:1");
            authority(&request.body(()).unwrap()).to_owned()
        };
        assert_eq!(of("/"), "b:1");
        assert_eq!(of("http://a:2/"), "a:2");
        assert_eq!(of("http://user:secret@a:2/"), "a:2");
        assert_eq!(of("http://user@a/"), "a");
    }
}
