//! The statistic by brute force, from its definition: flood fill, dilation voxel by voxel, distances of all pairs.

use super::Maps;
use std::collections::{BTreeMap, BTreeSet};
use voxdice::stats::{Connectivity, InstanceOptions, Instances, InstancesBy, Join, LesionRun, Overlap, Regions, Runs};
use voxdice::{Classes, InstancesAccumulator, LabelSlice, Pair};

/// z, y and x of each voxel.
pub fn places(spatial: &[usize]) -> Vec<[i64; 3]> {
    let mut extent = [1; 3];
    extent.iter_mut().rev().zip(spatial.iter().rev()).for_each(|(own, &n)| *own = n as i64);
    let [nz, ny, nx] = extent;
    (0..nz).flat_map(|z| (0..ny).flat_map(move |y| (0..nx).map(move |x| [z, y, x]))).collect()
}

/// Neighbours of a voxel that differ in at most so many coordinates, itself left out.
fn neighbours(steps: usize) -> Vec<[i64; 3]> {
    let all = places(&[3, 3, 3]).into_iter().map(|place| place.map(|at| at - 1));
    all.filter(|d| (1..=steps).contains(&d.iter().filter(|&&at| at != 0).count())).collect()
}

fn index(place: [i64; 3], extent: [i64; 3]) -> Option<usize> {
    let inside = (0..3).all(|axis| (0..extent[axis]).contains(&place[axis]));
    inside.then(|| ((place[0] * extent[1] + place[1]) * extent[2] + place[2]) as usize)
}

fn extent(spatial: &[usize]) -> [i64; 3] {
    places(spatial).last().unwrap().map(|at| at + 1)
}

/// Components numbered from 1 in the order of their first voxels.
pub fn components(mask: &[u32], spatial: &[usize], steps: usize) -> Vec<u32> {
    let (places, extent, neighbours) = (places(spatial), extent(spatial), neighbours(steps));
    let mut labels = vec![0; mask.len()];
    let mut number = 0;
    for start in 0..mask.len() {
        if mask[start] == 0 || labels[start] != 0 {
            continue;
        }
        number += 1;
        let mut stack = vec![start];
        labels[start] = number;
        while let Some(at) = stack.pop() {
            for d in &neighbours {
                let other = [0, 1, 2].map(|axis| places[at][axis] + d[axis]);
                if let Some(other) = index(other, extent).filter(|&other| mask[other] != 0 && labels[other] == 0) {
                    labels[other] = number;
                    stack.push(other);
                }
            }
        }
    }
    labels
}

/// Across faces and edges, n times.
fn dilated(mask: &[u32], spatial: &[usize], n: u32) -> Vec<u32> {
    let (places, extent, neighbours) = (places(spatial), extent(spatial), neighbours(2));
    let mut now = mask.to_vec();
    for _ in 0..n {
        let before = now.clone();
        for (place, own) in places.iter().zip(&mut now) {
            let other = |d: &[i64; 3]| index([0, 1, 2].map(|axis| place[axis] + d[axis]), extent);
            if neighbours.iter().filter_map(other).any(|at| before[at] != 0) {
                *own = 1;
            }
        }
    }
    now
}

/// Numbers from 1 in the order of their first voxels.
fn renumbered(labels: Vec<u32>) -> Vec<u32> {
    let mut numbers = BTreeMap::new();
    let number = |label| {
        let next = numbers.len() as u32 + 1;
        if label == 0 { 0 } else { *numbers.entry(label).or_insert(next) }
    };
    labels.into_iter().map(number).collect()
}

fn lesions(mask: &[u32], spatial: &[usize], options: &InstanceOptions, join: u32) -> Vec<u32> {
    if options.by == InstancesBy::Labels {
        return renumbered(mask.to_vec());
    }
    let steps = match options.connectivity {
        Connectivity::Faces => 1,
        Connectivity::Edges => 2,
        Connectivity::Corners => 3,
    };
    if join == 0 {
        return components(mask, spatial, steps);
    }
    let all = components(&dilated(mask, spatial, join), spatial, 3);
    renumbered(all.iter().zip(mask).map(|(&label, &own)| if own == 0 { 0 } else { label }).collect())
}

/// What a lesion is told by: voxels, first, box and sums, x first.
type Facts = (u64, u64, [u32; 3], [u32; 3], [u128; 3]);

#[derive(Debug, PartialEq, Eq)]
struct Expected {
    truth: Vec<Facts>,
    pred: Vec<Facts>,
    overlaps: Vec<Overlap>,
    near: Vec<[u32; 2]>,
    regions: Option<Vec<Overlap>>,
}

