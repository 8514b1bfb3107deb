//! Betti numbers and centrelines of label maps.

use super::Engine;
use super::operands::same_shape;
use super::surfaces::label_pair;
use crate::classes::Classes;
#[allow(unused_imports)] // `Error`: the documentation links to it
use crate::error::{Error, Result};
use crate::stats::{Centrelines, Lattice, Spacing, Topology};
use crate::table::Table;
use crate::volume::{LabelMap, Pair};

impl Engine {
    /// Betti numbers per sample and class of two label maps with 2 or 3 spatial axes: pieces, holes and cavities.
    /// [`metric::topology`](crate::metric::topology) has an example, and errors that follow from them. A voxel whose truth is
    /// an [ignored](Classes::ignoring) label belongs to neither mask.
    ///
    /// They are always counted on the CPU, on a GPU engine too. For label maps in buffers on a GPU, the masks are made
    /// on the GPU and read back as bits.
    ///
    /// # Errors
    /// Those of [`Engine::surfaces`]; [`Error::Parameter`] for slices of 2^31 voxels and more.
    pub fn topology(&self, pair: Pair<LabelMap<'_>>, classes: &Classes) -> Result<Table<Topology>> {
        let Pair { pred, truth } = pair;
        let shape = same_shape(pred.shape(), truth.shape())?;
        // A shape that has no lattice has no masks in space.
        Lattice::new(&Spacing::voxels(), shape.spatial())?;
        let pair = label_pair(&shape, &pred, &truth, classes);
        #[cfg(feature = "gpu")]
        if let Some(masks) = self.read_back(&pair)? {
            let topology = self.cpu.topology_of(&masks, pair.extent)?;
            return Ok(Table::new(shape.samples() as usize, classes.len(), topology));
        }
        let topology = self.cpu.topology(&pair.host()?)?;
        Ok(Table::new(shape.samples() as usize, classes.len(), topology))
    }

    /// Skeletons per sample and class of two label maps with 2 or 3 spatial axes, and how much of each lies in the other mask:
    /// what clDice (Shit et al. 2021) is made of. They are those of scikit-image's `skeletonize`: Zhang and Suen's thinning (1984) of
    /// images with two axes, Lee, Kashyap and Chu's (1994) of those with three. Thinning goes through a volume in the order of
    /// its axes, so that one whose axes are in another order may have another skeleton. A voxel whose truth is an
    /// [ignored](Classes::ignoring) label belongs to neither mask.
    ///
    /// They are always made on the CPU, as for [`Engine::topology`].
    ///
    /// ```
    /// use voxdice::metric::topology::cl_dice;
    /// use voxdice::{Classes, Engine, EngineOptions, LabelMap, Pair, Shape};
    /// let engine = Engine::new(&EngineOptions::default())?;
    /// let shape = Shape::new(1, 1, [5, 9])?;
    /// let truth: Vec<u8> = (0..45).map(|i| u8::from((9..36).contains(&i))).collect(); // three rows
    /// let pred: Vec<u8> = truth.iter().enumerate().map(|(i, &label)| if i % 9 == 4 { 0 } else { label }).collect(); // cut
    /// let pair = Pair { pred: LabelMap::u8(shape.clone(), &pred)?, truth: LabelMap::u8(shape, &truth)? };
    /// let lines = engine.centrelines(pair, &Classes::new([1])?)?.into_values()[0];
    /// assert_eq!((lines.truth().voxels(), lines.truth().within()), (8, 7));
    /// assert_eq!(cl_dice(&lines), 2.0 * (7.0 / 8.0) / (1.0 + 7.0 / 8.0));
    /// # Ok::<(), voxdice::Error>(())
    /// ```
    ///
    /// # Errors
    /// Those of [`Engine::surfaces`].
    pub fn centrelines(&self, pair: Pair<LabelMap<'_>>, classes: &Classes) -> Result<Table<Centrelines>> {
        let Pair { pred, truth } = pair;
        let shape = same_shape(pred.shape(), truth.shape())?;
        let axes = Lattice::new(&Spacing::voxels(), shape.spatial())?.axes();
        let pair = label_pair(&shape, &pred, &truth, classes);
        #[cfg(feature = "gpu")]
        if let Some(masks) = self.read_back(&pair)? {
            let lines = self.cpu.centrelines_of(&masks, pair.extent, axes);
            return Ok(Table::new(shape.samples() as usize, classes.len(), lines));
        }
        let lines = self.cpu.centrelines(&pair.host()?, axes)?;
        Ok(Table::new(shape.samples() as usize, classes.len(), lines))
    }
}
