//! What identifies a body: its size and its checksums, taken once when the event arrives.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::Digest as _;

/// Size and checksums of one body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Digest {
    /// Bytes.
    pub size: u64,
    /// MD5, as COS shows it in `ETag` (in hexadecimal) and takes it in `Content-MD5` (in base64).
    pub md5: [u8; 16],
    /// CRC-64/XZ, as COS shows it in `x-cos-hash-crc64ecma` (in decimal). Follows: COS, "Checksums".
    pub crc64: u64,
    /// SHA-256, which names the object.
    pub sha256: [u8; 32],
}

impl Digest {
    /// Takes all checksums of `body`.
    pub fn of(body: &[u8]) -> Self {
        let mut crc64 = crc64fast::Digest::new();
        crc64.write(body);
        Self {
            size: body.len() as u64,
            md5: md5::Md5::digest(body).into(),
            crc64: crc64.sum64(),
            sha256: sha2::Sha256::digest(body).into(),
        }
    }

    /// The MD5 in lower-case hexadecimal, without the quotes of an `ETag`.
    pub fn md5_hex(&self) -> String {
        hex::encode(self.md5)
    }

    /// The MD5 as the header `Content-MD5` wants it.
    pub fn content_md5(&self) -> String {
        STANDARD.encode(self.md5)
    }

    /// The first sixteen hexadecimal digits of the SHA-256, the part of a key that tells contents apart.
    pub fn short(&self) -> String {
        hex::encode(&self.sha256[..8])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_check_values_of_all_algorithms() {
        let digest = Digest::of(b"123456789");
        assert_eq!(digest.size, 9);
        assert_eq!(digest.crc64, 11_051_210_869_376_104_954);
        assert_eq!(digest.md5_hex(), "25f9e794323b453885f5181f1b624d0b");
        assert_eq!(digest.content_md5(), "JfnnlDI7RTiF9RgfG2JNCw==");
        assert_eq!(digest.short(), "15e2b0d3c33891eb");
    }

    #[test]
    fn nothing_has_checksums_too() {
        let digest = Digest::of(b"");
        assert_eq!((digest.size, digest.crc64), (0, 0));
        assert_eq!(digest.md5_hex(), "d41d8cd98f00b204e9800998ecf8427e");
    }
}
