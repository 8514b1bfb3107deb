//! Gradient of a voxel through an activation, a power or a pointwise loss. Twin of shaders/gradient.wgsl and
//! gradient_channel.wgsl, gradient_softmax.wgsl and gradient_normalise.wgsl.

// Arrays side by side: iterators that are zipped may not be compiled for the instructions that their loop is.
#![allow(clippy::needless_range_loop)]

use super::exact_gradient::finite_partials;
use super::fixed::{Powers, exp_neg, fix, mulhi, one_plus, order, recip};
use super::params::parameter;
use super::scaled::Scaled;
use super::slopes::Slopes;
use super::sums::INFINITY;
use super::voxelwise::Voxels;
use crate::error::Result;
use crate::options::{Activation, SumsOptions};
use crate::stats::{Partials, Terms};

/// f32 bits of ½.
const HALF: u32 = 0x3f00_0000;

/// What a cell multiplies its sums by, as the f32 next to it: word for word what the shader reads.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Coefficients {
    pred: u32,
    product: u32,
    pred_power: u32,
    abs_difference: u32,
    pointwise: u32,
}

impl Coefficients {
    /// # Errors
    /// For a derivative that is not finite.
    pub fn new(partials: &Partials) -> Result<Self> {
        let Partials { pred, product, pred_power, abs_difference, pointwise } = *partials;
        finite_partials([pred, product, pred_power, abs_difference, pointwise])?;
        let bits = |value| parameter(value).to_bits();
        Ok(Self {
            pred: bits(pred),
            product: bits(product),
            pred_power: bits(pred_power),
            abs_difference: bits(abs_difference),
            pointwise: bits(pointwise),
        })
    }

    #[cfg(feature = "gpu")]
    pub fn words(&self) -> [u32; 5] {
        [self.pred, self.product, self.pred_power, self.abs_difference, self.pointwise]
    }

    /// Derivative of the overlap terms with respect to the activated prediction.
    #[inline(always)]
    fn overlap_slope<const N: usize>(&self, terms: Terms, p_bits: &[u32; N], t_bits: &[u32; N]) -> Scaled<N> {
        let (mut less, mut more, mut negative) = ([false; N], [false; N], [false; N]);
        for i in 0..N {
            let (p, t) = (order(p_bits[i]), order(t_bits[i]));
            (less[i], more[i], negative[i]) = (p < t, p > t, p < order(0));
        }
        let p = Scaled::of_bits(p_bits);
        let power = match terms {
            Terms::Plain => Scaled::ZERO,
            Terms::Squared | Terms::All => Scaled::TWO * p,
            Terms::Power(gamma) => {
                let gamma = of(gamma.to_bits());
                let power = gamma * p.abs().power(gamma - Scaled::ONE);
                power.or(-power, &negative)
            }
        };
        let difference = of(self.abs_difference);
        let sign = Scaled::ZERO.or(-difference, &less).or(difference, &more);
        of(self.pred) + of(self.product) * Scaled::of_bits(t_bits) + of(self.pred_power) * power + sign
    }

    #[inline(always)]
    fn pointwise<const N: usize>(&self) -> Scaled<N> {
        of(self.pointwise)
    }
}

/// The same f32 bits in all places.
#[inline(always)]
fn of<const N: usize>(bits: u32) -> Scaled<N> {
    Scaled::of_bits(&[bits; N])
}

/// Gradients of all channels of some voxels, as f32 bits: `coefficients` and `truths` by channel, result in `out`. 0 where a
/// value is not finite, or with softmax and shares that of any channel. A channel whose truth is not finite, as a mask makes
/// it, is in no sum: it adds nothing, but with softmax what the others add moves it too.
#[inline(always)]
pub(crate) fn gradient<const N: usize>(
    voxels: &Voxels<N>,
    options: &SumsOptions,
    coefficients: &[Coefficients],
    truths: &[[u32; N]],
    out: &mut [[u32; N]],
) {
    match options.activation {
        Activation::Softmax => of_softmax(voxels, options, coefficients, truths, out),
        Activation::Normalise => of_shares(voxels, options, coefficients, truths, out),
        _ => of_channels(voxels, options, coefficients, truths, out),
    }
}

#[inline(always)]
fn finite<const N: usize>(bits: &[u32; N]) -> [bool; N] {
    let mut finite = [false; N];
    for i in 0..N {
        finite[i] = bits[i] & 0x7fff_ffff < INFINITY;
    }
    finite
}

/// Up to ½, of f32 bits.
#[inline(always)]
fn low<const N: usize>(p: &[u32; N]) -> [bool; N] {
    let mut low = [false; N];
    for i in 0..N {
        low[i] = p[i] <= HALF || p[i] >> 31 == 1;
    }
    low
}

/// The bits of a gradient, or 0.
#[inline(always)]
fn bits_where<const N: usize>(keep: &[bool; N], gradient: Scaled<N>) -> [u32; N] {
    let mut bits = gradient.to_bits();
    for i in 0..N {
        bits[i] = if keep[i] { bits[i] } else { 0 };
    }
    bits
}

/// Of each channel by itself.
#[inline(always)]
fn of_channels<const N: usize>(
    voxels: &Voxels<N>,
    options: &SumsOptions,
    coefficients: &[Coefficients],
    truths: &[[u32; N]],
    out: &mut [[u32; N]],
) {
    let is_sigmoid = options.activation == Activation::Sigmoid;
    for (c, (out, (k, t))) in out.iter_mut().zip(coefficients.iter().zip(truths)).enumerate() {
        let (mut keep, t_finite) = (finite(&voxels.p[c]), finite(t));
        let mut gradient = k.overlap_slope(options.terms, &voxels.p[c], t);
        if is_sigmoid {
            gradient = gradient * sigmoid_slope(&voxels.raw[c]);
        }
        if let Some(kind) = options.pointwise {
            let slopes = Slopes::new(kind, voxels.logarithms(options.activation, c), t, k.pointwise());
            gradient = gradient + if is_sigmoid { slopes.by_logit() } else { slopes.by_p() };
        }
        for i in 0..N {
            keep[i] &= t_finite[i];
        }
        *out = bits_where(&keep, gradient);
    }
}

