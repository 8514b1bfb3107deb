//! Voxels to verify with: the same on every machine.

use crate::{LabelMap, Result, Shape, Volume};

/// A small generator (xorshift64*), so that no crate's next version changes the data.
#[derive(Debug, Clone)]
pub(crate) struct Random(u64);

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
        ((u64::from(self.bits()) * u64::from(n)) >> 32) as u32
    }

    /// In [0, 1), on a grid of 2^-24.
    pub fn unit(&mut self) -> f32 {
        (self.bits() >> 8) as f32 / (1 << 24) as f32
    }
}

/// Truth and prediction, voxel by voxel in their order: the label at z, y and x of the first side, which is 0, and then of the
/// other one.
pub(super) fn drawn(spatial: &[usize], mut label: impl FnMut([usize; 3], usize) -> u8) -> [Vec<u8>; 2] {
    let mut extent = [1; 3];
    extent.iter_mut().rev().zip(spatial.iter().rev()).for_each(|(own, &n)| *own = n);
    let [nz, ny, nx] = extent;
    [0, 1].map(|side| (0..nz * ny * nx).map(|at| label([at / (ny * nx), at / nx % ny, at % nx], side)).collect())
}

/// Types that a real-valued volume can have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    F64,
    F32,
    F16,
    Bf16,
    U8,
    U16,
}

impl Kind {
    /// Those of which every pair is compared.
    pub const ALL: [Self; 4] = [Self::F32, Self::F16, Self::U8, Self::U16];

    pub fn name(self) -> &'static str {
        match self {
            Self::F64 => "f64",
            Self::F32 => "f32",
            Self::F16 => "f16",
            Self::Bf16 => "bf16",
            Self::U8 => "u8",
            Self::U16 => "u16",
        }
    }
}

/// What the voxels are like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Values {
    /// Probabilities with every exponent, and masks.
    Unit,
    /// The same with a negative number now and then, and masks with a 2 or a 3 here and there.
    Odd,
    /// Logits in [-8, 8], and small integers.
    Eight,
    /// Probabilities with NaN, infinities and subnormals among them, and integers of the whole range.
    Wild,
}

/// Voxels of one type.
pub(super) enum Voxels {
    F64(Vec<f64>),
    F32(Vec<f32>),
    F16(Vec<u16>),
    Bf16(Vec<u16>),
    U8(Vec<u8>),
    U16(Vec<u16>),
}

impl Voxels {
    pub fn new(kind: Kind, values: Values, n: u64, seed: u64) -> Self {
        let mut random = Random::new(seed);
        let voxels = 0..n;
        match kind {
            Kind::F64 => Self::F64(voxels.map(|_| f64_of(values, &mut random)).collect()),
            Kind::F32 => Self::F32(voxels.map(|_| f32_of(values, &mut random)).collect()),
            Kind::F16 => Self::F16(voxels.map(|_| f16_of(values, &mut random)).collect()),
            Kind::Bf16 => Self::Bf16(voxels.map(|_| (f32_of(values, &mut random).to_bits() >> 16) as u16).collect()),
            Kind::U8 => Self::U8(voxels.map(|_| integer(values, &mut random, 0xff) as u8).collect()),
            Kind::U16 => Self::U16(voxels.map(|_| integer(values, &mut random, 0xffff) as u16).collect()),
        }
    }

    /// Labels below `channels`, drawn voxel by voxel.
    pub fn labels(n: u64, channels: u32, seed: u64) -> Vec<u8> {
        let mut random = Random::new(seed);
        (0..n).map(|_| random.below(channels) as u8).collect()
    }

    pub fn volume(&self, shape: Shape) -> Result<Volume<'_>> {
        match self {
            Self::F64(voxels) => Volume::f64(shape, voxels),
            Self::F32(voxels) => Volume::f32(shape, voxels),
            Self::F16(voxels) => Volume::f16_bits(shape, voxels),
            Self::Bf16(voxels) => Volume::bf16_bits(shape, voxels),
            Self::U8(voxels) => Volume::u8(shape, voxels),
            Self::U16(voxels) => Volume::u16(shape, voxels),
        }
    }
}

