//! Grids that do not belong together.

use crate::eval::warning::apart;
use crate::io::Gap;
use crate::io::axes::Unequal;
use crate::io::is_array;
use crate::text::extent;
use std::path::PathBuf;
use thiserror::Error;

/// Truth and prediction do not lie on one grid.
#[derive(Debug, Clone, PartialEq, Error)]
#[non_exhaustive]
pub enum GridError {
    /// The affines differ by so much, and [`GeometryRule::Strict`](crate::eval::GeometryRule::Strict) was asked for.
    #[error("{}; resample one onto the grid of the other", apart("truth and prediction", *.0))]
    Apart(Gap),
    /// The same for two masks of one side.
    #[error("{}; resample one onto the grid of the other", apart(&masks(.files), *.gap))]
    MasksApart {
        /// The two masks.
        files: [PathBuf; 2],
        /// How far they are apart.
        gap: Gap,
    },
    /// Slices of truth and prediction are of different numbers.
    #[error(
        "slice {} has no counterpart in {}, and slices belong together by their numbers; add it there, or number both alike",
        .slice.display(), .folder.display()
    )]
    Slice {
        /// The first one without a counterpart.
        slice: PathBuf,
        /// Where it is missing.
        folder: PathBuf,
    },
    /// The lengths of the axes differ.
    #[error(
        "{} has {} voxels, but {} has {}; {}", .files[0].display(), extent(&.shapes[0]), .files[1].display(),
        extent(&.shapes[1]), remedy(.files, *.unequal)
    )]
    Extent {
        /// Truth and prediction, or two masks of one of them.
        files: [PathBuf; 2],
        /// Their lengths, x first.
        shapes: [Vec<u64>; 2],
        /// How the lengths differ.
        unequal: Unequal,
    },
}

fn masks([one, other]: &[PathBuf; 2]) -> String {
    format!("{} and {}", one.display(), other.display())
}

fn remedy(files: &[PathBuf; 2], unequal: Unequal) -> &'static str {
    let array = files.iter().any(|path| is_array(path));
    match unequal {
        // An axis after z is not spatial, and resampling does not help.
        Unequal::Channels => {
            "a label map has one number per voxel: take the channel or the time that is meant, or the argmax"
        }
        Unequal::Reversed if array => "transpose one of them (of a .npy the last axis is x)",
        Unequal::Reversed | Unequal::Lengths => "resample one onto the grid of the other",
    }
}
