//! Means: over defined values, or as NumPy has them, and added up in NumPy's order so that the last digit agrees.

/// The mean of the values that are defined (not NaN), and NaN where none is.
///
/// Values are added in NumPy's order, so the result equals `numpy.nanmean` to the last digit.
///
/// ```
/// use voxdice::metric::mean_of_defined;
/// assert_eq!(mean_of_defined(&[0.5, f64::NAN, 1.0]), 0.75);
/// assert!(mean_of_defined(&[f64::NAN]).is_nan() && mean_of_defined(&[]).is_nan());
/// ```
pub fn mean_of_defined(values: &[f64]) -> f64 {
    // As numpy.nanmean: undefined values take part in the order of the sum, as zeros.
    let zeroed: Vec<f64> = values.iter().map(|&v| if v.is_nan() { 0.0 } else { v }).collect();
    let defined = values.iter().filter(|v| !v.is_nan()).count();
    pairwise_sum(&zeroed) / defined as f64
}

/// The mean of all values: NaN as soon as one is, and without any. `numpy.mean` to the last digit.
///
/// ```
/// use voxdice::metric::mean_of_all;
/// assert_eq!(mean_of_all(&[0.5, 1.0]), 0.75);
/// assert!(mean_of_all(&[0.5, f64::NAN]).is_nan());
/// ```
pub fn mean_of_all(values: &[f64]) -> f64 {
    pairwise_sum(values) / values.len() as f64
}

/// NumPy's order of addition.
fn pairwise_sum(values: &[f64]) -> f64 {
    match values.len() {
        0..8 => values.iter().sum(),
        8..=128 => {
            let (chunks, rest) = values.as_chunks::<8>();
            let mut sums = [0.0; 8];
            for chunk in chunks {
                for (sum, value) in sums.iter_mut().zip(chunk) {
                    *sum += value;
                }
            }
            let [a, b, c, d, e, f, g, h] = sums;
            rest.iter().fold(((a + b) + (c + d)) + ((e + f) + (g + h)), |sum, value| sum + value)
        }
        n => {
            let half = n / 2;
            let (left, right) = values.split_at(half - half % 8);
            pairwise_sum(left) + pairwise_sum(right)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn undefined_values_are_left_out_or_win() {
        let values = [0.5, f64::NAN, 1.0];
        assert_eq!(mean_of_defined(&values), 0.75);
        assert!(mean_of_all(&values).is_nan());
        assert!(mean_of_defined(&[f64::NAN]).is_nan() && mean_of_defined(&[]).is_nan());
    }

    /// `numpy.mean([1 / (i + 1) for i in range(n)])`, NumPy 2.4.
    #[test]
    fn the_last_digit_is_that_of_numpy() {
        for (n, expected) in NUMPY_MEANS {
            let values: Vec<f64> = (0..n).map(|i| 1.0 / (i as f64 + 1.0)).collect();
            assert_eq!(mean_of_all(&values), expected, "{n}");
            assert_eq!(mean_of_defined(&values), expected, "{n}");
        }
    }

    const NUMPY_MEANS: [(usize, f64); 8] = [
        (3, 0.611111111111111),
        (7, 0.37040816326530607),
        (8, 0.3397321428571428),
        (41, 0.10494959226436135),
        (117, 0.045672282191490075),
        (128, 0.04244646166085291),
        (129, 0.042177511864912164),
        (300, 0.02094221293433168),
    ];
}
