//! What tests of searches compare with: noise, and every query against every target.

use super::bits::Bits;
use super::row::square;

/// Bits by a small generator, so many of 1000.
pub fn noise(size: [usize; 3], per_mille: u64, mut state: u64) -> Bits {
    let mut bits = Bits::new(size);
    for at in 0..size.iter().product() {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        if (state >> 33) % 1000 < per_mille {
            let (row, x) = (at / size[2], at % size[2]);
            bits.words[row * bits.width + x / 64] |= 1 << (x % 64);
        }
    }
    bits
}

/// The bits of these places.
pub fn only(bits: &Bits, keep: impl Fn([usize; 3]) -> bool) -> Bits {
    let mut kept = Bits::new(bits.size);
    for [z, y, x] in places(bits).into_iter().filter(|&place| keep(place)) {
        kept.words[(z * bits.size[1] + y) * bits.width + x / 64] |= 1 << (x % 64);
    }
    kept
}

pub fn places(bits: &Bits) -> Vec<[usize; 3]> {
    let mut places = Vec::new();
    bits.each_in(0..bits.rows(), |z, y, x| places.push([z, y, x]));
    places
}

pub fn between(a: [usize; 3], b: [usize; 3], weights: [u64; 3]) -> u64 {
    (0..3).map(|axis| weights[axis] * square(a[axis].abs_diff(b[axis]))).sum()
}

/// The squared distance to the nearest of the targets.
pub fn nearest(from: [usize; 3], targets: &[[usize; 3]], weights: [u64; 3]) -> Option<u64> {
    targets.iter().map(|&to| between(from, to, weights)).min()
}
