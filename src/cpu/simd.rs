//! Choice of instruction set at run time, but for WebAssembly, which has one when it is compiled. Where it is faster, a kernel
//! is written with AVX2, AVX-512, NEON or WebAssembly's intrinsics beside the portable body. All give the same bits. The CPU backend is `unsafe` in two places: the calls from here
//! into code compiled for instructions that not every processor has (that code itself is safe), and the hints to the
//! caches in `hints`.
#![allow(unsafe_code)] // calling functions compiled for instruction sets; see the SAFETY comments

#[cfg(target_arch = "x86_64")]
mod avx2_activated;
#[cfg(target_arch = "x86_64")]
mod avx2_bits;
#[cfg(target_arch = "x86_64")]
mod avx2_doubles;
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
#[cfg(target_arch = "x86_64")]
mod avx512_cast;
#[cfg(target_arch = "x86_64")]
mod avx512_gradient;
#[cfg(target_arch = "x86_64")]
mod avx512_pairs;
#[cfg(target_arch = "x86_64")]
mod avx512_sums;
#[cfg(any(target_arch = "x86_64", target_arch = "aarch64", all(target_arch = "wasm32", target_feature = "simd128")))]
mod changes;
mod gradient_lines;
mod hints;
#[cfg(target_arch = "aarch64")]
mod neon_integers;
#[cfg(target_arch = "aarch64")]
mod neon_pairs;
#[cfg(target_arch = "aarch64")]
mod neon_sums;
#[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
mod self_test;
#[cfg(all(test, any(target_arch = "x86_64", target_arch = "aarch64")))]
mod tests;
#[cfg_attr(not(any(target_arch = "x86_64", target_arch = "aarch64")), allow(dead_code))]
mod tile;
#[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
mod wasm_pairs;
mod words;

pub(super) use gradient_lines::gradients_of_bytes;
pub(super) use hints::{Line, Store, fill};

use super::floor::Prefetch;
use super::pairs::PairTable;
#[cfg(not(all(target_arch = "wasm32", target_feature = "simd128")))]
use super::pairs::count_pairs;
use super::surface::fill_equal;
use crate::kernel::activated::{Channels, activate, gradients, powers};
use crate::kernel::counts::Label;
use crate::kernel::doubles::sum_doubles;
#[cfg(target_arch = "aarch64")]
use crate::kernel::doubles::sum_fused;
use crate::kernel::exact_gradient::ExactCoefficients;
use crate::kernel::gradient::Coefficients;
use crate::kernel::integers::sum_integers;
use crate::kernel::sums::{RawSums, SumPass, sum_run};
use crate::kernel::voxel::Voxel;
use crate::options::{Simd, SumsOptions};
#[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
use std::sync::OnceLock;
// WebAssembly has its vectors when it is compiled, or not at all: there they are the baseline.
#[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
use wasm_pairs::count_pairs;
use words::sum_words;

/// An instruction set that is known to be there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Level(Set);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Set {
    Baseline,
    /// AVX2 and what came with it in every processor.
    #[cfg(target_arch = "x86_64")]
    Avx2,
    /// AVX-512 as all processors with it have but the first ones, beside AVX2.
    #[cfg(target_arch = "x86_64")]
    Avx512,
    /// NEON, which all 64-bit ARM processors have that run an operating system. What is not listed for it below is what
    /// the compiler makes of the portable code, with NEON as well.
    #[cfg(target_arch = "aarch64")]
    Neon,
}

impl Level {
    pub fn of(simd: Simd) -> Self {
        if simd == Simd::Baseline {
            return Self(Set::Baseline);
        }
        #[cfg(target_arch = "x86_64")]
        if has_avx2() {
            return Self(if simd == Simd::Auto && avx512_is_cleared() { Set::Avx512 } else { Set::Avx2 });
        }
        #[cfg(target_arch = "aarch64")]
        if neon_is_cleared() {
            return Self(Set::Neon);
        }
        Self(Set::Baseline)
    }

