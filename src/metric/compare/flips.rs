//! The permutation test of a mean difference: the signs of the differences are flipped, as if the names of the two
//! models had been swapped in each case.
//!
//! We have our own test because no statistics crate has it for pairs, and because sums must not depend on the order of
//! addition: they are sums of whole numbers.

use super::signed_rank::{Method, PValues};
use crate::metric::cohort::resampling::SplitMix64;

/// What the test found.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SignFlip {
    /// All patterns of signs, or a sample of them.
    pub method: Method,
    /// NaN without any difference; 1 where all are 0.
    pub p: PValues,
}

/// The most differences whose patterns of signs are all counted: as sums of two halves, each of 2^16.
const MOST_COUNTED: usize = 32;

/// FNV-1a of `sign-flip`: other draws than those of the bootstrap.
const STREAM: u64 = 0xf48e_b205_cb49_a878;

/// The share of patterns of signs whose mean lies as far from 0 as that of these differences. Up to `tau` per
/// difference counts as equal, in favour of no difference.
///
/// Up to 32 differences that are not 0 all 2^m patterns are counted. Beyond, `draws` of them are drawn, and p is (1 +
/// those as far out) / (1 + draws), which is never below 1 / (1 + draws) (Phipson & Smyth 2010).
///
/// ```
/// use voxdice::metric::compare::sign_flip;
/// let found = sign_flip(&[0.1, 0.2, -0.05], 0.0, 10_000, 0);
/// assert_eq!(found.p.two_sided, 4.0 / 8.0);
/// assert_eq!(found.p.greater, 2.0 / 8.0);
/// ```
pub fn sign_flip(differences: &[f64], tau: f64, draws: u32, seed: u64) -> SignFlip {
    let finite: Vec<f64> = differences.iter().copied().filter(|d| d.is_finite()).collect();
    let some: Vec<f64> = finite.iter().copied().filter(|d| d.abs() > tau).collect();
    let constant = |p| SignFlip { method: Method::Exact, p: PValues { two_sided: p, greater: p, less: p } };
    if some.is_empty() {
        return constant(if finite.is_empty() { f64::NAN } else { 1.0 });
    }
    // Numbers at the ends of what doubles hold are brought between, by powers of two, which round nothing: so neither
    // their sum nor its parts are lost.
    let largest = some.iter().fold(0.0, |most: f64, d| most.max(d.abs()));
    let scale = match largest {
        1e200.. => 2f64.powi(-600),
        1e-200.. => 1.0,
        _ => 2f64.powi(900),
    };
    let tau = tau * scale;
    let some: Vec<f64> = some.iter().map(|d| d * scale).collect();
    let unit = some.iter().map(|d| d.abs()).sum::<f64>() / 2f64.powi(60);
    let whole: Vec<i64> = some.iter().map(|d| (d / unit).round_ties_even() as i64).collect();
    let slack = (some.len() as f64 * (tau / unit + 1.0)).ceil() as i64;
    let sum: i64 = whole.iter().sum();
    if some.len() <= MOST_COUNTED {
        let patterns = 2f64.powi(some.len() as i32);
        let above = at_least(&whole, sum - slack);
        let below = at_least(&whole, -sum - slack);
        // As far out on either side. If 0 itself is that far out, all patterns are.
        let two_sided = if sum.abs() <= slack { patterns } else { 2.0 * above.min(below) };
        let p =
            PValues { two_sided: (two_sided / patterns).min(1.0), greater: above / patterns, less: below / patterns };
        return SignFlip { method: Method::Exact, p };
    }
    let mut random = SplitMix64(seed ^ SplitMix64(STREAM).next());
    let (mut both, mut above, mut below) = (0u32, 0u32, 0u32);
    let fours: Vec<[i64; 16]> = whole.chunks(4).map(sums_of_four).collect();
    for _ in 0..draws {
        let flipped: i64 = fours.chunks(16).map(|part| flipped(part, random.next())).sum();
        both += u32::from(flipped.abs() >= sum.abs() - slack);
        above += u32::from(flipped >= sum - slack);
        below += u32::from(flipped <= sum + slack);
    }
    let share = |times: u32| (1.0 + f64::from(times)) / (1.0 + f64::from(draws));
    SignFlip {
        method: Method::MonteCarlo { draws },
        p: PValues { two_sided: share(both), greater: share(above), less: share(below) },
    }
}

/// The sums of up to four differences by their signs: where a bit of the place is set, the difference counts as it is.
fn sums_of_four(part: &[i64]) -> [i64; 16] {
    let signed = |place: usize, at: usize, d: i64| if place >> at & 1 == 1 { d } else { -d };
    std::array::from_fn(|place| part.iter().enumerate().map(|(at, &d)| signed(place, at, d)).sum())
}

/// The sum of 64 differences with the signs given by these bits.
fn flipped(fours: &[[i64; 16]], bits: u64) -> i64 {
    fours.iter().enumerate().map(|(at, sums)| sums[(bits >> (4 * at) & 15) as usize]).sum()
}

/// How many patterns of signs have a sum of at least this: for every sum of one half, those of the other that reach it.
fn at_least(whole: &[i64], limit: i64) -> f64 {
    let (one, other) = whole.split_at(whole.len() / 2);
    let sums = |half: &[i64]| {
        let mut sums = vec![0i64];
        for &d in half {
            sums = sums.iter().flat_map(|sum| [sum + d, sum - d]).collect();
        }
        sums.sort_unstable();
        sums
    };
    let (one, other) = (sums(one), sums(other));
    let mut reached = other.len();
    let mut count = 0u64;
    for sum in one {
        while reached > 0 && other[reached - 1] >= limit - sum {
            reached -= 1;
        }
        count += (other.len() - reached) as u64;
    }
    count as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each bit is the sign of a difference.
    #[test]
    fn sums_are_those_of_single_signs() {
        let whole: Vec<i64> = (0..130).map(|i: i64| i * i * i % 1009 - 300).collect();
        let fours: Vec<[i64; 16]> = whole.chunks(4).map(sums_of_four).collect();
        let mut random = SplitMix64(3);
        for _ in 0..50 {
            let bits = [random.next(), random.next(), random.next()];
            let sign = |at: usize| if bits[at / 64] >> (at % 64) & 1 == 1 { 1 } else { -1 };
            let expected: i64 = whole.iter().enumerate().map(|(at, d)| sign(at) * d).sum();
            assert_eq!(fours.chunks(16).zip(bits).map(|(part, bits)| flipped(part, bits)).sum::<i64>(), expected);
        }
    }

    #[test]
    fn the_size_of_differences_does_not_matter() {
        let shape = [3.0, -1.0, 2.0, 5.0, 1.0, -2.0];
        let expected = sign_flip(&shape, 0.0, 100, 1);
        // Powers of two, as others round the differences themselves.
        for size in [5e-324, 2f64.powi(-1000) * 2f64.powi(-30), 2f64.powi(-700), 2f64.powi(1000), 2f64.powi(1021)] {
            let scaled: Vec<f64> = shape.iter().map(|d| d * size).collect();
            assert_eq!(sign_flip(&scaled, 0.0, 100, 1), expected, "{size:e}");
        }
        let many: Vec<f64> = (0..80).map(|i| if i % 3 == 0 { -1e308 } else { 1e308 }).collect();
        let same: Vec<f64> = many.iter().map(|d| d.signum()).collect();
        assert_eq!(sign_flip(&many, 0.0, 100, 1), sign_flip(&same, 0.0, 100, 1));
    }
}
