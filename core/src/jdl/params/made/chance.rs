//! Numbers from a seed. Knows nothing of what they are for.

/// Numbers from a seed: SplitMix64, as Steele, Lea and Flood published it (OOPSLA 2014). What comes out is the same in
/// every release and on every machine.
pub(super) struct Chance(u64);

impl Chance {
    /// Begins with a seed.
    pub(super) fn new(seed: u64) -> Chance {
        Chance(seed)
    }

    /// Returns the next number, all bits equally likely.
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// Returns a number from 0 to `bound - 1`, each equally likely; 0 for a bound of 0.
    pub(super) fn below(&mut self, bound: u64) -> u64 {
        // Those above the largest multiple would come too often.
        let rest = (u64::MAX % bound.max(1) + 1) % bound.max(1);
        loop {
            let next = self.next();
            if next <= u64::MAX - rest {
                return next % bound.max(1);
            }
        }
    }

    /// Returns a number from 0 to less than 1, in steps of 2^-53.
    pub(super) fn unit(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }
}

#[cfg(test)]
mod tests {
    use super::Chance;

    #[test]
    fn chance_is_the_published_one() {
        // The first numbers of the reference implementation for this seed.
        let mut chance = Chance::new(1_234_567);
        let first = [(); 3].map(|()| chance.next());
        assert_eq!(
            first,
            [6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423]
        );
        assert!((0..1000).all(|_| chance.below(7) < 7 && (0.0..1.0).contains(&chance.unit())));
    }
}
