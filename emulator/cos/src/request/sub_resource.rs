//! Words of a query that select nothing: arguments, which are left to the operation, and words that look like a sub-resource,
//! for which the request is refused. If such a word were ignored, the request would be taken for another one: a `DELETE` of
//! a configuration would delete the bucket, a `PUT` of a configuration would replace the object.
//!
//! Follows: COS reference, section 1.5. Choice: what COS does with words that it does not know is not documented.

use http::Method;

use backlot_http::Query;
use backlot_http::query::Parameter;

/// Sub-resources of S3 that COS does not have, in lower case. Clients for S3 name them, some with a value in another parameter.
const OF_S3: &[&str] = &[
    "abac",
    "analytics",
    "attributes",
    "legal-hold",
    "metadataconfiguration",
    "metadatainventorytable",
    "metadatajournaltable",
    "metadatatable",
    "metrics",
    "ownershipcontrols",
    "policystatus",
    "publicaccessblock",
    "renameobject",
    "requestpayment",
    "session",
    "torrent",
];

/// Reserved words of COS that select no operation of the table, in lower case.
const RESERVED: &[&str] = &["preflight"];

/// Arguments of operations, in lower case: some clients send those that they do not set without a value.
const ARGUMENTS: &[&str] = &[
    "awsaccesskeyid",
    "bucket-region",
    "continuation-token",
    "create-time",
    "delimiter",
    "encoding-type",
    "expires",
    "fetch-owner",
    "id",
    "key-marker",
    "list-type",
    "marker",
    "max-buckets",
    "max-keys",
    "max-parts",
    "max-uploads",
    "part-number-marker",
    "position",
    "prefix",
    "range",
    "region",
    "select-type",
    "sign",
    "signature",
    "start-after",
    "tagkey",
    "tagvalue",
    "upload-id-marker",
    "version-id-marker",
    "versionid",
];

/// How names of arguments begin: signatures, headers of the answer, headers that a signed URL carries, and hints of SDKs
/// such as `x-id`.
const PREFIXES: &[&str] = &["q-", "response-", "x-"];

/// How data processing of objects begins: `imageMogr2/thumbnail/!50p`.
const PROCESSING: &[&str] = &[
    "ci-process",
    "exif",
    "imageave",
    "imageinfo",
    "imagemogr2",
    "imageview2",
    "watermark",
];

/// What a query asks for that its target does not have.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Foreign<'q> {
    /// A sub-resource, as it was written.
    SubResource(&'q str),
    /// Data processing.
    Processing,
}

/// Looks for a word that would be ignored although it looks like a sub-resource.
///
/// `is_own` tells sub-resources of the target, `is_known` those of any target; both are asked for names in lower case.
pub(super) fn foreign<'q>(
    query: &'q Query,
    method: &Method,
    is_object: bool,
    is_own: impl Fn(&str) -> bool,
    is_known: impl Fn(&str) -> bool,
) -> Option<Foreign<'q>> {
    let is_reader = method == Method::GET || method == Method::HEAD;
    let is_reading = is_object && is_reader;
    let has_upload = is_object && query.has("uploadid");
    let has_own = query
        .iter()
        .any(|parameter| is_own(&parameter.name.to_ascii_lowercase()));
    // It would be taken for the bucket as a whole, which is made or deleted.
    let is_whole_bucket = !is_object && !is_reader && !has_own;
    query.iter().find_map(|parameter| {
        let name = parameter.name.to_ascii_lowercase();
        if name.is_empty() || is_own(&name) {
            return None;
        }
        if PROCESSING.iter().any(|word| begins(&name, word)) {
            return Some(Foreign::Processing);
        }
        let is_foreign = match name.as_str() {
            // Without an upload there is no part to write.
            "partnumber" => !has_upload && !is_reading,
            // An argument of a page or of a link: sub-resources of objects have no values but those with an upload.
            _ if is_reading && !parameter.value.is_empty() => false,
            word if is_whole_bucket => !signs(word),
            word if is_known(word) || OF_S3.contains(&word) || RESERVED.contains(&word) => true,
            word if is_argument(word) => false,
            _ => looks_like_one(parameter, is_reading),
        };
        is_foreign.then_some(Foreign::SubResource(&parameter.name))
    })
}

/// Whether a name is `word`, or `word` with arguments of its own.
fn begins(name: &str, word: &str) -> bool {
    let rest = name.strip_prefix(word);
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', '|']))
}

