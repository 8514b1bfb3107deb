//! Values of a pointwise loss, one for each voxel, computed on the CPU by the definition of the kernels.

use super::{Operands, Prepared};
use crate::cpu::{map_indexed, pred_values, truth_values};
use crate::error::Result;
use crate::kernel::activated::Channels;
use crate::kernel::voxelwise::Voxels;
use crate::metric::{ClassWeights, Divisor, Loss, LossValues, Per};
use crate::options::NonFinite;

/// Voxels that a thread takes at a time.
const STRETCH: u64 = 4096;

/// The values of a term. Where a voxel takes no part they are 0; where it is not finite they are NaN if that is the policy.
pub(super) fn values(of: &Prepared<'_>, loss: &Loss, policy: NonFinite) -> Result<LossValues> {
    let operands = Operands { pred: of.pred.clone(), truth: of.truth.clone(), mask: None };
    let job = operands.host_job()?;
    let (shape, options) = (&job.shape, loss.options());
    let (samples, voxels) = (shape.samples() as usize, shape.voxels_per_cell());
    let kept = loss.kept(shape.channels() as usize)?;
    let divisor = if options.divisor == Divisor::Channels { kept.len() as f64 } else { 1.0 };
    let factor = |channel: usize| match &options.weights {
        ClassWeights::Multiply(list) => list[channel] / divisor,
        ClassWeights::Equal | ClassWeights::Normalise(_) => 1.0 / divisor,
    };
    let stretches = voxels.div_ceil(STRETCH);
    // All kept channels of a chunk, one after another.
    let parts = map_indexed(samples * stretches as usize, |i| {
        let (sample, first) = (i as u64 / stretches, i as u64 % stretches * STRETCH);
        let len = STRETCH.min(voxels - first) as usize;
        let channels = shape.channels() as usize;
        let (mut pred, mut truth) = (vec![0.0; channels * len], vec![0.0; channels * len]);
        let in_rows = Channels { stride: len, voxels: len };
        let activation = pred_values(&job, options.activation, sample, first, &mut pred, in_rows);
        for (channel, truth) in truth.chunks_mut(len).enumerate() {
            truth_values(&job, sample, channel as u64, first, truth);
        }
        let (mut voxel, mut found) = (Voxels::<1>::new(channels), vec![0.0; kept.len() * len]);
        for at in 0..len {
            for channel in 0..channels {
                voxel.raw[channel] = [pred[channel * len + at].to_bits()];
            }
            voxel.activate(activation, loss.pointwise().is_some());
            for (place, &channel) in kept.iter().enumerate() {
                let ([p], t) = (voxel.p[channel], truth[channel * len + at]);
                let is_finite = f32::from_bits(p).is_finite();
                let value = loss.pointwise().filter(|_| is_finite && t.is_finite());
                let missing = if policy == NonFinite::Propagate && !is_finite { f64::NAN } else { 0.0 };
                let of = |kind| {
                    let value = voxel.pointwise(kind, activation, channel, &[t.to_bits()]);
                    factor(channel) * value.to_f64()
                };
                found[place * len + at] = value.map_or(missing, of);
            }
        }
        found
    });
    let by_element = options.per == Per::Element;
    let mut values = Vec::with_capacity(samples * kept.len() * voxels as usize);
    for sample in parts.chunks(stretches as usize) {
        let mut sums = vec![0.0; if by_element { 0 } else { voxels as usize }];
        for place in 0..kept.len() {
            let runs = sample.iter().flat_map(|part| part.chunks(part.len() / kept.len()).nth(place));
            let channel = runs.flatten().copied();
            if by_element {
                values.extend(channel);
            } else {
                sums.iter_mut().zip(channel).for_each(|(sum, value)| *sum += value);
            }
        }
        values.append(&mut sums);
    }
    let channel_axis = by_element.then_some(kept.len());
    let spatial = shape.spatial().iter().map(|&axis| axis as usize);
    let axes = [samples].into_iter().chain(channel_axis).chain(spatial).collect();
    Ok(LossValues { values, shape: axes, reduced: None, undefined: 0 })
}
