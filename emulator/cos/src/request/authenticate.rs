//! The signature of a request, in each of the schemes and of the spellings of host and path that a client may have signed.

use http::header;
use http::request::Parts;

use crate::request::address::{Address, without_port};
use crate::request::error::Error;
use crate::{Auth, Inner};
use backlot_http::auth::SignatureError;
use backlot_http::auth::s3::{Scheme, Unverified, Verified, v2, v4};
use backlot_http::auth::v5::{self, Signed};

impl Inner {
    /// The signer of the request; `None` if it is not signed, or wrongly while signatures are not required.
    pub(crate) fn authenticate(
        &self,
        host: &str,
        head: &Parts,
        address: &Address,
        scheme: Scheme,
    ) -> Result<Option<Verified>, Error> {
        let header = head
            .headers
            .get(header::HOST)
            .and_then(|value| value.to_str().ok());
        let header = header.unwrap_or(host);
        let mut hosts = vec![header, without_port(header)];
        if host != header {
            hosts.extend([host, without_port(host)]);
        }
        hosts.dedup();
        let signed = Signed {
            method: head.method.as_str(),
            hosts: &hosts,
            paths: &address.signed_paths,
            query: &address.query,
            headers: &head.headers,
        };
        let now = self.context.clock.client_now();
        let unverified = Unverified {
            signed: &signed,
            raw_path: head.uri.path(),
            host_bucket: address.host_bucket(),
        };
        let seconds = now.as_second();
        let verified = match scheme {
            Scheme::V5 => v5::verify(&signed, &self.keyring, seconds).map(Verified::plain),
            Scheme::S3V4 => v4::verify(&unverified, &self.keyring, seconds),
            Scheme::S3V2 => v2::verify(&unverified, &self.keyring, seconds),
        };
        match verified {
            Ok(caller) => Ok(Some(caller)),
            // Whether an unsigned request is allowed is decided later.
            Err(SignatureError::Unsigned) => Ok(None),
            Err(_) if self.settings.auth == Auth::Skip => Ok(None),
            Err(refused) => Err(Error::refused(refused, now)),
        }
    }
}
