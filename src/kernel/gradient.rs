//! Gradient of a voxel. Twin of shaders/gradient_exact.wgsl and gradient.wgsl.
//!
//! Without an activation, a power or a pointwise loss, the gradient `A·t + B·p + C + D·sign(p − t)` is rounded in a
//! way that every device can repeat: coefficients and voxels are truncated to 30 bits below the largest coefficient
//! and the scale of the cell, multiplied and added as integers, and the sum is rounded once to the nearest f32 (ties
//! to even; results below the normal range become 0). The error is at most 2^-28 of the largest coefficient times the
//! largest voxel, and half a unit in the last place.

use super::sums::INFINITY;
use super::voxelwise::Voxel;
use crate::error::{Error, Result};
use crate::options::{Activation, SumsOptions};
use crate::pointwise::Pointwise;
use crate::stats::{Partials, Terms};

/// Scales beyond this have no exact gradient: voxels above a thousand million are not a prediction.
const MAX_SCALE: u16 = 30;

/// Probabilities below the smallest normal f32 count as this in a quotient.
const SMALLEST: f64 = f32::MIN_POSITIVE as f64;

/// Coefficients of a cell on their common grid: word for word what the exact shader reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, bytemuck::Pod, bytemuck::Zeroable)]
#[repr(C)]
pub(crate) struct ExactCoefficients {
    /// A, B, C, D in units of 2^(e - 30), where 2^e covers the largest of them.
    pub product: i32,
    pub square: i32,
    pub constant: i32,
    pub sign: i32,
    /// Exponent of one unit of the sum.
    pub exponent: i32,
    /// Scale of the cell: |p|, |t| ≤ 2^scale.
    pub scale: u32,
}

impl ExactCoefficients {
    pub fn new(partials: &Partials, scale: u16) -> Result<Self> {
        let out_of_range = |name, value: f64, range: &str| {
            Err(Error::Parameter { name, value: value.to_string(), range: range.into() })
        };
        if scale > MAX_SCALE {
            return out_of_range("a voxel's magnitude", 2f64.powi(scale.into()), "at most 2^30 for a gradient");
        }
        // d(p²)/dp = 2p.
        let values = [partials.product, 2.0 * partials.pred_power, partials.pred, partials.abs_difference];
        if let Some(&value) = values.iter().find(|value| !value.is_finite()) {
            return out_of_range("a partial derivative", value, "finite");
        }
        let largest = values.iter().fold(0f64, |most, value| most.max(value.abs()));
        if largest == 0.0 {
            return Ok(Self { scale: scale.into(), ..Self::default() });
        }
        let exponent = exponent_above(largest);
        let [product, square, constant, sign] =
            values.map(|value| (value * power_of_two(30 - exponent)).trunc() as i32);
        Ok(Self { product, square, constant, sign, exponent: exponent + i32::from(scale) - 60, scale: scale.into() })
    }

    /// Whether the gradient depends on finite predictions.
    pub fn takes_pred(&self) -> bool {
        self.square != 0 || self.sign != 0
    }

    /// The gradient of a voxel with these f32 bits; 0 where either is not finite.
    #[inline]
    pub fn gradient(&self, p: u32, t: u32) -> f32 {
        if p & 0x7fff_ffff >= INFINITY || t & 0x7fff_ffff >= INFINITY {
            return 0.0;
        }
        let (p_fix, t_fix) = (fix30(p, self.scale), fix30(t, self.scale));
        // A product has 30 bits of each factor, a constant one of them.
        let one = 1i64 << (30 - self.scale);
        // On the grid, so that every device finds the same sign; -0 equals 0.
        let sign = (order(p) > order(t)) as i64 - (order(p) < order(t)) as i64;
        let sum = i64::from(self.product) * t_fix
            + i64::from(self.square) * p_fix
            + (i64::from(self.constant) + sign * i64::from(self.sign)) * one;
        f32::from_bits(round(sum, self.exponent))
    }

    /// Gradients of a run of voxels of one cell.
    pub fn gradient_run(&self, p: &[f32], t: &[f32], out: &mut [f32]) {
        for (out, (p, t)) in out.iter_mut().zip(p.iter().zip(t)) {
            *out = self.gradient(p.to_bits(), t.to_bits());
        }
    }
}

/// Coefficients of every cell.
pub(crate) fn exact_coefficients(partials: &[Partials], scales: &[u16]) -> Result<Vec<ExactCoefficients>> {
    partials.iter().zip(scales).map(|(partials, &scale)| ExactCoefficients::new(partials, scale)).collect()
}

