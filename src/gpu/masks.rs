//! Masks of classes as rows of bits on the GPU, each in the box of its class, which surfaces and lesions start from.

pub(super) mod batch;
pub(super) mod boxes;
pub(super) mod image;
pub(super) mod numbers;

use super::Backend;
use super::arrival::Waiting;
use super::passes::whole;
use crate::classes::Classes;
use crate::error::Result;
use crate::job::{BoxMasks, LabelPairOf};
use crate::kernel::source::{Key, Statistic};
use crate::kernel::surface::SurfaceKernel;
use crate::options::Poison;
use crate::plan::workgroups;
use crate::volume::Source;
use batch::{Batch, Form, batches, pieces};
use boxes::Crop;
use image::Image;
use numbers::Told;

/// Bytes of the masks of one batch at most, in windows of voxels that are copied: 128 MiB with the usual ones.
const WINDOWS: u64 = 32;

impl Backend {
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
    pub(super) async fn masks_of(
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
    pub(super) fn bits(&self, image: &Image<'_>, batch: &Batch) -> Result<wgpu::Buffer> {
        let masks = self.storage(batch.words)?;
        let told = |rows: std::ops::Range<u64>| batch.told_rows(&rows, image.extent[1]);
        self.over_windows(image, SurfaceKernel::Bits, batch.slices(), &masks, &told)?;
        Ok(masks)
    }

    /// Words of the masks of a batch at most.
    pub(super) fn most_words(&self) -> u64 {
        self.bindings.most_bytes.min(WINDOWS * self.limits.window_bytes) / 4
    }

    /// A buffer of so many words, which kernels write.
    pub(super) fn storage(&self, words: u64) -> Result<wgpu::Buffer> {
        use wgpu::BufferUsages as Usage;
        let size = super::slot::padded(4 * words);
        self.device.guarded(|device| {
            let buffer = device.raw.create_buffer(&wgpu::BufferDescriptor {
                label: Some("voxdice masks"),
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
    pub(super) fn cleared(&self, words: u64) -> Result<wgpu::Buffer> {
        let buffer = self.storage(words)?;
        self.device.guarded(|device| {
            let mut encoder = device.raw.create_command_encoder(&Default::default());
            encoder.clear_buffer(&buffer, 0, None);
            device.queue.submit([encoder.finish()]);
        })?;
        Ok(buffer)
    }

    /// Submits one kernel. `told` writes the parameters that are still missing.
    pub(super) fn step(
        &self,
        statistic: Statistic,
        [first, second, result]: [&wgpu::Buffer; 3],
        mut told: Told,
        groups: u64,
    ) -> Result<()> {
        let pipeline = self.pipelines.get(&self.device, Key::alone(statistic))?;
        let groups = workgroups(groups);
        told.numbers.groups_x = groups[0];
        self.device.guarded(|device| {
            let numbers = self.numbers(&told.words());
            let all = |buffer| wgpu::BufferBinding { buffer, offset: 0, size: None };
            // These kernels have no parameters, but a binding for them.
            let params = whole(&numbers, 64);
            let bind_group = self.bind([all(first), all(second), all(result), all(&numbers), params]);
            let mut encoder = device.raw.create_command_encoder(&Default::default());
            let mut compute = encoder.begin_compute_pass(&Default::default());
            compute.set_pipeline(&pipeline);
            compute.set_bind_group(0, &bind_group, &[]);
            compute.dispatch_workgroups(groups[0], groups[1], 1);
            drop(compute);
            device.queue.submit([encoder.finish()]);
        })
    }
}
