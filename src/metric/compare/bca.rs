//! Bias-corrected and accelerated percentiles (Efron 1987, Better Bootstrap Confidence Intervals, JASA 82, 171-185).

use super::observed::Observed;
use crate::metric::cohort::quantiles::{lower_normal_quantile, normal};
use std::collections::BTreeMap;

/// The shares of resampled means below and above the interval of this level: Φ(z₀ + (z₀ + z) / (1 − a (z₀ + z))) for z =
/// ±Φ⁻¹((1 − level) / 2). None where all resampled means lie on one side of the observed one.
///
/// The sides are computed alike, so that the interval of a difference the other way round is the negative one to the bit.
pub(super) fn shares(means: &[f64], observed: &Observed<'_>, level: f64) -> Option<[f64; 2]> {
    let bias = bias(means, observed)?;
    let acceleration = acceleration(observed);
    let half = lower_normal_quantile((1.0 - level) / 2.0)?;
    // Seen from above, the bias and the acceleration have the other sign.
    let share = |bias: f64, acceleration: f64| {
        let moved = bias + half;
        let divisor = 1.0 - acceleration * moved;
        (divisor > 0.0).then(|| normal(bias + moved / divisor))
    };
    Some([share(bias, acceleration)?, share(-bias, -acceleration)?])
}

/// z₀: where the observed mean lies among the resampled ones, of which equal ones count half.
fn bias(means: &[f64], observed: &Observed<'_>) -> Option<f64> {
    let (mut below, mut above, mut all) = (0u64, 0u64, 0u64);
    for mean in means.iter().filter(|mean| !mean.is_nan()) {
        all += 1;
        below += u64::from(*mean < observed.mean - observed.tau);
        above += u64::from(*mean > observed.mean + observed.tau);
    }
    let share = |own: u64, other: u64| (all - other + own) as f64 / (2 * all) as f64;
    if below <= above {
        lower_normal_quantile(share(below, above))
    } else {
        lower_normal_quantile(share(above, below)).map(|z| -z)
    }
}

/// a: a sixth of the skewness of the means without each case, or group of cases.
fn acceleration(observed: &Observed<'_>) -> f64 {
    let mut units = BTreeMap::<usize, (f64, f64)>::new();
    for (place, value) in observed.values.iter().enumerate() {
        let unit = observed.groups.map_or(place, |groups| groups[place]);
        let (sum, cases) = units.entry(unit).or_default();
        (*sum, *cases) = (*sum + (value - observed.mean), *cases + 1.0);
    }
    // Less the observed mean, which changes no difference between them.
    let n = observed.values.len() as f64;
    let without: Vec<f64> = units.values().map(|(sum, cases)| -sum / (n - cases)).collect();
    let middle = without.iter().sum::<f64>() / without.len() as f64;
    let apart: Vec<f64> = without.iter().map(|own| middle - own).collect();
    let largest = apart.iter().fold(0.0, |most: f64, own| most.max(own.abs()));
    if largest <= 0.0 || !largest.is_finite() {
        return 0.0;
    }
    // Of this size no power leaves the range of numbers.
    let power = |of: i32| apart.iter().map(|own| (own / largest).powi(of)).sum::<f64>();
    power(3) / (6.0 * power(2).powf(1.5))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn observed<'a>(values: &'a [f64], groups: Option<&'a [usize]>) -> Observed<'a> {
        Observed { values, groups, mean: values.iter().sum::<f64>() / values.len() as f64, tau: 1e-14 }
    }

    /// `scipy.stats._resampling._bca_interval` (scipy 1.17.1) for the same resampled means: its formulas, and not its
    /// draws.
    #[test]
    fn shares_are_those_of_scipy() {
        let one = [0.02, -0.01, 0.03, 0.3, 0.01, 0.0, -0.02, 0.05];
        let other = [0.1, -0.07, 0.02, 0.04, -0.03];
        for (values, level, expected) in [
            (&one[..], 0.95, [0.331_059_441_250_038_6, 0.999_997_360_301_358]),
            (&one[..], 0.9, [0.423_352_336_344_669_07, 0.999_953_233_768_824_2]),
            (&other[..], 0.95, [0.020_831_525_064_229_618, 0.970_032_485_686_2]),
            (&other[..], 0.9, [0.041_950_104_827_156_026, 0.940_571_440_712_864_4]),
        ] {
            let means: Vec<f64> =
                values.iter().flat_map(|one| values.iter().map(move |two| (one * 3.0 + two * 5.0) / 8.0)).collect();
            let [below, above] = shares(&means, &observed(values, None), level).unwrap();
            assert!((below - expected[0]).abs() < 1e-12, "{below} {expected:?}");
            assert!((1.0 - above - expected[1]).abs() < 1e-12, "{above} {expected:?}");
            // The mirror, to the bit.
            let [values, means] = [values, &means].map(|own| own.iter().map(|v| -v).collect::<Vec<f64>>());
            assert_eq!(shares(&means, &observed(&values, None), level), Some([above, below]));
        }
        assert!((acceleration(&observed(&one, None)) - 0.121_778_795_212_654_46).abs() < 1e-12);
    }

    #[test]
    fn groups_are_left_out_whole() {
        let values = [0.1, 0.3, 0.5, 0.9, 0.9, 0.2];
        let alone = acceleration(&observed(&values, None));
        assert!((acceleration(&observed(&values, Some(&[3, 4, 0, 9, 8, 7]))) - alone).abs() < 1e-12);
        let twice: Vec<f64> = values.iter().flat_map(|&value| [value, value]).collect();
        let groups: Vec<usize> = (0..12).map(|case| case / 2).collect();
        assert!((acceleration(&observed(&twice, Some(&groups))) - alone).abs() < 1e-12);
    }

    #[test]
    fn what_does_not_vary_has_plain_percentiles() {
        let [below, above] = shares(&[0.5; 100], &observed(&[0.5; 4], None), 0.95).unwrap();
        assert!((below - 0.025).abs() < 1e-15 && below == above);
        assert_eq!(shares(&[0.1; 100], &observed(&[0.5; 4], None), 0.95), None);
        assert_eq!(shares(&[], &observed(&[0.5; 4], None), 0.95), None);
    }
}
