//! The authority's files: a private key, its certificate, and bundles for clients. The folder may come from another party:
//! links in it are not followed.
//!
//! Choice: files are not synced to the disk. A power failure may lose files that were just written, that is, an authority
//! that no client trusts yet; it is made anew. Syncing would take longer than the rest of a start.

use std::io::{self, Read as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use rcgen::KeyPair;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;

use super::Error;
use backlot_base::folder::{Folder, PRIVATE_FILE};

pub(super) const KEY: &str = "ca-key.pem";
pub(super) const CERTIFICATE: &str = "ca.pem";
pub(super) const BUNDLE: &str = "ca-bundle.pem";

/// The permissions of what all users may read.
const PUBLIC_FILE: u32 = 0o644;

/// Reads the key of a folder, or makes it. When two processes make it at once, both get the first one's.
pub(super) fn key(folder: &Folder) -> Result<KeyPair, Error> {
    let path = folder.path_of(KEY);
    let is_empty = match folder.read(KEY) {
        // A power failure leaves an empty file of one that was just written.
        Ok(found) => found.metadata().map_err(failed("read", &path))?.len() == 0,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let key = KeyPair::generate()?;
            return match folder.place(KEY, key.serialize_pem().as_bytes(), PRIVATE_FILE) {
                Ok(()) => Ok(key),
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => read_key(folder),
                Err(error) => Err(failed("write", &path)(error)),
            };
        }
        Err(error) => return Err(failed("read", &path)(error)),
    };
    if !is_empty {
        return read_key(folder);
    }
    let key = KeyPair::generate()?;
    let written = folder.replace(KEY, key.serialize_pem().as_bytes(), PRIVATE_FILE);
    written.map_err(failed("write", &path))?;
    Ok(key)
}

/// Reads a certificate, in PEM and DER. `None` if the file does not exist or cannot be parsed: then the certificate is made anew.
pub(super) fn certificate(
    folder: &Folder,
) -> Result<Option<(String, CertificateDer<'static>)>, Error> {
    let pem = match folder.read_bytes(CERTIFICATE) {
        Ok(bytes) => String::from_utf8(bytes).ok(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        Err(error) => return Err(failed("read", &folder.path_of(CERTIFICATE))(error)),
    };
    Ok(pem.and_then(|pem| {
        let der = CertificateDer::from_pem_slice(pem.as_bytes()).ok()?;
        Some((pem, der))
    }))
}

/// Reads a whole file, which may be reached through links: the system's certificates are.
pub(super) fn read(path: &Path) -> Result<Vec<u8>, Error> {
    std::fs::read(path).map_err(failed("read", path))
}

/// Replaces a file atomically, unless it has these bytes already: a disk that is full keeps no program from starting. All users
/// may read it.
pub(super) fn write(folder: &Folder, name: &str, bytes: &[u8]) -> Result<(), Error> {
    if folder.read_bytes(name).is_ok_and(|found| found == bytes) {
        return Ok(());
    }
    let written = folder.replace(name, bytes, PUBLIC_FILE);
    written.map_err(failed("write", &folder.path_of(name)))
}

fn read_key(folder: &Folder) -> Result<KeyPair, Error> {
    let path = folder.path_of(KEY);
    let mut file = folder.read(KEY).map_err(failed("read", &path))?;
    let metadata = file.metadata().map_err(failed("read", &path))?;
    let mode = metadata.permissions().mode() & 0o777;
    if mode & 0o077 != 0 {
        return Err(Error::Exposed { path, mode });
    }
    let mut pem = String::new();
    file.read_to_string(&mut pem)
        .map_err(failed("read", &path))?;
    KeyPair::from_pem(&pem).map_err(|source| Error::NoKey { path, source })
}

pub(super) fn failed(act: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Error {
    let path = path.to_owned();
    move |source| Error::File { act, path, source }
}
