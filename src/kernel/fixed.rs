//! Exponentials, reciprocals and logarithms in integers, so that every device finds the same bits: 32-bit operations,
//! `mulhi`, and additions and shifts of 64 bits. Twin: shaders/fixed.wgsl; docs/arithmetic.md derives the bounds.
//!
//! A function takes as many voxels at a time as its arrays have, step by step: the chains of multiplications of a single
//! voxel wait for each other, those of many fill the processor.

// Arrays side by side: iterators that are zipped may not be compiled for the instructions that their loop is.
#![allow(clippy::needless_range_loop)]

use super::sums::INFINITY;

pub(crate) const NAN: u32 = 0x7fc0_0000;
/// floor(ln 2 · 2^32), and the next 16 bits.
const LN_2: u32 = 2_977_044_471;
const LN_2_MORE: u32 = 53_711;
/// floor(log2 e · 2^15).
const LOG2_E: u32 = 47_274;
/// (1 − e^−r) / r on [0, 0.698], coefficients of (−r)^k · 2^32: minimax of the relative error of e^−r (2^-34.3), the
/// first three moved by up to 4 so that the truncations cancel.
const EXP: [u32; 7] = [4_294_967_272, 2_147_482_907, 715_819_064, 178_906_574, 35_635_435, 5_695_231, 601_186];
/// ln(1 + e) / e on [0, 1], coefficients of (−e)^k · 2^32: minimax of the relative error, 2^-33.
const LN_1P: [u32; 12] = [
    4_294_967_295,
    2_147_483_497,
    1_431_648_330,
    1_073_596_371,
    857_503_256,
    706_645_647,
    576_665_808,
    434_838_554,
    274_911_538,
    129_589_969,
    39_002_411,
    5_500_130,
];
/// Largest distance that [`exp_neg`] takes, in units of 2^-32: e^-127.99 is 0 as an f32.
pub(super) const FARTHEST: u64 = (1 << 39) - 1;

/// The high half of the product.
#[inline(always)]
pub(super) fn mulhi(a: u32, b: u32) -> u32 {
    ((u64::from(a) * u64::from(b)) >> 32) as u32
}

/// c0 − x (c1 − x (c2 − …)).
#[inline(always)]
fn horner<const N: usize, const K: usize>(x: &[u32; N], coefficients: &[u32; K]) -> [u32; N] {
    let mut sum = [coefficients[K - 1]; N];
    for k in (0..K - 1).rev() {
        for i in 0..N {
            sum[i] = coefficients[k].wrapping_sub(mulhi(x[i], sum[i]));
        }
    }
    sum
}

/// Powers of e: g · 2^-32 · 2^-n, g ≥ 2^30.
#[derive(Debug, Clone, Copy)]
pub(super) struct Powers<const N: usize> {
    pub g: [u32; N],
    pub n: [u32; N],
}

/// e^-d for d up to [`FARTHEST`]. Relative error within ±4 · 2^-32.
#[inline(always)]
pub(super) fn exp_neg<const N: usize>(d: &[u64; N]) -> Powers<N> {
    let (mut n, mut r) = ([0; N], [0; N]);
    for i in 0..N {
        // Truncated twice, so that n is at most the true one and r never negative; and r < 0.698.
        n[i] = ((d[i] >> 24) as u32).wrapping_mul(LOG2_E) >> 23;
        let whole = n[i].wrapping_mul(LN_2).wrapping_add(n[i].wrapping_mul(LN_2_MORE) >> 16);
        r[i] = (d[i] as u32).wrapping_sub(whole);
    }
    let mut g = exp_over(&r);
    for i in 0..N {
        g[i] = !mulhi(r[i], g[i]);
    }
    Powers { g, n }
}

/// (1 − e^−r) / r · 2^32 for r below 0.698, in units of 2^-32.
#[inline(always)]
pub(super) fn exp_over<const N: usize>(r: &[u32; N]) -> [u32; N] {
    horner(r, &EXP)
}

