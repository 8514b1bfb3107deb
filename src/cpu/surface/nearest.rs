//! The nearest target of each query, exactly.

use super::bits::{Bits, each_bit};
use super::far::{Beside, Far};
use super::near::Near;
use super::row::{ANYWHERE, nearest_in_row, square};
use super::tally::Tally;
use super::transform::transform;
use crate::stats::DistanceCount;
use std::ops::Range;
use std::sync::atomic::{AtomicU64, Ordering};

/// What queries are measured to.
pub(super) struct Nearest<'a, K> {
    /// At least one.
    pub targets: &'a Bits,
    pub weights: [u64; 3],
    /// The kind of the element at a place.
    pub kind: &'a K,
}

/// Single rows of the search that take as long as a voxel of the box in the transform.
const ROWS_PER_VOXEL: f64 = 5.0;

/// The part of the budget that the first queries may take.
const BEGINNING: f64 = 0.0625;

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
        if occupied.len() <= FEW_ROWS {
            return self.in_few_rows(&queries, asked, &occupied);
        }
        let voxels = queries.size.iter().product::<usize>() as u64;
        let budget = Budget { voxels, queries: asked, spent: AtomicU64::new(0), done: AtomicU64::new(0) };
        let (near, far) = (Near::new(self.targets, self.weights), Far::new(self.targets, self.weights));
        let tasks = queries.tasks(asked);
        let parts = crate::cpu::map_indexed(tasks.len(), |task| {
            self.searched(&near, &far, &queries, tasks[task].clone(), &budget)
        });
        let words = parts.iter().flat_map(|part| &part.open).copied().collect();
        let mut found: Vec<DistanceCount> = parts.into_iter().flat_map(|part| part.found).collect();
        let open = Bits { words, ..queries };
        if !open.is_empty() {
            found.extend(transform(self.targets, &open, self.weights, self.kind));
        }
        found
    }

    /// Searches every row that has targets, which are few.
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

    /// Searches for the queries of these rows, while that pays.
    fn searched(&self, near: &Near<'_>, far: &Far, queries: &Bits, rows: Range<usize>, budget: &Budget) -> Part {
        let (mut tally, mut beside) = (Tally::new(), Beside::default());
        let mut is_near = true;
        let width = queries.width;
        let mut open = vec![0; rows.len() * width];
        for (row, open) in rows.zip(open.chunks_exact_mut(width)) {
            let (z, y) = (row / queries.size[1], row % queries.size[1]);
            for (k, (&word, open)) in queries.row(z, y).iter().zip(open).enumerate() {
                if word == 0 {
                    continue;
                }
                if budget.is_spent() {
                    *open = word;
                    continue;
                }
                let mut cost = 0;
                each_bit(word, |bit| {
                    let (x, from) = (64 * k + bit, [z, y, 64 * k + bit]);
                    // Where the query before this one was far, this one is most often.
                    let found = if is_near { near.nearest(from, &mut cost) } else { None };
                    let squared = found.unwrap_or_else(|| {
                        let found = far.nearest(from, beside.nearest(far, from), &mut cost);
                        beside.push(x, found.at);
                        found.squared
                    });
                    is_near = near.has(squared);
                    tally.add(squared, (self.kind)(z, y, x));
                });
                budget.spend(cost, word.count_ones().into());
            }
        }
        Part { found: tally.finish(), open }
    }
}

/// How much a search may cost, in single rows that are looked at. It is worth what the transform of the box takes, so each
/// query may cost its part of that, and in the beginning a bit more.
struct Budget {
    voxels: u64,
    queries: u64,
    spent: AtomicU64,
    done: AtomicU64,
}

impl Budget {
    fn spend(&self, cost: u64, queries: u64) {
        self.spent.fetch_add(cost, Ordering::Relaxed);
        self.done.fetch_add(queries, Ordering::Relaxed);
    }

    fn is_spent(&self) -> bool {
        let (spent, done) = (self.spent.load(Ordering::Relaxed), self.done.load(Ordering::Relaxed));
        let due = self.voxels as f64 * (done as f64 / self.queries as f64 + BEGINNING);
        spent as f64 > ROWS_PER_VOXEL * due
    }
}

