//! Lesions of label maps.

use super::Engine;
use super::operands::same_shape;
use super::surfaces::label_pair;
use crate::classes::Classes;
#[allow(unused_imports)] // `Error`: the documentation links to it
use crate::error::{Error, Result};
use crate::job::InstancesJob;
use crate::stats::{InstanceOptions, Instances};
use crate::table::Table;
use crate::volume::{LabelMap, Pair};

impl Engine {
    /// Lesions per sample and class of two label maps with 2 or 3 spatial axes, and which of them share voxels. A voxel whose
    /// truth is an [ignored](Classes::ignoring) label belongs to neither side.
    ///
    /// They are always found on the CPU, on a GPU engine too, and label maps must be in host memory. Maps that come in
    /// chunks are fed to an [`InstancesAccumulator`](crate::InstancesAccumulator).
    ///
    /// ```
    /// use voxdice::metric::instances::{InstanceRules, detection};
    /// use voxdice::stats::InstanceOptions;
    /// use voxdice::{Classes, Engine, EngineOptions, LabelMap, Pair, Shape};
    /// let engine = Engine::new(&EngineOptions::default())?;
    /// let shape = Shape::new(1, 1, [2, 6])?; // 2 rows of 6 columns
    /// let truth = [1u8, 1, 0, 0, 0, 1, 1, 1, 0, 0, 0, 1];
    /// let pred = [0u8, 1, 1, 0, 0, 0, 1, 1, 0, 0, 0, 0];
    /// let pair = Pair { pred: LabelMap::u8(shape.clone(), &pred)?, truth: LabelMap::u8(shape, &truth)? };
    /// let found = engine.instances(pair, &Classes::new([1])?, &InstanceOptions::default())?;
    /// // One of two lesions is found: IoU 3 / 5, at least a half.
    /// let scores = found.map(|found| detection(found, &InstanceRules::default(), 1.0));
    /// assert_eq!((scores.values()[0].tp, scores.values()[0].missed), (1, 1));
    /// # Ok::<(), voxdice::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::ShapeMismatch`]; [`Error::Parameter`] for shapes without 2 or 3 spatial axes, options that do not go together,
    /// [`Error::BufferOnCpu`] for label maps in a GPU buffer; [`Error::TooManyLesions`].
    pub fn instances(
        &self,
        pair: Pair<LabelMap<'_>>,
        classes: &Classes,
        options: &InstanceOptions,
    ) -> Result<Table<Instances>> {
        let Pair { pred, truth } = pair;
        options.validate(classes.len())?;
        let shape = same_shape(pred.shape(), truth.shape())?;
        let pair = label_pair(&shape, &pred, &truth, classes).host()?;
        let found = self.cpu.instances(&InstancesJob { pair, spatial: shape.spatial(), options })?;
        Ok(Table::new(shape.samples() as usize, classes.len(), found))
    }
}
