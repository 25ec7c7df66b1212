//! Why a stage does not start, or does not do what it is asked.

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;

use crate::{mps, scf};
use backlot_base::registry::RegistryError;
use backlot_cos as cos;
use backlot_cos::store::{self, Kind};
use backlot_http::authority;
use backlot_http::host_pattern::NotAHost;

/// Why a stage does not start, or does not do what it is asked.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The front door's address cannot be used.
    #[error("cannot listen on {address}")]
    Listen {
        /// The address to listen on.
        address: SocketAddr,
        /// The cause.
        #[source]
        source: io::Error,
    },
    /// No temporary folder can be made.
    #[error("no temporary folder can be made")]
    Folder(#[source] io::Error),
    /// The store does not open.
    #[error("the object store does not open")]
    Store(#[source] store::StoreError),
    /// The number that the owner's keys are drawn from cannot be read or made.
    #[error("the file `{}`, from which the owner's keys are drawn, cannot be used", path.display())]
    Secrets {
        /// The file.
        path: PathBuf,
        /// The cause.
        #[source]
        source: io::Error,
    },
    /// The data folder cannot be read or made.
    #[error("the data folder `{}` cannot be used", path.display())]
    DataFolder {
        /// The folder.
        path: PathBuf,
        /// The cause.
        #[source]
        source: io::Error,
    },
    /// The data folder holds a store of another kind.
    #[error(
        "the data folder `{}` holds a store of the kind `{found}`, not `{wanted}`; \
         use `--store {found}` to work with its objects",
        folder.display()
    )]
    OtherStore {
        /// The folder.
        folder: PathBuf,
        /// What it holds.
        found: Kind,
        /// What was asked for.
        wanted: Kind,
    },
    /// The local certificate authority cannot be opened or made.
    #[error("the local certificate authority cannot be used")]
    Authority(#[from] authority::Error),
    /// A configured custom host is not a valid host name.
    #[error(transparent)]
    Host(#[from] NotAHost),
    /// SCF would reject the settings of a function.
    #[error(transparent)]
    Function(#[from] scf::InvalidFunction),
    /// COS failed or refused.
    #[error(transparent)]
    Cos(#[from] cos::Error),
    /// The code of a function is a zip that cannot be unpacked.
    #[error("the code of the function `{function}` cannot be unpacked")]
    Package {
        /// The function's name.
        function: String,
        /// The cause.
        #[source]
        source: scf::package::PackageError,
    },
    /// A function cannot be created.
    #[error(transparent)]
    Create(#[from] scf::CreateError),
    /// What the API has made of earlier runs cannot be read.
    #[error(transparent)]
    Registry(#[from] RegistryError),
    /// A function that the API has made in an earlier run cannot be made again.
    #[error("a function that was made by the API cannot be made again")]
    Restore(#[from] scf::ChangeError),
    /// The events that waited when an earlier process ended cannot be read.
    #[error(transparent)]
    Queues(#[from] scf::QueueFileError),
    /// A trigger cannot be created.
    #[error(transparent)]
    Trigger(#[from] scf::triggers::TriggerError),
    /// A trigger that the API has made or changed in an earlier run cannot come back.
    #[error("the triggers that the API has made cannot be made again")]
    RestoreTriggers(#[from] scf::triggers::RestoreError),
    /// The settings of a trigger are not valid.
    #[error(transparent)]
    InvalidTrigger(#[from] scf::triggers::InvalidTrigger),
    /// The tasks of an earlier process cannot be read.
    #[error(transparent)]
    Tasks(#[from] mps::TableError),
    /// MPS refuses a task, or COS fails while the task reads or writes.
    #[error(transparent)]
    Task(#[from] mps::Error),
}
