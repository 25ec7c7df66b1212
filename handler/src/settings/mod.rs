//! The environment, read and checked once at the start.
//!
//! All mistakes are reported together, each with its variable and what to do, because a deployment that fails once per
//! mistake costs an evening.

mod mistake;
mod read;

use http::Uri;
use http::uri::Authority;

use crate::archive::Retry;

pub use crate::link::Proxy;
pub use mistake::{Mistake, Mistakes};

/// Everything that the environment decides.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The bucket that keeps the archive, with its APPID.
    pub bucket: String,
    /// What every key begins with.
    pub prefix: String,
    /// Where the bucket is spoken to.
    pub address: Address,
    /// The proxy on the way there.
    pub proxy: Option<Proxy>,
    /// How often and how long storing is tried.
    pub retry: Retry,
    /// Host and port of the runtime API.
    pub runtime_api: Authority,
}

/// Where one bucket is spoken to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    /// `https` or `http`.
    pub scheme: &'static str,
    /// `<bucket>.<endpoint>`, with a port if the endpoint has one; what is sent as `Host` and signed.
    pub host: String,
}

impl Address {
    /// Scheme and host as a URI.
    pub fn uri(&self) -> Uri {
        format!("{}://{}/", self.scheme, self.host)
            .parse()
            .expect("the host was checked when the settings were read")
    }
}
