//! Layers: folders or zips that are merged into one.
//!
//! Follows: SCF reference, sections 4.3 and 17.

use std::io;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use super::{Package, PackageError, UNZIPPED_LIMIT};
use backlot_base::scratch::Scratch;

/// Layers of one version at most.
pub const LAYERS_LIMIT: usize = 5;

/// Layers that were merged. Their folder is gone when this is dropped.
#[derive(Debug)]
pub struct Layers {
    scratch: Scratch,
}

impl Layers {
    /// Merges folders or zip files: what a later one has replaces what an earlier one has. Copies files: call it where that
    /// may block.
    pub fn merge(layers: &[PathBuf]) -> Result<Self, PackageError> {
        let scratch = Scratch::create().map_err(|source| machine(&std::env::temp_dir(), source))?;
        let merged = Self { scratch };
        let mut left = UNZIPPED_LIMIT;
        for layer in layers {
            if layer.is_file() {
                let package = Package::open(layer)?;
                copy(&package.code(), merged.folder(), &mut left)?;
            } else {
                copy(layer, merged.folder(), &mut left)?;
            }
        }
        Ok(merged)
    }

    /// The merged folder.
    pub fn folder(&self) -> &Path {
        self.scratch.path()
    }
}

/// Copies what is in a folder into another one.
fn copy(from: &Path, to: &Path, left: &mut u64) -> Result<(), PackageError> {
    let failed = |source| machine(from, source);
    for entry in std::fs::read_dir(from).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let (path, place) = (entry.path(), to.join(entry.file_name()));
        let failed = |source| machine(&path, source);
        let kind = entry.file_type().map_err(failed)?;
        let there = place.symlink_metadata().ok();
        if kind.is_dir() {
            if there.as_ref().is_some_and(|there| !there.is_dir()) {
                std::fs::remove_file(&place).map_err(failed)?;
            }
            std::fs::create_dir_all(&place).map_err(failed)?;
            copy(&path, &place, left)?;
            continue;
        }
        match there {
            Some(there) if there.is_dir() => std::fs::remove_dir_all(&place).map_err(failed)?,
            Some(_) => std::fs::remove_file(&place).map_err(failed)?,
            None => {}
        }
        if kind.is_symlink() {
            let linked = std::fs::read_link(&path).and_then(|target| symlink(target, &place));
            linked.map_err(failed)?;
        } else if kind.is_file() {
            let size = std::fs::copy(&path, &place).map_err(failed)?;
            *left = left.checked_sub(size).ok_or(PackageError::TooLarge)?;
        } else {
            let name = path.display().to_string();
            let why = "is neither a file, a folder nor a link";
            return Err(PackageError::Entry { name, why });
        }
    }
    Ok(())
}

fn machine(path: &Path, source: io::Error) -> PackageError {
    let path = path.to_owned();
    PackageError::Machine { path, source }
}
