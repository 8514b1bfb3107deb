//! Surface distances on the GPU: the box of each class, its masks as bits, the elements of these, and for elements that
//! are not targets themselves a search in rows in the order of their distance. Queries that the search leaves open go
//! through an exact distance transform. The steps are those of `cpu/surface`, and all of them are integers, so that the
//! results are the same.
//!
//! Classes go through each kernel together, as many as fit. Classes that do not fit are left to the CPU, as bits.

mod batch;
mod boxes;
mod distances;
mod far;
mod image;
mod numbers;
mod self_test;

use super::Backend;
use super::arrival::Waiting;
use crate::classes::Classes;
use crate::error::Result;
use crate::job::{BoxMasks, LabelPairOf, SurfacesOf};
use crate::kernel::surface::SurfaceKernel;
use crate::options::Poison;
use crate::stats::{Distances, Elements, ImageEdge, Surface};
use crate::volume::Source;
use batch::{Batch, Form, batches, pieces};
use boxes::Crop;
use image::Image;

/// What became of a class of a sample.
pub(crate) enum Measured {
    Surface(Surface),
    /// It does not fit on the GPU.
    Left(BoxMasks),
}

/// Bytes of the masks of one batch at most, in windows of voxels that are copied: 128 MiB with the usual ones.
const WINDOWS: u64 = 32;

impl Backend {
    /// A surface per plane (sample) and class.
    pub async fn surfaces(&self, job: &SurfacesOf<'_, Source<'_>>, waiting: Waiting) -> Result<Vec<Measured>> {
        self.trust_surfaces(waiting).await?;
        self.measured(job, waiting).await
    }

    async fn measured(&self, job: &SurfacesOf<'_, Source<'_>>, waiting: Waiting) -> Result<Vec<Measured>> {
        let (image, classes) = (self.image(&job.pair)?, job.pair.classes);
        let crops = self.boxes(&image, classes, waiting).await?;
        let form = Form {
            axes: job.lattice.axes(),
            corners: job.options.elements == Elements::Corner,
            repeated: job.options.image_edge == ImageEdge::Repeat,
        };
        let none = Distances::default();
        let empty =
            || Measured::Surface(Surface::new(job.lattice.clone(), job.options.clone(), none.clone(), none.clone()));
        let mut measured: Vec<Measured> =
            std::iter::repeat_with(empty).take(job.pair.samples * classes.len()).collect();
        let (fitting, mut left): (Vec<Crop>, Vec<Crop>) =
            crops.into_iter().partition(|crop| form.words(crop) <= self.most_words());
        for batch in batches(&fitting, form, &image, classes, self.most_words()) {
            let surfaces = self.measure(&image, job, form, &batch, waiting).await?;
            for (crop, surface) in batch.crops.iter().zip(surfaces) {
                match surface {
                    Some(surface) => measured[crop.cell] = Measured::Surface(surface),
                    None => left.push(*crop),
                }
            }
        }
        for (cell, masks) in self.masks_of(&image, &left, classes, waiting).await? {
            measured[cell] = Measured::Left(masks);
        }
        Ok(measured)
    }

    /// The masks of each class of each plane in their boxes, or nothing where neither map has the class.
    pub async fn masks(&self, pair: &LabelPairOf<'_, Source<'_>>, waiting: Waiting) -> Result<Vec<Option<BoxMasks>>> {
        let image = self.image(pair)?;
        let mut masks: Vec<Option<BoxMasks>> =
            std::iter::repeat_with(|| None).take(pair.samples * pair.classes.len()).collect();
        let crops = self.boxes(&image, pair.classes, waiting).await?;
        for (cell, of_cell) in self.masks_of(&image, &crops, pair.classes, waiting).await? {
            masks[cell] = Some(of_cell);
        }
        Ok(masks)
    }

    /// The masks in these boxes with their cells, read back in as many parts as are needed.
    async fn masks_of(
        &self,
        image: &Image<'_>,
        crops: &[Crop],
        classes: &Classes,
        waiting: Waiting,
    ) -> Result<Vec<(usize, BoxMasks)>> {
        let most = self.most_words();
        let empty = |crop: &Crop| {
            let [low, size] = [crop.low, crop.size()].map(|places| places.map(|n| n as usize));
            (crop.cell, BoxMasks { low, size, truth: Vec::new(), pred: Vec::new() })
        };
        let mut joined: Vec<(usize, BoxMasks)> = crops.iter().map(empty).collect();
        let of_crops: Vec<Crop> = crops.iter().flat_map(|crop| pieces(crop, most)).collect();
        let mut into = joined.iter_mut().peekable();
        for batch in batches(&of_crops, Form::MASKS, image, classes, most) {
            let words = self.read(&self.bits(image, &batch)?, waiting).await?;
            for (piece, record) in batch.crops.iter().zip(&batch.records) {
                // Parts come in the order of the boxes.
                while into.next_if(|(cell, _)| *cell != piece.cell).is_some() {}
                if let Some((_, masks)) = into.peek_mut() {
                    record.append(masks, &words);
                }
            }
        }
        Ok(joined)
    }

    /// The masks of a batch.
    fn bits(&self, image: &Image<'_>, batch: &Batch) -> Result<wgpu::Buffer> {
        let masks = self.storage(batch.words)?;
        let told = |rows: std::ops::Range<u64>| batch.told_rows(&rows, image.extent[1]);
        self.over_windows(image, SurfaceKernel::Bits, batch.slices(), &masks, &told)?;
        Ok(masks)
    }

    /// Words of the masks of a batch at most.
    fn most_words(&self) -> u64 {
        self.bindings.most_bytes.min(WINDOWS * self.limits.window_bytes) / 4
    }

    /// A buffer of so many words, which kernels write.
    fn storage(&self, words: u64) -> Result<wgpu::Buffer> {
        use wgpu::BufferUsages as Usage;
        let size = super::slot::padded(4 * words);
        self.device.guarded(|device| {
            let buffer = device.raw.create_buffer(&wgpu::BufferDescriptor {
                label: Some("voxdice surfaces"),
                size,
                usage: Usage::STORAGE | Usage::COPY_SRC | Usage::COPY_DST,
                mapped_at_creation: false,
            });
            if self.poison == Poison::On {
                self.upload(&buffer, &[&vec![0xff; size as usize]]);
            }
            buffer
        })
    }

    /// A buffer of so many words of 0.
    fn cleared(&self, words: u64) -> Result<wgpu::Buffer> {
        let buffer = self.storage(words)?;
        self.device.guarded(|device| {
            let mut encoder = device.raw.create_command_encoder(&Default::default());
            encoder.clear_buffer(&buffer, 0, None);
            device.queue.submit([encoder.finish()]);
        })?;
        Ok(buffer)
    }
}
