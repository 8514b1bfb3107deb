//! Hard shapes of 2^27 voxels, against union-find voxel by voxel.

use super::engine;
use super::shapes::noise;
use std::collections::BTreeMap;
use voxdice::error::TooManyLesions;
use voxdice::stats::{Connectivity, InstanceOptions, Instances, Lesion};
use voxdice::{Classes, Error, LabelMap, Operand, Pair, Shape};

/// Neighbours before a voxel, z first, that differ from it in at most so many coordinates.
fn before(steps: i64) -> Vec<[i64; 3]> {
    let all = (0..13).map(|i| [i / 9 - 1, i / 3 % 3 - 1, i % 3 - 1]);
    all.filter(|d| d.iter().map(|at: &i64| at.abs()).sum::<i64>() <= steps).collect()
}

fn root(parents: &mut [u32], mut at: u32) -> u32 {
    while parents[at as usize] != at {
        let above = parents[at as usize];
        parents[at as usize] = parents[above as usize];
        at = above;
    }
    at
}

/// What the statistic says of a lesion.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Expected {
    voxels: u64,
    first: u64,
    low: [u32; 3],
    high: [u32; 3],
    sums: [u128; 3],
}

impl From<&Lesion> for Expected {
    fn from(found: &Lesion) -> Self {
        let [voxels, first] = [found.voxels(), found.first()];
        Self { voxels, first, low: found.low(), high: found.high(), sums: found.sums() }
    }
}

/// The lesion of each voxel, from 1 on by first voxel, and the lesions.
fn components(mask: &[u8], n: usize, connectivity: Connectivity) -> (Vec<u32>, Vec<Expected>) {
    let steps = match connectivity {
        Connectivity::Faces => 1,
        Connectivity::Edges => 2,
        Connectivity::Corners => 3,
    };
    let place = |i: usize| [i / n / n, i / n % n, i % n];
    let mut parents: Vec<u32> = (0..mask.len() as u32).collect();
    for i in (0..mask.len()).filter(|&i| mask[i] != 0) {
        for d in before(steps) {
            let at = place(i).map(|at| at as i64);
            let other = [0, 1, 2].map(|axis| at[axis] + d[axis]);
            if other.iter().any(|at| !(0..n as i64).contains(at)) {
                continue;
            }
            let other = ((other[0] * n as i64 + other[1]) * n as i64 + other[2]) as usize;
            if mask[other] != 0 {
                let (a, b) = (root(&mut parents, i as u32), root(&mut parents, other as u32));
                parents[a.max(b) as usize] = a.min(b);
            }
        }
    }
    let mut lesions: Vec<Expected> = Vec::new();
    let mut numbers = vec![0; mask.len()];
    for i in (0..mask.len()).filter(|&i| mask[i] != 0) {
        let root = root(&mut parents, i as u32) as usize;
        let [z, y, x] = place(i).map(|at| at as u32);
        if root == i {
            let at = [x, y, z];
            lesions.push(Expected { voxels: 0, first: i as u64, low: at, high: at, sums: [0; 3] });
            numbers[i] = lesions.len() as u32;
        }
        numbers[i] = numbers[root];
        let lesion = &mut lesions[numbers[i] as usize - 1];
        lesion.voxels += 1;
        for (axis, at) in [x, y, z].into_iter().enumerate() {
            lesion.low[axis] = lesion.low[axis].min(at);
            lesion.high[axis] = lesion.high[axis].max(at);
            lesion.sums[axis] += u128::from(at);
        }
    }
    (numbers, lesions)
}

fn find(n: usize, [truth, pred]: [&[u8]; 2], options: &InstanceOptions) -> Result<Instances, Error> {
    let shape = Shape::new(1, 1, [n, n, n]).unwrap();
    let [pred, truth] = [pred, truth].map(|labels| LabelMap::u8(shape.clone(), labels).unwrap());
    let found = engine().instances(Pair { pred, truth }, &Classes::new([1]).unwrap(), options)?;
    Ok(found.into_values().remove(0))
}

