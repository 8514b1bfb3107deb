//! What can be wrong with a voxel of a label map.

use std::fmt;

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
    pub(super) fn remedy(self) -> &'static str {
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

/// Where a voxel is, x first.
pub(super) struct Place<'a>(pub &'a [u64]);

impl fmt::Display for Place<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let axes: Vec<String> = self.0.iter().map(u64::to_string).collect();
        write!(f, "({})", axes.join(", "))
    }
}
