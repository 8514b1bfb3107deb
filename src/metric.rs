//! Scores and losses: pure `f64` functions of statistics. Nothing here sees a voxel.
//!
//! - [`METRICS`]: every metric by name.
//! - [`CountMetric`], [`dice`], [`iou`]: scores of label maps, from [`Counts`](crate::stats::Counts).
//! - [`Loss`]: scores and losses of soft volumes, from [`Sums`](crate::stats::Sums), with their derivatives.
//!   [`LossOptions`] names every choice by which one Dice differs from another.
//! - [`surface`]: distances between surfaces, from [`Surface`](crate::stats::Surface).
//! - [`instances`]: lesions one by one, from [`Instances`](crate::stats::Instances).
//! - [`topology`]: pieces, holes and cavities, from [`Topology`](crate::stats::Topology).
//! - [`compare`]: models, from scores.
//! - [`Objective`]: a sum of such losses, each with its own choices. [`Engine::loss`](crate::Engine::loss) evaluates it.
//! - [`Loss::from_call`]: the loss that a constructor call of MONAI, SMP, Keras or nnU-Net makes.
//! - [`Preset`]: those choices as Keras, MONAI, nnU-Net, SMP and some functions from the web make them.

mod call;
mod cells;
mod choices;
mod cohort;
pub mod compare;
mod confusion;
mod divisor;
mod fbeta;
mod generalized;
mod group;
pub mod instances;
mod library;
mod loss;
mod matthews;
mod moments;
mod objective;
mod options;
mod overlap;
mod presets;
mod recipe;
mod registry;
mod score;
mod scored;
pub mod surface;
pub mod topology;
mod validate;
mod wrong;

pub use choices::{
    Agreement, Channels, ClassWeights, Denominator, Divisor, EmptyTruth, Focus, Form, Per, Reduce, Smooth, Smoothing,
};
pub use cohort::{
    Average, Bootstrap, Distribution, EmptyPolicy, Interval, Intervals, TruthEmpty, average, generalized_dice,
    mean_of_all, mean_of_defined, wilson,
};
pub use confusion::{
    CountMetric, accuracy, balanced_accuracy, kappa, mcc, precision, recall, specificity, volume_similarity,
};
pub use fbeta::{Beta, fbeta};
pub use generalized::GeneralizedWeights;
pub use library::{Library, LossCall, Whose};
pub use loss::{Loss, LossValues};
pub use matthews::Matthews;
pub use moments::{Moments, Statistic};
pub use objective::{Ignore, Objective, ObjectiveValues, Term};
pub use options::{Kind, LossOptions};
pub use overlap::{Empty, dice, iou};
pub use presets::{Preset, View};
pub(crate) use recipe::{Departure, Prepare};
pub use recipe::{Given, Recipe, Top};
pub use registry::{Best, METRICS, Metric, MetricRow, Needs, Parameter, Unit};
pub use score::{Overlap, Tversky};

pub use crate::options::Activation;
pub use crate::pointwise::{Entropy, Focal, LabelSmoothing, Measure, Part, Pointwise};
pub use crate::stats::Partials;
