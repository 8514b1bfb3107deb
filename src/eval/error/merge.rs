//! Results that cannot be joined.

use crate::eval::SCHEMA;
use crate::eval::shard::Shard;
use crate::metric::instances::InstancePreset;
use std::path::PathBuf;
use thiserror::Error;

/// In which choice about counting two results differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unlike {
    /// Whether a dataset says what labels are called.
    Names,
    /// The labels to ignore.
    Ignore,
    /// How far a number may be from a label.
    Round,
    /// From where on a number is label 1.
    Threshold,
    /// The labels of colours.
    Colours,
    /// What follows from grids that lie apart.
    Geometry,
    /// What is done with missing predictions.
    Missing,
    /// What was measured of surfaces, and the size of a voxel.
    Surfaces,
    /// Which lesions were looked for.
    Instances,
}

impl Unlike {
    fn in_words(self) -> &'static str {
        match self {
            Self::Names => "sources of names",
            Self::Ignore => "labels to ignore",
            Self::Round => "distances of numbers from their labels",
            Self::Threshold => "thresholds",
            Self::Colours => "labels of colours",
            Self::Geometry => "rules for grids that lie apart",
            Self::Missing => "rules for missing predictions",
            Self::Instances => "definitions of lesions",
            Self::Surfaces => "metrics or definitions of surface distances",
        }
    }
}

/// Results cannot be joined.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum MergeError {
    /// There is nothing to join.
    #[error("no results were named")]
    Nothing,
    /// A summary of nnU-Net's first version has no counts.
    #[error(
        "{}: a summary of nnU-Net version 1, which holds rates rather than counts and cannot be merged; evaluate its two \
         folders with `voxdice eval`", .0.display()
    )]
    VersionOne(PathBuf),
    /// A result of a later version.
    #[error(
        "{}: a result in layout {schema}, and this version reads layouts up to {SCHEMA}; use the version that wrote it, or \
         a later one", .path.display()
    )]
    Newer {
        /// The file.
        path: PathBuf,
        /// Its layout.
        schema: u32,
    },
    /// Lesions are to be those of another definition.
    #[error(
        "{0} defines lesions, which cannot be found again without the voxels; evaluate the cases with it, or leave it out"
    )]
    OtherLesions(InstancePreset),
    /// A file is not a result.
    #[error("{}: not a result of `voxdice eval`, nor a summary.json: {error}; evaluate this part again", .path.display())]
    NoResult {
        /// The file.
        path: PathBuf,
        /// What was met instead.
        error: serde_json::Error,
    },
    /// A file is no JSON at all.
    #[error("{}: this is no JSON; name results of `voxdice eval`, or a summary.json", .0.display())]
    NoJson(PathBuf),
    /// Two results are of different classes.
    #[error(
        "{} and {} were made with different classes: {} in the one, and {} in the other; evaluate one again with the classes of \
         the other", .files[0].display(), .files[1].display(), .has[0], .has[1]
    )]
    Classes {
        /// The two files.
        files: [PathBuf; 2],
        /// Where they differ first.
        has: [String; 2],
    },
    /// A result contradicts itself.
    #[error("{}: the result is damaged, evaluate this part again: {fault}", .path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// In what.
        fault: String,
    },
    /// A result has a choice that this version does not know.
    #[error("`{0}` is no choice of this version; use the version that wrote this")]
    UnknownChoice(String),
    /// A result has scores that this version does not know.
    #[error("{0}")]
    UnknownScore(String),
    /// A metric of surfaces that no result holds: it cannot be made of counts.
    #[error("{0} was not measured, and counts of voxels do not tell it; evaluate the folders again for it")]
    NotMeasured(String),
    /// Two results were counted in different ways.
    #[error(
        "{} and {} were made with different {}; evaluate all shards with the same options", .files[0].display(),
        .files[1].display(), .what.in_words()
    )]
    Counting {
        /// The two files.
        files: [PathBuf; 2],
        /// In what they differ.
        what: Unlike,
    },
    /// Two results were scored in different ways.
    #[error(
        "{} and {} were made with different choices about scores; say here which ones are to hold", .0[0].display(),
        .0[1].display()
    )]
    Scoring([PathBuf; 2]),
    /// A case is in two results.
    #[error(
        "the case {case} is in {} and in {}; name each result once, or compare them if they are of two models", .files[0].display(), .files[1].display()
    )]
    CaseTwice {
        /// The case.
        case: String,
        /// The two files.
        files: [PathBuf; 2],
    },
    /// A key stands for different labels.
    #[error(
        "the class {key} is {:?} in {} and {:?} in {}; evaluate all shards with the same version", .labels[0],
        .files[0].display(), .labels[1], .files[1].display()
    )]
    ClassDiffers {
        /// The key.
        key: String,
        /// The labels in each file.
        labels: [Vec<u32>; 2],
        /// The two files.
        files: [PathBuf; 2],
    },
    /// Shards of two runs.
    #[error("{} is shard {shard}, beside {other}; name the results of one run", .path.display())]
    ShardBeside {
        /// The file.
        path: PathBuf,
        /// Its shard.
        shard: Shard,
        /// That of another file.
        other: Shard,
    },
    /// A shard is there twice.
    #[error("{} is shard {shard}, which is there already; name each result once", .path.display())]
    ShardTwice {
        /// The second file of it.
        path: PathBuf,
        /// The shard.
        shard: Shard,
    },
    /// Shards are not there.
    #[error(
        "the results of shard {}{} are not among the files; evaluate and name them as well",
        .first.iter().map(Shard::to_string).collect::<Vec<_>>().join(", "), more(*.others)
    )]
    ShardsLost {
        /// The first of them.
        first: Vec<Shard>,
        /// How many there are beside these.
        others: usize,
    },
}

fn more(others: usize) -> String {
    if others > 0 { format!(" and {others} more") } else { String::new() }
}
