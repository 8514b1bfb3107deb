//! Scores of lesions, cells and other objects one by one: pure formulas of [`Instances`] statistics.
//!
//! [`InstanceRules`] name every choice by which one score differs from another: what a lesion is, which are too small,
//! which lesions match, and the scores without lesions. [`InstancePreset`] has those of other tools. [`matching`] finds
//! which lesions belong together, [`detection`] counts and sums over them, and scores are quotients of these:
//!
//! | score | of [`Detection`] | formula |
//! |---|---|---|
//! | F1, RQ | [`Detection::f1`] | TP / (TP + (FP + FN) / 2) |
//! | precision, recall | [`Detection::precision`], [`Detection::recall`] | TP / (TP + FP), TP / (TP + FN) |
//! | AP at a threshold | [`Detection::accuracy`] | TP / (TP + FP + FN) |
//! | SQ | [`Detection::sq`] | Σ IoU / TP |
//! | PQ | [`Detection::pq`] | Σ IoU / (TP + (FP + FN) / 2) = SQ · RQ |
//! | lesion Dice | [`Detection::lesion_dice`] | Σ Dice / (TP + FN + FP), or as [`Charge`] says |
//! | false positive, false negative volume | [`Detection::false_positive_ml`], [`Detection::false_negative_ml`] | mL |
//!
//! TP are true lesions that are found, FN true lesions that are not, and FP predicted lesions that find nothing.
//!
//! **Empty.** Where neither side has a lesion scores are undefined (NaN); where one side has none they are 0.
//! [`EmptyLesions`] has other values.

mod assign;
mod detection;
mod distances;
mod lits;
mod matching;
mod metrics;
mod names;
mod presets;
mod reduce;
mod rules;
mod threshold;

pub use detection::{Detection, SizeClass, average_precision, by_size, detection, detection_of, scores};
pub use distances::LesionDistances;
pub use matching::{Matching, found_only, matching};
pub use metrics::LesionMetric;
pub use presets::{InstancePreset, InstanceSystem, Region};
pub use reduce::reduced;
pub use rules::{Charge, Connected, Criterion, EmptyLesions, InstanceRules, Match, Objective};
pub use threshold::{Floor, Size, Threshold};

#[allow(unused_imports)] // the documentation links to it
use crate::stats::Instances;
use crate::stats::Lesion;

/// The centre of a lesion along x, y and z, in voxels: the mean of the places of its voxels.
pub fn centroid(lesion: &Lesion) -> [f64; 3] {
    lesion.sums().map(|sum| sum as f64 / lesion.voxels() as f64)
}
