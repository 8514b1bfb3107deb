//! Errors of an evaluation, as facts. The command adds the flags that fix them (`cli/words.rs`).

mod grids;
mod masks;
mod merge;
mod models;
mod pairing;

pub use grids::GridError;
pub use masks::MaskError;
pub use merge::{MergeError, Unlike};
pub use models::ModelsError;
#[cfg(feature = "cli")]
pub(crate) use pairing::but;
pub use pairing::{OfFolders, PairingError};

use crate::Error;
use crate::error::FileError;
use crate::metric::Bootstrap;
use crate::text::extent;

use std::path::PathBuf;
use thiserror::Error as ThisError;

/// Why a case, or a whole run, was not evaluated.
#[derive(Debug, ThisError)]
#[non_exhaustive]
pub enum EvalError {
    /// [`Cancel::cancel`](super::Cancel::cancel) was called.
    #[error("the evaluation was cancelled")]
    Cancelled,
    /// The engine refused something, or its device failed.
    #[error(transparent)]
    Engine(#[from] Error),
    /// A file cannot be read, or is not a label map.
    #[error(transparent)]
    File(#[from] FileError),
    /// Truth and prediction do not lie on one grid.
    #[error(transparent)]
    Grids(#[from] GridError),
    /// Masks and segments are not what their names say.
    #[error(transparent)]
    Masks(#[from] MaskError),
    /// Which prediction belongs to which truth cannot be told.
    #[error(transparent)]
    Pairing(#[from] PairingError),
    /// Results cannot be joined.
    #[error(transparent)]
    Merge(#[from] MergeError),
    /// Models cannot be compared.
    #[error(transparent)]
    Models(#[from] ModelsError),
    /// Choices contradict each other, or one would do nothing: in words, with the names that they have where they were made.
    #[error("{0}")]
    Choices(String),
    /// The class with this key, and maybe with these names, was asked for twice.
    #[error("the class {0} is asked for twice; name it once")]
    ClassTwice(String),
    /// Not one case could be evaluated.
    #[error("no case could be evaluated; of {failures} the first is {case}: {why}")]
    NoneEvaluated {
        /// How many cases failed.
        failures: usize,
        /// The first of them.
        case: String,
        /// What is wrong with it.
        why: String,
    },
    /// No class was named, and no case has a label other than 0.
    #[error("{}; list the labels to evaluate", no_foreground(*.cases, .files))]
    NoForeground {
        /// How many cases there are.
        cases: usize,
        /// Truth and prediction of the first.
        files: [PathBuf; 2],
    },
    /// So many resamples are too few for an interval, or more than change any digit.
    #[error(
        "{resamples} resamples make no interval; {} to {} do, and 0 is none",
        Bootstrap::LEAST_RESAMPLES,
        Bootstrap::MOST_RESAMPLES
    )]
    Resamples {
        /// How many were asked for.
        resamples: usize,
    },
    /// The two files have different numbers of voxels.
    #[error("the two files have different numbers of voxels")]
    Lengths,
    /// The truth ended before the prediction.
    #[error("the truth ended before the prediction")]
    TruthEnded,
    /// The thread that decoded the truth panicked.
    #[error("the thread that decoded the truth ended unexpectedly")]
    ThreadLost,
    /// The files of a case are not where they were when it was counted.
    #[error("the files are not at hand any more")]
    FilesGone,
    /// The files of a case have other voxels than when it was counted.
    #[error("the files are no longer those that were counted")]
    FilesChanged,
    /// What truth and prediction store lies too far apart for one volume, as pictures and distances need it.
    #[error("the boxes of truth and prediction lie too far apart for one volume around them")]
    FarApart,
    /// Distances were requested, but neither this truth nor its prediction gives the voxel size.
    #[error(
        "{}: neither it nor the prediction says how large a voxel is, and distances and volumes are in mm; add the \
         spacing to a header", .0.display()
    )]
    NoSpacing(PathBuf),
    /// The size of a voxel was given for two axes, and a file has more.
    #[error(
        "{}: it is {}, and the size of a voxel was given for two axes; give three lengths, x first", .path.display(),
        extent(.shape)
    )]
    SizeOfPlane {
        /// The truth.
        path: PathBuf,
        /// The lengths of the axes, x first.
        shape: Vec<u64>,
    },
    /// Distances were requested for axes that are not spatial.
    #[error(
        "{}: distances between surfaces and lesions need 2 or 3 axes of space, and this is {}; take it apart", .path.display(),
        extent(.shape)
    )]
    NotInSpace {
        /// The truth.
        path: PathBuf,
        /// The lengths of the axes, x first.
        shape: Vec<u64>,
    },
    /// The message of an earlier run, which `merge` passes on.
    #[error("{0}")]
    Stored(String),
}

/// Where there is no label.
pub(crate) fn no_foreground(cases: usize, [truth, pred]: &[PathBuf; 2]) -> String {
    match cases {
        1 => format!("neither {} nor {} has a label other than 0", truth.display(), pred.display()),
        _ => format!("none of {cases} cases has a label other than 0, in truth or prediction"),
    }
}

impl EvalError {
    /// Whether a device is missing or failed, so that every other case would meet the same error.
    pub fn is_device(&self) -> bool {
        matches!(self, Self::Engine(error) if error.is_device())
    }

    /// The error and its causes on one line.
    pub fn in_full(&self) -> String {
        let causes = std::iter::successors(Some(self as &dyn std::error::Error), |error| error.source());
        causes.map(ToString::to_string).collect::<Vec<_>>().join(": ")
    }
}
