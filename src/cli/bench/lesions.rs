//! Maps with lesions, and how many there are.

use crate::stats::{Connectivity, InstanceOptions};

/// Voxels between the centres of balls, along each axis.
const APART: usize = 64;

/// Components connected by faces, as many as there are.
pub(super) fn options() -> InstanceOptions {
    InstanceOptions { connectivity: Connectivity::Faces, max_lesions: u32::MAX, ..InstanceOptions::default() }
}

fn hash(place: usize) -> usize {
    let mixed = (place as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    ((mixed ^ mixed >> 29).wrapping_mul(0xbf58_476d_1ce4_e5b9) >> 40) as usize
}

/// A ball in each cell, of 1 to 24 voxels from its centre, most of them small. Of the prediction (side 1) it is moved by a quarter
/// of that, and missing in every seventh cell.
pub(super) fn ball(place: usize, spatial: &[usize], side: usize) -> u8 {
    let (mut cell, mut rest, mut from_centre) = (0, place, [0; 3]);
    for (axis, from_centre) in (0..spatial.len()).rev().zip(&mut from_centre) {
        let at = rest % spatial[axis];
        rest /= spatial[axis];
        cell = cell * spatial[axis].div_ceil(APART) + at / APART;
        *from_centre = (at % APART).abs_diff(APART / 2);
    }
    let drawn = hash(cell);
    let radius = 1 + drawn % 5 * (drawn / 5 % 6);
    if side == 1 {
        let column = spatial.last().map_or(0, |n| place % n);
        from_centre[0] = (column % APART).abs_diff(APART / 2 + radius / 4);
        if drawn.is_multiple_of(7) {
            return 0;
        }
    }
    u8::from(from_centre.iter().map(|n| n * n).sum::<usize>() <= radius * radius)
}

/// Three of ten voxels; below the share from which on most of those connected by faces are one component.
pub(super) fn noise(place: usize, side: usize) -> u8 {
    u8::from(hash(2 * place + side) % 10 < 3)
}

/// How many components there are, by filling one after the other across faces.
pub(super) fn filled_one_by_one(map: &[u8], spatial: &[usize]) -> usize {
    let (mut left, mut open, mut found) = (map.to_vec(), Vec::new(), 0);
    for start in 0..map.len() {
        if std::mem::take(&mut left[start]) == 0 {
            continue;
        }
        found += 1;
        open.push(start);
        while let Some(at) = open.pop() {
            let mut step = 1;
            for &n in spatial.iter().rev() {
                let along = at / step % n;
                let neighbours = [(along > 0).then(|| at - step), (along + 1 < n).then(|| at + step)];
                open.extend(neighbours.into_iter().flatten().filter(|&next| std::mem::take(&mut left[next]) != 0));
                step *= n;
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn components_are_filled_across_faces() {
        let map = [1, 0, 1, 1, 0, 0, 0, 1, 1, 1, 0, 1];
        assert_eq!(filled_one_by_one(&map, &[3, 4]), 3);
        assert_eq!(filled_one_by_one(&map, &[1, 12]), 4);
        assert_eq!(filled_one_by_one(&map, &[2, 2, 3]), 2);
    }
}
