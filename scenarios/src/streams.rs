//! One seed enters at the top; each actor gets a random stream of its own, so that adding one
//! does not shake the others. Must not know what the streams are used for.

use rand::SeedableRng;
use rand_pcg::Pcg64Mcg;
use sha2::{Digest, Sha256};

/// The seed of a whole run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seed(pub u64);

impl Seed {
    /// The stream of the actor `owner` (a cluster, a campaign) for one `purpose`.
    pub fn stream(self, purpose: &str, owner: &str) -> Pcg64Mcg {
        Pcg64Mcg::from_seed(self.digest(purpose, owner))
    }

    /// A seed for a generator that wants a number.
    pub fn number(self, purpose: &str, owner: &str) -> u64 {
        let bytes = self.digest(purpose, owner);
        u64::from_le_bytes(bytes[..8].try_into().expect("sixteen bytes hold eight"))
    }

    fn digest(self, purpose: &str, owner: &str) -> [u8; 16] {
        let mut hash = Sha256::new();
        hash.update(self.0.to_le_bytes());
        // Lengths keep ("ab", "c") and ("a", "bc") apart.
        for text in [purpose, owner] {
            hash.update((text.len() as u64).to_le_bytes());
            hash.update(text.as_bytes());
        }
        let whole = hash.finalize();
        whole[..16].try_into().expect("a SHA-256 digest holds sixteen bytes")
    }
}

#[cfg(test)]
mod tests {
    use rand::Rng;

    use super::*;

    #[test]
    fn streams_differ_by_purpose_owner_and_seed_and_repeat() {
        let first =
            |seed: u64, purpose: &str, owner: &str| Seed(seed).stream(purpose, owner).next_u64();
        let value = first(1, "faults", "kth");
        assert_eq!(value, first(1, "faults", "kth"));
        for other in
            [first(2, "faults", "kth"), first(1, "fault", "skth"), first(1, "faults", "luna")]
        {
            assert_ne!(value, other);
        }
    }
}
