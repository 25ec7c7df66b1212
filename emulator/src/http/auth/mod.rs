//! Who is calling: the keys that the emulator has given out, and the signatures made with them.

pub mod keyring;
pub mod post;
pub mod v5;

pub use keyring::{Acting, Credentials, Key, Keyring, Principal};
