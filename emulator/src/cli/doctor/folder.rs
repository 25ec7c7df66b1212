//! The data folder: it can be written, and other users cannot read its private keys.

use std::fs::{File, Permissions};
use std::io;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use super::Finding;
use crate::cli::exit::chain;
use crate::stage::data_folder::{self, Checked};
use backlot_base::folder::{FileType, Folder, PRIVATE_FILE, PRIVATE_FOLDER, create_private};
use backlot_base::words::count;
use backlot_cos::store::StoreError;

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
    let opened = match Folder::open(folder) {
        Ok(opened) => opened,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return findings,
        Err(error) => {
            let text = format!("`{}` cannot be read: {error}", folder.display());
            findings.push(Finding::fail("keys", text));
            return findings;
        }
    };
    findings.push(private_folder(&opened, fix));
    match keys(&opened) {
        Ok(keys) => findings.extend(keys.iter().map(|key| private(&opened, key, fix))),
        Err(error) => findings.push(Finding::fail(
            "keys",
            format!("`{}` cannot be read: {error}", folder.display()),
        )),
    }
    findings.extend(stores(folder));
    findings
}

/// Events of production may be in the folder, so only its owner should read it.
fn private_folder(folder: &Folder, fix: bool) -> Finding {
    const ABOUT: &str = "privacy";
    let shown = folder.path().display();
    let metadata = folder.open_self().and_then(|folder| {
        let mode = folder.metadata()?.permissions().mode() & 0o777;
        Ok((folder, mode))
    });
    match metadata {
        Ok((_, mode)) if of_others(mode) == 0 => {
            Finding::ok(ABOUT, format!("`{shown}` is private"))
        }
        Ok((folder, mode)) if fix => {
            match folder.set_permissions(Permissions::from_mode(PRIVATE_FOLDER)) {
                Ok(()) => Finding::ok(
                    ABOUT,
                    format!("`{shown}` is private now (it had mode {mode:o})"),
                ),
                Err(error) => {
                    Finding::warn(ABOUT, format!("`{shown}` cannot be made private: {error}"))
                }
            }
        }
        Ok((_, mode)) => Finding::warn(
            ABOUT,
            format!(
                "`{shown}` can be used by others (mode {mode:o}); run `backlot doctor --fix`, or `chmod 700 {shown}`"
            ),
        ),
        Err(error) => Finding::fail(ABOUT, format!("`{shown}` cannot be read: {error}")),
    }
}

/// What users other than the owner may do.
fn of_others(mode: u32) -> u32 {
    mode & 0o077
}

/// The stores in the folder, unless an emulator uses them.
fn stores(folder: &Path) -> Vec<Finding> {
    const ABOUT: &str = "store";
    let shown = folder.display();
    let checked = match data_folder::check(folder) {
        Ok(checked) => checked,
        Err(error) => return vec![Finding::fail(ABOUT, chain(&error))],
    };
    let finding = |Checked { kind, found }: Checked| match found {
        Ok(found) if found.is_empty() => Finding::ok(
            ABOUT,
            format!("the database of the {kind} store in `{shown}` is sound"),
        ),
        Ok(found) => {
            let places = count(found.len() as u64, "place", "places");
            let first = &found[0];
            Finding::fail(
                ABOUT,
                format!(
                    "the database of the {kind} store in `{shown}` is damaged in {places}, first: {first}; put the folder back from a copy"
                ),
            )
        }
        Err(StoreError::Busy { .. }) => Finding::ok(
            ABOUT,
            format!(
                "the {kind} store in `{shown}` is in use by an emulator, so its database is not checked"
            ),
        ),
        Err(error) => Finding::fail(ABOUT, chain(&error)),
    };
    checked.into_iter().map(finding).collect()
}

fn writable(folder: &Path, fix: bool) -> Finding {
    const ABOUT: &str = "data";
    let shown = folder.display();
    if !folder.exists() {
        if !fix {
            let text = format!("`{shown}` does not exist yet; `backlot up` and `--fix` create it");
            return Finding::ok(ABOUT, text);
        }
        if let Err(error) = create_private(folder) {
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

/// Private keys in the folder and in folders right below it, by their paths in it.
fn keys(folder: &Folder) -> io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for name in folder.names()? {
        match folder.kind(&name)? {
            Some(FileType::Directory) => {
                let below = folder.folder(&name)?.names()?;
                found.extend(below.iter().map(|inside| Path::new(&name).join(inside)));
            }
            _ => found.push(name.into()),
        }
    }
    found.retain(|path| {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let is_file = folder
            .kind(path)
            .is_ok_and(|kind| kind == Some(FileType::RegularFile));
        is_file && SECRETS.iter().any(|ending| name.ends_with(ending))
    });
    found.sort();
    Ok(found)
}

fn private(folder: &Folder, key: &Path, fix: bool) -> Finding {
    const ABOUT: &str = "keys";
    let path = folder.path_of(key);
    let shown = path.display();
    let opened = folder.read(key).and_then(|file: File| {
        let mode = file.metadata()?.permissions().mode() & 0o777;
        Ok((file, mode))
    });
    let (file, mode) = match opened {
        Ok(opened) => opened,
        Err(error) => return Finding::fail(ABOUT, format!("`{shown}` cannot be read: {error}")),
    };
    if of_others(mode) == 0 {
        return Finding::ok(ABOUT, format!("`{shown}` is private"));
    }
    if !fix {
        let text = format!(
            "`{shown}` can be read by others (mode {mode:o}); run `backlot doctor --fix`, or `chmod 600 {shown}`"
        );
        return Finding::fail(ABOUT, text);
    }
    match file.set_permissions(Permissions::from_mode(PRIVATE_FILE)) {
        Ok(()) => Finding::ok(
            ABOUT,
            format!("`{shown}` is private now (it had mode {mode:o})"),
        ),
        Err(error) => Finding::fail(ABOUT, format!("`{shown}` cannot be made private: {error}")),
    }
}
