//! The loops of `kernel::activated`, which the compiler turns into AVX2.

use crate::kernel::activated::{self, Channels};
use crate::options::Activation;
use crate::stats::{Partials, Terms};

/// [`activate`](activated::activate).
#[target_feature(enable = "avx2")]
pub(super) fn activate(activation: Activation, values: &mut [f32], channels: Channels) {
    activated::activate(activation, values, channels);
}

/// [`gradients`](activated::gradients).
#[target_feature(enable = "avx2")]
pub(super) fn gradients(
    activation: Activation,
    terms: Terms,
    partials: &[Partials],
    truths: &[f32],
    values: &mut [f32],
    channels: Channels,
) {
    activated::gradients(activation, terms, partials, truths, values, channels);
}
