//! Counts on the CPU: threads over ranges of blocks, pairs of labels in a table.

use super::Backend;
use super::pairs::{Pairs, for_runs};
use super::simd::Level;
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
            Data::F64(_) | Data::F32(_) | Data::F16(_) | Data::Bf16(_) => Vec::new(), // a LabelMap never holds floats
        }
    }

    fn counts_with_pred<P: Label>(&self, p: &[P], job: &CountsJob<'_>) -> Vec<RawCounts> {
        match job.truth {
            Data::U8(t) => self.planes(p, t, job),
            Data::U16(t) => self.planes(p, t, job),
            Data::U32(t) => self.planes(p, t, job),
            Data::F64(_) | Data::F32(_) | Data::F16(_) | Data::Bf16(_) => Vec::new(),
        }
    }

    fn planes<P: Label, T: Label>(&self, p: &[P], t: &[T], job: &CountsJob<'_>) -> Vec<RawCounts> {
        let (voxels, planes) = (job.grid.voxels as usize, job.grid.planes as usize);
        // There are a few tasks per thread, and each makes its tables once. A task is a range of whole blocks, or a
        // whole plane.
        let tasks = 4 * super::threads();
        let stretches = tasks.div_ceil(planes).min(job.grid.blocks_per_cell() as usize);
        if stretches == 1 {
            let together = planes.div_ceil(tasks);
            let groups = super::map_indexed(planes.div_ceil(together), |group| {
                let mut counter = Counter::new(job.classes, self.level);
                let planes = group * together..planes.min((group + 1) * together);
                let ranges = planes.map(|plane| plane * voxels..(plane + 1) * voxels);
                ranges.map(|range| counter.count(&p[range.clone()], &t[range])).collect::<Vec<_>>()
            });
            return groups.into_iter().flatten().collect();
        }
        let stretch = voxels.div_ceil(stretches).next_multiple_of(BLOCK_VOXELS as usize);
        let stretches = voxels.div_ceil(stretch);
        let parts = super::map_indexed(planes * stretches, |i| {
            let start = (i / stretches) * voxels + (i % stretches) * stretch;
            let range = start..(start + stretch).min((i / stretches + 1) * voxels);
            Counter::new(job.classes, self.level).count(&p[range.clone()], &t[range])
        });
        parts
            .chunks(stretches)
            .map(|parts| {
                let mut sum = RawCounts::zero(job.classes.len());
                parts.iter().for_each(|part| sum.join(part));
                sum
            })
            .collect()
    }
}

/// Counts one chunk after another.
struct Counter<'a> {
    classes: &'a Classes,
    pairs: Pairs,
}

/// Shorter chunks are not worth a table.
const SHORT: usize = 2048;

impl<'a> Counter<'a> {
    fn new(classes: &'a Classes, level: Level) -> Self {
        Self { classes, pairs: Pairs::new(level) }
    }

    fn count<P: Label, T: Label>(&mut self, p: &[P], t: &[T]) -> RawCounts {
        let mut counts = RawCounts::zero(self.classes.len());
        let mut add = |p, t, voxels| add_run(&mut counts, self.classes, p, t, voxels);
        if p.len() < SHORT {
            for_runs(p, t, add);
        } else {
            self.pairs.count(p, t, &mut add);
            self.pairs.drain(add);
        }
        counts
    }
}

/// Adds voxels with these labels.
#[inline(always)]
pub(super) fn add_run(counts: &mut RawCounts, classes: &Classes, p: u32, t: u32, voxels: u64) {
    let index = classes.index();
    counts.add(index.class_of(p), index.class_of(t), voxels, classes.overlaps());
}
