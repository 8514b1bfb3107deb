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
        if let Some(line) = nearest(from, targets, &occupied, weights) {
            last = Some(line.to);
            most = if line.squared > longest { Some(line) } else { most };
        }
    });
    most
}

fn between(a: [usize; 3], b: [usize; 3], weights: [u64; 3]) -> u64 {
    (0..3).map(|axis| weights[axis] * square(a[axis].abs_diff(b[axis]))).sum()
}

/// The target nearest to a query, looked for in every row that has targets.
fn nearest(from: [usize; 3], targets: &Bits, occupied: &[(usize, usize)], weights: [u64; 3]) -> Option<Line> {
    let [z, y, x] = from;
    let mut best: Option<Line> = None;
    for &(tz, ty) in occupied {
        let in_row = between([z, y, 0], [tz, ty, 0], weights);
        let shortest = best.map_or(u64::MAX, |line| line.squared);
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
    best
}
