//! Intervals of shares.

use super::Interval;
use statrs::function::erf::erf_inv;

/// The confidence interval of a share of `n`, as of lesions that were found: the shares p from which `successes / n` is not
/// farther than z √(p (1 − p) / n), z the normal quantile of the two-sided `level` (Wilson 1927). Unlike p ± z √(p (1 − p) / n)
/// it stays within 0 and 1 and has a width where all or none were found. None where `n` is 0, and for a level that is not
/// between 0 and 1.
///
/// ```
/// use voxdice::metric::wilson;
/// let interval = wilson(8, 10, 0.95).ok_or("nothing was counted")?;
/// assert!((interval.low - 0.49016).abs() < 1e-5 && (interval.high - 0.94332).abs() < 1e-5);
/// assert_eq!(wilson(0, 0, 0.95), None);
/// # Ok::<(), &str>(())
/// ```
pub fn wilson(successes: u64, n: u64, level: f64) -> Option<Interval> {
    if n == 0 || successes > n || !(level > 0.0 && level < 1.0) {
        return None;
    }
    let (n, share) = (n as f64, successes as f64 / n as f64);
    let z2 = 2.0 * erf_inv(level).powi(2);
    let middle = share + z2 / (2.0 * n);
    let half = (z2 * (share * (1.0 - share) + z2 / (4.0 * n)) / n).sqrt();
    let scale = 1.0 + z2 / n;
    Some(Interval { low: ((middle - half) / scale).max(0.0), high: ((middle + half) / scale).min(1.0) })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// From SciPy 1.17, `binomtest(k, n).proportion_ci(method="wilson")`.
    #[test]
    fn intervals_are_those_of_scipy() {
        for (k, n, low, high) in
            [(0, 10, 0.0, 0.277_532_799), (8, 10, 0.490_162_472, 0.943_317_848), (3, 3, 0.438_502_968, 1.0)]
        {
            let interval = wilson(k, n, 0.95).unwrap();
            assert!(
                (interval.low - low).abs() < 1e-8 && (interval.high - high).abs() < 1e-8,
                "{k} of {n}: {interval:?}"
            );
        }
        assert_eq!([wilson(3, 2, 0.95), wilson(1, 2, 1.0), wilson(1, 2, f64::NAN)], [None; 3]);
    }
}
