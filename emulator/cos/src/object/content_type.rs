//! The content type of an object whose upload names none.
//!
//! Follows: COS reference, section 0.1: it is derived from the extension of the key.

/// The type of objects whose key has no known extension.
const UNKNOWN: &str = "application/octet-stream";

/// Extensions of streaming, which is what transcoding writes. Choice: the general table has older meanings of them.
const STREAMING: [(&str, &str); 2] = [
    ("m3u8", "application/vnd.apple.mpegurl"),
    ("ts", "video/mp2t"),
];

/// The content type for a key, by its extension in any case; `application/octet-stream` without a known extension.
pub(crate) fn of_key(key: &str) -> &'static str {
    let name = key.rsplit('/').next().unwrap_or(key);
    let Some((stem, extension)) = name.rsplit_once('.') else {
        return UNKNOWN;
    };
    // `.profile` is a name, not an extension.
    if stem.is_empty() {
        return UNKNOWN;
    }
    match STREAMING
        .iter()
        .find(|(known, _)| known.eq_ignore_ascii_case(extension))
    {
        Some((_, content_type)) => content_type,
        None => mime_guess::from_ext(extension)
            .first_raw()
            .unwrap_or(UNKNOWN),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_extension_says_the_type() {
        for (key, expected) in [
            ("a.zip", "application/zip"),
            ("dir/notes.txt", "text/plain"),
            ("a.HTML", "text/html"),
            ("a.json", "application/json"),
            ("a.csv", "text/csv"),
            ("a.png", "image/png"),
            ("a.JPG", "image/jpeg"),
            ("out/a.mp4", "video/mp4"),
            ("out/a.ts", "video/mp2t"),
            ("out/a.M3U8", "application/vnd.apple.mpegurl"),
            ("a.tar.gz", "application/gzip"),
            ("中文.pdf", "application/pdf"),
            ("a", UNKNOWN),
            ("a.", UNKNOWN),
            ("", UNKNOWN),
            ("v1.txt/a", UNKNOWN),
            ("dir.zip/", UNKNOWN),
            (".txt", UNKNOWN),
            ("a.unknown-ending", UNKNOWN),
        ] {
            assert_eq!(of_key(key), expected, "{key}");
        }
    }
}
