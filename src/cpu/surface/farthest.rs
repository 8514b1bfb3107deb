//! The element that is farthest from its target: what a picture of the worst surface shows.

use super::bits::Bits;
use super::far::{Far, Found};
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
    if targets.is_empty() {
        return None;
    }
    let far = Far::new(targets, weights);
    let (mut most, mut last): (Option<Line>, Option<[usize; 3]>) = (None, None);
    queries.each_in(0..queries.rows(), |z, y, x| {
        let from = [z, y, x];
        let longest = most.map_or(0, |line| line.squared);
        // Neighbours have targets that are near each other: most queries are known by them to be no farther.
        let known = last.map_or(Found::NONE, |to| far.found(from, to));
        if known.squared <= longest {
            return;
        }
        let Found { squared, at } = far.nearest(from, known, &mut 0);
        last = Some(at);
        most = if squared > longest { Some(Line { squared, from, to: at }) } else { most };
    });
    most
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cpu::surface::pairs::{between, nearest, noise, places};
    use crate::stats::Spacing;

    /// The longest of the shortest lines, among all pairs.
    #[test]
    fn it_is_what_all_pairs_have() {
        // The last weights are those of 0.7 x 0.3 mm in a small image: none are larger.
        let filled = Lattice::new(&Spacing::new([0.7, 0.3]).unwrap(), &[5, 5]).unwrap().weights3();
        for (seed, size) in [[7, 9, 70], [1, 30, 40], [20, 1, 65], [12, 11, 3], [1, 5, 5]].into_iter().enumerate() {
            let all = [([1, 1, 1], 2), ([900, 64, 49], 5), ([1, 100, 9], 300), (filled, 300)];
            let fits = |weights: [u64; 3]| weights != filled || size == [1, 5, 5];
            for (weights, per_mille) in all.into_iter().filter(|(weights, _)| fits(*weights)) {
                let targets = noise(size, per_mille, seed as u64 + 1);
                let queries = noise(size, 20, seed as u64 + 50).without(&targets);
                let (from, to) = (places(&queries), places(&targets));
                let expected = from.iter().filter_map(|&place| nearest(place, &to, weights)).max();
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
