//! Whether two backends found the same, block by block.

use crate::Table;
use crate::stats::{Counts, DistanceCount, Instances, Lesion, NO_TARGET, Sums, Surface};
use std::fmt;

/// The first block that two tables disagree about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// The sample.
    pub sample: usize,
    /// Channel, or class.
    pub channel: usize,
    /// None where even the number of blocks differs.
    pub block: Option<usize>,
    /// What the one and the other found there.
    pub found: [String; 2],
}

/// A statistic in words.
pub trait InWords: PartialEq {
    /// All its numbers.
    fn in_words(&self) -> String;
}

impl InWords for Counts {
    fn in_words(&self) -> String {
        format!(
            "tp {}, n_pred {}, n_truth {}, n {}, out of range {} and {}",
            self.tp(),
            self.n_pred(),
            self.n_truth(),
            self.n(),
            self.out_of_range_pred(),
            self.out_of_range_truth()
        )
    }
}

impl InWords for Sums {
    fn in_words(&self) -> String {
        let units = self.exact().into_iter().map(|sum| format!("{}*2^{}", sum.units(), sum.exponent()));
        let bad = self.non_finite();
        format!("{} ({} and {} non-finite)", units.collect::<Vec<_>>().join(", "), bad.pred, bad.truth)
    }
}

/// The first cell and block in which `a` and `b` differ.
pub fn first_difference<T: InWords>(a: &Table<Vec<T>>, b: &Table<Vec<T>>) -> Option<Difference> {
    let size = |t: &Table<Vec<T>>| format!("{} samples of {} channels", t.samples(), t.channels());
    if (a.samples(), a.channels()) != (b.samples(), b.channels()) {
        return Some(Difference { sample: 0, channel: 0, block: None, found: [size(a), size(b)] });
    }
    let cells = a.values().iter().zip(b.values()).enumerate();
    let (cell, (a_blocks, b_blocks)) = cells.into_iter().find(|(_, (a, b))| a != b)?;
    let (sample, channel) = (cell / a.channels(), cell % a.channels());
    let block = a_blocks.iter().zip(b_blocks).position(|(a, b)| a != b);
    let found = [a_blocks, b_blocks].map(|blocks| match block {
        Some(block) => blocks[block].in_words(),
        None => format!("{} blocks", blocks.len()),
    });
    Some(Difference { sample, channel, block, found })
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [a, b] = &self.found;
        match self.block {
            Some(block) => write!(
                f,
                "sample {}, channel {}, block {block}: the CPU has {a}; the GPU has {b}",
                self.sample, self.channel
            ),
            None => write!(f, "sample {}, channel {}: the CPU has {a}; the GPU has {b}", self.sample, self.channel),
        }
    }
}

/// The first distance that one of two surfaces has more often than the other, and how often each has it.
pub fn surface_difference(a: &Surface, b: &Surface) -> Option<(String, [u64; 2])> {
    if a == b {
        return None;
    }
    let of_truth = [a, b].map(|surface| surface.truth().entries());
    let of_pred = [a, b].map(|surface| surface.pred().entries());
    for (side, [of_a, of_b]) in [("truth", of_truth), ("prediction", of_pred)] {
        let count = |entries: &[DistanceCount], like: &DistanceCount| {
            let same = entries.iter().find(|entry| (entry.squared, entry.kind) == (like.squared, like.kind));
            same.map_or(0, |entry| entry.count)
        };
        // Both are sorted by distance.
        if let Some(first) = of_a.iter().chain(of_b).filter(|e| count(of_a, e) != count(of_b, e)).min() {
            let distance = match first.squared {
                NO_TARGET => "without a target".into(),
                squared => format!("at squared distance {squared}"),
            };
            let kind = if first.kind == 0 { String::new() } else { format!(" of kind {}", first.kind) };
            return Some((
                format!("elements{kind} of the {side} {distance}"),
                [count(of_a, first), count(of_b, first)],
            ));
        }
    }
    // The lattice or the options differ.
    Some(("elements of the truth".into(), [a.truth().elements(), b.truth().elements()]))
}

