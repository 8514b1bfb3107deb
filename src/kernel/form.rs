//! What a kernel does to its operands and accumulates: the options without their numbers, which pipelines do not depend
//! on.

use crate::dtype::TruthKind;

/// What a sums kernel does to its operands and accumulates: the options, without their numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Form {
    pub activation: Activate,
    pub truth: TruthKind,
    pub terms: Accumulate,
    pub pointwise: Loss,
}

/// [`Activation`](crate::options::Activation) without its number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Activate {
    None,
    Sigmoid,
    Softmax,
    Normalise,
    Threshold,
    Argmax,
}

/// [`Terms`](crate::stats::Terms) without their number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Accumulate {
    Plain,
    Squared,
    Power,
    All,
}

/// [`Pointwise`](crate::pointwise::Pointwise) without its numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Loss {
    None,
    CrossEntropy,
    BinaryCrossEntropy,
    Focal,
    CategoricalFocal,
    Entropy(Factor),
}

/// [`Focal`](crate::pointwise::Focal) without its numbers, as `FACTOR` has them in the shaders. A kernel has the code of one:
/// drivers put functions into their callers, and with all of them some need minutes and gigabytes for a kernel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Factor {
    None = 0,
    Apart = 1,
    Margin = 2,
    Confidence = 3,
    Reduced = 4,
    Miss = 5,
}

impl Activate {
    /// Whether a voxel costs a quotient or more.
    pub fn is_costly(self) -> bool {
        matches!(self, Self::Sigmoid | Self::Softmax | Self::Normalise)
    }
}

impl Form {
    /// Sums of the terms, without the pointwise loss.
    pub fn terms(self) -> u32 {
        match self.terms {
            Accumulate::Plain => 3,
            Accumulate::Squared | Accumulate::Power => 5,
            Accumulate::All => 6,
        }
    }

    /// Sums of a partial.
    pub fn slots(self) -> u32 {
        self.terms() + u32::from(self.pointwise != Loss::None)
    }

    /// u32 words of a partial: two per sum, `max_abs`, and padding to a multiple of 4.
    pub fn words(self) -> u32 {
        (2 * self.slots() + 1).next_multiple_of(4)
    }

    /// Whether a voxel costs so much that voxels are added one by one.
    pub fn is_single(self) -> bool {
        self.activation.is_costly() || self.terms == Accumulate::Power || self.pointwise != Loss::None
    }

    pub fn is_plain(self) -> bool {
        self.truth == TruthKind::Real && self.is_of_values()
    }

    /// Whether voxels are summed as they are, or beside labels.
    pub fn is_of_values(self) -> bool {
        self.activation == Activate::None && self.terms != Accumulate::Power && self.pointwise == Loss::None
    }
}
