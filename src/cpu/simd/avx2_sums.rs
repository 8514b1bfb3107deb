//! Exact sums with AVX2: the contract of `kernel::sums` in `f64` lanes, bit for bit.
//!
//! An f32 and a product of two of them are exact in `f64`. For 0 ≤ x ≤ 1, rounding `x + (1 − 2^-53)` to the nearest `f64`
//! (one addition, or one fused multiplication) gives a number between 1 and 2 whose last bit is worth 2^-52. At a tie x
//! is a multiple of 2^-52, and the even neighbour keeps all of its bits but the last; anywhere else the half unit that is
//! missing turns rounding into truncation. So its bits, shifted right by 6, are `trunc(x · 2^46)` and a constant. Only
//! where x < 2^-53 does the sum stay below 1; a maximum mends that.
//!
//! Values that are 0 or at least 2^-23 lie on the grid as they stand: 64 of them add up in an `f64` without a rounding,
//! which leaves that work to the products alone.

use super::avx2_tile::{as_f32, bits, halves, total, widened};
use super::hints::{ahead, ahead_of_all};
use super::tile::{SHORT, TILE, padded};
use crate::kernel::sums::{INFINITY, ONE, RawSums, SumPass, sum_pairs};
use crate::kernel::voxel::Typed;
use crate::stats::Terms;
use std::arch::x86_64::*;

/// The largest `f64` below 1.
const BELOW_ONE: f64 = 1.0 - f64::EPSILON / 2.0;

/// Bits below the grid 2^-46 of an `f64` between 1 and 2.
const BELOW_GRID: i32 = 6;

/// What the exponent field of such a number is in its shifted bits.
const FIELD: u64 = 1023 << (52 - BELOW_GRID);

/// Between this and twice this, the last bit of an `f64` is worth 2^-46.
const ORIGIN: f64 = 64.0;

/// From here on every f32 is a multiple of 2^-46.
const COARSEST: u32 = (127 - 23) << 23;

/// Voxels whose values an `f64` lane can add to [`ORIGIN`]: 64 for each of four lanes.
const GROUP: usize = 256;

/// What is known of the voxels of a tile, from the fastest kernel to the slowest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    /// 0, or between 2^-23 and 1.
    Coarse,
    /// Between 0 and 1.
    Unit,
    /// Anything.
    Any,
}

/// Sums of a tile, and what the kernel learned of its voxels: units of another kind than the kernel's mean nothing.
struct Tile {
    units: [u64; 6],
    kind: Kind,
    max_abs: u32,
}

/// [`sum_run`](crate::kernel::sums::sum_run).
#[target_feature(enable = "avx2,fma,f16c")]
pub(super) fn sum_run(p: Typed<'_>, t: Typed<'_>, stride: usize, pass: SumPass) -> RawSums {
    match pass.terms {
        // Powers are added by the caller.
        Terms::Plain | Terms::Power(_) => sum_tiles::<3>(p, t, stride, pass),
        Terms::Squared => sum_tiles::<5>(p, t, stride, pass),
        Terms::All => sum_tiles::<6>(p, t, stride, pass),
    }
}

#[target_feature(enable = "avx2,fma,f16c")]
fn sum_tiles<const TERMS: usize>(p: Typed<'_>, t: Typed<'_>, stride: usize, pass: SumPass) -> RawSums {
    let voxels = p.len().div_ceil(stride);
    let fastest = if pass.scale > 0 || pass.careful { Kind::Any } else { Kind::Coarse };
    // Neighbours are alike: a tile is tried with the kernel that its predecessor needed.
    let mut kind = fastest;
    let mut sum = RawSums::default();
    let (mut p_buffer, mut t_buffer) = ([0.0; TILE], [0.0; TILE]);
    for start in (0..voxels).step_by(TILE) {
        let range = start..voxels.min(start + TILE);
        let p = as_f32(p, stride, range.clone(), &mut p_buffer);
        let mask = if let (Typed::U8(t), 1) = (t, stride) { Some(&t[range.clone()]) } else { None };
        let tile = loop {
            let tile = match (kind, mask) {
                (Kind::Coarse, Some(mask)) => masked::<TERMS, true>(p, mask),
                (Kind::Unit, Some(mask)) => masked::<TERMS, false>(p, mask),
                _ => real::<TERMS>(kind, p, as_f32(t, stride, range.clone(), &mut t_buffer), pass),
            };
            if tile.kind <= kind {
                break tile;
            }
            kind = tile.kind;
        };
        kind = tile.kind.max(fastest);
        let [p, t, pt, pp, tt, difference] = tile.units;
        sum.join(&RawSums {
            units: [p, t, pt, pp, tt, difference, 0],
            max_abs: tile.max_abs,
            pointwise_too_large: false,
        });
    }
    sum
}

