//! Confidence intervals by drawing the cases again.

use super::distribution::quantile_of;
use crate::error::Result;
use crate::metric::validate::wrong;

/// The percentile bootstrap over cases (Efron 1979): cases are drawn with replacement, as many as there are, and the
/// interval holds the middle `level` of the means.
///
/// The same seed gives the same interval in every version and on every machine: the generator is SplitMix64 (Steele,
/// Lea & Flood 2014), written out here because general-purpose crates do not promise the stream of their default one.
///
/// ```
/// use voxdice::metric::Bootstrap;
/// let interval = Bootstrap::default().interval(&[0.7, 0.8, 0.9, 0.85], 0).unwrap();
/// assert!(0.7 <= interval.low && interval.low < 0.8125 && 0.8125 < interval.high && interval.high <= 0.9);
/// assert_eq!(Bootstrap::default().interval(&[0.7, f64::NAN], 0), None);
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bootstrap {
    /// How often the cases are drawn.
    pub resamples: usize,
    /// The share of the means that the interval holds, between 0 and 1.
    pub level: f64,
    /// Where the generator starts.
    pub seed: u64,
}

impl Default for Bootstrap {
    /// 1000 resamples, 95 %, seed 0.
    fn default() -> Self {
        Self { resamples: 1000, level: 0.95, seed: 0 }
    }
}

/// Between which values a mean lies.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Interval {
    /// The lower end.
    pub low: f64,
    /// The upper end.
    pub high: f64,
}

impl Bootstrap {
    /// These choices, checked.
    ///
    /// # Errors
    /// [`Error::Parameter`](crate::Error::Parameter) for no resamples, or a level outside (0, 1).
    pub fn new(resamples: usize, level: f64, seed: u64) -> Result<Self> {
        if resamples == 0 {
            return Err(wrong("resamples", resamples, "at least 1"));
        }
        if !(level > 0.0 && level < 1.0) {
            return Err(wrong("the level of an interval", level, "between 0 and 1"));
        }
        Ok(Self { resamples, level, seed })
    }

    /// The interval of the mean over the defined values of the cases. None below two of them, where nothing varies.
    ///
    /// Undefined cases are drawn as well and drop out of the mean, as they do of the mean itself; a draw that holds
    /// nothing else is left out. Different `stream`s are independent: one per class and metric makes each interval
    /// the same whatever else is computed.
    pub fn interval(&self, values: &[f64], stream: u64) -> Option<Interval> {
        self.interval_of_class_means(&[values], stream)
    }

    /// The interval of the mean over classes of each class's mean over the cases. `classes` holds the values of each
    /// class, case by case; they must be equally many, and what one has beyond another is not looked at.
    ///
    /// The same cases are drawn for all classes, as one case has them all. A class that a draw leaves without a value
    /// drops out of its mean. None below two cases with a value. Of one class it is [`Bootstrap::interval`].
    ///
    /// ```
    /// use voxdice::metric::Bootstrap;
    /// // The second class is defined in one case only: the mean of the class means is 0.45, that of the case means 0.81.
    /// let (one, two) = ([0.9, 0.9, 0.9, 0.9, 0.9], [0.0, f64::NAN, f64::NAN, f64::NAN, f64::NAN]);
    /// let interval = Bootstrap::default().interval_of_class_means(&[one, two], 0).unwrap();
    /// assert!((interval.low - 0.45).abs() < 1e-12 && (interval.high - 0.9).abs() < 1e-12);
    /// ```
    pub fn interval_of_class_means<V: AsRef<[f64]>>(&self, classes: &[V], stream: u64) -> Option<Interval> {
        let cases = classes.iter().map(|values| values.as_ref().len()).min()?;
        let has_value = |case: &usize| classes.iter().any(|values| !values.as_ref()[*case].is_nan());
        if (0..cases).filter(has_value).count() < 2 {
            return None;
        }
        let mut random = SplitMix64(self.seed ^ SplitMix64(stream).next());
        let mut drawn = vec![0; cases];
        let mut means = Vec::with_capacity(self.resamples);
        for _ in 0..self.resamples {
            drawn.fill_with(|| random.below(cases));
            let of_classes =
                classes.iter().filter_map(|values| mean_of(drawn.iter().map(|&case| values.as_ref()[case])));
            means.extend(mean_of(of_classes));
        }
        let outside = (1.0 - self.level) / 2.0;
        let (low, high) = (quantile_of(&mut means, outside), quantile_of(&mut means, 1.0 - outside));
        (!means.is_empty()).then_some(Interval { low, high })
    }
}

