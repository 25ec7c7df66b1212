//! Keys as paths that any file system takes: readable where possible, reversible always, never outside of the folder.
//!
//! A key is cut at its slashes. In each segment, `%XX` stands for a byte that is not safe: control characters, `%` itself,
//! what Windows forbids, a dot or space at the end, and the first byte of names with a meaning (`.git`, `nul`).
//! `%_` is an empty segment, and a segment that begins with `%+` continues the one before, which was too long.

use std::fmt::Write as _;

/// Bytes of a path segment at most; file systems allow 255, and names of ours add a few.
const MAX_SEGMENT: usize = 200;

const EMPTY: &str = "%_";
const CONTINUED: &str = "%+";

/// The path of a key, relative to its bucket, with `/` between segments.
pub(super) fn of_key(key: &str) -> String {
    let segments: Vec<_> = key.split('/').map(segment).collect();
    segments.join("/")
}

/// The key of such a path.
#[cfg(test)]
pub(super) fn to_key(path: &str) -> Option<String> {
    let mut key = Vec::new();
    for (index, segment) in path.split('/').enumerate() {
        let (segment, continues) = match segment.strip_prefix(CONTINUED) {
            Some(rest) => (rest, true),
            None => (segment, false),
        };
        if index > 0 && !continues {
            key.push(b'/');
        }
        if segment == EMPTY {
            continue;
        }
        let mut bytes = segment.bytes();
        while let Some(byte) = bytes.next() {
            if byte == b'%' {
                let digits = [bytes.next()?, bytes.next()?];
                key.extend(hex::decode(digits).ok()?);
            } else {
                key.push(byte);
            }
        }
    }
    String::from_utf8(key).ok()
}

/// How file systems that ignore case see a path.
pub(super) fn folded(path: &str) -> String {
    path.to_lowercase()
}

/// The folders above a path, the nearest first.
pub(super) fn ancestors(path: &str) -> impl Iterator<Item = &str> {
    path.rmatch_indices('/').map(|(at, _)| &path[..at])
}

fn segment(segment: &str) -> String {
    if segment.is_empty() {
        return EMPTY.to_owned();
    }
    let last = segment.len() - 1;
    let mut written = String::new();
    // Bytes since the last cut.
    let mut piece = 0;
    for (at, char) in segment.char_indices() {
        let before = written.len();
        let is_unsafe = match char {
            '\0'..='\x1f' | '\x7f' | '%' | '\\' | ':' | '*' | '?' | '"' | '<' | '>' | '|' => true,
            '.' | ' ' => at == last,
            _ => false,
        };
        if is_unsafe || (at == 0 && has_meaning(segment)) {
            escape(&mut written, char);
        } else {
            written.push(char);
        }
        piece += written.len() - before;
        let ends = at + char.len_utf8() > last;
        if piece >= MAX_SEGMENT && !ends {
            written.push('/');
            written.push_str(CONTINUED);
            piece = CONTINUED.len();
        }
    }
    written
}

fn escape(out: &mut String, char: char) {
    for byte in char.encode_utf8(&mut [0; 4]).bytes() {
        let _ = write!(out, "%{byte:02X}");
    }
}

/// Names that mean something to version control or to Windows.
fn has_meaning(segment: &str) -> bool {
    let name = segment.to_ascii_lowercase();
    let stem = name.split('.').next().unwrap_or_default().trim_end();
    let is_device = match stem.len() {
        3 => ["con", "prn", "aux", "nul"].contains(&stem),
        4 => stem.starts_with("com") || stem.starts_with("lpt"),
        _ => false,
    };
    name == "." || name == ".." || name.starts_with(".git") || name.starts_with("git~") || is_device
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ordinary_keys_look_like_themselves() {
        for key in [
            "a",
            "a/b.json",
            "照片/a b+c~(1)!'.jpg",
            ".hidden/x",
            "a..b/c.d",
            "A/comet.txt",
        ] {
            assert_eq!(of_key(key), key);
        }
    }

    #[test]
    fn hostile_keys_are_harmless_and_come_back() {
        let long = "x".repeat(850);
        let controls = "\u{1}".repeat(850);
        let cut = format!("{}/{}..", "y".repeat(400), "z".repeat(199));
        let wide = "中".repeat(283);
        for key in [
            "../x",
            "..",
            ".",
            "a/../../b",
            "/",
            "//",
            "a//b",
            "a/",
            "/a",
            "a/./b",
            "%2E",
            "%_",
            "%+x",
            "a%/b",
            "\0",
            "a\nb",
            "c:\\x",
            "NUL",
            "con.txt",
            ".git/config",
            ".GIT",
            "x.",
            "x ",
            "a|b",
            long.as_str(),
            &controls,
            &cut,
            &wide,
            "%clash/x",
            "x%meta.json",
        ] {
            let path = of_key(key);
            assert_eq!(to_key(&path).as_deref(), Some(key), "{path}");
            for segment in path.split('/') {
                assert!(
                    !segment.is_empty() && segment != "." && segment != "..",
                    "{path}"
                );
                assert!(segment.len() < 220, "{} bytes", segment.len());
                assert!(!segment.to_lowercase().starts_with(".git"), "{path}");
                assert!(
                    !segment.contains("%clash") && !segment.contains("%meta"),
                    "{path}"
                );
            }
        }
    }

    #[test]
    fn different_keys_have_different_paths() {
        let keys = ["a", "a/", "a//", "/a", "%61", "a/%_", "", "/", "A"];
        let mut paths: Vec<_> = keys.iter().map(|key| of_key(key)).collect();
        paths.sort();
        paths.dedup();
        assert_eq!(paths.len(), keys.len());
    }
}