/// A tile of two real operands, with the kernel for its kind.
#[inline]
#[target_feature(enable = "avx2,fma")]
fn real<const TERMS: usize>(kind: Kind, p: &[f32], t: &[f32], pass: SumPass) -> Tile {
    match kind {
        Kind::Coarse => unit::<TERMS, true>(p, t),
        Kind::Unit => unit::<TERMS, false>(p, t),
        Kind::Any if p.len() < SHORT => portable(p, t, pass),
        Kind::Any if pass.scale > 0 || pass.careful => any::<TERMS, true>(p, t, pass),
        Kind::Any => any::<TERMS, false>(p, t, pass),
    }
}

/// What the vectors of a tile told about its voxels.
#[derive(Clone, Copy)]
struct Seen {
    /// Largest bits, so that a sign is larger than any value.
    largest: __m256i,
    /// Smallest bits less 1, so that 0 is the largest.
    smallest: __m256i,
}

impl Seen {
    #[inline]
    #[target_feature(enable = "avx2")]
    fn nothing() -> Self {
        Self { largest: _mm256_setzero_si256(), smallest: _mm256_set1_epi32(-1) }
    }

    #[inline]
    #[target_feature(enable = "avx2")]
    fn see(&mut self, x: __m256i) {
        self.largest = _mm256_max_epu32(self.largest, x);
        self.smallest = _mm256_min_epu32(self.smallest, _mm256_add_epi32(x, _mm256_set1_epi32(-1)));
    }

    /// The largest bits, and what kind they make the tile.
    fn verdict(self) -> (u32, Kind) {
        let largest = bits(self.largest).into_iter().fold(0, u32::max);
        let smallest = bits(self.smallest).into_iter().fold(u32::MAX, u32::min);
        let kind = match (largest > ONE, smallest < COARSEST - 1) {
            (true, _) => Kind::Any,
            (false, true) => Kind::Unit,
            (false, false) => Kind::Coarse,
        };
        (largest, kind)
    }
}

/// `trunc(x · 2^46)` and [`FIELD`], of `x + BELOW_ONE` rounded.
#[inline]
#[target_feature(enable = "avx2")]
fn on_grid(sum: __m256d) -> __m256i {
    _mm256_srli_epi64::<BELOW_GRID>(_mm256_castpd_si256(_mm256_max_pd(sum, _mm256_set1_pd(1.0))))
}

#[inline]
#[target_feature(enable = "avx2")]
fn add(sum: &mut __m256i, x: __m256i) {
    *sum = _mm256_add_epi64(*sum, x);
}

#[inline]
#[target_feature(enable = "avx2")]
fn add_real(sum: &mut __m256d, x: __m256d) {
    *sum = _mm256_add_pd(*sum, x);
}

/// Units that `sum` holds beside the constants of `lanes` shifted numbers.
fn less_fields(sum: __m256i, lanes: usize) -> u64 {
    total(sum).wrapping_sub(FIELD.wrapping_mul(lanes as u64))
}

/// Units that `sum` holds beside the constants of the lanes of `groups`.
fn less_origins(sum: __m256i, groups: usize) -> u64 {
    total(sum).wrapping_sub(ORIGIN.to_bits().wrapping_mul(4 * groups as u64))
}

