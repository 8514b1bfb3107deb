//! Exact, reproducible Dice and overlap statistics of large batched volumes, on the GPU and on the CPU.
//!
//! *The GPU counts, Rust reasons.* A backend reads the voxels once and returns small, exact, mergeable statistics
//! ([`stats::Sums`] of real-valued volumes, [`stats::Counts`] of label maps); every metric is a pure `f64` formula
//! over them. Sums are integers on a fixed-point grid, so they have the same bits on every GPU, with any number of
//! threads, in any order: compare them with `==`.
//!
//! ```
//! use voxdice::{Engine, EngineOptions, Pair, Shape, Volume};
//! let engine = Engine::new(&EngineOptions::default())?;
//! let shape = Shape::new(1, 1, [2, 2])?;
//! let pred = [0.9f32, 0.8, 0.1, 0.0];
//! let mask = [1u8, 1, 0, 0];
//! let sums = engine.sums(Pair { pred: Volume::f32(shape.clone(), &pred)?, truth: Volume::u8(shape, &mask)? })?;
//! let soft_dice = sums.map(|s| 2.0 * s.product() / (s.pred() + s.truth()));
//! assert!((soft_dice.values()[0] - 2.0 * 1.7 / 3.8).abs() < 1e-7);
//! # Ok::<(), voxdice::Error>(())
//! ```
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
mod engine;
pub mod error;
#[cfg(any(test, fuzzing))]
#[doc(hidden)]
pub mod fuzzing;
#[cfg(feature = "gpu")]
mod gpu;
mod job;
#[cfg_attr(not(feature = "gpu"), allow(dead_code))] // shader text and window parts are a GPU matter
mod kernel;
mod library;
mod memory;
mod objective;
mod options;
#[cfg_attr(not(feature = "gpu"), allow(dead_code))]
// windows are a GPU matter, but their arithmetic is tested everywhere
mod plan;
mod pointwise;
mod shape;
mod table;
mod volume;

#[cfg(feature = "cli")]
#[doc(hidden)]
pub mod cli;
#[cfg(feature = "eval")]
pub mod eval;
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

pub use classes::Classes;
pub use cpu::{CountsAccumulator, InstancesAccumulator, LabelsAccumulator};
pub use engine::{Description, Engine, SumsAccumulator};
#[cfg(feature = "gpu")]
pub use engine::{GpuCounts, GpuSums};
pub use error::{Error, NonFiniteFact, Operand, Position, Result, TooManyLesions};
#[cfg(feature = "io")]
pub use error::{FileError, FileErrorKind};
pub use library::{CallValues, Departs};
pub use memory::prefer_huge_pages;
pub use metric::Empty;
pub use objective::Operands;
pub use options::{
    Activation, AdapterChoice, Backend, Band, EngineOptions, NonFinite, Poison, ShaderInt64, Simd, SumsOptions, Tuning,
};
pub use shape::{BLOCK_VOXELS, Layout, Shape};
pub use stats::{Spacing, SurfaceOptions};
pub use table::{Over, Table};
pub use volume::{Dtype, LabelMap, LabelSlice, Pair, Truth, Volume};

#[doc(hidden)] // for the benchmarks
pub use cpu::floor;
#[cfg(feature = "gpu")]
pub use gpu::{AdapterFact, AdapterKind, adapters};
/// The WGSL of every kernel, as data.
pub use kernel::source as shaders;
pub use plan::Params;
#[cfg(feature = "gpu")]
pub use wgpu;
