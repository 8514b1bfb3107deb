//! The box of each class.

use super::image::Image;
use super::numbers::Told;
use crate::classes::{ClassIndex, Classes};
use crate::error::{Error, Result};
use crate::gpu::Backend;
use crate::gpu::arrival::Waiting;
use crate::kernel::surface::SurfaceKernel;
use std::ops::Range;

/// A box of voxels in one plane, `high` not included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::gpu) struct Crop {
    /// Of all planes and classes, plane by plane.
    pub cell: usize,
    pub plane: u64,
    pub low: [u64; 3],
    pub high: [u64; 3],
}

impl Crop {
    pub fn size(&self) -> [u64; 3] {
        [0, 1, 2].map(|axis| self.high[axis] - self.low[axis])
    }

    fn join(&mut self, other: &Self) {
        for axis in 0..3 {
            self.low[axis] = self.low[axis].min(other.low[axis]);
            self.high[axis] = self.high[axis].max(other.high[axis]);
        }
    }
}

/// u32 words of a box: the lowest places, counted down from the largest number, and the highest ones, counted from 1.
const BOX_WORDS: u64 = 6;

/// Voxels of a lane.
const PART: u64 = 64;

/// Bytes of boxes of one pass at most.
const MOST_BYTES: u64 = 16 << 20;

impl Backend {
    /// The box of each class in both maps, in the order of the cells; those of classes that neither map has are
    /// missing.
    pub(in crate::gpu) async fn boxes(
        &self,
        image: &Image<'_>,
        classes: &Classes,
        waiting: Waiting,
    ) -> Result<Vec<Crop>> {
        let boxes = classes.overlaps().map_or(classes.len(), |overlaps| overlaps.groups()) as u64;
        let bytes = 4 * BOX_WORDS * boxes;
        if bytes > MOST_BYTES {
            return Err(Error::BindingTooLarge { what: "the boxes of all classes", bytes, most: MOST_BYTES });
        }
        let (words, entries, search) = match classes.index() {
            ClassIndex::Table(table) => (table.clone(), table.len(), false),
            ClassIndex::Sorted(pairs) => {
                (pairs.iter().flat_map(|&(label, class)| [label, class]).collect(), pairs.len(), true)
            }
        };
        let mut crops = Vec::new();
        let planes_of_a_pass = (MOST_BYTES / bytes).max(1);
        let mut first = 0;
        while first < image.planes {
            let planes = first..image.planes.min(first + planes_of_a_pass);
            first = planes.end;
            let told = |rows: Range<u64>| {
                let mut told = Told::default();
                let parts = image.extent[2].div_ceil(PART);
                let groups = ((rows.end - rows.start) * parts).div_ceil(256);
                let numbers = &mut told.numbers;
                (numbers.groups, numbers.boxes) = (groups as u32, boxes as u32);
                (numbers.class_entries, numbers.first_plane) = (entries as u32, planes.start as u32);
                told.numbers.classes_at = told.table(words.iter().copied());
                // The prediction has separate workgroups.
                Some((told, 2 * groups))
            };
            let result = self.cleared(BOX_WORDS * boxes * (planes.end - planes.start))?;
            let slices = planes.start * image.extent[0]..planes.end * image.extent[0];
            self.over_windows(image, SurfaceKernel::Boxes { search }, slices, &result, &told)?;
            let found = self.read(&result, waiting).await?;
            for (plane, found) in planes.zip(found.chunks_exact((BOX_WORDS * boxes) as usize)) {
                crops.extend(of_plane(plane, found, classes));
            }
        }
        Ok(crops)
    }
}

fn of_plane(plane: u64, words: &[u32], classes: &Classes) -> impl Iterator<Item = Crop> {
    let first = plane as usize * classes.len();
    let mut crops: Vec<Option<Crop>> = vec![None; classes.len()];
    for (group, word) in (0..).zip(words.chunks_exact(BOX_WORDS as usize)) {
        if word[3] == 0 {
            continue;
        }
        let low = [0, 1, 2].map(|axis| u64::from(u32::MAX - word[axis]));
        let high = [3, 4, 5].map(|axis| u64::from(word[axis]));
        let mut join = |class: usize| {
            let crop = Crop { cell: first + class, plane, low, high };
            match &mut crops[class] {
                Some(joined) => joined.join(&crop),
                none => *none = Some(crop),
            }
        };
        match classes.overlaps() {
            None => join(group as usize),
            Some(overlaps) => overlaps.classes_of(group).iter().for_each(|&class| join(class as usize)),
        }
    }
    crops.into_iter().flatten()
}
