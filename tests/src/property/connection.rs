//! The front door: whatever bytes a client sends, the answers are whole, and the connection ends.

use std::net::SocketAddr;

use backlot::stage::{Settings, Stage};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::runtime::Runtime;

use super::input::Input;
use super::rig::{self, PATIENCE};

/// The whole front door, without services behind it.
struct Open {
    runtime: Runtime,
    stage: Stage,
}

thread_local! {
    static OPEN: Open = Open::new();
}

/// Two sizes of pieces, then what is sent.
pub(super) fn check(data: &[u8]) {
    let mut input = Input(data);
    let sizes = [input.byte(), input.byte()];
    let sent = input.0;
    OPEN.with(|open| {
        open.stage.journal().clear();
        let clock = open.stage.clock();
        let work = clock.within(PATIENCE, talk(&open.stage, &sizes, sent));
        let back = open
            .runtime
            .block_on(work)
            .expect("the connection stays open");
        // The first byte of a TLS handshake: what goes back is in another language.
        if sent.first() != Some(&0x16) {
            answers(&back);
        }
    });
}

impl Open {
    fn new() -> Self {
        let runtime = rig::runtime();
        let stage = runtime
            .block_on(Stage::start(Settings::default()))
            .expect("a stage starts");
        // Otherwise an answer that follows the journal would never end.
        stage.admin().close();
        Self { runtime, stage }
    }
}

/// Sends all of it and reads until the other side closes.
async fn talk(stage: &Stage, sizes: &[u8], sent: &[u8]) -> Vec<u8> {
    let (near, far) = tokio::io::duplex(4096);
    let peer = SocketAddr::from(([127, 0, 0, 1], 50_000));
    stage.attend(far, peer).await;
    let (mut reader, mut writer) = tokio::io::split(near);
    let mut back = Vec::new();
    let sending = async {
        let mut rest = sent;
        for size in sizes {
            let (piece, after) = rest.split_at(usize::from(*size).min(rest.len()));
            rest = after;
            if writer.write_all(piece).await.is_err() {
                return;
            }
            tokio::task::yield_now().await;
        }
        // The other side may close before it has read all, which is its right.
        drop(writer.write_all(rest).await);
        drop(writer.shutdown().await);
    };
    let reading = reader.read_to_end(&mut back);
    let ((), read) = tokio::join!(sending, reading);
    read.expect("a stream in memory does not break");
    back
}

/// Reads one answer after the other. Answers to HEAD say how long they would be, so a head that follows a head counts as
/// such a case; and the bytes in an open tunnel are not looked at.
fn answers(back: &[u8]) {
    let mut rest = back;
    while !rest.is_empty() {
        let shown = || String::from_utf8_lossy(back).into_owned();
        assert!(rest.starts_with(b"HTTP/1."), "not an answer: {}", shown());
        let end = rest.windows(4).position(|four| four == b"\r\n\r\n");
        let end = end.unwrap_or_else(|| panic!("a head without an end: {}", shown()));
        let head = std::str::from_utf8(&rest[..end]);
        let head = head.unwrap_or_else(|_| panic!("a head that is not text: {}", shown()));
        rest = &rest[end + 4..];
        let status: u16 = head
            .get(9..12)
            .and_then(|digits| digits.parse().ok())
            .unwrap_or_else(|| panic!("a head without a status: {}", shown()));
        assert!((100..600).contains(&status), "{}", shown());
        assert!(status != 500 && status != 503, "{}", shown());
        let lines = head.split("\r\n").skip(1);
        for line in lines.clone() {
            let name = line.split_once(':').map(|(name, _)| name);
            let is_name = name.is_some_and(|name| {
                !name.is_empty()
                    && name
                        .bytes()
                        .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
            });
            assert!(is_name, "`{line}` is not a header: {}", shown());
        }
        let header = |wanted: &str| {
            let mut pairs = lines.clone().filter_map(|line| line.split_once(':'));
            pairs.find_map(|(name, value)| {
                name.eq_ignore_ascii_case(wanted)
                    .then(|| value.trim().to_ascii_lowercase())
            })
        };
        if rest.starts_with(b"HTTP/1.") || rest.is_empty() {
            continue;
        }
        if let Some(length) = header("content-length") {
            let length: usize = length.parse().unwrap_or_else(|_| panic!("{}", shown()));
            rest = rest
                .get(length..)
                .unwrap_or_else(|| panic!("a body is cut: {}", shown()));
        } else {
            // In chunks, until the end, or inside of a tunnel.
            return;
        }
    }
}
