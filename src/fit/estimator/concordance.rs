//! Pairs of models that bits and errors order alike.

use super::order::Order;
use super::pair_signs::PairSigns;

/// Which places in the order of errors have been taken, with fast counts of those before a place.
///
/// # Method
/// One bit for each place, and a Fenwick tree over the counts of 64-bit words: an insertion or a count takes
/// O(log(N/64)) steps and one population count. 90 models are two words.
pub(super) struct Counter {
    words: Vec<u64>,
    tree: Vec<usize>,
}

impl Counter {
    /// For this many models.
    pub(super) fn new(models: usize) -> Self {
        // One more than needed where the number divides by 64, so that a count up to all models has a word.
        let words = models / 64 + 1;
        Self { words: vec![0; words], tree: vec![0; words + 1] }
    }

    fn clear(&mut self) {
        self.words.fill(0);
        self.tree.fill(0);
    }

    fn take(&mut self, place: usize) {
        self.words[place / 64] |= 1 << (place % 64);
        let mut node = place / 64 + 1;
        while let Some(count) = self.tree.get_mut(node) {
            *count += 1;
            node += node & node.wrapping_neg();
        }
    }

    /// Taken places below `place`.
    fn taken_below(&self, place: usize) -> usize {
        let mut node = place / 64;
        let within = self.words[node] & ((1 << (place % 64)) - 1);
        let mut count = within.count_ones() as usize;
        while node > 0 {
            count += self.tree[node];
            node &= node - 1;
        }
        count
    }

    /// `Σ sgn(e_g − e_k) sgn(x_g − x_k)` over pairs: those ordered alike less those ordered otherwise, ties in neither.
    ///
    /// Models come in ascending order of bits; each is compared with those of fewer bits, which have taken their places.
    pub(super) fn concordance(&mut self, order: &Order, signs: &PairSigns) -> i64 {
        if !order.is_tied() && !signs.is_tied() {
            return self.concordance_without_ties(order.models().map(|model| signs.place(model).own));
        }
        self.clear();
        let mut sum = 0_i64;
        let mut earlier = 0;
        for group in order.groups() {
            let size = group.len();
            for model in group.clone() {
                let place = signs.place(model);
                let (below, not_above) = (self.taken_below(place.below), self.taken_below(place.not_above));
                sum += (below + not_above) as i64 - earlier as i64;
            }
            group.for_each(|model| self.take(signs.place(model).own));
            earlier += size;
        }
        sum
    }

    /// The same where no two models tie: of those with fewer bits, the ones not below in errors are above, so that the sum
    /// is that of `2 below − earlier`. `places` are those in the order of errors, in ascending order of bits.
    pub(super) fn concordance_without_ties(&mut self, places: impl Iterator<Item = usize>) -> i64 {
        self.clear();
        let (mut below, mut models) = (0_usize, 0_usize);
        for place in places {
            below += self.taken_below(place);
            self.take(place);
            models += 1;
        }
        2 * below as i64 - (models * models.saturating_sub(1) / 2) as i64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_those_of_a_plain_list() {
        for models in [1, 63, 64, 65, 128, 500] {
            let mut counter = Counter::new(models);
            let mut taken = Vec::new();
            // 37 divides none of these, so every place comes once.
            for place in (0..models).map(|k| (37 * k + 11) % models) {
                for below in [0, place, models / 2, models] {
                    assert_eq!(counter.taken_below(below), taken.iter().filter(|&&other| other < below).count());
                }
                counter.take(place);
                taken.push(place);
            }
        }
    }
}
