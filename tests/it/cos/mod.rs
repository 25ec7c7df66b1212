//! COS over real sockets, signed as its SDKs sign.

mod bucket;
mod client;
mod journal;
mod listing;
mod object;
mod refusal;
mod store_contract;
