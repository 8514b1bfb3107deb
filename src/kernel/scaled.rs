//! Real numbers as 32 bits and a power of 2, computed with in integers, so that every device finds the same bits: for
//! logarithms, losses and derivatives, whose size is not known ahead. Twin: shaders/scaled.wgsl.
//!
//! Results are truncated: a product is within 2^-31 of itself, a sum within 2^-31 of the largest of itself and its operands;
//! docs/arithmetic.md derives it. As in [`fixed`](super::fixed), a function takes as many numbers at a time as its arrays have,
//! step by step and without branches, which the compiler turns into vectors. In WebAssembly, where code is sent around, the
//! larger functions need not be inlined.

// Arrays side by side: iterators that are zipped may not be compiled for the instructions that their loop is.
#![allow(clippy::needless_range_loop)]

use super::fixed::{Powers, exp_neg, exp_over, ln_1p_over, mulhi, pack, recip, times_ln_2};
use super::params::parameter;
use super::sums::INFINITY;
use crate::pointwise::Real;
use std::cmp::Ordering;
use std::ops::{Add, Div, Mul, Neg, Sub};

/// ±m · 2^(e − 32) with the top bit of `m` set, or 0.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Scaled<const N: usize = 1> {
    m: [u32; N],
    e: [i32; N],
    /// The sign, in the top bit.
    s: [u32; N],
}

/// Numbers made one by one. A macro, because the compiler must not be free to call what it would be as a closure.
macro_rules! each {
    ($i:ident, $number:expr) => {{
        let mut all = Self::ZERO;
        for $i in 0..N {
            (all.m[$i], all.e[$i], all.s[$i]) = $number;
        }
        all
    }};
}

const SIGN: u32 = 1 << 31;
/// Exponent of 0: below that of every other number, far from the ends of i32.
const LEAST: i32 = -(1 << 24);

impl<const N: usize> Scaled<N> {
    pub const ZERO: Self = Self { m: [0; N], e: [LEAST; N], s: [0; N] };
    pub const ONE: Self = Self::power_of_two(0);
    pub const TWO: Self = Self::power_of_two(1);
    /// ln of what counts as 0: −100, as in PyTorch's `BCELoss`.
    pub const LEAST_LOGARITHM: Self = Self { m: [100 << 25; N], e: [7; N], s: [SIGN; N] };

    pub const fn power_of_two(k: i32) -> Self {
        Self { m: [SIGN; N], e: [k + 1; N], s: [0; N] }
    }

    /// Of finite f32 bits, exactly.
    #[cfg_attr(not(target_arch = "wasm32"), inline(always))]
    pub fn of_bits(bits: &[u32; N]) -> Self {
        each!(i, {
            let field = (bits[i] >> 23) & 255;
            let m = (bits[i] & 0x007f_ffff) | if field == 0 { 0 } else { 0x0080_0000 };
            normal(m << 8, field.max(1) as i32 - 126, bits[i] & SIGN)
        })
    }

    /// The number as [`parameter`] has it.
    #[inline(always)]
    pub fn all(x: f64) -> Self {
        Self::of_bits(&[parameter(x).to_bits(); N])
    }

    /// Numbers in units of 2^-48.
    #[inline(always)]
    pub fn of_sums(sums: &[u64; N]) -> Self {
        each!(i, {
            let (m, e, s) = of_fixed(sums[i]);
            (m, e - 16, s)
        })
    }

    /// m · 2^-32 · 2^-n.
    #[inline(always)]
    pub fn of_powers(m: &[u32; N], n: &[u32; N]) -> Self {
        each!(i, normal(m[i], -(n[i] as i32), 0))
    }

    /// Bits of the f32 next to it.
    #[inline(always)]
    pub fn to_bits(self) -> [u32; N] {
        let mut bits = [0; N];
        for i in 0..N {
            let magnitude = pack(self.m[i], -self.e[i].clamp(-160, 129)).min(INFINITY);
            bits[i] = if self.m[i] == 0 { self.s[i] } else { magnitude | self.s[i] };
        }
        bits
    }

    /// Which are 0.
    #[inline(always)]
    pub fn is_zero(self) -> [bool; N] {
        let mut zero = [false; N];
        for i in 0..N {
            zero[i] = self.m[i] == 0;
        }
        zero
    }

    /// trunc(|x| · 2^30) up to 2^17, and nearly 2^47 beyond: units of the grid of pointwise losses.
    #[inline(always)]
    pub fn units(self) -> [u64; N] {
        self.truncated(17, 15)
    }

