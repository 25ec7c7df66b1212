//! Replies as S3 clients read them. Choice: the same bodies with the S3 namespace, and each `x-cos-*` header once more as
//! `x-amz-*`, so that clients find ids, metadata and versions where they look.

use bytes::Bytes;
use http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use http::{HeaderMap, HeaderName, StatusCode};

use super::NAMESPACE;
use crate::request::operation::Operation;
use crate::request::reply::Reply;
use backlot_http::exchange::{collect, full};

/// The maximal size of a reply that is rewritten, in bytes: more than a page of the longest keys has.
const MAX_BODY: usize = 16 << 20;

/// Whether an operation answers with the content of an object, which must not be rewritten.
pub(crate) fn is_content(operation: Operation) -> bool {
    matches!(
        operation,
        Operation::GetObject | Operation::SelectObjectContent | Operation::StaticWebsite
    )
}

/// Adds the namespace to a body of XML. The content of an object must not be passed.
pub(crate) async fn with_namespace(mut reply: Reply) -> Reply {
    let is_xml = reply
        .headers
        .get(CONTENT_TYPE)
        .is_some_and(|kind| kind == "application/xml");
    let length = reply
        .headers
        .get(CONTENT_LENGTH)
        .and_then(|length| length.to_str().ok());
    let length = length.and_then(|length| length.parse().ok()).unwrap_or(0);
    if reply.status != StatusCode::OK || !is_xml || !(1..=MAX_BODY).contains(&length) {
        return reply;
    }
    match collect(reply.body, MAX_BODY).await {
        Ok(body) => {
            let body = named(&body);
            reply.headers.insert(CONTENT_LENGTH, body.len().into());
            reply.body = full(body);
        }
        Err(error) => {
            // A body in memory cannot break; if it did, the client would see a short body.
            tracing::error!(%error, "a reply could not be read");
            reply.body = backlot_http::exchange::empty();
        }
    }
    reply
}

/// The body with a namespace on its root, unless that has one.
fn named(body: &Bytes) -> Vec<u8> {
    let text = String::from_utf8_lossy(body);
    // A policy has the content type of XML although it is JSON.
    if !text.starts_with('<') {
        return body.to_vec();
    }
    let after = text.find("?>").map_or(0, |at| at + 2);
    let Some(open) = text[after..].find('<').map(|at| after + at) else {
        return body.to_vec();
    };
    let Some(close) = text[open..].find('>').map(|at| open + at) else {
        return body.to_vec();
    };
    if text[open..close].contains("xmlns=") {
        return body.to_vec();
    }
    let end = if text[..close].ends_with('/') {
        close - 1
    } else {
        close
    };
    let (before, behind) = text.split_at(end);
    format!("{before} xmlns=\"{NAMESPACE}\"{behind}").into_bytes()
}

/// Adds an `x-amz-*` header for each `x-cos-*` one.
pub(crate) fn adorn(headers: &mut HeaderMap) {
    let twins: Vec<_> = headers
        .iter()
        .filter_map(|(name, value)| {
            let rest = name.as_str().strip_prefix("x-cos-")?;
            let name = HeaderName::try_from(format!("x-amz-{rest}")).ok()?;
            Some((name, value.clone()))
        })
        .collect();
    for (name, value) in twins {
        headers.append(name, value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_root_gets_a_namespace_once() {
        let cases = [
            (
                "<A/>",
                "<A xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"/>",
            ),
            (
                "<?xml version='1.0' ?>\n<A>\n\t<B>中</B>\n</A>",
                "<?xml version='1.0' ?>\n<A xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">\n\t<B>中</B>\n</A>",
            ),
            ("<A xmlns=\"x\"/>", "<A xmlns=\"x\"/>"),
            ("", ""),
            ("<", "<"),
            ("{\"a\":\"<b>\"}", "{\"a\":\"<b>\"}"),
        ];
        for (body, expected) in cases {
            let named = named(&Bytes::from_static(body.as_bytes()));
            assert_eq!(String::from_utf8(named).unwrap(), expected);
        }
    }
}
