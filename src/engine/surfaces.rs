//! Surface distances and boundary bands of label maps.

use super::Engine;
use super::operands::same_shape;
use crate::classes::Classes;
#[allow(unused_imports)] // `Error`: the documentation links to it
use crate::error::{Error, Operand, Result};
use crate::job::{BandsJob, LabelPair, SurfacesJob};
use crate::options::Band;
use crate::shape::Shape;
use crate::stats::{Counts, Lattice, Spacing, Surface, SurfaceOptions};
use crate::table::Table;
use crate::volume::{Data, LabelMap, Pair, Source};

impl Engine {
    /// Surface distances per sample and class of two label maps with 2 or 3 spatial axes, exact: whole numbers on a
    /// [`Lattice`]. A voxel whose truth is an [ignored](Classes::ignoring) label belongs to neither mask, and where that
    /// cuts a mask there is its boundary.
    ///
    /// They are measured on the CPU, whatever the engine runs on, and label maps must be in host memory.
    ///
    /// ```
    /// use voxdice::metric::surface::{Directions, Percentile, Tolerance, assd, hausdorff, nsd};
    /// use voxdice::metric::surface::{NsdForm, Weight};
    /// use voxdice::{Classes, Engine, EngineOptions, LabelMap, Pair, Shape, Spacing, stats::SurfaceOptions};
    /// let engine = Engine::new(&EngineOptions::default())?;
    /// let shape = Shape::new(1, 1, [3, 4])?; // 3 rows of 4 columns
    /// let truth = [0u8, 1, 1, 0, 0, 1, 1, 0, 0, 0, 0, 0];
    /// let pred = [0u8, 1, 1, 1, 0, 1, 1, 1, 0, 0, 0, 0];
    /// let surfaces = engine.surfaces(
    ///     Pair { pred: LabelMap::u8(shape.clone(), &pred)?, truth: LabelMap::u8(shape, &truth)? },
    ///     &Classes::new([1])?,
    ///     &SurfaceOptions { spacing: Spacing::new([2.0, 0.5])?, ..SurfaceOptions::default() },
    /// )?;
    /// let surface = &surfaces.values()[0];
    /// assert_eq!(hausdorff(surface, Percentile::linear(100.0)?, Directions::Max), 0.5);
    /// assert_eq!(assd(surface, Weight::Count), 2.0 * 0.5 / 10.0);
    /// assert_eq!(nsd(surface, Tolerance::mm(0.25)?, NsdForm::Pooled, Weight::Count), 8.0 / 10.0);
    /// # Ok::<(), voxdice::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::ShapeMismatch`]; [`Error::Parameter`] for shapes without 2 or 3 spatial axes, spacings that do not go with
    /// the shape, options that do not go together, and label maps in a GPU buffer.
    pub fn surfaces(
        &self,
        pair: Pair<LabelMap<'_>>,
        classes: &Classes,
        options: &SurfaceOptions,
    ) -> Result<Table<Surface>> {
        let Pair { pred, truth } = pair;
        options.validate()?;
        let shape = same_shape(pred.shape(), truth.shape())?;
        let lattice = Lattice::new(&options.spacing, shape.spatial())?;
        let pair = label_pair(&shape, &pred, &truth, classes)?;
        let surfaces = self.cpu.surfaces(&SurfacesJob { pair, options, lattice })?;
        Ok(Table::new(shape.samples() as usize, classes.len(), surfaces))
    }

    /// Counts of the inner bands of both masks, per sample and class: voxels of a mask that are near its boundary. Their
    /// [`iou`](crate::metric::iou) is the boundary IoU (Cheng et al. 2021), their [`dice`](crate::metric::dice) the
    /// boundary Dice. Where neither map has the class, [`Empty`](crate::Empty) decides, as for masks. `spacing` matters to
    /// [`Band::Mm`] alone.
    ///
    /// They are counted on the CPU, whatever the engine runs on, and label maps must be in host memory.
    ///
    /// ```
    /// use voxdice::{Band, Classes, Empty, Engine, EngineOptions, LabelMap, Pair, Shape, Spacing, metric};
    /// let engine = Engine::new(&EngineOptions::default())?;
    /// let shape = Shape::new(1, 1, [5, 5])?;
    /// let truth = [1u8; 25];
    /// let pred: Vec<u8> = (0..25).map(|i| u8::from(i != 12)).collect(); // a hole in the middle
    /// let pair = Pair { pred: LabelMap::u8(shape.clone(), &pred)?, truth: LabelMap::u8(shape, &truth)? };
    /// let bands = engine.bands(pair, &Classes::new([1])?, Band::Voxels(1), &Spacing::voxels())?;
    /// assert_eq!(bands.map(|counts| metric::iou(counts, Empty::Nan)).into_values(), [16.0 / 24.0]);
    /// # Ok::<(), voxdice::Error>(())
    /// ```
    ///
    /// # Errors
    /// Those of [`Engine::surfaces`]; [`Error::Parameter`] for a band without width.
    pub fn bands(
        &self,
        pair: Pair<LabelMap<'_>>,
        classes: &Classes,
        band: Band,
        spacing: &Spacing,
    ) -> Result<Table<Counts>> {
        let Pair { pred, truth } = pair;
        band.validate()?;
        let shape = same_shape(pred.shape(), truth.shape())?;
        let voxels = Spacing::voxels();
        let spacing = if matches!(band, Band::Mm(_)) { spacing } else { &voxels };
        let lattice = Lattice::new(spacing, shape.spatial())?;
        let pair = label_pair(&shape, &pred, &truth, classes)?;
        let counts = self.cpu.bands(&BandsJob { pair, band, lattice })?;
        Ok(Table::new(shape.samples() as usize, classes.len(), counts))
    }
}

pub(super) fn label_pair<'a>(
    shape: &Shape,
    pred: &LabelMap<'a>,
    truth: &LabelMap<'a>,
    classes: &'a Classes,
) -> Result<LabelPair<'a>> {
    let mut extent = [1; 3];
    for (extent, &n) in extent.iter_mut().rev().zip(shape.spatial().iter().rev()) {
        *extent = n as usize;
    }
    let (pred, truth) = (host(pred.source(), Operand::Pred)?, host(truth.source(), Operand::Truth)?);
    Ok(LabelPair { extent, pred, truth, classes })
}

#[cfg_attr(not(feature = "gpu"), allow(unused_variables))]
fn host<'a>(source: Source<'a>, operand: Operand) -> Result<Data<'a>> {
    match source {
        Source::Host(data) => Ok(data),
        #[cfg(feature = "gpu")]
        Source::Buffer(_) => {
            let value = format!("a GPU buffer for {operand}");
            let range = "host memory, as surfaces and lesions are found on the CPU; read the buffer back".into();
            Err(Error::Parameter { name: "the place of a label map", value, range })
        }
    }
}
