//! Classes whose masks lie side by side in one buffer, and go through each kernel together.

use super::boxes::Crop;
use super::image::Image;
use super::numbers::{Record, Task, Told};
use crate::classes::Classes;
use crate::plan::WORKGROUP;
use std::ops::Range;

/// Some classes in their boxes.
pub(in crate::gpu) struct Batch {
    pub crops: Vec<Crop>,
    pub records: Vec<Record>,
    /// The segments: of each record the truth and the prediction.
    pub tasks: Vec<Task>,
    /// Words of all masks.
    pub words: u64,
    /// Labels of the records, and those that are ignored.
    labels: Vec<u32>,
    ignored: Vec<u32>,
}

/// Segments that a query can name.
const MOST_SEGMENTS: usize = 1 << 22;

/// The budget counts rows in multiples of 2 to this power.
const COST_SHIFT: u32 = 4;

/// Rows that the search may look at for each voxel of a box. The transform takes longer than these, but not much
/// longer.
const ROWS_PER_VOXEL: u64 = 4;

/// What is common to all boxes.
#[derive(Debug, Clone, Copy)]
pub(in crate::gpu) struct Form {
    pub axes: usize,
    /// Whether elements are corners of voxels, so that there is one more of them along each axis.
    pub corners: bool,
    /// Whether the image is repeated beyond its edge.
    pub repeated: bool,
}

impl Form {
    /// Masks alone.
    pub const MASKS: Self = Self { axes: 3, corners: false, repeated: false };

    fn record(&self, crop: &Crop, image: &Image<'_>) -> Record {
        let size = crop.size();
        let more = u64::from(self.corners);
        let [slices, rows, columns] = [size[0] + if self.axes == 3 { more } else { 0 }, size[1] + more, size[2] + more];
        let edge = |axis: usize| [crop.low[axis] == 0, crop.high[axis] == image.extent[axis]];
        let sides = [edge(0), edge(1), edge(2)].concat();
        let sides = sides.iter().rev().fold(0, |bits, &side| bits << 1 | u32::from(side && self.repeated));
        let budget = ((ROWS_PER_VOXEL * size.iter().product::<u64>()) >> COST_SHIFT).min(1 << 30);
        Record {
            mask: size.map(|n| n as u32),
            grid_slices: slices as u32,
            grid_rows: rows as u32,
            width: columns.div_ceil(32) as u32,
            low: [(crop.plane * image.extent[0] + crop.low[0]) as u32, crop.low[1] as u32, crop.low[2] as u32],
            sides,
            budget: budget as u32,
            ..Record::default()
        }
    }

    /// Words that both masks of a class take, each in whole workgroups.
    pub fn words(&self, crop: &Crop) -> u64 {
        let [slices, rows, columns] = crop.size();
        let more = u64::from(self.corners);
        let slices = if self.axes == 3 { slices + more } else { slices };
        let words = slices * (rows + more) * (columns + more).div_ceil(32);
        2 * words.next_multiple_of(WORKGROUP.into())
    }
}

/// Batches of boxes in their order, none of more than `most` words, which each box must fit.
pub(in crate::gpu) fn batches(
    crops: &[Crop],
    form: Form,
    image: &Image<'_>,
    classes: &Classes,
    most: u64,
) -> Vec<Batch> {
    let mut batches = Vec::new();
    let mut words = 0;
    let mut first = 0;
    for (i, crop) in crops.iter().enumerate() {
        let of_crop = form.words(crop);
        if i > first && (words + of_crop > most || 2 * (i - first) >= MOST_SEGMENTS) {
            batches.push(Batch::new(&crops[first..i], form, image, classes));
            (first, words) = (i, 0);
        }
        words += of_crop;
    }
    if first < crops.len() {
        batches.push(Batch::new(&crops[first..], form, image, classes));
    }
    batches
}

impl Batch {
    fn new(crops: &[Crop], form: Form, image: &Image<'_>, classes: &Classes) -> Self {
        let mut batch = Self {
            crops: crops.to_vec(),
            records: Vec::with_capacity(crops.len()),
            tasks: Vec::with_capacity(2 * crops.len()),
            words: 0,
            labels: Vec::new(),
            ignored: classes.ignored().to_vec(),
        };
        for (i, crop) in crops.iter().enumerate() {
            let mut record = form.record(crop, image);
            let labels = &classes.sets()[crop.cell % classes.len()];
            record.first = batch.words as u32;
            record.half = record.words().next_multiple_of(WORKGROUP);
            // Until the table is in its place, from its beginning on.
            record.labels_at = batch.labels.len() as u32;
            record.labels = labels.len() as u32;
            batch.labels.extend(labels);
            batch.words += 2 * u64::from(record.half);
            for segment in [2 * i, 2 * i + 1] {
                let first = record.first + (segment % 2) as u32 * record.half;
                batch.tasks.push(Task { first, words: record.words(), segment: segment as u32 });
            }
            batch.records.push(record);
        }
        batch
    }