/// The mean of the defined values; None without any.
fn mean_of(values: impl Iterator<Item = f64>) -> Option<f64> {
    let (sum, defined) =
        values.filter(|value| !value.is_nan()).fold((0.0, 0u64), |(sum, n), value| (sum + value, n + 1));
    (defined > 0).then(|| sum / defined as f64)
}

struct SplitMix64(u64);

impl SplitMix64 {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut word = self.0;
        word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        word ^ (word >> 31)
    }

    /// An index below `n`. The bias of the plain multiplication is n/2^64, far below what a resample can show.
    fn below(&mut self, n: usize) -> usize {
        ((u128::from(self.next()) * n as u128) >> 64) as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The first numbers of the reference implementation (Vigna, splitmix64.c) for seed 1234567.
    #[test]
    fn the_generator_is_the_published_one() {
        let mut random = SplitMix64(1_234_567);
        let first: Vec<u64> = (0..3).map(|_| random.next()).collect();
        assert_eq!(first, [6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423]);
    }

    #[test]
    fn seeds_and_streams_decide() {
        let values: Vec<f64> = (0..30).map(|i| f64::from(i * 7 % 30) / 30.0).collect();
        let of = |seed, stream| Bootstrap { seed, ..Bootstrap::default() }.interval(&values, stream).unwrap();
        assert_eq!(of(1, 2), of(1, 2));
        assert_ne!(of(1, 2), of(1, 3));
        assert_ne!(of(1, 2), of(2, 2));
        assert!(Bootstrap::new(0, 0.9, 1).is_err() && Bootstrap::new(10, 1.0, 1).is_err());
        assert!(Bootstrap::new(10, f64::NAN, 1).is_err() && Bootstrap::new(10, 0.9, 1).is_ok());
    }

    /// Means of 40 uniform values: the interval must hold 0.5 in about 95 of 100 experiments.
    #[test]
    fn intervals_hold_the_mean_about_as_often_as_they_say() {
        let mut random = SplitMix64(42);
        let mut held = 0;
        for experiment in 0..400 {
            let values: Vec<f64> = (0..40).map(|_| random.next() as f64 / 2f64.powi(64)).collect();
            let Interval { low, high } = Bootstrap::default().interval(&values, experiment).unwrap();
            held += u32::from(low <= 0.5 && 0.5 <= high);
        }
        assert!((360..=395).contains(&held), "{held} of 400");
    }

    #[test]
    fn classes_share_their_draws() {
        let a: Vec<f64> = (0..12).map(|i| f64::from(i * 5 % 12) / 12.0).collect();
        let b: Vec<f64> = a.iter().map(|value| 1.0 - value).collect();
        let bootstrap = Bootstrap::default();
        // Whatever is drawn, the two means add up to 1; drawn apart they would not.
        let Interval { low, high } = bootstrap.interval_of_class_means(&[&a, &b], 3).unwrap();
        assert!((low - 0.5).abs() < 1e-12 && (high - 0.5).abs() < 1e-12, "{low} {high}");
        assert_eq!(bootstrap.interval_of_class_means(&[&a], 3), bootstrap.interval(&a, 3));
        assert_eq!(bootstrap.interval_of_class_means(&[&a[..1], &b], 3), None);
        assert_eq!(bootstrap.interval_of_class_means::<&[f64]>(&[], 3), None);
        assert_eq!(bootstrap.interval_of_class_means(&[[f64::NAN, 1.0], [f64::NAN, 1.0]], 3), None);
        assert!(bootstrap.interval_of_class_means(&[[f64::NAN, 1.0], [0.5, f64::NAN]], 3).is_some());
    }

    #[test]
    fn undefined_cases_drop_out() {
        let interval = Bootstrap::default().interval(&[0.5, 0.5, f64::NAN, f64::NAN], 0).unwrap();
        assert_eq!(interval, Interval { low: 0.5, high: 0.5 });
    }
}