/// e / (1 + e)², e = e^−|x|: the derivative of the sigmoid.
#[inline(always)]
fn sigmoid_slope<const N: usize>(bits: &[u32; N]) -> Scaled<N> {
    let (mut d, mut sums, mut m) = ([0; N], [0; N], [0; N]);
    for i in 0..N {
        d[i] = fix(bits[i] & 0x7fff_ffff);
    }
    let Powers { g, n } = exp_neg(&d);
    for i in 0..N {
        sums[i] = one_plus(g[i], n[i]);
    }
    let r = recip(&sums);
    for i in 0..N {
        m[i] = mulhi(g[i], mulhi(r[i], r[i]));
    }
    Scaled::of_powers(&m, &n)
}

/// What a channel adds to the gradients of all.
struct Part<const N: usize> {
    /// The activated prediction, with the bits that an f32 has not.
    p: Scaled<N>,
    /// Slope of the overlap terms.
    h: Scaled<N>,
    /// p times that of the pointwise loss, where p is at most ½.
    w: Scaled<N>,
    /// p (1 − p) times that.
    s: Scaled<N>,
}

/// d/dx_c Σ_k f_k(p_k) = p_c (h_c − Σ_k p_k h_k) + s_c − p_c Σ_{k≠c} w_k, with h the slope of the overlap terms, w = p and
/// s = p (1 − p) times that of the pointwise loss. Of a channel next to 1 w = s / (1 − p) may be beyond every number, and p_c
/// be 0: there p_c w = s · p_c / (1 − p), and the quotient is c's share of the other channels.
#[inline(always)]
fn of_softmax<const N: usize>(
    voxels: &Voxels<N>,
    options: &SumsOptions,
    coefficients: &[Coefficients],
    truths: &[[u32; N]],
    out: &mut [[u32; N]],
) {
    let (mut mean, mut small, mut of_top) = (Scaled::ZERO, Scaled::ZERO, Scaled::ZERO);
    let (mut keep, mut has_high) = ([true; N], [false; N]);
    let mut parts = Vec::with_capacity(out.len());
    for (c, (k, t)) in coefficients.iter().zip(truths).enumerate() {
        let (p, low, fine) = (voxels.share(c), low(&voxels.p[c]), finite(&voxels.p[c]));
        let h = Scaled::ZERO.or(k.overlap_slope(options.terms, &voxels.p[c], t), &finite(t));
        let (mut w, mut s) = (Scaled::ZERO, Scaled::ZERO);
        if let Some(kind) = options.pointwise {
            let slopes = Slopes::new(kind, voxels.logarithms(options.activation, c), t, k.pointwise());
            (w, s) = (w.or(slopes.times_p(), &low), slopes.by_logit());
            small = small + w;
            of_top = of_top + s.or(Scaled::ZERO, &low);
        }
        mean = mean + p * h;
        for i in 0..N {
            keep[i] &= fine[i];
            has_high[i] |= !low[i];
        }
        parts.push(Part { p, h, w, s });
    }
    for (c, (out, Part { p, h, w, s })) in out.iter_mut().zip(parts).enumerate() {
        let mut gradient = p * (h - mean);
        if options.pointwise.is_some() {
            let mut shares = low(&voxels.p[c]);
            for i in 0..N {
                shares[i] &= has_high[i];
            }
            let beside = Scaled::ZERO.or(voxels.share_of_others(c) * of_top, &shares);
            gradient = gradient + s - p * (small - w) - beside;
        }
        *out = bits_where(&keep, gradient);
    }
}

/// With S = Σ x and p = x / S, d/dx_c Σ_k f_k(p_k) = (f_c' − Σ_k p_k f_k') / S.
#[inline(always)]
fn of_shares<const N: usize>(
    voxels: &Voxels<N>,
    options: &SumsOptions,
    coefficients: &[Coefficients],
    truths: &[[u32; N]],
    out: &mut [[u32; N]],
) {
    let (mut mean, mut keep, by) = (Scaled::ZERO, [true; N], voxels.sum.inverse());
    let mut own = Vec::with_capacity(out.len());
    for (c, (k, t)) in coefficients.iter().zip(truths).enumerate() {
        let (p, fine) = (Scaled::of_bits(&voxels.p[c]), finite(&voxels.p[c]));
        let mut slope = Scaled::ZERO.or(k.overlap_slope(options.terms, &voxels.p[c], t), &finite(t));
        let mut times_p = p * slope;
        if let Some(kind) = options.pointwise {
            let slopes = Slopes::new(kind, voxels.logarithms(options.activation, c), t, k.pointwise());
            let of_loss = slopes.by_p();
            slope = slope + of_loss;
            // p times the derivative, which may be beyond every number where p is 0.
            times_p = times_p + (p * of_loss).or(slopes.times_p(), &low(&voxels.p[c]));
        }
        mean = mean + times_p;
        for i in 0..N {
            keep[i] &= fine[i];
        }
        own.push(slope);
    }
    for (out, own) in out.iter_mut().zip(own) {
        *out = bits_where(&keep, (own - mean) * by);
    }
}
