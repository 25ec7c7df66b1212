//! Where entries of a zip go: nowhere but below the folder into which it is unpacked.

use std::path::PathBuf;

/// The path of an entry below the folder, without a slash at its end; or what is wrong with its name.
pub(super) fn path(name: &str) -> Result<PathBuf, &'static str> {
    let name = name.strip_suffix('/').unwrap_or(name);
    if name.starts_with('/') {
        return Err("has an absolute path");
    }
    // Some programs write `./index.py`.
    let name = name.strip_prefix("./").unwrap_or(name);
    for part in name.split('/') {
        match part {
            ".." => return Err("leads out of the package"),
            "" | "." => return Err("has a path with an empty part"),
            _ if part.contains('\0') => return Err("has a zero byte in its name"),
            _ => {}
        }
    }
    Ok(PathBuf::from(name))
}

/// Checks where a link at `path` leads to: it must not leave the package.
///
/// Only at its beginning may the target go up: from there on it is known in which folder it is. After the name of another
/// link, `..` would lead to wherever that link leads.
pub(super) fn check_target(path: &std::path::Path, target: &str) -> Result<(), &'static str> {
    const OUT: &str = "is a link that leads out of the package";

    if target.is_empty() || target.contains('\0') {
        return Err("is a link to nothing");
    }
    if target.starts_with('/') {
        return Err(OUT);
    }
    let parts = target.split('/').filter(|part| !matches!(*part, "" | "."));
    let up = parts.clone().take_while(|part| *part == "..").count();
    let folders = path.components().count().saturating_sub(1);
    if up > folders || parts.skip(up).any(|part| part == "..") {
        return Err(OUT);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    #[test]
    fn paths_stay_below_the_folder() {
        for (name, wanted) in [
            ("index.py", "index.py"),
            ("a/b/", "a/b"),
            ("./bootstrap", "bootstrap"),
            ("a/..b/c..", "a/..b/c.."),
            ("b\\c", "b\\c"),
        ] {
            assert_eq!(path(name), Ok(PathBuf::from(wanted)), "{name}");
        }
        for name in [
            "../x",
            "a/../x",
            "a/..",
            "/etc/passwd",
            "//x",
            "a//b",
            "",
            "/",
            "a/./b",
            ".",
            "a\0b",
        ] {
            assert!(path(name).is_err(), "{name:?}");
        }
    }

    #[test]
    fn links_stay_in_the_package() {
        let check = |at: &str, target: &str| check_target(Path::new(at), target);
        assert_eq!(check("a/b/link", "../../x"), Ok(()));
        assert_eq!(check("link", "./a/b"), Ok(()));
        assert_eq!(
            check("node_modules/.bin/tsc", "../typescript/bin/tsc"),
            Ok(())
        );
        // `a/link` may lead up, and `..` after it even further.
        for (at, target) in [
            ("link", ".."),
            ("a/link", "../../x"),
            ("link", "/etc/passwd"),
            ("second", "a/link/.."),
            ("link", ""),
        ] {
            assert!(check(at, target).is_err(), "{at} -> {target}");
        }
    }
}
