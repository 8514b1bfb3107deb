//! Sigmoid and softmax of many voxels at a time, and gradients through them: loops without branches over whole
//! channels, which the compiler turns into vectors. The arithmetic is that of [`voxelwise`](super::voxelwise), one voxel
//! after another, with the same bits on every instruction set: nothing here is fused or reordered.

use super::exponential::exp;
use super::gradient::overlap_slope;
use super::voxelwise::sigmoid;
use crate::options::Activation;
use crate::stats::{Partials, Terms};

/// Voxels that softmax takes at a time.
const TILE: usize = 128;

/// Channels of the same voxels: channel `c` begins at `c · stride`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Channels {
    pub stride: usize,
    pub voxels: usize,
}

impl Channels {
    fn ranges(self) -> impl Iterator<Item = (usize, usize)> {
        (0..self.voxels).step_by(TILE).map(move |first| (first, TILE.min(self.voxels - first)))
    }
}

/// Whether [`activate`] and [`gradients`] know the activation.
pub(crate) fn knows(activation: Activation) -> bool {
    matches!(activation, Activation::Sigmoid | Activation::Softmax)
}

/// Activates all channels in place. NaN where a value is not finite; with softmax, in all channels.
#[inline(always)]
pub(crate) fn activate(activation: Activation, values: &mut [f32], channels: Channels) {
    if activation == Activation::Softmax {
        return softmax(values, channels);
    }
    for channel in values.chunks_mut(channels.stride) {
        for x in &mut channel[..channels.voxels] {
            let p = sigmoid(f64::from(*x)) as f32;
            *x = if x.is_finite() { p } else { f32::NAN };
        }
    }
}

#[inline(always)]
fn softmax(values: &mut [f32], channels: Channels) {
    let mut powers = vec![0.0; values.len().div_ceil(channels.stride) * TILE];
    for (first, len) in channels.ranges() {
        let (mut largest, mut sum) = ([f32::NEG_INFINITY; TILE], [0.0; TILE]);
        // 0, or NaN where a channel is not finite.
        let mut finite = [0.0; TILE];
        for channel in values.chunks(channels.stride) {
            for (i, &x) in channel[first..][..len].iter().enumerate() {
                largest[i] = if x > largest[i] { x } else { largest[i] };
                finite[i] += x * 0.0;
            }
        }
        for (channel, powers) in values.chunks(channels.stride).zip(powers.chunks_mut(TILE)) {
            for (i, &x) in channel[first..][..len].iter().enumerate() {
                powers[i] = exp(f64::from(x) - f64::from(largest[i]));
                sum[i] += powers[i];
            }
        }
        for (channel, powers) in values.chunks_mut(channels.stride).zip(powers.chunks(TILE)) {
            for (i, p) in channel[first..][..len].iter_mut().enumerate() {
                *p = (powers[i] / sum[i]) as f32 + finite[i];
            }
        }
    }
}

/// Gradients through the activation, in the place of the activated values. Without pointwise losses and powers. A channel
/// whose truth is not finite is in no sum and adds nothing, as in [`voxel_gradient`](super::gradient::voxel_gradient).
#[inline(always)]
pub(crate) fn gradients(
    activation: Activation,
    terms: Terms,
    partials: &[Partials],
    truths: &[f32],
    values: &mut [f32],
    channels: Channels,
) {
    match terms {
        Terms::Plain => {
            of_terms(activation, |d, p, t| overlap_slope(Terms::Plain, d, p, t), partials, truths, values, channels)
        }
        // `Partials` are 0 for sums that were not made.
        Terms::Squared | Terms::Power(_) | Terms::All => {
            of_terms(activation, |d, p, t| overlap_slope(Terms::All, d, p, t), partials, truths, values, channels)
        }
    }
}

#[inline(always)]
fn of_terms(
    activation: Activation,
    slope: impl Fn(&Partials, f64, f64) -> f64,
    partials: &[Partials],
    truths: &[f32],
    values: &mut [f32],
    channels: Channels,
) {
    let finite = |gradient: f64| if gradient.is_finite() { gradient as f32 } else { 0.0 };
    let softmax = activation == Activation::Softmax;
    let slope = |partials: &Partials, p: f64, t: f32| if t.is_finite() { slope(partials, p, t.into()) } else { 0.0 };
    for (first, len) in channels.ranges() {
        let mut mean = [0.0; TILE];
        let voxels = |c: usize| c * channels.stride + first..c * channels.stride + first + len;
        for (c, partials) in partials.iter().enumerate().filter(|_| softmax) {
            for (i, (&p, &t)) in values[voxels(c)].iter().zip(&truths[voxels(c)]).enumerate() {
                mean[i] += f64::from(p) * slope(partials, p.into(), t);
            }
        }
        for (c, partials) in partials.iter().enumerate() {
            for (i, (value, &t)) in values[voxels(c)].iter_mut().zip(&truths[voxels(c)]).enumerate() {
                let p = f64::from(*value);
                let h = slope(partials, p, t);
                *value = finite(if softmax { p * (h - mean[i]) } else { h * p * (1.0 - p) });
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::voxelwise::Voxel;

    #[test]
    fn many_voxels_are_activated_like_one() {
        let (stride, voxels, count) = (311, 300, 3);
        let value = |i: usize| match i % 41 {
            0 => f32::NAN,
            1 => f32::NEG_INFINITY,
            2 => -0.0,
            3 => 1e30,
            _ => ((i * 7919) % 2003) as f32 / 50.0 - 20.0,
        };
        let logits: Vec<f32> = (0..count * stride).map(value).collect();
        for activation in [Activation::Sigmoid, Activation::Softmax] {
            let mut found = logits.clone();
            activate(activation, &mut found, Channels { stride, voxels });
            let mut voxel = Voxel::new(count);
            for i in 0..voxels {
                (0..count).for_each(|c| voxel.raw[c] = logits[c * stride + i]);
                voxel.activate(activation);
                for c in 0..count {
                    let (found, expected) = (found[c * stride + i], voxel.p[c]);
                    assert!(found.to_bits() == expected.to_bits() || (found.is_nan() && expected.is_nan()), "{i} {c}");
                }
            }
        }
    }
}
