//! Integer surface distances of one class.

mod corner;
#[cfg(feature = "eval")]
mod farthest;
mod lattice;
mod options;

pub(crate) use corner::kinds;
#[cfg(feature = "eval")]
pub(crate) use farthest::Farthest;
pub(crate) use lattice::LATTICE_BITS;
pub use lattice::{Lattice, SLACK, Spacing};
pub use options::{Elements, ImageEdge, SurfaceOptions, Target};

use super::Merge;
use crate::error::{Error, Result};

/// The squared distance of an element whose target has no elements: infinite.
pub const NO_TARGET: u64 = u64::MAX;

/// Surface distances of one class: from the elements of the truth's boundary to the prediction, and from those of the
/// prediction's boundary to the truth.
///
/// Distances are whole numbers on a [`Lattice`], so a surface has the same bits for all threads, instructions and
/// orders; compare with `==`. Every distance metric is a formula of it: [`metric::surface`](crate::metric::surface).
///
/// ```
/// use voxdice::stats::SurfaceOptions;
/// use voxdice::{Classes, Engine, EngineOptions, LabelMap, Pair, Shape, Spacing};
/// let engine = Engine::new(&EngineOptions::default())?;
/// let shape = Shape::new(1, 1, [1, 5])?;
/// let truth = LabelMap::u8(shape.clone(), &[0, 1, 0, 0, 0])?;
/// let pred = LabelMap::u8(shape, &[0, 0, 0, 0, 1])?;
/// let options = SurfaceOptions { spacing: Spacing::new([1.0, 0.5])?, ..SurfaceOptions::default() };
/// let surfaces = engine.surfaces(Pair { pred, truth }, &Classes::new([1])?, &options)?;
/// let distances: Vec<(f64, u64)> = surfaces.values()[0].from_truth().collect();
/// assert_eq!(distances, [(1.5, 1)]);
/// # Ok::<(), voxdice::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Surface {
    lattice: Lattice,
    options: SurfaceOptions,
    truth: Distances,
    pred: Distances,
}

impl Surface {
    /// A surface from its distances.
    pub fn new(lattice: Lattice, options: SurfaceOptions, truth: Distances, pred: Distances) -> Self {
        Self { lattice, options, truth, pred }
    }

    /// What the whole numbers stand for.
    pub fn lattice(&self) -> &Lattice {
        &self.lattice
    }

    /// What was asked for.
    pub fn options(&self) -> &SurfaceOptions {
        &self.options
    }

    /// Of the truth's elements to the prediction.
    pub fn truth(&self) -> &Distances {
        &self.truth
    }

    /// Of the prediction's elements to the truth.
    pub fn pred(&self) -> &Distances {
        &self.pred
    }

    /// Distances in mm from the truth's elements, in ascending order, with how many elements have each. Infinite where the
    /// prediction has no boundary.
    pub fn from_truth(&self) -> impl Iterator<Item = (f64, u64)> + '_ {
        self.in_mm(&self.truth)
    }

    /// The same from the prediction's elements.
    pub fn from_pred(&self) -> impl Iterator<Item = (f64, u64)> + '_ {
        self.in_mm(&self.pred)
    }

    fn in_mm<'a>(&'a self, distances: &'a Distances) -> impl Iterator<Item = (f64, u64)> + 'a {
        let runs = distances.entries.chunk_by(|a, b| a.squared == b.squared);
        runs.map(|run| (self.lattice.distance(run[0].squared), run.iter().map(|entry| entry.count).sum()))
    }
}

impl Merge for Surface {
    /// Adds the elements of another image. Images of other sizes may have another lattice, unless all spacings are equal;
    /// surfaces of another lattice or other options are [`Error::Parameter`].
    fn merge(&mut self, other: &Self) -> Result<()> {
        let differs = |name, value, own| {
            Err(Error::Parameter { name, value, range: format!("{own}, as of the surface it is merged into") })
        };
        if self.options != other.options {
            return differs("a surface's options", format!("{:?}", other.options), format!("{:?}", self.options));
        }
        if self.lattice != other.lattice {
            return differs("a surface's lattice", format!("{:?}", other.lattice), format!("{:?}", self.lattice));
        }
        let (truth, pred) = (self.truth.joined(&other.truth)?, self.pred.joined(&other.pred)?);
        (self.truth, self.pred) = (truth, pred);
        Ok(())
    }
}

/// How many elements have each distance, sorted by distance and kind.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct Distances {
    entries: Vec<DistanceCount>,
}

/// Elements of one distance and one kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DistanceCount {
    /// The squared distance in squared units of the [`Lattice`]; [`NO_TARGET`] where there is nothing to measure to.
    pub squared: u64,
    /// Which area the element has: 0 for centres of voxels, which have none, else the kind of its corner, from 1 on.
    pub kind: u8,
    /// How many.
    pub count: u64,
}

impl Distances {
    /// Sorts, and adds what has the same distance and kind.
    ///
    /// # Errors
    /// [`Error::CountOverflow`].
    pub fn new(mut entries: Vec<DistanceCount>) -> Result<Self> {
        entries.retain(|entry| entry.count > 0);
        entries.sort_unstable();
        let mut sorted: Vec<DistanceCount> = Vec::new();
        let mut total = 0u64;
        for entry in entries {
            total = total.checked_add(entry.count).ok_or(Error::CountOverflow)?;
            match sorted.last_mut() {
                Some(last) if (last.squared, last.kind) == (entry.squared, entry.kind) => last.count += entry.count,
                _ => sorted.push(entry),
            }
        }
        Ok(Self { entries: sorted })
    }

    /// The counts, sorted by distance and kind.
    pub fn entries(&self) -> &[DistanceCount] {
        &self.entries
    }

    /// All elements.
    pub fn elements(&self) -> u64 {
        self.entries.iter().map(|entry| entry.count).sum()
    }

    fn joined(&self, other: &Self) -> Result<Self> {
        Self::new([&self.entries[..], &other.entries].concat())
    }
}
