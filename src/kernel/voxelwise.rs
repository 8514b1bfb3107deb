//! Activations, powers and pointwise losses of single voxels, and their derivatives, in `f64`. The activated
//! prediction is rounded once, to the f32 that is summed. Twins: shaders/pred_*.wgsl and shaders/pointwise.wgsl, which
//! work in f32.

use super::exponential::exp;
use crate::options::Activation;
use crate::pointwise::Pointwise;

/// No logarithm of a probability is below this, as in PyTorch's `BCELoss`; those of logits may be.
const LEAST_LOGARITHM: f64 = -100.0;

/// The channels of one voxel: logits, and what an activation makes of them.
#[derive(Debug, Default)]
pub(crate) struct Voxel {
    /// As stored.
    pub raw: Vec<f32>,
    /// Activated. NaN where the raw value is not finite; with softmax or argmax, in all channels.
    pub p: Vec<f32>,
    /// Largest logit and Σ e^(x − largest), for softmax; Σ x where it is normalised.
    largest: f64,
    pub(super) sum: f64,
}

impl Voxel {
    pub fn new(channels: usize) -> Self {
        Self { raw: vec![0.0; channels], p: vec![0.0; channels], largest: 0.0, sum: 1.0 }
    }

    /// Computes `p` from `raw`.
    #[inline]
    pub fn activate(&mut self, activation: Activation) {
        match activation {
            Activation::None => self.p.copy_from_slice(&self.raw),
            Activation::Sigmoid => self.each(|x| sigmoid(f64::from(x)) as f32),
            Activation::Threshold(threshold) => self.each(|x| f32::from(u8::from(x >= threshold))),
            Activation::Softmax | Activation::Normalise | Activation::Argmax
                if self.raw.iter().any(|x| !x.is_finite()) =>
            {
                self.p.fill(f32::NAN);
            }
            Activation::Softmax => self.softmax(),
            Activation::Normalise => self.normalise(),
            Activation::Argmax => self.argmax(),
        }
    }

    fn each(&mut self, f: impl Fn(f32) -> f32) {
        for (p, &x) in self.p.iter_mut().zip(&self.raw) {
            *p = if x.is_finite() { f(x) } else { f32::NAN };
        }
    }

    fn softmax(&mut self) {
        self.largest = self.raw.iter().fold(f64::NEG_INFINITY, |most, &x| most.max(x.into()));
        let sum: f64 = self.raw.iter().map(|&x| exp(f64::from(x) - self.largest)).sum();
        self.sum = sum;
        for (p, &x) in self.p.iter_mut().zip(&self.raw) {
            *p = (exp(f64::from(x) - self.largest) / sum) as f32;
        }
    }

    fn normalise(&mut self) {
        self.sum = self.raw.iter().map(|&x| f64::from(x)).sum();
        for (p, &x) in self.p.iter_mut().zip(&self.raw) {
            *p = if self.sum == 0.0 { f32::NAN } else { (f64::from(x) / self.sum) as f32 };
        }
    }

    fn argmax(&mut self) {
        let mut best = 0;
        for (channel, &x) in self.raw.iter().enumerate() {
            if x > self.raw[best] {
                best = channel;
            }
        }
        self.p.fill(0.0);
        self.p[best] = 1.0;
    }

    /// ln p and ln (1 − p) of a channel: of the logits where there is an activation of them.
    pub(super) fn logarithms(&self, activation: Activation, channel: usize) -> (f64, f64) {
        let x = f64::from(self.raw[channel]);
        let ln = |x: f64| if x > 0.0 { x.ln().max(LEAST_LOGARITHM) } else { LEAST_LOGARITHM };
        match activation {
            Activation::Sigmoid => (-softplus(-x), -softplus(x)),
            Activation::Softmax => {
                // Without the channel's own term, and next to the largest of the others, so that 1 − p keeps its digits
                // where p is next to 1.
                let others = || self.raw.iter().enumerate().filter(|&(k, _)| k != channel).map(|(_, &x)| f64::from(x));
                let second = others().fold(f64::NEG_INFINITY, f64::max);
                let rest: f64 = others().map(|x| (x - second).exp()).sum();
                // A single channel has no others.
                let ln_q = if rest > 0.0 { second - self.largest + rest.ln() - self.sum.ln() } else { LEAST_LOGARITHM };
                (x - self.largest - self.sum.ln(), ln_q)
            }
            Activation::Normalise => {
                let others = self.raw.iter().enumerate().filter(|&(k, _)| k != channel);
                let rest: f64 = others.map(|(_, &x)| f64::from(x)).sum();
                (ln(x / self.sum), ln(rest / self.sum))
            }
            Activation::None | Activation::Threshold(_) | Activation::Argmax => {
                let p = f64::from(self.p[channel]);
                (ln(p), ln(1.0 - p))
            }
        }
    }

    /// The pointwise loss of a channel, for truth `t`.
    pub fn pointwise(&self, kind: Pointwise, activation: Activation, channel: usize, t: f64) -> f64 {
        let (ln_p, ln_q) = self.logarithms(activation, channel);
        if let Pointwise::Entropy(entropy) = kind {
            return entropy.value(ln_p, ln_q, t);
        }
        let (gamma, weight) = kind.parameters();
        let (on, off) = weight.map_or((1.0, 1.0), |weight| (weight, 1.0 - weight));
        // (1 − p)^γ and p^γ by the logarithms, which keep their digits.
        let foreground = -on * t * (gamma * ln_q).exp() * ln_p;
        match kind {
            Pointwise::CrossEntropy => -t * ln_p,
            Pointwise::CategoricalFocal { .. } => foreground,
            _ => foreground - off * (1.0 - t) * (gamma * ln_p).exp() * ln_q,
        }
    }
}

/// `1 / (1 + e^-x)` without overflow.
#[inline(always)]
pub(crate) fn sigmoid(x: f64) -> f64 {
    let e = exp(-x.abs());
    (if x >= 0.0 { 1.0 } else { e }) / (1.0 + e)
}

/// `ln(1 + e^x)` without overflow.
fn softplus(x: f64) -> f64 {
    x.max(0.0) + (-x.abs()).exp().ln_1p()
}

/// `|x|^γ`, rounded to f32.
pub(crate) fn power(x: f32, gamma: f32) -> f32 {
    f64::from(x.abs()).powf(gamma.into()) as f32
}
