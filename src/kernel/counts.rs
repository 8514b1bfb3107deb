//! Counts of a run of label pairs. Twin of shaders/counts_few.wgsl and counts_many.wgsl.

use crate::classes::{IGNORED, Overlaps, UNLISTED};
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

/// Voxels per class in the prediction, the truth and both, voxels out of range in each, and voxels that are masked out.
/// The order is that of the words a kernel writes: pred, truth, both, each by class, then the other three.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RawCounts {
    classes: usize,
    words: Vec<u64>,
}

impl RawCounts {
    pub fn zero(classes: usize) -> Self {
        Self { classes, words: vec![0; 3 * classes + 3] }
    }

    /// Counters as a kernel leaves them for a sample.
    #[cfg(feature = "gpu")]
    pub fn of(classes: usize, words: Vec<u64>) -> Self {
        Self { classes, words }
    }

    /// Adds `times` voxels of class (or group, where classes overlap) `p` in the prediction and `t` in the truth.
    #[inline(always)]
    pub fn add(&mut self, p: u32, t: u32, times: u64, overlaps: Option<&Overlaps>) {
        let n = self.classes;
        if t == IGNORED {
            self.words[3 * n + 2] += times;
            return;
        }
        match overlaps {
            None => self.add_classes(p, t, times),
            Some(overlaps) => self.add_groups(overlaps.classes_of(p), overlaps.classes_of(t), times),
        }
        self.words[3 * n] += if p == UNLISTED { times } else { 0 };
        self.words[3 * n + 1] += if t == UNLISTED { times } else { 0 };
    }

    #[inline(always)]
    fn add_classes(&mut self, p: u32, t: u32, times: u64) {
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
    }

    fn add_groups(&mut self, p: &[u32], t: &[u32], times: u64) {
        let n = self.classes;
        for &class in p {
            self.words[class as usize] += times;
            if t.contains(&class) {
                self.words[2 * n + class as usize] += times;
            }
        }
        for &class in t {
            self.words[n + class as usize] += times;
        }
    }

    /// Adds what a kernel counted for `pass`, a range of the classes; the words behind the classes go with the first pass.
    #[cfg(feature = "gpu")]
    pub fn add_words(&mut self, pass: std::ops::Range<usize>, words: &[u32]) {
        let (n, width) = (self.classes, pass.len());
        for statistic in 0..3 {
            let into = &mut self.words[statistic * n + pass.start..][..width];
            for (sum, &word) in into.iter_mut().zip(&words[statistic * width..]) {
                *sum += u64::from(word);
            }
        }
        if pass.start == 0 {
            // The kernel for few classes has no third word: it runs only where nothing is masked out.
            for (sum, &word) in self.words[3 * n..].iter_mut().zip(&words[3 * width..]) {
                *sum += u64::from(word);
            }
        }
    }

    pub fn join(&mut self, other: &Self) {
        for (a, b) in self.words.iter_mut().zip(&other.words) {
            *a += b;
        }
    }

    /// One [`Counts`] per class, of `voxels`, from which those that are masked out are taken off.
    pub fn counts(&self, voxels: u64) -> Result<Vec<Counts>> {
        let c = self.classes;
        let out_of_range = (self.words[3 * c], self.words[3 * c + 1]);
        let n = voxels.saturating_sub(self.words[3 * c + 2]);
        (0..c)
            .map(|i| {
                let counts = Counts::new(self.words[2 * c + i], self.words[i], self.words[c + i], n)?;
                Ok(counts.with_out_of_range(out_of_range.0, out_of_range.1))
            })
            .collect()
    }
}
