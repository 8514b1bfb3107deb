//! By the definitions: cells are counted one by one, components and cavities are flooded.

use super::{betti, topology};
use crate::random::Random;
use std::collections::BTreeSet;

type Voxel = [i32; 3];

/// A mask of slices, rows and columns, as the voxels that it has.
fn voxels(size: [usize; 3], mask: &[u8]) -> BTreeSet<Voxel> {
    let at = |i: usize| [i / size[2] / size[1], i / size[2] % size[1], i % size[2]].map(|i| i as i32);
    mask.iter().enumerate().filter(|(_, label)| **label == 1).map(|(i, _)| at(i)).collect()
}

fn around(of: Voxel, most: i32) -> impl Iterator<Item = Voxel> {
    let steps = (0..27).map(|i| [i / 9 - 1, i / 3 % 3 - 1, i % 3 - 1]);
    let near = steps.filter(move |step| (1..=most).contains(&step.iter().map(|d: &i32| d.abs()).sum()));
    near.map(move |step| [0, 1, 2].map(|axis| of[axis] + step[axis]))
}

/// How many components, with steps across so many axes at once.
fn components(mut left: BTreeSet<Voxel>, most: i32) -> u64 {
    let mut found = 0;
    while let Some(first) = left.pop_first() {
        found += 1;
        let mut open = vec![first];
        while let Some(voxel) = open.pop() {
            open.extend(around(voxel, most).filter(|next| left.remove(next)));
        }
    }
    found
}

/// Components, loops and cavities. Cells are at twice their places: odd ones are as long as a voxel along an axis.
fn expected(size: [usize; 3], mask: &[u8]) -> [u64; 3] {
    let mask = voxels(size, mask);
    let cells: BTreeSet<Voxel> = mask
        .iter()
        .flat_map(|voxel| {
            let middle = voxel.map(|i| 2 * i + 1);
            around(middle, 3).chain([middle]).collect::<Vec<_>>()
        })
        .collect();
    let dimension = |cell: &Voxel| cell.iter().map(|i| i.rem_euclid(2)).sum::<i32>();
    let euler: i64 = cells.iter().map(|cell| if dimension(cell) % 2 == 0 { 1 } else { -1 }).sum();
    let [nz, ny, nx] = size.map(|n| n as i32);
    let padded = (-1..=nz).flat_map(|z| (-1..=ny).flat_map(move |y| (-1..=nx).map(move |x| [z, y, x])));
    let background = padded.filter(|voxel| !mask.contains(voxel)).collect();
    let (b0, b2) = (components(mask, 3), components(background, 1) - 1);
    [b0, (b0 as i64 + b2 as i64 - euler) as u64, b2]
}

#[test]
fn every_mask_of_twelve_voxels_is_right() {
    let size = [2, 2, 3];
    let masks: Vec<Vec<u8>> = (0..1 << 12).map(|bits| (0..12).map(|i| (bits >> i & 1) as u8).collect()).collect();
    let all = masks.concat();
    let inverted: Vec<u8> = all.iter().map(|label| 1 - label).collect();
    for (mask, found) in masks.iter().zip(topology(1 << 12, &size, &all, &inverted)) {
        assert_eq!(found.truth().numbers(), expected(size, mask), "{mask:?}");
        let inverted: Vec<u8> = mask.iter().map(|label| 1 - label).collect();
        assert_eq!(found.pred().numbers(), expected(size, &inverted), "{inverted:?}");
    }
}

#[test]
fn random_masks_are_right() {
    let mut random = Random::new(18);
    let mut seen = [0u64; 3];
    // Rows that end within a word, at its end and behind it; slices, rows and columns alone.
    let sizes =
        [[5, 5, 6], [3, 4, 5], [4, 3, 64], [3, 3, 65], [3, 4, 130], [1, 9, 70], [7, 1, 40], [6, 7, 1], [1, 1, 90]];
    for round in 0..12 {
        for size in sizes {
            let percent = [8, 25, 50, 70, 85, 95][round % 6];
            let mut mask: Vec<u8> = (0..size.iter().product()).map(|_| u8::from(random.below(100) < percent)).collect();
            if round % 5 == 0 {
                // Words without a single bit, and full ones.
                let end = mask.len() / 2;
                mask[..end].fill(u8::from(round % 10 == 0));
            }
            let found = betti(&size, &mask).numbers();
            assert_eq!(found, expected(size, &mask), "{size:?} {mask:?}");
            (0..3).for_each(|k| seen[k] += found[k]);
            if size[0] == 1 {
                assert_eq!(betti(&size[1..], &mask).numbers(), found, "an image is a slice");
            }
        }
    }
    assert!(seen.iter().all(|&n| n > 50), "{seen:?}");
}
