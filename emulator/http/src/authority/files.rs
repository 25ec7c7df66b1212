//! The authority's files: a private key, its certificate, and bundles for clients.
//!
//! Choice: files are not synced to the disk. A power failure may lose files that were just written, that is, an authority
//! that no client trusts yet; it is made anew. Syncing would take longer than the rest of a start.

use std::fs::{self, Permissions};
use std::io::{self, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use rcgen::KeyPair;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;

use super::Error;

pub(super) const KEY: &str = "ca-key.pem";
pub(super) const CERTIFICATE: &str = "ca.pem";
pub(super) const BUNDLE: &str = "ca-bundle.pem";

/// Reads the key of a folder, or makes it. When two processes make it at once, both get the first one's.
pub(super) fn key(folder: &Path) -> Result<KeyPair, Error> {
    let path = folder.join(KEY);
    let may_replace = match fs::symlink_metadata(&path) {
        // A power failure leaves an empty file of one that was just written.
        Ok(found) if found.is_file() && found.len() == 0 => true,
        Ok(_) => return read_key(&path),
        Err(error) if error.kind() == io::ErrorKind::NotFound => false,
        Err(error) => return Err(failed("read", &path)(error)),
    };
    fs::create_dir_all(folder).map_err(failed("create", folder))?;
    let key = KeyPair::generate()?;
    match write_with(&path, key.serialize_pem().as_bytes(), 0o600, may_replace) {
        Ok(()) => Ok(key),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => read_key(&path),
        Err(error) => Err(failed("write", &path)(error)),
    }
}

/// Reads a certificate, in PEM and DER. `None` if the file does not exist or cannot be parsed: then the certificate is made anew.
pub(super) fn certificate(path: &Path) -> Result<Option<(String, CertificateDer<'static>)>, Error> {
    let pem = match fs::read(path) {
        Ok(bytes) => String::from_utf8(bytes).ok(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        Err(error) => return Err(failed("read", path)(error)),
    };
    Ok(pem.and_then(|pem| {
        let der = CertificateDer::from_pem_slice(pem.as_bytes()).ok()?;
        Some((pem, der))
    }))
}

/// Reads a whole file.
pub(super) fn read(path: &Path) -> Result<Vec<u8>, Error> {
    fs::read(path).map_err(failed("read", path))
}

/// Replaces a file atomically. All users may read it.
pub(super) fn write(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    write_with(path, bytes, 0o644, true).map_err(failed("write", path))
}

fn read_key(path: &Path) -> Result<KeyPair, Error> {
    let metadata = fs::metadata(path).map_err(failed("read", path))?;
    let mode = metadata.permissions().mode() & 0o777;
    if mode & 0o077 != 0 {
        let path = path.to_owned();
        return Err(Error::Exposed { path, mode });
    }
    let pem = fs::read_to_string(path).map_err(failed("read", path))?;
    KeyPair::from_pem(&pem).map_err(|source| Error::NoKey {
        path: path.to_owned(),
        source,
    })
}

/// Writes beside the place and renames, so that no process ever sees half a file or wrong permissions.
fn write_with(path: &Path, bytes: &[u8], mode: u32, may_replace: bool) -> io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    let mut file = tempfile::Builder::new()
        .permissions(Permissions::from_mode(mode))
        .tempfile_in(folder)?;
    // The creation mask may have taken bits away.
    file.as_file()
        .set_permissions(Permissions::from_mode(mode))?;
    file.write_all(bytes)?;
    if may_replace {
        file.persist(path)?;
    } else {
        file.persist_noclobber(path)?;
    }
    Ok(())
}

fn failed(act: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Error {
    let path = path.to_owned();
    move |source| Error::File { act, path, source }
}
