//! Sums on the CPU: a block at a time, at scale 0. A block that needs another scale is surveyed and summed again.

use super::Backend;
use crate::error::Result;
use crate::job::{Block, SumsJob};
use crate::kernel::sums::{INFINITY, SumPass};
use crate::kernel::survey::{Survey, survey_run};
use crate::kernel::voxel::{F16Bits, Typed, Voxel};
use crate::shape::{BLOCK_VOXELS, Grid};
use crate::stats::{Terms, scale_of};
use crate::volume::{Data, Dtype};

/// Blocks between two visits of the sink: enough to keep the threads busy, few enough to stay in little memory.
pub(super) const BATCH: usize = 4096;

impl Backend {
    /// Sums every block and hands them to `sink`.
    pub fn sums(&self, job: &SumsJob<'_>, sink: &mut dyn FnMut(Block) -> Result<()>) -> Result<()> {
        if job.is_of_doubles() {
            return self.double_sums(job, sink);
        }
        // bfloat16 is widened tile by tile: no kernel is compiled for it.
        let wide = [job.pred, job.truth].iter().any(|data| data.dtype() == Dtype::Bf16);
        if wide || !job.is_plain() {
            return self.prepared_sums(job, sink);
        }
        match job.pred {
            Data::F32(p) => self.sums_with_pred(p, job, sink),
            Data::F16(p) => self.sums_with_pred(bytemuck::cast_slice::<u16, F16Bits>(p), job, sink),
            Data::U8(p) => self.sums_with_pred(p, job, sink),
            Data::U16(p) => self.sums_with_pred(p, job, sink),
            Data::F64(_) | Data::Bf16(_) | Data::U32(_) => Ok(()), // see above, and only label maps hold u32
        }
    }

    fn sums_with_pred<P: Voxel>(
        &self,
        p: &[P],
        job: &SumsJob<'_>,
        sink: &mut dyn FnMut(Block) -> Result<()>,
    ) -> Result<()> {
        match job.truth {
            Data::F32(t) => self.blocks(p, t, job.shape.grid(), job.options.terms, sink),
            Data::F16(t) => {
                self.blocks(p, bytemuck::cast_slice::<u16, F16Bits>(t), job.shape.grid(), job.options.terms, sink)
            }
            Data::U8(t) => self.blocks(p, t, job.shape.grid(), job.options.terms, sink),
            Data::U16(t) => self.blocks(p, t, job.shape.grid(), job.options.terms, sink),
            Data::F64(_) | Data::Bf16(_) | Data::U32(_) => Ok(()),
        }
    }

    fn blocks<P: Voxel, T: Voxel>(
        &self,
        p: &[P],
        t: &[T],
        grid: Grid,
        terms: Terms,
        sink: &mut dyn FnMut(Block) -> Result<()>,
    ) -> Result<()> {
        let (per_cell, channels) = (grid.blocks_per_cell() as usize, grid.channels as usize);
        let total = grid.cells() as usize * per_cell;
        for start in (0..total).step_by(BATCH) {
            let batch = super::map_indexed(BATCH.min(total - start), |i| {
                // Interleaved channels share their cache lines: all channels of a block are neighbours.
                let (row, channel) = ((start + i) / channels, (start + i) % channels);
                let (plane, block) = (row / per_cell, row % per_cell);
                self.block(p, t, grid, terms, (plane * channels + channel) as u64, block as u64)
            });
            batch.into_iter().try_for_each(&mut *sink)?;
        }
        Ok(())
    }

    fn block<P: Voxel, T: Voxel>(&self, p: &[P], t: &[T], grid: Grid, terms: Terms, cell: u64, block: u64) -> Block {
        let stride = grid.channels as usize;
        let voxels = grid.block_voxels(block);
        let (plane, channel) = (cell / grid.channels, cell % grid.channels);
        let first = ((plane * grid.voxels + block * BLOCK_VOXELS) * grid.channels + channel) as usize;
        // From the first voxel of this channel to its last; constructors have checked that the slices are this long.
        let range = first..first + (voxels as usize - 1) * stride + 1;
        let (p, t) = (&p[range.clone()], &t[range]);

        if let (Typed::U8(p), Typed::U8(t)) = (P::typed(p), T::typed(t)) {
            let sums = self.level.sum_integers(p, t, stride).integer_block(voxels);
            return Block { cell, block, sums, first_non_finite: [None; 2] };
        }
        let mut pass = SumPass { terms, scale: 0, careful: false };
        let mut raw = self.level.sum_run(p, t, stride, pass);
        let mut survey = Survey { max_finite: raw.max_abs, ..Survey::default() };
        if raw.flagged() {
            if raw.max_abs >= INFINITY {
                survey = survey_run(p, t, stride);
                pass.careful = true;
            }
            pass.scale = scale_of(survey.max_finite);
            raw = self.level.sum_run(p, t, stride, pass);
        }
        Block { cell, block, sums: raw.block(pass.scale, voxels, survey.non_finite), first_non_finite: survey.first }
    }
}
