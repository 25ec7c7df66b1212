//! The mock engine: made-up media data. It depends on the source object alone, so it is equal in every run.
//!
//! Follows: mps.md section 12, which also comes with vectors. All arithmetic is on unsigned integers and rounds down.

pub mod edit;
pub mod image;
pub mod probe;
pub mod transcode;

use md5::Md5;
use sha2::{Digest, Sha256};

use crate::mps::object::SourceObject;

/// 32 bytes from which small choices are picked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entropy([u8; 32]);

impl Entropy {
    /// What a source object gives: its address and `ETag`, not its size.
    pub fn of(source: &SourceObject) -> Self {
        let text = format!(
            "{}\n{}\n/{}\n{}",
            source.bucket, source.region, source.key, source.etag
        );
        Self(Sha256::digest(text).into())
    }

    /// What one sub-task gets: `index` is the position among those of its kind, from 0.
    #[must_use]
    pub fn part(&self, kind: &str, index: usize, definition: u64) -> Self {
        let text = format!("{}:{kind}:{index}:{definition}", self.hex());
        Self(Sha256::digest(text).into())
    }

    /// The `slot`-th choice, from 0 to 15, among `count`.
    pub fn pick(&self, slot: usize, count: u64) -> u64 {
        let pair = [self.0[2 * slot], self.0[2 * slot + 1]];
        u64::from(u16::from_be_bytes(pair)) % count
    }

    /// An element of `choices`.
    pub fn choose<T: Copy, const N: usize>(&self, slot: usize, choices: [T; N]) -> T {
        let position = self.pick(slot, N as u64);
        choices[usize::try_from(position).expect("a position in an array")]
    }

    /// The bytes in lower-case hexadecimal digits.
    pub fn hex(&self) -> String {
        hex::encode(self.0)
    }
}

/// `Md5` of an output that is not really there, in lower-case hexadecimal digits.
pub fn output_md5(bucket: &str, path: &str, definition: u64, size: u64) -> String {
    let text = format!("{bucket}|{path}|{definition}|{size}");
    hex::encode(Md5::digest(text))
}

/// `a * b / c` rounded down without overflow on the way; the largest number if the result does not fit.
pub(super) fn mul_div(a: u64, b: u64, c: u64) -> u64 {
    let wide = u128::from(a) * u128::from(b) / u128::from(c);
    u64::try_from(wide).unwrap_or(u64::MAX)
}

/// The size in bytes of a file with streams of a bit rate and a duration: the streams, 0.5 % more, and 2048 bytes.
pub(super) fn file_size(bits_per_second: u64, millis: u64) -> u64 {
    let streams = mul_div(bits_per_second, millis, 8000);
    streams
        .saturating_add(mul_div(streams, 5, 1000))
        .saturating_add(2048)
}
