//! Gradients on the CPU, a block of voxels with all its channels at a time.

use super::Backend;
use super::prepared::{Scratch, load, truth_values};
use crate::error::Result;
use crate::job::{GradientJob, Strides, SumsJob};
use crate::kernel::gradient::{ExactCoefficients, exact_coefficients, is_exact, voxel_gradient};
use crate::kernel::voxelwise::Voxel;
use crate::stats::Partials;

impl Backend {
    /// Writes the gradient with respect to the prediction, in its layout.
    pub fn gradient(&self, job: &GradientJob<'_>, out: &mut [f32]) -> Result<()> {
        let sums = &job.sums;
        let channels = sums.shape.channels();
        let exact = if is_exact(&sums.options) { exact_coefficients(job.partials, job.scales)? } else { Vec::new() };
        let voxels = Scratch::voxels_for(sums) as u64;
        let chunks = sums.shape.voxels_per_cell().div_ceil(voxels);
        let total = (sums.shape.samples() * chunks) as usize;
        let strides = Strides::of(&sums.shape);
        // As many chunks at a time as keep the threads busy; each is copied to its place afterwards.
        let batch = 8 * super::threads();
        for start in (0..total).step_by(batch) {
            let done = super::map_indexed(batch.min(total - start), |i| {
                let chunk = (start + i) as u64;
                let (sample, first) = (chunk / chunks, chunk % chunks * voxels);
                let len = voxels.min(sums.shape.voxels_per_cell() - first) as usize;
                (sample, first, len, chunk_gradient(job, &exact, sample, first, len))
            });
            for (sample, first, len, values) in done {
                for channel in 0..channels {
                    let into = &mut out[strides.at(sample, channel, first)..];
                    let from = &values[channel as usize * len..][..len];
                    for (into, &value) in into.iter_mut().step_by(strides.per_voxel as usize).zip(from) {
                        *into = value;
                    }
                }
            }
        }
        Ok(())
    }
}

/// Gradients of a chunk, channel by channel.
fn chunk_gradient(job: &GradientJob<'_>, exact: &[ExactCoefficients], sample: u64, first: u64, len: usize) -> Vec<f32> {
    let sums = &job.sums;
    let channels = sums.shape.channels() as usize;
    let cell = sample as usize * channels;
    let mut pred = vec![0.0; channels * len];
    let mut truth = vec![0.0; channels * len];
    load_chunk(sums, sample, first, len, &mut pred, &mut truth);
    if !exact.is_empty() {
        for (i, (p, &t)) in pred.iter_mut().zip(&truth).enumerate() {
            *p = exact[cell + i / len].gradient(p.to_bits(), t.to_bits());
        }
        return pred;
    }
    let partials: &[Partials] = &job.partials[cell..cell + channels];
    let mut voxel = Voxel::new(channels);
    let (mut t, mut gradient) = (vec![0.0; channels], vec![0.0; channels]);
    for i in 0..len {
        for c in 0..channels {
            voxel.raw[c] = pred[c * len + i];
            t[c] = truth[c * len + i];
        }
        voxel.activate(sums.options.activation);
        voxel_gradient(&voxel, &sums.options, partials, &t, &mut gradient);
        for c in 0..channels {
            pred[c * len + i] = gradient[c];
        }
    }
    pred
}

fn load_chunk(job: &SumsJob<'_>, sample: u64, first: u64, len: usize, pred: &mut [f32], truth: &mut [f32]) {
    let strides = Strides::of(&job.shape);
    for channel in 0..job.shape.channels() {
        let range = channel as usize * len..(channel as usize + 1) * len;
        let at = strides.at(sample, channel, first);
        load(job.pred, at, strides.per_voxel as usize, &mut pred[range.clone()]);
        truth_values(job, sample, channel, first, &mut truth[range]);
    }
}
