//! The warnings of a command, in terms of its flags.

use super::words;
use crate::eval::{self, WarningKind};
use crate::text::grouped;
use serde_json::{Value, json};
use std::fmt;

/// A fact that the user should know although the command ran.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Warning {
    /// What evaluations of label maps are warned of as well.
    Eval(eval::Warning),
    /// Both names lead to one file of soft volumes, whose score with itself need not be perfect.
    SameSoftFile,
    /// Voxels of 64 bits that 32 bits do not hold.
    Rounded { file: String, voxels: u64 },
    /// Whole labels that their header scales, and that come back a little off.
    ScaledLabels { file: String, voxels: u64 },
    /// Voxels that are not probabilities; `remedy` is for logits.
    OutOfRange { file: String, side: eval::Side, least: f32, most: f32, remedy: String },
    /// A mask of 0 and another value than 1.
    MaskOutOfRange { file: String, value: f32 },
    /// An array whose axes were taken as samples and channels, although all of them may be of space.
    ArrayAxes { axes: Vec<usize>, samples: usize, channels: usize, voxels: usize },
}

impl From<eval::Warning> for Warning {
    fn from(warning: eval::Warning) -> Self {
        Self::Eval(warning)
    }
}

impl Warning {
    /// A stable name for scripts.
    pub fn kind(&self) -> &str {
        match self {
            Self::Eval(warning) => warning.name(),
            Self::SameSoftFile => WarningKind::SameFile.name(),
            Self::Rounded { .. } => "rounded",
            Self::OutOfRange { .. } | Self::MaskOutOfRange { .. } => "out_of_range",
            Self::ArrayAxes { .. } => "array_axes",
            Self::ScaledLabels { .. } => "scaled_labels",
        }
    }

    /// Whether this is harmless.
    pub fn is_note(&self) -> bool {
        match self {
            Self::Eval(warning) => warning.is_note(),
            other => matches!(other, Self::ScaledLabels { .. }),
        }
    }

    pub fn json(&self) -> Value {
        json!({ "kind": self.kind(), "message": self.to_string() })
    }
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Eval(warning) => f.write_str(&words::of_warning(warning)),
            Self::Rounded { file, voxels } => write!(
                f,
                "{file}: {} voxels have more digits than float32, as stored or after the slope of the header, and the nearest \
                 float32 of each is taken here; store float32 to have them as they are",
                grouped(*voxels)
            ),
            Self::ScaledLabels { file, voxels } => write!(
                f,
                "{file}: {} voxels were within half a step of the header's slope of a whole number, and are that label: the writer \
                 scaled whole labels",
                grouped(*voxels)
            ),
            Self::SameSoftFile => f.write_str("truth and prediction are the same file"),
            Self::OutOfRange { file, side, least, most, remedy } => write!(
                f,
                "{file}: voxels from {least} to {most} are no probabilities, so a score may leave 0 to 1; {}",
                match side {
                    eval::Side::Truth => "a label map has one axis less than the prediction",
                    eval::Side::Prediction => remedy.as_str(),
                }
            ),
            Self::MaskOutOfRange { file, value } => write!(
                f,
                "{file} is a mask of 0 and {value}, beyond 0 to 1, so a score may leave 0 to 1; divide it by {value}"
            ),
            Self::ArrayAxes { axes, samples, channels, voxels } => {
                let axes = axes.iter().map(usize::to_string).collect::<Vec<_>>().join(" x ");
                write!(
                    f,
                    "an array of {axes} was taken as {} x {} samples and channels of {} voxels; if all its axes are of space, \
                     as `voxdice eval` reads it, say --layout flat",
                    grouped(*samples as u64),
                    grouped(*channels as u64),
                    grouped(*voxels as u64)
                )
            }
        }
    }
}

/// What the commands that have the flag say to a warning of headers; `merge`, which retells it, has not.
pub(super) const HEADERS_WRONG: &str = "--geometry off compares voxels in the order of the files";
