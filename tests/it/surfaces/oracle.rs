//! An oracle by brute force: every element against every target, in whole numbers, with nothing of the library's but its
//! lattice.

use super::{Maps, engine};
use std::collections::BTreeMap;
use voxdice::metric::surface::{Side, Tolerance, Weight, directed_nsd};
use voxdice::stats::{Distances, Elements, ImageEdge, Lattice, NO_TARGET, Surface, SurfaceOptions, Target};
use voxdice::tuning::Simd;
use voxdice::{Band, Classes, LabelMap, Pair, Shape, Spacing};

/// xorshift64*.
pub struct Random(pub u64);

impl Random {
    pub fn of(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15))
    }

    pub fn bits(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    pub fn below(&mut self, n: usize) -> usize {
        (self.bits() >> 33) as usize % n
    }
}

/// A mask with axes slowest first, as three; two axes have one slice.
struct Mask {
    size: [i64; 3],
    axes: usize,
    set: Vec<bool>,
}

impl Mask {
    fn new(spatial: &[usize], labels: &[u8]) -> Self {
        let mut size = [1; 3];
        let axes = spatial.len();
        for (size, &n) in size[3 - axes..].iter_mut().zip(spatial) {
            *size = n as i64;
        }
        Self { size, axes, set: labels.iter().map(|&label| label == 1).collect() }
    }

    /// Whether a place is in the mask, or what lies beyond the image is.
    fn at(&self, place: [i64; 3], edge: ImageEdge) -> bool {
        let clamped: [i64; 3] = std::array::from_fn(|a| place[a].clamp(0, self.size[a] - 1));
        if edge == ImageEdge::Background && clamped != place {
            return false;
        }
        let [z, y, x] = clamped;
        self.set[((z * self.size[1] + y) * self.size[2] + x) as usize]
    }

    /// All places of a box that begins at 0.
    fn places(size: [i64; 3]) -> impl Iterator<Item = [i64; 3]> {
        (0..size[0]).flat_map(move |z| (0..size[1]).flat_map(move |y| (0..size[2]).map(move |x| [z, y, x])))
    }

    /// Steps to neighbours, along as many axes at most.
    fn steps(&self, axes: i64) -> Vec<[i64; 3]> {
        let all = Self::places([3; 3]).map(|place| place.map(|i| i - 1));
        let flat = self.axes == 2;
        let kept =
            all.filter(|step| (1..=axes).contains(&step.iter().map(|i| i.abs()).sum()) && !(flat && step[0] != 0));
        kept.collect()
    }

    /// The voxels that meet at a corner, as bits.
    fn code(&self, corner: [i64; 3], edge: ImageEdge) -> u32 {
        let before = |i: i64| [corner[0] - 1 + (i >> 2), corner[1] - 1 + (i >> 1 & 1), corner[2] - 1 + (i & 1)];
        let voxels: Vec<bool> = if self.axes == 3 {
            (0..8).map(|i| self.at(before(i), edge)).collect()
        } else {
            (0..4).map(|i| self.at([0, before(i)[1], before(i)[2]], edge)).collect()
        };
        voxels.iter().fold(0, |code, &set| code << 1 | u32::from(set))
    }

    fn elements(&self, elements: Elements, edge: ImageEdge) -> Vec<[i64; 3]> {
        let reach = match elements {
            Elements::Face => 1,
            Elements::Edge => 2,
            Elements::Full => 3,
            Elements::Voxel => return Self::places(self.size).filter(|&place| self.at(place, edge)).collect(),
            Elements::Corner => {
                let all = (1 << (1 << self.axes)) - 1;
                let size = [self.size[0] + i64::from(self.axes == 3), self.size[1] + 1, self.size[2] + 1];
                return Self::places(size).filter(|&place| ![0, all].contains(&self.code(place, edge))).collect();
            }
        };
        let steps = self.steps(reach);
        let outside = |place: [i64; 3]| steps.iter().any(|step| !self.at([0, 1, 2].map(|a| place[a] + step[a]), edge));
        Self::places(self.size).filter(|&place| self.at(place, edge) && outside(place)).collect()
    }
}