    pub fn segments(&self) -> usize {
        2 * self.records.len()
    }

    /// The slices of all planes that the boxes lie in.
    pub fn slices(&self) -> Range<u64> {
        let first = self.records.iter().map(|record| record.low[0]).min().unwrap_or(0);
        let end = self.records.iter().map(|record| record.low[0] + record.mask[0]).max().unwrap_or(0);
        first.into()..end.into()
    }

    /// The parameters of all kernels about the records.
    pub fn told(&self) -> Told {
        let mut told = Told::default();
        told.numbers.segments = self.segments() as u32;
        let labels_at = told.table(self.labels.iter().copied());
        let records: Vec<Record> =
            self.records.iter().map(|r| Record { labels_at: labels_at + r.labels_at, ..*r }).collect();
        told.numbers.records_at = told.table(bytemuck::cast_slice(&records).iter().copied());
        told
    }

    /// The parameters of the kernel that makes the masks of these rows of an image with this many rows in a slice.
    pub fn told_rows(&self, rows: &Range<u64>, of_slice: u64) -> Option<(Told, u64)> {
        let (first, end) = ((rows.start / of_slice) as u32, rows.end.div_ceil(of_slice) as u32);
        let mut tasks = Vec::new();
        for (record, both) in self.records.iter().zip(self.tasks.chunks_exact(2)) {
            let from = first.max(record.low[0]);
            let to = end.min(record.low[0] + record.mask[0]);
            if from >= to {
                continue;
            }
            let slice = record.grid_rows * record.width;
            let (skipped, words) = ((from - record.low[0]) * slice, (to - from) * slice);
            tasks.extend(both.iter().map(|task| Task { first: task.first + skipped, words, segment: task.segment }));
        }
        if tasks.is_empty() {
            return None;
        }
        let mut told = self.told();
        told.tasks(&tasks);
        told.numbers.ignored_at = told.table(self.ignored.iter().copied());
        told.numbers.ignored_labels = self.ignored.len() as u32;
        let groups = told.numbers.groups;
        Some((told, groups.into()))
    }
}

/// The box in parts of at most `most` words each: whole slices, or rows of one slice. Their masks follow each other as
/// those of the box do.
pub(in crate::gpu) fn pieces(crop: &Crop, most: u64) -> Vec<Crop> {
    let [slices, rows, columns] = crop.size();
    // Both masks, each rounded up to whole workgroups.
    let most = (most / 2).saturating_sub(WORKGROUP.into()).max(1);
    let row = columns.div_ceil(32);
    let of_slice = row * rows;
    let mut pieces = Vec::new();
    let ranges = |low: u64, n: u64, step: u64| {
        (0..n).step_by(step.max(1) as usize).map(move |at| [low + at, low + n.min(at + step.max(1))])
    };
    if of_slice <= most {
        for [low, high] in ranges(crop.low[0], slices, most / of_slice) {
            pieces.push(Crop {
                low: [low, crop.low[1], crop.low[2]],
                high: [high, crop.high[1], crop.high[2]],
                ..*crop
            });
        }
        return pieces;
    }
    for z in crop.low[0]..crop.high[0] {
        for [low, high] in ranges(crop.low[1], rows, most / row) {
            pieces.push(Crop { low: [z, low, crop.low[2]], high: [z + 1, high, crop.high[2]], ..*crop });
        }
    }
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_follow_each_other_as_the_rows_of_the_box_do() {
        for (low, size) in [([1, 2, 3], [5, 7, 100]), ([0, 0, 0], [1, 9, 33]), ([4, 0, 9], [3, 1, 1])] {
            let high = [0, 1, 2].map(|axis| low[axis] + size[axis]);
            let crop = Crop { cell: 3, plane: 1, low, high };
            for most in [0, 2 * (256 + 12), 2 * (256 + 60), 1 << 20] {
                let mut rows = Vec::new();
                for piece in pieces(&crop, most) {
                    assert_eq!((piece.cell, piece.plane, piece.low[2], piece.high[2]), (3, 1, low[2], high[2]));
                    let words = piece.size()[0] * piece.size()[1] * size[2].div_ceil(32);
                    assert!(Form::MASKS.words(&piece) <= most || words <= size[2].div_ceil(32), "{piece:?}");
                    rows.extend(
                        (piece.low[0]..piece.high[0]).flat_map(|z| (piece.low[1]..piece.high[1]).map(move |y| (z, y))),
                    );
                }
                let expected = (low[0]..high[0]).flat_map(|z| (low[1]..high[1]).map(move |y| (z, y)));
                assert_eq!(rows, expected.collect::<Vec<_>>());
            }
        }
    }
}
