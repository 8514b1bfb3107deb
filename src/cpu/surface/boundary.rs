//! Elements of a mask by logic of words.

use super::bits::{Bits, Sides, before, behind};
use super::corners::Corners;
use crate::stats::Elements;

/// The elements of a mask of 2 or 3 axes: voxels of the mask, or corners of voxels, which are one more along each axis.
pub(super) fn boundary(mask: &Bits, elements: Elements, sides: &Sides, axes: usize) -> Bits {
    // Steps along how many axes lead to a neighbour.
    let steps = match elements {
        Elements::Voxel => return mask.clone(),
        Elements::Corner => return Corners::new(mask, sides, axes).elements(),
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