/// Sums of values between 0 and 1; with `COARSE`, of none between 0 and 2^-23.
#[target_feature(enable = "avx2,fma")]
fn unit<const TERMS: usize, const COARSE: bool>(p: &[f32], t: &[f32]) -> Tile {
    let (bias, zero) = (_mm256_set1_pd(BELOW_ONE), _mm256_setzero_si256());
    let mut seen = Seen::nothing();
    // p, t and the larger of them; the products.
    let (mut linear, mut products) = ([zero; 3], [zero; 3]);
    for (p, t) in p.chunks(GROUP).zip(t.chunks(GROUP)) {
        let mut real = [_mm256_set1_pd(ORIGIN); 3];
        let mut step = |p: &[f32; 8], t: &[f32; 8]| {
            ahead(p);
            ahead(t);
            seen.see(bytemuck::cast(*p));
            seen.see(bytemuck::cast(*t));
            for (p, t) in widened(*p).into_iter().zip(widened(*t)) {
                if COARSE {
                    add_real(&mut real[0], p);
                    add_real(&mut real[1], t);
                } else {
                    add(&mut linear[0], on_grid(_mm256_add_pd(p, bias)));
                    add(&mut linear[1], on_grid(_mm256_add_pd(t, bias)));
                }
                add(&mut products[0], on_grid(_mm256_fmadd_pd(p, t, bias)));
                if TERMS > 3 {
                    add(&mut products[1], on_grid(_mm256_fmadd_pd(p, p, bias)));
                    add(&mut products[2], on_grid(_mm256_fmadd_pd(t, t, bias)));
                }
                if TERMS > 5 && COARSE {
                    add_real(&mut real[2], _mm256_max_pd(p, t));
                } else if TERMS > 5 {
                    add(&mut linear[2], on_grid(_mm256_add_pd(_mm256_max_pd(p, t), bias)));
                }
            }
        };
        let ((p_chunks, p_rest), (t_chunks, t_rest)) = (p.as_chunks(), t.as_chunks());
        p_chunks.iter().zip(t_chunks).for_each(|(p, t)| step(p, t));
        if !p_rest.is_empty() {
            step(&padded(p_rest), &padded(t_rest));
        }
        if COARSE {
            linear.iter_mut().zip(real).for_each(|(sum, real)| add(sum, _mm256_castpd_si256(real)));
        }
    }
    let (lanes, groups) = (p.len().next_multiple_of(8), p.len().div_ceil(GROUP));
    let [p, t, most] = linear.map(|sum| if COARSE { less_origins(sum, groups) } else { less_fields(sum, lanes) });
    let [pt, pp, tt] = products.map(|sum| less_fields(sum, lanes));
    // |p − t| is twice the larger less both.
    let difference = most.wrapping_mul(2).wrapping_sub(p).wrapping_sub(t);
    finished::<TERMS>([p, t, pt, pp, tt, difference], seen.verdict())
}

