//! The packages of code that the API was given, and the folders in which they are unpacked.
//!
//! A package is named by its SHA-256, kept in the registry as it came, and unpacked once in each run of the emulator. Its folder
//! is there as long as a function or an attempt uses it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard};

use bytes::Bytes;

use super::super::package::{self, Package};
use super::definition::CodeSource;
use backlot_base::registry::{Registry, RegistryError};

/// All packages of one service.
#[derive(Debug)]
pub struct Packages {
    registry: Registry,
    // A plain mutex: it is held while a package is unpacked, so that this is done once.
    unpacked: Mutex<BTreeMap<String, Arc<Package>>>,
}

/// Why there is no code to run.
#[derive(Debug, thiserror::Error)]
pub enum PackageError {
    /// It cannot be unpacked.
    #[error(transparent)]
    Unpack(#[from] package::PackageError),
    /// It cannot be kept, or read again.
    #[error("a package of code cannot be kept")]
    Registry(#[from] RegistryError),
    /// The registry does not have it.
    #[error("the package {0} of code is not in the registry")]
    Missing(String),
}

impl Packages {
    /// The packages that are kept in a registry.
    pub fn new(registry: Registry) -> Self {
        Self {
            registry,
            unpacked: Mutex::default(),
        }
    }

    /// Unpacks a zip and keeps it. Blocks.
    pub fn add(&self, zip: &Bytes) -> Result<CodeSource, PackageError> {
        let sha256 = package::sha256(zip);
        let size = zip.len() as u64;
        if !self.folders().contains_key(&sha256) {
            // Not under the lock: it may take long.
            let package = Arc::new(Package::from_zip(zip)?);
            self.registry.keep_blob(&blob(&sha256), zip)?;
            self.folders().insert(sha256.clone(), package);
        }
        Ok(CodeSource::Package { sha256, size })
    }

    /// A package that was added in this run or an earlier one. Blocks if it is not unpacked yet.
    pub fn get(&self, sha256: &str) -> Result<Arc<Package>, PackageError> {
        let mut unpacked = self.folders();
        if let Some(package) = unpacked.get(sha256) {
            return Ok(Arc::clone(package));
        }
        let missing = || PackageError::Missing(sha256.to_owned());
        let zip = self.registry.blob(&blob(sha256))?.ok_or_else(missing)?;
        let package = Arc::new(Package::from_zip(&zip)?);
        unpacked.insert(sha256.to_owned(), Arc::clone(&package));
        Ok(package)
    }

    /// Removes every package that is not among `needed`.
    pub fn retain(&self, needed: &BTreeSet<&str>) {
        let mut unpacked = self.folders();
        let gone = unpacked
            .keys()
            .filter(|sha256| !needed.contains(&sha256[..]));
        let gone: Vec<_> = gone.cloned().collect();
        for sha256 in gone {
            unpacked.remove(&sha256);
            if let Err(error) = self.registry.remove_blob(&blob(&sha256)) {
                tracing::warn!(%error, "a package of code that is not needed any more is not removed");
            }
        }
    }

    fn folders(&self) -> MutexGuard<'_, BTreeMap<String, Arc<Package>>> {
        self.unpacked
            .lock()
            .expect("no code panics while it unpacks a package")
    }
}

/// The name of a package in the registry.
pub fn blob(sha256: &str) -> String {
    format!("{sha256}.zip")
}