/// Squared distance -> elements, and the sum of what they expose: pairs of voxels inside and outside along each axis.
type Histogram = BTreeMap<u64, (u64, [u64; 3])>;

fn histogram(own: &Mask, other: &Mask, options: &SurfaceOptions, weights: [u64; 3]) -> Histogram {
    let edge = options.image_edge;
    let targets = match options.target {
        Target::Elements => other.elements(options.elements, edge),
        Target::Mask => other.elements(Elements::Voxel, edge),
        Target::Face => other.elements(Elements::Face, edge),
        Target::Full => other.elements(Elements::Full, edge),
    };
    let mut found = Histogram::new();
    for place in own.elements(options.elements, edge) {
        let squared =
            |to: &[i64; 3]| (0..3).map(|a| weights[a] * (place[a] - to[a]).unsigned_abs().pow(2)).sum::<u64>();
        let (count, exposed) = found.entry(targets.iter().map(squared).min().unwrap_or(NO_TARGET)).or_default();
        *count += 1;
        if options.elements == Elements::Corner {
            let code = own.code(place, edge);
            let bits = 1 << own.axes;
            for step in [1usize, 2, 4] {
                // Bit i stands for a voxel behind the corner along this axis where i has no such digit.
                let pairs =
                    (0..bits).filter(|i| i & step == 0 && i | step < bits && code >> i & 1 != code >> (i | step) & 1);
                exposed[2 - step.trailing_zeros() as usize] += pairs.count() as u64;
            }
        }
    }
    found
}

/// Counts by squared distance, whatever the kind.
fn counts(distances: &Distances) -> BTreeMap<u64, u64> {
    let mut counts = BTreeMap::new();
    for entry in distances.entries() {
        *counts.entry(entry.squared).or_default() += entry.count;
    }
    counts
}

/// Holds the surface of label 1 against every pair of elements and targets.
pub fn hold_against_oracle(maps: &Maps, options: &SurfaceOptions, surface: &Surface) {
    let [truth, pred] = [&maps.truth, &maps.pred].map(|labels| Mask::new(&maps.spatial, labels));
    let lattice = surface.lattice();
    let mut weights = [0; 3];
    weights[3 - lattice.axes()..].copy_from_slice(lattice.weights());
    let sides = [(Side::Truth, &truth, &pred, surface.truth()), (Side::Pred, &pred, &truth, surface.pred())];
    for (side, own, other, found) in sides {
        let expected = histogram(own, other, options, weights);
        let by_distance: BTreeMap<u64, u64> = expected.iter().map(|(&squared, &(count, _))| (squared, count)).collect();
        assert_eq!(counts(found), by_distance, "{options:?} {maps:?}");
        if options.elements != Elements::Corner || expected.is_empty() {
            continue;
        }
        // Areas by distance: the part of the area that is within each distance.
        let spacing = lattice.spacing();
        let area = |exposed: [u64; 3]| -> f64 {
            let axes = lattice.axes();
            let others = |a: usize| (0..axes).filter(|&b| b != a).map(|b| spacing[b] / 2.0).product::<f64>();
            (0..axes).map(|a| exposed[3 - axes + a] as f64 * others(a)).sum()
        };
        let all: f64 = expected.values().map(|&(_, exposed)| area(exposed)).sum();
        // Of many distances some.
        let some = expected.keys().copied().step_by(1 + expected.len() / 20);
        for squared in some.filter(|&squared| squared != NO_TARGET) {
            let mm = lattice.distance(squared);
            // Distances that are equal but for the rounding of the spacings are within as well.
            let within: f64 = expected.range(..=lattice.within(mm)).map(|(_, &(_, exposed))| area(exposed)).sum();
            let tolerance = Tolerance::mm(mm).unwrap();
            let found = directed_nsd(surface, side, tolerance, Weight::Exposed);
            assert!((found - within / all).abs() < 1e-12, "{squared}: {found}, not {}", within / all);
        }
    }
}

