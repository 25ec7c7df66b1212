//! Code packages: what is unpacked, what is refused, and that nothing is written anywhere else.

use std::fs;
use std::io::{Cursor, Write as _};
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};

use backlot::scf::package::{Fault, Package, PackageError, UNZIPPED_LIMIT, pack, sha256};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

/// A zip in the making.
struct Zip(ZipWriter<Cursor<Vec<u8>>>);

impl Zip {
    fn new() -> Self {
        Self(ZipWriter::new(Cursor::new(Vec::new())))
    }

    fn file(mut self, name: &str, mode: u32, content: &[u8]) -> Self {
        let options = SimpleFileOptions::default().unix_permissions(mode);
        self.0.start_file(name, options).unwrap();
        self.0.write_all(content).unwrap();
        self
    }

    fn link(mut self, name: &str, target: &str) -> Self {
        let options = SimpleFileOptions::default();
        self.0.add_symlink(name, target, options).unwrap();
        self
    }

    fn bytes(self) -> Vec<u8> {
        self.0.finish().unwrap().into_inner()
    }
}

/// The paths of all that is below a folder.
fn paths(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(&next).unwrap() {
            let path = entry.unwrap().path();
            if path.symlink_metadata().unwrap().is_dir() {
                folders.push(path.clone());
            }
            found.push(path.strip_prefix(folder).unwrap().to_owned());
        }
    }
    found.sort();
    found
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o7777
}

/// The error of a zip, as people read it.
#[track_caller]
fn refused(zip: &[u8]) -> String {
    let error = Package::from_zip(zip).unwrap_err();
    assert_eq!(error.fault(), Fault::Zip, "{error}");
    error.to_string()
}

#[test]
fn a_package_is_unpacked_and_gone_when_it_is_dropped() {
    let zip = Zip::new()
        .file("bootstrap", 0o755, b"#!/bin/sh\n")
        .file("lib/a.py", 0o600, b"a = 1\n")
        .file("./setuid", 0o4755, b"x")
        .link("lib/b.py", "a.py")
        .bytes();
    let package = Package::from_zip(&zip).unwrap();
    let code = package.code();
    let wanted = ["bootstrap", "lib", "lib/a.py", "lib/b.py", "setuid"];
    assert_eq!(paths(&code), wanted.map(PathBuf::from));
    assert_eq!(mode(&code.join("bootstrap")), 0o755);
    assert_eq!(mode(&code.join("lib/a.py")), 0o644);
    assert_eq!(mode(&code.join("setuid")), 0o755, "the bit is not kept");
    assert_eq!(fs::read(code.join("lib/b.py")).unwrap(), b"a = 1\n");
    assert_eq!(fs::read(package.zip()).unwrap(), zip);
    assert_eq!((package.size(), package.unzipped()), (zip.len() as u64, 17));
    assert_eq!(package.sha256(), sha256(&zip));
    assert_eq!(
        sha256(b""),
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    );
    drop(package);
    assert!(!code.exists());
}

/// A `bootstrap` that was packed without permissions cannot be executed, as on the platform.
#[test]
fn without_unix_permissions_nothing_is_executable() {
    let mut zip = Zip::new().file("bootstrap", 0o755, b"#!/bin/sh\n").bytes();
    // The entry of the central directory: made by version 2.0 for DOS, attributes 0.
    let entry = zip.windows(4).position(|at| at == b"PK\x01\x02").unwrap();
    zip[entry + 5] = 0;
    zip[entry + 38..entry + 42].fill(0);
    let package = Package::from_zip(&zip).unwrap();
    assert_eq!(mode(&package.code().join("bootstrap")), 0o644);
}

#[test]
fn entries_do_not_leave_the_package() {
    for name in [
        "../evil",
        "a/../../evil",
        "/tmp/backlot-evil",
        "a//b",
        "a/./b",
    ] {
        let said = refused(&Zip::new().file(name, 0o644, b"x").bytes());
        assert!(said.contains(name), "{said}");
    }
    assert!(!Path::new("/tmp/backlot-evil").exists());
    for (name, target) in [
        ("link", "/etc"),
        ("link", "../.."),
        ("second", "link/../.."),
    ] {
        let said = refused(&Zip::new().link(name, target).bytes());
        assert!(said.contains("leads out of the package"), "{said}");
    }
}

/// Nothing is written through a link, whatever the order.
#[test]
fn links_are_not_written_through() {
    let check = |zip: Zip| {
        let said = refused(&zip.bytes());
        assert!(
            said.contains("the name of another file or folder"),
            "{said}"
        );
    };
    let file = || Zip::new().file("a/x", 0o644, b"x");
    check(file().link("b", "a").file("b/x", 0o644, b"y"));
    check(file().file("b/x", 0o644, b"y").link("b", "a"));
}

