//! The types of voxels in memory: names that kernels use as well.

/// The type of a voxel in memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Dtype {
    /// 64-bit float.
    F64,
    /// 32-bit float.
    F32,
    /// IEEE 16-bit float (binary16).
    F16,
    /// The upper half of an [`F32`](Self::F32): bfloat16.
    Bf16,
    /// Unsigned byte: a mask or a small label.
    U8,
    /// Unsigned 16-bit integer.
    U16,
    /// Unsigned 32-bit integer: labels only.
    U32,
}

impl Dtype {
    /// Bytes per voxel.
    pub fn size(self) -> u64 {
        match self {
            Self::F64 => 8,
            Self::F32 | Self::U32 => 4,
            Self::F16 | Self::Bf16 | Self::U16 => 2,
            Self::U8 => 1,
        }
    }
}

/// How the truth's elements are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum TruthKind {
    /// One value per voxel and channel.
    Real,
    /// One label per voxel.
    Labels,
}
