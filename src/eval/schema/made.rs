//! How a result was made.

use super::measured::{StoredSearch, StoredSurfaces};
use super::statistics::Statistics;
use super::values::Keyed;
use crate::eval::class::Class;
use crate::eval::evaluation::Unpaired;
use crate::eval::ignore::Ignore;
use crate::eval::passed_over::PassedOver;
use crate::eval::rules::NamedBy;
use crate::eval::verify::Verification;
use crate::eval::voxel_size::VoxelSize;
use crate::io::Gap;
use crate::text::printable;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// The object `voxdice` of a result.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Made {
    /// The layout; earlier versions have none.
    pub schema: Option<u32>,
    #[serde(skip_deserializing)]
    pub version: &'static str,
    pub backend: String,
    pub device: String,
    pub reason: String,
    #[serde(skip_deserializing)]
    pub exact: bool,
    pub kind: String,
    pub classes: Vec<StoredClass>,
    pub options: Options,
    /// In the order of `metric_per_case`.
    pub cases: Vec<About>,
    pub missing_predictions: Vec<Lone>,
    pub extra_predictions: Vec<Lone>,
    pub failures: Vec<Failed>,
    pub warnings: Vec<Warned>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub passed_over: Vec<PassedOver>,
    #[serde(skip_deserializing)]
    pub grids_apart: Vec<Apart>,
    /// How many scores are undefined, by title.
    #[serde(skip_deserializing)]
    pub undefined: Keyed<usize>,
    #[serde(skip_deserializing)]
    pub statistics: Keyed<Statistics>,
    pub verify: Option<Verified>,
}

/// A class.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct StoredClass {
    key: String,
    name: Option<String>,
    labels: Vec<u32>,
}

impl From<&Class> for StoredClass {
    fn from(Class { key, name, labels }: &Class) -> Self {
        Self { key: key.clone(), name: name.clone(), labels: labels.clone() }
    }
}

impl From<StoredClass> for Class {
    fn from(StoredClass { key, name, labels }: StoredClass) -> Self {
        Self { key, name, labels }
    }
}

/// The choices of a run.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Options {
    /// Of all classes.
    #[serde(skip_deserializing)]
    pub labels: BTreeSet<u32>,
    pub labels_from: String,
    /// Earlier versions did not say, and took the names of a dataset.
    #[serde(default = "dataset")]
    pub named_by: String,
    #[serde(default)]
    pub ignore: Ignore,
    pub round: Option<f64>,
    pub threshold: Option<f64>,
    pub geometry: String,
    pub missing: String,
    pub shard: Option<String>,
    pub spacing_mm: Option<VoxelSize>,
    /// Labels by colours, as `ff0000`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub colors: BTreeMap<String, u8>,
    pub surfaces: Option<StoredSurfaces>,
    pub instances: Option<StoredSearch>,
    #[serde(flatten)]
    pub scores: StoredScores,
}

fn dataset() -> String {
    NamedBy::Dataset.to_string()
}

/// The choices about scores, which `merge` may override.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct StoredScores {
    pub metrics: Option<Vec<String>>,
    pub empty: Option<String>,
    pub like: Option<String>,
    /// Over what means of lesion scores are taken, where there are lesions.
    pub pool: Option<String>,
    /// In words.
    #[serde(skip_deserializing)]
    pub means: String,
    pub bootstrap: Option<Resampled>,
}

/// How confidence intervals are made.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub(crate) struct Resampled {
    pub resamples: usize,
    #[serde(skip_deserializing)]
    pub level: f64,
    pub seed: u64,
    /// How quantiles are chosen.
    #[serde(skip_deserializing)]
    pub shares: &'static str,
}

/// A case.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct About {
    pub case: String,
    /// `read` or `missing`.
    pub prediction: String,
    pub shape: Vec<u64>,
    pub spacing_mm: Option<[f64; 3]>,
    /// Earlier versions left it out where nothing was counted.
    pub voxels: Option<u64>,
    pub grid_gap: Option<GridGap>,
    #[serde(skip_deserializing)]
    pub generalized_dice: f64,
    /// Classes and metrics whose values are infinite, for which JSON has no numbers.
    #[serde(default)]
    pub infinite: Vec<[String; 2]>,
}

/// How far two grids are apart.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct GridGap {
    mm: f64,
    voxels: f64,
}

impl From<Gap> for GridGap {
    fn from(gap: Gap) -> Self {
        Self { mm: gap.millimetres, voxels: gap.voxels }
    }
}

impl From<GridGap> for Gap {
    fn from(gap: GridGap) -> Self {
        Self { millimetres: gap.mm, voxels: gap.voxels }
    }
}

/// A case whose grids truly differ.
#[derive(Debug, Serialize)]
pub(crate) struct Apart {
    pub case: String,
    #[serde(flatten)]
    pub gap: GridGap,
}

/// A case that only one side has.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Lone {
    case: String,
    file: String,
}

impl From<&Unpaired> for Lone {
    fn from(lone: &Unpaired) -> Self {
        Self { case: lone.case.clone(), file: lone.file.to_string_lossy().into_owned() }
    }
}

impl From<Lone> for Unpaired {
    fn from(lone: Lone) -> Self {
        Self { case: printable(&lone.case), file: lone.file.into() }
    }
}

/// A case that could not be evaluated.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Failed {
    pub case: String,
    pub message: String,
}

/// A warning about a case.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Warned {
    pub case: String,
    pub kind: String,
    pub message: String,
}

/// The result of a second engine.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Verified {
    #[serde(skip_deserializing)]
    equal: bool,
    cpu: String,
    gpu: String,
    difference: Option<String>,
}

impl From<&Verification> for Verified {
    fn from(Verification { cpu, gpu, difference }: &Verification) -> Self {
        Self { equal: difference.is_none(), cpu: cpu.clone(), gpu: gpu.clone(), difference: difference.clone() }
    }
}

impl From<Verified> for Verification {
    fn from(Verified { cpu, gpu, difference, .. }: Verified) -> Self {
        Self { cpu, gpu, difference }
    }
}
