//! Kinds of corners: which of the voxels that meet there are in the mask, as far as it matters for the area.
//!
//! Bit `2^d − 1 − i` of a code is set where voxel `i` of the `2^d` around the corner is in the mask, `i` being its offsets
//! (0 before the corner, 1 behind it) read as a binary number, slowest axis first: DeepMind's numbering.

use std::sync::LazyLock;

/// Marching-cubes triangles of the 13 kinds of corners from which all others follow by the 48 symmetries of the cube and
/// by exchanging inside and outside: per triangle its area vector in eighths of a voxel's faces. That DeepMind's table of
/// 256 entries is so symmetric is checked by a test.
const CUBE: [(u8, &[[u8; 3]]); 13] = [
    (1, &[[1, 1, 1]]),
    (3, &[[2, 2, 0], [2, 2, 0]]),
    (6, &[[1, 1, 1], [1, 1, 1]]),
    (24, &[[1, 1, 1], [1, 1, 1]]),
    (7, &[[1, 1, 1], [2, 2, 2], [4, 0, 0]]),
    (25, &[[0, 2, 2], [0, 2, 2], [1, 1, 1]]),
    (22, &[[1, 1, 1], [1, 1, 1], [1, 1, 1]]),
    (15, &[[4, 0, 0], [4, 0, 0]]),
    (23, &[[1, 1, 1], [1, 1, 1], [2, 2, 2], [2, 2, 2]]),
    (27, &[[0, 2, 2], [1, 1, 1], [2, 0, 2], [3, 3, 3]]),
    (30, &[[1, 1, 1], [1, 1, 1], [2, 2, 2], [4, 0, 0]]),
    (60, &[[2, 2, 0], [2, 2, 0], [2, 2, 0], [2, 2, 0]]),
    (105, &[[1, 1, 1], [1, 1, 1], [1, 1, 1], [1, 1, 1]]),
];

/// Marching-squares segments: per segment its components in halves of the spacings.
const SQUARE: [(u8, &[[u8; 2]]); 4] = [(1, &[[1, 1]]), (3, &[[0, 2]]), (5, &[[2, 0]]), (6, &[[1, 1], [1, 1]])];

/// A part of the surface at a corner.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct AreaKind {
    /// 3-D: triangles, in eighths of faces. 2-D: segments, in halves of spacings, behind a 0.
    pub pieces: Vec<[u8; 3]>,
    /// How many pairs of neighbours along each axis are inside and outside.
    pub exposed: [u8; 3],
}

/// The kinds of corners: 26 areas in 3-D, 4 lengths in 2-D, and none for codes that are not a corner.
pub(crate) struct AreaKinds {
    /// Kind by code, 0 where all voxels are inside or all outside.
    pub of_code: Vec<u8>,
    /// By kind less 1.
    pub areas: Vec<AreaKind>,
}

/// For 2 or 3 axes.
pub(crate) fn kinds(axes: usize) -> &'static AreaKinds {
    static SQUARES: LazyLock<AreaKinds> = LazyLock::new(|| {
        let seeds = SQUARE.map(|(code, segments)| (code, segments.iter().map(|&[a, b]| [0, a, b]).collect()));
        AreaKinds::of(2, &seeds)
    });
    static CUBES: LazyLock<AreaKinds> =
        LazyLock::new(|| AreaKinds::of(3, &CUBE.map(|(code, triangles)| (code, triangles.to_vec()))));
    if axes == 2 { &SQUARES } else { &CUBES }
}

const ORDERS: [[usize; 3]; 6] = [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]];

impl AreaKinds {
    fn of(axes: usize, seeds: &[(u8, Vec<[u8; 3]>)]) -> Self {
        let voxels = 1usize << axes;
        let all = ((1u32 << voxels) - 1) as u8;
        let mut table: Vec<Option<AreaKind>> = vec![None; 1 << voxels];
        // The axes are the last ones of three, so that orders of two are orders of three that keep the first.
        for order in ORDERS.iter().filter(|order| axes == 3 || order[0] == 0) {
            for flips in 0..voxels {
                for (seed, pieces) in seeds {
                    let moved = |voxel: usize| {
                        let offset = |axis: usize| (voxel ^ flips) >> (2 - axis) & 1;
                        (0..3).fold(0, |moved, axis| moved << 1 | offset(order[axis]))
                    };
                    let inside = (0..voxels).filter(|&voxel| seed >> (voxels - 1 - voxel) & 1 == 1);
                    let code = inside.fold(0u8, |code, voxel| code | 1 << (voxels - 1 - moved(voxel)));
                    let mut pieces: Vec<[u8; 3]> = pieces.iter().map(|piece| order.map(|axis| piece[axis])).collect();
                    pieces.sort_unstable();
                    let kind = AreaKind { pieces, exposed: exposed(axes, code) };
                    table[usize::from(code)] = Some(kind.clone());
                    table[usize::from(all ^ code)] = Some(kind);
                }
            }
        }
        let mut areas: Vec<AreaKind> = table.iter().flatten().cloned().collect();
        areas.sort_unstable();
        areas.dedup();
        let kind_of = |kind: &AreaKind| areas.binary_search(kind).map_or(0, |kind| kind as u8 + 1);
        let of_code = table.iter().map(|kind| kind.as_ref().map_or(0, kind_of)).collect();
        Self { of_code, areas }
    }
}

/// Pairs of neighbours along each axis of which one is in the mask.
fn exposed(axes: usize, code: u8) -> [u8; 3] {
    let voxels = 1usize << axes;
    let inside = |voxel: usize| code >> (voxels - 1 - voxel) & 1;
    let along = |axis: usize| {
        let step = 1 << (2 - axis);
        (0..voxels).filter(|voxel| voxel & step == 0).map(|voxel| inside(voxel) ^ inside(voxel | step)).sum()
    };
    [if axes == 3 { along(0) } else { 0 }, along(1), along(2)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_corner_has_a_kind_and_there_are_as_many_as_areas() {
        for (axes, codes, areas) in [(2, 16, 4), (3, 256, 26)] {
            let kinds = kinds(axes);
            assert_eq!((kinds.of_code.len(), kinds.areas.len()), (codes, areas));
            let none: Vec<usize> = (0..codes).filter(|&code| kinds.of_code[code] == 0).collect();
            assert_eq!(none, [0, codes - 1]);
        }
    }

    #[test]
    fn a_flat_face_exposes_four_quarters() {
        let kind = |code: usize| &kinds(3).areas[usize::from(kinds(3).of_code[code]) - 1];
        assert_eq!((kind(15).pieces.clone(), kind(15).exposed), (vec![[4, 0, 0]; 2], [4, 0, 0]));
        // Voxels 0, 2, 4 and 6, that is those before the corner along the last axis.
        assert_eq!(kind(0b1010_1010).exposed, [0, 0, 4]);
        assert_eq!(kinds(2).areas[usize::from(kinds(2).of_code[0b1100]) - 1].exposed, [0, 2, 0]);
    }
}
