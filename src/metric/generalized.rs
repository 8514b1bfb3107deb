//! The class weights of generalized Dice.

/// How the channels of a group weigh in generalized Dice, from the size v = Σt of their truth (Sudre 2017, Crum 2006).
///
/// A channel whose truth is empty would weigh infinitely; it takes the largest finite weight of its group (a sample
/// for [`Per::Sample`](super::Per::Sample), the batch for [`Per::All`](super::Per::All)), or 0 when every channel is
/// empty: what MONAI does. MONAI computes the weights in `f32`, which this does not.
///
/// ```
/// use voxdice::metric::GeneralizedWeights;
/// assert_eq!(GeneralizedWeights::Square.of(&[2.0, 0.0, 4.0]), [0.25, 0.25, 0.0625]);
/// assert_eq!(GeneralizedWeights::Simple.of(&[0.0, 0.0]), [0.0, 0.0]);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum GeneralizedWeights {
    /// 1/v².
    #[default]
    Square,
    /// 1/v.
    Simple,
    /// 1.
    Uniform,
}

impl GeneralizedWeights {
    /// One weight per channel.
    pub fn of(self, truth: &[f64]) -> Vec<f64> {
        let raw = |v: f64| match self {
            Self::Square => 1.0 / (v * v),
            Self::Simple => 1.0 / v,
            Self::Uniform => 1.0,
        };
        let raw: Vec<f64> = truth.iter().map(|&v| raw(v)).collect();
        let largest = raw.iter().copied().filter(|w| w.is_finite()).fold(0.0, f64::max);
        raw.iter().map(|&w| if w.is_infinite() { largest } else { w }).collect()
    }
}
