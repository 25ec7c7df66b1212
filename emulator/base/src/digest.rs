//! MD5, SHA and CRC-64 of a body, in one pass over its bytes.
//!
//! Follows: COS reference, section 8 (checksums). The CRC is CRC-64/XZ, which COS writes as unsigned decimal text.

use md5::Md5;
use sha1::Sha1;
use sha2::{Digest as _, Sha256};

/// Takes a body chunk by chunk. MD5 and CRC-64 are always computed, the SHA family only when asked for.
#[derive(Clone)]
pub struct Digester {
    size: u64,
    md5: Md5,
    crc64: crc64fast::Digest,
    sha1: Option<Sha1>,
    sha256: Option<Sha256>,
}

/// What a body comes to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Digests {
    /// Bytes.
    pub size: u64,
    /// MD5.
    pub md5: [u8; 16],
    /// CRC-64/XZ.
    pub crc64: u64,
    /// SHA-1, if it was asked for.
    pub sha1: Option<[u8; 20]>,
    /// SHA-256, if it was asked for.
    pub sha256: Option<[u8; 32]>,
}

impl Digester {
    /// A digester of nothing yet, without SHA.
    pub fn new() -> Self {
        Self {
            size: 0,
            md5: Md5::new(),
            crc64: crc64fast::Digest::new(),
            sha1: None,
            sha256: None,
        }
    }

    /// Computes SHA-1 too.
    #[must_use]
    pub fn with_sha1(mut self) -> Self {
        self.sha1 = Some(Sha1::new());
        self
    }

    /// Computes SHA-256 too.
    #[must_use]
    pub fn with_sha256(mut self) -> Self {
        self.sha256 = Some(Sha256::new());
        self
    }

    /// Takes the next bytes.
    pub fn update(&mut self, bytes: &[u8]) {
        self.size += bytes.len() as u64;
        self.md5.update(bytes);
        self.crc64.write(bytes);
        if let Some(sha1) = &mut self.sha1 {
            sha1.update(bytes);
        }
        if let Some(sha256) = &mut self.sha256 {
            sha256.update(bytes);
        }
    }

    /// How many bytes it has taken.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// The result.
    pub fn finish(self) -> Digests {
        Digests {
            size: self.size,
            md5: self.md5.finalize().into(),
            crc64: self.crc64.sum64(),
            sha1: self.sha1.map(|hash| hash.finalize().into()),
            sha256: self.sha256.map(|hash| hash.finalize().into()),
        }
    }
}

impl Default for Digester {
    fn default() -> Self {
        Self::new()
    }
}

impl std::fmt::Debug for Digester {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "Digester({} bytes)", self.size)
    }
}

impl Digests {
    /// The digests of bytes that are there already, without SHA.
    pub fn of(bytes: &[u8]) -> Self {
        let mut digester = Digester::new();
        digester.update(bytes);
        digester.finish()
    }

    /// The entity tag of a simple upload: the MD5 in lower-case hexadecimal, in double quotes.
    pub fn etag(&self) -> String {
        format!("\"{}\"", hex::encode(self.md5))
    }
}

/// The reflected polynomial of CRC-64/XZ.
const POLYNOMIAL: u64 = 0xC96C_5795_D787_0F42;

/// The CRC-64 of `first` followed by `second`, where `second_size` is the size of the second part in bytes.
///
/// Appending zeros to a message is a linear map of its CRC over GF(2): one matrix for one zero bit, squared again and
/// again for longer runs.
pub fn combine_crc64(first: u64, second: u64, second_size: u64) -> u64 {
    // The map of one zero bit: shift right, and add the polynomial if a one falls out.
    let mut step = [0_u64; 64];
    step[0] = POLYNOMIAL;
    for (bit, column) in step.iter_mut().enumerate().skip(1) {
        *column = 1 << (bit - 1);
    }
    // One zero byte is eight zero bits.
    for _ in 0..3 {
        step = square(&step);
    }
    let mut shifted = first;
    let mut left = second_size;
    while left > 0 {
        if left & 1 == 1 {
            shifted = apply(&step, shifted);
        }
        step = square(&step);
        left >>= 1;
    }
    shifted ^ second
}

fn apply(matrix: &[u64; 64], vector: u64) -> u64 {
    let columns = matrix.iter().enumerate();
    columns.fold(0, |sum, (bit, column)| {
        if vector >> bit & 1 == 1 {
            sum ^ column
        } else {
            sum
        }
    })
}

fn square(matrix: &[u64; 64]) -> [u64; 64] {
    matrix.map(|column| apply(matrix, column))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Value;

    fn vectors() -> Value {
        let text = include_str!("../../../tests/vectors/cos/crc64-vectors.json");
        serde_json::from_str(text).unwrap()
    }

    fn input(name: &str) -> Vec<u8> {
        match name {
            "empty" => Vec::new(),
            "check" => b"123456789".to_vec(),
            "hello" => b"Hello, World!".to_vec(),
            "doc-object-content" => b"[Object Content]".to_vec(),
            "doc-object-content-v2" => b"[Object Content Version 2]".to_vec(),
            "zeros-1024" => vec![0; 1024],
            "bytes-0-255" => (0..=255).collect(),
            "one-mib-a" => vec![b'a'; 1 << 20],
            other => panic!("no input is known for {other}"),
        }
    }

    #[test]
    fn digests_agree_with_the_published_vectors() {
        let vectors = vectors();
        for vector in vectors["vectors"].as_array().unwrap() {
            let bytes = input(vector["name"].as_str().unwrap());
            let mut digester = Digester::new();
            for chunk in bytes.chunks(100) {
                digester.update(chunk);
            }
            let digests = digester.finish();
            assert_eq!(digests.size, vector["length"].as_u64().unwrap());
            assert_eq!(digests.crc64.to_string(), vector["crc64_decimal"]);
            assert_eq!(hex::encode(digests.md5), vector["md5_hex"]);
        }
    }

    #[test]
    fn combined_sums_agree_with_the_published_vectors() {
        let vectors = vectors();
        for case in vectors["combine"].as_array().unwrap() {
            let parts = case["parts_in_order"].as_array().unwrap();
            let combined = parts.iter().fold(0, |sum, part| {
                let crc = part["crc64_decimal"].as_str().unwrap().parse().unwrap();
                combine_crc64(sum, crc, part["length"].as_u64().unwrap())
            });
            assert_eq!(combined.to_string(), case["combined_decimal"]);
        }
    }

    #[test]
    fn sha_is_computed_when_asked_for() {
        let mut digester = Digester::new().with_sha1().with_sha256();
        digester.update(b"abc");
        let digests = digester.finish();
        assert_eq!(
            hex::encode(digests.sha1.unwrap()),
            "a9993e364706816aba3e25717850c26c9cd0d89d"
        );
        assert_eq!(
            hex::encode(digests.sha256.unwrap()),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        );
        assert_eq!(Digests::of(b"abc").sha1, None);
    }
}
