//! What a set of kernels must reproduce before it is used: sums, counts and gradients of a few thousand voxels with all
//! kinds of bits, as numbers.

use super::{Level, Store};
use crate::cpu::pairs::PairTable;
use crate::kernel::exact_gradient::ExactCoefficients;
use crate::kernel::sums::SumPass;
use crate::stats::Terms;

/// Voxels of each test: more than a tile, and no multiple of a vector.
const VOXELS: usize = 2500;

/// Bytes that are summed as integers: more than the tile of those kernels, and whole vectors.
const BYTES: usize = (1 << 14) + 512;

/// splitmix64.
struct Random(u64);

impl Random {
    fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ self.0 >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ mixed >> 31
    }

    /// Floats of any sign whose exponent field is at most `top`: from 127 on they reach 1, at 255 there are NaN and
    /// infinities. Some are 0 or subnormal.
    fn floats(&mut self, top: u32) -> Vec<f32> {
        let float = |bits: u64| {
            let exponent = match bits >> 60 {
                0 => 0,
                1 => top,
                few => top.saturating_sub((few as u32 - 2) * 4),
            };
            let fraction = if exponent == 127 { 0 } else { bits as u32 & 0x007f_ffff };
            f32::from_bits((bits >> 32) as u32 & 1 << 31 | exponent << 23 | fraction)
        };
        (0..VOXELS).map(|_| float(self.bits())).collect()
    }

    /// Labels below `most`, most of them that of the voxel before.
    fn labels(&mut self, most: u64) -> Vec<u16> {
        let mut label = 0;
        let mut next = |bits: u64| {
            label = if bits >> 61 == 0 { (bits % most) as u16 } else { label };
            label
        };
        (0..VOXELS).map(|_| next(self.bits())).collect()
    }
}

/// All that the kernels of `level` find, for voxels that follow from `seed`.
pub(super) fn results(level: Level, seed: u64) -> Vec<u64> {
    let (mut random, mut found) = (Random(seed), Vec::new());
    let (p, t, wild) = (random.floats(127), random.floats(127), random.floats(255));
    let masks = [random.labels(2), random.labels(3)].map(|labels| labels.iter().map(|&x| x as u8).collect::<Vec<u8>>());
    for terms in Terms::EXACT {
        let pass = |scale, careful| SumPass { terms, scale, careful };
        let sums = [
            level.sum_run(&p, &t, 1, pass(0, false)),
            level.sum_run(&p, &wild, 1, pass(128, true)),
            level.sum_run(&p, &masks[0], 1, pass(0, false)),
            level.sum_run(&p, &masks[1], 1, pass(1, false)),
        ];
        for sum in sums {
            found.extend(sum.units);
            // Of a value that is not finite, only that fact is compared.
            found.push(sum.max_abs.min(crate::kernel::sums::INFINITY).into());
        }
    }
    // With digits that no f32 has.
    let mut doubles = |floats: &[f32]| -> Vec<f64> {
        let mut more = |&x: &f32| f64::from_bits(f64::from(x).to_bits() | random.bits() >> 36);
        floats.iter().map(|x| if x.abs() < 1.0 { more(x) } else { (*x).into() }).collect()
    };
    let [p_doubles, t_doubles, wild_doubles] = [&p, &t, &wild].map(|floats| doubles(floats));
    for terms in Terms::EXACT {
        for (t, scale, careful) in [(&t_doubles, 0, false), (&wild_doubles, 128, true)] {
            let sum = level.sum_doubles(&p_doubles, t, SumPass { terms, scale, careful });
            found.extend(sum.units);
            found.push(sum.max_abs.min(crate::kernel::sums::INFINITY).into());
        }
    }
    let bytes: Vec<u8> = (0..BYTES).map(|_| random.bits() as u8).collect();
    let [a, b] = [0, 1].map(|bit| bytes.iter().map(|byte| byte >> bit & 1).collect::<Vec<u8>>());
    // Two masks, one mask, none; the third is no whole number of vectors.
    for (p, t) in [(&a[..], &b[..]), (&a, &bytes), (&bytes[1..], &bytes[..BYTES - 1]), (&masks[0], &masks[1])] {
        let sum = level.sum_integers(p, t, 1);
        found.extend(sum.units);
        found.push(sum.max_abs.into());
    }
    let noise: Vec<u16> = (0..VOXELS).map(|_| (random.bits() % 40) as u16).collect();
    for (p, t) in [(random.labels(9), random.labels(9)), (random.labels(300), random.labels(4)), (noise.clone(), noise)]
    {
        let mut table: Box<PairTable> = Box::new([0; _]);
        let mut wide = 0u64;
        let met = level.count_pairs(&p, &t, &mut table, |p, t, n| wide += u64::from(p * 1000 + t) * n);
        let bytes: Vec<u8> = p.iter().map(|&p| p as u8).collect();
        level.count_pairs(&bytes, &t, &mut table, |_, _, _| {});
        let words: Vec<u32> = p.iter().map(|&p| p.into()).collect();
        level.count_pairs(&words, &t, &mut table, |_, _, _| {});
        let counts = table.iter().enumerate().filter(|(_, count)| **count > 0);
        found.extend(counts.map(|(place, &count)| (place as u64) << 32 | u64::from(count)));
        found.extend([met.into(), wide]);
    }
    for (square, sign) in [(0, 0), (-77_777_777, 0), (3 << 27, -(1 << 29))] {
        for scale in [0, 3] {
            let c =
                ExactCoefficients { product: -(1 << 30), square, constant: 0x1234_5678, sign, exponent: -70, scale };
            let mut out = vec![0.0; VOXELS];
            level.gradient_run(&c, &p, &t, &mut out, Store::Streamed);
            found.extend(out.iter().map(|gradient| u64::from(gradient.to_bits())));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::super::Set;
    use super::super::tests::levels;
    use super::*;

    #[test]
    #[cfg_attr(miri, ignore = "takes more than ten minutes there; tests of each kernel are shorter")]
    fn results_are_those_of_the_voxels_and_not_of_the_instructions() {
        let expected = results(Level(Set::Baseline), 1);
        assert_ne!(expected, results(Level(Set::Baseline), 2));
        for level in levels() {
            assert!(results(level, 1) == expected, "{}", level.name());
        }
    }

    /// Of every method of `Level` with a kernel of its own for AVX-512 or NEON, read from the source: on a machine that
    /// has neither, a kernel that is not called here would be used elsewhere without a check.
    #[test]
    fn every_kernel_that_is_to_be_cleared_is_called() {
        let (own, _) = include_str!("self_test.rs").split_once("#[cfg(test)]").unwrap();
        let words = |text: &'static str| text.split(|c: char| !c.is_alphanumeric() && c != '_' && c != ':');
        let is_kernel = |word: &str| {
            word.split_once("::").is_some_and(|(set, _)| set.starts_with("avx512_") || set.starts_with("neon_"))
                || word == "sum_fused"
        };
        let methods = include_str!("../simd.rs").split("\n    pub fn ").skip(1);
        let cleared: Vec<&str> = methods
            .filter(|method| words(method).any(is_kernel))
            .map(|method| method.split(['<', '(']).next().unwrap())
            .collect();
        assert_eq!(cleared, ["sum_run", "sum_doubles", "sum_integers", "gradient_run", "count_pairs"]);
        for name in cleared {
            assert!(own.contains(&format!("level.{name}(")), "the self-test does not call `{name}`");
        }
    }
}