#[test]
fn files_and_folders_of_one_name_are_refused() {
    let said = refused(
        &Zip::new()
            .file("a", 0o644, b"x")
            .file("a/b", 0o644, b"x")
            .bytes(),
    );
    assert_eq!(
        said,
        "`a/b` in the package has the name of another file or folder"
    );
    let mut twice = Zip::new()
        .file("aa", 0o644, b"x")
        .file("ab", 0o644, b"x")
        .bytes();
    let at: Vec<usize> = (0..twice.len() - 1)
        .filter(|at| &twice[*at..at + 2] == b"ab")
        .collect();
    for at in at {
        twice[at + 1] = b'a';
    }
    assert_eq!(refused(&twice), "the package has entries of the same name");
}

/// A zip that says itself that it is too large is not even begun with.
#[test]
fn a_bomb_is_refused() {
    let mut bomb = Zip::new().file("zeros", 0o644, &[0; 99]).bytes();
    let entry = bomb.windows(4).position(|at| at == b"PK\x01\x02").unwrap();
    let size = u32::try_from(UNZIPPED_LIMIT + 1).unwrap().to_le_bytes();
    bomb[entry + 24..entry + 28].copy_from_slice(&size);
    let error = Package::from_zip(&bomb).unwrap_err();
    assert!(matches!(error, PackageError::TooLarge), "{error}");
    assert_eq!(error.fault(), Fault::Size);
    assert_eq!(
        error.to_string(),
        "the package has more than 500 MB unzipped"
    );
}

#[test]
fn what_is_no_zip_or_damaged_is_refused() {
    let whole = Zip::new()
        .file("index.py", 0o644, &b"def main_handler(): pass\n".repeat(99))
        .bytes();
    for bytes in [&b""[..], b"hello", &whole[..whole.len() / 2]] {
        assert_eq!(
            refused(bytes),
            "the package is not a zip file that can be read"
        );
    }
    assert_eq!(refused(&Zip::new().bytes()), "the package has no files");
    let mut damaged = whole.clone();
    damaged[50] ^= 0xff;
    assert_eq!(
        refused(&damaged),
        "`index.py` in the package cannot be read"
    );
    // Flags of the local header and of the central directory: encrypted.
    let mut encrypted = whole;
    let entry = encrypted
        .windows(4)
        .position(|at| at == b"PK\x01\x02")
        .unwrap();
    encrypted[6] |= 1;
    encrypted[entry + 8] |= 1;
    assert_eq!(
        refused(&encrypted),
        "`index.py` in the package cannot be read"
    );
}

/// Equal code makes an equal zip, wherever and whenever it was written, and comes out of it as it was.
#[test]
fn a_folder_becomes_a_package_and_a_folder_again() {
    let place = tempfile::tempdir().unwrap();
    let make = |name: &str, order: &[&str]| {
        let folder = place.path().join(name);
        for file in order {
            let path = folder.join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(&path, file).unwrap();
        }
        let bootstrap = fs::Permissions::from_mode(0o744);
        fs::set_permissions(folder.join("bootstrap"), bootstrap).unwrap();
        symlink("../bootstrap", folder.join("lib/link")).unwrap();
        fs::create_dir_all(folder.join(".git/objects")).unwrap();
        fs::create_dir_all(folder.join("lib/__pycache__")).unwrap();
        folder
    };
    let one = make("one", &["bootstrap", "lib/ü.py"]);
    let other = make("other", &["lib/ü.py", "bootstrap"]);
    let zip = pack(&one).unwrap();
    assert_eq!(zip, pack(&other).unwrap());
    let package = Package::from_zip(&zip).unwrap();
    let wanted = ["bootstrap", "lib", "lib/link", "lib/ü.py"];
    assert_eq!(paths(&package.code()), wanted.map(PathBuf::from));
    assert_eq!(mode(&package.code().join("bootstrap")), 0o755);
    assert_eq!(pack(&package.code()).unwrap(), zip);
    fs::write(one.join("lib/ü.py"), "changed").unwrap();
    assert_ne!(pack(&one).unwrap(), zip);
}

#[test]
fn a_folder_that_cannot_be_packed_says_why() {
    let place = tempfile::tempdir().unwrap();
    let error = pack(place.path()).unwrap_err();
    assert_eq!(error.to_string(), "the package has no files");
    symlink("/etc/hosts", place.path().join("hosts")).unwrap();
    let error = pack(place.path()).unwrap_err();
    assert_eq!(
        error.to_string(),
        "`hosts` in the package is a link that leads out of the package"
    );
    let missing = pack(&place.path().join("nothing")).unwrap_err();
    assert_eq!(missing.fault(), Fault::Machine);
}

#[test]
fn stored_entries_are_read_too() {
    let options = SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
    let mut zip = Zip::new();
    zip.0.start_file("index.js", options).unwrap();
    zip.0.write_all(b"x").unwrap();
    let package = Package::from_zip(&zip.bytes()).unwrap();
    assert_eq!(fs::read(package.code().join("index.js")).unwrap(), b"x");
}
