//! Sums where an operand is f64: block by block, both operands as f64.

use super::Backend;
use super::prepared::{load, truth_values};
use super::sums::BATCH;
use crate::error::Result;
use crate::job::{Block, Strides, SumsJob};
use crate::kernel::doubles::nearest;
use crate::kernel::sums::{INFINITY, SumPass};
use crate::kernel::survey::{Survey, survey_run};
use crate::shape::BLOCK_VOXELS;
use crate::stats::scale_of;
use crate::volume::{Data, TruthKind};
use std::borrow::Cow;

impl Backend {
    /// Sums every block and hands them to `sink`.
    pub(super) fn double_sums(&self, job: &SumsJob<'_>, sink: &mut dyn FnMut(Block) -> Result<()>) -> Result<()> {
        let (channels, blocks) = (job.shape.channels(), job.shape.voxels_per_cell().div_ceil(BLOCK_VOXELS));
        let total = (job.shape.samples() * blocks * channels) as usize;
        for start in (0..total).step_by(BATCH) {
            let batch = super::map_indexed(BATCH.min(total - start), |i| {
                // Interleaved channels share their cache lines: all channels of a block are neighbours.
                let (row, channel) = ((start + i) as u64 / channels, (start + i) as u64 % channels);
                self.double_block(job, row / blocks, channel, row % blocks)
            });
            batch.into_iter().try_for_each(&mut *sink)?;
        }
        Ok(())
    }

    fn double_block(&self, job: &SumsJob<'_>, sample: u64, channel: u64, block: u64) -> Block {
        let (cell, first) = (sample * job.shape.channels() + channel, block * BLOCK_VOXELS);
        let voxels = BLOCK_VOXELS.min(job.shape.voxels_per_cell() - first);
        let strides = Strides::of(&job.shape);
        let (at, stride) = (strides.at(sample, channel, first), strides.per_voxel as usize);
        let pred = doubles(job.pred, at, stride, voxels as usize);
        let truth = match job.truth_kind {
            TruthKind::Real => doubles(job.truth, at, stride, voxels as usize),
            TruthKind::Labels => {
                let mut ones = vec![0.0; voxels as usize];
                truth_values(job, sample, channel, first, &mut ones);
                widened(&ones).into()
            }
        };
        let sums = |pass| self.level.sum_doubles(&pred, &truth, pass);
        let mut pass = SumPass { terms: job.options.terms, scale: 0, careful: false };
        let mut raw = sums(pass);
        let mut survey = Survey { max_finite: raw.max_abs, ..Survey::default() };
        if raw.flagged() {
            if raw.max_abs >= INFINITY {
                let [pred, truth] = [&pred, &truth].map(|x| x.iter().map(|&x| nearest(x)).collect::<Vec<f32>>());
                survey = survey_run(&pred, &truth, 1);
                pass.careful = true;
            }
            pass.scale = scale_of(survey.max_finite);
            raw = sums(pass);
        }
        Block { cell, block, sums: raw.block(pass.scale, voxels, survey.non_finite), first_non_finite: survey.first }
    }
}

/// `voxels` elements from `first` on, `stride` apart.
fn doubles(data: Data<'_>, first: usize, stride: usize, voxels: usize) -> Cow<'_, [f64]> {
    match data {
        Data::F64(x) if stride == 1 => x[first..][..voxels].into(),
        Data::F64(x) => x[first..].iter().step_by(stride).take(voxels).copied().collect(),
        _ => {
            let mut values = vec![0.0; voxels];
            load(data, first, stride, &mut values);
            widened(&values).into()
        }
    }
}

fn widened(values: &[f32]) -> Vec<f64> {
    values.iter().map(|&x| x.into()).collect()
}
