//! Chance that is the same every time: a world is made from the seed and its own number, so that it can be made again alone.

/// A generator that gives the same every time.
pub(super) struct Chance(u64);

impl Chance {
    /// The chance of one world of a seed.
    pub(super) fn of_world(seed: u64, number: usize) -> Chance {
        let number = u64::try_from(number).unwrap_or(0);
        let mut chance = Chance(seed ^ number.wrapping_mul(0x9E37_79B9_7F4A_7C15));
        for _ in 0..4 {
            chance.below(2);
        }
        chance
    }

    pub(super) fn below(&mut self, limit: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        let limit = u64::try_from(limit.max(1)).unwrap_or(1);
        usize::try_from((self.0 >> 33) % limit).unwrap_or(0)
    }

    /// True in so many of a hundred.
    pub(super) fn in_a_hundred(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }

    pub(super) fn pick<T: Clone>(&mut self, from: &[T]) -> Option<T> {
        from.get(self.below(from.len())).cloned()
    }
}
