//! The layout of results in JSON: what reports write, and what `merge` and `compare` read back.
//!
//! One set of types serves both directions, so that a field is described once. What follows from other fields is written for
//! those who read a result, and not read back (`skip_deserializing`). Fields that earlier versions lack have a default.

mod made;
mod measured;
mod statistics;
mod values;

pub(crate) use made::{About, Apart, Failed, Lone, Made, Options, Resampled, StoredScores, Warned};
pub(crate) use measured::{Lesions, StoredSearch, StoredSurfaces};
pub(crate) use statistics::{OfClass, Over, Statistics};
pub(crate) use values::{Keyed, Number};

use serde::{Deserialize, Serialize};

/// A result: nnU-Net's summary, and how it was made.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Document {
    /// Means over the classes but the background, by score.
    #[serde(skip_deserializing)]
    pub foreground_mean: Keyed<Number>,
    /// Means over the cases, by class and score.
    #[serde(skip_deserializing)]
    pub mean: Keyed<Keyed<Number>>,
    /// The cases.
    pub metric_per_case: Vec<Entry>,
    /// How it was made; nnU-Net's files have none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub voxdice: Option<Made>,
}

/// The numbers of a case.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Entry {
    /// By class.
    pub metrics: Keyed<Scores>,
    /// The path of the prediction.
    pub prediction_file: String,
    /// The path of the truth.
    pub reference_file: String,
    /// Lesions by class, where they were looked for.
    #[serde(default, skip_serializing_if = "Keyed::is_empty")]
    pub instances: Keyed<Lesions>,
}

/// The numbers of a class in a case: the eight of nnU-Net, as it names and sorts them, and others.
#[allow(non_snake_case)]
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Scores {
    #[serde(default)]
    pub Dice: Number,
    pub FN: u64,
    pub FP: u64,
    #[serde(default)]
    pub IoU: Number,
    pub TN: u64,
    pub TP: u64,
    #[serde(default)]
    pub n_pred: Number,
    #[serde(default)]
    pub n_ref: Number,
    /// The other scores that were asked for; those of surfaces are read back.
    #[serde(flatten)]
    pub others: Keyed<Number>,
}

impl Scores {
    /// nnU-Net's numbers.
    pub const EIGHT: [&str; 8] = ["Dice", "FN", "FP", "IoU", "TN", "TP", "n_pred", "n_ref"];

    /// Their values.
    pub fn eight(&self) -> [f64; 8] {
        let whole = Number::Whole;
        [self.Dice, whole(self.FN), whole(self.FP), self.IoU, whole(self.TN), whole(self.TP), self.n_pred, self.n_ref]
            .map(Number::value)
    }
}