fn f32_of(values: Values, random: &mut Random) -> f32 {
    const ONE: u32 = 0x3f80_0000;
    match values {
        // Half of them even, half of them of any exponent down to the subnormals.
        Values::Unit if random.bits() & 1 == 0 => random.unit(),
        Values::Unit => f32::from_bits(random.below(ONE + 1)),
        Values::Odd if random.below(3000) == 0 => -random.unit(),
        Values::Odd => f32_of(Values::Unit, random),
        Values::Eight => (random.unit() - 0.5) * 16.0,
        Values::Wild => match random.below(500) {
            0 => f32::NAN,
            1 => f32::INFINITY,
            2 => f32::NEG_INFINITY,
            // A NaN with another payload, and a subnormal.
            3 => f32::from_bits(0xff80_0001),
            4 => f32::from_bits(random.below(0x0080_0000)),
            _ => random.unit(),
        },
    }
}

/// Such an f32, and the 29 bits that it lacks.
fn f64_of(values: Values, random: &mut Random) -> f64 {
    f64::from_bits(f64::from(f32_of(values, random)).to_bits() ^ u64::from(random.bits() >> 3))
}

fn f16_of(values: Values, random: &mut Random) -> u16 {
    let sign = (random.bits() & 1) << 15;
    let bits = match values {
        Values::Unit => random.below(0x3c00 + 1),
        Values::Odd if random.below(3000) == 0 => random.below(0x3c00 + 1) | sign,
        Values::Odd => random.below(0x3c00 + 1),
        // 0x4800 is 8.
        Values::Eight => random.below(0x4800 + 1) | sign,
        Values::Wild if random.below(200) == 0 => 0x7c00 | random.below(4) | sign,
        Values::Wild => random.below(0x3c00 + 1),
    };
    bits as u16
}

fn integer(values: Values, random: &mut Random, largest: u32) -> u32 {
    match values {
        Values::Unit => random.bits() & 1,
        Values::Odd if random.below(9000) == 0 => 2 + (random.bits() & 1),
        Values::Odd => random.bits() & 1,
        Values::Eight => random.below(9),
        Values::Wild => random.below(largest + 1),
    }
}

/// The types that a label map can have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum LabelKind {
    U8,
    U16,
    U32,
}

impl LabelKind {
    pub const ALL: [Self; 3] = [Self::U8, Self::U16, Self::U32];

    pub fn name(self) -> &'static str {
        match self {
            Self::U8 => "u8",
            Self::U16 => "u16",
            Self::U32 => "u32",
        }
    }
}

/// Labels of one type.
pub(super) enum LabelVoxels {
    U8(Vec<u8>),
    U16(Vec<u16>),
    U32(Vec<u32>),
}

impl LabelVoxels {
    /// Runs of equal labels, as in real maps, with noise between them; some of the labels are not in `labels`.
    pub fn new(kind: LabelKind, labels: &[u32], n: u64, seed: u64) -> Self {
        let mut random = Random::new(seed);
        let (mut label, mut left) = (0, 0);
        let mut next = || {
            if left == 0 {
                left = if random.below(3) == 0 { 1 } else { 1 + random.below(300) };
                label = match random.below(10) {
                    0..3 => 0,
                    3 => random.bits(),
                    _ => labels[random.below(labels.len() as u32) as usize],
                };
            }
            left -= 1;
            label
        };
        match kind {
            LabelKind::U8 => Self::U8((0..n).map(|_| next() as u8).collect()),
            LabelKind::U16 => Self::U16((0..n).map(|_| next() as u16).collect()),
            LabelKind::U32 => Self::U32((0..n).map(|_| next()).collect()),
        }
    }

    pub fn map(&self, shape: Shape) -> Result<LabelMap<'_>> {
        match self {
            Self::U8(labels) => LabelMap::u8(shape, labels),
            Self::U16(labels) => LabelMap::u16(shape, labels),
            Self::U32(labels) => LabelMap::u32(shape, labels),
        }
    }
}