fn facts(labels: &[u32], spatial: &[usize]) -> Vec<Facts> {
    let places = places(spatial);
    let of = |number: u32| {
        let own: Vec<usize> = (0..labels.len()).filter(|&at| labels[at] == number).collect();
        let at = |axis: usize| own.iter().map(move |&at| places_at(spatial, at)[2 - axis] as u32);
        let axes = [0, 1, 2];
        let (low, high) = (axes.map(|axis| at(axis).min().unwrap()), axes.map(|axis| at(axis).max().unwrap()));
        (own.len() as u64, own[0] as u64, low, high, axes.map(|axis| at(axis).map(u128::from).sum()))
    };
    assert_eq!(places.len(), labels.len());
    (1..=labels.iter().copied().max().unwrap_or(0)).map(of).collect()
}

fn places_at(spatial: &[usize], at: usize) -> [i64; 3] {
    let [_, ny, nx] = extent(spatial);
    let at = at as i64;
    [at / (ny * nx), at / nx % ny, at % nx]
}

fn expected(maps: &Maps, options: &InstanceOptions) -> Expected {
    let spatial = &maps.spatial;
    let truth = lesions(&maps.truth, spatial, options, options.join.truth);
    let pred = lesions(&maps.pred, spatial, options, options.join.pred);
    let table = |a: &[u32], b: &[u32]| {
        let mut table: BTreeMap<(u32, u32), u64> = BTreeMap::new();
        for (&t, &p) in a.iter().zip(b).filter(|(t, p)| **t != 0 && **p != 0) {
            *table.entry((t - 1, p - 1)).or_default() += 1;
        }
        table.into_iter().map(|((truth, pred), voxels)| Overlap { truth, pred, voxels }).collect::<Vec<_>>()
    };
    let overlaps = table(&truth, &pred);
    let mut near: BTreeSet<[u32; 2]> = BTreeSet::new();
    for number in 1..=truth.iter().copied().max().unwrap_or(0) {
        let own: Vec<u32> = truth.iter().map(|&label| u32::from(label == number)).collect();
        let around = dilated(&own, spatial, options.near);
        let met = around.iter().zip(&pred).filter(|(is, label)| **is != 0 && **label != 0);
        near.extend(met.map(|(_, label)| [number - 1, label - 1]));
    }
    let regions = (options.regions == Regions::Nearest).then(|| {
        let places = places(spatial);
        let nearest = |place: &[i64; 3]| {
            let others = places.iter().zip(&truth).filter(|(_, label)| **label != 0);
            let of = |(other, &label): (&[i64; 3], &u32)| {
                ((0..3).map(|axis| (place[axis] - other[axis]).pow(2)).sum::<i64>(), label)
            };
            others.map(of).min().map_or(0, |(_, label)| label)
        };
        table(&places.iter().map(nearest).collect::<Vec<_>>(), &pred)
    });
    let [truth, pred] = [truth, pred].map(|labels| facts(&labels, spatial));
    Expected { truth, pred, overlaps, near: near.into_iter().collect(), regions }
}

fn told(found: &Instances) -> Expected {
    let facts = |lesions: &[voxdice::stats::Lesion]| {
        lesions.iter().map(|l| (l.voxels(), l.first(), l.low(), l.high(), l.sums())).collect()
    };
    Expected {
        truth: facts(found.truth()),
        pred: facts(found.pred()),
        overlaps: found.overlaps().to_vec(),
        near: found.near().collect(),
        regions: found.regions().map(<[Overlap]>::to_vec),
    }
}

/// Numbers of lesions from 1, voxel by voxel.
fn painted(runs: &[LesionRun], spatial: &[usize]) -> Vec<u32> {
    let extent = extent(spatial);
    let mut labels = vec![0; spatial.iter().product()];
    for run in runs {
        let row = (i64::from(run.z) * extent[1] + i64::from(run.y)) * extent[2];
        for x in run.start..run.end {
            let own = &mut labels[(row + i64::from(x)) as usize];
            assert_eq!(std::mem::replace(own, run.lesion + 1), 0, "a voxel is in one run");
        }
    }
    labels
}

/// The shapes that components are hard for, and noise.
pub(super) fn hard(spatial: &[usize], seed: u64) -> Vec<Maps> {
    let n = spatial.iter().product::<usize>();
    let mut state = seed;
    let mut random = move |per_mille: u64| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        u32::from((state >> 33) % 1000 < per_mille)
    };
    let mut noise = |per_mille| (0..n).map(|_| random(per_mille)).collect::<Vec<u32>>();
    let places = places(spatial);
    let of = |f: fn(&[i64; 3]) -> bool| places.iter().map(|place| u32::from(f(place))).collect::<Vec<u32>>();
    let solid = vec![1; n];
    let checkerboard = of(|[z, y, x]| (z + y + x) % 2 == 0);
    let comb = of(|[z, y, x]| x % 2 == 0 || *y == 0 || z % 3 == 2 && *y == 1);
    let spiral = of(|[_, y, x]| {
        let ring = (*y).min(*x).min((10 - y).max(0)).min((10 - x).max(0));
        ring % 2 == 0 && !(*x == ring && *y == ring + 1)
    });
    let empty = vec![0; n];
    let sides = [solid, checkerboard, comb, spiral, empty, noise(100), noise(300), noise(20), noise(600)];
    let pairs = (0..sides.len()).flat_map(|i| [(i, (i + 1) % 9), ((i + 5) % 9, i)]);
    let maps =
        |(a, b): (usize, usize)| Maps { spatial: spatial.to_vec(), truth: sides[a].clone(), pred: sides[b].clone() };
    pairs.map(maps).collect()
}

