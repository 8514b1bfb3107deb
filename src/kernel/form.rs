//! What a kernel does to its operands and accumulates: the options without their numbers, which pipelines do not depend
//! on.

use crate::dtype::TruthKind;
use crate::options::{Activation, SumsOptions};
use crate::pointwise::Pointwise;
use crate::stats::Terms;

/// What a sums kernel does to its operands and accumulates: the options, without their numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Form {
    pub activation: Activate,
    pub truth: TruthKind,
    pub terms: Accumulate,
    pub pointwise: Loss,
}

/// [`Activation`] without its number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Activate {
    None,
    Sigmoid,
    Softmax,
    Normalise,
    Threshold,
    Argmax,
}

/// [`Terms`] without their number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Accumulate {
    Plain,
    Squared,
    Power,
    All,
}

/// [`Pointwise`] without its numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Loss {
    // As `POINTWISE` has them in the shaders.
    None = 0,
    CrossEntropy = 1,
    BinaryCrossEntropy = 2,
    Focal = 3,
    CategoricalFocal = 4,
    Entropy = 5,
}

impl Form {
    pub fn new(options: &SumsOptions, truth: TruthKind) -> Self {
        Self {
            activation: match options.activation {
                Activation::None => Activate::None,
                Activation::Sigmoid => Activate::Sigmoid,
                Activation::Softmax => Activate::Softmax,
                Activation::Normalise => Activate::Normalise,
                Activation::Threshold(_) => Activate::Threshold,
                Activation::Argmax => Activate::Argmax,
            },
            truth,
            terms: match options.terms {
                Terms::Plain => Accumulate::Plain,
                Terms::Squared => Accumulate::Squared,
                Terms::Power(_) => Accumulate::Power,
                Terms::All => Accumulate::All,
            },
            pointwise: match options.pointwise {
                None => Loss::None,
                Some(Pointwise::CrossEntropy) => Loss::CrossEntropy,
                Some(Pointwise::BinaryCrossEntropy) => Loss::BinaryCrossEntropy,
                Some(Pointwise::Balanced { .. } | Pointwise::Focal { .. }) => Loss::Focal,
                Some(Pointwise::CategoricalFocal { .. }) => Loss::CategoricalFocal,
                Some(Pointwise::Entropy(_)) => Loss::Entropy,
            },
        }
    }

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

    pub fn is_plain(self) -> bool {
        self.activation == Activate::None
            && self.truth == TruthKind::Real
            && self.terms != Accumulate::Power
            && self.pointwise == Loss::None
    }
}