/// 2^63 / d for d ≥ 2^31, at most 2^32 − 1: a quadratic (6.6 bits), a step of Newton on 16 bits, one of third order on
/// 32. Relative error within −4.01 to 2 · 2^-32.
#[inline(always)]
pub(super) fn recip<const N: usize>(d: &[u32; N]) -> [u32; N] {
    let mut found = [0; N];
    for i in 0..N {
        let d = d[i];
        let x = (d >> 16) + 1;
        let r0 = (34754 - (((47663 - ((21183 * x) >> 16)) * x) >> 16)) << 2;
        let r1 = (r0 * (0u32.wrapping_sub(x * r0) >> 16)) >> 15;
        // floor(d · r1 / 2^16) in 32 bits; r1 is never too large.
        let e = 0x8000_0000 - ((d >> 16) * r1 + (((d & 0xffff) * r1) >> 16));
        let e = e + (((e >> 4) * (e >> 4)) >> 23);
        // r1 + floor(r1 · e / 2^31), 16 bits more.
        found[i] = (r1 << 16) + ((r1 * (e >> 5) + ((r1 * (e & 31)) >> 5)) >> 10);
    }
    found
}

/// ln(1 + e) / e · 2^32 for e in units of 2^-32. Relative error within ±8 · 2^-32.
#[inline(always)]
pub(super) fn ln_1p_over<const N: usize>(e: &[u32; N]) -> [u32; N] {
    horner(e, &LN_1P)
}

/// k ln 2 in units of 2^-32, for k up to 2^16.
#[inline(always)]
pub(super) fn times_ln_2(k: u32) -> u64 {
    u64::from(k) * u64::from(LN_2) + u64::from(k.wrapping_mul(LN_2_MORE) >> 16)
}

/// Bits of the f32 next to m · 2^-32 · 2^-n, halves upwards, for m ≥ 2^29 and results up to 2. Denormals are kept.
#[inline(always)]
pub(super) fn pack(m: u32, n: i32) -> u32 {
    let (mut m, mut field) = (m, 126 - n);
    for _ in 0..2 {
        let short = u32::from(m >> 31 == 0);
        (m, field) = (m << short, field - short as i32);
    }
    let drop = (1 - field).clamp(0, 31) as u32;
    ((field.max(1) as u32 - 1) << 23) + ((((m >> 7) >> drop) + 1) >> 1)
}

/// trunc(|x| · 2^32) of absolute f32 bits below 128, and nearly [`FARTHEST`] beyond.
#[inline(always)]
pub(super) fn fix(magnitude: u32) -> u64 {
    let bits = magnitude.min(0x42ff_ffff);
    let m = (bits & 0x007f_ffff) | 0x0080_0000;
    (u64::from(m) << 15) >> (133 - (bits >> 23)).min(63)
}

/// 1 + e in units of 2^-31, of a power of e.
#[inline(always)]
pub(super) fn one_plus(g: u32, n: u32) -> u32 {
    0x8000_0000 + (g >> 1 >> n.min(31))
}

/// Bits of the sigmoid of f32 bits; NaN where they are not finite.
#[inline(always)]
pub(super) fn sigmoid<const N: usize>(x: &[u32; N]) -> [u32; N] {
    let mut d = [0; N];
    for i in 0..N {
        d[i] = fix(x[i] & 0x7fff_ffff);
    }
    let Powers { g, n } = exp_neg(&d);
    let mut sums = [0; N];
    for i in 0..N {
        sums[i] = one_plus(g[i], n[i]);
    }
    let r = recip(&sums);
    let mut p = [0; N];
    for i in 0..N {
        let (m, n) = if x[i] >> 31 == 0 { (r[i], 0) } else { (mulhi(g[i], r[i]), n[i]) };
        let bits = pack(m, n as i32);
        p[i] = if x[i] & 0x7fff_ffff >= INFINITY { NAN } else { bits };
    }
    p
}

/// f32 bits as integers that order like the values; −0 counts as 0.
#[inline(always)]
pub(super) fn order(bits: u32) -> u32 {
    let canonical = if bits << 1 == 0 { 0 } else { bits };
    if canonical >> 31 == 1 { !canonical } else { canonical | 0x8000_0000 }
}

/// trunc(x · 2^32) in two's complement for |x| < 2^31.
#[inline(always)]
fn fix_signed(bits: u32) -> u64 {
    let exponent = (bits >> 23) & 255;
    let m = u64::from((bits & 0x007f_ffff) | 0x0080_0000);
    let v = (m << 39) >> (157 - exponent.min(157)).min(63);
    if bits >> 31 == 1 { v.wrapping_neg() } else { v }
}