/// The smallest `e` with |value| < 2^e or equal to it.
fn exponent_above(value: f64) -> i32 {
    let mut exponent = value.log2().ceil() as i32;
    // The logarithm may be off by one next to a power of two.
    while value > power_of_two(exponent) {
        exponent += 1;
    }
    exponent
}

/// 2^n, also where n is beyond the range of one multiplication.
fn power_of_two(n: i32) -> f64 {
    2f64.powi(n / 2) * 2f64.powi(n - n / 2)
}

/// trunc(x · 2^(30 - scale)).
fn fix30(bits: u32, scale: u32) -> i64 {
    let significand = (bits & 0x007f_ffff) | 0x0080_0000;
    let exponent = (bits >> 23) & 255;
    let magnitude = match exponent.checked_sub(120 + scale) {
        Some(left) => significand << left.min(7),
        None => significand >> (120 + scale - exponent).min(31),
    };
    if bits >> 31 == 1 { -i64::from(magnitude) } else { i64::from(magnitude) }
}

/// f32 bits as integers that order like the values; -0 counts as 0.
fn order(bits: u32) -> u32 {
    let canonical = if bits << 1 == 0 { 0 } else { bits };
    if canonical >> 31 == 1 { !canonical } else { canonical | 0x8000_0000 }
}

/// Bits of the f32 next to `sum · 2^exponent`: ties to even, 0 below the normal range, infinity above it.
fn round(sum: i64, exponent: i32) -> u32 {
    let magnitude = sum.unsigned_abs();
    if magnitude == 0 {
        return 0;
    }
    let top = 63 - magnitude.leading_zeros();
    let mut significand = match top.checked_sub(23) {
        None => magnitude << (23 - top),
        Some(0) => magnitude,
        Some(drop) => {
            let (kept, rest, half) = (magnitude >> drop, magnitude & ((1 << drop) - 1), 1 << (drop - 1));
            kept + u64::from(rest > half || (rest == half && kept & 1 == 1))
        }
    };
    let mut field = top as i32 + exponent + 127;
    if significand >> 24 == 1 {
        significand >>= 1;
        field += 1;
    }
    let sign = (u32::from(sum < 0)) << 31;
    match field {
        ..=0 => 0,
        255.. => sign | INFINITY,
        _ => sign | (field as u32) << 23 | (significand as u32 & 0x007f_ffff),
    }
}

/// Whether the gradient of these options is the exact one.
pub(crate) fn is_exact(options: &SumsOptions) -> bool {
    options.activation == Activation::None && !matches!(options.terms, Terms::Power(_)) && options.pointwise.is_none()
}

/// Gradients of all channels of a voxel, in `f64`: `partials` and `truths` by channel, result in `out`. 0 where a value is not
/// finite, or with softmax that of any channel. A channel whose truth is not finite, as a mask makes it, is in no sum: it adds
/// nothing, but with softmax what the others add moves it too.
pub(crate) fn voxel_gradient(
    voxel: &Voxel,
    options: &SumsOptions,
    partials: &[Partials],
    truths: &[f32],
    out: &mut [f32],
) {
    let p = |c: usize| f64::from(voxel.p[c]);
    let is_finite = |c: usize| voxel.p[c].is_finite() && truths[c].is_finite();
    let stored = |gradient: f64| if gradient.is_nan() { 0.0 } else { gradient as f32 };
    if options.activation == Activation::Normalise {
        return shares_gradient(voxel, options, partials, truths, out);
    }
    if options.activation != Activation::Softmax {
        for (c, out) in out.iter_mut().enumerate() {
            if !is_finite(c) {
                *out = 0.0;
                continue;
            }
            let t = f64::from(truths[c]);
            let h = overlap_slope(options.terms, &partials[c], p(c), t);
            // A factor of 0 leaves out the pointwise loss where there is none; its derivative is not used.
            let loss = if partials[c].pointwise == 0.0 { 0.0 } else { voxel.pointwise_slope(options, c, t) };
            let own = partials[c].pointwise * loss;
            let gradient = match options.activation {
                Activation::Sigmoid => h * p(c) * (1.0 - p(c)) + own,
                _ => h + own,
            };
            *out = stored(gradient);
        }
        return;
    }
    if !voxel.p.iter().all(|p| p.is_finite()) {
        return out.fill(0.0);
    }
    // d/dx_c Σ_k f_k(p_k) = p_c (h_c − Σ_k p_k h_k) + s_c − p_c Σ_{k≠c} w_k, with h the slope of the overlap terms, w = p
    // and s = p (1 − p) times that of the pointwise loss. Of a channel next to 1 w = s / (1 − p) may be beyond every
    // number, and p_c be 0: there p_c w = s · p_c / (1 − p), and the quotient is c's share of the other channels.
    let (mut mean, mut small) = (0.0, 0.0);
    let top = (0..out.len()).find(|&c| p(c) > 0.5);
    let others = || (0..out.len()).filter(|&c| Some(c) != top);
    let logit = |c: usize| f64::from(voxel.raw[c]);
    let second = others().map(logit).fold(f64::NEG_INFINITY, f64::max);
    let rest: f64 = others().map(|c| (logit(c) - second).exp()).sum();
    let share = |c: usize| (logit(c) - second).exp() / rest;
    let overlap = |c: usize| match truths[c] {
        t if t.is_finite() => overlap_slope(options.terms, &partials[c], p(c), t.into()),
        _ => 0.0,
    };
    let pointwise = |c: usize| match truths[c] {
        t if t.is_finite() => {
            let (w, s) = voxel.pointwise_slopes(options, c, t.into());
            (partials[c].pointwise * w, partials[c].pointwise * s)
        }
        _ => (0.0, 0.0),
    };
    for c in 0..out.len() {
        mean += p(c) * overlap(c);
        small += if Some(c) == top { 0.0 } else { pointwise(c).0 };
    }
    let of_top = top.map_or(0.0, |c| pointwise(c).1);
    for (c, out) in out.iter_mut().enumerate() {
        let (w, s) = pointwise(c);
        let others = match top {
            Some(top) if c == top => p(c) * small,
            Some(_) => p(c) * (small - w) + share(c) * of_top,
            None => p(c) * (small - w),
        };
        *out = stored(p(c) * (overlap(c) - mean) + s - others);
    }
}

