//! Choice of instruction set at run time. What pays is written with AVX2 intrinsics beside the portable body; both
//! leave the same bits. The only `unsafe` of the CPU backend is the call from here into code compiled for AVX2: that
//! code itself is safe.
#![allow(unsafe_code)] // calling functions compiled for AVX2; see the SAFETY comments

#[cfg(target_arch = "x86_64")]
mod avx2_activated;
#[cfg(target_arch = "x86_64")]
mod avx2_gradient;
#[cfg(target_arch = "x86_64")]
mod avx2_integers;
#[cfg(target_arch = "x86_64")]
mod avx2_pairs;
#[cfg(target_arch = "x86_64")]
mod avx2_sums;
#[cfg(target_arch = "x86_64")]
mod avx2_tile;
#[cfg(all(test, target_arch = "x86_64"))]
mod tests;

use super::pairs::{PairTable, count_pairs};
use crate::kernel::activated::{Channels, activate, gradients};
use crate::kernel::counts::Label;
use crate::kernel::gradient::ExactCoefficients;
use crate::kernel::integers::sum_integers;
use crate::kernel::sums::{RawSums, SumPass, sum_run};
use crate::kernel::voxel::Voxel;
use crate::options::{Activation, Simd};
use crate::stats::{Partials, Terms};

/// An instruction set that is known to be there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Level(Set);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Set {
    Baseline,
    /// AVX2 and what came with it in every processor.
    #[cfg(target_arch = "x86_64")]
    Avx2,
}

impl Level {
    pub fn of(simd: Simd) -> Self {
        #[cfg(target_arch = "x86_64")]
        if simd == Simd::Auto && has_avx2() {
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
            #[cfg(target_arch = "x86_64")]
            Set::Avx2 if p.len() < avx2_sums::SHORT => sum_run(p, t, stride, pass),
            // SAFETY: `Set::Avx2` is made in `Level::of` alone, after the processor said that it has all these features.
            #[cfg(target_arch = "x86_64")]
            Set::Avx2 => unsafe { avx2_sums::sum_run(P::typed(p), T::typed(t), stride, pass) },
        }
    }

    /// [`sum_integers`] with these instructions.
    pub fn sum_integers(self, p: &[u8], t: &[u8], stride: usize) -> RawSums {
        match self.0 {
            Set::Baseline => sum_integers(p, t, stride),
            // SAFETY: as in `sum_run`.
            #[cfg(target_arch = "x86_64")]
            Set::Avx2 => unsafe { avx2_integers::sum_integers(p, t, stride) },
        }
    }

    /// [`ExactCoefficients::gradient_run`] with these instructions.
    pub fn gradient_run(self, coefficients: &ExactCoefficients, p: &[f32], t: &[f32], out: &mut [f32]) {
        match self.0 {
            Set::Baseline => coefficients.gradient_run(p, t, out),
            // SAFETY: as in `sum_run`.
            #[cfg(target_arch = "x86_64")]
            Set::Avx2 => unsafe { avx2_gradient::gradient_run(coefficients, p, t, out) },
        }
    }

    /// [`activate`] with these instructions.
    pub fn activate(self, activation: Activation, values: &mut [f32], channels: Channels) {
        match self.0 {
            Set::Baseline => activate(activation, values, channels),
            // SAFETY: as in `sum_run`.
            #[cfg(target_arch = "x86_64")]
            Set::Avx2 => unsafe { avx2_activated::activate(activation, values, channels) },
        }
    }

    /// [`gradients`] with these instructions.
    pub fn gradients(
        self,
        (activation, terms): (Activation, Terms),
        partials: &[Partials],
        truths: &[f32],
        values: &mut [f32],
        channels: Channels,
    ) {
        match self.0 {
            Set::Baseline => gradients(activation, terms, partials, truths, values, channels),
            // SAFETY: as in `sum_run`.
            #[cfg(target_arch = "x86_64")]
            Set::Avx2 => unsafe { avx2_activated::gradients(activation, terms, partials, truths, values, channels) },
        }
    }

    /// [`count_pairs`] with these instructions.
    pub fn count_pairs<P: Label, T: Label>(
        self,
        p: &[P],
        t: &[T],
        table: &mut PairTable,
        sink: impl FnMut(u32, u32, u64),
    ) -> u16 {
        match self.0 {
            Set::Baseline => count_pairs(p, t, table, sink),
            // SAFETY: as in `sum_run`.
            #[cfg(target_arch = "x86_64")]
            Set::Avx2 => unsafe { avx2_pairs::count_pairs(p, t, table, sink) },
        }
    }
}

#[cfg(target_arch = "x86_64")]
fn has_avx2() -> bool {
    is_x86_feature_detected!("avx2")
        && is_x86_feature_detected!("fma")
        && is_x86_feature_detected!("f16c")
        && is_x86_feature_detected!("bmi1")
        && is_x86_feature_detected!("popcnt")
}
