//! The code for AVX2, AVX-512 and NEON against the portable one: adversarial bits, lengths around every edge, all types and
//! strides.

use super::{Level, Set, Simd, Store};
use crate::cpu::pairs::count_pairs;
use crate::kernel::activated::Channels;
use crate::kernel::counts::Label;
use crate::kernel::exact_gradient::ExactCoefficients;
use crate::kernel::gradient::Coefficients;
use crate::kernel::integers::sum_integers;
use crate::kernel::sums::{ONE, SumPass, sum_run};
use crate::kernel::voxel::{F16Bits, Voxel};
use crate::options::{Activation, SumsOptions};
use crate::pointwise::Pointwise;
use crate::skips::skipped;
use crate::stats::{NonFiniteCount, Partials, Sums, Terms, scale_of};
use std::collections::BTreeMap;

/// xorshift64*.
struct Random(u64);

impl Random {
    fn bits(&mut self) -> u32 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 32) as u32
    }

    fn below(&mut self, n: u32) -> u32 {
        self.bits() % n
    }

    fn slice<T: Copy>(&mut self, n: usize, f: fn(&mut Self) -> T) -> Vec<T> {
        (0..n).map(|_| f(self)).collect()
    }
}

/// All sets that this processor has, whether or not their self-test clears them.
pub(super) fn levels() -> Vec<Level> {
    sets().into_iter().filter(|(_, has)| *has).map(|(set, _)| Level(set)).collect()
}

/// The sets of this kind of processor, and whether this processor has them.
#[cfg(target_arch = "x86_64")]
fn sets() -> Vec<(Set, bool)> {
    vec![(Set::Avx2, super::has_avx2()), (Set::Avx512, super::has_avx512())]
}

#[cfg(target_arch = "aarch64")]
fn sets() -> Vec<(Set, bool)> {
    vec![(Set::Neon, super::has_neon())]
}

#[test]
fn what_is_not_tested_is_said() {
    for (set, _) in sets().into_iter().filter(|(_, has)| !has) {
        skipped(&format!("kernels of {}, which this processor does not have", Level(set).name()));
    }
    // Miri has what the compiler was told, and `.ci/miri` tells it; without, all of this would pass with nothing run.
    assert!(!cfg!(all(miri, target_arch = "x86_64")) || !levels().is_empty(), "Miri was told of no AVX2");
    let or_baseline = |level: Option<Level>| level.unwrap_or(Level(Set::Baseline));
    assert_eq!(Level::of(Simd::Auto), or_baseline(levels().last().copied()));
    assert_eq!(Level::of(Simd::Avx2), or_baseline(levels().first().copied()));
    assert_eq!(Level::of(Simd::Baseline), Level(Set::Baseline));
}

/// Lengths around vectors, groups, tiles and blocks. Miri takes a thousand times as long.
fn lengths() -> Vec<usize> {
    let all = [1, 7, 8, 9, 31, 63, 64, 65, 255, 256, 257, 264, 2047, 2048, 2049, 2057, 6151, 65_536];
    all.into_iter().filter(|n| !cfg!(miri) || [8, 65, 257].contains(n)).collect()
}

/// As many repetitions as there is time for.
fn rounds(all: usize) -> usize {
    if cfg!(miri) { all / 1000 } else { all }
}

const TERMS: [Terms; 4] = [Terms::Plain, Terms::Squared, Terms::All, Terms::Power(1.5)];

fn value(exponent: u32, fraction: u32) -> u32 {
    exponent << 23 | fraction
}

/// Values whose significands and exponents sit where truncation, ties and carries happen.
fn edge(random: &mut Random) -> u32 {
    let fractions = [0, 1, 2, 0x40_0000, 0x3f_ffff, 0x7f_ffff, 0x7f_fffe, 0x55_5555, random.bits() & 0x7f_ffff];
    let fraction = fractions[random.below(9) as usize];
    match random.below(8) {
        0 => 0,
        1 => ONE,
        2 => fraction,                                   // subnormal
        3 => value(104 - 2 + random.below(4), fraction), // around 2^-23
        4 => value(81 - 2 + random.below(4), fraction),  // around 2^-46
        5 => value(103 + random.below(24), fraction),    // products around 2^-46
        6 => value(1 + random.below(126), fraction),
        _ => value(120 + random.below(7), fraction),
    }
}

fn coarse(random: &mut Random) -> f32 {
    let bits = value(104 + random.below(23), random.bits() & 0x7f_ffff);
    f32::from_bits([bits, bits, ONE, 0][random.below(4) as usize])
}

fn unit(random: &mut Random) -> f32 {
    f32::from_bits(edge(random))
}

fn signed(random: &mut Random) -> f32 {
    f32::from_bits(edge(random) | random.bits() & 1 << 31)
}

