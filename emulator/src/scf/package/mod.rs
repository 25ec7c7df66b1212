//! Code packages: a zip that was given to the API or is named in `backlot.yaml`, unpacked into a folder of the emulator's;
//! and a folder as a zip again.
//!
//! What is in a zip was written by others. [`Package::from_zip`] writes nothing outside its folder, follows no links, and
//! stops at the limits; what it refuses, it refuses with the name of the entry.
//!
//! Follows: SCF reference, sections 3.1, 5 and 17.

mod entry_name;
mod error;
mod layers;
mod pack;
mod unpack;

use std::collections::HashMap;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock, Mutex, PoisonError, Weak};

use sha2::{Digest as _, Sha256};

pub use error::{Fault, PackageError};
pub use layers::{LAYERS_LIMIT, Layers};
pub use pack::pack;

use backlot_base::folder::{Folder, open_regular};
use backlot_base::scratch::Scratch;

/// Code and layers of a version, unzipped, in bytes.
pub const UNZIPPED_LIMIT: u64 = 500 * 1024 * 1024;
/// Choice: files, folders and links of one package.
const ENTRY_LIMIT: usize = 200_000;
/// The zip, in the folder of a package.
const ZIP: &str = "code.zip";
/// The unpacked code, in the folder of a package.
const CODE: &str = "code";

/// The packages in use that were read from files, by their digest. Scenarios share functions, and each runs on a stage of its
/// own.
static OPEN: LazyLock<Mutex<HashMap<String, Weak<Package>>>> = LazyLock::new(Mutex::default);

/// Code that was unpacked. Its folder is gone when this is dropped.
#[derive(Debug)]
pub struct Package {
    scratch: Scratch,
    sha256: String,
    size: u64,
    unzipped: u64,
}

impl Package {
    /// Unpacks the zip file at `path`, unless a package of the same bytes is in use already. Reads and writes files: call it
    /// where that may block.
    pub fn open(path: &Path) -> Result<Arc<Self>, PackageError> {
        let machine = |source| PackageError::Machine {
            path: path.to_owned(),
            source,
        };
        let mut zip = Vec::new();
        let mut file = open_regular(path).map_err(machine)?;
        file.read_to_end(&mut zip).map_err(machine)?;
        let digest = sha256(&zip);
        let open = || OPEN.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(package) = open().get(&digest).and_then(Weak::upgrade) {
            return Ok(package);
        }
        // Not under the lock, as it may take long. That two unpack the same at once does no harm.
        let package = Arc::new(Self::from_zip(&zip)?);
        let mut open = open();
        open.retain(|_, package| package.strong_count() > 0);
        open.insert(digest, Arc::downgrade(&package));
        Ok(package)
    }

    /// Unpacks a zip, whose base64 is decoded already. Reads and writes files: call it where that may block.
    pub fn from_zip(zip: &[u8]) -> Result<Self, PackageError> {
        let scratch = Scratch::create().map_err(|source| PackageError::Machine {
            path: std::env::temp_dir(),
            source,
        })?;
        let machine = |source| PackageError::Machine {
            path: scratch.path().to_owned(),
            source,
        };
        let folder = Folder::open(scratch.path()).map_err(machine)?;
        let code = folder.create_folder(CODE).map_err(machine)?;
        let limits = unpack::Limits {
            unzipped: UNZIPPED_LIMIT,
            entries: ENTRY_LIMIT,
        };
        let unzipped = unpack::unpack(zip, &code, limits)?;
        folder.place(ZIP, zip, 0o600).map_err(machine)?;
        Ok(Self {
            scratch,
            sha256: sha256(zip),
            size: zip.len() as u64,
            unzipped,
        })
    }

    /// The folder of the code.
    pub fn code(&self) -> PathBuf {
        self.scratch.path().join(CODE)
    }

    /// The file that has the zip as it was given.
    pub fn zip(&self) -> PathBuf {
        self.scratch.path().join(ZIP)
    }

    /// `CodeSha256`: the SHA-256 of the zip in lower-case hexadecimal.
    pub fn sha256(&self) -> &str {
        &self.sha256
    }

    /// `CodeSize`: the size of the zip in bytes.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// The size of all files in bytes.
    pub fn unzipped(&self) -> u64 {
        self.unzipped
    }
}

/// The SHA-256 of a zip as `CodeSha256` has it: in lower-case hexadecimal.
pub fn sha256(zip: &[u8]) -> String {
    hex::encode(Sha256::digest(zip))
}

/// Whether a file in a package is executable, by its permissions.
fn is_executable(mode: u32) -> bool {
    mode & 0o111 != 0
}

/// The permissions that a file gets: readable for all, as on the platform, and executable if it was.
fn mode_of(is_executable: bool) -> u32 {
    if is_executable { 0o755 } else { 0o644 }
}

/// A path with slashes, as it is in a zip; `None` if it is not Unicode.
fn zip_name(inside: &Path) -> Option<String> {
    inside.to_str().map(str::to_owned)
}
