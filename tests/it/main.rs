//! All integration tests, in one binary: linking wgpu once is enough.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout, clippy::print_stderr)]

mod activations;
mod api;
#[cfg(feature = "gpu")]
mod application;
#[cfg(feature = "ndarray")]
mod arrays;
#[cfg(feature = "gpu")]
mod browser;
#[cfg(any(feature = "gpu", feature = "cli"))]
mod chromium;
#[cfg(feature = "cli")]
mod cli;
mod compared;
mod comparisons;
#[cfg(feature = "gpu")]
mod contention;
mod determinism;
mod differential;
mod engines;
mod equality;
#[cfg(feature = "gpu")]
mod faults;
#[cfg(feature = "io")]
mod formats;
mod futures;
#[cfg(feature = "io")]
mod fuzz;
mod gradients;
mod instances;
mod isa;
mod laws;
mod lesions_page;
mod library_losses;
mod limits;
mod metric;
#[cfg(feature = "io")]
mod nifti;
mod noop;
mod objective;
mod operands;
mod oracle;
#[cfg(feature = "gpu")]
mod own_device;
mod page;
#[cfg(feature = "cli")]
mod pages;
mod policies;
#[cfg(feature = "gpu")]
mod poll_thread;
mod random;
#[cfg(feature = "gpu")]
mod recorded;
#[cfg(feature = "cli")]
mod records;
mod regions;
#[cfg(feature = "cli")]
mod reports;
#[cfg(feature = "gpu")]
mod resident;
mod rooms;
mod root;
mod scores;
#[cfg(feature = "gpu")]
mod second_driver;
mod shaders;
mod shared;
mod skips;
#[cfg(all(feature = "gpu", feature = "io"))]
mod soak;
mod stream;
mod surfaces;
mod topology;
#[cfg(feature = "cli")]
mod web_page;
mod which_dice;
mod which_hd95;
#[cfg(feature = "gpu")]
mod words;