/// Beyond ±1 as well, up to 2^128, and NaN and infinities.
fn wild(random: &mut Random) -> f32 {
    match random.below(16) {
        0 => f32::from_bits(random.bits()),
        1 => f32::from_bits(value(255, random.below(2)) | random.bits() & 1 << 31),
        _ => f32::from_bits(value(100 + random.below(35), random.bits() & 0x7f_ffff) | random.bits() & 1 << 31),
    }
}

fn check<P: Voxel, T: Voxel>(what: &str, p: &[P], t: &[T], pass: SumPass) {
    for level in levels() {
        for stride in [1, 3] {
            let end = (p.len() - 1) / stride * stride + 1;
            let (found, expected) =
                (level.sum_run(&p[..end], &t[..end], stride, pass), sum_run(&p[..end], &t[..end], stride, pass));
            assert_eq!(found.max_abs > ONE, expected.max_abs > ONE, "{what} {pass:?}, {end} by {stride}");
            // A flagged run is done again at its scale, found from the largest value; its sums are not looked at.
            if expected.max_abs <= ONE || pass.scale > 0 || pass.careful {
                assert_eq!(found.units, expected.units, "{what} {pass:?}, {end} by {stride}");
            }
            if expected.max_abs < crate::kernel::sums::INFINITY {
                assert_eq!(found.max_abs, expected.max_abs, "{what} {pass:?}, {end} by {stride}");
            }
        }
    }
}

const PLAIN: SumPass = SumPass { terms: Terms::Plain, scale: 0, careful: false };

#[test]
fn sums_equal_the_portable_ones() {
    let mut random = Random(1);
    for n in lengths() {
        for terms in TERMS {
            let pass = SumPass { terms, ..PLAIN };
            for (name, p, t) in [
                ("coarse", coarse as fn(&mut Random) -> f32, coarse as fn(&mut Random) -> f32),
                ("unit", unit, unit),
                ("unit by coarse", unit, coarse),
                ("signed", signed, signed),
                ("coarse by signed", coarse, signed),
                ("wild", wild, unit),
            ] {
                let (p, t) = (random.slice(n + 1, p), random.slice(n + 1, t));
                check(name, &p[1..], &t[..n], pass);
                let mask = random.slice(n, |random| random.below(2) as u8);
                check(name, &p[1..], &mask, pass);
                check(name, &mask, &p[..n], pass);
                let beyond: Vec<u8> =
                    mask.iter().enumerate().map(|(i, &x)| x << (2 * u8::from(i % 4099 == 4098))).collect();
                check(name, &p[1..], &beyond, pass);
            }
        }
    }
}

#[test]
fn sums_at_a_scale_and_without_what_is_not_finite_equal_the_portable_ones() {
    let mut random = Random(2);
    for n in lengths() {
        let (p, t) = (random.slice(n, wild), random.slice(n, wild));
        let bytes = random.slice(n, |random| random.bits() as u8);
        for terms in TERMS {
            for scale in [0, 1, 7, 31, 127, 128] {
                // What does not fit the scale is left out: the caller never asks for it.
                let limit = libm::scalbn(1.0, scale.into());
                let fits = |x: &f32| if f64::from(x.abs()) <= limit || !x.is_finite() { *x } else { 0.5 };
                let (p, t): (Vec<f32>, Vec<f32>) = (p.iter().map(fits).collect(), t.iter().map(fits).collect());
                check("wild", &p, &t, SumPass { terms, scale, careful: true });
                if scale >= 8 {
                    check("bytes", &p, &bytes, SumPass { terms, scale, careful: true });
                }
            }
        }
    }
}

#[test]
fn sums_of_every_value_of_the_small_types_equal_the_portable_ones() {
    let bytes: Vec<u8> = (0..=255).collect();
    let words: Vec<u16> = (0..=u16::MAX).step_by(if cfg!(miri) { 61 } else { 1 }).collect();
    let halves: Vec<F16Bits> = words.iter().map(|&bits| F16Bits(bits)).collect();
    let ones = vec![1f32; words.len()];
    for terms in TERMS {
        check("u8", &bytes, &bytes, SumPass { terms, scale: 8, careful: false });
        check("u16", &words, &ones, SumPass { terms, scale: 16, careful: false });
        check("f16", &halves, &ones, SumPass { terms, scale: 16, careful: true });
    }
}

#[test]
fn a_million_edges_have_the_same_units_one_by_one() {
    for level in levels() {
        let mut random = Random(3);
        let pass = SumPass { terms: Terms::All, ..PLAIN };
        for _ in 0..rounds(20_000) {
            // A vector full of one pair: any difference is eight times as large.
            for (p, t) in [(unit(&mut random), unit(&mut random)), (signed(&mut random), signed(&mut random))] {
                let (p, t) = ([p; 72], [t; 72]);
                let (found, expected) = (level.sum_run(&p, &t, 1, pass), sum_run(&p, &t, 1, pass));
                assert_eq!(found.units, expected.units, "{:e} {:e}", p[0], t[0]);
            }
        }
    }
}

