//! Masks as rows of bits along the last axis, 64 voxels a word.

use crate::stats::ImageEdge;
use std::ops::Range;

/// A mask. Bits behind the end of a row are 0.
#[derive(Clone)]
pub(in crate::cpu) struct Bits {
    /// Slices, rows of a slice, bits of a row.
    pub size: [usize; 3],
    /// Words of a row.
    pub width: usize,
    pub words: Vec<u64>,
}

/// Fewer queries than this are not worth a separate task.
const QUERIES: u64 = 2048;

/// Fewer words than this are not worth a separate task.
const WORDS: usize = 1 << 14;

impl Bits {
    pub fn new(size: [usize; 3]) -> Self {
        let width = size[2].div_ceil(64);
        Self { size, width, words: vec![0; size[0] * size[1] * width] }
    }

    /// Bits whose rows are made by `f(z, y, row)`, on threads where there are many.
    pub fn of_rows(size: [usize; 3], f: impl Fn(usize, usize, &mut [u64]) + Send + Sync) -> Self {
        let mut bits = Self::new(size);
        let (rows, width) = (size[1], bits.width);
        let together = WORDS.div_ceil(width);
        let tasks: Vec<(usize, &mut [u64])> = bits.words.chunks_mut(together * width).enumerate().collect();
        crate::cpu::for_each(
            tasks,
            || (),
            |(), (task, words)| {
                for (row, words) in (task * together..).zip(words.chunks_exact_mut(width)) {
                    f(row / rows, row % rows, words);
                }
            },
        );
        bits
    }

    /// Of rows of 32-bit words.
    #[cfg(feature = "gpu")]
    pub fn of_words(size: [usize; 3], words: &[u32]) -> Self {
        let width = size[2].div_ceil(32);
        Self::of_rows(size, |z, y, out| {
            let row = &words[(z * size[1] + y) * width..][..width];
            for (out, pair) in out.iter_mut().zip(row.chunks(2)) {
                *out = pair.iter().rev().fold(0, |word, &half| word << 32 | u64::from(half));
            }
        })
    }

    /// Slices times rows.
    pub fn rows(&self) -> usize {
        self.size[0] * self.size[1]
    }

    pub fn row(&self, z: usize, y: usize) -> &[u64] {
        &self.words[(z * self.size[1] + y) * self.width..][..self.width]
    }

    pub fn is_empty(&self) -> bool {
        self.words.iter().all(|&word| word == 0)
    }

    pub fn count(&self) -> u64 {
        self.words.iter().map(|word| u64::from(word.count_ones())).sum()
    }

    /// Bits of both.
    pub fn count_common(&self, other: &Self) -> u64 {
        self.words.iter().zip(&other.words).map(|(a, b)| u64::from((a & b).count_ones())).sum()
    }

    pub fn and(&self, other: &Self) -> Self {
        let words = self.words.iter().zip(&other.words).map(|(a, b)| a & b).collect();
        Self { words, ..*self }
    }

    pub fn without(&self, other: &Self) -> Self {
        let words = self.words.iter().zip(&other.words).map(|(a, b)| a & !b).collect();
        Self { words, ..*self }
    }

    pub fn remove(&mut self, other: &Self) {
        self.words.iter_mut().zip(&other.words).for_each(|(a, b)| *a &= !b);
    }

    /// Ranges of rows to be worked on in parallel, given this much work.
    pub fn tasks(&self, queries: u64) -> Vec<Range<usize>> {
        let most = 16 * crate::cpu::threads();
        let tasks = usize::try_from(queries / QUERIES).unwrap_or(most).clamp(1, most);
        let rows = self.rows().div_ceil(tasks);
        (0..self.rows()).step_by(rows.max(1)).map(|row| row..self.rows().min(row + rows)).collect()
    }

    /// Every bit in these rows.
    pub fn each_in(&self, rows: Range<usize>, mut f: impl FnMut(usize, usize, usize)) {
        for row in rows {
            let (z, y) = (row / self.size[1], row % self.size[1]);
            for (k, &word) in self.words[row * self.width..][..self.width].iter().enumerate() {
                each_bit(word, |bit| f(z, y, 64 * k + bit));
            }
        }
    }
}

/// The places of the bits of a word, in order.
#[inline(always)]
pub(in crate::cpu) fn each_bit(mut word: u64, mut f: impl FnMut(usize)) {
    while word != 0 {
        f(word.trailing_zeros() as usize);
        word &= word - 1;
    }
}

/// Sets the bits of a row in these places.
#[cfg(feature = "eval")]
pub(super) fn set(row: &mut [u64], places: Range<usize>) {
    if places.is_empty() {
        return;
    }
    let (first, last) = (places.start / 64, (places.end - 1) / 64);
    for (k, word) in row.iter_mut().enumerate().take(last + 1).skip(first) {
        let mut bits = u64::MAX;
        if k == first {
            bits &= u64::MAX << (places.start % 64);
        }
        if k == last {
            bits &= u64::MAX >> (63 - (places.end - 1) % 64);
        }
        *word |= bits;
    }
}

/// Where a crop ends with the image, and the image is repeated beyond it.
#[derive(Debug, Clone, Copy)]
pub(in crate::cpu) struct Sides(pub [[bool; 2]; 3]);

impl Sides {
    /// The sides that are repeated: none, where there is background beyond the image.
    pub fn with(self, edge: ImageEdge) -> Self {
        match edge {
            ImageEdge::Background => Self([[false; 2]; 3]),
            ImageEdge::Repeat => self,
        }
    }

    /// Where the mask of `size` is read for the place `i - 1` along an axis, `i` from 0 on; none in the background.
    pub fn clamp(&self, axis: usize, i: usize, size: usize) -> Option<usize> {
        match i.checked_sub(1) {
            None => self.0[axis][0].then_some(0),
            Some(at) if at >= size => self.0[axis][1].then(|| size - 1),
            at => at,
        }
    }
}

/// For each voxel of a row whether the one before it is set.
#[inline(always)]
pub(super) fn before(row: &[u64], k: usize, repeat: bool) -> u64 {
    let carry = if k > 0 { row[k - 1] >> 63 } else { u64::from(repeat) & row[0] };
    row[k] << 1 | carry
}

/// For each voxel of a row of `bits` whether the one behind it is set.
#[inline(always)]
pub(super) fn behind(row: &[u64], k: usize, bits: usize, repeat: bool) -> u64 {
    let carry = row.get(k + 1).map_or(0, |next| next << 63);
    let last = (bits - 1) % 64;
    let repeated = if repeat && k + 1 == row.len() { row[k] & 1 << last } else { 0 };
    row[k] >> 1 | carry | repeated
}
