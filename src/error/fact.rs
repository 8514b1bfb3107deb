//! What an error says about voxels: how many, where, in which volume.

use std::fmt;

/// Which of the two volumes a fact is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Operand {
    /// The prediction.
    Pred,
    /// The reference.
    Truth,
}

impl fmt::Display for Operand {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Pred => "pred",
            Self::Truth => "truth",
        })
    }
}

/// Where a voxel is: sample, channel and position within that cell (row-major over the spatial axes).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position {
    /// Index of the sample.
    pub sample: u64,
    /// Index of the channel.
    pub channel: u64,
    /// Index of the voxel within the cell.
    pub voxel: u64,
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "sample {}, channel {}, voxel {}", self.sample, self.channel, self.voxel)
    }
}

/// NaN and infinities met in the input: how many and where the first one is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NonFiniteFact {
    /// The volume that holds them.
    pub operand: Operand,
    /// How many of its voxels are NaN or infinite.
    pub count: u64,
    /// The first of them, in the order sample, channel, voxel.
    pub first: Position,
}

impl fmt::Display for NonFiniteFact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let plural = if self.count == 1 { "voxel of {} is" } else { "voxels of {} are" };
        let plural = plural.replace("{}", &self.operand.to_string());
        write!(f, "{} {plural} NaN or infinite, the first at {}", self.count, self.first)
    }
}

/// All facts in one line.
pub(super) fn join(facts: &[NonFiniteFact]) -> String {
    facts.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
}

impl super::Error {
    /// Whether a device is missing or failed, rather than an input being wrong.
    pub fn is_device(&self) -> bool {
        matches!(
            self,
            Self::NoAdapter { .. }
                | Self::GpuNotBuilt
                | Self::SelfTest { .. }
                | Self::DeviceLost { .. }
                | Self::GpuOutOfMemory { .. }
                | Self::GpuTimeout { .. }
                | Self::Gpu { .. }
        )
    }
}

/// A side of a class that has more lesions than the limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "{side} has {found} lesions of one class, and {most} are the most that were allowed; look whether it is a segmentation, \
     or allow more"
)]
pub struct TooManyLesions {
    /// Which side it is.
    pub side: Operand,
    /// How many there are.
    pub found: u64,
    /// The limit.
    pub most: u32,
}
