//! Authentication: the keys that the emulator has issued, and the signatures made with them.
//!
//! [`v5`] is the signature of COS, [`s3`] holds those of AWS that COS accepts as well, [`tc3`] and [`v1`] are those of the
//! Cloud API. What a caller may do is left to the services.

mod checks;
pub mod gate;
mod guess;
pub mod keyring;
mod mac;
mod mismatch;
pub mod post;
pub mod s3;
mod signature_error;
pub mod tc3;
pub mod v1;
pub mod v5;

pub use gate::Gate;
pub use keyring::{Acting, Credentials, Key, Keyring, Principal, Standing};
pub use mismatch::{Difference, Mismatch, SignedText};
pub use signature_error::SignatureError;
