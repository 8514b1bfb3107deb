//! Evaluations of segmentations: which prediction belongs to which truth, what is counted, and how counts become scores.
//!
//! [`pair_folders`] finds the cases, a [`Cohort`] decides what is counted in all of them, [`Cohort::run`] counts their
//! voxels, and [`Evaluation::summarize`] makes every score and mean. [`report`](crate::report) has the forms in which
//! these are written. [`merge`] joins the results of several machines.
//!
//! ```
//! use voxdice::eval::{Cohort, Rules, RunOptions, Score, Scoring, Selection, pair_folders};
//! use voxdice::{Engine, EngineOptions, io::{Geometry, nifti}, report};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let folder = tempfile::tempdir()?;
//! # let [truth, pred] = ["labelsTs", "predictions"].map(|name| folder.path().join(name));
//! # for (side, voxels) in [(&truth, [0u8, 1, 1, 2]), (&pred, [0, 1, 2, 2])] {
//! #     std::fs::create_dir(side)?;
//! #     nifti::write(side.join("case_1.nii"), &[2, 2, 1], &Geometry::from_spacing([1.0; 3]), &voxels)?;
//! # }
//! let cohort = Cohort::new(pair_folders(&truth, &pred)?, Rules::default(), Selection::default())?;
//! let engine = Engine::new(&EngineOptions::default())?;
//! let evaluation = cohort.run(&engine, &RunOptions::default())?;
//! let summary = evaluation.summarize(Scoring::default());
//! assert_eq!(summary.mean(Score::DICE), 2.0 / 3.0);
//! assert!(report::nnunet_summary(&summary).contains("foreground_mean"));
//! assert!(report::csv(&summary).starts_with("case,label,dice,iou"));
//! # Ok(())
//! # }
//! ```
//!
//! Voxels are counted exactly, the same on every device. Every rule that differs between evaluators is a choice with a
//! name: [`Rules`] hold what cannot be changed once the voxels are gone, [`Scoring`] the rest. A case that cannot be
//! read is listed in [`Evaluation::failures`], and the others go on.

/// The layout of results in JSON. The number grows when a reader of an earlier one would go wrong; `merge` and `compare` refuse
/// later ones.
pub const SCHEMA: u32 = 1;

mod asked;
mod beside;
mod cancel;
mod case;
mod choice;
mod chosen;
mod class;
mod cohort;
mod colour_table;
pub mod compare;
mod convention;
mod count;
mod dataset;
mod dispatch;
mod error;
mod evaluation;
mod grids;
mod held;
mod ignore;
mod instances;
mod intervals;
mod label_list;
mod like;
mod maps;
mod masks;
mod measured;
mod merge;
pub mod models;
mod named;
mod pairing;
mod passed_over;
pub mod pictures;
mod rules;
mod run;
pub(crate) mod schema;
mod score;
mod scoring;
mod segmentation;
mod shard;
mod sources;
mod summary;
mod surfaces;
mod verify;
mod voxel_size;
mod warning;
mod white;

pub use asked::Asked;
pub use cancel::Cancel;
pub use case::{CaseResult, Prediction};
pub use chosen::Chosen;
pub use class::Class;
pub use cohort::{Cohort, Selection};
pub use colour_table::ColourTable;
pub use convention::{Average, Convention};
pub use dataset::{Dataset, DatasetError, LabelsFault};
pub use error::{EvalError, GridError, MaskError, MergeError, ModelsError, OfFolders, PairingError, Unlike};
pub use evaluation::{Evaluation, Failure, Provenance, Unpaired};
pub use grids::GeometryRule;
pub use ignore::Ignore;
pub use instances::{InstanceChoices, InstanceSearch, LesionRow, LesionScores, LesionStatus, LesionVoxels};
pub use label_list::LabelList;
pub use like::Like;
pub use merge::{Partial, merge};
pub use named::{Called, ParseError};
pub use pairing::{
    CasePair, CaseRegex, Kind, Lone, Matching, PairList, Pairing, Source, Unread, pair_files, pair_folders,
    pair_folders_by, pair_inputs, pair_paths,
};
pub use passed_over::PassedOver;
pub use rules::{ClassSource, MissingRule, NamedBy, Pictures, Rules};
pub use run::{Event, RunOptions};
pub use score::{Score, ScoreList};
pub use scoring::{Pool, ScoreChoices, Scoring};
pub use shard::Shard;
pub use summary::{Summary, WORST};
pub use surfaces::{DistanceHistogram, Missed, SurfaceChoices, Surfaces};
pub use verify::Verification;
pub use voxel_size::VoxelSize;
pub use warning::{Side, Warning, WarningKind};

#[cfg(feature = "cli")]
pub(crate) use asked::no_lesions;
#[cfg(feature = "cli")]
pub(crate) use error::{but, no_foreground};
pub(crate) use intervals::FEW_CASES;
pub(crate) use rules::FROM_FILES;