/// Rows that have targets.
pub(super) fn occupied_rows(targets: &Bits) -> Vec<(usize, usize)> {
    let rows = (0..targets.rows()).map(|row| (row / targets.size[1], row % targets.size[1]));
    rows.filter(|&(z, y)| targets.row(z, y).iter().any(|&word| word != 0)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cpu::surface::far::Found;
    use crate::cpu::surface::pairs::{nearest, noise, only, places};
    use crate::stats::{Lattice, Spacing};

    /// Boxes of one and of several words, and of slices and rows that do not fill a block.
    const SIZES: [[usize; 3]; 7] =
        [[7, 9, 70], [1, 40, 200], [20, 1, 65], [12, 11, 3], [17, 35, 64], [3, 2, 400], [50, 5, 128]];

    /// Of equal spacings, of 3.0 x 0.8 x 0.7 mm, with the shortest steps along each axis, and large ones.
    const WEIGHTS: [[u64; 3]; 5] =
        [[1; 3], [900, 64, 49], [1, 100, 2500], [400, 9, 1], [9 << 38, (64 << 38) / 100, (49 << 38) / 100 + 1]];

    /// Voxels that no lattice has exactly, so that theirs has the largest weights that there are; of few rows, whose last four is
    /// filled up.
    const FILLED: [([usize; 3], [f64; 3]); 6] = [
        ([20, 4, 7], [0.7, 5.1, 0.9]),
        ([13, 4, 11], [0.7, 2.5, 0.7]),
        ([9, 5, 70], [0.5001, 1.0001, 0.6001]),
        ([12, 3, 1], [0.7, 0.9, 1.1]),
        ([1, 3, 3], [1.0, 0.7, 0.3]),
        ([1, 18, 40], [1.0, 3.3, 0.7]),
    ];

    /// Size, weights, targets and queries: noise of any density, and corners of the box that are far from each other.
    fn each(mut f: impl FnMut([u64; 3], &Bits, &Bits)) {
        let filled = FILLED.map(|(size, mm)| {
            let axes = if size[0] == 1 { 1..3 } else { 0..3 };
            let lattice =
                Lattice::new(&Spacing::new(&mm[axes.clone()]).unwrap(), &size.map(|n| n as u64)[axes]).unwrap();
            (size, vec![lattice.weights3()])
        });
        for (seed, (size, weights)) in SIZES.map(|size| (size, WEIGHTS.to_vec())).into_iter().chain(filled).enumerate()
        {
            for weights in weights {
                for per_mille in [1, 20, 400] {
                    let targets = noise(size, per_mille, seed as u64 + 1);
                    let queries = noise(size, 60, seed as u64 + 50).without(&targets);
                    f(weights, &targets, &queries);
                    let half = |axis: usize| size[axis].div_ceil(2);
                    let low = |place: [usize; 3]| place.iter().enumerate().all(|(axis, &at)| at < half(axis));
                    let high = |place: [usize; 3]| {
                        place.iter().enumerate().all(|(axis, &at)| at >= size[axis] - 1 - half(axis) / 4)
                    };
                    f(weights, &only(&targets, low), &only(&queries, high).without(&targets));
                }
            }
        }
    }

    #[test]
    fn all_ways_have_the_distances_of_all_pairs() {
        each(|weights, targets, queries| {
            let to = places(targets);
            if to.is_empty() {
                return;
            }
            let counts = |mut entries: Vec<DistanceCount>| {
                entries.sort_unstable();
                entries.into_iter().flat_map(|entry| vec![entry.squared; entry.count as usize]).collect::<Vec<_>>()
            };
            let mut expected: Vec<u64> =
                places(queries).into_iter().filter_map(|from| nearest(from, &to, weights)).collect();
            expected.sort_unstable();
            let kind = |_, _, _| 0;
            let own = Nearest { targets, weights, kind: &kind };
            let name = format!("{:?} {weights:?} {} targets", targets.size, to.len());
            assert_eq!(counts(own.of_all(queries.clone())), expected, "{name}");
            assert_eq!(counts(own.in_few_rows(queries, 1, &occupied_rows(targets))), expected, "{name}, few rows");
            assert_eq!(counts(transform(targets, queries, weights, &kind)), expected, "{name}, transform");
            // Without an end to the budget, so that every query is searched for.
            let (near, far) = (Near::new(targets, weights), Far::new(targets, weights));
            let budget = Budget { voxels: u64::MAX, queries: 1, spent: AtomicU64::new(0), done: AtomicU64::new(0) };
            let part = own.searched(&near, &far, queries, 0..queries.rows(), &budget);
            assert!(part.open.iter().all(|&word| word == 0));
            assert_eq!(counts(part.found), expected, "{name}, search");
        });
    }

    #[test]
    fn what_is_known_does_not_matter() {
        each(|weights, targets, queries| {
            let (near, far) = (Near::new(targets, weights), Far::new(targets, weights));
            let to = places(targets);
            for (i, from) in places(queries).into_iter().enumerate().step_by(7) {
                let expected = nearest(from, &to, weights);
                let alone = far.nearest(from, Found::NONE, &mut 0);
                assert_eq!((alone != Found::NONE).then_some(alone.squared), expected, "{:?} {weights:?}", targets.size);
                let Some(squared) = expected else { continue };
                for known in [to[i % to.len()], alone.at] {
                    let found = far.nearest(from, far.found(from, known), &mut 0);
                    assert!(to.contains(&found.at) && found == far.found(from, found.at));
                    assert_eq!(found.squared, squared);
                }
                // What is as far as the limit may be in a row that is.
                match near.nearest(from, &mut 0) {
                    Some(found) => assert_eq!(found, squared),
                    None => assert!(!near.has(squared + 1)),
                }
            }
        });
    }

    #[test]
    fn what_costs_too_much_is_left_open() {
        // Two slabs that are far from each other.
        let all = noise([40, 40, 130], 1001, 1);
        let (targets, queries) = (only(&all, |place| place[2] == 0), only(&all, |place| place[2] == 129));
        let kind = |_, _, _| 0;
        let own = Nearest { targets: &targets, weights: [1; 3], kind: &kind };
        let (near, far) = (Near::new(&targets, [1; 3]), Far::new(&targets, [1; 3]));
        let budget = Budget { voxels: 400, queries: 1600, spent: AtomicU64::new(0), done: AtomicU64::new(0) };
        let part = own.searched(&near, &far, &queries, 0..queries.rows(), &budget);
        let found: u64 = part.found.iter().map(|entry| entry.count).sum();
        let open: u32 = part.open.iter().map(|word| word.count_ones()).sum();
        assert!(found > 0 && open > 0 && found + u64::from(open) == 1600, "{found} {open}");
        let all = own.of_all(queries);
        assert!(all.iter().all(|entry| entry.squared == 129 * 129));
        assert_eq!(all.iter().map(|entry| entry.count).sum::<u64>(), 1600);
    }
}
