//! Access: policies, access lists, and the decision that follows from them.
//!
//! [`decide`](decide::decide) is asked once for each request, after its signature has been verified and before anything is
//! done. It is pure, as are [`policy`] and [`acl`]; `rules.rs` gathers what it needs to know from the stores, `acl_serve.rs`
//! serves the `?acl` operations. Follows: COS reference, sections 7.3 and 10.

pub mod acl;
pub mod condition;
pub mod decide;
pub mod policy;

mod acl_serve;
mod acl_wire;
mod glob;
mod rules;

pub(super) use acl_serve::{get as get_acl, put as put_acl};
pub(super) use acl_wire::{Given, Level, of_headers};
pub(super) use rules::{AccessRequest, kept};
