//! The loop of `kernel::doubles`, which the compiler turns into AVX2.

use crate::kernel::doubles;
use crate::kernel::sums::{RawSums, SumPass};

/// [`sum_doubles`](doubles::sum_doubles).
#[target_feature(enable = "avx2,fma")]
pub(super) fn sum_doubles(p: &[f64], t: &[f64], pass: SumPass) -> RawSums {
    doubles::sum_fused(p, t, pass)
}
