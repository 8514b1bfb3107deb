//! Betti numbers of label maps.

#[cfg(feature = "gpu")]
use super::Chosen;
use super::Engine;
use super::operands::same_shape;
use super::surfaces::label_pair;
use crate::classes::Classes;
#[allow(unused_imports)] // `Error`: the documentation links to it
use crate::error::{Error, Result};
#[cfg(feature = "gpu")]
use crate::gpu::{self, Waiting};
use crate::stats::{Lattice, Spacing, Topology};
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
    /// Those of [`Engine::surfaces`]; [`Error::Parameter`] for slices of 2^32 voxels and more.
    pub fn topology(&self, pair: Pair<LabelMap<'_>>, classes: &Classes) -> Result<Table<Topology>> {
        let Pair { pred, truth } = pair;
        let shape = same_shape(pred.shape(), truth.shape())?;
        // A shape that has no lattice has no masks in space.
        Lattice::new(&Spacing::voxels(), shape.spatial())?;
        let pair = label_pair(&shape, &pred, &truth, classes);
        #[cfg(feature = "gpu")]
        if let (Chosen::Gpu(gpu), Err(_)) = (&self.backend, pair.host()) {
            let masks = gpu::block_on(gpu.masks(&pair, Waiting::Here))?;
            let topology = self.cpu.topology_of(&masks, pair.extent)?;
            return Ok(Table::new(shape.samples() as usize, classes.len(), topology));
        }
        let topology = self.cpu.topology(&pair.host()?)?;
        Ok(Table::new(shape.samples() as usize, classes.len(), topology))
    }
}
