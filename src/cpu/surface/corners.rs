//! The kind of a corner.

use super::bits::{Bits, Sides};
use crate::stats::{AreaKinds, kinds};

/// Corners of a mask.
pub(super) struct Corners<'a> {
    mask: &'a Bits,
    sides: Sides,
    axes: usize,
    kinds: &'static AreaKinds,
}

impl<'a> Corners<'a> {
    pub fn new(mask: &'a Bits, sides: &Sides, axes: usize) -> Self {
        Self { mask, sides: *sides, axes, kinds: kinds(axes) }
    }

    /// The kind of the corner before voxel (z, y, x).
    #[inline]
    pub fn kind(&self, z: usize, y: usize, x: usize) -> u8 {
        let Self { mask, sides, axes, kinds } = self;
        let mut code = 0usize;
        for dz in 0..axes - 1 {
            for dy in 0..2 {
                let slice = if *axes == 3 { sides.clamp(0, z + dz, mask.size[0]) } else { Some(0) };
                let row = slice.zip(sides.clamp(1, y + dy, mask.size[1])).map(|(z, y)| mask.row(z, y));
                for dx in 0..2 {
                    let voxel = row.zip(sides.clamp(2, x + dx, mask.size[2]));
                    let bit = voxel.map_or(0, |(row, x)| row[x / 64] >> (x % 64) & 1);
                    code = code << 1 | bit as usize;
                }
            }
        }
        kinds.of_code[code]
    }
}
