//! Everything there is to warn about, each with the next step.

use super::text::grouped;
use serde_json::{Value, json};
use std::fmt;

/// The kind of [`Warning::Absent`].
pub(super) const ABSENT: &str = "absent_labels";

/// A fact that the user should know although the command ran.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Warning {
    /// The voxels of the two files do not lie in the same place.
    Geometry { millimetres: f64, voxels: f64 },
    /// Both names lead to one file.
    SameFile,
    /// An array beside an image, whose shape is the same read either way.
    AxisOrder { array: String },
    /// Voxels whose label --labels does not list.
    Unlisted { truth: u64, pred: u64 },
    /// So many labels that one of the files may be an image.
    ManyLabels { labels: usize },
    /// A label that was asked for is in neither file.
    Absent { labels: Vec<String> },
    /// One side has no mask of some classes.
    NoMask { side: &'static str, classes: Vec<String> },
    /// Both names lead to one file of soft volumes, whose score with itself need not be perfect.
    SameSoftFile,
    /// Voxels of 64 bits that 32 bits do not hold.
    Rounded { file: String, voxels: u64 },
    /// Voxels that are no probabilities.
    OutOfRange,
    /// The same where the prediction has an activation.
    TruthOutOfRange,
}

impl Warning {
    /// A stable name for scripts.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Geometry { .. } => "geometry",
            Self::SameFile | Self::SameSoftFile => "same_file",
            Self::AxisOrder { .. } => "axis_order",
            Self::Unlisted { .. } => "unlisted_labels",
            Self::ManyLabels { .. } => "many_labels",
            Self::Absent { .. } => ABSENT,
            Self::NoMask { .. } => "no_mask",
            Self::Rounded { .. } => "rounded",
            Self::OutOfRange | Self::TruthOutOfRange => "out_of_range",
        }
    }

    pub fn json(&self) -> Value {
        self.notice().json()
    }

    pub fn notice(&self) -> Notice {
        Notice { kind: self.kind().into(), message: self.to_string() }
    }
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Geometry { millimetres, voxels } => write!(
                f,
                "{}; resample one onto the grid of the other, or say --geometry off if the headers are known to be wrong",
                apart(*millimetres, *voxels)
            ),
            Self::SameFile => f.write_str("truth and prediction are the same file, so every score is perfect"),
            Self::AxisOrder { array } => write!(
                f,
                "{array} does not say which axis is x; the last one was taken, as SimpleITK writes arrays, and one of nibabel \
                 has to be transposed first"
            ),
            Self::Unlisted { truth, pred } => write!(
                f,
                "{} voxels of the truth and {} of the prediction have labels that --labels does not list and that are \
                 not counted; list them if they matter",
                grouped(*truth),
                grouped(*pred)
            ),
            Self::ManyLabels { labels } => write!(
                f,
                "{} different labels were found; check that both files are label maps, or name labels with --labels",
                grouped(*labels as u64)
            ),
            Self::Absent { labels } => {
                let (s, are) = if labels.len() == 1 { ("", "is") } else { ("s", "are") };
                let list = listed(labels);
                write!(f, "label{s} {list} {are} in neither file; --empty says what such a label scores")
            }
            Self::NoMask { side, classes } => write!(
                f,
                "the {side} has no mask of {}, which counts as empty; name the files alike if they are there",
                listed(classes)
            ),
            Self::Rounded { file, voxels } => write!(
                f,
                "{file}: {} voxels are float64 and were rounded to the nearest float32, so the sums are exact for the \
                 rounded voxels; store float32 to have them as they are",
                grouped(*voxels)
            ),
            Self::SameSoftFile => f.write_str("truth and prediction are the same file"),
            Self::OutOfRange => f.write_str(
                "some voxels lie beyond -1 to 1 and are no probabilities, so a score may leave 0 to 1; logits need \
                 --activation sigmoid or softmax, and a label map is one axis short of the prediction",
            ),
            Self::TruthOutOfRange => f.write_str(
                "some voxels of the truth lie beyond -1 to 1 and are no probabilities, so a score may leave 0 to 1; divide \
                 a mask of 0 and 255 by 255, and give a label map one axis less than the prediction",
            ),
        }
    }
}

/// A warning as it is passed on: in results, and from shard to merge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Notice {
    pub kind: String,
    pub message: String,
}

impl Notice {
    pub fn json(&self) -> Value {
        json!({ "kind": self.kind, "message": self.message })
    }
}

/// The first ten.
pub(super) fn listed(names: &[String]) -> String {
    let more = if names.len() > 10 { ", ..." } else { "" };
    format!("{}{more}", names[..names.len().min(10)].join(", "))
}

/// How far the two grids are apart, for the warning and for the error.
pub(super) fn apart(millimetres: f64, voxels: f64) -> String {
    format!(
        "the affines put the same voxel of truth and prediction up to {} mm ({} of a voxel) apart",
        short(millimetres),
        short(voxels)
    )
}

fn short(value: f64) -> String {
    if value >= 0.1 { format!("{value:.2}") } else { format!("{value:.1e}") }
}
