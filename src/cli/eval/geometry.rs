//! Whether two grids put their voxels in the same places.

use crate::cli::warning::{Warning, apart};
use crate::io::Geometry;
use anyhow::{Result, bail};
use clap::ValueEnum;

/// What is done about grids that lie apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum GeometryRule {
    /// Refuse
    Strict,
    /// Evaluate, and warn
    Warn,
    /// Do not compare
    Off,
}

impl GeometryRule {
    pub fn name(self) -> &'static str {
        match self {
            Self::Strict => "strict",
            Self::Warn => "warn",
            Self::Off => "off",
        }
    }

    /// What follows from two grids that are so far apart.
    pub fn check(self, gap: Gap) -> Result<Option<Warning>> {
        if gap.is_same_grid() || self == Self::Off {
            return Ok(None);
        }
        let Gap { millimetres, voxels } = gap;
        if self == Self::Strict {
            bail!("{}; resample one onto the grid of the other, or say --geometry warn", apart(millimetres, voxels));
        }
        Ok(Some(Warning::Geometry { millimetres, voxels }))
    }
}

/// Of a voxel. Tools that write the same grid differ by the rounding of f32, which is far less.
const TOLERANCE: f64 = 1e-3;

/// The largest distance between the same corner of two grids, in millimetres and in the smallest voxel edge of the truth.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(in crate::cli) struct Gap {
    pub millimetres: f64,
    pub voxels: f64,
}

impl Gap {
    /// Whether it is no more than noise.
    pub fn is_same_grid(self) -> bool {
        self.voxels <= TOLERANCE
    }

    /// The larger one of two.
    pub fn larger(self, other: Self) -> Self {
        if other.voxels > self.voxels { other } else { self }
    }
}

/// Positions are affine in the index, so no voxel is further apart than a corner.
pub(in crate::cli) fn gap(truth: &Geometry, pred: &Geometry, shape: &[u64]) -> Gap {
    let last = |axis: usize| shape.get(axis).map_or(0, |n| n.saturating_sub(1)) as f64;
    let (a, b) = (truth.affine_mm(), pred.affine_mm());
    let mut millimetres = 0.0f64;
    for corner in 0..8 {
        let index: [f64; 3] = std::array::from_fn(|axis| if corner >> axis & 1 == 1 { last(axis) } else { 0.0 });
        let distance: [f64; 3] = std::array::from_fn(|row| {
            let along: f64 = (0..3).map(|axis| (a[row][axis] - b[row][axis]) * index[axis]).sum();
            along + a[row][3] - b[row][3]
        });
        millimetres = millimetres.max(distance[0].hypot(distance[1]).hypot(distance[2]));
    }
    // Along an axis of one voxel writers leave anything in the affine.
    let edges = (0..3).filter(|&axis| last(axis) > 0.0).map(|axis| a[0][axis].hypot(a[1][axis]).hypot(a[2][axis]));
    let edge = edges.fold(f64::INFINITY, f64::min);
    let edge = if edge.is_finite() { edge } else { truth.spacing_mm().into_iter().fold(f64::INFINITY, f64::min) };
    Gap { millimetres, voxels: millimetres / edge }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHAPE: [u64; 3] = [101, 101, 11];

    fn moved(change: impl Fn(&mut [[f64; 4]; 4])) -> Geometry {
        let mut geometry = Geometry::from_spacing([1.0, 1.0, 5.0]);
        change(&mut geometry.affine);
        geometry
    }

    #[test]
    fn a_shift_is_its_length_in_the_smallest_edge() {
        let Gap { millimetres, voxels } = gap(&moved(|_| ()), &moved(|a| a[2][3] = 0.5), &SHAPE);
        assert_eq!((millimetres, voxels), (0.5, 0.5));
    }

    #[test]
    fn a_spacing_that_is_a_little_off_adds_up_over_the_volume() {
        let off = moved(|a| a[0][0] = 1.0001);
        assert!((gap(&moved(|_| ()), &off, &SHAPE).voxels - 0.01).abs() < 1e-9);
        assert!(GeometryRule::Strict.check(gap(&moved(|_| ()), &off, &SHAPE)).is_err());
        assert!(GeometryRule::Strict.check(gap(&moved(|_| ()), &off, &[5, 5, 5])).unwrap().is_none());
    }

    #[test]
    fn a_flip_moves_the_far_corner() {
        let flipped = moved(|a| a[0] = [-1.0, 0.0, 0.0, 100.0]);
        assert_eq!(gap(&moved(|_| ()), &flipped, &SHAPE).millimetres, 100.0);
    }

    #[test]
    fn the_rule_decides_what_follows() {
        let (here, there) = (moved(|_| ()), moved(|a| a[1][3] = 1.0));
        let gap = gap(&here, &there, &SHAPE);
        assert!(GeometryRule::Strict.check(gap).is_err());
        assert!(GeometryRule::Warn.check(gap).unwrap().is_some());
        assert!(GeometryRule::Off.check(gap).unwrap().is_none());
    }
}
