//! Who is calling: the keys that the emulator has given out, and the signatures made with them.
//!
//! [`v5`] is COS's own scheme, [`s3`] those of AWS that COS takes as well. What a caller may do is left to the services.

pub mod guess;
pub mod keyring;
pub mod refused;
pub mod s3;
pub mod v5;

pub use keyring::{Acting, Credentials, Key, Keyring, Principal, Standing};
pub use refused::Refused;
