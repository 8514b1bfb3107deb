//! Activations, powers and pointwise losses of some voxels, and their logarithms, in integers. The activated prediction is
//! rounded once, to the f32 that is summed. Twins: shaders/pred_*.wgsl, logarithms_*.wgsl and pointwise.wgsl, which take one
//! voxel at a time.

// Arrays side by side: iterators that are zipped may not be compiled for the instructions that their loop is.
#![allow(clippy::needless_range_loop)]

use super::fixed::{self, Exponentials, NAN, Powers, order};
use super::scaled::Scaled;
use super::sums::{INFINITY, ONE};
use crate::options::Activation;
use crate::pointwise::{Entropy, Pointwise};

/// All channels of some voxels as f32 bits: logits, and what an activation makes of them.
#[derive(Debug)]
pub(crate) struct Voxels<const N: usize> {
    /// As stored.
    pub raw: Vec<[u32; N]>,
    /// Activated. NaN where the raw value is not finite; with softmax, shares or argmax, in all channels.
    pub p: Vec<[u32; N]>,
    powers: Exponentials<N>,
    /// For logarithms of a softmax: the powers of all but the first largest channel, beside the largest of them.
    others: Exponentials<N>,
    /// ln Σ e^(x − largest) of all channels, and of the others beside the same largest.
    ln_all: Scaled<N>,
    ln_others: Scaled<N>,
    /// Σ x, where it is normalised.
    pub(super) sum: Scaled<N>,
}

/// ln p and ln (1 − p).
#[derive(Debug, Clone, Copy)]
pub(super) struct Logarithms<const N: usize> {
    pub p: Scaled<N>,
    pub q: Scaled<N>,
}

impl<const N: usize> Voxels<N> {
    pub fn new(channels: usize) -> Self {
        Self {
            raw: vec![[0; N]; channels],
            p: vec![[0; N]; channels],
            powers: Exponentials::new(channels),
            others: Exponentials::new(channels),
            ln_all: Scaled::ZERO,
            ln_others: Scaled::ZERO,
            sum: Scaled::ZERO,
        }
    }

    /// Computes `p` from `raw`, and with `logarithms` what those of a softmax are made of.
    #[inline(always)]
    pub fn activate(&mut self, activation: Activation, logarithms: bool) {
        match activation {
            Activation::None => self.p.copy_from_slice(&self.raw),
            // A closure would not be compiled for the instructions that this is.
            Activation::Sigmoid => {
                for (p, x) in self.p.iter_mut().zip(&self.raw) {
                    *p = fixed::sigmoid(x);
                }
            }
            Activation::Threshold(threshold) => {
                let least = order((threshold as f32).to_bits());
                for (p, x) in self.p.iter_mut().zip(&self.raw) {
                    for i in 0..N {
                        let on = if order(x[i]) >= least { ONE } else { 0 };
                        p[i] = if x[i] & 0x7fff_ffff >= INFINITY { NAN } else { on };
                    }
                }
            }
            Activation::Softmax => {
                self.powers.set(&self.raw, &[u32::MAX; N]);
                if logarithms {
                    self.others.set(&self.raw, &self.powers.top);
                    let below = Scaled::of_bits(&self.others.largest) - Scaled::of_bits(&self.powers.largest);
                    self.ln_all = Scaled::of_sums(&self.powers.sum).ln();
                    self.ln_others = below + Scaled::of_sums(&self.others.sum).ln();
                }
                self.powers.softmax(&mut self.p);
            }
            Activation::Normalise => self.normalise(),
            Activation::Argmax => self.argmax(),
        }
    }

    /// Where a channel is not finite.
    #[inline(always)]
    fn bad(&self) -> [bool; N] {
        let mut bad = [false; N];
        for x in &self.raw {
            for i in 0..N {
                bad[i] |= x[i] & 0x7fff_ffff >= INFINITY;
            }
        }
        bad
    }

    /// Σ x but of a channel.
    #[inline(always)]
    fn total(&self, left_out: usize) -> Scaled<N> {
        let mut sum = Scaled::ZERO;
        for (_, x) in self.raw.iter().enumerate().filter(|&(k, _)| k != left_out) {
            sum = sum + Scaled::of_bits(x);
        }
        sum
    }

    #[inline(always)]
    fn normalise(&mut self) {
        self.sum = self.total(usize::MAX);
        let (mut bad, zero, by) = (self.bad(), self.sum.is_zero(), self.sum.inverse());
        for i in 0..N {
            bad[i] |= zero[i];
        }
        for (p, x) in self.p.iter_mut().zip(&self.raw) {
            let share = (Scaled::of_bits(x) * by).to_bits();
            for i in 0..N {
                p[i] = if bad[i] { NAN } else { share[i] };
            }
        }
    }

    #[inline(always)]
    fn argmax(&mut self) {
        let (bad, mut most, mut best) = (self.bad(), [0; N], [0; N]);
        for (k, x) in (0u32..).zip(&self.raw) {
            for i in 0..N {
                let first = order(x[i]) > most[i];
                (most[i], best[i]) = if first { (order(x[i]), k) } else { (most[i], best[i]) };
            }
        }
        for (k, p) in (0u32..).zip(&mut self.p) {
            for i in 0..N {
                let on = if best[i] == k { ONE } else { 0 };
                p[i] = if bad[i] { NAN } else { on };
            }
        }
    }