    /// trunc(|x| · 2^(32 + bits − top)) below 2^top, and as if x were nearly that beyond.
    #[inline(always)]
    fn truncated(self, top: i32, bits: u32) -> [u64; N] {
        let mut units = [0; N];
        for i in 0..N {
            let m = if self.e[i] > top { u32::MAX } else { self.m[i] };
            units[i] = (u64::from(m) << bits) >> (top - self.e[i]).clamp(0, 63);
        }
        units
    }

    #[inline(always)]
    pub fn abs(self) -> Self {
        Self { s: [0; N], ..self }
    }

    /// 1 / x; of 0 beyond every number.
    #[cfg_attr(not(target_arch = "wasm32"), inline(always))]
    pub fn inverse(self) -> Self {
        let mut d = [0; N];
        for i in 0..N {
            d[i] = self.m[i] | SIGN;
        }
        let m = recip(&d);
        each!(i, (m[i], 1 - self.e[i], self.s[i]))
    }

    #[inline(always)]
    pub fn is_less(self, than: Self) -> [bool; N] {
        let difference = self - than;
        let mut less = [false; N];
        for i in 0..N {
            less[i] = difference.s[i] != 0 && difference.m[i] != 0;
        }
        less
    }

    /// `other` where `condition`, else this.
    #[inline(always)]
    pub fn or(self, other: Self, condition: &[bool; N]) -> Self {
        each!(i, {
            let (a, b) = ((self.m[i], self.e[i], self.s[i]), (other.m[i], other.e[i], other.s[i]));
            let on = condition[i];
            (if on { b.0 } else { a.0 }, if on { b.1 } else { a.1 }, if on { b.2 } else { a.2 })
        })
    }

    #[inline(always)]
    pub fn max(self, other: Self) -> Self {
        self.or(other, &self.is_less(other))
    }

    #[inline(always)]
    pub fn min(self, other: Self) -> Self {
        self.or(other, &other.is_less(self))
    }

    /// trunc(|x| · 2^32) below 128, and nearly 2^39 beyond.
    #[inline(always)]
    fn fixed(self) -> [u64; N] {
        self.truncated(7, 7)
    }

    /// e^x. Beyond e^±127.99 it is that.
    #[cfg_attr(not(target_arch = "wasm32"), inline(always))]
    pub fn exp(self) -> Self {
        let (down, mut up) = (self.exp_down(), [false; N]);
        for i in 0..N {
            up[i] = self.s[i] == 0;
        }
        down.or(down.inverse(), &up)
    }

    /// e^x for x ≤ 0.
    #[inline(always)]
    pub fn exp_down(self) -> Self {
        let Powers { g, n } = exp_neg(&self.fixed());
        Self::of_powers(&g, &n)
    }

    /// ln(1 + x) for x within [0, 1].
    #[cfg_attr(not(target_arch = "wasm32"), inline(always))]
    pub fn ln_1p(self) -> Self {
        let (all, mut fixed) = (self.fixed(), [0; N]);
        for i in 0..N {
            fixed[i] = all[i].min(u32::MAX.into()) as u32;
        }
        self * Self { m: ln_1p_over(&fixed), e: [0; N], s: [0; N] }
    }

    /// ln x for x > 0.
    #[cfg_attr(not(target_arch = "wasm32"), inline(always))]
    pub fn ln(self) -> Self {
        // x = (1 + f) · 2^k
        let mut f = [0; N];
        for i in 0..N {
            f[i] = self.m[i] << 1;
        }
        let over = ln_1p_over(&f);
        each!(i, {
            let k = self.e[i] - 1;
            let (whole, rest) = (times_ln_2(k.unsigned_abs()), u64::from(mulhi(f[i], over[i])));
            let (up, down) = (whole + rest, whole.saturating_sub(rest));
            let (m, e, _) = of_fixed(if k < 0 { down } else { up });
            (m, e, if k < 0 { SIGN } else { 0 })
        })
    }

    /// x^exponent for x ≥ 0.
    #[inline(always)]
    pub fn power(self, exponent: Self) -> Self {
        (exponent * self.ln()).exp().or(Self::ZERO, &self.is_zero())
    }

    /// One of them.
    #[inline(always)]
    pub fn at(&self, i: usize) -> Scaled<1> {
        Scaled { m: [self.m[i]], e: [self.e[i]], s: [self.s[i]] }
    }

    #[inline(always)]
    pub fn set(&mut self, i: usize, x: Scaled<1>) {
        ([self.m[i]], [self.e[i]], [self.s[i]]) = (x.m, x.e, x.s);
    }
}

