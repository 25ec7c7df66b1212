//! Ground floor: time, chance, digests, text trees and places in texts; above them what happened, what services tell each
//! other, and what goes wrong on purpose.
//!
//! Nothing here touches sockets, and only [`folder`] touches the disk.

pub mod clock;
pub mod digest;
pub mod folder;
pub mod json;
pub mod seed;
pub mod source;
pub mod words;
pub mod xml;

pub mod fault;
pub mod journal;
pub mod signal;

pub mod context;
