//! Ground floor: time, chance, digests, text trees and places in texts; above them what happened, what services tell each
//! other, and what goes wrong on purpose.
//!
//! Nothing here touches sockets, and only [`folder`], [`registry`] and [`scratch`] touch the disk.

pub mod clock;
pub mod digest;
pub mod folder;
pub mod function_target;
pub mod json;
pub mod registry;
pub mod seed;
pub mod source;
pub mod words;
pub mod xml;

pub mod scratch;

pub mod chains;
pub mod fault;
pub mod journal;
pub mod signal;

pub mod context;
