//! The median of the means of all pairs, in time that does not grow with their number.

/// The median of the means of all pairs of values, each with itself too; NaN of nothing.
pub(super) fn pairwise_median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let n = sorted.len() as u64;
    let pairs = n * (n + 1) / 2;
    if pairs == 0 {
        return f64::NAN;
    }
    let place = pairs.div_ceil(2);
    let lower = select(&sorted, place);
    if pairs % 2 == 1 || at_most(&sorted, lower) > place {
        // 0 has no sign.
        return lower + 0.0;
    }
    f64::midpoint(lower, above(&sorted, lower)) + 0.0
}

/// For each value how many of the values from itself on make a mean of at most `limit` with it, given as the place
/// behind them. In sorted values this place only falls, so one walk finds all.
fn ends(sorted: &[f64], limit: f64) -> impl Iterator<Item = (usize, usize)> {
    let mut end = sorted.len();
    sorted.iter().enumerate().map(move |(first, &low)| {
        while end > first && f64::midpoint(low, sorted[end - 1]) > limit {
            end -= 1;
        }
        (first, end.max(first))
    })
}

fn at_most(sorted: &[f64], limit: f64) -> u64 {
    ends(sorted, limit).map(|(first, end)| (end - first) as u64).sum()
}

/// The smallest mean of a pair that is larger than `limit`.
fn above(sorted: &[f64], limit: f64) -> f64 {
    let next = |(first, end): (usize, usize)| sorted.get(end).map(|&high| f64::midpoint(sorted[first], high));
    ends(sorted, limit).filter_map(next).fold(f64::INFINITY, f64::min)
}

/// The `place`-th smallest (from 1) of the means of all pairs of sorted values: halved down until as many pairs remain as
/// there are values, which are then listed.
fn select(sorted: &[f64], place: u64) -> f64 {
    let (mut low, mut high) = (sorted[0], sorted[sorted.len() - 1]);
    let (mut before, mut until) = (at_most(sorted, low), (sorted.len() * (sorted.len() + 1) / 2) as u64);
    if before >= place {
        return low;
    }
    // The mean that is looked for lies above `low`, and is at most `high`.
    while until - before > sorted.len() as u64 {
        let middle = f64::midpoint(low, high);
        if middle <= low || middle >= high {
            // No number lies between: what remains is equal.
            return high;
        }
        let count = at_most(sorted, middle);
        if count >= place { (high, until) = (middle, count) } else { (low, before) = (middle, count) }
    }
    let mut rest: Vec<f64> = ends(sorted, low)
        .zip(ends(sorted, high))
        .flat_map(|((first, from), (_, to))| sorted[from..to].iter().map(move |&own| f64::midpoint(sorted[first], own)))
        .collect();
    let at = (place - before - 1) as usize;
    *rest.select_nth_unstable_by(at, f64::total_cmp).1
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metric::compare::difference::median;

    #[track_caller]
    fn check(values: &[f64]) {
        let mut pairs: Vec<f64> = Vec::new();
        for i in 0..values.len() {
            pairs.extend((i..values.len()).map(|j| f64::midpoint(values[i], values[j])));
        }
        let found = pairwise_median(values);
        assert_eq!(found, median(&pairs), "{values:?}");
        let mirrored: Vec<f64> = values.iter().map(|v| -v).collect();
        assert_eq!(pairwise_median(&mirrored), -found);
    }

    #[test]
    fn the_middle_of_all_pairs_is_that_of_the_list() {
        for n in 1..60u32 {
            let values = |modulus: u32| -> Vec<f64> {
                (0..n).map(|i| f64::from(i * i * 7919 % modulus) / 1009.0 - 0.4).collect()
            };
            check(&values(1009));
            // Many ties.
            check(&values(3));
            check(&values(1));
            // Numbers of very different sizes.
            check(
                &(0..n).map(|i| 10f64.powi((i * 37 % 600) as i32 - 300) * (f64::from(i % 5) - 2.0)).collect::<Vec<_>>(),
            );
        }
        check(&[f64::MAX, -f64::MAX, 5e-324, 0.0]);
        check(&[f64::MAX; 5]);
        assert!(pairwise_median(&[]).is_nan());
    }
}
