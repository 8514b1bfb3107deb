//! The axis that all classes of a score share.

use super::text::short;
use crate::eval::Score;

/// From the lowest to the highest value that is drawn, and how far apart the ticks are.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Scale {
    pub low: f64,
    pub high: f64,
    step: f64,
}

impl Scale {
    /// 0 to 1, or −1 to 1, for a ratio whose values lie there; for everything else round numbers about 0 and the
    /// values.
    pub fn of(score: Score, values: impl Iterator<Item = f64>) -> Self {
        let finite = values.filter(|value| value.is_finite());
        let (low, high) = finite.fold((0.0f64, 0.0f64), |(low, high), value| (low.min(value), high.max(value)));
        match (score.is_ratio() && high <= 1.0, low) {
            (true, 0.0) => Self { low: 0.0, high: 1.0, step: 0.2 },
            (true, -1.0..) => Self { low: -1.0, high: 1.0, step: 0.5 },
            _ => Self::about(low, high),
        }
    }

    fn about(low: f64, high: f64) -> Self {
        let span = high - low;
        // Also where the span has no finite width.
        if span <= 0.0 || !span.is_finite() {
            return Self { low: 0.0, high: 1.0, step: 0.2 };
        }
        let magnitude = 10f64.powf((span / 5.0).log10().floor());
        let steps = [1.0, 2.0, 5.0, 10.0].map(|digit| digit * magnitude);
        let step = steps.into_iter().find(|step| span / step <= 5.0).unwrap_or(span);
        Self { low: (low / step).floor() * step, high: (high / step).ceil() * step, step }
    }

    /// Whether it is that of a ratio which is never negative.
    pub fn is_unit(&self) -> bool {
        (self.low, self.high) == (0.0, 1.0)
    }

    /// What bars start from: 0, or the end next to it.
    pub fn origin(&self) -> f64 {
        0.0f64.clamp(self.low, self.high)
    }

    /// Where a value lies, 0 at the low end and 1 at the high end; what is beyond them lies at them.
    pub fn place(&self, value: f64) -> f64 {
        ((value - self.low) / (self.high - self.low)).clamp(0.0, 1.0)
    }

    /// Values to write at the axis.
    pub fn ticks(&self) -> Vec<f64> {
        let steps = ((self.high - self.low) / self.step).round() as usize;
        (0..=steps.min(20)).map(|i| self.low + i as f64 * self.step).collect()
    }

    /// A tick's value as it is written.
    pub fn label(&self, tick: f64) -> String {
        match self.step {
            ..0.01 => format!("{tick:.1e}"),
            ..0.1 => format!("{tick:.2}"),
            _ => short(tick),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metric::{CountMetric, Metric};

    fn of(score: Score, values: &[f64]) -> (f64, f64) {
        let scale = Scale::of(score, values.iter().copied());
        (scale.low, scale.high)
    }

    #[test]
    fn ratios_have_the_same_axis_whatever_the_values() {
        assert_eq!(of(Score::DICE, &[0.5, f64::NAN]), (0.0, 1.0));
        assert_eq!(of(Score::DICE, &[]), (0.0, 1.0));
        assert_eq!(of(Metric::Counts(CountMetric::Mcc).into(), &[0.5, -0.1]), (-1.0, 1.0));
        assert!(Scale::of(Score::DICE, [0.9].into_iter()).is_unit());
    }

    #[test]
    fn other_scores_have_round_ends_around_their_values() {
        assert_eq!(of(Metric::Counts(CountMetric::VolumeSimilarity).into(), &[-1.3, 0.4]), (-1.5, 0.5));
        assert_eq!(of(Metric::VolumeTruth.into(), &[12.0, 1430.0]), (0.0, 1500.0));
        assert_eq!(of(Metric::VolumeTruth.into(), &[f64::INFINITY]), (0.0, 1.0));
        let scale = Scale::of(Metric::VolumeTruth.into(), [12.0, 1430.0].into_iter());
        assert_eq!(scale.ticks(), [0.0, 500.0, 1000.0, 1500.0]);
        assert_eq!([scale.place(750.0), scale.place(-5.0), scale.place(f64::INFINITY)], [0.5, 0.0, 1.0]);
    }

    #[test]
    fn small_steps_keep_their_digits() {
        let scale = Scale::of(Metric::VolumeTruth.into(), [0.23].into_iter());
        assert_eq!(scale.ticks().into_iter().map(|tick| scale.label(tick)).collect::<Vec<_>>()[1], "0.05");
    }
}
