//! A grid of voxels, and how far two of them are apart.

use super::fit::{column, length};
use crate::io::Geometry;

/// Of a voxel. Tools that write the same grid differ by the rounding of f32, which is far less.
const TOLERANCE: f64 = 1e-3;

/// The largest distance between the same voxel of two grids.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "eval", derive(serde::Serialize, serde::Deserialize))]
pub struct Gap {
    /// In millimetres.
    pub millimetres: f64,
    /// In the smallest voxel edge of the first grid.
    pub voxels: f64,
}

impl Gap {
    /// Whether it is no more than rounding: a thousandth of a voxel.
    #[must_use]
    pub fn is_same_grid(self) -> bool {
        self.voxels <= TOLERANCE
    }

    /// Whether it is more than headers differ by that tools rewrote: a hundredth of a voxel.
    #[must_use]
    pub fn is_apart(self) -> bool {
        self.voxels > 10.0 * TOLERANCE
    }

    /// How far apart the same voxel of two grids may be, where both say where they lie. Axes of one voxel, which
    /// writers put anywhere, are skipped; `None` also where the others are not as long, or where one grid has them
    /// behind z, and where there are no voxels.
    #[must_use]
    pub fn between(first: Grid<'_>, second: Grid<'_>) -> Option<Self> {
        let (a, b) = (first.geometry?.affine_mm(), second.geometry?.affine_mm());
        let (ours, theirs) = (first.long_axes(), second.long_axes());
        let lengths = |axes: &[(usize, u64)]| axes.iter().map(|&(_, n)| n).collect::<Vec<_>>();
        if lengths(&ours) != lengths(&theirs) || ours.iter().any(|&(_, n)| n == 0) {
            return None;
        }
        // Axes behind the third are not of space, and must be so for both.
        let pairs: Vec<_> = ours.into_iter().zip(theirs).filter(|(a, b)| a.0.min(b.0) < 3).collect();
        if pairs.iter().any(|(a, b)| a.0.max(b.0) > 2) {
            return None;
        }
        // Places are affine in the index, so no voxel is further apart than a corner.
        let mut millimetres = 0.0f64;
        for corner in 0..1 << pairs.len() {
            let mut off: [f64; 3] = std::array::from_fn(|row| b[row][3] - a[row][3]);
            for (place, &((here, n), (there, _))) in pairs.iter().enumerate() {
                let index = if corner >> place & 1 == 1 { (n - 1) as f64 } else { 0.0 };
                off = std::array::from_fn(|row| off[row] + (b[row][there] - a[row][here]) * index);
            }
            millimetres = millimetres.max(length(off));
        }
        let edges = pairs.iter().map(|((axis, _), _)| length(column(&a, *axis)));
        let edge = edges.min_by(f64::total_cmp).unwrap_or_else(|| first.smallest_spacing());
        Some(Self::of(millimetres, edge))
    }

    /// So far, where a voxel has this edge. One without a size counts as 1 mm long.
    pub(super) fn of(millimetres: f64, edge: f64) -> Self {
        Self { millimetres, voxels: millimetres / if edge > 0.0 { edge } else { 1.0 } }
    }

    /// The larger one of two.
    #[must_use]
    pub fn larger(self, other: Self) -> Self {
        if other.voxels > self.voxels { other } else { self }
    }
}

/// The lengths of a file's axes, x first, and where its voxels lie.
#[derive(Debug, Clone, Copy)]
pub struct Grid<'a> {
    /// The lengths, x first. Axes behind the third are not of space.
    pub shape: &'a [u64],
    /// Size and place of the voxels, where the file says them.
    pub geometry: Option<&'a Geometry>,
}

impl Grid<'_> {
    /// The same axes of a file that does not say where its voxels lie.
    #[must_use]
    pub fn without_place(self) -> Self {
        Self { geometry: None, ..self }
    }

    /// The axes of more than one voxel, and their lengths.
    fn long_axes(&self) -> Vec<(usize, u64)> {
        self.shape.iter().copied().enumerate().filter(|&(_, n)| n != 1).collect()
    }

    pub(super) fn smallest_spacing(&self) -> f64 {
        self.geometry.map_or(1.0, |geometry| geometry.spacing_mm().into_iter().fold(f64::INFINITY, f64::min))
    }
}
