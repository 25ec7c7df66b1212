//! `--listen` and `--data` of an emulator that is to start: `backlot up` starts it there, `backlot doctor` checks the place.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::Args;

use super::remote::DEFAULT_LISTEN;

/// Where an emulator listens and keeps its data.
#[derive(Debug, Args)]
pub(super) struct Place {
    /// The address to listen on; port 0 lets the system choose one
    #[arg(
        long,
        value_name = "ADDR",
        env = "BACKLOT_LISTEN",
        default_value = DEFAULT_LISTEN
    )]
    pub(super) listen: SocketAddr,

    /// Keep objects in this folder; without it, they are in memory only
    #[arg(long, value_name = "DIR", env = "BACKLOT_DATA")]
    pub(super) data: Option<PathBuf>,
}
