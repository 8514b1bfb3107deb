//! The way in for fuzz targets to what is not public: the plan of windows, and what the command reads. Compiled
//! for them (`--cfg fuzzing`, which cargo-fuzz sets) and for the unit tests, which call the same bodies for a short while.
//! The readers of `io` are attacked from outside, by tests/it/fuzz/bodies.rs.

mod plan;
pub mod seeds;
#[cfg(test)]
mod tests;

/// A body and its name, which its fuzz target has too.
pub type Body = (&'static str, fn(&[u8]));

/// Every body.
#[cfg(feature = "cli")]
pub const ALL: [Body; 4] = [
    ("plan", plan::plan),
    ("dataset_json", crate::cli::fuzzing::dataset),
    ("merge", crate::cli::fuzzing::merge),
    ("pairs", crate::cli::fuzzing::pairs),
];

/// Every body.
#[cfg(not(feature = "cli"))]
pub const ALL: [Body; 1] = [("plan", plan::plan)];