/// The first number about lesions that is another in `a` and `b`, and what it is in each.
pub fn instances_difference(a: &Instances, b: &Instances) -> Option<(String, [u64; 2])> {
    if a == b {
        return None;
    }
    let of_truth = [a, b].map(Instances::truth);
    let of_pred = [a, b].map(Instances::pred);
    for (side, [of_a, of_b]) in [("truth", of_truth), ("prediction", of_pred)] {
        if of_a.len() != of_b.len() {
            return Some((format!("lesions of the {side}"), [of_a, of_b].map(|lesions| lesions.len() as u64)));
        }
        if let Some((number, (a, b))) = (1..).zip(of_a.iter().zip(of_b)).find(|(_, (a, b))| a != b) {
            let numbers = |lesion: &Lesion| {
                let places = [lesion.low(), lesion.high()].concat().into_iter().map(u64::from);
                let sums = lesion.sums().into_iter().map(|sum| sum as u64);
                let all = [lesion.voxels(), lesion.first()].into_iter().chain(places).chain(sums);
                all.collect::<Vec<_>>()
            };
            let (of_a, of_b) = (numbers(a), numbers(b));
            let place = of_a.iter().zip(&of_b).position(|(a, b)| a != b).unwrap_or_default();
            let what = match place {
                0 => "voxels",
                1 => "the first voxel",
                2..8 => "the box",
                _ => "the sum of places",
            };
            return Some((format!("{what} of lesion {number} of the {side}"), [of_a[place], of_b[place]]));
        }
    }
    let counts = |found: &Instances| {
        let voxels = |all: &[crate::stats::Overlap]| all.iter().map(|overlap| overlap.voxels).sum::<u64>();
        let [truth, pred] = [found.touches_of_truth(), found.touches_of_pred()].map(|touches| touches.len() as u64);
        let (pairs, near) = (found.overlaps().len() as u64, found.near().count() as u64);
        let regions = found.regions().unwrap_or_default();
        [pairs, voxels(found.overlaps()), near, regions.len() as u64, voxels(regions), truth, pred]
    };
    let names = [
        "pairs of lesions that share voxels",
        "voxels that they share",
        "pairs of lesions that are near",
        "pairs by the nearest lesion",
        "voxels of these",
        "lesions of the truth that touch others",
        "lesions of the prediction that touch others",
    ];
    let (of_a, of_b) = (counts(a), counts(b));
    // As many pairs, but others of them.
    let place = (0..names.len()).find(|&place| of_a[place] != of_b[place]).unwrap_or_default();
    Some((names[place].into(), [of_a[place], of_b[place]]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::Terms;
    use crate::{Classes, Engine, EngineOptions, LabelMap, Pair, Shape, Volume};

    /// Two samples of three classes, three blocks each.
    fn counts() -> Table<Vec<Counts>> {
        let shape = Shape::new(2, 1, [3, 50_000]).unwrap();
        let labels: Vec<u8> = (0..300_000u32).map(|i| (i / 7 % 4) as u8).collect();
        let map = || LabelMap::u8(shape.clone(), &labels).unwrap();
        let engine = Engine::new(&EngineOptions::default()).unwrap();
        engine.counts_by_block(Pair { pred: map(), truth: map() }, &Classes::new(1..=3).unwrap()).unwrap()
    }

    /// `table` with the value at one place changed by `change`.
    fn tampered<T: Clone>(table: &Table<Vec<T>>, cell: usize, block: usize, change: fn(&mut T)) -> Table<Vec<T>> {
        let mut next = 0;
        table.map(|blocks| {
            let mut blocks = blocks.clone();
            if next == cell {
                change(&mut blocks[block]);
            }
            next += 1;
            blocks
        })
    }

    #[test]
    fn equal_tables_have_no_difference() {
        assert_eq!(first_difference(&counts(), &counts()), None);
    }

    #[test]
    fn one_count_that_is_off_by_one_is_found_where_it_is() {
        let good = counts();
        for (cell, block) in [(0, 0), (1, 2), (5, 1), (5, 2)] {
            let bad = tampered(&good, cell, block, |c| {
                *c = Counts::new(c.tp() - 1, c.n_pred(), c.n_truth(), c.n() + 1).unwrap();
            });
            let found = first_difference(&good, &bad).unwrap();
            assert_eq!((found.sample, found.channel, found.block), (cell / 3, cell % 3, Some(block)));
            assert_ne!(found.found[0], found.found[1]);
        }
    }

    #[test]
    fn a_voxel_out_of_range_is_a_difference_too() {
        let good = counts();
        let bad = tampered(&good, 2, 0, |c| *c = c.with_out_of_range(1, 0));
        assert_eq!(first_difference(&good, &bad).unwrap().channel, 2);
    }

    #[test]
    fn a_lost_block_and_a_lost_cell_are_differences() {
        let good = counts();
        let mut next = 0;
        let short = good.map(|blocks| {
            next += 1;
            blocks[..blocks.len() - usize::from(next == 4)].to_vec()
        });
        let found = first_difference(&good, &short).unwrap();
        assert_eq!((found.sample, found.channel, found.block), (1, 0, None));
        let narrow = Table::new(1, 3, good.values()[..3].to_vec());
        assert!(first_difference(&good, &narrow).is_some());
    }

    #[test]
    fn the_last_bit_of_a_sum_is_a_difference() {
        let shape = Shape::new(1, 1, [2]).unwrap();
        let engine = Engine::new(&EngineOptions::default()).unwrap();
        let sums = |p: [f32; 2]| {
            let (p, t) = (Volume::f32(shape.clone(), &p).unwrap(), Volume::f32(shape.clone(), &[0.5, 0.25]).unwrap());
            engine.sums_by_block(Pair { pred: p, truth: t }, &Terms::All.into()).unwrap()
        };
        let last_bit = f32::from_bits(0.5f32.to_bits() + 1);
        assert!(first_difference(&sums([0.5, 1.0]), &sums([last_bit, 1.0])).is_some());
    }
}