/// The same for a truth of 0 and 1, which need no arithmetic: a product is a choice.
#[target_feature(enable = "avx2,fma")]
fn masked<const TERMS: usize, const COARSE: bool>(p: &[f32], t: &[u8]) -> Tile {
    let (bias, zero) = (_mm256_set1_pd(BELOW_ONE), _mm256_setzero_si256());
    let mut seen = Seen::nothing();
    // p, and p where the truth is 1; p².
    let (mut linear, mut squares) = ([zero; 2], zero);
    for (p, t) in p.chunks(GROUP).zip(t.chunks(GROUP)) {
        let mut real = [_mm256_set1_pd(ORIGIN); 2];
        ahead_of_all(t);
        let mut step = |p: &[f32; 8], t: &[u8; 8]| {
            ahead(p);
            seen.see(bytemuck::cast(*p));
            for (p, t) in widened(*p).into_iter().zip(halves(*t)) {
                let on = _mm256_sub_epi64(zero, _mm256_cvtepu8_epi64(t));
                if COARSE {
                    add_real(&mut real[0], p);
                    add_real(&mut real[1], _mm256_and_pd(p, _mm256_castsi256_pd(on)));
                } else {
                    let units = _mm256_sub_epi64(on_grid(_mm256_add_pd(p, bias)), _mm256_set1_epi64x(FIELD as i64));
                    add(&mut linear[0], units);
                    add(&mut linear[1], _mm256_and_si256(units, on));
                }
                if TERMS > 3 {
                    add(&mut squares, on_grid(_mm256_fmadd_pd(p, p, bias)));
                }
            }
        };
        let ((p_chunks, p_rest), (t_chunks, t_rest)) = (p.as_chunks(), t.as_chunks());
        p_chunks.iter().zip(t_chunks).for_each(|(p, t)| step(p, t));
        if !p_rest.is_empty() {
            step(&padded(p_rest), &padded(t_rest));
        }
        if COARSE {
            linear.iter_mut().zip(real).for_each(|(sum, real)| add(sum, _mm256_castpd_si256(real)));
        }
    }
    let (lanes, groups) = (p.len().next_multiple_of(8), p.len().div_ceil(GROUP));
    let [p, pt] = linear.map(|sum| if COARSE { less_origins(sum, groups) } else { total(sum) });
    let (on, most) = sum_and_most(t);
    let t = on << 46;
    let difference = p.wrapping_add(t).wrapping_sub(pt.wrapping_mul(2));
    let (largest, kind) = seen.verdict();
    let verdict = (largest.max(f32::from(most).to_bits()), if most > 1 { Kind::Any } else { kind });
    finished::<TERMS>([p, t, pt, less_fields(squares, lanes), t, difference], verdict)
}

/// Sum and largest of a tile's bytes.
#[inline]
#[target_feature(enable = "avx2")]
fn sum_and_most(t: &[u8]) -> (u64, u8) {
    let (mut sum, mut most) = (_mm256_setzero_si256(), _mm256_setzero_si256());
    let (chunks, rest) = t.as_chunks::<32>();
    for chunk in chunks {
        let chunk = bytemuck::cast(*chunk);
        add(&mut sum, _mm256_sad_epu8(chunk, _mm256_setzero_si256()));
        most = _mm256_max_epu8(most, chunk);
    }
    let lanes: [u8; 32] = bytemuck::cast(most);
    let most = lanes.iter().chain(rest).fold(0, |most, &t| most.max(t));
    (total(sum) + rest.iter().map(|&t| u64::from(t)).sum::<u64>(), most)
}

/// A tile of the units that were asked for.
fn finished<const TERMS: usize>(mut units: [u64; 6], (max_abs, kind): (u32, Kind)) -> Tile {
    units[TERMS..].fill(0);
    Tile { units, kind, max_abs }
}