#[test]
fn a_tile_of_another_kind_among_many_is_seen() {
    let mut random = Random(4);
    // Miri takes minutes for each of them.
    let most = if cfg!(miri) { 1 } else { usize::MAX };
    for odd in [1e-9, -0.0, -0.5, f32::MIN_POSITIVE, 1.5, f32::NAN].into_iter().take(most) {
        for place in [5000, 0, 2047, 2048, 8191].into_iter().take(most) {
            let (mut p, t) = (random.slice(8192, coarse), random.slice(8192, coarse));
            p[place] = odd;
            check("one odd voxel", &p, &t, PLAIN);
            check("one odd voxel", &t, &p, PLAIN);
        }
    }
}

#[test]
fn sums_of_integers_equal_the_portable_ones() {
    for level in levels() {
        let mut random = Random(5);
        for n in lengths() {
            let any = |random: &mut Random| random.bits() as u8;
            // Masks, and such that are none at some place.
            let mask = |random: &mut Random| (random.bits() & 1) as u8;
            let nearly = |random: &mut Random| random.below(9) as u8 & [1, 255][usize::from(random.below(30_000) == 0)];
            for byte in [any, mask, nearly, |_: &mut Random| 255] {
                let (p, t) = (random.slice(n + 1, byte), random.slice(n, byte));
                for stride in [1, 3] {
                    let found = level.sum_integers(&p[1..], &t, stride);
                    assert_eq!(found, sum_integers(&p[1..], &t, stride), "{n} by {stride}");
                    // On the grid they are what the general contract says.
                    let scale = scale_of((found.max_abs as f32).to_bits());
                    let voxels = n.div_ceil(stride) as u64;
                    for terms in Terms::EXACT {
                        let pass = SumPass { terms, scale, careful: false };
                        let expected =
                            sum_run(&p[1..], &t, stride, pass).block(scale, voxels, NonFiniteCount::default());
                        let of = |block| Sums::of_block(Sums::zero(terms, None), &block);
                        assert_eq!(of(found.integer_block(voxels)), of(expected), "{terms:?}, {n} by {stride}");
                    }
                }
            }
        }
    }
}

fn check_pairs<P: Label, T: Label>(what: &str, p: &[P], t: &[T]) {
    for level in levels() {
        let (mut found, mut expected) = ([1; 1 << 16], [1; 1 << 16]);
        let (mut found_wide, mut expected_wide) = (BTreeMap::new(), BTreeMap::new());
        let met = level.count_pairs(p, t, &mut found, |p, t, n| *found_wide.entry((p, t)).or_insert(0) += n);
        let expected_met = count_pairs(p, t, &mut expected, |p, t, n| *expected_wide.entry((p, t)).or_insert(0) += n);
        assert_eq!(met, expected_met, "{what}");
        assert_eq!(found, expected, "{what}");
        // A run of no voxels may be told.
        found_wide.retain(|_, n| *n > 0);
        assert_eq!(found_wide, expected_wide, "{what}");
    }
}

#[test]
fn pairs_equal_the_portable_ones() {
    let mut random = Random(6);
    for n in lengths().into_iter().chain([0, 32, 33, 34, 65, 97]) {
        for run in [1, 2, 3, 7, 40, 500] {
            let mut labels = |n: usize, most: u32| -> Vec<u32> {
                let mut label = 0;
                let mut next = || {
                    label = if random.below(run) == 0 { random.below(most) } else { label };
                    label
                };
                (0..n).map(|_| next()).collect()
            };
            let what = format!("{n} in runs of {run}");
            for most in [3, 256, 300, 70_000] {
                let (p, t) = (labels(n + 1, most), labels(n, most));
                let bytes = |x: &[u32]| x.iter().map(|&x| x as u8).collect::<Vec<u8>>();
                let words = |x: &[u32]| x.iter().map(|&x| x as u16).collect::<Vec<u16>>();
                check_pairs(&what, &bytes(&p)[1..], &bytes(&t));
                check_pairs(&what, &words(&p)[1..], &words(&t));
                check_pairs(&what, &p[1..], &t);
                check_pairs(&what, &words(&p)[1..], &bytes(&t));
                check_pairs(&what, &bytes(&p)[1..], &t);
            }
        }
    }
}