/// m · 2^(e − 32) with the top bit anywhere.
#[inline(always)]
fn normal(m: u32, e: i32, s: u32) -> (u32, i32, u32) {
    let zeros = m.leading_zeros() & 31;
    (m << zeros, if m == 0 { LEAST } else { e - zeros as i32 }, if m == 0 { 0 } else { s })
}

/// A number in units of 2^-32.
#[inline(always)]
fn of_fixed(v: u64) -> (u32, i32, u32) {
    let zeros = v.leading_zeros() & 63;
    (((v << zeros) >> 32) as u32, if v == 0 { LEAST } else { 32 - zeros as i32 }, 0)
}

impl<const N: usize> Neg for Scaled<N> {
    type Output = Self;

    #[inline(always)]
    fn neg(self) -> Self {
        each!(i, (self.m[i], self.e[i], self.s[i] ^ SIGN))
    }
}

impl<const N: usize> Mul for Scaled<N> {
    type Output = Self;

    #[cfg_attr(not(target_arch = "wasm32"), inline(always))]
    fn mul(self, by: Self) -> Self {
        each!(i, {
            let high = mulhi(self.m[i], by.m[i]);
            let short = high < SIGN;
            let m = if short { high << 1 | self.m[i].wrapping_mul(by.m[i]) >> 31 } else { high };
            let e = self.e[i] + by.e[i] - i32::from(short);
            (m, if m == 0 { LEAST } else { e }, if m == 0 { 0 } else { self.s[i] ^ by.s[i] })
        })
    }
}

impl<const N: usize> Div for Scaled<N> {
    type Output = Self;

    #[inline(always)]
    #[expect(clippy::suspicious_arithmetic_impl, reason = "a quotient is a product")]
    fn div(self, by: Self) -> Self {
        self * by.inverse()
    }
}

impl<const N: usize> Add for Scaled<N> {
    type Output = Self;

    #[cfg_attr(not(target_arch = "wasm32"), inline(always))]
    fn add(self, other: Self) -> Self {
        each!(i, {
            let (a, b) = ((self.m[i], self.e[i], self.s[i]), (other.m[i], other.e[i], other.s[i]));
            let swap = b.1 > a.1 || (b.1 == a.1 && b.0 > a.0);
            let (m, e, s) = (if swap { b.0 } else { a.0 }, if swap { b.1 } else { a.1 }, if swap { b.2 } else { a.2 });
            let (small, least) = (if swap { a.0 } else { b.0 }, if swap { a.1 } else { b.1 });
            let shift = (e - least) as u32;
            let part = if shift > 31 { 0 } else { small >> (shift & 31) };
            let apart = normal(m.wrapping_sub(part), e, s);
            let sum = m.wrapping_add(part);
            let carry = sum < part;
            let joint = (if carry { sum >> 1 | SIGN } else { sum }, e + i32::from(carry), s);
            let same = a.2 == b.2;
            (
                if same { joint.0 } else { apart.0 },
                if same { joint.1 } else { apart.1 },
                if same { joint.2 } else { apart.2 },
            )
        })
    }
}

impl<const N: usize> Sub for Scaled<N> {
    type Output = Self;

    #[inline(always)]
    fn sub(self, other: Self) -> Self {
        self + -other
    }
}

impl PartialOrd for Scaled {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        let difference = *self - *other;
        Some(match (difference.m, difference.s) {
            ([0], _) => Ordering::Equal,
            (_, [0]) => Ordering::Greater,
            _ => Ordering::Less,
        })
    }
}

impl PartialEq for Scaled {
    fn eq(&self, other: &Self) -> bool {
        (*self - *other).m == [0]
    }
}

impl Scaled {
    pub fn to_f64(self) -> f64 {
        let magnitude = f64::from(self.m[0]) * libm::scalbn(1.0, self.e[0].max(-1000) - 32);
        if self.s[0] == 0 { magnitude } else { -magnitude }
    }
}

impl Real for Scaled {
    fn of(x: f64) -> Self {
        Self::all(x)
    }

    fn exp(self) -> Self {
        self.exp()
    }

    fn ln(self) -> Self {
        self.ln()
    }

    fn softplus(self) -> Self {
        let small = self.abs().exp_down().ln_1p();
        if self.s == [0] { self + small } else { small }
    }

    fn one_minus_exp_neg(self) -> Self {
        if self.e[0] > -1 {
            return Self::ONE - self.exp_down();
        }
        // Below ½.
        let [fixed] = self.fixed();
        self * Self { m: exp_over(&[fixed as u32]), e: [0], s: [0] }
    }
}

#[cfg(test)]
mod tests;
