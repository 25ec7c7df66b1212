//! `/var/user` and `/opt` of an instance, as on the platform: its code and its layers, which cannot be written to.
//!
//! The process that becomes the program of a function mounts them after it has left the file system that others see. What
//! else the machine has in `/var` and `/opt` stays where it is, unless a layer has an entry of that name.
//!
//! Follows: SCF reference, section 4.3.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

/// Where the code is.
pub(super) const CODE: &str = "/var/user";
/// Where the layers are.
pub(super) const LAYERS: &str = "/opt";
/// Variables with paths of the code or the layers, separated by `:`.
const VARIABLES: [&str; 4] = ["USER_CODE_ROOT", "PWD", "PYTHONPATH", "NODE_PATH"];

/// What is to be put in place.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::scf) struct PlatformFolders {
    /// The folder that becomes `/var/user`.
    pub(in crate::scf) code: Option<PathBuf>,
    /// The folder whose entries are to be in `/opt`.
    pub(in crate::scf) layers: Option<PathBuf>,
}

impl PlatformFolders {
    /// Whether there is nothing to do.
    pub(in crate::scf) fn is_nothing(&self) -> bool {
        self.code.is_none() && self.layers.is_none()
    }

    /// As two arguments of a program.
    pub(super) fn words(&self) -> [OsString; 2] {
        [&self.code, &self.layers].map(|path| path.clone().unwrap_or_default().into_os_string())
    }

    /// From those two arguments.
    pub(super) fn of_words(words: &mut impl Iterator<Item = OsString>) -> Option<Self> {
        let mut next = || {
            let word = words.next()?;
            Some((!word.is_empty()).then(|| PathBuf::from(word)))
        };
        let code = next()?;
        let layers = next()?;
        Some(Self { code, layers })
    }

    /// The folder in which the program runs, if it is not the one of the code.
    pub(super) fn working_folder(&self) -> Option<&'static str> {
        self.code.as_ref().map(|_| CODE)
    }

    /// The path at which the program finds what is at `path`.
    pub(super) fn inside(&self, path: &OsStr) -> OsString {
        let places = [(&self.code, CODE), (&self.layers, LAYERS)];
        for (folder, place) in places {
            let below = folder
                .as_ref()
                .and_then(|folder| Path::new(path).strip_prefix(folder).ok());
            if let Some(below) = below {
                let ends = path.as_encoded_bytes().ends_with(b"/");
                let mut inside = Path::new(place).join(below).into_os_string();
                if ends && !inside.as_encoded_bytes().ends_with(b"/") {
                    inside.push("/");
                }
                if !ends && below.as_os_str().is_empty() {
                    return place.into();
                }
                return inside;
            }
        }
        path.to_owned()
    }

    /// Those of the variables that name paths of the machine, with the paths of the platform in their place.
    pub(super) fn renamed(
        &self,
        variables: impl IntoIterator<Item = (String, String)>,
    ) -> Vec<(String, OsString)> {
        let named = variables.into_iter();
        let named = named.filter(|(name, _)| VARIABLES.contains(&name.as_str()));
        let renamed = named.map(|(name, value)| {
            let paths = value.split(':').map(|path| self.inside(OsStr::new(path)));
            let paths: Vec<OsString> = paths.collect();
            (name, paths.join(OsStr::new(":")))
        });
        renamed.collect()
    }
}

#[cfg(target_os = "linux")]
pub(super) use linux::mount;

#[cfg(target_os = "linux")]
mod linux {
    use std::fs::File;
    use std::io;
    use std::os::unix::fs::symlink;
    use std::path::Path;

    use rustix::fs::StatVfsMountFlags;
    use rustix::mount::{MountFlags, mount_bind_recursive, mount_remount};

    use super::{LAYERS, PlatformFolders};

    /// Puts the folders in place for this process, which has left the file system that others see. `scratch` is an empty
    /// folder of its own.
    pub(in super::super) fn mount(wanted: &PlatformFolders, scratch: &Path) -> io::Result<()> {
        if let Some(code) = &wanted.code {
            let var = scratch.join("var");
            let own = var.join("user");
            std::fs::create_dir_all(&own)?;
            bind_read_only(code, &own)?;
            bind_entries(Path::new("/var"), &var, false)?;
            mount_bind_recursive(&var, "/var")?;
        }
        if let Some(layers) = &wanted.layers {
            let opt = scratch.join("opt");
            std::fs::create_dir_all(&opt)?;
            bind_entries(layers, &opt, true)?;
            bind_entries(Path::new(LAYERS), &opt, false)?;
            bind_read_only(&opt, Path::new(LAYERS))?;
        }
        Ok(())
    }

    /// Shows the entries of one folder in another, except those that it has.
    fn bind_entries(from: &Path, to: &Path, is_read_only: bool) -> io::Result<()> {
        for entry in std::fs::read_dir(from)? {
            let entry = entry?;
            let place = to.join(entry.file_name());
            if place.symlink_metadata().is_ok() {
                continue;
            }
            let (path, kind) = (entry.path(), entry.file_type()?);
            if kind.is_symlink() {
                symlink(std::fs::read_link(path)?, place)?;
                continue;
            }
            if kind.is_dir() {
                std::fs::create_dir(&place)?;
            } else {
                File::create(&place)?;
            }
            if is_read_only {
                bind_read_only(&path, &place)?;
            } else {
                mount_bind_recursive(&path, &place)?;
            }
        }
        Ok(())
    }

    fn bind_read_only(from: &Path, to: &Path) -> io::Result<()> {
        mount_bind_recursive(from, to)?;
        // In a user namespace, what restricts the mount must stay.
        let now = rustix::fs::statvfs(to)?.f_flag;
        let kept = [
            (StatVfsMountFlags::NOSUID, MountFlags::NOSUID),
            (StatVfsMountFlags::NODEV, MountFlags::NODEV),
            (StatVfsMountFlags::NOEXEC, MountFlags::NOEXEC),
            (StatVfsMountFlags::NOATIME, MountFlags::NOATIME),
            (StatVfsMountFlags::NODIRATIME, MountFlags::NODIRATIME),
            (StatVfsMountFlags::RELATIME, MountFlags::RELATIME),
        ];
        let kept = kept.into_iter().filter(|(found, _)| now.contains(*found));
        let flags = kept.fold(MountFlags::BIND | MountFlags::RDONLY, |flags, (_, kept)| {
            flags | kept
        });
        Ok(mount_remount(to, flags, "")?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_those_of_the_platform() {
        let folders = PlatformFolders {
            code: Some("/tmp/code".into()),
            layers: Some("/tmp/layers".into()),
        };
        for (path, inside) in [
            ("/tmp/code", "/var/user"),
            ("/tmp/code/", "/var/user/"),
            ("/tmp/code/node_modules", "/var/user/node_modules"),
            ("/tmp/codes", "/tmp/codes"),
            ("/tmp/layers", "/opt"),
            ("/tmp/layers/node_modules", "/opt/node_modules"),
            ("bootstrap", "bootstrap"),
        ] {
            assert_eq!(folders.inside(OsStr::new(path)), inside, "{path}");
        }
        let mut words = folders.words().into_iter();
        assert_eq!(PlatformFolders::of_words(&mut words), Some(folders));
        let nothing = PlatformFolders::default();
        assert!(nothing.is_nothing());
        let mut words = nothing.words().into_iter();
        assert_eq!(PlatformFolders::of_words(&mut words), Some(nothing));
    }
}
