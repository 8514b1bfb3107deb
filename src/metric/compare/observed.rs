//! What was resampled.

/// The values of which there are resampled means.
#[derive(Debug, Clone, Copy)]
pub(super) struct Observed<'a> {
    /// The values that count.
    pub values: &'a [f64],
    /// The group of each, where groups are drawn.
    pub groups: Option<&'a [usize]>,
    /// Their mean.
    pub mean: f64,
    /// Up to where two means are equal.
    pub tau: f64,
}
