//! The axis that drawings share.

use super::whiskers::whiskers;
use crate::eval::Score;

/// From the lowest to the highest value that has a place, and how far apart the ticks are.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(in crate::report) struct Scale {
    pub low: f64,
    pub high: f64,
    step: f64,
}

/// How much longer an axis may get so that no value is beyond it.
const STRETCH: f64 = 2.0;

/// Of a ratio less than this is not drawn larger: its last digits would look like differences.
const LEAST: f64 = 0.01;

fn wider((low, high): (f64, f64), (a, b): (f64, f64)) -> (f64, f64) {
    (low.min(a), high.max(b))
}

/// The ends of the outermost whisker, and of all finite values.
fn ends<'a>(rows: impl Iterator<Item = &'a [f64]>) -> ((f64, f64), (f64, f64)) {
    let nothing = (f64::INFINITY, f64::NEG_INFINITY);
    rows.fold((nothing, nothing), |(inner, all), row| {
        let finite = row.iter().filter(|value| value.is_finite());
        let all = finite.fold(all, |all, &value| wider(all, (value, value)));
        (whiskers(row).map_or(inner, |of_row| wider(inner, of_row)), all)
    })
}

impl Scale {
    /// For drawings of these values, row by row: from the best value there can be, 1 or 0, to the outermost whisker, so
    /// that good results can be told apart. What lies beyond has no place and is drawn at the edge.
    pub fn of<'a>(score: Score, rows: impl Iterator<Item = &'a [f64]>) -> Self {
        let (inner, all) = ends(rows);
        if all.0 > all.1 {
            return Self::unit();
        }
        let is_ratio = score.is_ratio() && all.0 >= -1.0 && all.1 <= 1.0;
        let anchored = |(low, high): (f64, f64)| match (is_ratio, score.lower_is_better()) {
            (true, Some(true)) if low >= 0.0 => (0.0, high.max(LEAST)),
            (true, _) => (low.min(1.0 - LEAST), 1.0),
            (false, _) if all.0 >= 0.0 => (0.0, high),
            (false, _) => (low, high),
        };
        Self::inside(anchored(inner), anchored(all))
    }

    /// For drawings of differences, row by row: 0, all intervals, and the outermost whisker.
    pub fn of_differences<'a>(
        rows: impl Iterator<Item = &'a [f64]>,
        intervals: impl Iterator<Item = (f64, f64)>,
    ) -> Self {
        let (inner, all) = ends(rows);
        let must = intervals.fold((0.0, 0.0), wider);
        Self::inside(wider(inner, must), wider(all, must))
    }

    /// As far as all values reach, unless that is much longer than the inner ones.
    fn inside(inner: (f64, f64), all: (f64, f64)) -> Self {
        let (low, high) = if all.1 - all.0 <= STRETCH * (inner.1 - inner.0) { all } else { inner };
        Self::about(low, high)
    }

    /// For bars, which start from 0: to 1, or from −1 to 1, for a ratio whose values lie there; for everything else round
    /// numbers about 0 and the values.
    pub fn of_bars(score: Score, values: impl Iterator<Item = f64>) -> Self {
        let finite = values.filter(|value| value.is_finite());
        let (low, high) = finite.fold((0.0f64, 0.0f64), |(low, high), value| (low.min(value), high.max(value)));
        match (score.is_ratio() && high <= 1.0, low) {
            (true, 0.0) => Self::unit(),
            (true, -1.0..) => Self { low: -1.0, high: 1.0, step: 0.5 },
            _ => Self::about(low, high),
        }
    }

    fn unit() -> Self {
        Self { low: 0.0, high: 1.0, step: 0.2 }
    }

    /// Round numbers about these two; from 0 to 1 where they have no finite width.
    pub fn about(low: f64, high: f64) -> Self {
        let span = high - low;
        if span <= 0.0 || !span.is_finite() {
            return Self::unit();
        }
        let magnitude = 10f64.powf((span / 5.0).log10().floor());
        let steps = [1.0, 2.0, 5.0, 10.0].map(|digit| digit * magnitude);
        let step = steps.into_iter().find(|step| span / step <= 5.0).unwrap_or(span);
        // 0.95 / 0.05 is a little less than 19.
        let slack = 1e-9;
        Self { low: (low / step + slack).floor() * step, high: (high / step - slack).ceil() * step, step }
    }

    /// What bars start from, where the axis has it.
    pub fn origin(&self) -> Option<f64> {
        (self.low <= 0.0 && self.high >= 0.0).then_some(0.0)
    }

    /// Where a value lies, 0 at the low end and 1 at the high end; what is beyond them lies at them.
    pub fn place(&self, value: f64) -> f64 {
        ((value - self.low) / (self.high - self.low)).clamp(0.0, 1.0)
    }

    /// Whether a value has a place of its own.
    pub fn holds(&self, value: f64) -> bool {
        // The ends are made of steps, and may be off by a rounding.
        let slack = 1e-9 * (self.high - self.low);
        value >= self.low - slack && value <= self.high + slack
    }

    /// Values to write at the axis.
    pub fn ticks(&self) -> Vec<f64> {
        let steps = ((self.high - self.low) / self.step).round() as usize;
        (0..=steps.min(20)).map(|i| self.low + i as f64 * self.step).collect()
    }

    /// A tick's value as it is written.
    pub fn label(&self, tick: f64) -> String {
        let decimals = (-self.step.log10() - 1e-9).ceil();
        let text = match decimals {
            ..7.0 => format!("{tick:.*}", decimals.max(0.0) as usize),
            _ => format!("{tick:.1e}"),
        };
        let zeros = |text: &str| text.chars().all(|c| matches!(c, '0' | '.' | '-'));
        match text.split_once('.') {
            // Digits behind the point that are all 0 say nothing.
            Some((whole, rest)) if zeros(rest) => if zeros(whole) { "0" } else { whole }.to_owned(),
            _ => text,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metric::{CountMetric, Metric};

    fn of(score: Score, values: &[f64]) -> (f64, f64) {
        let scale = Scale::of(score, [values].into_iter());
        (scale.low, scale.high)
    }

    fn of_bars(score: Score, values: &[f64]) -> (f64, f64) {
        let scale = Scale::of_bars(score, values.iter().copied());
        (scale.low, scale.high)
    }

    #[test]
    fn good_results_fill_the_axis() {
        assert_eq!(of(Score::DICE, &[0.91, 0.92, 0.93, 0.95, 0.97]), (0.9, 1.0));
        assert_eq!(of(Score::DICE, &[0.999, f64::NAN]), (0.99, 1.0));
        assert_eq!(of(Score::DICE, &[0.07, 0.4, 0.6, 0.8]), (0.0, 1.0));
        assert_eq!(of(Score::DICE, &[]), (0.0, 1.0));
        assert_eq!(of(Metric::Counts(CountMetric::Mcc).into(), &[0.5, -0.1]), (-0.5, 1.0));
        let fnr: Score = "fnr".parse().unwrap();
        assert_eq!(of(fnr, &[0.02, 0.05]), (0.0, 0.05));
    }

    #[test]
    fn one_that_is_far_off_does_not_squeeze_the_others() {
        let values = [0.91, 0.92, 0.93, 0.94, 0.95, 0.0];
        let scale = Scale::of(Score::DICE, [&values[..]].into_iter());
        // The mean has to have a place.
        assert_eq!((scale.low, scale.high), (0.75, 1.0));
        assert_eq!(values.map(|value| scale.holds(value)), [true, true, true, true, true, false]);
        let near = [0.91, 0.92, 0.93, 0.94, 0.95, 0.85];
        assert!(Scale::of(Score::DICE, [&near[..]].into_iter()).holds(0.85));
        let hd: Score = "hd".parse().unwrap();
        assert_eq!(of(hd, &[1.0, 2.0, 2.5, 3.0, 4.0, 5.0]), (0.0, 5.0));
        let (low, high) = of(hd, &[1.0, 2.0, 2.5, 3.0, 4.0, 5.0, 400.0]);
        assert!(low == 0.0 && high < 100.0, "{high}");
    }

    #[test]
    fn bars_start_from_0() {
        assert_eq!(of_bars(Score::DICE, &[0.95, f64::NAN]), (0.0, 1.0));
        assert_eq!(of_bars(Score::DICE, &[]), (0.0, 1.0));
        assert_eq!(of_bars(Metric::Counts(CountMetric::Mcc).into(), &[0.5, -0.1]), (-1.0, 1.0));
        assert_eq!(of_bars(Metric::Counts(CountMetric::VolumeSimilarity).into(), &[-1.3, 0.4]), (-1.5, 0.5));
        assert_eq!(of_bars(Metric::VolumeTruth.into(), &[12.0, 1430.0]), (0.0, 1500.0));
        assert_eq!(of_bars(Metric::VolumeTruth.into(), &[f64::INFINITY]), (0.0, 1.0));
        let scale = Scale::about(0.0, 1430.0);
        assert_eq!(scale.ticks(), [0.0, 500.0, 1000.0, 1500.0]);
        assert_eq!([scale.place(750.0), scale.place(-5.0), scale.place(f64::INFINITY)], [0.5, 0.0, 1.0]);
        assert_eq!((scale.origin(), Scale::about(0.9, 1.0).origin()), (Some(0.0), None));
    }

    #[test]
    fn ticks_have_the_digits_they_need() {
        let labels = |low, high| {
            let scale = Scale::about(low, high);
            scale.ticks().into_iter().map(|tick| scale.label(tick)).collect::<Vec<_>>()
        };
        assert_eq!(labels(0.0, 0.23), ["0", "0.05", "0.10", "0.15", "0.20", "0.25"]);
        assert_eq!(labels(0.0, 1.0), ["0", "0.2", "0.4", "0.6", "0.8", "1"]);
        assert_eq!(labels(0.951, 1.0), ["0.95", "0.96", "0.97", "0.98", "0.99", "1"]);
        assert_eq!(labels(0.991, 1.0)[..2], ["0.990", "0.992"]);
        assert_eq!(labels(-1.5, 0.5)[..2], ["-1.5", "-1"]);
        assert_eq!(labels(0.0, 1430.0), ["0", "500", "1000", "1500"]);
    }
}
