//! Counts of a run of label pairs. Twin of shaders/counts_few.wgsl and counts_many.wgsl.

use crate::classes::{ClassIndex, UNLISTED};
use crate::error::Result;
use crate::stats::Counts;

/// A label in memory.
pub(crate) trait Label: bytemuck::Pod + Send + Sync + Eq {
    fn label(self) -> u32;
}

impl Label for u8 {
    #[inline(always)]
    fn label(self) -> u32 {
        u32::from(self)
    }
}

impl Label for u16 {
    #[inline(always)]
    fn label(self) -> u32 {
        u32::from(self)
    }
}

impl Label for u32 {
    #[inline(always)]
    fn label(self) -> u32 {
        self
    }
}

/// Voxels per class in the prediction, the truth and both, and voxels out of range in each. The order is that of the
/// words a kernel writes: pred, truth, both, each by class, then the two out-of-range counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RawCounts {
    classes: usize,
    words: Vec<u64>,
}

impl RawCounts {
    pub fn zero(classes: usize) -> Self {
        Self { classes, words: vec![0; 3 * classes + 2] }
    }

    /// Adds `times` voxels of class `p` in the prediction and `t` in the truth.
    #[inline(always)]
    pub fn add(&mut self, p: u32, t: u32, times: u64) {
        let n = self.classes;
        let (p_class, t_class) = (p as usize, t as usize);
        if p_class < n {
            self.words[p_class] += times;
            if p == t {
                self.words[2 * n + p_class] += times;
            }
        }
        if t_class < n {
            self.words[n + t_class] += times;
        }
        self.words[3 * n] += if p == UNLISTED { times } else { 0 };
        self.words[3 * n + 1] += if t == UNLISTED { times } else { 0 };
    }

    /// Adds what a kernel counted for `pass`, a range of the classes; its out-of-range words go with the first pass.
    pub fn add_words(&mut self, pass: std::ops::Range<usize>, words: &[u32]) {
        let (n, width) = (self.classes, pass.len());
        for statistic in 0..3 {
            let into = &mut self.words[statistic * n + pass.start..][..width];
            for (sum, &word) in into.iter_mut().zip(&words[statistic * width..]) {
                *sum += u64::from(word);
            }
        }
        if pass.start == 0 {
            self.words[3 * n] += u64::from(words[3 * width]);
            self.words[3 * n + 1] += u64::from(words[3 * width + 1]);
        }
    }

    pub fn join(&mut self, other: &Self) {
        for (a, b) in self.words.iter_mut().zip(&other.words) {
            *a += b;
        }
    }

    /// One [`Counts`] per class, of `n` voxels looked at.
    pub fn counts(&self, n: u64) -> Result<Vec<Counts>> {
        let c = self.classes;
        let out_of_range = (self.words[3 * c], self.words[3 * c + 1]);
        (0..c)
            .map(|i| {
                let counts = Counts::new(self.words[2 * c + i], self.words[i], self.words[c + i], n)?;
                Ok(counts.with_out_of_range(out_of_range.0, out_of_range.1))
            })
            .collect()
    }
}

/// Counts a run, one voxel after another.
pub(crate) fn count_run<P: Label, T: Label>(p: &[P], t: &[T], index: &ClassIndex, into: &mut RawCounts) {
    for (p, t) in p.iter().zip(t) {
        into.add(index.class_of(p.label()), index.class_of(t.label()), 1);
    }
}
