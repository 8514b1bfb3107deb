//! The loops of `kernel::activated`, which the compiler turns into AVX2.

use crate::kernel::activated::{self, Channels};
use crate::kernel::gradient::Coefficients;
use crate::options::SumsOptions;

/// [`activate`](activated::activate).
#[target_feature(enable = "avx2")]
pub(super) fn activate(
    options: &SumsOptions,
    values: &mut [f32],
    truths: &[f32],
    losses: &mut [u64],
    channels: Channels,
) {
    activated::activate(options, values, truths, losses, channels);
}

/// [`gradients`](activated::gradients).
#[target_feature(enable = "avx2")]
pub(super) fn gradients(
    options: &SumsOptions,
    coefficients: &[Coefficients],
    truths: &[f32],
    values: &mut [f32],
    channels: Channels,
) {
    activated::gradients(options, coefficients, truths, values, channels);
}

/// [`powers`](activated::powers).
#[target_feature(enable = "avx2")]
pub(super) fn powers(values: &[f32], gamma: f32, out: &mut [f32]) {
    activated::powers(values, gamma, out);
}