pub fn random_options(random: &mut Random, axes: usize) -> SurfaceOptions {
    let elements = Elements::ALL[random.below(5)];
    let target = if elements == Elements::Corner { Target::Elements } else { Target::ALL[random.below(4)] };
    let spacings = [0.5, 1.0, 3.0, 0.7, 0.800000011920929];
    let spacing = match random.below(3) {
        0 => Spacing::voxels(),
        1 => Spacing::uniform(spacings[random.below(5)]).unwrap(),
        _ => Spacing::new((0..axes).map(|_| spacings[random.below(5)]).collect::<Vec<_>>()).unwrap(),
    };
    SurfaceOptions { spacing, elements, image_edge: ImageEdge::ALL[random.below(2)], target }
}

/// Noise of any density, or boxes, in images whose rows end within, at and behind words.
pub fn random_maps(random: &mut Random) -> Maps {
    let axes = 2 + random.below(2);
    let columns = [1, 3, 9, 63, 64, 65, 70];
    let mut spatial: Vec<usize> = (1..axes).map(|_| 1 + random.below(if axes == 2 { 30 } else { 7 })).collect();
    spatial.push(columns[random.below(7)]);
    let voxels = spatial.iter().product::<usize>();
    let kind = random.below(4);
    let mask = |random: &mut Random| -> Vec<u8> {
        if kind == 0 {
            let density = [0, 2, 50, 90, 100][random.below(5)];
            return (0..voxels).map(|_| u8::from(random.below(100) < density)).collect();
        }
        let boxes: Vec<[usize; 2]> = spatial
            .iter()
            .map(|&n| {
                let (a, b) = (random.below(n), random.below(n));
                [a.min(b), a.max(b)]
            })
            .collect();
        let inside = |mut i: usize| {
            spatial.iter().zip(&boxes).rev().all(|(&n, range)| {
                let at = i % n;
                i /= n;
                (range[0]..=range[1]).contains(&at)
            })
        };
        (0..voxels).map(|i| u8::from(inside(i))).collect()
    };
    let (truth, pred) = (mask(random), mask(random));
    Maps { spatial, truth, pred }
}

#[test]
fn random_masks_have_the_distances_of_the_oracle() {
    for seed in 1..=600 {
        let mut random = Random::of(seed);
        let maps = random_maps(&mut random);
        let options = random_options(&mut random, maps.spatial.len());
        let surface = maps.surface(&options);
        hold_against_oracle(&maps, &options, &surface);
        let plain = maps.surfaces(&Classes::new([1]).unwrap(), &options, Simd::Baseline);
        assert_eq!(plain, [surface], "seed {seed}");
    }
}