/// How far each value lies below the largest, in units of 2^-32, [`FARTHEST`] at most. From 2^31 on floats are equal or
/// 128 apart.
#[inline(always)]
fn distances<const N: usize>(largest: &[u32; N], x: &[u32; N]) -> [u64; N] {
    let mut d = [0; N];
    for i in 0..N {
        let huge = (largest[i] & 0x7fff_ffff).max(x[i] & 0x7fff_ffff) >= 0x4f00_0000;
        let apart = if order(largest[i]) == order(x[i]) { 0 } else { FARTHEST };
        let near = fix_signed(largest[i]).wrapping_sub(fix_signed(x[i])).min(FARTHEST);
        d[i] = if huge { apart } else { near };
    }
    d
}

/// Σ e^(x − largest) over the channels of some voxels, as powers of e and their sum.
#[derive(Debug)]
pub(super) struct Exponentials<const N: usize> {
    /// By channel.
    pub powers: Vec<Powers<N>>,
    pub largest: [u32; N],
    /// The first channel that has it.
    pub top: [u32; N],
    /// In units of 2^-48, exact: at most 65,535 channels.
    pub sum: [u64; N],
    /// Its reciprocal: r · 2^-32 · 2^-z.
    r: [u32; N],
    z: [u32; N],
    /// Whether a value is not finite.
    pub bad: [bool; N],
}

impl<const N: usize> Exponentials<N> {
    pub fn new(channels: usize) -> Self {
        let powers = vec![Powers { g: [0; N], n: [0; N] }; channels];
        let (r, z) = ([u32::MAX; N], [0; N]);
        Self { powers, largest: [0; N], top: [0; N], sum: [1 << 48; N], r, z, bad: [false; N] }
    }

    /// Of f32 bits by channel, all but one of each voxel.
    #[inline(always)]
    pub fn set(&mut self, channels: &[[u32; N]], left_out: &[u32; N]) {
        let mut most = [0; N];
        (self.largest, self.top, self.bad) = ([0; N], [0; N], [false; N]);
        for (k, x) in (0u32..).zip(channels) {
            for i in 0..N {
                let counts = k != left_out[i];
                self.bad[i] |= counts & (x[i] & 0x7fff_ffff >= INFINITY);
                let first = counts & (order(x[i]) > most[i]);
                most[i] = if first { order(x[i]) } else { most[i] };
                self.largest[i] = if first { x[i] } else { self.largest[i] };
                self.top[i] = if first { k } else { self.top[i] };
            }
        }
        // A power of 0 is 1 − 2^-32; the unit that lacks makes the sum at least 1.
        self.sum = [1 << 16; N];
        for (k, (powers, x)) in (0u32..).zip(self.powers.iter_mut().zip(channels)) {
            *powers = exp_neg(&distances(&self.largest, x));
            for i in 0..N {
                let power = (u64::from(powers.g[i]) << 16) >> powers.n[i].min(63);
                self.sum[i] += if k == left_out[i] { 0 } else { power };
            }
        }
        let mut top = [0; N];
        for i in 0..N {
            (top[i], self.z[i]) = leading(self.sum[i]);
        }
        self.r = recip(&top);
    }

    /// A power beside the sum.
    #[inline(always)]
    pub fn share(&self, channel: usize) -> Powers<N> {
        let mut share = self.powers[channel];
        for i in 0..N {
            share.g[i] = mulhi(share.g[i], self.r[i]);
            share.n[i] += self.z[i];
        }
        share
    }

    /// The bits of the softmax, by channel; NaN in all of them where one is not finite.
    #[inline(always)]
    pub fn softmax(&self, channels: &mut [[u32; N]]) {
        for (c, p) in channels.iter_mut().enumerate() {
            let Powers { g, n } = self.share(c);
            for i in 0..N {
                let bits = pack(g[i], n[i] as i32);
                p[i] = if self.bad[i] { NAN } else { bits };
            }
        }
    }
}

/// The 32 leading bits of a sum in units of 2^-48 that is at least 1: it is top · 2^-31 · 2^z or a little more.
#[inline(always)]
fn leading(sum: u64) -> (u32, u32) {
    let zeros = sum.leading_zeros();
    (((sum << (zeros & 63)) >> 32) as u32, 15u32.saturating_sub(zeros))
}

#[cfg(test)]
mod tests;
