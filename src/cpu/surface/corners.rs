//! Corners of voxels: which of them are elements, and of which kind they are.

use super::bits::{Bits, Sides};
use crate::stats::kinds;

/// A mask with one more voxel on every side, which is what the image has there: a corner lies between two of its voxels along
/// each axis.
pub(super) struct Corners {
    around: Bits,
    axes: usize,
    /// By the voxels that meet at a corner: two bits for each row, the voxel before the corner below the one behind it.
    kinds: Vec<u8>,
}

impl Corners {
    /// Of a mask of 2 or 3 axes.
    pub fn new(mask: &Bits, sides: &Sides, axes: usize) -> Self {
        let [nz, ny, nx] = mask.size;
        let slices = if axes == 3 { nz + 2 } else { 1 };
        let around = Bits::of_rows([slices, ny + 2, nx + 2], |z, y, out| {
            // Two axes have one slice, which is none before the first.
            let slice = if axes == 3 { sides.clamp(0, z, nz) } else { Some(0) };
            let Some((z, y)) = slice.zip(sides.clamp(1, y, ny)) else { return };
            let row = mask.row(z, y);
            for (k, &word) in row.iter().enumerate() {
                out[k] |= word << 1;
                if let Some(next) = out.get_mut(k + 1) {
                    *next = word >> 63;
                }
            }
            let [before, behind] = sides.0[2];
            out[0] |= row[0] & u64::from(before);
            let last = row[(nx - 1) / 64] >> ((nx - 1) % 64) & u64::from(behind);
            out[(nx + 1) / 64] |= last << ((nx + 1) % 64);
        });
        let of_code = &kinds(axes).of_code;
        // The codes have the first voxel in the highest bit.
        let bits = 1 << axes;
        let code = |voxels: usize| (0..bits).fold(0, |code, i| code << 1 | voxels >> (bits - 1 - (i ^ 1)) & 1);
        let kinds = (0..of_code.len()).map(|voxels| of_code[code(voxels)]).collect();
        Self { around, axes, kinds }
    }

    /// The rows whose voxels meet at the corners of a row, in the order of their axes.
    #[inline(always)]
    fn rows(&self, z: usize, y: usize) -> impl Iterator<Item = &[u64]> {
        (z..z + self.axes - 1).flat_map(move |z| [self.around.row(z, y), self.around.row(z, y + 1)])
    }

    /// Corners where not all voxels that meet are inside and not all outside: one more along each axis than voxels.
    pub fn elements(&self) -> Bits {
        let [slices, rows, columns] = self.around.size;
        let size = [slices + 2 - self.axes, rows - 1, columns - 1];
        Bits::of_rows(size, |z, y, out| {
            let (last, bits) = (out.len() - 1, (columns - 2) % 64);
            for (k, out) in out.iter_mut().enumerate() {
                let (mut any, mut all) = (0, u64::MAX);
                for row in self.rows(z, y) {
                    let (before, next) = (row[k], row.get(k + 1).unwrap_or(&0));
                    let behind = before >> 1 | next << 63;
                    any |= before | behind;
                    all &= before & behind;
                }
                *out = any & !all;
                if k == last {
                    *out &= u64::MAX >> (63 - bits);
                }
            }
        })
    }

    /// The kind of the corner before voxel (z, y, x).
    #[inline]
    pub fn kind(&self, z: usize, y: usize, x: usize) -> u8 {
        let (k, bit) = (x / 64, x % 64);
        let mut voxels = 0;
        for row in self.rows(z, y) {
            let next = if bit == 63 { row.get(k + 1).unwrap_or(&0) << 1 } else { 0 };
            voxels = voxels << 2 | (row[k] >> bit | next) as usize & 3;
        }
        self.kinds[voxels]
    }
}
