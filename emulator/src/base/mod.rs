//! Ground floor: time, chance, digests, text trees and places in texts.
//!
//! Nothing here touches disk or sockets, and nothing here imports another room of ours.

pub mod clock;
pub mod digest;
pub mod json;
pub mod seed;
pub mod source;
pub mod xml;
