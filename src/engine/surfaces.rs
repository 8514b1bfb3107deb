//! Surface distances and boundary bands of label maps.

use super::operands::same_shape;
use super::{Chosen, Engine};
use crate::classes::Classes;
#[allow(unused_imports)] // `Error`: the documentation links to it
use crate::error::{Error, Result};
#[cfg(feature = "gpu")]
use crate::gpu::{self, Measured, Waiting};
#[cfg(feature = "gpu")]
use crate::job::BoxMasks;
use crate::job::{BandsJob, LabelPairOf, SurfacesOf};
use crate::options::Band;
use crate::shape::Shape;
#[cfg(feature = "eval")]
use crate::stats::Farthest;
use crate::stats::{Counts, Lattice, Spacing, Surface, SurfaceOptions};
use crate::table::Table;
use crate::volume::{LabelMap, Pair, Source};

impl Engine {
    /// Surface distances per sample and class of two label maps with 2 or 3 spatial axes, exact: whole numbers on a
    /// [`Lattice`]. A voxel whose truth is an [ignored](Classes::ignoring) label belongs to neither mask, and where
    /// that cuts a mask there is its boundary.
    ///
    /// A GPU engine measures them on the GPU, for maps in host memory and for [buffers](LabelMap) alike, and finds the
    /// same numbers. It always leaves some cases to the CPU, which finds the same numbers: a class in whose box a bit
    /// per voxel and map is more than 32 of [`Tuning::window_bytes`](crate::tuning::Tuning::window_bytes) or than the
    /// adapter can bind (by default 128 MiB: 2^29 voxels); a class with far surfaces whose box has more than 2^40
    /// voxels times the longer of its axes but the last, or 2^33 of them per column; and maps in host memory of which
    /// the adapter cannot bind a row. For these a map in a buffer is read back as bits.
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
    /// [`Error::ShapeMismatch`]; [`Error::Parameter`] for shapes without 2 or 3 spatial axes, spacings that do not go
    /// with the shape, and options that do not go together; [`Error::BufferOnCpu`] for label maps in a GPU buffer on a
    /// CPU engine; what the GPU may report, with [`Error::SelfTest`] where the GPU fails the known-answer test that
    /// runs before its first use, and [`Error::BindingTooLarge`] for rows of a buffer that the adapter cannot bind.
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
        let job = SurfacesOf { pair: label_pair(&shape, &pred, &truth, classes), options, lattice };
        let surfaces = match &self.backend {
            Chosen::Cpu(cpu) => cpu.surfaces(&job.host()?)?,
            #[cfg(feature = "gpu")]
            Chosen::Gpu(gpu) => self.surfaces_on(gpu, &job)?,
        };
        Ok(Table::new(shape.samples() as usize, classes.len(), surfaces))
    }

    /// The element that is farthest from its target, per sample and class; none where a mask is missing and where the two are
    /// equal. On the CPU whatever the engine: it is asked for a few pictures.
    #[cfg(feature = "eval")]
    pub(crate) fn farthest(
        &self,
        pair: Pair<LabelMap<'_>>,
        classes: &Classes,
        options: &SurfaceOptions,
    ) -> Result<Vec<Option<Farthest>>> {
        let Pair { pred, truth } = pair;
        options.validate()?;
        let shape = same_shape(pred.shape(), truth.shape())?;
        let lattice = Lattice::new(&options.spacing, shape.spatial())?;
        self.cpu.farthest(&SurfacesOf { pair: label_pair(&shape, &pred, &truth, classes), options, lattice }.host()?)
    }

    /// Counts of the inner bands of both masks, per sample and class: voxels of a mask that are near its boundary.
    /// Their [`iou`](crate::metric::iou) is the boundary IoU (Cheng et al. 2021), their [`dice`](crate::metric::dice)
    /// the boundary Dice. Where neither map has the class, [`Empty`](crate::Empty) decides, as for masks. `spacing`
    /// matters to [`Band::Mm`] alone.
    ///
    /// They are always counted on the CPU, on a GPU engine too. For label maps in buffers on a GPU, the masks are made
    /// on the GPU and read back as bits.
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
        let shape = same_shape(pred.shape(), truth.shape())?;
        let lattice = band.lattice(spacing, shape.spatial())?;
        let pair = label_pair(&shape, &pred, &truth, classes);
        #[cfg(feature = "gpu")]
        if let Some(masks) = self.read_back(&pair)? {
            let voxels: Vec<u64> = self.counts(Pair { pred, truth }, classes)?.values().iter().map(Counts::n).collect();
            let counts = self.cpu.bands_of(&masks, &voxels, pair.extent, band, &lattice)?;
            return Ok(Table::new(shape.samples() as usize, classes.len(), counts));
        }
        let counts = self.cpu.bands(&BandsJob { pair: pair.host()?, band, lattice })?;
        Ok(Table::new(shape.samples() as usize, classes.len(), counts))
    }

    /// Masks of label maps in buffers on a GPU, for what the CPU computes; none of maps in host memory.
    #[cfg(feature = "gpu")]
    pub(super) fn read_back(&self, pair: &LabelPairOf<'_, Source<'_>>) -> Result<Option<Vec<Option<BoxMasks>>>> {
        match (&self.backend, pair.host()) {
            (Chosen::Gpu(gpu), Err(_)) => gpu::block_on(gpu.masks(pair, Waiting::Here)).map(Some),
            _ => Ok(None),
        }
    }

    /// Surfaces of a GPU backend. Classes that do not fit there come back as masks. Label maps whose rows do not fit
    /// are not tried.
    #[cfg(feature = "gpu")]
    fn surfaces_on(&self, gpu: &gpu::Backend, job: &SurfacesOf<'_, Source<'_>>) -> Result<Vec<Surface>> {
        let measured = match (gpu::block_on(gpu.surfaces(job, Waiting::Here)), job.host()) {
            (Err(Error::BindingTooLarge { .. }), Ok(host)) => return self.cpu.surfaces(&host),
            (measured, _) => measured?,
        };
        let mut surfaces = Vec::with_capacity(measured.len());
        for one in measured {
            match one {
                Measured::Surface(surface) => surfaces.push(surface),
                Measured::Left(masks) => {
                    let masks = [Some(masks)];
                    surfaces.extend(self.cpu.surfaces_of(&masks, job.pair.extent, job.options, &job.lattice)?);
                }
            }
        }
        Ok(surfaces)
    }
}

pub(super) fn label_pair<'a>(
    shape: &Shape,
    pred: &LabelMap<'a>,
    truth: &LabelMap<'a>,
    classes: &'a Classes,
) -> LabelPairOf<'a, Source<'a>> {
    let mut extent = [1; 3];
    for (extent, &n) in extent.iter_mut().rev().zip(shape.spatial().iter().rev()) {
        *extent = n as usize;
    }
    let samples = shape.samples() as usize;
    LabelPairOf { extent, samples, pred: pred.source(), truth: truth.source(), classes }
}
