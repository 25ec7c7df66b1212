//! Who is calling: the keys that the emulator has given out, and the signatures made with them.
//!
//! [`v5`] is the signature of COS, [`tc3`] and [`v1`] are those of the Cloud API.

pub mod keyring;
pub mod post;
pub mod refusal;
pub mod tc3;
pub mod v1;
pub mod v5;

pub use keyring::{Acting, Credentials, Key, Keyring, Principal};
pub use refusal::Refusal;
