//! A file whose voxels are asked for class by class: it is read again for each, so that none of its voxels is kept.

use super::bits::Bits;
use crate::LabelSlice;
use crate::error::FileError;
use crate::io::labels::{Channels, LabelOptions, LabelReader, for_runs};
use crate::io::{Geometry, Input};
use bytemuck::NoUninit;
use std::collections::BTreeMap;

/// Voxels decoded at a time.
const CHUNK: usize = 1 << 17;

/// Label maps in one file: one, or a layer per channel.
pub(super) struct LabelFile<'a> {
    pub input: &'a Input,
    options: LabelOptions,
    /// The lengths of a layer, x first.
    pub shape: Vec<u64>,
    pub geometry: Option<Geometry>,
    /// The labels of each layer, and how many voxels have them.
    pub census: Vec<BTreeMap<u32, u64>>,
    /// Bytes behind the voxels.
    pub surplus: u64,
    /// The labels of which a threshold made one.
    pub merged: Vec<i64>,
}

impl<'a> LabelFile<'a> {
    /// Reads the file once, and reports errors in it.
    pub fn open(input: &'a Input, options: &LabelOptions, layered: bool) -> Result<Self, FileError> {
        let mut reader = open(input, options, layered)?;
        let (mut shape, geometry) = (reader.shape().to_vec(), reader.geometry().copied());
        let layers = reader.channels().count;
        if layers > 1 {
            shape.pop();
        }
        let mut census = vec![BTreeMap::new(); usize::try_from(layers).unwrap_or(1)];
        each_run(&mut reader, |layer, label, _, run| {
            if let Some(census) = census.get_mut(layer) {
                *census.entry(label).or_insert(0) += run as u64;
            }
        })?;
        let (surplus, merged) = (reader.surplus(), reader.merged().to_vec());
        Ok(Self { input, options: options.clone(), shape, geometry, census, surplus, merged })
    }

    pub fn layers(&self) -> usize {
        self.census.len()
    }

    /// Voxels of a layer.
    pub fn voxels(&self) -> u64 {
        self.shape.iter().product()
    }

    /// Voxels that have one of these labels in their layer.
    pub fn mask(&self, is_in: impl Fn(usize, u32) -> bool) -> Result<Bits, FileError> {
        let mut mask = Bits::default();
        let mut reader = open(self.input, &self.options, self.layers() > 1)?;
        each_run(&mut reader, |layer, label, voxel, run| {
            if self.layers() == 1 {
                mask.push(is_in(layer, label), run);
            } else if is_in(layer, label) {
                (voxel..voxel.saturating_add(run)).for_each(|voxel| mask.set(voxel));
            }
        })?;
        mask.reach(usize::try_from(self.voxels()).unwrap_or(usize::MAX));
        Ok(mask)
    }
}

/// The voxels of a file that has one value besides 0.
pub(super) struct MaskFile {
    /// The voxels that are not 0; `None` where they have several values, so that the file is not a mask.
    pub mask: Option<Bits>,
    pub shape: Vec<u64>,
    pub geometry: Option<Geometry>,
    /// Bytes behind the voxels.
    pub surplus: u64,
    /// The labels of which a threshold made one.
    pub merged: Vec<i64>,
}

impl MaskFile {
    pub fn read(input: &Input, options: &LabelOptions) -> Result<Self, FileError> {
        let mut reader = open(input, options, false)?;
        let (shape, geometry) = (reader.shape().to_vec(), reader.geometry().copied());
        let (mut mask, mut only, mut several) = (Bits::default(), None, false);
        each_run(&mut reader, |_, label, _, run| {
            several |= label != 0 && *only.get_or_insert(label) != label;
            mask.push(label != 0, run);
        })?;
        let (surplus, merged) = (reader.surplus(), reader.merged().to_vec());
        Ok(Self { mask: Some(mask).filter(|_| !several), shape, geometry, surplus, merged })
    }
}

fn open(input: &Input, options: &LabelOptions, layered: bool) -> Result<LabelReader, FileError> {
    let reader =
        if layered { LabelReader::open_channels(input, options)? } else { LabelReader::open_with(input, options)? };
    // A mask has a bit for each voxel. In a browser a place has 32 bits, and a file may have more voxels.
    let voxels = reader.shape().iter().fold(1, |voxels: u64, &length| voxels.saturating_mul(length));
    let room = |_| FileError::OutOfMemory { path: input.path().to_path_buf(), bytes: voxels.div_ceil(8), source: None };
    usize::try_from(voxels).map_err(room)?;
    Ok(reader)
}

/// Calls `f` with the layer, the label, the first voxel and the length of each run of equal labels, to the end of the file.
fn each_run(reader: &mut LabelReader, mut f: impl FnMut(usize, u32, usize, usize)) -> Result<(), FileError> {
    let mut cursor = Cursor::of(reader.channels());
    while let Some(piece) = reader.next_chunk(CHUNK)? {
        match piece {
            LabelSlice::U8(labels) => cursor.pass(labels, &mut f),
            LabelSlice::U16(labels) => cursor.pass(labels, &mut f),
            LabelSlice::U32(labels) => cursor.pass(labels, &mut f),
        }
    }
    Ok(())
}

/// Where in the layers a stream is.
struct Cursor {
    layers: usize,
    /// Numbers of a layer that follow each other.
    run: usize,
    layer: usize,
    /// Voxels before this run, and within it.
    before: usize,
    within: usize,
}

impl Cursor {
    fn of(Channels { count, run }: Channels) -> Self {
        let [layers, run] = [count, run].map(|n| usize::try_from(n).unwrap_or(usize::MAX).max(1));
        Self { layers, run, layer: 0, before: 0, within: 0 }
    }

    fn pass<T: NoUninit + PartialEq + Into<u32>>(
        &mut self,
        mut labels: &[T],
        f: &mut impl FnMut(usize, u32, usize, usize),
    ) {
        while !labels.is_empty() {
            let (here, rest) = labels.split_at(labels.len().min(self.run - self.within));
            let mut voxel = self.before + self.within;
            for_runs(here, |label, run| {
                f(self.layer, label.into(), voxel, run as usize);
                voxel += run as usize;
            });
            self.within += here.len();
            if self.within == self.run {
                (self.layer, self.within) = (self.layer + 1, 0);
                if self.layer == self.layers {
                    (self.layer, self.before) = (0, self.before + self.run);
                }
            }
            labels = rest;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn layers_are_told_apart_wherever_they_lie_and_however_pieces_cut_them() {
        // Two layers of four voxels: 1 2 3 4 and 5 6 7 8.
        for (run, file) in
            [(1, [1u8, 5, 2, 6, 3, 7, 4, 8]), (2, [1, 2, 5, 6, 3, 4, 7, 8]), (4, [1, 2, 3, 4, 5, 6, 7, 8])]
        {
            for piece in 1..=8 {
                let (mut cursor, mut found) = (Cursor::of(Channels { count: 2, run }), [[0; 4]; 2]);
                for labels in file.chunks(piece) {
                    cursor.pass(labels, &mut |layer, label, voxel, run| {
                        found[layer][voxel..voxel + run].fill(label);
                    });
                }
                assert_eq!(found, [[1, 2, 3, 4], [5, 6, 7, 8]], "{run} {piece}");
            }
        }
    }
}
