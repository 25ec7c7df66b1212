//! Ground floor: time, chance, digests and text trees.
//!
//! Nothing here touches disk or sockets, and nothing here imports another room of ours.

pub mod clock;
pub mod digest;
pub mod seed;
pub mod xml;