#[test]
fn gradients_equal_the_portable_ones() {
    for level in levels() {
        let mut random = Random(7);
        let check = |c: &ExactCoefficients, p: &[f32], t: &[f32], skip: usize, store: Store| {
            // From any place in a cache line, and what lies beside the run stays as it is.
            let (mut found, mut expected) = (vec![7.0; p.len() + skip + 1], vec![0.0; p.len()]);
            level.gradient_run(c, p, t, &mut found[skip..skip + p.len()], store);
            c.gradient_run(p, t, &mut expected);
            assert!(found[..skip].iter().chain(&found[skip + p.len()..]).all(|&x| x == 7.0));
            for (i, found) in found[skip..].iter().take(p.len()).enumerate() {
                assert_eq!(found.to_bits(), expected[i].to_bits(), "{c:?} {:e} {:e}", p[i], t[i]);
            }
        };
        for i in 0..rounds(6000) {
            let scale = random.below(31) * (random.bits() & 1);
            let coefficient = |random: &mut Random| {
                let largest = 1i32 << random.below(31);
                let any = (random.bits() as i32) % (largest + i32::from(largest < 1 << 30));
                [0, largest, -largest, any, any][random.below(5) as usize]
            };
            let mut c = ExactCoefficients {
                product: coefficient(&mut random),
                square: coefficient(&mut random),
                constant: coefficient(&mut random),
                sign: coefficient(&mut random) * i32::from(i % 3 == 0),
                exponent: [-60, -126, 127, -127, 66, -20, -300, 200][i % 8],
                scale,
            };
            if i % 5 == 0 {
                // Sums next to a tie of f32: a constant, and little beside it.
                (c.constant, c.product, c.square) = ((1 << 29) | (random.bits() & 63) as i32, 1, -1);
            }
            if i % 5 == 1 {
                // The same with products alone, which are rounded to f64 on the way: constants half way between two f32.
                let tie = 1 << 30 | 1 << 6 | (random.bits() & 1) << 7;
                let product = (random.below(400) as i32 - 200) >> random.below(9);
                c = ExactCoefficients { constant: tie as i32 >> random.below(2), product, square: 0, sign: 0, ..c };
            }
            let factor = libm::scalbnf(1.0, scale as i32);
            let n = 1 + random.below(80) as usize;
            let mut values = random.slice(2 * n, signed);
            // Most of the voxels reach up to the scale, a few go beyond it.
            values.iter_mut().for_each(|x| *x *= if random.below(3) > 0 { factor } else { 1.0 });
            if i % 7 == 0 {
                values[0] = [f32::NAN, f32::INFINITY, -3.0 * factor, 1e30][random.below(4) as usize];
            }
            if i % 11 == 0 {
                // Masks: a sum half way between two f32 is a tie there, and nothing that was rounded to one.
                values[n..].iter_mut().for_each(|x| *x = f32::from(*x > 0.0));
            }
            let store = [Store::Cached, Store::Streamed][i / 2 % 2];
            check(&c, &values[..n], &values[n..], i % 17, store);
            // The truth in the place of a prediction that plays no part.
            check(&c, &values[n..], &values[n..], i % 17, store);
        }
    }
}

#[test]
fn activations_have_the_same_bits() {
    for level in levels() {
        let mut random = Random(8);
        let logit = |random: &mut Random| match random.below(20) {
            0 => f32::from_bits(random.bits()),
            _ => (random.bits() as f32 / u32::MAX as f32 - 0.5) * 40.0,
        };
        // Code that is not optimised has tiles of two voxels: seven are several of them, and a part.
        let few = [(1, 0), (7, 3)].into_iter();
        let many = [(128, 0), (300, 11)].into_iter().filter(|_| !cfg!(miri));
        for (voxels, spare) in few.chain(many) {
            let (channels, stride) = (3, voxels + spare);
            let logits = random.slice(channels * stride, logit);
            let truths = random.slice(channels * stride, |random| (random.bits() & 1) as f32);
            let partials = Partials { pred: 0.7, product: 1.3, pred_power: 0.5, pointwise: 0.9, ..<_>::default() };
            let coefficients = vec![Coefficients::new(&partials).unwrap(); channels];
            for activation in [Activation::Sigmoid, Activation::Softmax, Activation::Normalise] {
                for pointwise in [None, Some(Pointwise::BinaryCrossEntropy)] {
                    let options = SumsOptions { activation, terms: Terms::All, pointwise };
                    let run = |level: Level| {
                        let channels = Channels { stride, voxels };
                        let (mut values, mut slopes, mut losses) =
                            (logits.clone(), logits.clone(), vec![0; logits.len()]);
                        level.activate(&options, &mut values, &truths, &mut losses, channels);
                        level.gradients(&options, &coefficients, &truths, &mut slopes, channels);
                        let mut powers = vec![0.0; values.len()];
                        level.powers(&values, 1.5, &mut powers);
                        let bits =
                            [values, slopes, powers].map(|x| x.into_iter().map(f32::to_bits).collect::<Vec<_>>());
                        (bits, losses)
                    };
                    assert!(run(level) == run(Level(Set::Baseline)), "{activation:?} {pointwise:?} {voxels}");
                }
            }
        }
    }
}
