//! The HTTP/1.1 front door: listening, bodies, header case, and who is calling.
//!
//! It knows nothing of what the services do with a request.

pub mod auth;
pub mod exchange;
pub mod header_case;
pub mod query;
pub mod server;

pub use exchange::{Body, Request, Response};
pub use query::Query;
pub use server::{Answer, Cut, Server};
