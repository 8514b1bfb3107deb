//! Choice of instruction set at run time: one body, compiled twice. The only `unsafe` of the CPU backend.
#![allow(unsafe_code)] // calling a function compiled for AVX2; see the SAFETY comment

use crate::kernel::sums::{RawSums, SumPass, sum_run};
use crate::kernel::voxel::Voxel;

/// Which instructions the CPU backend may use. The results have the same bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Simd {
    /// The best that this processor has.
    #[default]
    Auto,
    /// What every processor of this architecture has.
    Baseline,
}

/// An instruction set that is known to be there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Level(Set);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Set {
    Baseline,
    #[cfg(target_arch = "x86_64")]
    Avx2,
}

impl Level {
    pub fn of(simd: Simd) -> Self {
        #[cfg(target_arch = "x86_64")]
        if simd == Simd::Auto && is_x86_feature_detected!("avx2") {
            return Self(Set::Avx2);
        }
        let _ = simd;
        Self(Set::Baseline)
    }

    pub fn name(self) -> &'static str {
        match self.0 {
            Set::Baseline => "baseline instructions",
            #[cfg(target_arch = "x86_64")]
            Set::Avx2 => "AVX2",
        }
    }

    /// [`sum_run`] with these instructions.
    pub fn sum_run<P: Voxel, T: Voxel>(self, p: &[P], t: &[T], stride: usize, pass: SumPass) -> RawSums {
        match self.0 {
            Set::Baseline => sum_run(p, t, stride, pass),
            // SAFETY: `Set::Avx2` is made in `Level::of` alone, after the processor said that it has AVX2.
            #[cfg(target_arch = "x86_64")]
            Set::Avx2 => unsafe { sum_run_avx2(p, t, stride, pass) },
        }
    }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
fn sum_run_avx2<P: Voxel, T: Voxel>(p: &[P], t: &[T], stride: usize, pass: SumPass) -> RawSums {
    sum_run(p, t, stride, pass)
}
