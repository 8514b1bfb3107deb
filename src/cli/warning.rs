//! Everything there is to warn about, each with the next step.

use super::text::grouped;
use serde_json::{Value, json};
use std::fmt;

/// A fact that the user should know although the command ran.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Warning {
    /// The voxels of the two files do not lie in the same place.
    Geometry { millimetres: f64, voxels: f64 },
    /// Both names lead to one file.
    SameFile,
    /// Voxels whose label --labels does not list.
    Unlisted { truth: u64, pred: u64 },
    /// So many labels that one of the files may be an image.
    ManyLabels { labels: usize },
    /// A label that was asked for is in neither file.
    Absent { labels: Vec<u32> },
    /// Both names lead to one file of soft volumes, whose score with itself need not be perfect.
    SameSoftFile,
    /// Voxels of 64 bits that 32 bits do not hold.
    Rounded { file: String, voxels: u64 },
    /// Voxels that are no probabilities.
    OutOfRange,
}

impl Warning {
    /// A stable name for scripts.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Geometry { .. } => "geometry",
            Self::SameFile | Self::SameSoftFile => "same_file",
            Self::Unlisted { .. } => "unlisted_labels",
            Self::ManyLabels { .. } => "many_labels",
            Self::Absent { .. } => "absent_labels",
            Self::Rounded { .. } => "rounded",
            Self::OutOfRange => "out_of_range",
        }
    }

    pub fn json(&self) -> Value {
        json!({ "kind": self.kind(), "message": self.to_string() })
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
                let list: Vec<String> = labels.iter().take(10).map(u32::to_string).collect();
                let more = if labels.len() > 10 { ", ..." } else { "" };
                let (s, are) = if labels.len() == 1 { ("", "is") } else { ("s", "are") };
                write!(
                    f,
                    "label{s} {}{more} {are} in neither file; --empty says what such a label scores",
                    list.join(", ")
                )
            }
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
        }
    }
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
