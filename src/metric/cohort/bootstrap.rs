//! Confidence intervals by drawing the cases again.

use super::distribution::{quantile_of, upper_quantile_of};
use super::quantiles::{normal, student};
use super::resampling::{LANES, Resampling};
use crate::error::Result;
use crate::metric::wrong::wrong;
use std::collections::BTreeMap;

/// The bootstrap over cases: cases are drawn with replacement, as many as there are, and the interval holds the middle
/// of the means (Efron 1979), expanded so that its coverage is right for few cases as well (Hesterberg 2015).
///
/// The means of n cases vary by (n−1)/n too little, and the plain percentile interval takes them for normal; with 5
/// cases it holds the true mean in 83 of 100 experiments instead of 95. So the share left out at either end is not (1 −
/// level)/2 but Φ(−√(n/(n−1)) · t), with the quantile t of Student's distribution with n − 1 degrees of freedom that
/// belongs to the level (T. C. Hesterberg, What Teachers Should Know About the Bootstrap, The American Statistician 69,
/// 2015, section 5.3). With 5 cases it then holds in 92 of 100, and with hundreds it is the percentile interval.
///
/// Which cases are drawn depends on the seed and on the number of cases alone. So all scores, classes and models share
/// their draws, and equal scores have equal intervals. Sums are made of whole numbers: the same seed gives the same
/// interval on every machine, with any number of threads. Give the cases in a meaningful order, such as that of their
/// names.
///
/// ```
/// use voxdice::metric::Bootstrap;
/// let interval = Bootstrap::default().interval(&[0.7, 0.8, 0.9, 0.85]).unwrap();
/// assert!(0.7 <= interval.low && interval.low < 0.8125 && 0.8125 < interval.high && interval.high <= 0.9);
/// assert_eq!(Bootstrap::default().interval(&[0.7, f64::NAN]), None);
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bootstrap {
    resamples: usize,
    level: f64,
    seed: u64,
}

