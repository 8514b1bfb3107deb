//! All integration tests, in one binary: linking wgpu once is enough.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stderr)]

#[cfg(feature = "io")]
mod nifti;
