//! Voxels of the evaluations: the patterns of `random`, and what spoils them.

use super::draw::pick;
use crate::oracle::Array;
use crate::random::{LabelType, Pattern, Random, Real, labels, reals};
use voxdice::Shape;

#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Looks {
    pub pattern: Pattern,
    pub spoiled: Spoiled,
}

/// What a few voxels are replaced by, where the type has such values.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Spoiled {
    No,
    /// NaN and infinities.
    NotFinite,
    Subnormal,
    /// Up to ±10,000.
    LargeLogits,
    /// One voxel of this power of two.
    Huge(i32),
}

/// `n` voxels.
pub fn array(real: Real, looks: Looks, n: usize, seed: u64) -> Array {
    let mut array = reals(real, looks.pattern, n, seed);
    let mut random = Random::new(seed ^ 0x5017);
    let times = if matches!(looks.spoiled, Spoiled::Huge(_)) { 1 } else { 1 + random.below(5) };
    for _ in 0..times {
        let i = random.below(n as u32) as usize;
        match &mut array {
            Array::F64(x) => x[i] = spoil_f32(x[i] as f32, looks.spoiled, &mut random).into(),
            Array::F32(x) => x[i] = spoil_f32(x[i], looks.spoiled, &mut random),
            Array::F16(x) => x[i] = spoil_f16(x[i], looks.spoiled, &mut random),
            Array::Bf16(_) | Array::U8(_) | Array::U16(_) | Array::U32(_) => {}
        }
    }
    array
}

fn spoil_f32(x: f32, spoiled: Spoiled, random: &mut Random) -> f32 {
    match spoiled {
        Spoiled::No => x,
        Spoiled::NotFinite => [f32::NAN, -f32::NAN, f32::INFINITY, f32::NEG_INFINITY][random.below(4) as usize],
        // Half of them zeros with a sign: equal to each other, yet not the same bits.
        Spoiled::Subnormal => f32::from_bits(random.bits() & pick(random, &[0x8000_0000, 0x807f_ffff])),
        // Half of them powers of two: equal ones meet, and their sums stay whole.
        Spoiled::LargeLogits if random.below(2) == 0 => 2f32.powi(random.below(14) as i32) * sign(random),
        Spoiled::LargeLogits => random.unit() * 20_000.0 - 10_000.0,
        Spoiled::Huge(power) => 2f32.powi(power),
    }
}

fn sign(random: &mut Random) -> f32 {
    pick(random, &[1.0, -1.0])
}

fn spoil_f16(x: u16, spoiled: Spoiled, random: &mut Random) -> u16 {
    match spoiled {
        // f16 ends at 65,504.
        Spoiled::No | Spoiled::Huge(_) => x,
        Spoiled::NotFinite => [0x7e00, 0xfe01, 0x7c00, 0xfc00][random.below(4) as usize],
        Spoiled::Subnormal => (random.bits() & pick(random, &[0x8000, 0x83ff])) as u16,
        Spoiled::LargeLogits => ((0x6000 + random.below(0x1000)) | random.bits() & 0x8000) as u16,
    }
}

/// The map of a truth beside this shape; `wrong` has labels that no channel stands for.
pub fn labels_of(kind: LabelType, shape: &Shape, run: u32, wrong: bool, seed: u64) -> Array {
    let mut present: Vec<u32> = (0..shape.channels().max(2) as u32).collect();
    if wrong {
        present.extend([shape.channels() as u32 + 1, 200]);
    }
    labels(kind, &present, run, (shape.elements() / shape.channels()) as usize, !seed)
}