impl Default for Bootstrap {
    /// 10,000 resamples, 95 %, seed 0.
    fn default() -> Self {
        Self { resamples: 10_000, level: 0.95, seed: 0 }
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

/// What [`Bootstrap::intervals`] finds.
#[derive(Debug, Clone, PartialEq)]
pub struct Intervals {
    /// Of the mean over the cases of each class.
    pub of_class: Vec<Option<Interval>>,
    /// Of the mean of these means.
    pub of_mean: Option<Interval>,
}

impl Bootstrap {
    /// The fewest resamples: below, the ends of a 95 % interval are little more than the extremes.
    pub const LEAST_RESAMPLES: usize = 100;

    /// The most resamples: beyond, the ends of an interval do not move in any digit that is shown, and a number from a damaged
    /// file must not fill the memory.
    pub const MOST_RESAMPLES: usize = 1_000_000;

    /// How often the cases are drawn, the share of the means that the interval holds, and where the generator starts.
    ///
    /// # Errors
    /// [`Error::Parameter`](crate::Error::Parameter) for fewer resamples than [`Bootstrap::LEAST_RESAMPLES`] or more than
    /// [`Bootstrap::MOST_RESAMPLES`], or a level outside (0, 1).
    pub fn new(resamples: usize, level: f64, seed: u64) -> Result<Self> {
        let range = Self::LEAST_RESAMPLES..=Self::MOST_RESAMPLES;
        if !range.contains(&resamples) {
            return Err(wrong("resamples", resamples, format!("from {} to {}", range.start(), range.end())));
        }
        if !(level > 0.0 && level < 1.0) {
            return Err(wrong("the level of an interval", level, "between 0 and 1"));
        }
        Ok(Self { resamples, level, seed })
    }

    /// How often the cases are drawn.
    pub fn resamples(&self) -> usize {
        self.resamples
    }

    /// The share of the means that the interval holds, between 0 and 1.
    pub fn level(&self) -> f64 {
        self.level
    }

    /// Where the generator starts.
    pub fn seed(&self) -> u64 {
        self.seed
    }

    /// The share of the resampled means below the interval, and above it, for the mean of so many cases; 0 below two of
    /// them.
    ///
    /// ```
    /// use voxdice::metric::Bootstrap;
    /// assert!((Bootstrap::default().share_outside(10) - 0.008550639024406366).abs() < 1e-12);
    /// assert!((Bootstrap::default().share_outside(1_000_000) - 0.025).abs() < 1e-6);
    /// ```
    pub fn share_outside(&self, cases: usize) -> f64 {
        if cases < 2 {
            return 0.0;
        }
        let n = cases as f64;
        normal(-(n / (n - 1.0)).sqrt() * student(self.level, cases - 1))
    }

    /// The interval of the mean over the cases with a value. None below two of them, where nothing varies.
    ///
    /// NaN counts as no value. If a value is infinite, so is the mean, which then has no interval. Cases without a
    /// value are drawn as well and drop out of the mean, as they do of the mean itself; a draw that holds nothing else
    /// is left out.
    pub fn interval(&self, values: &[f64]) -> Option<Interval> {
        self.interval_of_class_means(&[values])
    }

    /// The interval of the mean over classes of each class's mean over the cases: [`Intervals::of_mean`] of
    /// [`Bootstrap::intervals`].
    pub fn interval_of_class_means<V: AsRef<[f64]>>(&self, classes: &[V]) -> Option<Interval> {
        self.intervals(classes).of_mean
    }

    /// The intervals of the mean of each class, and of the mean of these means. `classes` holds the values of each
    /// class, case by case; all classes must have the same number of values; values beyond the shortest class are
    /// ignored.
    ///
    /// If a value is infinite, so is the mean, which then has no interval.
    ///
    /// A class that a draw leaves without a value drops out of the mean of means. That one has as many cases as have a
    /// value of any class.
    ///
    /// ```
    /// use voxdice::metric::Bootstrap;
    /// // The second class is defined in one case only: the mean of the class means is 0.45, that of the case means 0.81.
    /// let (one, two) = ([0.9, 0.9, 0.9, 0.9, 0.9], [0.0, f64::NAN, f64::NAN, f64::NAN, f64::NAN]);
    /// let found = Bootstrap::default().intervals(&[one, two]);
    /// assert_eq!(found.of_class[1], None);
    /// let of_mean = found.of_mean.unwrap();
    /// assert!((of_mean.low - 0.45).abs() < 1e-12 && (of_mean.high - 0.9).abs() < 1e-12);
    /// ```
    pub fn intervals<V: AsRef<[f64]>>(&self, classes: &[V]) -> Intervals {
        let is_infinite = |class: &V| class.as_ref().iter().any(|value| value.is_infinite());
        let mut of_class = vec![None; classes.len()];
        let mut sums = vec![(0.0, 0u32); self.resamples];
        self.resampled_means(classes, |class, means| {
            if !is_infinite(&classes[class]) {
                of_class[class] = self.interval_of(means, with_value(&classes[class..=class]));
            }
            for ((sum, defined), mean) in sums.iter_mut().zip(means).filter(|(_, mean)| !mean.is_nan()) {
                *sum += mean;
                *defined += 1;
            }
        });
        let means: Vec<f64> = sums.into_iter().map(|(sum, defined)| sum / f64::from(defined)).collect();
        let of_mean = self.interval_of(&means, with_value(classes));
        Intervals { of_class, of_mean: of_mean.filter(|_| !classes.iter().any(is_infinite)) }
    }

    /// The mean of every column in every resample, column by column: `each` is given the place of a column and as many
    /// means as there are resamples, NaN where a resample holds no value. All columns share their draws, so that the
    /// means at one place belong to the same cases: differences and ranks of them are those of paired cases.
    ///
    /// Values beyond the shortest column are ignored.
    ///
    /// ```
    /// use voxdice::metric::Bootstrap;
    /// let (a, b) = ([0.9, 0.8, 0.7, 0.85, 0.6], [0.88, 0.78, 0.68, 0.83, 0.58]);
    /// let mut means = Vec::new();
    /// Bootstrap::default().resampled_means(&[a, b], |_, of_column| means.push(of_column.to_vec()));
    /// // Case by case b is worse by 0.02, and so it is in every resample.
    /// assert!(means[0].iter().zip(&means[1]).all(|(a, b)| (a - b - 0.02).abs() < 1e-12));
    /// ```
    pub fn resampled_means<V: AsRef<[f64]>>(&self, columns: &[V], each: impl FnMut(usize, &[f64])) {
        let cases = columns.iter().map(|column| column.as_ref().len()).min().unwrap_or(0);
        let own: Vec<usize> = (0..cases).collect();
        self.resampled_means_of_groups(columns, &own, each);
    }

    /// The same where groups of cases are drawn, as of one patient, each with all its cases: `groups` holds a number
    /// for each case, the same within a group. A mean is over the cases that were drawn, so large groups count more.
    ///
    /// ```
    /// use voxdice::metric::Bootstrap;
    /// Bootstrap::default().resampled_means_of_groups(&[[0.1, 0.4, 1.0, 1.0]], &[0, 0, 1, 1], |_, means| {
    ///     assert!(means.iter().all(|mean| [0.25, 0.625, 1.0].iter().any(|of| (mean - of).abs() < 1e-12)));
    /// });
    /// ```
    pub fn resampled_means_of_groups<V: AsRef<[f64]>>(
        &self,
        columns: &[V],
        groups: &[usize],
        mut each: impl FnMut(usize, &[f64]),
    ) {
        let cases = columns.iter().map(|column| column.as_ref().len()).min().unwrap_or(0).min(groups.len());
        let (groups, drawn) = numbered(&groups[..cases]);
        let resampling = Resampling::new(self.seed, drawn, self.resamples);
        let at_once = self.columns_at_once();
        let mut of_column = Vec::with_capacity(self.resamples);
        for (part, columns) in columns.chunks(at_once).enumerate() {
            let columns: Vec<&[f64]> = columns.iter().map(|column| &column.as_ref()[..cases]).collect();
            let means = resampling.means_of_groups(&columns, &groups);
            for place in 0..columns.len() {
                of_column.clear();
                of_column.extend(means.chunks(columns.len()).map(|means| means[place]));
                each(part * at_once + place, &of_column);
            }
        }
    }

    /// Columns whose means are made with one round of draws: as many as 32 MiB of means hold.
    pub(in crate::metric) fn columns_at_once(&self) -> usize {
        ((1 << 22) / self.resamples).max(LANES)
    }

    /// The interval that resampled means of so many cases with a value make: NaN among the means are left out, and
    /// quantiles interpolate between neighbours. None below two cases.
    pub fn interval_of(&self, means: &[f64], cases: usize) -> Option<Interval> {
        (cases > 1).then(|| between_shares(means, [self.share_outside(cases); 2])).flatten()
    }
}

/// What lies between these shares at the lower and at the upper end of resampled means; NaN among them are left out. None
/// of nothing.
pub(in crate::metric) fn between_shares(means: &[f64], [below, above]: [f64; 2]) -> Option<Interval> {
    let mut means: Vec<f64> = means.iter().copied().filter(|mean| !mean.is_nan()).collect();
    if means.is_empty() {
        return None;
    }
    let (low, high) = (quantile_of(&mut means, below), upper_quantile_of(&mut means, above));
    Some(Interval { low, high })
}

/// Groups by their first appearance, from 0 on, and how many there are.
fn numbered(groups: &[usize]) -> (Vec<usize>, usize) {
    let mut places = BTreeMap::new();
    let number = |group| {
        let next = places.len();
        *places.entry(group).or_insert(next)
    };
    let numbers = groups.iter().map(number).collect();
    (numbers, places.len())
}

/// How many cases have a value in any column.
fn with_value<V: AsRef<[f64]>>(columns: &[V]) -> usize {
    let cases = columns.iter().map(|column| column.as_ref().len()).min().unwrap_or(0);
    (0..cases).filter(|&case| columns.iter().any(|column| column.as_ref()[case].is_finite())).count()
}

#[cfg(test)]
mod tests {
    use super::super::resampling::SplitMix64;
    use super::*;

    fn uniform(random: &mut SplitMix64) -> f64 {
        random.next() as f64 / 2f64.powi(64)
    }

    #[test]
    fn the_seed_decides_and_parameters_are_checked() {
        let values: Vec<f64> = (0..30).map(|i| f64::from(i * 7 % 30) / 30.0).collect();
        let of = |seed| Bootstrap::new(1000, 0.95, seed).unwrap().interval(&values).unwrap();
        assert_eq!(of(1), of(1));
        assert_ne!(of(1), of(2));
        let wrong = [(0, 0.9), (99, 0.9), (1_000_001, 0.9), (usize::MAX, 0.9), (100, 1.0), (100, 0.0), (100, f64::NAN)];
        for (resamples, level) in wrong {
            assert!(Bootstrap::new(resamples, level, 1).is_err(), "{resamples} {level}");
        }
        assert!(Bootstrap::new(0, 0.9, 1).unwrap_err().to_string().contains("from 100 to 1000000"));
        assert_eq!(Bootstrap::new(1_000_000, 0.9, 1).unwrap().resamples(), Bootstrap::MOST_RESAMPLES);
        let least = Bootstrap::new(100, 0.9, 1).unwrap();
        assert_eq!((least.resamples(), least.level(), least.seed()), (100, 0.9, 1));
    }

    /// The shares of scipy 1.17.1, `norm.cdf(-sqrt(n / (n - 1)) * t.ppf(0.975, n - 1))`.
    #[test]
    fn shares_are_those_of_the_formula() {
        for (cases, share) in [
            (2, 1.695_219_072_605_873_8e-72),
            (3, 6.834_137_311_941_282e-8),
            (4, 0.000_119_030_739_153_226_03),
            (5, 0.000_954_100_551_882_490_7),
            (8, 0.005_737_520_517_029_877_5),
            (10, 0.008_550_639_024_406_366),
            (15, 0.013_207_173_126_811_439),
            (20, 0.015_880_829_920_347_974),
            (30, 0.018_753_900_278_220_54),
            (50, 0.021_179_411_211_377_57),
            (100, 0.023_064_387_207_087_644),
            (200, 0.024_026_184_770_620_417),
            (1000, 0.024_804_305_905_564_303),
        ] {
            let found = Bootstrap::default().share_outside(cases);
            assert!((found / share - 1.0).abs() < 1e-10, "{cases}: {found} {share}");
        }
    }

    /// With five uniform values the plain percentile interval holds the mean in about 83 of 100 experiments.
    #[test]
    fn intervals_hold_the_mean_about_as_often_as_they_say() {
        let mut random = SplitMix64(42);
        for (cases, least, most) in [(5, 900, 960), (10, 920, 970), (40, 925, 970)] {
            let bootstrap = Bootstrap::new(1000, 0.95, 1).unwrap();
            let held = (0..1000).filter(|_| {
                let values: Vec<f64> = (0..cases).map(|_| uniform(&mut random)).collect();
                let Interval { low, high } = bootstrap.interval(&values).unwrap();
                low <= 0.5 && 0.5 <= high
            });
            let held = held.count();
            assert!((least..=most).contains(&held), "{cases} cases: {held} of 1000");
        }
    }

    #[test]
    fn classes_share_their_draws() {
        let a: Vec<f64> = (0..12).map(|i| f64::from(i * 5 % 12) / 12.0).collect();
        let b: Vec<f64> = a.iter().map(|value| 1.0 - value).collect();
        let bootstrap = Bootstrap::default();
        // With shared draws the two means always add up to 1; with separate draws they would not.
        let Interval { low, high } = bootstrap.interval_of_class_means(&[&a, &b]).unwrap();
        assert!((low - 0.5).abs() < 1e-12 && (high - 0.5).abs() < 1e-12, "{low} {high}");
        assert_eq!(bootstrap.interval_of_class_means(&[&a]), bootstrap.interval(&a));
        assert_eq!(bootstrap.interval_of_class_means(&[&a[..1], &b]), None);
        assert_eq!(bootstrap.interval_of_class_means::<&[f64]>(&[]), None);
        assert_eq!(bootstrap.interval_of_class_means(&[[f64::NAN, 1.0], [f64::NAN, 1.0]]), None);
        assert!(bootstrap.interval_of_class_means(&[[f64::NAN, 1.0], [0.5, f64::NAN]]).is_some());
    }

    /// Columns beyond those that are summed at once, with and without undefined cases, are what each is alone.
    #[test]
    fn a_column_does_not_depend_on_others() {
        let mut random = SplitMix64(5);
        let columns: Vec<Vec<f64>> = (0..2 * LANES + 3)
            .map(|column| {
                let mut value = |case| if (column * case) % 11 == 10 { f64::NAN } else { uniform(&mut random) };
                (0..25).map(&mut value).collect()
            })
            .collect();
        let bootstrap = Bootstrap::new(300, 0.9, 4).unwrap();
        let alone: Vec<_> = columns.iter().map(|column| bootstrap.interval(column)).collect();
        assert_eq!(bootstrap.intervals(&columns).of_class, alone);
        assert!(alone.iter().all(Option::is_some));
    }

    #[test]
    fn undefined_cases_drop_out() {
        let interval = Bootstrap::default().interval(&[0.5, 0.5, f64::NAN, f64::NAN]).unwrap();
        assert_eq!(interval, Interval { low: 0.5, high: 0.5 });
        assert_eq!(Bootstrap::default().interval(&[0.5, 0.7, f64::INFINITY]), None);
        let found = Bootstrap::default().intervals(&[[0.5, 0.7, 0.9], [1.0, f64::INFINITY, 2.0]]);
        assert!(found.of_class[0].is_some() && found.of_class[1].is_none() && found.of_mean.is_none());
    }
}
