//! Activations, pointwise losses and gradients of many voxels: tiles of them, in loops without branches that the compiler turns
//! into vectors, with the same bits on every instruction set.

use super::gradient::{Coefficients, gradient};
use super::voxelwise::{Voxels, power};
use crate::options::SumsOptions;

/// Voxels that are taken at a time: enough that no multiplication waits for another, few enough that all steps of them stay
/// in registers and the nearest cache. Code that is not optimised has a place on the stack for each step.
const TILE: usize = if cfg!(debug_assertions) { 2 } else { 32 };

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

    /// The bits of a tile of every channel.
    #[inline(always)]
    fn load(self, values: &[f32], (first, len): (usize, usize), tile: &mut [[u32; TILE]]) {
        for (bits, channel) in tile.iter_mut().zip(values.chunks(self.stride)) {
            bits.iter_mut().zip(&channel[first..][..len]).for_each(|(bits, x)| *bits = x.to_bits());
        }
    }

    #[inline(always)]
    fn store(self, tile: &[[u32; TILE]], (first, len): (usize, usize), values: &mut [f32]) {
        for (bits, channel) in tile.iter().zip(values.chunks_mut(self.stride)) {
            channel[first..][..len].iter_mut().zip(bits).for_each(|(x, &bits)| *x = f32::from_bits(bits));
        }
    }
}

/// Activates all channels in place, and fills in the pointwise losses in units of their grid, if there are any.
#[inline(always)]
pub(crate) fn activate(
    options: &SumsOptions,
    values: &mut [f32],
    truths: &[f32],
    losses: &mut [u64],
    channels: Channels,
) {
    let count = values.len().div_ceil(channels.stride);
    let (mut voxels, mut truth) = (Voxels::<TILE>::new(count), vec![[0; TILE]; count]);
    for range in channels.ranges() {
        channels.load(values, range, &mut voxels.raw);
        voxels.activate(options.activation, options.pointwise.is_some());
        channels.store(&voxels.p, range, values);
        let Some(pointwise) = options.pointwise else { continue };
        channels.load(truths, range, &mut truth);
        for (c, losses) in losses.chunks_mut(channels.stride).enumerate() {
            let units = voxels.pointwise(pointwise, options.activation, c, &truth[c]).units();
            losses[range.0..][..range.1].copy_from_slice(&units[..range.1]);
        }
    }
}

/// Gradients of all channels, in the place of their values.
#[inline(always)]
pub(crate) fn gradients(
    options: &SumsOptions,
    coefficients: &[Coefficients],
    truths: &[f32],
    values: &mut [f32],
    channels: Channels,
) {
    let count = coefficients.len();
    let (mut voxels, mut truth) = (Voxels::<TILE>::new(count), vec![[0; TILE]; count]);
    let mut found = vec![[0; TILE]; count];
    for range in channels.ranges() {
        channels.load(values, range, &mut voxels.raw);
        channels.load(truths, range, &mut truth);
        voxels.activate(options.activation, options.pointwise.is_some());
        gradient(&voxels, options, coefficients, &truth, &mut found);
        channels.store(&found, range, values);
    }
}

/// |x|^γ of every value.
#[inline(always)]
pub(crate) fn powers(values: &[f32], gamma: f32, out: &mut [f32]) {
    let channels = Channels { stride: values.len().max(1), voxels: values.len() };
    let mut tile = [[0; TILE]];
    for range in channels.ranges() {
        channels.load(values, range, &mut tile);
        channels.store(&[power(&tile[0], gamma)], range, out);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::options::Activation;
    use crate::pointwise::Pointwise;
    use crate::stats::{Partials, Terms};

    /// Of tiles and of single voxels, whose arithmetic is the shaders'.
    #[test]
    fn many_voxels_are_like_one() {
        let (stride, voxels, count) = (111, 100, 3);
        let value = |i: usize| match i % 41 {
            0 => f32::NAN,
            1 => f32::NEG_INFINITY,
            2 => -0.0,
            3 => 1e30,
            _ => ((i * 7919) % 2003) as f32 / 50.0 - 20.0,
        };
        let logits: Vec<f32> = (0..count * stride).map(value).collect();
        let truths: Vec<f32> = (0..count * stride).map(|i| (i % 3) as f32 / 2.0).collect();
        let channels = Channels { stride, voxels };
        let partials = Partials { pred: 0.3, product: -0.5, pred_power: 0.2, abs_difference: 0.1, pointwise: 0.7 };
        let coefficients = vec![Coefficients::new(&partials).unwrap(); count];
        for activation in [Activation::None, Activation::Sigmoid, Activation::Softmax, Activation::Normalise] {
            let focal = Pointwise::Focal { gamma: 1.5, alpha: Some(0.25) };
            let options = SumsOptions { activation, pointwise: Some(focal), terms: Terms::All };
            let (mut found, mut losses) = (logits.clone(), vec![0; logits.len()]);
            activate(&options, &mut found, &truths, &mut losses, channels);
            let mut slopes = logits.clone();
            gradients(&options, &coefficients, &truths, &mut slopes, channels);
            let (mut voxel, mut gradient_of_one) = (Voxels::<1>::new(count), vec![[0]; count]);
            for i in 0..voxels {
                let at = |c: usize| c * stride + i;
                (0..count).for_each(|c| voxel.raw[c] = [logits[at(c)].to_bits()]);
                let truth: Vec<[u32; 1]> = (0..count).map(|c| [truths[at(c)].to_bits()]).collect();
                voxel.activate(activation, true);
                gradient(&voxel, &options, &coefficients, &truth, &mut gradient_of_one);
                for c in 0..count {
                    assert_eq!([found[at(c)].to_bits()], voxel.p[c], "{activation:?} {i} {c}");
                    let loss = voxel.pointwise(focal, activation, c, &truth[c]).units();
                    assert_eq!([losses[at(c)]], loss, "{activation:?} {i} {c}");
                    assert_eq!([slopes[at(c)].to_bits()], gradient_of_one[c], "{activation:?} {i} {c}");
                }
            }
        }
    }
}
