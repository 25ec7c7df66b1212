//! One server, one kept-alive HTTP/1.1 connection.
//!
//! A function handles one event at a time, so a pool would only open connections without use. A kept connection
//! may have died while the platform had the process frozen: then the request is sent once more on a new one. That is
//! safe because every request made here may be repeated (a PUT forbids overwriting, a result counts once).

mod dial;
mod exchange;
mod proxy;

pub(crate) use dial::Dial;
pub use exchange::Error;
pub(crate) use exchange::Link;
pub use proxy::Proxy;
pub(crate) use proxy::ProxyMistake;
