//! How the scores of a class lie.

use super::mean::mean_of_defined;

/// Defined (not NaN) values in a few numbers, each NaN where nothing is defined.
///
/// Quartiles and median interpolate between the sorted values (NumPy's default, type 7 of Hyndman & Fan 1996).
///
/// ```
/// use voxdice::metric::Distribution;
/// let found = Distribution::of(&[0.5, 1.0, f64::NAN, 0.75, 0.0]);
/// assert_eq!((found.defined, found.undefined), (4, 1));
/// assert_eq!((found.min, found.median, found.max), (0.0, 0.625, 1.0));
/// assert!(Distribution::of(&[f64::NAN]).mean.is_nan());
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Distribution {
    /// How many values there are.
    pub defined: usize,
    /// How many values are NaN and left out.
    pub undefined: usize,
    /// As [`mean_of_defined`].
    pub mean: f64,
    /// Of the sample, with n − 1; NaN below two values.
    pub sd: f64,
    /// The smallest value.
    pub min: f64,
    /// A quarter of the values lies below.
    pub lower_quartile: f64,
    /// Half of the values lies below.
    pub median: f64,
    /// Three quarters of the values lie below.
    pub upper_quartile: f64,
    /// The largest value.
    pub max: f64,
}

impl Distribution {
    /// Of these values.
    pub fn of(values: &[f64]) -> Self {
        let mut sorted: Vec<f64> = values.iter().copied().filter(|value| !value.is_nan()).collect();
        sorted.sort_by(f64::total_cmp);
        let mean = mean_of_defined(values);
        let squares: f64 = sorted.iter().map(|value| (value - mean) * (value - mean)).sum();
        let sd = if sorted.len() < 2 { f64::NAN } else { (squares / (sorted.len() - 1) as f64).sqrt() };
        Self {
            defined: sorted.len(),
            undefined: values.len() - sorted.len(),
            mean,
            sd,
            min: quantile(&sorted, 0.0),
            lower_quartile: quantile(&sorted, 0.25),
            median: quantile(&sorted, 0.5),
            upper_quartile: quantile(&sorted, 0.75),
            max: quantile(&sorted, 1.0),
        }
    }
}

/// The value below which a share of the sorted values lies.
fn quantile(sorted: &[f64], share: f64) -> f64 {
    let Some(place) = Place::of(share, sorted.len()) else { return f64::NAN };
    place.between(sorted[place.below], sorted[place.above])
}

/// The same of values in any order, which it changes: quicker than to sort them all.
pub(super) fn quantile_of(values: &mut [f64], share: f64) -> f64 {
    let Some(place) = Place::of(share, values.len()) else { return f64::NAN };
    let (_, &mut below, larger) = values.select_nth_unstable_by(place.below, f64::total_cmp);
    let above = larger.iter().copied().min_by(f64::total_cmp).unwrap_or(below);
    place.between(below, above)
}

/// The value above which a share of the values lies: the mirror of [`quantile_of`] to the bit, so that the interval of a
/// difference the other way round is the negative one.
pub(super) fn upper_quantile_of(values: &mut [f64], share: f64) -> f64 {
    let Some(place) = Place::of(share, values.len()) else { return f64::NAN };
    let last = values.len() - 1;
    let (smaller, &mut above, _) = values.select_nth_unstable_by(last - place.below, f64::total_cmp);
    let below = smaller.iter().copied().max_by(f64::total_cmp).unwrap_or(above);
    place.between(above, below)
}

/// Between which of the sorted values a quantile lies.
struct Place {
    below: usize,
    above: usize,
    part: f64,
}

impl Place {
    /// None of nothing.
    fn of(share: f64, values: usize) -> Option<Self> {
        let last = values.checked_sub(1)?;
        let place = share * last as f64;
        let below = (place.floor() as usize).min(last);
        Some(Self { below, above: (below + 1).min(last), part: place - below as f64 })
    }

    /// Exact at the values themselves, also at infinities.
    fn between(&self, below: f64, above: f64) -> f64 {
        if self.part == 0.0 { below } else { below + self.part * (above - below) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `numpy.percentile`, `numpy.std(ddof=1)` of [0.3, 0.9, 0.1, 0.75, 0.62, 0.44].
    #[test]
    fn quartiles_and_deviation_are_those_of_numpy() {
        let found = Distribution::of(&[0.3, 0.9, f64::NAN, 0.1, 0.75, 0.62, 0.44]);
        assert_eq!((found.defined, found.undefined), (6, 1));
        let expected = [0.1, 0.335, 0.53, 0.7175, 0.9, 0.296_136_229_912_293_4];
        let values = [found.min, found.lower_quartile, found.median, found.upper_quartile, found.max, found.sd];
        for (value, expected) in values.iter().zip(expected) {
            assert!((value - expected).abs() < 1e-12, "{value} {expected}");
        }
    }

    #[test]
    fn order_does_not_matter_to_a_quantile() {
        let sorted = [0.1, 0.3, 0.44, 0.62, 0.75, 0.9];
        for share in [0.0, 0.025, 0.2, 0.5, 0.81, 0.975, 1.0] {
            assert_eq!(quantile_of(&mut [0.9, 0.3, 0.75, 0.1, 0.62, 0.44], share), quantile(&sorted, share));
        }
        assert!(quantile_of(&mut [], 0.5).is_nan());
        for share in [0.0, 0.025, 0.2, 0.5, 0.81] {
            let upper = upper_quantile_of(&mut [0.9, 0.3, 0.75, 0.1, 0.62, 0.44], share);
            assert_eq!(upper, -quantile_of(&mut [-0.9, -0.3, -0.75, -0.1, -0.62, -0.44], share));
            assert!((upper - quantile(&sorted, 1.0 - share)).abs() < 1e-15);
        }
    }

    #[test]
    fn one_value_is_every_quantile_and_has_no_deviation() {
        let found = Distribution::of(&[0.25]);
        assert_eq!([found.min, found.lower_quartile, found.median, found.upper_quartile, found.max], [0.25; 5]);
        assert!(found.sd.is_nan());
    }
}
