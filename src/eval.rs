//! Evaluations of segmentations: which prediction belongs to which truth, what is counted, and how counts become scores.
//!
//! [`pair_folders`] finds the cases, a [`Cohort`] settles what is counted in all of them, [`Cohort::run`] counts their
//! voxels, and [`Evaluation::summarize`] makes every score and mean. [`report`](crate::report) has the forms in which these
//! are written. [`merge`] joins the results of several machines.
//!
//! ```no_run
//! use std::path::Path;
//! use voxdice::eval::{Cohort, Rules, RunOptions, Score, Scoring, Selection, pair_folders};
//! use voxdice::{Engine, EngineOptions};
//!
//! let pairing = pair_folders(Path::new("labelsTs"), Path::new("predictions"))?;
//! let cohort = Cohort::new(pairing, Rules::default(), Selection::default())?;
//! let engine = Engine::new(&EngineOptions::default())?;
//! let evaluation = cohort.run(&engine, &RunOptions::default())?;
//! let summary = evaluation.summarize(Scoring::default());
//! println!("mean Dice {:.4} of {} cases", summary.mean(Score::DICE), evaluation.cases.len());
//! # Ok::<(), voxdice::eval::EvalError>(())
//! ```

mod cancel;
mod case;
mod class;
mod cohort;
pub mod compare;
mod convention;
mod count;
mod dataset;
mod dispatch;
mod error;
mod evaluation;
mod grids;
mod ignore;
mod intervals;
mod maps;
mod masks;
mod merge;
mod named;
mod pairing;
pub mod pictures;
mod rules;
mod run;
mod score;
mod scoring;
mod segmentation;
mod shard;
mod sources;
mod summary;
mod verify;
mod warning;

pub use cancel::Cancel;
pub use case::{CaseResult, Prediction};
pub use class::Class;
pub use cohort::{Cohort, Selection};
pub use convention::{Average, Convention};
pub use dataset::{Dataset, DatasetError, LabelsFault};
pub use error::{EvalError, GridError, MaskError, MergeError, PairBy, PairingError, Unlike};
pub use evaluation::{Evaluation, Failure, Kind, Provenance, Unpaired};
pub use grids::GeometryRule;
pub use ignore::Ignore;
pub use merge::{Partial, merge};
pub use named::ParseError;
pub use pairing::{
    CasePair, CaseRegex, Lone, Matching, PairList, Pairing, Source, pair_files, pair_folders, pair_folders_by,
};
pub use rules::{ClassSource, MissingRule, NamedBy, Rules};
pub use run::{Event, RunOptions};
pub use score::{Score, ScoreList};
pub use scoring::{MOST_RESAMPLES, ScoreChoices, Scoring};
pub use shard::Shard;
pub use summary::Summary;
pub use verify::Verification;
pub use warning::{Side, Warning, WarningKind};

#[cfg(feature = "table")]
pub(crate) use intervals::FEW_CASES;
pub(crate) use rules::FROM_FILES;
