//! A mask as a bit for each voxel.

use crate::io::Placement;

/// Which voxels of a grid are in.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Bits {
    /// 64 voxels each, the first one lowest. Bits behind the last voxel are 0.
    words: Vec<u64>,
    len: usize,
}

/// Voxels that are unpacked at a time.
const CHUNK: usize = 1 << 16;

impl Bits {
    /// Adds a run of voxels behind the last one.
    pub fn push(&mut self, is_in: bool, run: usize) {
        let (start, end) = (self.len, self.len.saturating_add(run));
        self.words.resize(end.div_ceil(64), 0);
        self.len = end;
        if !is_in || run == 0 {
            return;
        }
        let (first, last) = (start / 64, (end - 1) / 64);
        let (low, high) = (!0 << (start % 64), !0 >> (63 - (end - 1) % 64));
        for (place, word) in self.words.iter_mut().enumerate().take(last + 1).skip(first) {
            *word |= if place == first { low } else { !0 } & if place == last { high } else { !0 };
        }
    }

    /// Adds a voxel that is in, where others may be set already.
    pub fn set(&mut self, voxel: usize) {
        self.reach(voxel.saturating_add(1));
        if let Some(word) = self.words.get_mut(voxel / 64) {
            *word |= 1 << (voxel % 64);
        }
    }

    /// Voxels up to this number; those that are new are not in.
    pub fn reach(&mut self, len: usize) {
        if len > self.len {
            self.push(false, len - self.len);
        }
    }

    pub fn has(&self, voxel: usize) -> bool {
        self.words.get(voxel / 64).is_some_and(|word| word >> (voxel % 64) & 1 == 1)
    }

    /// How many voxels are in.
    pub fn ones(&self) -> u64 {
        self.words.iter().map(|word| u64::from(word.count_ones())).sum()
    }

    /// Adds the voxels of another mask of the same grid.
    pub fn add(&mut self, other: &Self) {
        self.reach(other.len);
        self.words.iter_mut().zip(&other.words).for_each(|(word, other)| *word |= other);
    }

    /// Takes the voxels of another mask of the same grid out.
    pub fn remove(&mut self, other: &Self) {
        self.words.iter_mut().zip(&other.words).for_each(|(word, other)| *word &= !other);
    }

    /// How many voxels are in both masks of one grid.
    pub fn both(&self, other: &Self) -> u64 {
        self.words.iter().zip(&other.words).map(|(word, other)| u64::from((word & other).count_ones())).sum()
    }

    /// 0 or 1 for each voxel.
    pub fn bytes(&self) -> Vec<u8> {
        (0..self.len).map(|voxel| u8::from(self.has(voxel))).collect()
    }

    /// The mask in another grid, at the given position; voxels outside of that grid are dropped.
    pub fn onto(&self, place: &Placement) -> Self {
        let mut found = Self::default();
        let (mut chunk, mut start) = (vec![0; CHUNK], 0);
        while start < place.len() {
            let n = usize::try_from(place.len() - start).unwrap_or(CHUNK).min(CHUNK);
            let out = chunk.get_mut(..n).unwrap_or_default();
            place.fill_bits(|voxel| self.has(voxel), start, out);
            out.chunk_by(u8::eq).for_each(|run| found.push(run.first() == Some(&1), run.len()));
            start += n as u64;
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Runs of all lengths that begin and end everywhere in a word, beside plain booleans.
    #[test]
    fn runs_are_their_voxels() {
        for length in [1, 2, 63, 64, 65, 127, 128, 200] {
            let (mut bits, mut plain) = (Bits::default(), Vec::new());
            for (place, run) in [length, 3, 1, length, 64, 1, 7].into_iter().enumerate() {
                bits.push(place % 2 == 0, run);
                plain.extend(vec![u8::from(place % 2 == 0); run]);
            }
            assert_eq!(bits.bytes(), plain, "{length}");
            assert_eq!(bits.ones(), plain.iter().map(|&voxel| u64::from(voxel)).sum::<u64>());
            let mut set = Bits::default();
            for (voxel, _) in plain.iter().enumerate().filter(|(_, voxel)| **voxel == 1).rev() {
                set.set(voxel);
            }
            set.reach(plain.len());
            assert_eq!(set, bits);
        }
    }

    #[test]
    fn masks_are_joined_and_parted() {
        let of = |voxels: &[u8]| {
            let mut bits = Bits::default();
            voxels.iter().for_each(|&voxel| bits.push(voxel == 1, 1));
            bits
        };
        let (mut a, b) = (of(&[1, 1, 0, 0, 1]), of(&[1, 0, 1, 0, 1]));
        assert_eq!(a.both(&b), 2);
        a.add(&b);
        assert_eq!(a, of(&[1, 1, 1, 0, 1]));
        a.remove(&b);
        assert_eq!((a.bytes(), a.ones()), (vec![0, 1, 0, 0, 0], 1));
    }
}
