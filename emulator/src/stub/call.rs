//! A call to another host, as stubs and claims see it.

use http::HeaderMap;

/// A request to a host that is not emulated.
#[derive(Clone, Copy, Debug)]
pub struct OutboundCall<'a> {
    /// Name or address, lower case, without a port.
    pub host: &'a str,
    /// The port, from the target or from its scheme.
    pub port: u16,
    /// The HTTP method.
    pub method: &'a str,
    /// Path and query as they were sent, with the leading slash.
    pub target: &'a str,
    /// The headers; `None` if they are not known any more.
    pub headers: Option<&'a HeaderMap>,
    /// The body.
    pub body: &'a [u8],
}

impl<'a> OutboundCall<'a> {
    /// The path as it was sent.
    pub fn path(&self) -> &'a str {
        self.target.split('?').next().unwrap_or_default()
    }

    /// The query, without the `?`.
    pub fn query(&self) -> &'a str {
        self.target.split_once('?').map_or("", |(_, query)| query)
    }
}
