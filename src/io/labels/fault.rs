//! What can be wrong with a label map, as facts plus the next step.

use std::fmt;
use std::path::PathBuf;

use crate::error::{Error, FileError};
use crate::io::npy::NpyError;

/// Why a file is not a label map.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LabelsError {
    /// The file could not be read.
    #[error(transparent)]
    File(#[from] FileError),
    /// The `.npy` file could not be read.
    #[error(transparent)]
    Npy(#[from] NpyError),
    /// A voxel is not a label.
    #[error(
        "{}: voxel {} is {value}, which is {fault}; {}", path.display(), Place(position), fault.remedy()
    )]
    NotALabel {
        /// The file.
        path: PathBuf,
        /// The first such voxel, x first.
        position: Vec<u64>,
        /// Its value, as its type writes it.
        value: String,
        /// What is wrong with it.
        fault: LabelFault,
    },
    /// Several numbers per voxel: layers of labels that overlap, a colour, or one probability per class.
    #[error(
        "{}: the file has {channels} numbers per voxel, and a label map has one; write one file per channel, or merge \
         them into one label map", path.display()
    )]
    Channels {
        /// The file.
        path: PathBuf,
        /// Numbers per voxel.
        channels: u64,
    },
    /// The shape has no voxels or too many.
    #[error("{}: not a volume that can be compared", path.display())]
    Shape {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: Box<Error>,
    },
}

/// Why a number is not a label.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LabelFault {
    /// Below 0.
    Negative,
    /// Not a whole number.
    Fraction,
    /// Not a whole number after the scaling that the header asks for: of whole labels that were scaled when they were
    /// written, or of probabilities.
    Scaled,
    /// Further from a whole number than was allowed.
    Far,
    /// NaN or infinite.
    NotFinite,
    /// Above 2^32 − 1.
    TooLarge,
    /// From 2^31 up, where negative labels are allowed: their codes are in this range.
    BesideNegative,
}

impl LabelFault {
    /// What to do about it.
    fn remedy(self) -> &'static str {
        match self {
            Self::Negative => "write the label map with labels from 0 up (is this an image instead?)",
            Self::Fraction => {
                "labels are whole numbers: threshold a probability map first, and resample label maps with nearest neighbour"
            }
            Self::Scaled => {
                "where a writer scaled whole labels to fit them into an integer type (nibabel does, of a float array), read \
                 them with `LabelOptions::round`, and probabilities with `LabelOptions::threshold`"
            }
            Self::Far => "labels that far off are no rounding: resample label maps with nearest neighbour",
            Self::NotFinite => "write the label map with whole numbers",
            Self::TooLarge | Self::BesideNegative => "renumber the labels",
        }
    }
}

impl fmt::Display for LabelFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Negative => "negative",
            Self::Fraction => "not a whole number",
            Self::Scaled => "not a whole number after the slope of the header",
            Self::Far => "further from a whole number than was allowed",
            Self::NotFinite => "not a number at all",
            Self::TooLarge => "above the largest label, 4294967295",
            Self::BesideNegative => "from 2147483648 up, which cannot be told from a negative label to ignore",
        })
    }
}

struct Place<'a>(&'a [u64]);

impl fmt::Display for Place<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let axes: Vec<String> = self.0.iter().map(u64::to_string).collect();
        write!(f, "({})", axes.join(", "))
    }
}
