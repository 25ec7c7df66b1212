//! The HTTP/1.1 front door: one port that speaks plain HTTP and TLS and is a forward proxy as well; bodies, header case,
//! authentication, and the envelope of the Cloud API.
//!
//! What a request means is left to the services. [`server`] listens, `connection.rs` tells plain from
//! TLS, [`proxy`] which calls are answered here, [`egress`] which of the others may leave, and `forward.rs` carries those.

mod arrival;
pub mod auth;
pub mod authority;
mod body;
pub mod cloud_api;
mod connection;
mod early_answer;
pub mod egress;
mod emulated;
pub mod exchange;
mod forward;
mod garble;
mod guard;
pub mod header_case;
pub mod host;
pub mod host_pattern;
pub mod proxy;
pub mod proxy_user;
pub mod query;
mod refusal;
mod rest;
pub mod sender;
pub mod server;
mod serving;
mod under_way;
mod upload;

pub use arrival::Arrival;
pub use authority::Authority;
pub use body::Body;
pub use emulated::Emulated;
pub use exchange::{Request, Response};
pub use host::Host;
pub use host_pattern::HostPattern;
pub use proxy::Proxy;
pub use proxy_user::ProxyUser;
pub use query::Query;
pub use sender::Sender;
pub use server::{Listening, Server, Settings};
pub use serving::{Answer, Answering, Cut, Limits};
