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
        // The rows whose voxels must be in the mask for a voxel to be inside, and whether those beside them must, too.
        let (mut rows, mut n) = ([(own, false); 9], 0);
        for dz in slices.clone() {
            for dy in 0..3 {
                let taken = usize::from(dz != 1) + usize::from(dy != 1);
                if taken > steps {
                    continue;
                }
                let Some(row) = row_at(mask, sides, z + dz, y + dy) else { return out.copy_from_slice(own) };
                rows[n] = (row, taken < steps);
                n += 1;
            }
        }
        for (k, (out, &own)) in out.iter_mut().zip(own).enumerate() {
            let inner = rows[..n].iter().fold(own, |inner, &(row, beside)| {
                let inner = inner & row[k];
                if beside && inner != 0 { inner & neighbours(row, k, mask.size[2], sides) } else { inner }
            });
            *out = own & !inner;
        }
    })
}

/// The row before that with these numbers, counted from 1 before the mask on.
fn row_at<'a>(mask: &'a Bits, sides: &Sides, z: usize, y: usize) -> Option<&'a [u64]> {
    Some(mask.row(sides.clamp(0, z, mask.size[0])?, sides.clamp(1, y, mask.size[1])?))
}

/// Voxels of a word that have both voxels beside them.
fn neighbours(row: &[u64], k: usize, bits: usize, sides: &Sides) -> u64 {
    before(row, k, sides.0[2][0]) & behind(row, k, bits, sides.0[2][1])
}