/// Sums of any values, with signs. With `SCALED`, at the scale of the pass, and skipping non-finite voxels if the pass
/// asks for that.
#[target_feature(enable = "avx2,fma")]
fn any<const TERMS: usize, const SCALED: bool>(p: &[f32], t: &[f32], pass: SumPass) -> Tile {
    let (bias, zero) = (_mm256_set1_pd(BELOW_ONE), _mm256_setzero_si256());
    let unscale = _mm256_set1_pd(libm::scalbn(1.0, -i32::from(pass.scale)));
    let absolute = _mm256_set1_epi32(i32::MAX);
    let largest_used = _mm256_set1_epi32(if pass.careful { INFINITY as i32 - 1 } else { i32::MAX });
    let (mut largest, mut max_abs, mut sums) = (zero, zero, [zero; 6]);
    let mut step = |p: &[f32; 8], t: &[f32; 8]| {
        ahead(p);
        ahead(t);
        let (p, t): (__m256i, __m256i) = (bytemuck::cast(*p), bytemuck::cast(*t));
        largest = _mm256_max_epu32(largest, _mm256_max_epu32(p, t));
        let (mut p_abs, mut t_abs) = (_mm256_and_si256(p, absolute), _mm256_and_si256(t, absolute));
        let more = _mm256_max_epi32(p_abs, t_abs);
        max_abs = _mm256_max_epi32(max_abs, more);
        if SCALED {
            let skip = _mm256_cmpgt_epi32(more, largest_used);
            (p_abs, t_abs) = (_mm256_andnot_si256(skip, p_abs), _mm256_andnot_si256(skip, t_abs));
        }
        let (p_signs, t_signs) = (sign_masks(p), sign_masks(t));
        let magnitudes = widened(bytemuck::cast(p_abs)).into_iter().zip(widened(bytemuck::cast(t_abs)));
        for ((mut p, mut t), (p_sign, t_sign)) in magnitudes.zip(p_signs.into_iter().zip(t_signs)) {
            if SCALED {
                (p, t) = (_mm256_mul_pd(p, unscale), _mm256_mul_pd(t, unscale));
            }
            let p_units = signed(_mm256_add_pd(p, bias), p_sign);
            let t_units = signed(_mm256_add_pd(t, bias), t_sign);
            add(&mut sums[0], p_units);
            add(&mut sums[1], t_units);
            add(&mut sums[2], signed(_mm256_fmadd_pd(p, t, bias), _mm256_xor_si256(p_sign, t_sign)));
            if TERMS > 3 {
                add(&mut sums[3], on_grid(_mm256_fmadd_pd(p, p, bias)));
                add(&mut sums[4], on_grid(_mm256_fmadd_pd(t, t, bias)));
            }
            if TERMS > 5 {
                let difference = _mm256_sub_epi64(p_units, t_units);
                let sign = _mm256_cmpgt_epi64(zero, difference);
                add(&mut sums[5], _mm256_sub_epi64(_mm256_xor_si256(difference, sign), sign));
            }
        }
    };
    let ((p_chunks, p_rest), (t_chunks, t_rest)) = (p.as_chunks(), t.as_chunks());
    p_chunks.iter().zip(t_chunks).for_each(|(p, t)| step(p, t));
    if !p_rest.is_empty() {
        step(&padded(p_rest), &padded(t_rest));
    }
    let lanes = p.len().next_multiple_of(8);
    let [p, t, pt, pp, tt, difference] = sums;
    let units = [total(p), total(t), total(pt), less_fields(pp, lanes), less_fields(tt, lanes), total(difference)];
    let [largest, max_abs] = [largest, max_abs].map(|x| bits(x).into_iter().fold(0, u32::max));
    finished::<TERMS>(units, (max_abs, if largest > ONE { Kind::Any } else { Kind::Unit }))
}

/// All bits of a 64-bit lane where an f32 has its sign bit.
#[inline]
#[target_feature(enable = "avx2")]
fn sign_masks(x: __m256i) -> [__m256i; 2] {
    let [low, high]: [__m128i; 2] = bytemuck::cast(_mm256_srai_epi32::<31>(x));
    [_mm256_cvtepi32_epi64(low), _mm256_cvtepi32_epi64(high)]
}

/// Two's complement of [`on_grid`] where the mask is set.
#[inline]
#[target_feature(enable = "avx2")]
fn signed(sum: __m256d, sign: __m256i) -> __m256i {
    let magnitude = _mm256_sub_epi64(on_grid(sum), _mm256_set1_epi64x(FIELD as i64));
    _mm256_sub_epi64(_mm256_xor_si256(magnitude, sign), sign)
}

/// [`any`] of a few voxels.
fn portable(p: &[f32], t: &[f32], pass: SumPass) -> Tile {
    let raw = sum_pairs(p.iter().zip(t).map(|(p, t)| (p.to_bits(), t.to_bits())), pass);
    let [p, t, pt, pp, tt, difference, _] = raw.units;
    Tile { units: [p, t, pt, pp, tt, difference], kind: Kind::Any, max_abs: raw.max_abs }
}
