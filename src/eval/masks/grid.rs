//! A mask, and the grid that all masks of a side have.

use crate::eval::error::GridError;
use crate::eval::grids::{GeometryRule, gap, same_extent};
use crate::eval::rules::Rules;
use crate::io::{self, Gap, Geometry};
use std::path::PathBuf;

/// A voxel of the truth that is left out of every count.
pub(crate) const LEFT_OUT: u8 = 2;

/// A mask of 0 and 1.
pub(super) struct Mask {
    pub voxels: Vec<u8>,
    pub shape: Vec<u64>,
    pub geometry: Option<Geometry>,
    pub path: PathBuf,
}

impl Mask {
    /// The union of two masks of one side.
    pub fn add(&mut self, other: &Self) -> Result<(), GridError> {
        same_extent([&self.path, &other.path], [&self.shape, &other.shape])?;
        self.voxels.iter_mut().zip(&other.voxels).for_each(|(all, own)| *all |= own);
        Ok(())
    }
}

/// The grid of one side, which all its masks have.
pub(super) struct Grid {
    pub path: PathBuf,
    pub shape: Vec<u64>,
    pub geometry: Option<Geometry>,
}

impl Grid {
    pub fn view(&self) -> io::Grid<'_> {
        io::Grid { shape: &self.shape, geometry: self.geometry.as_ref() }
    }

    pub fn voxels(&self) -> u64 {
        self.shape.iter().product()
    }

    /// Refuses a mask of other lengths, and says how far it lies apart.
    pub fn check(&self, mask: &Mask, rules: &Rules) -> Result<Option<Gap>, GridError> {
        same_extent([&self.path, &mask.path], [&self.shape, &mask.shape])?;
        Ok(apart([self.geometry.as_ref(), mask.geometry.as_ref()], &self.shape, rules))
    }
}

fn apart(geometries: [Option<&Geometry>; 2], shape: &[u64], rules: &Rules) -> Option<Gap> {
    match geometries {
        [Some(a), Some(b)] if rules.geometry != GeometryRule::Off => Some(gap(a, b, shape)),
        _ => None,
    }
}

/// The larger one of what is known.
pub(super) fn larger(a: Option<Gap>, b: Option<Gap>) -> Option<Gap> {
    match (a, b) {
        (Some(a), Some(b)) => Some(a.larger(b)),
        (a, b) => a.or(b),
    }
}
