//! The result of one case.

use super::class::Class;
use super::instances::LesionScores;
use super::named::named;
use super::surfaces::DistanceHistogram;
use super::verify::Verification;
use super::warning::Warning;
use crate::io::Gap;
use crate::stats::Counts;
use crate::text::millilitres;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Counts by class.
pub(super) type Counted = Vec<(Class, Counts)>;

/// A case that was evaluated.
///
/// It can be carried from one process to another that [takes it over](super::Cohort::run_beside), in a format that has NaN and
/// infinity, unlike JSON. What a second engine found, and the voxels of lesions, stay where they are.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct CaseResult {
    /// As results call it.
    pub name: String,
    /// Where the truth is.
    pub truth: PathBuf,
    /// Where the prediction is, or would have been.
    pub pred: PathBuf,
    /// Whether it was there.
    pub prediction: Prediction,
    /// The file's shape, x first.
    pub shape: Vec<u64>,
    /// Voxels that were counted: all but those to ignore.
    pub voxels: u64,
    /// `None` for files that do not say.
    pub spacing_mm: Option<[f64; 3]>,
    /// How far the two grids are apart, where both files say where they lie.
    pub gap: Option<Gap>,
    /// In the order of the classes.
    #[serde(serialize_with = "carried", deserialize_with = "arrived")]
    pub counts: Vec<(Class, Counts)>,
    /// Values of what [`Surfaces`](super::Surfaces) measured, by the key of a class.
    pub surfaces: BTreeMap<String, Vec<f64>>,
    /// All distances of these surfaces, by the key of a class; not of results that were read back.
    pub distances: BTreeMap<String, DistanceHistogram>,
    /// What [`InstanceSearch`](super::InstanceSearch) found, by the key of a class.
    pub instances: BTreeMap<String, LesionScores>,
    /// What the user should know.
    pub warnings: Vec<Warning>,
    /// The result of a second engine, if there is one.
    #[serde(skip)]
    pub verification: Option<Verification>,
}

fn carried<S: Serializer>(counts: &[(Class, Counts)], to: S) -> Result<S::Ok, S::Error> {
    to.collect_seq(counts.iter().map(|(class, of)| (class, [of.tp(), of.n_pred(), of.n_truth(), of.n()])))
}

/// Numbers that cannot be counts are refused, as everywhere.
fn arrived<'a, D: Deserializer<'a>>(from: D) -> Result<Counted, D::Error> {
    let all: Vec<(Class, [u64; 4])> = Deserialize::deserialize(from)?;
    let counts = |[tp, n_pred, n_truth, n]: [u64; 4]| Counts::new(tp, n_pred, n_truth, n).map_err(de::Error::custom);
    all.into_iter().map(|(class, of)| Ok((class, counts(of)?))).collect()
}

/// Whether there was a prediction.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Prediction {
    /// It was read.
    Read,
    /// It was counted as empty.
    Missing,
}

named!(Prediction, "the state of a prediction" { Read = "read", Missing = "missing" });

impl CaseResult {
    /// Millilitres of a voxel, where its size is known.
    pub fn voxel_ml(&self) -> Option<f64> {
        millilitres(&self.shape, self.spacing_mm?)
    }

    /// Lengths of a voxel in mm, of the axes that it has, where they are known.
    pub(crate) fn edges_mm(&self) -> Option<&[f64]> {
        let lengths = self.spacing_mm.as_ref()?;
        Some(lengths.get(..self.shape.len()).unwrap_or(lengths))
    }

    /// Whether its prediction was there.
    pub fn is_predicted(&self) -> bool {
        self.prediction == Prediction::Read
    }
}

/// A file with more bytes after its voxels.
pub(super) fn surplus(file: &Path, bytes: u64) -> Option<Warning> {
    (bytes > 0).then(|| Warning::Surplus { file: file.display().to_string(), bytes })
}

/// A prediction of which a threshold made one label of several.
pub(super) fn merged(file: &Path, labels: &[i64]) -> Option<Warning> {
    (!labels.is_empty()).then(|| Warning::Merged { file: file.display().to_string(), labels: labels.to_vec() })
}

/// The values that follow from counts alone.
pub(super) fn of_counts(counts: &[(Class, Counts)]) -> Vec<Warning> {
    let mut warnings = Vec::new();
    let absent = counts.iter().filter(|(_, c)| c.n_truth() == 0 && c.n_pred() == 0);
    let absent: Vec<String> = absent.map(|(class, _)| class.display().to_owned()).collect();
    if !absent.is_empty() {
        warnings.push(Warning::Absent { labels: absent });
    }
    warnings
}
