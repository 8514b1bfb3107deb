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
pub(super) fn quantile(sorted: &[f64], share: f64) -> f64 {
    let Some(last) = sorted.len().checked_sub(1) else { return f64::NAN };
    let place = share * last as f64;
    let below = (place.floor() as usize).min(last);
    let above = (below + 1).min(last);
    let part = place - below as f64;
    // Exact at the values themselves, also at infinities.
    if part == 0.0 { sorted[below] } else { sorted[below] + part * (sorted[above] - sorted[below]) }
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
    fn one_value_is_every_quantile_and_has_no_deviation() {
        let found = Distribution::of(&[0.25]);
        assert_eq!([found.min, found.lower_quartile, found.median, found.upper_quartile, found.max], [0.25; 5]);
        assert!(found.sd.is_nan());
    }
}
