//! The CPU backend: the same blocks and the same integer arithmetic as the GPU, on threads and SIMD.

mod accumulate;
mod counts;
mod doubles;
pub mod floor;
mod gradient;
mod instances;
mod pairs;
mod prepared;
mod sets;
mod simd;
mod skeleton;
mod sums;
mod surface;
mod topology;

pub(crate) use prepared::{load, pred_values, truth_values};

pub use accumulate::{CountsAccumulator, LabelsAccumulator};
#[cfg(feature = "gpu")]
pub use instances::Gathered;
pub use instances::InstancesAccumulator;
#[cfg(feature = "eval")]
pub use instances::LabelInstances;
#[cfg(feature = "eval")]
pub use surface::KeptMaps;

use crate::options::Simd;
pub(crate) use crate::threads::map_indexed;
use crate::threads::{count as threads, for_each};

/// The CPU backend. Cheap to make; threads are those of `threads`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Backend {
    level: simd::Level,
}

impl Backend {
    pub fn new(simd: Simd) -> Self {
        Self { level: simd::Level::of(simd) }
    }

    /// A readable description of this backend: threads and instruction set.
    pub fn describe(&self) -> String {
        let threads = threads();
        let plural = if threads == 1 { "thread" } else { "threads" };
        format!("{threads} {plural}, {}", self.level.name())
    }
}
