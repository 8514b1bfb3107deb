//! Lee, Kashyap and Chu's thinning of a solid mask (1994), as scikit-image 0.26 has it.
//!
//! In turn from each of six sides: voxels that may go are listed, in the order of the image, and go in this order where their
//! neighbours still are one piece, since others went before them. A voxel may go that is no end of a line, whose
//! neighbours are one piece, and without which the Euler characteristic stays.

use super::three;
use crate::cpu::surface::bits::{Bits, each_bit};

/// A voxel with its neighbours has a bit for each, x first: this one is its own.
const OWN: u32 = 1 << 13;

/// The step in slices, rows and columns to the background that a side is open to.
const SIDES: [[i8; 3]; 6] = [[0, -1, 0], [0, 1, 0], [0, 0, 1], [0, 0, -1], [1, 0, 0], [-1, 0, 0]];

/// The neighbours that share a face, an edge or a vertex of the voxel, and 1 for a vertex or a face, -1 for an edge.
static CELLS: [(u32, i32); 26] = cells();

const fn cells() -> [(u32, i32); 26] {
    let mut cells = [(0, 0); 26];
    let mut cell = 0;
    while cell < 26 {
        // A cell lies towards a neighbour. Those share it that are as far along each axis, or not at all.
        let place = if cell < 13 { cell } else { cell + 1 };
        let at = [place % 3, place / 3 % 3, place / 9];
        let (mut sharing, mut other) = (0, 0);
        while other < 27 {
            let shares = (other % 3 == at[0] || other % 3 == 1)
                && (other / 3 % 3 == at[1] || other / 3 % 3 == 1)
                && (other / 9 == at[2] || other / 9 == 1);
            if shares && other != 13 {
                sharing |= 1 << other;
            }
            other += 1;
        }
        let steps = (at[0] != 1) as u32 + (at[1] != 1) as u32 + (at[2] != 1) as u32;
        cells[cell] = (sharing, if steps == 2 { -1 } else { 1 });
        cell += 1;
    }
    cells
}

/// The skeleton of a padded mask. In an image of one slice nothing goes for being open across slices.
pub(super) fn skeleton(mask: &Bits, is_one_slice: bool) -> Bits {
    let sides = if is_one_slice { &SIDES[..4] } else { &SIDES[..] };
    let mut left = mask.clone();
    let mut listed = Vec::new();
    loop {
        let mut any = false;
        for &side in sides {
            list(&left, side, &mut listed);
            for [z, y, x] in listed.drain(..) {
                if is_one_piece(around(&left, z, y, x) & !OWN) {
                    left.words[(z * mask.size[1] + y) * mask.width + x / 64] &= !(1 << (x % 64));
                    any = true;
                }
            }
        }
        if !any {
            return left;
        }
    }
}

/// Voxels that are open to a side and may go.
fn list(left: &Bits, [dz, dy, dx]: [i8; 3], listed: &mut Vec<[usize; 3]>) {
    let [nz, ny, _] = left.size;
    for z in 1..nz - 1 {
        for y in 1..ny - 1 {
            let row = left.row(z, y);
            let beside = left.row(z.wrapping_add_signed(dz.into()), y.wrapping_add_signed(dy.into()));
            for (k, &word) in row.iter().enumerate() {
                let covered = match dx {
                    1 => beside[k] >> 1 | beside.get(k + 1).map_or(0, |next| next << 63),
                    -1 => beside[k] << 1 | k.checked_sub(1).map_or(0, |k| beside[k] >> 63),
                    _ => beside[k],
                };
                each_bit(word & !covered, |bit| {
                    let x = 64 * k + bit;
                    if may_go(around(left, z, y, x)) {
                        listed.push([z, y, x]);
                    }
                });
            }
        }
    }
}

/// A voxel with its 26 neighbours.
#[inline]
fn around(left: &Bits, z: usize, y: usize, x: usize) -> u32 {
    let rows = (0..9).map(|i| three(left.row(z + i / 3 - 1, y + i % 3 - 1), x) << (3 * i));
    rows.fold(0, |all, three| all | three)
}

fn may_go(around: u32) -> bool {
    let others = around & !OWN;
    !others.is_power_of_two() && keeps_euler(others) && is_one_piece(others)
}

/// Whether the cells that go with the voxel, those of no neighbour and the cube, are as many of even dimension as of odd.
fn keeps_euler(others: u32) -> bool {
    CELLS.iter().filter(|(sharing, _)| others & sharing == 0).map(|(_, sign)| sign).sum::<i32>() == 1
}

/// Whether neighbours are connected with each other, with corners.
fn is_one_piece(others: u32) -> bool {
    const FIRST: u32 = 0o111_111_111;
    const LAST: u32 = FIRST << 2;
    const FIRST_ROWS: u32 = 0o007_007_007;
    const LAST_ROWS: u32 = FIRST_ROWS << 6;
    let mut piece = others & others.wrapping_neg();
    loop {
        let x = piece | (piece & !LAST) << 1 | (piece & !FIRST) >> 1;
        let y = x | (x & !LAST_ROWS) << 3 | (x & !FIRST_ROWS) >> 3;
        let grown = (y | y << 9 | y >> 9) & others;
        if grown == piece {
            return piece == others;
        }
        piece = grown;
    }
}
