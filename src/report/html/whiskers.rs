//! How far the drawing of a row of values reaches.

use crate::metric::Distribution;

/// Quartiles of fewer values would say more than the values do.
pub(super) const BOX_FROM: usize = 4;

/// The outermost values within one and a half box lengths of the box (Tukey 1977).
pub(super) fn fence(values: &[f64], found: &Distribution) -> (f64, f64) {
    let reach = 1.5 * (found.upper_quartile - found.lower_quartile);
    let inside = |value: &&f64| **value >= found.lower_quartile - reach && **value <= found.upper_quartile + reach;
    let ends = (found.lower_quartile, found.upper_quartile);
    values.iter().filter(inside).fold(ends, |(low, high), &value| (low.min(value), high.max(value)))
}

/// From where to where whiskers and mean go, and where there is no box all values; None where none is finite.
pub(super) fn whiskers(values: &[f64]) -> Option<(f64, f64)> {
    let finite: Vec<f64> = values.iter().copied().filter(|value| value.is_finite()).collect();
    let found = Distribution::of(&finite);
    match found.defined {
        0 => None,
        BOX_FROM.. => {
            let (low, high) = fence(&finite, &found);
            Some((low.min(found.mean), high.max(found.mean)))
        }
        _ => Some((found.min, found.max)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn outliers_are_beyond_and_the_mean_is_not() {
        let values = [0.9, 0.91, 0.92, 0.93, 0.94, 0.1];
        assert_eq!(fence(&values, &Distribution::of(&values)), (0.9, 0.94));
        let (low, high) = whiskers(&values).unwrap();
        assert!((low - 4.7 / 6.0).abs() < 1e-12 && high == 0.94);
        assert_eq!(whiskers(&[0.2, f64::NAN, 0.9]), Some((0.2, 0.9)));
        assert_eq!(whiskers(&[f64::NAN, f64::INFINITY]), None);
    }
}