    /// The logarithms of a channel: of the logits where there is an activation of them.
    #[inline(always)]
    pub(super) fn logarithms(&self, activation: Activation, channel: usize) -> Logarithms<N> {
        match activation {
            Activation::Sigmoid => sigmoid_logarithms(&self.raw[channel]),
            Activation::Softmax => self.softmax_logarithms(channel),
            Activation::Normalise => {
                let by = self.sum.inverse();
                Logarithms { p: ln(Scaled::of_bits(&self.raw[channel]) * by), q: ln(self.total(channel) * by) }
            }
            Activation::None | Activation::Threshold(_) | Activation::Argmax => {
                let p = Scaled::of_bits(&self.p[channel]);
                Logarithms { p: ln(p), q: ln(Scaled::ONE - p) }
            }
        }
    }

    #[inline(always)]
    fn softmax_logarithms(&self, channel: usize) -> Logarithms<N> {
        let p = Scaled::of_bits(&self.raw[channel]) - Scaled::of_bits(&self.powers.largest) - self.ln_all;
        // Without the channel's own power; of the top channel by the others, so that 1 − p keeps its digits where p is next
        // to 1.
        let (own, mut rest, mut is_top) = (&self.powers.powers[channel], [0; N], [false; N]);
        for i in 0..N {
            is_top[i] = self.powers.top[i] == channel as u32;
            rest[i] = self.powers.sum[i].wrapping_sub((u64::from(own.g[i]) << 16) >> own.n[i].min(63));
        }
        let ln_rest = Scaled::of_sums(&rest).ln().or(self.ln_others, &is_top);
        Logarithms { p, q: ln_rest - self.ln_all }
    }

    /// The p of a softmax with 8 bits more than `p` has.
    #[inline(always)]
    pub(super) fn share(&self, channel: usize) -> Scaled<N> {
        let Powers { g, n } = self.powers.share(channel);
        Scaled::of_powers(&g, &n)
    }

    /// e^x of a channel that is not the top one, beside the sum of all that are not.
    #[inline(always)]
    pub(super) fn share_of_others(&self, channel: usize) -> Scaled<N> {
        let Powers { g, n } = self.others.share(channel);
        Scaled::of_powers(&g, &n)
    }

    /// The pointwise loss of a channel, for truth `t` as f32 bits.
    #[inline(always)]
    pub fn pointwise(&self, kind: Pointwise, activation: Activation, channel: usize, t: &[u32; N]) -> Scaled<N> {
        pointwise(kind, self.logarithms(activation, channel), Scaled::of_bits(t))
    }
}

/// ln σ(x) and ln σ(−x).
#[inline(always)]
fn sigmoid_logarithms<const N: usize>(bits: &[u32; N]) -> Logarithms<N> {
    let (mut magnitude, mut d, mut up) = ([0; N], [0; N], [false; N]);
    for i in 0..N {
        magnitude[i] = bits[i] & 0x7fff_ffff;
        d[i] = fixed::fix(magnitude[i]);
        up[i] = bits[i] >> 31 == 0;
    }
    let Powers { g, n } = fixed::exp_neg(&d);
    let small = Scaled::of_powers(&g, &n).ln_1p();
    let large = Scaled::of_bits(&magnitude) + small;
    Logarithms { p: (-large).or(-small, &up), q: (-small).or(-large, &up) }
}

/// No logarithm of a probability is below −100, as in PyTorch's `BCELoss`; those of logits may be.
#[inline(always)]
fn ln<const N: usize>(x: Scaled<N>) -> Scaled<N> {
    Scaled::LEAST_LOGARITHM.or(x.ln().max(Scaled::LEAST_LOGARITHM), &Scaled::ZERO.is_less(x))
}

#[inline(always)]
fn pointwise<const N: usize>(kind: Pointwise, ln: Logarithms<N>, t: Scaled<N>) -> Scaled<N> {
    if let Pointwise::Entropy(entropy) = kind {
        return of_entropy(&entropy, &ln, &t);
    }
    let on = -(t * ln.p);
    match kind {
        Pointwise::CrossEntropy => return on,
        Pointwise::BinaryCrossEntropy => return on - (Scaled::ONE - t) * ln.q,
        _ => {}
    }
    let (gamma, weight) = kind.parameters();
    let gamma = Scaled::all(gamma);
    let (mut for_on, mut for_off) = (Scaled::ONE, Scaled::ONE);
    if let Some(weight) = weight {
        for_on = Scaled::all(weight);
        for_off = Scaled::ONE - for_on;
    }
    // (1 − p)^γ and p^γ by the logarithms, which keep their digits.
    let foreground = for_on * on * (gamma * ln.q).exp();
    if matches!(kind, Pointwise::CategoricalFocal { .. }) {
        return foreground;
    }
    foreground - for_off * (Scaled::ONE - t) * (gamma * ln.p).exp() * ln.q
}

/// One voxel after another: its choices are branches.
fn of_entropy<const N: usize>(entropy: &Entropy, ln: &Logarithms<N>, t: &Scaled<N>) -> Scaled<N> {
    let mut all = Scaled::ZERO;
    for i in 0..N {
        all.set(i, entropy.value(ln.p.at(i), ln.q.at(i), t.at(i)));
    }
    all
}

/// Bits of |x|^γ of f32 bits, rounded to f32.
#[inline(always)]
pub(crate) fn power<const N: usize>(x: &[u32; N], gamma: f32) -> [u32; N] {
    Scaled::of_bits(x).abs().power(Scaled::all(gamma.into())).to_bits()
}
