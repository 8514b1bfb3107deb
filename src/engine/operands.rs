//! Whether operands fit together.

use crate::error::{Error, Result};
use crate::job::SumsOf;
use crate::options::{Activation, SumsOptions};
use crate::shape::Shape;
use crate::volume::{Source, Truth, TruthKind, Volume};

/// Their powers of e fit into a sum of 64 bits.
const MOST_CHANNELS: u64 = 65_535;

/// Checks that the operands fit together and makes them a job.
pub(super) fn sums_job<'a>(pred: &Volume<'a>, truth: &Truth<'a>, options: &SumsOptions) -> Result<SumsOf<Source<'a>>> {
    options.validate()?;
    if matches!(options.activation, Activation::Softmax | Activation::Normalise) && pred.shape().channels() == 1 {
        let range = "None or Sigmoid for one channel: over a single channel it is 1 whatever the voxel";
        let value = format!("{:?}", options.activation);
        return Err(Error::Parameter { name: "the activation", value, range: range.into() });
    }
    if options.activation == Activation::Softmax && pred.shape().channels() > MOST_CHANNELS {
        let range = format!("up to {MOST_CHANNELS} for a softmax");
        return Err(Error::Parameter { name: "channels", value: pred.shape().channels().to_string(), range });
    }
    let (shape, truth_kind) = match truth {
        Truth::Volume(volume) => (same_shape(pred.shape(), volume.shape())?, TruthKind::Real),
        Truth::Labels(labels) => {
            let (p, t) = (pred.shape(), labels.shape());
            if (p.samples(), p.spatial()) != (t.samples(), t.spatial()) {
                return Err(Error::ShapeMismatch { pred: p.to_string(), truth: t.to_string() });
            }
            (p.clone(), TruthKind::Labels)
        }
    };
    Ok(SumsOf { shape, pred: pred.source(), truth: truth.source(), truth_kind, options: *options })
}

pub(super) fn same_shape(pred: &Shape, truth: &Shape) -> Result<Shape> {
    if pred == truth {
        return Ok(pred.clone());
    }
    Err(Error::ShapeMismatch { pred: pred.to_string(), truth: truth.to_string() })
}