    pub fn name(self) -> &'static str {
        match self.0 {
            Set::Baseline => "baseline instructions",
            #[cfg(target_arch = "x86_64")]
            Set::Avx2 => "AVX2",
            #[cfg(target_arch = "x86_64")]
            Set::Avx512 => "AVX-512",
            #[cfg(target_arch = "aarch64")]
            Set::Neon => "NEON",
        }
    }

    /// [`sum_run`] with these instructions.
    pub fn sum_run<P: Voxel, T: Voxel>(self, p: &[P], t: &[T], stride: usize, pass: SumPass) -> RawSums {
        match self.0 {
            Set::Baseline => sum_run(p, t, stride, pass),
            #[cfg(target_arch = "x86_64")]
            Set::Avx2 | Set::Avx512 if p.len() < tile::SHORT => sum_run(p, t, stride, pass),
            // SAFETY: such a set is made only after `has_avx2`, `has_avx512` or `has_neon` (in `Level::of`, for
            // `is_as_portable`, and in tests): the processor said that it has all these features.
            #[cfg(target_arch = "x86_64")]
            Set::Avx2 => unsafe { avx2_sums::sum_run(P::typed(p), T::typed(t), stride, pass) },
            #[cfg(target_arch = "x86_64")]
            Set::Avx512 => unsafe { avx512_sums::sum_run(P::typed(p), T::typed(t), stride, pass) },
            #[cfg(target_arch = "aarch64")]
            Set::Neon if p.len() < tile::SHORT => sum_run(p, t, stride, pass),
            // SAFETY: as above.
            #[cfg(target_arch = "aarch64")]
            Set::Neon => unsafe { neon_sums::sum_run(P::typed(p), T::typed(t), stride, pass) },
        }
    }

    /// [`sum_doubles`] with these instructions.
    pub fn sum_doubles(self, p: &[f64], t: &[f64], pass: SumPass) -> RawSums {
        match self.0 {
            Set::Baseline => sum_doubles(p.iter().copied().zip(t.iter().copied()), pass),
            #[cfg(target_arch = "aarch64")]
            Set::Neon => sum_fused(p, t, pass),
            // SAFETY: as in `sum_run`.
            #[cfg(target_arch = "x86_64")]
            Set::Avx2 | Set::Avx512 => unsafe { avx2_doubles::sum_doubles(p, t, pass) },
        }
    }

    /// [`sum_integers`] with these instructions.
    pub fn sum_integers(self, p: &[u8], t: &[u8], stride: usize) -> RawSums {
        match self.0 {
            Set::Baseline => sum_integers(p, t, stride),
            // SAFETY: as in `sum_run`.
            #[cfg(target_arch = "x86_64")]
            Set::Avx2 | Set::Avx512 => unsafe { avx2_integers::sum_integers(p, t, stride) },
            // SAFETY: as in `sum_run`.
            #[cfg(target_arch = "aarch64")]
            Set::Neon => unsafe { neon_integers::sum_integers(p, t, stride) },
        }
    }

    /// [`sum_words`] with these instructions.
    pub fn sum_words(self, bytes: &[u8], prefetch: Prefetch) -> u64 {
        match self.0 {
            Set::Baseline => sum_words(bytes, prefetch),
            #[cfg(target_arch = "aarch64")]
            Set::Neon => sum_words(bytes, prefetch),
            // SAFETY: as in `sum_run`.
            #[cfg(target_arch = "x86_64")]
            Set::Avx2 => unsafe { words::sum_words_avx2(bytes, prefetch) },
            #[cfg(target_arch = "x86_64")]
            Set::Avx512 => unsafe { words::sum_words_avx512(bytes, prefetch) },
        }
    }

    /// [`ExactCoefficients::gradient_run`] with these instructions.
    pub fn gradient_run(self, c: &ExactCoefficients, p: &[f32], t: &[f32], out: &mut [f32], store: Store) {
        let _ = store; // without vectors there is one way to store
        match self.0 {
            Set::Baseline => c.gradient_run(p, t, out),
            #[cfg(target_arch = "aarch64")]
            Set::Neon => c.gradient_run(p, t, out),
            // SAFETY: as in `sum_run`.
            #[cfg(target_arch = "x86_64")]
            Set::Avx2 => unsafe { avx2_gradient::gradient_run(c, p, t, out, store) },
            #[cfg(target_arch = "x86_64")]
            Set::Avx512 => unsafe { avx512_gradient::gradient_run(c, p, t, out, store) },
        }
    }

    /// [`activate`] with these instructions.
    pub fn activate(
        self,
        options: &SumsOptions,
        values: &mut [f32],
        truths: &[f32],
        losses: &mut [u64],
        channels: Channels,
    ) {
        match self.0 {
            Set::Baseline => activate(options, values, truths, losses, channels),
            #[cfg(target_arch = "aarch64")]
            Set::Neon => activate(options, values, truths, losses, channels),
            // SAFETY: as in `sum_run`.
            #[cfg(target_arch = "x86_64")]
            Set::Avx2 | Set::Avx512 => unsafe { avx2_activated::activate(options, values, truths, losses, channels) },
        }
    }

    /// [`gradients`] with these instructions.
    pub fn gradients(
        self,
        options: &SumsOptions,
        coefficients: &[Coefficients],
        truths: &[f32],
        values: &mut [f32],
        channels: Channels,
    ) {
        match self.0 {
            Set::Baseline => gradients(options, coefficients, truths, values, channels),
            #[cfg(target_arch = "aarch64")]
            Set::Neon => gradients(options, coefficients, truths, values, channels),
            // SAFETY: as in `sum_run`.
            #[cfg(target_arch = "x86_64")]
            Set::Avx2 | Set::Avx512 => unsafe {
                avx2_activated::gradients(options, coefficients, truths, values, channels)
            },
        }
    }

    /// [`powers`] with these instructions.
    pub fn powers(self, values: &[f32], gamma: f32, out: &mut [f32]) {
        match self.0 {
            Set::Baseline => powers(values, gamma, out),
            #[cfg(target_arch = "aarch64")]
            Set::Neon => powers(values, gamma, out),
            // SAFETY: as in `sum_run`.
            #[cfg(target_arch = "x86_64")]
            Set::Avx2 | Set::Avx512 => unsafe { avx2_activated::powers(values, gamma, out) },
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
            // SAFETY: as in `sum_run`, and with what not all processors with AVX-512 have.
            #[cfg(target_arch = "x86_64")]
            Set::Avx512 if is_x86_feature_detected!("avx512vbmi2") => unsafe {
                avx512_pairs::count_pairs(p, t, table, sink)
            },
            #[cfg(target_arch = "x86_64")]
            Set::Avx2 | Set::Avx512 => unsafe { avx2_pairs::count_pairs(p, t, table, sink) },
            // SAFETY: as in `sum_run`.
            #[cfg(target_arch = "aarch64")]
            Set::Neon => unsafe { neon_pairs::count_pairs(p, t, table, sink) },
        }
    }

    /// [`fill_equal`] with these instructions.
    pub fn fill_equal<L: Label>(self, labels: &[L], label: u32, bits: &mut [u64]) {
        match self.0 {
            Set::Baseline => fill_equal(labels, label, bits),
            #[cfg(target_arch = "aarch64")]
            Set::Neon => fill_equal(labels, label, bits),
            // SAFETY: as in `sum_run`.
            #[cfg(target_arch = "x86_64")]
            Set::Avx2 | Set::Avx512 => unsafe { avx2_bits::fill_equal(labels, label, bits) },
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

#[cfg(target_arch = "x86_64")]
fn has_avx512() -> bool {
    has_avx2()
        && is_x86_feature_detected!("avx512f")
        && is_x86_feature_detected!("avx512bw")
        && is_x86_feature_detected!("avx512dq")
        && is_x86_feature_detected!("avx512vl")
}

/// Whether there is AVX-512 and its kernels reproduce here what the portable ones find. Checked once per process: few
/// machines of the tests have AVX-512, and a wrong bit must not come of that.
#[cfg(target_arch = "x86_64")]
fn avx512_is_cleared() -> bool {
    static CLEARED: OnceLock<bool> = OnceLock::new();
    *CLEARED.get_or_init(|| has_avx512() && is_as_portable(Set::Avx512))
}

/// The same of NEON, which our test machines emulate. In the other byte order lanes and arrays do not correspond.
#[cfg(target_arch = "aarch64")]
fn neon_is_cleared() -> bool {
    static CLEARED: OnceLock<bool> = OnceLock::new();
    *CLEARED.get_or_init(|| has_neon() && is_as_portable(Set::Neon))
}

#[cfg(target_arch = "aarch64")]
fn has_neon() -> bool {
    cfg!(target_endian = "little") && std::arch::is_aarch64_feature_detected!("neon")
}

#[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
fn is_as_portable(set: Set) -> bool {
    self_test::results(Level(set), 1) == self_test::results(Level(Set::Baseline), 1)
}
