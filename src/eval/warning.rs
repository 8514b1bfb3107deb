//! What the user should know although a case was evaluated, as facts. The command adds the flags that matter
//! (`cli/words.rs`).

mod kind;
mod words;

pub use kind::WarningKind;
pub(crate) use words::apart;

use serde::{Deserialize, Serialize};
use std::fmt;

/// One of the two sides of a case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Side {
    /// The reference.
    Truth,
    /// What is evaluated.
    Prediction,
}

impl Side {
    /// Truth, then prediction.
    pub const BOTH: [Self; 2] = [Self::Truth, Self::Prediction];
}

impl fmt::Display for Side {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Truth => "truth",
            Self::Prediction => "prediction",
        })
    }
}

/// A fact that the user should know although the case was evaluated.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Warning {
    /// The affines put the same voxel of the two files so far apart.
    Geometry {
        /// At most so many millimetres.
        millimetres: f64,
        /// At most so many voxels.
        voxels: f64,
    },
    /// The same, by whole voxels of one lattice.
    Shifted {
        /// So many millimetres.
        millimetres: f64,
        /// So many voxels.
        voxels: f64,
    },
    /// Two masks of one side, instead of truth and prediction.
    MasksApart {
        /// The masks.
        files: [String; 2],
        /// At most so many millimetres.
        millimetres: f64,
        /// At most so many voxels.
        voxels: f64,
    },
    /// The two files store the same points in another order.
    Reordered,
    /// One file stores a box of the other's lattice.
    Padded {
        /// Which one.
        side: Side,
        /// The lengths of the box.
        stored: Vec<u64>,
    },
    /// Each file stores a box of one lattice, and neither holds the other.
    Overlapping {
        /// The lengths of the truth's box.
        truth: Vec<u64>,
        /// The lengths of the prediction's box.
        pred: Vec<u64>,
    },
    /// Each file stores a box of one lattice, and they have no voxel in common.
    NothingShared,
    /// Both names lead to one file.
    SameFile,
    /// An array beside an image, whose shape is the same read either way.
    AxisOrder {
        /// The file of the array.
        array: String,
    },
    /// Labels that are in no class.
    Unlisted {
        /// Voxels of truth and prediction that have them.
        voxels: [u64; 2],
        /// The smallest of these labels in truth and prediction.
        labels: [Vec<u32>; 2],
        /// What lists the classes.
        from: String,
    },
    /// So many labels that one of the files may be an image.
    ManyLabels {
        /// How many.
        labels: usize,
    },
    /// Classes that neither file has.
    Absent {
        /// What they are called.
        labels: Vec<String>,
    },
    /// The files have no label but 0 in common.
    NoCommonLabel {
        /// The labels of the truth.
        truth: Vec<u32>,
        /// The labels of the prediction.
        pred: Vec<u32>,
    },
    /// Segments whose names could not be matched, so that their labels were compared.
    ByValue {
        /// Their file.
        file: String,
        /// What they are called.
        names: Vec<String>,
    },
    /// Values that no segment has.
    Undeclared {
        /// The segmentation.
        file: String,
        /// The values with their voxels.
        values: Vec<(u32, u64)>,
        /// Segments, with their values, that have no voxel.
        absent: Vec<(String, u64)>,
    },
    /// Files among masks that are none.
    NotMasks {
        /// The files.
        files: Vec<String>,
    },
    /// Pictures that were taken as masks of classes, and may be the slices of a volume: only a number tells their names
    /// apart.
    LikeSlices {
        /// Their folder.
        folder: String,
        /// How many.
        pictures: usize,
    },
    /// Masks or segments that are in no class.
    UnlistedMasks {
        /// Whose.
        side: Side,
        /// What they are called.
        names: Vec<String>,
        /// What lists the classes.
        from: String,
    },
    /// One side has no mask of some classes.
    NoMask {
        /// Which side.
        side: Side,
        /// The classes.
        classes: Vec<String>,
    },
    /// A file goes on behind its voxels.
    Surplus {
        /// The file.
        file: String,
        /// By so many bytes.
        bytes: u64,
    },
    /// Grey pictures of 0 and 255 alone, in which 255 was taken as label 1.
    White {
        /// The files.
        files: Vec<String>,
    },
    /// A threshold made one label of several.
    Merged {
        /// The prediction, which holds whole numbers alone.
        file: String,
        /// Those that became label 1.
        labels: Vec<i64>,
    },
    /// What an earlier run said, which `merge` passes on.
    Stored {
        /// The name of its [`WarningKind`], which a later version may have added.
        kind: String,
        /// Its words.
        message: String,
    },
}

impl Warning {
    /// What the warning is about; None where another version said it and this one does not know.
    pub fn kind(&self) -> Option<WarningKind> {
        Some(match self {
            Self::Geometry { .. } | Self::Shifted { .. } | Self::MasksApart { .. } => WarningKind::Geometry,
            Self::Reordered => WarningKind::Reordered,
            Self::Padded { .. } | Self::Overlapping { .. } => WarningKind::Padded,
            Self::NothingShared => WarningKind::NothingShared,
            Self::SameFile => WarningKind::SameFile,
            Self::AxisOrder { .. } => WarningKind::AxisOrder,
            Self::Unlisted { .. } => WarningKind::UnlistedLabels,
            Self::ManyLabels { .. } => WarningKind::ManyLabels,
            Self::Absent { .. } => WarningKind::AbsentLabels,
            Self::NoCommonLabel { .. } => WarningKind::NoCommonLabel,
            Self::ByValue { .. } => WarningKind::ByValue,
            Self::Undeclared { .. } => WarningKind::UndeclaredValues,
            Self::NotMasks { .. } => WarningKind::NotMasks,
            Self::LikeSlices { .. } => WarningKind::LikeSlices,
            Self::UnlistedMasks { .. } => WarningKind::UnlistedMasks,
            Self::NoMask { .. } => WarningKind::NoMask,
            Self::Surplus { .. } => WarningKind::SurplusBytes,
            Self::White { .. } => WarningKind::White,
            Self::Merged { .. } => WarningKind::MergedLabels,
            Self::Stored { kind, .. } => return kind.parse().ok(),
        })
    }

    /// The name of its kind.
    pub fn name(&self) -> &str {
        match self {
            Self::Stored { kind, .. } => kind,
            known => known.kind().map_or("", WarningKind::name),
        }
    }

    /// Whether this is nothing to worry about.
    pub fn is_note(&self) -> bool {
        self.kind().is_some_and(WarningKind::is_note)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_are_known_by_their_names() {
        for kind in WarningKind::ALL {
            assert_eq!(kind.name().parse::<WarningKind>().unwrap(), *kind);
        }
        let later = Warning::Stored { kind: "of_a_later_version".into(), message: "words".into() };
        assert_eq!((later.kind(), later.name(), later.to_string()), (None, "of_a_later_version", "words".into()));
        let known = Warning::Stored { kind: "padded".into(), message: String::new() };
        assert!(known.is_note() && known.kind() == Some(WarningKind::Padded));
    }

    #[test]
    fn facts_come_back_from_json() {
        let warning = Warning::Padded { side: Side::Truth, stored: vec![3, 2, 1] };
        let text = serde_json::to_string(&warning).unwrap();
        assert_eq!(text, r#"{"padded":{"side":"truth","stored":[3,2,1]}}"#);
        assert_eq!(serde_json::from_str::<Warning>(&text).unwrap(), warning);
    }
}