/// Whether a name belongs to a signature, or is the hint of an SDK.
fn signs(name: &str) -> bool {
    let begins = ["q-", "x-amz-", "x-cos-"];
    ["awsaccesskeyid", "expires", "sign", "signature", "x-id"].contains(&name)
        || begins.iter().any(|prefix| name.starts_with(prefix))
}

fn is_argument(name: &str) -> bool {
    ARGUMENTS.contains(&name) || PREFIXES.iter().any(|prefix| name.starts_with(prefix))
}

/// A word that nothing is known of: it looks like a sub-resource if it has no value. Readers of objects may append words that
/// keep caches away, such as a date or a digest; those are not words of letters.
fn looks_like_one(parameter: &Parameter, is_reading: bool) -> bool {
    let is_word = |name: &str| {
        name.chars()
            .all(|char| char.is_ascii_alphabetic() || char == '-')
    };
    parameter.value.is_empty() && (!is_reading || is_word(&parameter.name))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of<'q>(method: &str, query: &'q Query, is_object: bool) -> Option<Foreign<'q>> {
        let method = method.parse().unwrap();
        let own = |name: &str| name == "acl" || (is_object && name == "uploadid");
        let known = |name: &str| matches!(name, "acl" | "uploadid" | "lifecycle");
        foreign(query, &method, is_object, own, known)
    }

    #[test]
    fn arguments_and_hints_of_sdks_are_no_sub_resources() {
        for query in [
            "prefix=&delimiter=&marker=&max-keys=&encoding-type=url",
            "acl&versionId=",
            "x-id=PutObject&X-Amz-Signature=0&x-cos-security-token=",
            "q-sign-algorithm=sha1&q-url-param-list=&response-content-type=",
            "AWSAccessKeyId=a&Signature=b&Expires=1",
            "sign=q-sign-algorithm%3Dsha1",
            "uploadId=a&partNumber=1",
            "spm=1",
        ] {
            for method in ["GET", "PUT", "DELETE"] {
                assert_eq!(
                    of(method, &Query::parse(query), true),
                    None,
                    "{method} {query}"
                );
            }
        }
        for query in ["20240101", "v1.2", "3f8a&_", "=", "lifecycle=1&session=x"] {
            assert_eq!(of("GET", &Query::parse(query), true), None, "{query}");
        }
    }

    #[test]
    fn what_makes_or_deletes_a_bucket_has_words_of_signatures_only() {
        for query in [
            "",
            "q-sign-algorithm=sha1&x-cos-security-token=t",
            "X-Amz-Signature=0&x-id=DeleteBucket",
            "sign=q&Expires=1",
            "acl&id=1",
        ] {
            assert_eq!(of("DELETE", &Query::parse(query), false), None, "{query}");
        }
    }

    #[test]
    fn words_that_would_be_ignored_are_found() {
        for (method, query, is_object, word) in [
            ("DELETE", "publicAccessBlock", false, "publicAccessBlock"),
            ("PUT", "legal-hold=", true, "legal-hold"),
            ("PUT", "metrics&id=1", false, "metrics"),
            ("PUT", "lifecycle", true, "lifecycle"),
            ("GET", "attributes", true, "attributes"),
            ("GET", "Torrent", true, "Torrent"),
            ("PUT", "Torrent=1", true, "Torrent"),
            ("DELETE", "foo=1", false, "foo"),
            ("DELETE", "q-sign-algorithm=sha1&prefix=", false, "prefix"),
            ("PUT", "x-policy", false, "x-policy"),
            ("POST", "id=1", false, "id"),
            ("GET", "frobnicate", true, "frobnicate"),
            ("GET", "20240101", false, "20240101"),
            ("PUT", "20240101", true, "20240101"),
            ("PUT", "acl&foo", true, "foo"),
            ("PUT", "partNumber=1", true, "partNumber"),
            ("DELETE", "uploadId=x", false, "uploadId"),
        ] {
            let query = Query::parse(query);
            let expected = Some(Foreign::SubResource(word));
            assert_eq!(
                of(method, &query, is_object),
                expected,
                "{method} {query:?}"
            );
        }
        for query in ["imageMogr2/thumbnail/!50p", "imageInfo", "ci-process=x"] {
            let query = Query::parse(query);
            assert_eq!(of("GET", &query, true), Some(Foreign::Processing));
        }
    }
}
