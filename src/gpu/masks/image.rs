//! Label maps as rows of an image, and the windows of whole rows that their kernels get.

use super::numbers::Told;
use crate::error::{Error, Result};
use crate::gpu::Backend;
use crate::gpu::input::Input;
use crate::gpu::passes::{Aux, IN_FLIGHT, Placement, blamed, whole};
use crate::gpu::slot::Sizes;
use crate::job::LabelPairOf;
use crate::kernel::params::Params;
use crate::kernel::source::{Key, Statistic};
use crate::kernel::surface::SurfaceKernel;
use crate::plan::{Window, workgroups};
use crate::volume::Source;
use std::collections::VecDeque;
use std::ops::Range;

/// Two label maps, cut into windows.
pub(in crate::gpu) struct Image<'a> {
    pred: Input<'a>,
    truth: Input<'a>,
    /// Slices, rows and columns of a plane.
    pub extent: [u64; 3],
    pub planes: u64,
    /// Rows of a window at most.
    window_rows: u64,
}

/// Rows that can be counted; an image has one slice per plane at least.
const MAX_ROWS: u64 = u32::MAX as u64;

/// Voxels of a window at most, so that their places fit 32 bits with what lies before them.
const MAX_VOXELS: u64 = 1 << 30;

impl<'a> Image<'a> {
    fn rows(&self) -> u64 {
        self.planes * self.extent[0] * self.extent[1]
    }

    /// Windows that cover these slices of all planes. The last rows of a buffer are a separate window where they cannot
    /// be bound with the others.
    fn windows(&self, slices: Range<u64>) -> Vec<Range<u64>> {
        let tail = self.pred.tail_rows().max(self.truth.tail_rows()).div_ceil(self.extent[2]);
        let cut = self.rows() - tail.min(self.rows());
        let asked = slices.start * self.extent[1]..slices.end * self.extent[1];
        let mut windows = Vec::new();
        let mut row = asked.start;
        while row < asked.end {
            let end = (row + self.window_rows).min(asked.end);
            let end = if row < cut { end.min(cut) } else { end };
            windows.push(row..end);
            row = end;
        }
        windows
    }

    /// Writes the parameters of all kernels about the image.
    pub fn tell(&self, told: &mut Told) {
        let [slices, rows, columns] = self.extent.map(|n| n as u32);
        let numbers = &mut told.numbers;
        (numbers.image_slices, numbers.image_rows, numbers.image_columns) = (slices, rows, columns);
    }

    pub fn is_resident(&self) -> bool {
        self.pred.is_resident() || self.truth.is_resident()
    }
}

/// The parameters of a kernel for a window of rows, and its workgroups; nothing where it has no work there.
pub(in crate::gpu) type ToldOf<'f> = &'f dyn Fn(Range<u64>) -> Option<(Told, u64)>;

impl Backend {
    pub(in crate::gpu) fn image<'a>(&self, pair: &LabelPairOf<'_, Source<'a>>) -> Result<Image<'a>> {
        let (pred, truth) = (Input::labels(pair.pred), Input::labels(pair.truth));
        let extent = pair.extent.map(|n| n as u64);
        let (limits, bindings) = (self.limits, self.bindings);
        let most = bindings.most_bytes - 2 * bindings.alignment;
        let in_place = [&pred, &truth].into_iter().all(|input| input.is_in_place(bindings));
        let window_bytes = if in_place { limits.resident_bytes } else { limits.window_bytes };
        let row_bytes = extent[2] * pair.pred.dtype().size().max(pair.truth.dtype().size());
        let too_large = |bytes| Err(Error::BindingTooLarge { what: "a row of voxels", bytes, most });
        if row_bytes > most || extent[2] > MAX_VOXELS {
            return too_large(row_bytes);
        }
        let planes = pair.samples as u64;
        if planes.saturating_mul(extent[0]).saturating_mul(extent[1]) > MAX_ROWS {
            return too_large(row_bytes.saturating_mul(extent[0]).saturating_mul(extent[1]));
        }
        let window_rows = (window_bytes.min(most) / row_bytes).min(MAX_VOXELS / extent[2]).max(1);
        Ok(Image { pred, truth, extent, planes, window_rows })
    }

    /// Runs a kernel over windows of the image that cover these slices; `result` gets `words`.
    pub(in crate::gpu) fn over_windows(
        &self,
        image: &Image<'_>,
        kernel: SurfaceKernel,
        slices: Range<u64>,
        result: &wgpu::Buffer,
        told: ToldOf<'_>,
    ) -> Result<()> {
        let (pred, truth) = (image.pred.operand(), image.truth.operand());
        let key = Key { pred, truth, lanes: 256, statistic: Statistic::Surface(kernel) };
        let pipelines = self.pipelines_for(key, image.is_resident())?;
        let mut flying = VecDeque::new();
        for rows in image.windows(slices) {
            let Some((mut told, groups)) = told(rows.clone()) else { continue };
            let columns = image.extent[2];
            let (first_row, voxels) = (rows.start * columns, (rows.end - rows.start) * columns);
            // Label inputs use only the rows of a window.
            let window = Window { first_row, rows: voxels, first_plane: 0, first_block: 0, blocks: 0, planes: 1 };
            let (pred, truth) = (image.pred.place(&window, self.bindings), image.truth.place(&window, self.bindings));
            let groups = workgroups(groups);
            let numbers = &mut told.numbers;
            (numbers.p_head, numbers.t_head) = (pred.head() as u32, truth.head() as u32);
            (numbers.window_first, numbers.window_rows) = (rows.start as u32, (rows.end - rows.start) as u32);
            numbers.groups_x = groups[0];
            image.tell(&mut told);
            let aux = Aux { words: told.words().into(), listed: None, entries: 0 };
            let sizes = Sizes {
                pred: pred.copied_bytes(),
                truth: truth.copied_bytes(),
                aux: 4 * aux.words.len() as u64,
                ..Sizes::default()
            };
            let placement = Placement { pred, truth, sizes, params: Params::default(), groups };
            let slot = self.idle.take(&self.device, sizes)?;
            self.fill_operands(&slot, &placement)?;
            let submission = self.device.guarded(|device| {
                self.fill(&slot, &placement, &aux);
                let mut encoder = device.raw.create_command_encoder(&Default::default());
                self.dispatch(&mut encoder, &pipelines, &placement, &slot, whole(result, result.size()));
                device.queue.submit([encoder.finish()])
            });
            let submission = submission.map_err(|error| if image.is_resident() { blamed(error) } else { error })?;
            flying.push_back((slot, submission));
            if flying.len() > IN_FLIGHT
                && let Some((slot, earlier)) = flying.pop_front()
            {
                self.device.wait(earlier)?;
                self.idle.give_back(slot);
            }
        }
        for (slot, submission) in flying {
            // A slot in which voxels are mapped must be idle; the others are written in the order of the queue.
            if self.device.mappable {
                self.device.wait(submission)?;
            }
            self.idle.give_back(slot);
        }
        Ok(())
    }
}
