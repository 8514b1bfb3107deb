//! The form of a kernel that does what the options of a call say.

use crate::kernel::form::{Accumulate, Activate, Factor, Form, Loss};
use crate::options::{Activation, SumsOptions};
use crate::pointwise::{Focal, Pointwise};
use crate::stats::Terms;
use crate::volume::TruthKind;

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
                Some(Pointwise::Entropy(entropy)) => Loss::Entropy(factor(entropy.factor)),
            },
        }
    }
}

fn factor(focal: Focal) -> Factor {
    match focal {
        Focal::None => Factor::None,
        Focal::Apart(_) => Factor::Apart,
        Focal::Margin(_) => Factor::Margin,
        Focal::Confidence(_) => Factor::Confidence,
        Focal::Reduced { .. } => Factor::Reduced,
        Focal::Miss(_) => Factor::Miss,
    }
}
