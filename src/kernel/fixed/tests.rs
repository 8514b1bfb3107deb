//! Errors of the primitives against `f64`, in units of 2^-32 of the value or in units of the last place of an f32; and their
//! bits, which are part of the definition.

use super::*;
use std::f64::consts::LN_2 as LN_2_EXACT;

const UNIT: f64 = 1.0 / (1u64 << 32) as f64;

/// Multiples of a step, in arrays as the kernels have them.
fn steps<const N: usize>(from: u64, to: u64, step: u64) -> impl Iterator<Item = [u64; N]> {
    (from..to)
        .step_by(step as usize * N)
        .map(move |first| std::array::from_fn(|i| (first + i as u64 * step).min(to - 1)))
}

/// Least and largest error, in units of 2^-32 of the exact value.
#[derive(Debug, Default)]
struct Errors(f64, f64);

impl Errors {
    fn see(&mut self, found: u32, exact: f64) {
        let error = (f64::from(found) - exact) / exact / UNIT;
        (self.0, self.1) = (self.0.min(error), self.1.max(error));
    }

    fn hold(&self, low: f64, high: f64) {
        assert!(low <= self.0 && self.1 <= high, "{self:?}");
    }
}

/// How far f32 bits are from a number, in units of the last place of that.
fn ulps(bits: u32, exact: f64) -> f64 {
    let exponent = (exact.abs().to_bits() >> 52) as i32 - 1023;
    (f64::from(f32::from_bits(bits)) - exact).abs() / 2f64.powi(exponent.max(-126) - 23)
}

fn exact_sigmoid(x: f64) -> f64 {
    let e = (-x.abs()).exp();
    if x >= 0.0 { 1.0 / (1.0 + e) } else { e / (1.0 + e) }
}

#[test]
fn powers_of_e_are_within_their_bound() {
    let mut errors = Errors::default();
    // The whole range, and the first powers of 2 densely.
    let whole = steps(0, FARTHEST + 1, 2_000_003);
    for d in whole.chain(steps(0, 1 << 33, 40_009)) {
        let d: [u64; 32] = d;
        let Powers { g, n } = exp_neg(&d);
        for i in 0..32 {
            let exact = (f64::from(n[i]) * LN_2_EXACT - d[i] as f64 * UNIT).exp() / UNIT;
            errors.see(g[i], exact);
            assert!(g[i] >= 1 << 30, "{d:?}");
        }
    }
    errors.hold(-4.0, 3.0);
}

#[test]
fn reciprocals_are_within_their_bound() {
    let mut errors = Errors::default();
    for d in steps::<8>(1 << 31, 1 << 32, 4001) {
        let d = d.map(|d| d as u32);
        recip(&d).iter().zip(d).for_each(|(&r, d)| errors.see(r, (1u64 << 63) as f64 / f64::from(d)));
    }
    // The worst that is known.
    let worst = 0xfff8_0000;
    errors.see(recip(&[worst])[0], (1u64 << 63) as f64 / f64::from(worst));
    errors.hold(-4.01, 2.0);
    assert_eq!(recip(&[1 << 31]), [u32::MAX - 1]);
}

#[test]
fn logarithms_are_within_their_bound() {
    let mut errors = Errors::default();
    for e in steps::<8>(1, 1 << 32, 4001) {
        let e = e.map(|e| e as u32);
        let found = ln_1p_over(&e);
        found.iter().zip(e.map(|e| f64::from(e) * UNIT)).for_each(|(&ln, e)| errors.see(ln, e.ln_1p() / e / UNIT));
    }
    errors.hold(-8.0, 5.0);
    for k in [0, 1, 15, 191, 65_535] {
        let error = times_ln_2(k) as f64 - f64::from(k) * LN_2_EXACT / UNIT;
        assert!((-1.0 - f64::from(k) / 65_536.0..=1e-4).contains(&error), "{k}: {error}");
    }
}

#[test]
fn packing_rounds_to_the_nearest() {
    for (i, [m]) in steps(1 << 29, 1 << 32, 1_000_003).enumerate() {
        let n = (i % 182) as i32 - 1;
        let exact = m as f64 * UNIT * 2f64.powi(-n);
        assert!(ulps(pack(m as u32, n), exact) <= 0.5, "{m} {n}");
    }
    assert_eq!([pack(u32::MAX, 0), pack(u32::MAX, 149), pack(u32::MAX, 151)], [0x3f80_0000, 1, 0]);
}

