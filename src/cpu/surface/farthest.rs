//! The element that is farthest from its target: what a picture of the worst surface shows.

use super::bits::Bits;
use super::nearest::{ANYWHERE, nearest_in_row, occupied_rows, square};
use super::{Ends, Masks};
use crate::stats::{Farthest, Lattice, SurfaceOptions};

/// A query and the target nearest to it.
#[derive(Clone, Copy)]
struct Line {
    squared: u64,
    from: [usize; 3],
    to: [usize; 3],
}

/// Of both boundaries. None where one is missing, and where all distances are 0.
pub(super) fn farthest(masks: &Masks, lattice: &Lattice, options: &SurfaceOptions) -> Option<Farthest> {
    let ends = Ends::of(masks, lattice, options);
    let of = |side: usize| {
        let (elements, targets) = ends.of_side(side);
        let line = line(&elements.without(targets), targets, lattice.weights3())?;
        // Corners are one more than voxels along an axis: before the first voxel comes the first of them.
        let place = |bits: &Bits, at: [usize; 3]| {
            let half = |axis: usize| if bits.size[axis] > masks.truth.size[axis] { 0.5 } else { 0.0 };
            [0, 1, 2].map(|axis| (masks.low[axis] + at[axis]) as f64 - half(axis))
        };
        Some((line.squared, side == 0, place(elements, line.from), place(targets, line.to)))
    };
    // Of two that are as far that of the truth.
    let found = [of(1), of(0)].into_iter().flatten().max_by_key(|(squared, ..)| *squared)?;
    let (squared, of_truth, element, target) = found;
    Some(Farthest { mm: lattice.distance(squared), of_truth, element, target })
}

/// The longest line from a query, none of which is a target, to the nearest target.
fn line(queries: &Bits, targets: &Bits, weights: [u64; 3]) -> Option<Line> {
    let occupied = occupied_rows(targets);
    let (mut most, mut last): (Option<Line>, Option<[usize; 3]>) = (None, None);
    queries.each_in(0..queries.rows(), |z, y, x| {
        let from = [z, y, x];
        let longest = most.map_or(0, |line| line.squared);
        // Neighbours have targets that are near each other: most queries are known by them to be no farther.
        if last.is_some_and(|to| between(from, to, weights) <= longest) {
            return;
        }
        if let Some(line) = nearest(from, targets, &occupied, weights, longest) {
            last = Some(line.to);
            most = if line.squared > longest { Some(line) } else { most };
        }
    });
    most
}

fn between(a: [usize; 3], b: [usize; 3], weights: [u64; 3]) -> u64 {
    (0..3).map(|axis| weights[axis] * square(a[axis].abs_diff(b[axis]))).sum()
}

/// The target nearest to a query, looked for from its own row outward until no slice is near enough; or one that is no farther
/// than `longest`, which suffices.
fn nearest(
    from: [usize; 3],
    targets: &Bits,
    occupied: &[(usize, usize)],
    weights: [u64; 3],
    longest: u64,
) -> Option<Line> {
    let [z, y, x] = from;
    let (mut before, mut behind) = occupied.split_at(occupied.partition_point(|row| *row < (z, y)));
    let to_slice = |row: Option<&(usize, usize)>| row.map_or(u64::MAX, |row| weights[0] * square(row.0.abs_diff(z)));
    let mut best: Option<Line> = None;
    loop {
        let (low, high) = (to_slice(before.last()), to_slice(behind.first()));
        let shortest = best.map_or(u64::MAX, |line| line.squared);
        if low.min(high) >= shortest || best.is_some() && shortest <= longest {
            return best;
        }
        let next = if low < high { before.split_off_last() } else { behind.split_off_first() };
        let Some(&(tz, ty)) = next else { return best };
        let in_row = between([z, y, 0], [tz, ty, 0], weights);
        if in_row >= shortest {
            continue;
        }
        let row = targets.row(tz, ty);
        let Some(dx) = nearest_in_row(row, x, ANYWHERE, &mut 0) else { continue };
        let squared = in_row + weights[2] * square(dx);
        if squared < shortest {
            let is_target = |x: usize| row.get(x / 64).is_some_and(|word| word >> (x % 64) & 1 == 1);
            let tx = if is_target(x + dx) { x + dx } else { x - dx };
            best = Some(Line { squared, from, to: [tz, ty, tx] });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Bits by a small generator, so many of 1000.
    fn noise(size: [usize; 3], per_mille: u64, mut state: u64) -> Bits {
        let mut bits = Bits::new(size);
        for at in 0..size.iter().product() {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            if (state >> 33) % 1000 < per_mille {
                let (row, x) = (at / size[2], at % size[2]);
                bits.words[row * bits.width + x / 64] |= 1 << (x % 64);
            }
        }
        bits
    }

    fn places(bits: &Bits) -> Vec<[usize; 3]> {
        let mut places = Vec::new();
        bits.each_in(0..bits.rows(), |z, y, x| places.push([z, y, x]));
        places
    }

    /// The longest of the shortest lines, among all pairs.
    #[test]
    fn it_is_what_all_pairs_have() {
        for (seed, size) in [[7, 9, 70], [1, 30, 40], [20, 1, 65], [12, 11, 3]].into_iter().enumerate() {
            for (weights, per_mille) in [([1, 1, 1], 2), ([900, 64, 49], 5), ([1, 100, 9], 300)] {
                let targets = noise(size, per_mille, seed as u64 + 1);
                let queries = noise(size, 20, seed as u64 + 50).without(&targets);
                let (from, to) = (places(&queries), places(&targets));
                let nearest = |&place: &[usize; 3]| to.iter().map(|&to| between(place, to, weights)).min();
                let expected = from.iter().filter_map(nearest).max();
                let found = line(&queries, &targets, weights);
                assert_eq!(found.map(|line| line.squared), expected, "{size:?} {weights:?} {per_mille}");
                if let Some(line) = found {
                    assert!(from.contains(&line.from) && to.contains(&line.to));
                    assert_eq!(between(line.from, line.to, weights), line.squared);
                }
            }
        }
    }
}
