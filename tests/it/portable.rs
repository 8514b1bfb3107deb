//! The tests that need neither a GPU nor other programs, for processors of other kinds (`tests/processors`).
#![cfg(test)]
#![allow(
    dead_code,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::print_stderr
)]

// The column `wasm32` of `docs/determinism.md` is of code with SIMD; `.ci/processors` asks the compiler for it.
const _: () = assert!(cfg!(not(target_arch = "wasm32")) || cfg!(target_feature = "simd128"));

mod activations;
mod compared;
mod comparisons;
mod determinism;
mod differential;
mod engines;
mod equality;
#[cfg(not(target_os = "wasi"))]
mod formats;
#[cfg(not(target_os = "wasi"))]
mod fuzz;
mod gradients;
mod instances;
mod laws;
mod library_losses;
mod metric;
#[cfg(not(target_os = "wasi"))]
mod nifti;
mod objective;
mod operands;
mod oracle;
mod page;
mod random;
mod regions;
mod root;
mod shared;
mod skips;
mod stream;
mod surfaces;
