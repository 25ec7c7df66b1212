//! Pages in browsers that reach COS at a local name: `http://127.0.0.1:4680/<bucket>/<key>`.
//!
//! Every web page can send requests there, also those that need no preflight: forms, links, images. So a page is refused
//! unless the CORS rules of the bucket allow its origin and the method. An object that is opened in a browser must not act as
//! a page of this host either: a browser gives it an origin of its own, in which no script runs, and believes its
//! `Content-Type`. Under the hosts of the platform nothing of this applies: pages reach those only through the proxy, and the
//! signature decides.
//!
//! Deviates: COS serves pages that its CORS rules do not allow, and only keeps them from reading the answer.

use http::header::{CONTENT_SECURITY_POLICY, HeaderMap, HeaderValue, X_CONTENT_TYPE_OPTIONS};
use http::request::Parts;

use crate::Inner;
use crate::request::address::{Address, Domains};
use crate::request::error::{self, Error};
use backlot_http::Sender;
use backlot_http::host::name_of;
use backlot_http::sender::is_local;

impl Inner {
    /// Refuses a page whose origin the bucket's CORS rules do not allow.
    pub(crate) async fn check_page(
        &self,
        host: &str,
        head: &Parts,
        address: &Address,
    ) -> Result<(), Error> {
        // A preflight changes nothing, and its answer is what this check is about.
        if head.method == http::Method::OPTIONS || !self.is_local_name(host) {
            return Ok(());
        }
        let Sender::Page { origin, .. } = Sender::of(&head.headers) else {
            return Ok(());
        };
        let bucket = address.target.bucket();
        if !bucket.is_empty() && self.shares_with(bucket, &origin, &head.method).await? {
            return Ok(());
        }
        Err(Error::from(error::ACCESS_FORBIDDEN).because(format!(
            "Pages of `{origin}` may not use backlot at `{host}`: allow their origin and {} with a CORS rule of the bucket.",
            head.method
        )))
    }

    /// Keeps browsers from running what an answer at a local name holds.
    pub(crate) fn seclude(&self, host: &str, headers: &mut HeaderMap) {
        if self.is_local_name(host) {
            let sandbox = HeaderValue::from_static("sandbox");
            headers.insert(CONTENT_SECURITY_POLICY, sandbox);
            let as_declared = HeaderValue::from_static("nosniff");
            headers.insert(X_CONTENT_TYPE_OPTIONS, as_declared);
        }
    }

    fn is_local_name(&self, host: &str) -> bool {
        is_local_name(host, &self.settings.domains)
    }
}

/// Custom hosts are buckets wherever their names lead; a name below the base domain is local, as is the base domain.
fn is_local_name(authority: &str, domains: &Domains) -> bool {
    let name = name_of(authority);
    if domains.custom.contains_key(&*name) {
        return false;
    }
    let is_below_base = domains
        .base
        .as_deref()
        .is_some_and(|base| backlot_http::host::is_within(&name, &name_of(base)));
    is_below_base || is_local(authority)
}