#[test]
fn random_bands_are_erosions_and_distances() {
    for seed in 1..=300 {
        let mut random = Random::of(seed);
        let maps = random_maps(&mut random);
        let options = random_options(&mut random, maps.spatial.len());
        let masks = [&maps.truth, &maps.pred].map(|labels| Mask::new(&maps.spatial, labels));
        let edge = ImageEdge::Background;
        let steps = 1 + random.below(3) as i64;
        let width = [0.3, 0.8, 1.0, 2.3][random.below(4)];
        let lattice =
            Lattice::new(&options.spacing, &maps.spatial.iter().map(|&n| n as u64).collect::<Vec<_>>()).unwrap();
        let mut weights = [0; 3];
        weights[3 - lattice.axes()..].copy_from_slice(lattice.weights());
        let near = |mask: &Mask, weights: [u64; 3], most: u64| -> Vec<[i64; 3]> {
            let surface = mask.elements(Elements::Face, edge);
            let squared = |a: [i64; 3], b: [i64; 3]| {
                (0..3).map(|i| weights[i] * (a[i] - b[i]).unsigned_abs().pow(2)).sum::<u64>()
            };
            let voxels = mask.elements(Elements::Voxel, edge).into_iter();
            voxels.filter(|&voxel| surface.iter().any(|&to| squared(voxel, to) <= most)).collect()
        };
        let eroded = |mask: &Mask| -> Vec<[i64; 3]> {
            let flat = mask.axes == 2;
            let around = |[z, y, x]: [i64; 3]| {
                let dz = if flat { 0 } else { steps };
                (z - dz..=z + dz)
                    .all(|z| (y - steps..=y + steps).all(|y| (x - steps..=x + steps).all(|x| mask.at([z, y, x], edge))))
            };
            mask.elements(Elements::Voxel, edge).into_iter().filter(|&voxel| !around(voxel)).collect()
        };
        // Distances are whole numbers here, and none is within a part of 1e-6 of the widths but by being equal.
        let expected = [
            (Band::Voxels(steps as u32), masks.each_ref().map(eroded)),
            (Band::Mm(width), masks.each_ref().map(|mask| near(mask, weights, lattice.within(width)))),
            (Band::BelowVoxels(2.0), masks.each_ref().map(|mask| near(mask, [1; 3], 3))),
        ];
        for (band, [truth, pred]) in expected {
            let counts = maps.bands(band, &options.spacing);
            let common = truth.iter().filter(|voxel| pred.contains(voxel)).count() as u64;
            let found = (counts.tp(), counts.n_truth(), counts.n_pred(), counts.n());
            let voxels = maps.truth.len() as u64;
            assert_eq!(found, (common, truth.len() as u64, pred.len() as u64, voxels), "{band:?} seed {seed}");
        }
    }
}

#[test]
fn an_ignored_label_is_in_neither_mask_and_regions_are_unions() {
    for seed in 1..=60 {
        let mut random = Random::of(seed);
        let spatial = vec![1 + random.below(6), 1 + random.below(6), 1 + random.below(70)];
        let labels = |random: &mut Random| -> Vec<u8> {
            let mut label = 0;
            let voxels = spatial.iter().product::<usize>();
            (0..voxels)
                .map(|_| {
                    label = if random.below(4) == 0 { random.below(5) as u8 } else { label };
                    label
                })
                .collect()
        };
        let maps = Maps { truth: labels(&mut random), pred: labels(&mut random), spatial: spatial.clone() };
        let options = random_options(&mut random, 3);
        let classes = Classes::regions([vec![1, 2], vec![2, 3], vec![1]]).unwrap().ignoring(4).unwrap();
        let found = maps.surfaces(&classes, &options, Simd::Auto);
        for (set, found) in classes.sets().iter().zip(&found) {
            let is = |(&label, &truth): (&u8, &u8)| u8::from(set.contains(&label.into()) && truth != 4);
            let of = |labels: &[u8]| labels.iter().zip(&maps.truth).map(is).collect();
            let masks = Maps { truth: of(&maps.truth), pred: of(&maps.pred), spatial: spatial.clone() };
            assert_eq!(masks.surface(&options), *found, "seed {seed}");
        }
        // Two samples are two maps.
        let shape = Shape::new(2, 1, &spatial).unwrap();
        let twice = |first: &[u8], second: &[u8]| [first, second].concat();
        let (pred, truth) = (twice(&maps.pred, &maps.truth), twice(&maps.truth, &maps.pred));
        let (pred, truth) = (LabelMap::u8(shape.clone(), &pred).unwrap(), LabelMap::u8(shape, &truth).unwrap());
        let both = engine(Simd::Auto).surfaces(Pair { pred, truth }, &classes, &options).unwrap();
        assert_eq!(both.sample(0).unwrap(), found);
    }
}
