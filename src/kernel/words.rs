//! What the kernels do with whole words of plain voxels, in Rust: twins of shaders/aligned_*.wgsl, half.wgsl,
//! mask.wgsl, sums_bytes.wgsl and counts_planes.wgsl, held against the definitions here. The CPU backend has separate
//! vector code.

use super::sums::{fix_magnitude, fix_product_magnitude};
use super::voxel::{F16Bits, Voxel};
use crate::stats::scale_of;

fn significand(bits: u32) -> u64 {
    u64::from(((bits << 7) & 0x3fff_ffff) | 0x4000_0000)
}

fn fix_plain(bits: u32) -> u64 {
    (significand(bits) << 32) >> 143u32.wrapping_sub(bits >> 23).min(63)
}

fn fix_plain_product(x: u32, y: u32) -> u64 {
    let by = 268u32.wrapping_sub(x >> 23).wrapping_sub(y >> 23).min(63);
    (significand(x) * significand(y)) >> by
}

/// Of binary16 bits from 0 to 1, in units of 2^-24.
fn half_units(raw: u32) -> u32 {
    let exponent = raw >> 10;
    ((raw & 0x3ff) | if exponent == 0 { 0 } else { 0x400 }) << (exponent.max(1) - 1)
}

fn fix_half_product(x: u32, y: u32) -> u64 {
    (u64::from(x) * u64::from(y)) >> 2
}

/// Bytes of 1 where the label is that of the channel; beyond 1 where it is none of `channels`.
fn truth_quad(word: u32, channel: u32, channels: u32) -> u32 {
    let label = if channels == 1 { 1 } else { channel.min(128) };
    let other = word ^ (label * 0x0101_0101);
    let differs = ((other & 0x7f7f_7f7f) + 0x7f7f_7f7f) | other;
    let beyond = 128 - channels.clamp(2, 128);
    let outside = ((word & 0x7f7f_7f7f) + beyond * 0x0101_0101) | word;
    ((!differs >> 7) & 0x0101_0101) | (outside & 0x8080_8080)
}

/// |p - t| of the bytes at the bottom of both halves.
fn differences(p: u32, t: u32) -> u32 {
    let difference = (p | 0x0100_0100) - t;
    let less = (!difference >> 8) & 0x0001_0001;
    ((difference ^ (less * 0x1ff)) + less) & 0x00ff_00ff
}

/// The power of two that covers n, which is not 0.
fn covering(n: u32) -> u32 {
    1 << (32 - (n - 1).leading_zeros())
}

/// Bits 0 to 3 of the bytes of eight words.
fn transposed(a: [u32; 4], b: [u32; 4]) -> [u32; 4] {
    let fours: [u32; 4] = std::array::from_fn(|i| (a[i] & 0x0f0f_0f0f) | ((b[i] << 4) & 0xf0f0_f0f0));
    let three = 0x3333_3333;
    let lower = [0, 1].map(|i| (fours[i] & three) | ((fours[i + 2] << 2) & !three));
    let upper = [0, 1].map(|i| ((fours[i] >> 2) & three) | (fours[i + 2] & !three));
    let five = 0x5555_5555;
    let even = |left: u32, right: u32| (left & five) | ((right << 1) & !five);
    let odd = |left: u32, right: u32| ((left >> 1) & five) | (right & !five);
    [even(lower[0], lower[1]), odd(lower[0], lower[1]), even(upper[0], upper[1]), odd(upper[0], upper[1])]
}

/// Numbers that are the same in every run.
fn numbers() -> impl Iterator<Item = u32> {
    let mut state = 1u64;
    std::iter::repeat_with(move || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 32) as u32
    })
}

#[test]
fn plain_values_are_on_the_grid_of_all_values() {
    let mut numbers = numbers();
    // Every exponent up to 1, subnormals, 0, and 1 itself.
    let mut value = || numbers.next().unwrap() % 0x3f80_0001;
    for (x, y) in (0..200_000).map(|_| (value(), value())).chain([(0, 0x3f80_0000), (0x3f80_0000, 0x3f80_0000), (1, 1)])
    {
        assert_eq!(fix_plain(x), fix_magnitude(x, 0), "{x:08x}");
        assert_eq!(fix_plain_product(x, y), fix_product_magnitude(x, y, 0), "{x:08x} {y:08x}");
    }
}

#[test]
fn halves_up_to_1_are_integers_on_that_grid() {
    let of = |raw: u32| F16Bits(raw as u16).f32_bits();
    let mut numbers = numbers();
    for raw in 0..=0x3c00u32 {
        assert_eq!(u64::from(half_units(raw)) << 22, fix_magnitude(of(raw), 0), "{raw:04x}");
        for other in [0, 1, 0x3ff, 0x400, 0x3c00, raw, numbers.next().unwrap() % 0x3c01] {
            let expected = fix_product_magnitude(of(raw), of(other), 0);
            assert_eq!(fix_half_product(half_units(raw), half_units(other)), expected, "{raw:04x} {other:04x}");
        }
    }
}

#[test]
fn labels_of_a_word_become_masks() {
    let mut numbers = numbers();
    for channels in [1, 2, 3, 5, 127, 128, 129, 200, 257, 700] {
        for channel in (0..channels).step_by(1 + channels as usize / 7).chain([channels - 1]) {
            let label = if channels == 1 { 1 } else { channel };
            // A byte has no label beyond 255; a larger label that agrees in the low eight bits is a different label.
            let near = |bits: u32| if bits.is_multiple_of(3) { label & 0xff } else { bits >> 8 & 0xff };
            let labels: [u32; 4] = std::array::from_fn(|_| near(numbers.next().unwrap()));
            let word = labels.iter().rev().fold(0, |word, label| word << 8 | label);
            let masks = truth_quad(word, channel, channels).to_le_bytes();
            for (mask, label_here) in masks.into_iter().zip(labels) {
                let outside = label_here >= channels.max(2) || label_here > 127;
                assert_eq!(mask > 1, outside, "{label_here} of {channels}");
                assert!(outside || u32::from(mask) == u32::from(label_here == label), "{label_here} for {label}");
            }
        }
    }
}

#[test]
fn differences_of_bytes_and_their_scale() {
    for p in 0..256 {
        for t in 0..256 {
            assert_eq!(differences(p << 16 | t, t << 16 | p), p.abs_diff(t) * 0x10001);
        }
    }
    for n in 1..=255u32 {
        assert_eq!(scale_of((covering(n) as f32).to_bits()), scale_of((n as f32).to_bits()));
        assert!(covering(n) >= n);
    }
}

#[test]
fn planes_hold_the_bits_of_every_label() {
    let mut numbers = numbers();
    for _ in 0..1000 {
        let words: [u32; 8] = std::array::from_fn(|_| numbers.next().unwrap());
        let [a, b] = [0, 4].map(|first| std::array::from_fn(|i| words[first + i]));
        let (low, high) = (transposed(a, b), transposed(a.map(|word| word >> 4), b.map(|word| word >> 4)));
        for (k, word) in words.iter().enumerate() {
            for (j, label) in word.to_le_bytes().into_iter().enumerate() {
                let planes = low.iter().chain(&high).map(|plane| plane >> (8 * j + k) & 1);
                assert_eq!(planes.rev().fold(0, |found, bit| found << 1 | bit), u32::from(label));
            }
        }
    }
}