/// With S = Σ x and p = x / S, d/dx_c Σ_k f_k(p_k) = (f_c' − Σ_k p_k f_k') / S.
fn shares_gradient(voxel: &Voxel, options: &SumsOptions, partials: &[Partials], truths: &[f32], out: &mut [f32]) {
    if !voxel.p.iter().all(|p| p.is_finite()) {
        return out.fill(0.0);
    }
    let of = |c: usize| {
        if !truths[c].is_finite() {
            return (0.0, 0.0);
        }
        let (p, t, partials) = (f64::from(voxel.p[c]), f64::from(truths[c]), &partials[c]);
        let h = overlap_slope(options.terms, partials, p, t);
        let slope = partials.pointwise * voxel.pointwise_slope(options, c, t);
        // p times the derivative, which may be beyond every number where p is 0.
        let times_p = if p <= 0.5 { partials.pointwise * voxel.pointwise_slopes(options, c, t).0 } else { p * slope };
        (h + slope, p * h + times_p)
    };
    let mean: f64 = (0..out.len()).map(|c| of(c).1).sum();
    for (c, out) in out.iter_mut().enumerate() {
        let gradient = (of(c).0 - mean) / voxel.sum;
        *out = if gradient.is_nan() { 0.0 } else { gradient as f32 };
    }
}

/// Derivative of the overlap terms with respect to the activated prediction.
#[inline(always)]
pub(super) fn overlap_slope(terms: Terms, partials: &Partials, p: f64, t: f64) -> f64 {
    let sign = if p > t {
        1.0
    } else if p < t {
        -1.0
    } else {
        0.0
    };
    let power = match terms {
        Terms::Plain => 0.0,
        Terms::Squared | Terms::All => 2.0 * p,
        Terms::Power(_) if p == 0.0 => 0.0,
        Terms::Power(gamma) => f64::from(gamma) * p.abs().powf(f64::from(gamma) - 1.0) * p.signum(),
    };
    partials.pred + partials.product * t + partials.pred_power * power + partials.abs_difference * sign
}

impl Voxel {
    /// Derivative of the pointwise loss of a channel: without an activation with respect to p, with sigmoid with
    /// respect to the logit.
    fn pointwise_slope(&self, options: &SumsOptions, channel: usize, t: f64) -> f64 {
        let Some(kind) = options.pointwise else { return 0.0 };
        if options.activation == Activation::Sigmoid {
            return self.pointwise_slopes(options, channel, t).1;
        }
        let p = f64::from(self.p[channel]);
        let (ln_p, ln_q) = self.logarithms(options.activation, channel);
        if let Pointwise::Entropy(entropy) = kind {
            let slopes = entropy.slopes(ln_p, ln_q, t);
            return slopes.off / (1.0 - p).max(SMALLEST) - slopes.on / p.max(SMALLEST);
        }
        let (gamma, on, off) = weights(kind, t);
        let (inner, outer) = (slope_of_power(gamma, ln_q) * ln_p, slope_of_power(gamma, ln_p) * ln_q);
        on * (inner - (gamma * ln_q).exp() / p.max(SMALLEST))
            + off * ((gamma * ln_p).exp() / (1.0 - p).max(SMALLEST) - outer)
    }

