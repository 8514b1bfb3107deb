//! How the work is done, which changes no result: windows, instruction sets, arithmetic of shaders, threads.

use crate::threads;
use std::num::NonZeroUsize;

pub use crate::options::{Poison, ShaderInt64, Simd, Tuning};

/// How many threads the CPU uses from here on, in this process and in those that are forked from it; `None` for as many as
/// rayon's global pool has. Work that is asked for within a pool of rayon's is done there. Without feature `parallel` there is
/// one thread, whatever is asked for.
///
/// ```
/// use std::num::NonZeroUsize;
/// use voxdice::tuning;
/// tuning::set_threads(NonZeroUsize::new(1));
/// assert_eq!(tuning::threads(), 1);
/// tuning::set_threads(None);
/// ```
pub fn set_threads(threads: Option<NonZeroUsize>) {
    threads::set_count(threads.map_or(0, NonZeroUsize::get));
}

/// How many threads the CPU uses for work that is asked for here.
pub fn threads() -> usize {
    threads::count()
}
