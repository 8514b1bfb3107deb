//! Whether two backends found the same, block by block.

use crate::Table;
use crate::stats::{Counts, DistanceCount, Instances, Lesion, LesionRun, NO_TARGET, Overlap, Sums, Surface, Touch};
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
    let both = [a, b];
    let of_lists = of_lesions("truth", both.map(Instances::truth))
        .or_else(|| of_lesions("prediction", both.map(Instances::pred)))
        .or_else(|| of_runs("truth", both.map(Instances::runs_of_truth)))
        .or_else(|| of_runs("prediction", both.map(Instances::runs_of_pred)))
        .or_else(|| {
            let pairs = both.map(|found| found.overlaps().iter().map(numbers_of).collect());
            unlike(["pairs of lesions that share voxels", "sharing pair"], "", PAIR, pairs)
        })
        .or_else(|| {
            let near = both.map(|found| found.near().map(|pair| pair.map(|place| u64::from(place) + 1)).collect());
            unlike(["pairs of lesions that are near", "near pair"], "", [PAIR[0], PAIR[1]], near)
        })
        .or_else(|| {
            let regions = both.map(|found| found.regions().unwrap_or_default().iter().map(numbers_of).collect());
            unlike(["pairs by the nearest lesion", "nearest pair"], "", PAIR, regions)
        })
        .or_else(|| of_touches("truth", both.map(Instances::touches_of_truth)))
        .or_else(|| of_touches("prediction", both.map(Instances::touches_of_pred)));
    // The image or the options differ.
    of_lists.or_else(|| Some(("voxels of the image".into(), both.map(|found| found.extent().iter().product()))))
}

const PAIR: [&str; 3] = ["the true lesion", "the predicted lesion", "the voxels"];

fn numbers_of(pair: &Overlap) -> [u64; 3] {
    [u64::from(pair.truth) + 1, u64::from(pair.pred) + 1, pair.voxels]
}

/// Where two lists differ: in how many entries they have, or in a number of one of them.
fn unlike<const N: usize>(
    [entries, entry]: [&str; 2],
    side: &str,
    numbers: [&str; N],
    [a, b]: [Vec<[u64; N]>; 2],
) -> Option<(String, [u64; 2])> {
    let of_side = if side.is_empty() { String::new() } else { format!(" of the {side}") };
    if a.len() != b.len() {
        return Some((format!("{entries}{of_side}"), [a.len() as u64, b.len() as u64]));
    }
    let (number, (a, b)) = (1..).zip(a.iter().zip(&b)).find(|(_, (a, b))| a != b)?;
    let place = (0..N).find(|&place| a[place] != b[place])?;
    Some((format!("{} of {entry} {number}{of_side}", numbers[place]), [a[place], b[place]]))
}

fn of_lesions(side: &str, lists: [&[Lesion]; 2]) -> Option<(String, [u64; 2])> {
    let (b, s) = ("the box", "the sum of places");
    let names = ["voxels", "the first voxel", b, b, b, b, b, b, s, s, s];
    let numbers = |lesion: &Lesion| {
        let ([x, y, z], [to_x, to_y, to_z]) = (lesion.low().map(u64::from), lesion.high().map(u64::from));
        let [sum_x, sum_y, sum_z] = lesion.sums().map(|sum| sum as u64);
        [lesion.voxels(), lesion.first(), x, y, z, to_x, to_y, to_z, sum_x, sum_y, sum_z]
    };
    unlike(["lesions", "lesion"], side, names, lists.map(|lesions| lesions.iter().map(numbers).collect()))
}

fn of_runs(side: &str, lists: [Option<&[LesionRun]>; 2]) -> Option<(String, [u64; 2])> {
    let names = ["the lesion", "the slice", "the row", "the first column", "the end"];
    let numbers = |run: &LesionRun| [run.lesion + 1, run.z, run.y, run.start, run.end].map(u64::from);
    let lists = lists.map(|runs| runs.unwrap_or_default().iter().map(numbers).collect());
    unlike(["runs of voxels", "run"], side, names, lists)
}

fn of_touches(side: &str, lists: [&[Touch]; 2]) -> Option<(String, [u64; 2])> {
    let names = ["the classes", "the lesion", "the other lesion"];
    let numbers = |touch: &Touch| [touch.which as u64 + 1, u64::from(touch.lesion) + 1, u64::from(touch.other) + 1];
    let lists = lists.map(|touches| touches.iter().map(numbers).collect());
    unlike(["lesions that touch those of another class", "touch"], side, names, lists)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::{InstanceOptions, Regions, Runs, Terms};
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

    /// Two lesions on either side of each of two classes, which touch.
    fn lesions() -> Instances {
        let shape = Shape::new(1, 1, [3, 8]).unwrap();
        let truth = [1u8, 1, 0, 2, 0, 1, 1, 0, 1, 1, 2, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2];
        let pred = [0u8, 1, 1, 2, 0, 0, 1, 0, 0, 1, 2, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 2];
        let map = |labels| LabelMap::u8(shape.clone(), labels).unwrap();
        let options = InstanceOptions {
            near: 1,
            regions: Regions::Nearest,
            runs: Runs::Kept,
            touching: vec![[0, 1]],
            ..InstanceOptions::default()
        };
        let engine = Engine::new(&EngineOptions::default()).unwrap();
        let pair = Pair { pred: map(&pred), truth: map(&truth) };
        engine.instances(pair, &Classes::new([1, 2]).unwrap(), &options).unwrap().into_values().remove(0)
    }

    /// Whatever differs is named, and with numbers that differ.
    #[test]
    fn every_number_about_lesions_is_a_difference() {
        type Change = fn(&mut Instances);
        let changes: [(&str, Change); 12] = [
            ("voxels of the image", |found| found.extent[0] += 1),
            ("lesions of the truth", |found| found.truth.truncate(1)),
            ("voxels of lesion 2 of the prediction", |found| found.pred[1] = found.pred[0]),
            ("runs of voxels of the truth", |found| found.runs = None),
            ("the end of run 1 of the prediction", |found| found.runs.as_mut().unwrap()[1][0].end += 1),
            ("the lesion of run 2 of the truth", |found| found.runs.as_mut().unwrap()[0][1].lesion ^= 1),
            ("the voxels of sharing pair 2", |found| found.overlaps[1].voxels += 1),
            ("the predicted lesion of sharing pair 1", |found| found.overlaps[0].pred ^= 1),
            ("the true lesion of near pair 1", |found| found.near.as_mut().unwrap()[0][0] ^= 1),
            ("the voxels of nearest pair 1", |found| found.regions.as_mut().unwrap()[0].voxels += 1),
            ("the other lesion of touch 1 of the truth", |found| found.touches[0][0].other += 1),
            ("lesions that touch those of another class of the prediction", |found| found.touches[1].clear()),
        ];
        let good = lesions();
        assert_eq!(instances_difference(&good, &good.clone()), None);
        for (name, change) in changes {
            let mut bad = good.clone();
            change(&mut bad);
            let (what, [a, b]) = instances_difference(&good, &bad).unwrap();
            assert!(what == name && a != b, "{name}: {what}, {a} and {b}");
        }
    }
}
