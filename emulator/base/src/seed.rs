//! Chance, through one door: every id and every random choice is a pure function of the seed and of what it is for.
//!
//! Adding a draw does not shift later ones, and the order in which things happen does not matter.

use sha2::{Digest, Sha256};

/// The only source of chance of one run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seed(pub u64);

/// 256 bits drawn for one purpose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Draw([u8; 32]);

impl Seed {
    /// Draws for a purpose: `seed.draw(&["invocation", "3"])` is always the same for the same seed.
    pub fn draw(self, purpose: &[&str]) -> Draw {
        let mut hash = Sha256::new();
        hash.update(self.0.to_le_bytes());
        for part in purpose {
            hash.update((part.len() as u64).to_le_bytes());
            hash.update(part.as_bytes());
        }
        Draw(hash.finalize().into())
    }
}

impl Draw {
    /// A lower-case version 4 UUID.
    pub fn uuid(self) -> String {
        let mut bytes = [0; 16];
        bytes.copy_from_slice(&self.0[..16]);
        uuid::Builder::from_random_bytes(bytes)
            .into_uuid()
            .as_hyphenated()
            .to_string()
    }

    /// `digits` lower-case hexadecimal digits, at most 64.
    pub fn hex(self, digits: usize) -> String {
        let mut text = [0; 64];
        hex::encode_to_slice(self.0, &mut text).expect("two digits are a byte");
        let text = str::from_utf8(&text).expect("digits are ASCII");
        text[..digits].to_owned()
    }

    /// A number below `bound`, which must not be zero.
    pub fn below(self, bound: u64) -> u64 {
        let mut bytes = [0; 8];
        bytes.copy_from_slice(&self.0[..8]);
        u64::from_le_bytes(bytes) % bound
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_draw_depends_on_seed_and_purpose_only() {
        let seed = Seed(7);
        assert_eq!(
            seed.draw(&["request", "1"]),
            Seed(7).draw(&["request", "1"])
        );
        assert_ne!(seed.draw(&["request", "1"]), seed.draw(&["request", "2"]));
        assert_ne!(
            seed.draw(&["request", "1"]),
            Seed(8).draw(&["request", "1"])
        );
        assert_ne!(seed.draw(&["ab", "c"]), seed.draw(&["a", "bc"]));
    }

    #[test]
    fn a_uuid_is_of_version_four() {
        let text = Seed(1).draw(&["request"]).uuid();
        assert_eq!(text.len(), 36);
        assert_eq!(&text[14..15], "4");
    }
}
