//! Counts on the CPU: threads over runs of blocks, whole words of equal labels at once.

use super::Backend;
use crate::classes::Classes;
use crate::job::CountsJob;
use crate::kernel::counts::{Label, RawCounts};
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
            let mut counts = RawCounts::zero(classes.len());
            count_stretch(&p[start..end], &t[start..end], classes, &mut counts);
            counts
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

/// Counts a stretch of voxels.
pub(super) fn count_stretch<P: Label, T: Label>(p: &[P], t: &[T], classes: &Classes, counts: &mut RawCounts) {
    let (index, overlaps) = (classes.index(), classes.overlaps());
    for_runs(p, t, |p, t, voxels| counts.add(index.class_of(p), index.class_of(t), voxels, overlaps));
}

/// Calls `f` with every stretch of equal pairs of labels. Real maps are mostly constant: `GROUP` voxels that all equal
/// the current pair only lengthen its run.
#[inline(always)]
pub(super) fn for_runs<P: Label, T: Label>(p: &[P], t: &[T], mut f: impl FnMut(u32, u32, u64)) {
    const GROUP: usize = 32;
    let (Some(&p0), Some(&t0)) = (p.first(), t.first()) else { return };
    let (mut pair, mut run) = ((p0, t0), 0);
    let mut extend = |next: (P, T), voxels: u64| {
        if next != pair {
            f(pair.0.label(), pair.1.label(), run);
            (pair, run) = (next, 0);
        }
        run += voxels;
    };
    let (p_groups, p_rest) = p.as_chunks::<GROUP>();
    let (t_groups, t_rest) = t.as_chunks::<GROUP>();
    for (p, t) in p_groups.iter().zip(t_groups) {
        let constant = p.iter().all_equal_to(p[0]) && t.iter().all_equal_to(t[0]);
        if constant {
            extend((p[0], t[0]), GROUP as u64);
        } else {
            p.iter().zip(t).for_each(|(&p, &t)| extend((p, t), 1));
        }
    }
    p_rest.iter().zip(t_rest).for_each(|(&p, &t)| extend((p, t), 1));
    f(pair.0.label(), pair.1.label(), run);
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
