//! Derivatives of the pointwise losses of some voxels. Twin: shaders/slopes.wgsl, entropy.wgsl and the end of gradient.wgsl.

// Arrays side by side: iterators that are zipped may not be compiled for the instructions that their loop is.
#![allow(clippy::needless_range_loop)]

use super::scaled::Scaled;
use super::sums::INFINITY;
use super::voxelwise::Logarithms;
use crate::pointwise::{Entropy, Pointwise};

/// Probabilities below the smallest normal f32, 2 to the power of this, count as it in a quotient.
const SMALLEST: i32 = -126;

/// Slopes of a pointwise loss, which are the derivative `off / q − on / p` with q = 1 − p, times its coefficient; 0 where the
/// truth is not finite. Apart, both keep their digits where p or q is next to 0.
pub(super) struct Slopes<const N: usize> {
    on: Scaled<N>,
    off: Scaled<N>,
    ln: Logarithms<N>,
}

impl<const N: usize> Slopes<N> {
    /// For truth `t` as f32 bits.
    #[inline(always)]
    pub fn new(kind: Pointwise, ln: Logarithms<N>, t: &[u32; N], coefficient: Scaled<N>) -> Self {
        let truth = Scaled::of_bits(t);
        let (on, off) = match kind {
            Pointwise::Entropy(entropy) => of_entropy(&entropy, &ln, &truth),
            _ => slopes(kind, &ln, truth),
        };
        let mut masked = [false; N];
        for i in 0..N {
            masked[i] = t[i] & 0x7fff_ffff >= INFINITY;
        }
        let (on, off) = (coefficient * on, coefficient * off);
        Self { on: on.or(Scaled::ZERO, &masked), off: off.or(Scaled::ZERO, &masked), ln }
    }

    /// The derivative with respect to p.
    #[inline(always)]
    pub fn by_p(&self) -> Scaled<N> {
        let least = Scaled::power_of_two(SMALLEST);
        let (p, q) = (self.ln.p.exp().max(least), self.ln.q.exp().max(least));
        self.off * q.inverse() - self.on * p.inverse()
    }

    /// p times that, for p up to ½ only.
    #[inline(always)]
    pub fn times_p(&self) -> Scaled<N> {
        self.off * (self.ln.p - self.ln.q).min(Scaled::ZERO).exp() - self.on
    }

    /// p (1 − p) times it: through a sigmoid the derivative with respect to the logit.
    #[inline(always)]
    pub fn by_logit(&self) -> Scaled<N> {
        self.off * self.ln.p.exp() - self.on * self.ln.q.exp()
    }
}

#[inline(always)]
fn slopes<const N: usize>(kind: Pointwise, ln: &Logarithms<N>, t: Scaled<N>) -> (Scaled<N>, Scaled<N>) {
    let (gamma, weight) = kind.parameters();
    let (mut on, mut off) = (t, Scaled::ONE - t);
    if let Some(weight) = weight {
        let weight = Scaled::all(weight);
        (on, off) = (weight * on, (Scaled::ONE - weight) * off);
    }
    if matches!(kind, Pointwise::CrossEntropy | Pointwise::CategoricalFocal { .. }) {
        off = Scaled::ZERO;
    }
    // As the f32 that counts.
    if gamma as f32 == 0.0 {
        return (on, off);
    }
    let gamma = Scaled::all(gamma);
    let (p_gamma, q_gamma) = ((gamma * ln.p).exp(), (gamma * ln.q).exp());
    (on * q_gamma + off * gamma * p_gamma * ln.q, off * p_gamma + on * gamma * q_gamma * ln.p)
}

/// One voxel after another: its choices are branches.
fn of_entropy<const N: usize>(entropy: &Entropy, ln: &Logarithms<N>, t: &Scaled<N>) -> (Scaled<N>, Scaled<N>) {
    let (mut on, mut off) = (Scaled::ZERO, Scaled::ZERO);
    for i in 0..N {
        let slopes = entropy.slopes(ln.p.at(i), ln.q.at(i), t.at(i));
        on.set(i, slopes.on);
        off.set(i, slopes.off);
    }
    (on, off)
}