/// VOXDICE_TEST_LARGE=1: all f32, which takes minutes.
#[test]
fn sigmoids_are_within_their_bound() {
    let is_large = std::env::var_os("VOXDICE_TEST_LARGE").is_some();
    if !is_large {
        crate::skips::skipped("the sigmoid of all 2^32 f32: VOXDICE_TEST_LARGE is not set");
    }
    let mut worst = (0.0, 0);
    for x in steps::<32>(0, 1 << 32, if is_large { 1 } else { 7919 }) {
        let x = x.map(|x| x as u32);
        for (p, x) in sigmoid(&x).into_iter().zip(x) {
            if x & 0x7fff_ffff >= INFINITY {
                assert_eq!(p, NAN);
                continue;
            }
            let error = ulps(p, exact_sigmoid(f32::from_bits(x).into()));
            worst = if error > worst.0 { (error, x) } else { worst };
        }
    }
    assert!(worst.0 <= 0.56, "{worst:?}");
    let at = |x: f32| f32::from_bits(sigmoid(&[x.to_bits()])[0]);
    assert_eq!([at(0.0), at(-0.0), at(f32::from_bits(1)), at(f32::MAX), at(f32::MIN)], [0.5, 0.5, 0.5, 1.0, 0.0]);
    assert_eq!([at(-103.0), at(-104.0)], [f32::from_bits(1), 0.0]);
}

/// splitmix64, as numbers of [−1, 1).
struct Random(u64);

impl Random {
    fn next(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ self.0 >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ mixed >> 31) as i64 as f64 / (1u64 << 63) as f64
    }
}

fn softmax(x: &[f32]) -> Vec<u32> {
    let mut bits: Vec<[u32; 1]> = x.iter().map(|x| [x.to_bits()]).collect();
    let mut exponentials = Exponentials::new(x.len());
    exponentials.set(&bits, &[u32::MAX]);
    exponentials.softmax(&mut bits);
    bits.into_iter().map(|[bits]| bits).collect()
}

#[test]
fn softmaxes_are_within_their_bound() {
    let mut random = Random(1);
    let mut worst = 0f64;
    for spread in [0.1, 1.0, 5.0, 30.0, 200.0, 1e5, 1e30] {
        for (channels, voxels) in [(1, 3), (2, 3000), (4, 3000), (117, 60), (1500, 5)] {
            for _ in 0..voxels {
                let x: Vec<f32> = (0..channels).map(|_| (spread * (random.next() + random.next())) as f32).collect();
                let largest = x.iter().copied().fold(f32::MIN, f32::max);
                let e: Vec<f64> = x.iter().map(|&x| (f64::from(x) - f64::from(largest)).exp()).collect();
                let sum: f64 = e.iter().sum();
                softmax(&x).iter().zip(e).for_each(|(&p, e)| worst = worst.max(ulps(p, e / sum)));
            }
        }
    }
    assert!(worst <= 0.59, "{worst}");
}

#[test]
fn a_softmax_depends_on_no_order_and_stands_any_logits() {
    let mut random = Random(2);
    let x: Vec<f32> = (0..40).map(|_| (9.0 * random.next()) as f32).collect();
    let reversed: Vec<f32> = x.iter().rev().copied().collect();
    assert!(softmax(&x).iter().eq(softmax(&reversed).iter().rev()));
    let p = |x: &[f32]| softmax(x).into_iter().map(f32::from_bits).collect::<Vec<_>>();
    assert_eq!(p(&[3e9, 3e9, 0.0, -3e38]), [0.5, 0.5, 0.0, 0.0]);
    assert_eq!(p(&[1e38, -1e38, 1e38, 0.0]), [0.5, 0.0, 0.5, 0.0]);
    assert_eq!(p(&[-1e9, -1e9 + 64.0]), [1.603_810_9e-28, 1.0]);
    assert_eq!(p(&[0.0, -0.0, f32::from_bits(1), f32::MIN_POSITIVE]), [0.25; 4]);
    assert_eq!(p(&[f32::MIN]), [1.0]);
    assert!(p(&[1.0, f32::NEG_INFINITY]).iter().all(|p| p.is_nan()));
}

/// A changed constant changes results on every device: it is another definition.
#[test]
fn the_bits_are_those_of_the_definition() {
    let mut sums = [0xcbf2_9ce4_8422_2325u64; 4];
    let mut add = |at: usize, x: u64| sums[at] = (sums[at] ^ x).wrapping_mul(0x0100_0000_01b3);
    for [d] in steps(0, FARTHEST + 1, 100_000_007) {
        let Powers { g: [g], n: [n] } = exp_neg(&[d]);
        add(0, u64::from(g) << 32 | u64::from(n));
    }
    for [x] in steps(0, 1 << 32, 1_000_003) {
        let x = x as u32;
        add(1, recip(&[x | 1 << 31])[0].into());
        add(2, ln_1p_over(&[x])[0].into());
        add(3, sigmoid(&[x])[0].into());
    }
    let expected =
        [12_197_395_473_800_083_855, 16_182_441_439_092_454_236, 16_628_308_199_390_818_163, 9_810_657_300_018_551_357];
    assert_eq!(sums, expected);
}
