//! The data folder: it can be written, and other users cannot read its private keys.

use std::fs::{self, Permissions};
use std::io;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use super::Finding;

/// The endings of the names of private keys. Only their owner may read them.
const SECRETS: [&str; 3] = ["-key.pem", ".key", ".seed"];

/// Checks the folder, and repairs what it can with `fix`.
pub(super) fn check(folder: Option<&Path>, fix: bool) -> Vec<Finding> {
    let Some(folder) = folder else {
        return vec![Finding::ok(
            "data",
            "none; objects are in memory only and lost on exit",
        )];
    };
    let mut findings = vec![writable(folder, fix)];
    match keys(folder) {
        Ok(keys) => findings.extend(keys.iter().map(|key| private(key, fix))),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => findings.push(Finding::fail(
            "keys",
            format!("`{}` cannot be read: {error}", folder.display()),
        )),
    }
    findings
}

fn writable(folder: &Path, fix: bool) -> Finding {
    const ABOUT: &str = "data";
    let shown = folder.display();
    if !folder.exists() {
        if !fix {
            let text = format!("`{shown}` does not exist yet; `backlot up` and `--fix` create it");
            return Finding::ok(ABOUT, text);
        }
        if let Err(error) = fs::create_dir_all(folder) {
            return Finding::fail(
                ABOUT,
                format!("`{shown}` cannot be created: {error}; choose another with `--data`"),
            );
        }
    }
    match tempfile::tempfile_in(folder) {
        Ok(_) => Finding::ok(ABOUT, format!("`{shown}` can be written")),
        Err(error) => Finding::fail(
            ABOUT,
            format!(
                "`{shown}` cannot be written: {error}; make it writable, or choose another with `--data`"
            ),
        ),
    }
}

/// Private keys in the folder and in folders right below it.
fn keys(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            for entry in fs::read_dir(&path)? {
                found.push(entry?.path());
            }
        } else {
            found.push(path);
        }
    }
    found.retain(|path| {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        path.is_file() && SECRETS.iter().any(|ending| name.ends_with(ending))
    });
    found.sort();
    Ok(found)
}

fn private(key: &Path, fix: bool) -> Finding {
    const ABOUT: &str = "keys";
    let shown = key.display();
    let mode = match fs::metadata(key) {
        Ok(metadata) => metadata.permissions().mode() & 0o777,
        Err(error) => return Finding::fail(ABOUT, format!("`{shown}` cannot be read: {error}")),
    };
    let of_others = mode & 0o077;
    if of_others == 0 {
        return Finding::ok(ABOUT, format!("`{shown}` is private"));
    }
    if !fix {
        let text = format!(
            "`{shown}` can be read by others (mode {mode:o}); run `backlot doctor --fix`, or `chmod 600 {shown}`"
        );
        return Finding::fail(ABOUT, text);
    }
    match fs::set_permissions(key, Permissions::from_mode(0o600)) {
        Ok(()) => Finding::ok(
            ABOUT,
            format!("`{shown}` is private now (it had mode {mode:o})"),
        ),
        Err(error) => Finding::fail(ABOUT, format!("`{shown}` cannot be made private: {error}")),
    }
}
