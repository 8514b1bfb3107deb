//! Entry points for fuzz targets into code that is not public: the plan of windows, and the parsers of evaluations and of
//! scores.
//! Compiled for them (`--cfg fuzzing`, which cargo-fuzz sets) and for the unit tests, which call the same bodies for a
//! short while. The readers of `io` are fuzzed from outside, by tests/it/fuzz/bodies.rs.

#[cfg(feature = "table")]
mod eval;
mod plan;
#[cfg(feature = "table")]
mod scores;
pub mod seeds;
#[cfg(test)]
mod tests;

/// A body and its name, which its fuzz target has too.
pub type Body = (&'static str, fn(&[u8]));

/// Every body.
#[cfg(feature = "table")]
pub const ALL: [Body; 5] = [
    ("plan", plan::plan),
    ("dataset_json", eval::dataset),
    ("merge", eval::merge),
    ("pairs", eval::pairs),
    ("scores_csv", scores::scores_csv),
];

/// Every body.
#[cfg(not(feature = "table"))]
pub const ALL: [Body; 1] = [("plan", plan::plan)];
