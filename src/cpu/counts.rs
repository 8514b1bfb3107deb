//! Counts on the CPU: threads over runs of blocks, whole words of equal labels at once.

use super::Backend;
use crate::classes::{ClassIndex, Classes};
use crate::job::CountsJob;
use crate::kernel::counts::{Label, RawCounts, count_run};
use crate::shape::BLOCK_VOXELS;
use crate::volume::Data;

impl Backend {
    /// Counts every plane (sample).
    pub fn counts(&self, job: &CountsJob<'_>) -> Vec<RawCounts> {
        match job.pred {
            Data::U8(p) => self.counts_with_pred(p, job),
            Data::U16(p) => self.counts_with_pred(p, job),
            Data::U32(p) => self.counts_with_pred(p, job),
            Data::F32(_) | Data::F16(_) => Vec::new(), // a LabelMap never holds floats
        }
    }

    fn counts_with_pred<P: Label>(&self, p: &[P], job: &CountsJob<'_>) -> Vec<RawCounts> {
        match job.truth {
            Data::U8(t) => self.planes(p, t, job),
            Data::U16(t) => self.planes(p, t, job),
            Data::U32(t) => self.planes(p, t, job),
            Data::F32(_) | Data::F16(_) => Vec::new(),
        }
    }

    fn planes<P: Label, T: Label>(&self, p: &[P], t: &[T], job: &CountsJob<'_>) -> Vec<RawCounts> {
        let (voxels, classes) = (job.grid.voxels as usize, job.classes);
        let planes = job.grid.planes as usize;
        // Stretches of whole blocks: a few per thread, so that each makes its counters once.
        let stretches = (4 * super::threads()).div_ceil(planes).min(job.grid.blocks_per_cell() as usize);
        let stretch = voxels.div_ceil(stretches).next_multiple_of(BLOCK_VOXELS as usize);
        let stretches = voxels.div_ceil(stretch);
        let parts = super::map_indexed(planes * stretches, |i| {
            let start = (i / stretches) * voxels + (i % stretches) * stretch;
            let end = (start + stretch).min((i / stretches + 1) * voxels);
            count_stretch(&p[start..end], &t[start..end], classes)
        });
        parts
            .chunks(stretches)
            .map(|parts| {
                let mut sum = RawCounts::zero(classes.len());
                parts.iter().for_each(|part| sum.join(part));
                sum
            })
            .collect()
    }
}

/// Real maps are mostly constant: `GROUP` voxels that all equal the current pair of labels only lengthen its run, and
/// the counters are touched when the pair changes.
fn count_stretch<P: Label, T: Label>(p: &[P], t: &[T], classes: &Classes) -> RawCounts {
    const GROUP: usize = 32;
    let index = classes.index();
    let mut counts = RawCounts::zero(classes.len());
    let mut run = Run { pair: (0, 0), classes: (index.class_of(0), index.class_of(0)), voxels: 0 };
    let (p_groups, p_rest) = p.as_chunks::<GROUP>();
    let (t_groups, t_rest) = t.as_chunks::<GROUP>();
    for (p, t) in p_groups.iter().zip(t_groups) {
        let (p0, t0) = (p[0], t[0]);
        let constant = p.iter().all_equal_to(p0) && t.iter().all_equal_to(t0);
        if constant {
            run.extend((p0.label(), t0.label()), GROUP as u64, index, &mut counts);
        } else {
            for (p, t) in p.iter().zip(t) {
                run.extend((p.label(), t.label()), 1, index, &mut counts);
            }
        }
    }
    run.flush(&mut counts);
    count_run(p_rest, t_rest, index, &mut counts);
    counts
}

/// The current stretch of equal label pairs.
struct Run {
    pair: (u32, u32),
    classes: (u32, u32),
    voxels: u64,
}

impl Run {
    #[inline(always)]
    fn extend(&mut self, pair: (u32, u32), voxels: u64, index: &ClassIndex, counts: &mut RawCounts) {
        if pair != self.pair {
            self.flush(counts);
            *self = Self { pair, classes: (index.class_of(pair.0), index.class_of(pair.1)), voxels: 0 };
        }
        self.voxels += voxels;
    }

    #[inline(always)]
    fn flush(&mut self, counts: &mut RawCounts) {
        counts.add(self.classes.0, self.classes.1, self.voxels);
        self.voxels = 0;
    }
}

trait AllEqual<L> {
    fn all_equal_to(self, value: L) -> bool;
}

impl<'a, L: Label, I: Iterator<Item = &'a L>> AllEqual<L> for I {
    /// Without an early exit, so that the compiler compares whole vectors.
    #[inline(always)]
    fn all_equal_to(self, value: L) -> bool {
        self.fold(true, |equal, &label| equal & (label == value))
    }
}
