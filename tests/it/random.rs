//! Seeded random voxels.

use crate::oracle::Array;

/// xorshift64*: small, seeded, the same everywhere.
pub struct Random(u64);

impl Random {
    pub fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    pub fn bits(&mut self) -> u32 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 32) as u32
    }

    pub fn below(&mut self, n: u32) -> u32 {
        self.bits() % n
    }

    /// In [0, 1].
    pub fn unit(&mut self) -> f32 {
        self.bits() as f32 / u32::MAX as f32
    }
}

/// Types of real-valued voxels.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Real {
    F64,
    F32,
    F16,
    Bf16,
    U8,
    U16,
}

/// The types of which every pair is tried; bfloat16 is loaded as the other half floats are.
pub const REALS: [Real; 4] = [Real::F32, Real::F16, Real::U8, Real::U16];

/// What the voxels look like.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Pattern {
    Zeros,
    Ones,
    /// One voxel set, in the middle.
    Single,
    /// Probabilities or 0/1.
    Unit,
    /// Any exponent up to 1, both signs, subnormals and zeros.
    Signed,
    /// Probabilities where truncation begins: around 2^-23 and 2^-46, with few and with all bits set. Other types: as `Unit`.
    Grid,
    /// Around 0.3: one float of its type or the next, so that only the further digits of f64 tell most voxels apart. Integers: as
    /// `Unit`. For comparisons, and none of `PATTERNS`.
    Close,
    /// Logits in [-8, 8], or integers up to the type's largest.
    Wide,
    /// Any bit pattern: NaN, infinities, huge and tiny values. Integers: anything.
    Wild,
}

pub const PATTERNS: [Pattern; 8] = [
    Pattern::Zeros,
    Pattern::Ones,
    Pattern::Single,
    Pattern::Unit,
    Pattern::Signed,
    Pattern::Grid,
    Pattern::Wide,
    Pattern::Wild,
];

/// `n` voxels of a type in a pattern.
pub fn reals(real: Real, pattern: Pattern, n: usize, seed: u64) -> Array {
    let mut random = Random::new(seed);
    match real {
        Real::F64 => Array::F64((0..n).map(|i| f64_of(pattern, i, n, &mut random)).collect()),
        Real::F32 => Array::F32((0..n).map(|i| f32::from_bits(f32_bits(pattern, i, n, &mut random))).collect()),
        Real::F16 => Array::F16((0..n).map(|i| f16_bits(pattern, i, n, &mut random)).collect()),
        Real::Bf16 => Array::Bf16((0..n).map(|i| (f32_bits(pattern, i, n, &mut random) >> 16) as u16).collect()),
        Real::U8 => Array::U8((0..n).map(|i| integer(pattern, i, n, 255, &mut random) as u8).collect()),
        Real::U16 => Array::U16((0..n).map(|i| integer(pattern, i, n, 65_535, &mut random) as u16).collect()),
    }
}

fn f32_bits(pattern: Pattern, i: usize, n: usize, random: &mut Random) -> u32 {
    match pattern {
        Pattern::Zeros => 0,
        Pattern::Ones => 1f32.to_bits(),
        Pattern::Single => f32::from(u8::from(i == n / 2)).to_bits(),
        Pattern::Unit => random.unit().to_bits(),
        Pattern::Signed => random.below(1f32.to_bits() + 1) | random.bits() & 1 << 31,
        Pattern::Grid => {
            let exponent = [0, 80, 81, 103, 104, 105, 115, 126][random.below(8) as usize];
            let fraction = [0, 1, 0x3f_ffff, 0x40_0000, 0x7f_fffe, 0x7f_ffff][random.below(6) as usize];
            exponent << 23 | fraction
        }
        Pattern::Close => 0.3f32.to_bits() - random.below(2),
        Pattern::Wide => (random.unit() * 16.0 - 8.0).to_bits(),
        // Mostly tame, so that a block is not all NaN; exponents stay within what one exact sum can hold.
        Pattern::Wild => match random.below(8) {
            0 => f32::NAN.to_bits() | random.bits() & 0x803f_ffff,
            1 => f32::INFINITY.to_bits() | random.bits() & 1 << 31,
            2 => (random.unit() * 60_000.0).to_bits(),
            _ => random.below(1f32.to_bits()) | random.bits() & 1 << 31,
        },
    }
}

/// The f32 of the pattern and, where it is no whole one, more digits; now and then what no f32 holds.
fn f64_of(pattern: Pattern, i: usize, n: usize, random: &mut Random) -> f64 {
    let near = f64::from(f32::from_bits(f32_bits(pattern, i, n, random)));
    if matches!(pattern, Pattern::Zeros | Pattern::Ones | Pattern::Single) || !near.is_finite() {
        return near;
    }
    // The last 29 bits, which the next f32 lacks: any, or those that are half of its last bit, or next to that.
    let (near, digits) = match random.below(64) {
        0 if pattern == Pattern::Wild => (2f64.powi(128 + random.below(800) as i32), random.bits() >> 3),
        1 if pattern != Pattern::Unit => (near * 2f64.powi(-(random.below(1000) as i32)), random.bits() >> 3),
        2..8 => (near, 1 << 28 | random.below(2)),
        _ => (near, random.bits() >> 3),
    };
    let value = f64::from_bits(near.to_bits() ^ u64::from(digits));
    if matches!(pattern, Pattern::Wide | Pattern::Wild) { value } else { value.clamp(-1.0, 1.0) }
}

fn f16_bits(pattern: Pattern, i: usize, n: usize, random: &mut Random) -> u16 {
    const ONE: u32 = 0x3c00;
    let bits = match pattern {
        Pattern::Zeros => 0,
        Pattern::Ones => ONE,
        Pattern::Single => ONE * u32::from(i == n / 2),
        Pattern::Unit | Pattern::Grid => random.below(ONE + 1),
        Pattern::Signed => random.below(ONE + 1) | random.bits() & 0x8000,
        Pattern::Close => 0x34cd - random.below(2),
        Pattern::Wide => random.below(0x4800) | random.bits() & 0x8000,
        Pattern::Wild => random.bits() & 0xffff,
    };
    bits as u16
}

fn integer(pattern: Pattern, i: usize, n: usize, largest: u32, random: &mut Random) -> u32 {
    match pattern {
        Pattern::Zeros => 0,
        Pattern::Ones => 1,
        Pattern::Single => u32::from(i == n / 2),
        Pattern::Unit | Pattern::Signed | Pattern::Grid | Pattern::Close => random.below(2),
        Pattern::Wide | Pattern::Wild => random.below(largest + 1),
    }
}

/// Types of labels.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum LabelType {
    U8,
    U16,
    U32,
}

pub const LABEL_TYPES: [LabelType; 3] = [LabelType::U8, LabelType::U16, LabelType::U32];

/// `n` labels drawn from `labels`, in runs of about `run` voxels.
pub fn labels(kind: LabelType, labels: &[u32], run: u32, n: usize, seed: u64) -> Array {
    let mut random = Random::new(seed);
    let mut label = 0;
    let mut next = || {
        if random.below(run) == 0 {
            label = labels[random.below(labels.len() as u32) as usize];
        }
        label
    };
    match kind {
        LabelType::U8 => Array::U8((0..n).map(|_| next() as u8).collect()),
        LabelType::U16 => Array::U16((0..n).map(|_| next() as u16).collect()),
        LabelType::U32 => Array::U32((0..n).map(|_| next()).collect()),
    }
}
