//! The HTTP/1.1 front door: one port that speaks plain HTTP and TLS and is a forward proxy as well; bodies, header case,
//! who is calling, and the envelope of the Cloud API.
//!
//! It knows nothing of what the services do with a request. [`server`] listens, [`connection`](Arrival) tells plain from
//! TLS, [`proxy`] which calls stay here, [`egress`] what becomes of the others.

pub mod auth;
pub mod authority;
mod body;
pub mod cloud_api;
mod connection;
pub mod egress;
pub mod exchange;
mod garble;
mod guard;
pub mod header_case;
pub mod host;
pub mod host_pattern;
pub mod proxy;
pub mod proxy_user;
pub mod query;
pub mod server;

mod under_way;

pub use authority::Authority;
pub use body::Body;
pub use connection::Arrival;
pub use exchange::{Request, Response};
pub use host::{Emulated, Host};
pub use host_pattern::HostPattern;
pub use proxy::Proxy;
pub use proxy_user::ProxyUser;
pub use query::Query;
pub use server::{Answer, Answering, Cut, Limits, Listening, Server, Settings};