    /// p and p (1 − p) times the derivative of the pointwise loss with respect to p; the first for p up to 1/2 only.
    fn pointwise_slopes(&self, options: &SumsOptions, channel: usize, t: f64) -> (f64, f64) {
        let Some(kind) = options.pointwise else { return (0.0, 0.0) };
        let (ln_p, ln_q) = self.logarithms(options.activation, channel);
        let (p, q) = (ln_p.exp(), ln_q.exp());
        if let Pointwise::Entropy(entropy) = kind {
            let slopes = entropy.slopes(ln_p, ln_q, t);
            return (slopes.off * (ln_p - ln_q).exp() - slopes.on, slopes.off * p - slopes.on * q);
        }
        let (gamma, on, off) = weights(kind, t);
        let (p_gamma, q_gamma) = ((gamma * ln_p).exp(), (gamma * ln_q).exp());
        let w = on * (p * slope_of_power(gamma, ln_q) * ln_p - q_gamma)
            + off * p_gamma * ((ln_p - ln_q).exp() - gamma * ln_q);
        let s = on * q_gamma * (gamma * p * ln_p - q) + off * p_gamma * (p - gamma * q * ln_q);
        (w, s)
    }
}

/// γ, and the weights of the foreground and the background of a voxel.
fn weights(kind: Pointwise, t: f64) -> (f64, f64, f64) {
    let (gamma, weight) = kind.parameters();
    let (on, off) = weight.map_or((t, 1.0 - t), |weight| (weight * t, (1.0 - weight) * (1.0 - t)));
    let foreground_only = matches!(kind, Pointwise::CrossEntropy | Pointwise::CategoricalFocal { .. });
    (gamma, on, if foreground_only { 0.0 } else { off })
}

/// γ x^(γ−1) of the logarithm of x.
fn slope_of_power(gamma: f64, ln_x: f64) -> f64 {
    if gamma == 0.0 { 0.0 } else { gamma * ((gamma - 1.0) * ln_x).exp() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rounding_is_that_of_the_processor() {
        let mut state = 1u64;
        for i in 0..200_000 {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let sum = (state as i64) >> (i % 62);
            assert_eq!(f32::from_bits(round(sum, -40)), sum as f32 * 2f32.powi(-40), "{sum}");
        }
        assert_eq!(round(1, -127), 0);
        assert_eq!(f32::from_bits(round(-1, 200)), f32::NEG_INFINITY);
    }

    #[test]
    fn a_power_of_two_is_its_own_bound() {
        for exponent in [-1074, -1022, -53, -1, 0, 1, 29, 1023] {
            let power = power_of_two(exponent);
            assert_eq!(exponent_above(power), exponent);
            assert_eq!(exponent_above(power.next_up()), exponent + 1);
        }
        assert_eq!((exponent_above(0.75), exponent_above(f64::MAX)), (0, 1024));
    }

    #[test]
    fn the_exact_gradient_is_within_its_bound() {
        let partials = Partials { pred: 0.3, product: -1.7, pred_power: 0.9, abs_difference: 0.2, pointwise: 0.0 };
        for scale in [0u16, 3] {
            let coefficients = ExactCoefficients::new(&partials, scale).unwrap();
            let largest = f32::from(1u16 << scale);
            for i in 0..2000 {
                let (p, t) = ((i % 41 - 20) as f32 / 20.0 * largest, (i % 67 - 33) as f32 / 33.0 * largest);
                let expected = 0.3 - 1.7 * f64::from(t) + 1.8 * f64::from(p) + 0.2 * f64::from((p - t).signum());
                let expected = if p == t { expected - 0.2 } else { expected };
                let found = f64::from(coefficients.gradient(p.to_bits(), t.to_bits()));
                let bound = 1.8 * f64::from(largest) / f64::from(1 << 28) + expected.abs() / f64::from(1 << 24);
                assert!((found - expected).abs() <= bound, "{p} {t}: {found} {expected}");
            }
        }
    }
    #[test]
    fn voxels_of_2_to_the_30_are_the_largest() {
        let partials = Partials { pred: 0.0, product: 1.0, pred_power: 0.0, abs_difference: 0.0, pointwise: 0.0 };
        let coefficients = ExactCoefficients::new(&partials, MAX_SCALE).unwrap();
        let largest = 2f32.powi(MAX_SCALE.into());
        assert_eq!(coefficients.gradient(0, largest.to_bits()), largest);
        assert!(ExactCoefficients::new(&partials, MAX_SCALE + 1).is_err());
    }
}
