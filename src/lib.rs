//! Exact, reproducible statistics of segmentations, on the GPU and on the CPU: Dice and its family, surface distances, lesions one
//! by one, and Dice losses with gradients.
//!
//! *The GPU counts, Rust reasons.* A backend reads the voxels once and returns small, exact, mergeable statistics
//! ([`stats::Counts`] of label maps, [`stats::Sums`] of real-valued volumes, [`stats::Surface`] of boundaries, [`stats::Instances`] of
//! lesions); every metric is a pure
//! `f64` formula over them. The statistics are integers, so they have the same bits on every device, with any number of threads,
//! in any order: compare them with `==`.
//!
//! # Label maps: counts and scores
//! ```
//! use voxdice::{Classes, Empty, Engine, EngineOptions, LabelMap, Pair, Shape, metric};
//! let engine = Engine::new(&EngineOptions::default())?;
//! let shape = Shape::new(1, 1, [2, 3])?; // one sample, one channel, 2 rows of 3 voxels
//! let (truth, pred) = ([0u8, 1, 1, 2, 2, 0], [0u8, 1, 2, 2, 2, 0]);
//! let pair = Pair { truth: LabelMap::u8(shape.clone(), &truth)?, pred: LabelMap::u8(shape, &pred)? };
//! let counts = engine.counts(pair, &Classes::new([1, 2])?)?;
//! assert_eq!(counts.map(|c| metric::dice(c, Empty::Nan)).into_values(), [2.0 / 3.0, 0.8]);
//! # Ok::<(), voxdice::Error>(())
//! ```
//!
//! # Surface distances
//! ```
//! use voxdice::metric::surface::{SurfaceMetric, SurfacePreset};
//! use voxdice::{Classes, Engine, EngineOptions, LabelMap, Pair, Shape, Spacing};
//! let engine = Engine::new(&EngineOptions::default())?;
//! let shape = Shape::new(1, 1, [1, 5])?;
//! let (truth, pred) = ([0u8, 1, 1, 0, 0], [0u8, 1, 1, 1, 1]);
//! let pair = Pair { truth: LabelMap::u8(shape.clone(), &truth)?, pred: LabelMap::u8(shape, &pred)? };
//! let rules = SurfacePreset::Monai.rules(); // every choice of its definition, as fields
//! let surfaces = engine.surfaces(pair, &Classes::new([1])?, &rules.options(&Spacing::new([3.0, 0.5])?))?;
//! assert_eq!(rules.value(SurfaceMetric::Hd, &surfaces.values()[0])?, 1.0); // two voxels of 0.5 mm
//! # Ok::<(), voxdice::Error>(())
//! ```
//!
//! # A soft loss and its gradient
//! ```
//! use voxdice::metric::{Loss, Preset};
//! use voxdice::{Engine, EngineOptions, Pair, Shape, Volume};
//! let engine = Engine::new(&EngineOptions::default())?;
//! let shape = Shape::new(1, 1, [2, 2])?;
//! let (truth, pred) = ([1u8, 1, 0, 0], [0.9f32, 0.8, 0.1, 0.0]);
//! let pair = Pair { truth: Volume::u8(shape.clone(), &truth)?, pred: Volume::f32(shape, &pred)? };
//! let (found, gradient) = engine.loss_and_gradient(&Loss::new(Preset::Monai.options())?, pair)?;
//! assert!((found.total() - (1.0 - 2.0 * 1.7 / 3.8)).abs() < 1e-5 && gradient[0] < 0.0);
//! # Ok::<(), voxdice::Error>(())
//! ```
//!
//! # A stream
//! ```
//! use voxdice::{Classes, Engine, EngineOptions, LabelSlice, Pair};
//! let mut counts = Engine::new(&EngineOptions::default())?.accumulate_counts(&Classes::new([1])?);
//! for (truth, pred) in [([1u8, 0], [1u8, 1]), ([1, 1], [1, 0])] {
//!     counts.add(Pair { truth: LabelSlice::U8(&truth), pred: LabelSlice::U8(&pred) })?;
//! }
//! assert_eq!(counts.finish()?[0].tp(), 2);
//! # Ok::<(), voxdice::Error>(())
//! ```
//!
//! A training loop: `examples/training_loss.rs`. A wgpu device of your own: `Engine::with_device` and `examples/own_device.rs`. Folders: `eval` and
//! `examples/evaluate_folders.rs`.
//!
//! # Modules
//! | module | what is there |
//! |---|---|
//! | the root | [`Engine`], what it takes ([`Shape`], [`Volume`], [`LabelMap`], [`Pair`], [`Classes`]) and what it returns ([`Table`]) |
//! | [`stats`] | the exact statistics, and how they merge |
//! | [`metric`] | scores, losses, cohorts: formulas over statistics; [`metric::METRICS`] lists them |
//! | [`metric::surface`] | formulas of surface distances, and the definitions of other tools |
//! | [`metric::instances`] | lesions matched and scored, and the rules of challenges |
//! | [`metric::topology`] | Betti numbers and their errors, centrelines |
//! | [`metric::compare`] | models compared: differences, tests, rankings |
//! | `io` | volume files |
//! | `eval`, `report` | folders of label maps from files to scores, and their forms |
//! | [`tuning`] | how the work is done, which changes no result |
//! | `ndarray` | volumes from array views |
//! | [`error`] | what can go wrong |
//!
//! # Features
//! - `gpu`: the wgpu backend; `wgpu` is re-exported. Without it nothing of a GPU is linked.
//! - `parallel`: threads for the CPU backend.
//! - `io`: readers and writers of volume files.
//! - `ndarray`: volumes and label maps from array views, gradients as arrays.
//! - `half`: volumes of `half::f16`.
//! - `eval`: folders of label maps from files to scores (`voxdice::eval`), and the forms of their results (`voxdice::report`).
//! - `table`: these results as tables for terminals.
//! - `cli`: the `voxdice` command. An application that embeds the library turns the defaults off and asks for `gpu`
//!   and `parallel`.

