//! The small objects that stand in for outputs, so that a function can find what an event names.

use bytes::Bytes;
use md5::{Digest, Md5};

use crate::mps::object::OutputObject;

/// The header that tells which task has written an object.
pub const TASK_ID_HEADER: &str = "x-cos-meta-mps-task-id";

/// An output of the task at a path that begins with `/`.
pub(super) fn object(bucket: &str, path: &str, task_id: &str, body: String) -> OutputObject {
    OutputObject {
        bucket: bucket.to_owned(),
        key: path.strip_prefix('/').unwrap_or(path).to_owned(),
        body: Bytes::from(body),
        metadata: vec![(TASK_ID_HEADER.to_owned(), task_id.to_owned())],
    }
}

/// A line of text instead of media.
pub(super) fn media(kind: &str, path: &str) -> String {
    format!("placeholder for {kind} {path}\n")
}

/// A playlist of one segment with a duration of `millis` milliseconds.
pub(super) fn media_playlist(millis: u64, segment: &str) -> String {
    let (whole, decimals) = (millis / 1000, millis % 1000);
    format!(
        "#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-TARGETDURATION:{}\n#EXTINF:{whole}.{decimals:03},\n{}\n#EXT-X-ENDLIST\n",
        millis.div_ceil(1000),
        file_name(segment)
    )
}

/// A playlist of playlists: 1000 bits per second and path of each.
pub(super) fn master_playlist(streams: &[(u64, String)]) -> String {
    let mut text = "#EXTM3U\n".to_owned();
    for (kbps, path) in streams {
        let bandwidth = (kbps * 1000).to_string();
        let name = file_name(path);
        text += &["#EXT-X-STREAM-INF:BANDWIDTH=", &bandwidth, "\n", name, "\n"].concat();
    }
    text
}

/// The index of a sprite's big pictures.
pub(super) fn web_vtt(millis: u64, images: &[String]) -> String {
    let mut text = "WEBVTT\n".to_owned();
    let each = millis / images.len().max(1) as u64;
    for (position, path) in (0..).zip(images) {
        let (from, to) = (each * position, each * (position + 1));
        let name = file_name(path);
        text += &["\n", &clock(from), " --> ", &clock(to), "\n", name, "\n"].concat();
    }
    text
}

/// Subtitles of one sentence, shown from and to a time in milliseconds.
pub(super) fn subtitles((from, to): (u64, u64), text: &str) -> String {
    [
        "WEBVTT\n\n",
        &clock(from),
        " --> ",
        &clock(to),
        "\n",
        text,
        "\n",
    ]
    .concat()
}

/// MD5 in lower-case hexadecimal digits.
pub(super) fn md5_hex(data: impl AsRef<[u8]>) -> String {
    hex::encode(Md5::digest(data))
}

fn clock(millis: u64) -> String {
    let seconds = millis / 1000;
    format!(
        "{:02}:{:02}:{:02}.{:03}",
        seconds / 3600,
        seconds / 60 % 60,
        seconds % 60,
        millis % 1000
    )
}

fn file_name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn playlists_name_the_files_beside_them() {
        assert_eq!(
            media_playlist(62_820, "/out/a_0.ts"),
            "#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-TARGETDURATION:63\n#EXTINF:62.820,\na_0.ts\n#EXT-X-ENDLIST\n"
        );
        assert_eq!(
            master_playlist(&[(304, "/out/a_0.m3u8".into())]),
            "#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=304000\na_0.m3u8\n"
        );
    }

    #[test]
    fn the_index_of_a_sprite_covers_the_duration() {
        let images = ["/out/a_0.jpg".to_owned(), "/out/a_1.jpg".to_owned()];
        assert_eq!(
            web_vtt(7_262_500, &images),
            "WEBVTT\n\n00:00:00.000 --> 01:00:31.250\na_0.jpg\n\n01:00:31.250 --> 02:01:02.500\na_1.jpg\n"
        );
    }
}
