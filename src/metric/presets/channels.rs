//! What the classes of all libraries need to know about channels and labels.

use crate::error::CallError;
use crate::metric::call::{Arguments, Weights};
use crate::metric::choices::{Channels, ClassWeights};
use crate::metric::objective::Ignore;
use crate::metric::recipe::Given;

/// The channels that are left without the background.
#[derive(Debug, Clone, Copy)]
pub(super) struct Kept {
    /// How many.
    pub channels: usize,
    /// Whether channel 0 is missing.
    pub dropped: bool,
}

impl Kept {
    pub fn all(given: &Given) -> Self {
        Self { channels: given.channels, dropped: false }
    }

    /// All but channel 0, unless it is the only one.
    pub fn foreground(given: &Given) -> Self {
        let dropped = given.channels > 1;
        Self { channels: given.channels - usize::from(dropped), dropped }
    }

    pub fn chosen(self) -> Channels {
        if self.dropped { Channels::Foreground } else { Channels::All }
    }
}

/// A weight for each channel of the prediction from those of the channels that are left.
pub(super) fn channel_weights(
    a: &Arguments<'_>,
    keyword: &str,
    weights: Option<Weights>,
    kept: Kept,
) -> Result<ClassWeights, CallError> {
    let list = match weights {
        None => return Ok(ClassWeights::Equal),
        Some(Weights::Same(weight)) => vec![weight; kept.channels],
        Some(Weights::Each(list)) => list,
    };
    if list.len() != kept.channels {
        let without = if kept.dropped { " without the background" } else { "" };
        let range = format!("a list of {}, one for each channel{without}", kept.channels);
        return Err(a.wrong(keyword, &range));
    }
    // The weight of a channel that is missing is not read.
    let dropped = kept.dropped.then_some(1.0);
    Ok(ClassWeights::Multiply(dropped.into_iter().chain(list).collect()))
}

/// The elements, or the voxels of a label map, of this value. Labels are never negative, and looking for a negative one
/// would cost a copy of the truth.
pub(super) fn ignoring(value: Option<i64>, given: &Given) -> Ignore {
    let value = value.filter(|&value| value >= 0 || !given.labels);
    value.map_or(Ignore::Nothing, Ignore::Value)
}

/// Both weights together.
pub(super) fn times(a: &ClassWeights, b: &ClassWeights) -> ClassWeights {
    match (a, b) {
        (ClassWeights::Multiply(a), ClassWeights::Multiply(b)) => {
            ClassWeights::Multiply(a.iter().zip(b).map(|(a, b)| a * b).collect())
        }
        (ClassWeights::Equal, other) | (other, _) => other.clone(),
    }
}
