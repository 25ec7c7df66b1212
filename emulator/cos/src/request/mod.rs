//! A request from the wire to its operation and back.
//!
//! `pipeline.rs` takes each request through the steps, one file each: its [`address`] is read, the [`operation`] follows from
//! it (`sub_resource.rs` tells words of the query that select none), [`default_host`] has the rules of the platform's own
//! hosts, the signature is verified (`authenticate.rs`), access is decided (the folder `access/`), `dispatch.rs` calls the file
//! of the operation, and [`error`] and `failure.rs` say how a failure looks. Operations read a request through `CosRequest`.

pub(crate) mod pipeline;

pub mod address;
pub mod default_host;
pub mod operation;

pub(crate) mod access_record;
pub(crate) mod authenticate;
pub(crate) mod cos_request;
pub(crate) mod dispatch;
pub(crate) mod foreign_page;
pub(crate) mod http_date;
pub(crate) mod identity;
mod sub_resource;

pub mod error;
pub mod error_codes;
pub(crate) mod failure;
pub(crate) mod reply;
