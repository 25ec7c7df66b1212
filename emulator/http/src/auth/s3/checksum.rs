//! `x-amz-checksum-*`: the checksum of a body, by one of five algorithms.
//!
//! Follows: the published algorithms; all values are base64 of the sum with its highest byte first.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha1::Sha1;
use sha2::{Digest as _, Sha256};

/// The polynomials, with the lowest bit first.
const CRC32: u64 = 0xEDB8_8320;
const CRC32C: u64 = 0x82F6_3B78;
const CRC64_NVME: u64 = 0x9A6C_9329_AC4B_C9B5;

static CRC32_TABLE: [u64; 256] = table(CRC32);
static CRC32C_TABLE: [u64; 256] = table(CRC32C);
static CRC64_NVME_TABLE: [u64; 256] = table(CRC64_NVME);

/// A checksum that is being computed.
pub(super) enum Checksum {
    Crc {
        table: &'static [u64; 256],
        bytes: usize,
        state: u64,
    },
    Sha1(Sha1),
    Sha256(Sha256),
}

impl Checksum {
    /// The sum that a header of this name holds: `x-amz-checksum-crc32` and so on. `None` for an unknown algorithm.
    pub(super) fn named(header: &str) -> Option<Self> {
        let crc = |table, bytes| Self::Crc {
            table,
            bytes,
            state: u64::MAX >> (64 - 8 * bytes),
        };
        Some(match header.strip_prefix("x-amz-checksum-")? {
            "crc32" => crc(&CRC32_TABLE, 4),
            "crc32c" => crc(&CRC32C_TABLE, 4),
            "crc64nvme" => crc(&CRC64_NVME_TABLE, 8),
            "sha1" => Self::Sha1(Sha1::new()),
            "sha256" => Self::Sha256(Sha256::new()),
            _ => return None,
        })
    }

    pub(super) fn update(&mut self, data: &[u8]) {
        match self {
            Self::Crc { table, state, .. } => {
                *state = data.iter().fold(*state, |state, byte| {
                    let index = (state ^ u64::from(*byte)) & 0xff;
                    table[usize::try_from(index).expect("a byte")] ^ (state >> 8)
                });
            }
            Self::Sha1(hash) => hash.update(data),
            Self::Sha256(hash) => hash.update(data),
        }
    }

    /// The checksum as it is written in headers.
    pub(super) fn finish(self) -> String {
        match self {
            Self::Crc { bytes, state, .. } => {
                let sum = (!state).to_be_bytes();
                STANDARD.encode(&sum[8 - bytes..])
            }
            Self::Sha1(hash) => STANDARD.encode(hash.finalize()),
            Self::Sha256(hash) => STANDARD.encode(hash.finalize()),
        }
    }
}

/// The CRC-32 of some bytes, as messages of event streams have it.
pub fn crc32(data: &[u8]) -> u32 {
    let state = data.iter().fold(u64::from(u32::MAX), |state, byte| {
        let index = (state ^ u64::from(*byte)) & 0xff;
        CRC32_TABLE[usize::try_from(index).expect("a byte")] ^ (state >> 8)
    });
    !u32::try_from(state).expect("the table has 32 bits")
}

const fn table(polynomial: u64) -> [u64; 256] {
    let mut table = [0; 256];
    let mut index = 0;
    while index < 256 {
        let mut value = index as u64;
        let mut bit = 0;
        while bit < 8 {
            value = if value & 1 == 1 {
                (value >> 1) ^ polynomial
            } else {
                value >> 1
            };
            bit += 1;
        }
        table[index] = value;
        index += 1;
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_equal_the_published_check_values() {
        for (name, expected) in [
            ("crc32", "cbf43926"),
            ("crc32c", "e3069283"),
            ("crc64nvme", "ae8b14860a799888"),
            ("sha1", "f7c3bc1d808e04732adf679965ccc34ca7ae3441"),
        ] {
            let mut sum = Checksum::named(&format!("x-amz-checksum-{name}")).unwrap();
            sum.update(b"1234");
            sum.update(b"56789");
            let bytes = STANDARD.decode(sum.finish()).unwrap();
            assert_eq!(hex::encode(bytes), expected, "{name}");
        }
        assert!(Checksum::named("x-amz-checksum-type").is_none());
    }
}