fn compare(name: &str, n: usize, masks: [&[u8]; 2], connectivity: Connectivity) {
    let options = InstanceOptions { connectivity, max_lesions: u32::MAX, ..Default::default() };
    let found = find(n, masks, &options).unwrap();
    let [truth, pred] = masks.map(|mask| components(mask, n, connectivity));
    for (side, found, expected) in [("truth", found.truth(), &truth.1), ("pred", found.pred(), &pred.1)] {
        assert_eq!(found.len(), expected.len(), "{name} {connectivity:?} {side}");
        let differs = found.iter().zip(expected).find(|&(found, expected)| Expected::from(found) != *expected);
        assert!(differs.is_none(), "{name} {connectivity:?} {side}: {differs:?}");
    }
    let mut overlaps = BTreeMap::new();
    for pair in truth.0.iter().zip(&pred.0).filter(|&(&t, &p)| t != 0 && p != 0) {
        *overlaps.entry(pair).or_insert(0u64) += 1;
    }
    let found_overlaps = found.overlaps().iter().map(|o| ((o.truth + 1, o.pred + 1), o.voxels));
    assert!(found_overlaps.eq(overlaps.into_iter().map(|((&t, &p), n)| ((t, p), n))), "{name} {connectivity:?}");
    println!(
        "{name} {connectivity:?}: {} and {} lesions, {} overlaps",
        found.truth().len(),
        found.pred().len(),
        found.overlaps().len()
    );
}

fn each(n: usize, is: impl Fn([usize; 3]) -> bool) -> Vec<u8> {
    (0..n * n * n).map(|i| u8::from(is([i / n / n, i / n % n, i % n]))).collect()
}

/// Pairs of hard shapes: one solid, noise, teeth that join in the very last slice, and a path that winds through every second
/// slice, from outside to inside and back.
fn shapes(n: usize) -> [(&'static str, Vec<u8>); 6] {
    let comb = |[z, y, x]: [usize; 3]| x % 2 == 0 && y % 2 == 0 || z + 1 == n;
    let spiral = |[z, y, x]: [usize; 3]| {
        if z % 2 == 1 {
            // From slice to slice, in the middle and at the outer end in turn.
            return if z % 4 == 1 { [y, x] == [n / 2, n / 2] } else { [y, x] == [0, 0] };
        }
        // Rings two apart, each cut beside the corner where it goes on to the next one.
        let ring = y.min(x).min(n - 1 - y).min(n - 1 - x);
        let is_cut = ring % 2 == 0 && x == ring && y == ring + 1;
        let is_step = ring % 2 == 1 && x == ring && y == ring + 1;
        (ring % 2 == 0 && !is_cut || is_step) || [y, x] == [n / 2, n / 2]
    };
    [
        ("solid", vec![1; n * n * n]),
        ("noise 0.1", noise(&[n, n, n], 100, 1, 27)),
        ("noise 0.3", noise(&[n, n, n], 300, 1, 28)),
        ("comb", each(n, comb)),
        ("spiral", each(n, spiral)),
        ("checkerboard", each(n, |at| at.iter().sum::<usize>() % 2 == 0)),
    ]
}

fn hard_shapes(n: usize) {
    let shapes = shapes(n);
    for connectivity in Connectivity::ALL {
        for pair in shapes.chunks_exact(2) {
            let [(a, truth), (b, pred)] = pair else { continue };
            // Every voxel of a checkerboard is a lesion of its own across faces.
            if *b == "checkerboard" && connectivity == Connectivity::Faces {
                let options = InstanceOptions { connectivity, max_lesions: 1 << 10, ..Default::default() };
                let found = (n * n * n).div_ceil(2) as u64;
                let expected = TooManyLesions { side: Operand::Pred, found, most: 1 << 10 };
                let error = find(n, [truth, pred], &options).unwrap_err();
                assert!(matches!(error, Error::TooManyLesions(own) if own == expected), "{error}");
                compare(&format!("{a}, {a}"), n, [truth, truth], connectivity);
                continue;
            }
            compare(&format!("{a}, {b}"), n, [truth, pred], connectivity);
        }
    }
}

#[test]
fn hard_shapes_are_those_of_union_find_voxel_by_voxel() {
    hard_shapes(34);
}

/// VOXDICE_TEST_LARGE=1: 2^27 voxels, some GB of memory and minutes.
#[test]
fn large_hard_shapes_too() {
    if std::env::var_os("VOXDICE_TEST_LARGE").is_none() {
        crate::skips::skipped("lesions in hard shapes of 2^27 voxels: VOXDICE_TEST_LARGE is not set");
        return;
    }
    hard_shapes(512);
}
