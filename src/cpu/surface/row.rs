//! The nearest bit of a row.

pub(super) fn square(n: usize) -> u64 {
    let n = n as u64;
    n * n
}

/// A reach that includes every bit; only the absence of a bit is beyond it.
pub(super) const ANYWHERE: usize = usize::MAX - 1;

/// How far the nearest bit from place `x` is, if not farther than `reach`. Words that are looked at beyond the first are
/// added to `cost`.
#[inline(always)]
pub(super) fn nearest_in_row(row: &[u64], x: usize, reach: usize, cost: &mut u64) -> Option<usize> {
    let (k, bit) = (x / 64, x % 64);
    let mut best = usize::MAX;
    let right = row[k] >> bit;
    if right != 0 {
        best = right.trailing_zeros() as usize;
    } else {
        let mut away = 64 - bit;
        for &word in &row[k + 1..] {
            if away > reach {
                break;
            }
            *cost += 1;
            if word != 0 {
                best = away + word.trailing_zeros() as usize;
                break;
            }
            away += 64;
        }
    }
    let left = row[k] << (63 - bit);
    if left != 0 {
        best = best.min(left.leading_zeros() as usize);
    } else {
        let mut away = bit + 1;
        let reach = reach.min(best);
        for &word in row[..k].iter().rev() {
            if away > reach {
                break;
            }
            *cost += 1;
            if word != 0 {
                best = best.min(away + word.leading_zeros() as usize);
                break;
            }
            away += 64;
        }
    }
    (best <= reach).then_some(best)
}
