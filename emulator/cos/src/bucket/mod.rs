//! Buckets: creating and removing them, the list of them, versioning, and their configurations.

pub(crate) mod delete;
pub(crate) mod get_service;
pub(crate) mod head;
pub(crate) mod put;
pub(crate) mod versioning;

pub(crate) mod configurations;

pub mod config;
