//! Rows of bits by fours: the same word of four neighbouring rows lies side by side, so that one step looks at four rows.

use super::bits::Bits;

/// Rows of a four.
pub(super) const FOUR: usize = 4;

/// A word of four rows.
type Four = [u64; FOUR];

/// Slices of rows. Rows that fill the last four of a slice have no bits.
pub(super) struct Fours {
    /// Slices, fours of a slice, bits of a row.
    pub size: [usize; 3],
    /// Words of a row.
    width: usize,
    /// By slice, word of a row and four.
    words: Vec<Four>,
}

impl Fours {
    pub fn of(bits: &Bits) -> Self {
        let [slices, rows, columns] = bits.size;
        let mut fours = Self::new([slices, rows.div_ceil(FOUR), columns]);
        for z in 0..slices {
            for y in 0..rows {
                for (k, &word) in bits.row(z, y).iter().enumerate() {
                    let place = fours.place(z, k, y / FOUR);
                    fours.words[place][y % FOUR] = word;
                }
            }
        }
        fours
    }

    fn new([slices, fours, columns]: [usize; 3]) -> Self {
        let width = columns.div_ceil(64);
        Self { size: [slices, fours, columns], width, words: vec![[0; FOUR]; slices * fours * width] }
    }

    /// Blocks of four rows of four slices, each as one row that has a bit wherever one of these has.
    pub fn blocks(&self) -> Self {
        let [slices, fours, columns] = self.size;
        let mut blocks = Self::new([slices.div_ceil(FOUR), fours.div_ceil(FOUR), columns]);
        for z in 0..slices {
            for k in 0..self.width {
                for four in 0..fours {
                    let any = self.words[self.place(z, k, four)].iter().fold(0, |any, word| any | word);
                    let place = blocks.place(z / FOUR, k, four / FOUR);
                    blocks.words[place][four % FOUR] |= any;
                }
            }
        }
        blocks
    }

    #[inline(always)]
    fn place(&self, slice: usize, k: usize, four: usize) -> usize {
        (slice * self.width + k) * self.size[1] + four
    }

    /// How far the nearest bit of each row of a four is from the middle of the window, if not farther than [`WINDOW`]; more else.
    #[inline(always)]
    pub fn near(&self, slice: usize, four: usize, window: &Window) -> [usize; FOUR] {
        let word = |(k, mask): (usize, u64)| (self.words[self.place(slice, k, four)], mask);
        let ((low, low_mask), (high, high_mask)) = (word(window.low), word(window.high));
        std::array::from_fn(|row| {
            let (low, high) = (low[row] & low_mask, high[row] & high_mask);
            let bits = low >> window.shift | high << 1 << (63 - window.shift);
            let (left, right) = (bits << (63 - WINDOW), bits >> WINDOW);
            left.leading_zeros().min(right.trailing_zeros()) as usize
        })
    }

    /// The bit of a row that is nearest to a place, if it is not farther than `reach`. Each word that is looked at is added to
    /// `cost` as a row is, since it lies far from the last one.
    pub fn nearest(&self, slice: usize, row: usize, x: usize, reach: usize, cost: &mut u64) -> Option<usize> {
        let mut word = |k: usize| {
            *cost += 1;
            self.words[self.place(slice, k, row / FOUR)][row % FOUR]
        };
        let (own, bit) = (x / 64, x % 64);
        let last = ((x.saturating_add(reach)) / 64).min(self.width - 1);
        let lowest = |(k, word): (usize, u64)| (word != 0).then(|| 64 * k + word.trailing_zeros() as usize);
        let highest = |(k, word): (usize, u64)| (word != 0).then(|| 64 * k + 63 - word.leading_zeros() as usize);
        let right =
            lowest((own, word(own) >> bit << bit)).or_else(|| (own + 1..=last).find_map(|k| lowest((k, word(k)))));
        let first = x.saturating_sub(right.map_or(reach, |right| reach.min(right - x))) / 64;
        let left = word(own) << (63 - bit) >> (63 - bit);
        let left = highest((own, left)).or_else(|| (first..own).rev().find_map(|k| highest((k, word(k)))));
        [left, right].into_iter().flatten().min_by_key(|column| column.abs_diff(x))
    }
}

/// How far a window reaches to both sides of its middle, and one more to the right.
pub(super) const WINDOW: usize = 31;

/// The 64 places around one of them.
pub(super) struct Window {
    /// The words that it has bits of, and which of them there are.
    low: (usize, u64),
    high: (usize, u64),
    shift: usize,
}

impl Window {
    /// In rows of so many bits.
    #[inline(always)]
    pub fn new(middle: usize, columns: usize) -> Self {
        // Its first place, one word farther right.
        let first = middle + 64 - WINDOW;
        let (k, words) = (first / 64, columns.div_ceil(64));
        let low = if k > 0 { (k - 1, u64::MAX) } else { (0, 0) };
        let high = if k < words { (k, u64::MAX) } else { (words - 1, 0) };
        Self { low, high, shift: first % 64 }
    }
}