pub(super) fn all_options() -> Vec<InstanceOptions> {
    let mut all: Vec<InstanceOptions> =
        Connectivity::ALL.map(|connectivity| InstanceOptions { connectivity, ..Default::default() }).to_vec();
    for (truth, pred, near) in [(1, 0, 1), (0, 1, 2), (2, 2, 2), (3, 0, 3), (0, 0, 1), (1, 2, 0)] {
        let connectivity = Connectivity::Faces;
        all.push(InstanceOptions { connectivity, join: Join { truth, pred }, near, ..Default::default() });
    }
    all.push(InstanceOptions { regions: Regions::Nearest, ..Default::default() });
    all
}

#[test]
fn it_is_what_brute_force_finds() {
    for (seed, spatial) in
        [&[4, 5, 6][..], &[11, 11], &[1, 4, 70], &[9, 1, 5], &[2, 66], &[1, 1]].into_iter().enumerate()
    {
        for maps in hard(spatial, seed as u64) {
            for options in all_options().into_iter().map(|options| InstanceOptions { runs: Runs::Kept, ..options }) {
                let found = maps.find(&Classes::new([1]).unwrap(), &options);
                let (own, expected) = (told(&found[0]), expected(&maps, &options));
                assert_eq!(own, expected, "{spatial:?} {options:?} {maps:?}");
                let runs =
                    [found[0].runs_of_truth(), found[0].runs_of_pred()].map(|runs| painted(runs.unwrap(), spatial));
                let lesions = [(&maps.truth, options.join.truth), (&maps.pred, options.join.pred)]
                    .map(|(mask, join)| lesions(mask, spatial, &options, join));
                assert_eq!(runs, lesions, "{spatial:?} {options:?} {maps:?}");
            }
        }
    }
}

#[test]
fn labels_are_instances_in_all_their_pieces() {
    let spatial = [4, 5, 6];
    for seed in 0..6u64 {
        let mut state = seed + 7;
        let mut random = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            [0, 0, 3, 9, 70_000, 4][(state >> 33) as usize % 6]
        };
        let truth: Vec<u32> = (0..120).map(|_| random()).collect();
        let pred: Vec<u32> = (0..120).map(|_| random()).collect();
        let maps = Maps { spatial: spatial.to_vec(), truth, pred };
        for near in [0, 1] {
            let options = InstanceOptions { by: InstancesBy::Labels, near, ..Default::default() };
            let found = maps.find(&maps.foreground(), &options);
            assert_eq!(told(&found[0]), expected(&maps, &options));
        }
    }
}

/// In pieces, in slabs of any height, in any grouping: what is found at once.
#[test]
fn slabs_and_pieces_have_the_same_bits() {
    let classes = Classes::new([1]).unwrap();
    for spatial in [&[5, 4, 5][..], &[7, 9]] {
        let slices = spatial[0];
        let per_slice: usize = spatial[1..].iter().product();
        let extent: Vec<u64> = spatial.iter().map(|&n| n as u64).collect();
        for maps in hard(spatial, 3) {
            for options in all_options().into_iter().step_by(2) {
                let whole = maps.find(&classes, &options);
                let slab = |from: usize, to: usize, piece: usize| {
                    let start = from as u32;
                    let mut part = InstancesAccumulator::starting_at(start, &extent, &classes, &options).unwrap();
                    let range = from * per_slice..to * per_slice;
                    for (p, t) in maps.pred[range.clone()].chunks(piece).zip(maps.truth[range].chunks(piece)) {
                        part.add(Pair { pred: LabelSlice::U32(p), truth: LabelSlice::U32(t) }).unwrap();
                    }
                    part
                };
                for height in 1..=slices {
                    let mut parts =
                        (0..slices).step_by(height).map(|z| slab(z, slices.min(z + height), 2 * height + 1));
                    let mut all = parts.next().unwrap();
                    parts.for_each(|part| all.merge(part).unwrap());
                    assert_eq!(all.finish().unwrap(), whole, "{spatial:?} {height} {options:?}");
                    // From behind.
                    let mut parts: Vec<_> =
                        (0..slices).step_by(height).map(|z| slab(z, slices.min(z + height), 1)).collect();
                    while let Some(last) = parts.pop() {
                        match parts.last_mut() {
                            Some(before) => before.merge(last).unwrap(),
                            None => assert_eq!(last.finish().unwrap(), whole, "{spatial:?} {height} {options:?}"),
                        }
                    }
                }
            }
        }
    }
}
