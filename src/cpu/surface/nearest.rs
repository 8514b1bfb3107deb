//! The nearest target of each query, exactly.

use super::bits::{Bits, each_bit};
use super::tally::Tally;
use super::transform::transform;
use crate::kernel::rows::{RINGS, RowTable};
use crate::stats::DistanceCount;
use std::ops::Range;
use std::sync::atomic::{AtomicU64, Ordering};

/// What queries are measured to.
pub(super) struct Nearest<'a, K> {
    /// At least one.
    pub targets: &'a Bits,
    pub weights: [u64; 3],
    pub rows: &'a RowTable,
    /// The kind of the element at a place.
    pub kind: &'a K,
}

/// The search gives up after this many rows per voxel of the box: the transform takes longer than these, but not much
/// longer.
const ROWS_PER_VOXEL: u64 = 2;

/// So few rows with targets are looked at by every query.
const FEW_ROWS: usize = 8;

/// What a task found, and the queries it left open.
struct Part {
    found: Vec<DistanceCount>,
    open: Vec<u64>,
}

impl<K: Fn(usize, usize, usize) -> u8 + Sync> Nearest<'_, K> {
    /// Counts the queries, none of which is a target, by distance.
    pub fn of_all(&self, queries: Bits) -> Vec<DistanceCount> {
        let asked = queries.count();
        if asked == 0 {
            return Vec::new();
        }
        let occupied = occupied_rows(self.targets);
        let budget = ROWS_PER_VOXEL * queries.size.iter().product::<usize>() as u64;
        if occupied.len() <= FEW_ROWS {
            return self.in_few_rows(&queries, asked, &occupied);
        }
        let spent = AtomicU64::new(0);
        let tasks = queries.tasks(asked);
        let parts = crate::cpu::map_indexed(tasks.len(), |task| {
            self.in_near_rows(&queries, tasks[task].clone(), &spent, budget)
        });
        let words = parts.iter().flat_map(|part| &part.open).copied().collect();
        let mut found: Vec<DistanceCount> = parts.into_iter().flat_map(|part| part.found).collect();
        let open = Bits { words, ..queries };
        let asked = open.count();
        if asked > 0 {
            let rest = if asked.saturating_mul(occupied.len() as u64) <= budget {
                self.in_few_rows(&open, asked, &occupied)
            } else {
                transform(self.targets, &open, self.weights, self.kind)
            };
            found.extend(rest);
        }
        found
    }

    /// Searches every row that has targets: for few rows, or few queries.
    fn in_few_rows(&self, queries: &Bits, asked: u64, occupied: &[(usize, usize)]) -> Vec<DistanceCount> {
        let [wz, wy, wx] = self.weights;
        let tasks = queries.tasks(asked.saturating_mul(occupied.len() as u64));
        let parts = crate::cpu::map_indexed(tasks.len(), |task| {
            let mut tally = Tally::new();
            queries.each_in(tasks[task].clone(), |z, y, x| {
                let mut best = u64::MAX;
                for &(tz, ty) in occupied {
                    let squared = wz * square(tz.abs_diff(z)) + wy * square(ty.abs_diff(y));
                    if squared < best
                        && let Some(dx) = nearest_in_row(self.targets.row(tz, ty), x, ANYWHERE, &mut 0)
                    {
                        best = best.min(squared + wx * square(dx));
                    }
                }
                tally.add(best, (self.kind)(z, y, x));
            });
            tally.finish()
        });
        parts.concat()
    }

    /// Searches rows in the order of their distance.
    fn in_near_rows(&self, queries: &Bits, rows: Range<usize>, spent: &AtomicU64, budget: u64) -> Part {
        let mut tally = Tally::new();
        let width = queries.width;
        let mut open = vec![0; rows.len() * width];
        for (row, open) in rows.zip(open.chunks_exact_mut(width)) {
            let (z, y) = (row / queries.size[1], row % queries.size[1]);
            for (k, (&word, open)) in queries.row(z, y).iter().zip(open).enumerate() {
                if word == 0 {
                    continue;
                }
                if spent.load(Ordering::Relaxed) > budget {
                    *open = word;
                    continue;
                }
                let mut cost = 0;
                each_bit(word, |bit| {
                    let x = 64 * k + bit;
                    match self.nearest([z, y, x], &mut cost) {
                        Some(squared) => tally.add(squared, (self.kind)(z, y, x)),
                        None => *open |= 1 << bit,
                    }
                });
                spent.fetch_add(cost, Ordering::Relaxed);
            }
        }
        Part { found: tally.finish(), open }
    }

    /// The squared distance to the nearest target; none where all rings are too near.
    #[inline]
    fn nearest(&self, [z, y, x]: [usize; 3], cost: &mut u64) -> Option<u64> {
        let (targets, wx) = (self.targets, self.weights[2]);
        let farthest = {
            let [wz, wy, _] = self.weights;
            let reach = |at: usize, size: usize| square(at.max(size - 1 - at));
            wz * reach(z, targets.size[0]) + wy * reach(y, targets.size[1])
        };
        let (mut best, mut reach) = (u64::MAX, ANYWHERE);
        for ring in 0..RINGS {
            for row in self.rows.ring(ring) {
                if row.squared >= best {
                    return Some(best);
                }
                *cost += 1;
                let (Some(tz), Some(ty)) =
                    (z.checked_add_signed(row.dz as isize), y.checked_add_signed(row.dy as isize))
                else {
                    continue;
                };
                if tz >= targets.size[0] || ty >= targets.size[1] {
                    continue;
                }
                if let Some(dx) = nearest_in_row(targets.row(tz, ty), x, reach, cost) {
                    let squared = row.squared + wx * square(dx);
                    if squared < best {
                        best = squared;
                        // The square root may be one too small, as f64 has fewer digits.
                        reach = ((best / wx) as f64).sqrt() as usize + 1;
                    }
                }
            }
            let limit = self.rows.limit(ring);
            if best <= limit || farthest < limit {
                return Some(best);
            }
        }
        None
    }
}

/// Rows that have targets.
pub(super) fn occupied_rows(targets: &Bits) -> Vec<(usize, usize)> {
    let rows = (0..targets.rows()).map(|row| (row / targets.size[1], row % targets.size[1]));
    rows.filter(|&(z, y)| targets.row(z, y).iter().any(|&word| word != 0)).collect()
}

pub(super) fn square(n: usize) -> u64 {
    (n * n) as u64
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