/// The README's example, compiled and run with the doc tests.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

/// The examples of docs/integrations.md.
#[cfg(all(doctest, feature = "gpu", feature = "half", feature = "ndarray"))]
#[doc = include_str!("../docs/integrations.md")]
struct Integrations;

mod activation;
mod classes;
mod cpu;
mod dtype;
mod engine;
pub mod error;
#[cfg(any(test, fuzzing))]
#[doc(hidden)]
pub mod fuzzing;
#[cfg(feature = "gpu")]
mod gpu;
mod job;
mod kernel;
mod library;
mod memory;
mod numbers;
mod objective;
mod options;
// Windows are a GPU matter, but their arithmetic is tested everywhere.
#[cfg(any(feature = "gpu", test, fuzzing))]
mod plan;
mod pointwise;
mod shape;
#[cfg(test)]
#[path = "../tests/it/skips.rs"]
#[allow(dead_code)] // not every processor and set of features has something to skip
mod skips;
mod table;
mod threads;
mod volume;

#[cfg(feature = "cli")]
#[doc(hidden)]
pub mod cli;
#[cfg(feature = "eval")]
pub mod eval;
#[doc(hidden)] // for tests and benchmarks
pub mod internals;
#[cfg(feature = "io")]
pub mod io;
pub mod metric;
#[cfg(feature = "ndarray")]
pub mod ndarray;
#[cfg(feature = "eval")]
pub mod report;
pub mod stats;
#[cfg(feature = "eval")]
#[doc(hidden)] // for the command
pub mod text;
pub mod tuning;

pub use classes::Classes;
pub use cpu::{CountsAccumulator, InstancesAccumulator, LabelsAccumulator};
pub use dtype::Dtype;
pub use engine::{Description, Engine, SumsAccumulator};
#[cfg(feature = "gpu")]
pub use engine::{GpuCounts, GpuSums};
pub use error::{Error, NonFiniteFact, Operand, Position, Result, TooManyLesions};
#[cfg(feature = "io")]
pub use error::{FileError, FileErrorKind};
pub use library::{CallValues, Departs};
pub use memory::prefer_huge_pages;
pub use metric::Empty;
pub use numbers::{LabelBuffer, Numbers};
pub use objective::Operands;
pub use options::{Activation, AdapterChoice, Backend, Band, EngineOptions, NonFinite, SumsOptions};
pub use shape::{BLOCK_VOXELS, Layout, Shape};
pub use stats::{Spacing, SurfaceOptions};
pub use table::{Over, Table};
pub use volume::{LabelMap, LabelSlice, Pair, Truth, Volume};

#[cfg(feature = "gpu")]
pub use gpu::{AdapterFact, AdapterKind, adapters};
#[cfg(feature = "gpu")]
pub use wgpu;
