//! Elements of a mask by logic of words.

use super::bits::{Bits, Sides, before, behind};
use crate::stats::Elements;

/// The elements of a mask of 2 or 3 axes: voxels of the mask, or corners of voxels, which are one more along each axis.
pub(super) fn boundary(mask: &Bits, elements: Elements, sides: &Sides, axes: usize) -> Bits {
    // Steps along how many axes lead to a neighbour.
    let steps = match elements {
        Elements::Voxel => return mask.clone(),
        Elements::Corner => return corners(mask, sides, axes),
        Elements::Face => 1,
        Elements::Edge => 2,
        Elements::Full => 3,
    };
    let slices = if axes == 3 { 0..3 } else { 1..2 };
    Bits::of_rows(mask.size, |z, y, out| {
        let own = mask.row(z, y);
        if own.iter().all(|&word| word == 0) {
            return;
        }
        let mut inner = own.to_vec();
        for dz in slices.clone() {
            for dy in 0..3 {
                let taken = usize::from(dz != 1) + usize::from(dy != 1);
                if taken > steps {
                    continue;
                }
                match row_at(mask, sides, z + dz, y + dy) {
                    None => inner.fill(0),
                    Some(row) => and_neighbours(&mut inner, row, taken < steps, mask.size[2], sides),
                }
            }
        }
        for ((out, own), inner) in out.iter_mut().zip(own).zip(&inner) {
            *out = own & !inner;
        }
    })
}

/// The row before that with these numbers, counted from 1 before the mask on.
fn row_at<'a>(mask: &'a Bits, sides: &Sides, z: usize, y: usize) -> Option<&'a [u64]> {
    Some(mask.row(sides.clamp(0, z, mask.size[0])?, sides.clamp(1, y, mask.size[1])?))
}

/// Keeps voxels where this row has them and, if asked, the voxels beside them as well.
fn and_neighbours(inner: &mut [u64], row: &[u64], beside: bool, bits: usize, sides: &Sides) {
    for (k, inner) in inner.iter_mut().enumerate() {
        *inner &= row[k];
        if beside && *inner != 0 {
            *inner &= before(row, k, sides.0[2][0]) & behind(row, k, bits, sides.0[2][1]);
        }
    }
}

/// Corners where not all voxels that meet are inside and not all outside.
fn corners(mask: &Bits, sides: &Sides, axes: usize) -> Bits {
    let [nz, ny, nx] = mask.size;
    let slices = if axes == 3 { 2 } else { 1 };
    Bits::of_rows([nz + slices - 1, ny + 1, nx + 1], |z, y, out| {
        let mut all = vec![u64::MAX; out.len()];
        for dz in 0..slices {
            for dy in 0..2 {
                // Two axes have one slice, which is none before the first.
                let row = row_at(mask, sides, if axes == 3 { z + dz } else { 1 }, y + dy);
                let Some(row) = row else {
                    all.fill(0);
                    continue;
                };
                for (k, (any, all)) in out.iter_mut().zip(&mut all).enumerate() {
                    let (left, right) = beside_corner(row, k, nx, sides);
                    *any |= left | right;
                    *all &= left & right;
                }
            }
        }
        out.iter_mut().zip(&all).for_each(|(any, all)| *any &= !all);
    })
}

/// For the corners before the voxels of word `k` (one corner more than voxels) whether the voxels before and behind are set.
#[inline(always)]
fn beside_corner(row: &[u64], k: usize, bits: usize, sides: &Sides) -> (u64, u64) {
    let last = (bits - 1) % 64;
    let repeat = |word: u64| if sides.0[2][1] { (word >> last & 1) << ((last + 1) % 64) } else { 0 };
    // Where the voxels fill their last word, the corner behind the last voxel is in one more word.
    let Some(&word) = row.get(k) else {
        return (row[k - 1] >> 63, repeat(row[k - 1]));
    };
    let repeated = if k + 1 == row.len() && last < 63 { repeat(word) } else { 0 };
    (before(row, k, sides.0[2][0]), word | repeated)
}
