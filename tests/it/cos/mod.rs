//! COS over real sockets, signed as its SDKs sign.

#![expect(clippy::unwrap_used, reason = "here it fails the test that it should")]

mod bucket;
pub(crate) mod client;
mod conditions;
mod config;
mod config_checks;
mod config_cors;
mod config_kept;
mod config_lifecycle;
mod config_website;
mod crash;
mod crash_state;
mod default_hosts;
mod journal;
mod killed;
mod large;
mod listing;
mod lock;
mod more;
mod multipart;
mod object;
mod post;
mod power;
mod refusal;
mod sdk_answers;
mod select;
mod store_contract;
mod store_history;
mod sub_resources;
mod versions;
