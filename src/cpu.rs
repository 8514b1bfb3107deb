//! The CPU backend: the same blocks and the same integer arithmetic as the GPU, on threads and SIMD.

mod accumulate;
mod counts;
pub mod floor;
mod gradient;
mod instances;
mod pairs;
mod prepared;
mod simd;
mod sums;
mod surface;

pub(crate) use prepared::{load, truth_values};

pub use accumulate::{CountsAccumulator, LabelsAccumulator};
pub use instances::InstancesAccumulator;

use crate::options::Simd;

/// The CPU backend. Cheap to make; threads are rayon's.
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

#[cfg(feature = "parallel")]
fn threads() -> usize {
    rayon::current_num_threads()
}

#[cfg(not(feature = "parallel"))]
fn threads() -> usize {
    1
}

/// `f` of every index below `n`, in order; on threads where there are any.
#[cfg(feature = "parallel")]
pub(crate) fn map_indexed<T: Send>(n: usize, f: impl Fn(usize) -> T + Send + Sync) -> Vec<T> {
    use rayon::prelude::*;
    (0..n).into_par_iter().map(f).collect()
}

#[cfg(not(feature = "parallel"))]
pub(crate) fn map_indexed<T>(n: usize, f: impl Fn(usize) -> T) -> Vec<T> {
    (0..n).map(f).collect()
}

/// `f` of every task, on threads where there are any; `init` makes what a thread needs for its tasks.
#[cfg(feature = "parallel")]
fn for_each<T: Send, S>(tasks: Vec<T>, init: impl Fn() -> S + Send + Sync, f: impl Fn(&mut S, T) + Send + Sync) {
    use rayon::prelude::*;
    tasks.into_par_iter().for_each_init(init, f);
}

#[cfg(not(feature = "parallel"))]
fn for_each<T, S>(tasks: Vec<T>, init: impl Fn() -> S, f: impl Fn(&mut S, T)) {
    let mut state = init();
    tasks.into_iter().for_each(|task| f(&mut state, task));
}
