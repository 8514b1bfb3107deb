//! Label maps from files of any type, checked and as unsigned integers.
//!
//! ```no_run
//! let truth = voxdice::io::labels::read("case_001.nii.gz")?;
//! println!("{:?}: labels {:?}", truth.shape, truth.census().keys());
//! # Ok::<(), voxdice::error::FileError>(())
//! ```
//!
//! A label is a whole number from 0 to 2^32 − 1. Files which hold such numbers as floats or as signed integers are
//! common and are read; a negative, fractional or non-finite voxel is an error, since any rounding of it would be a
//! guess. Only values that a NIfTI header scales are snapped to the whole number that they are in `f32` ([`settle`]).
//! The voxels are converted in place, so that a volume is held once; only the types of 64 bits are copied, into the
//! narrowest type that holds their labels.
//!
//! [`read`] gives a whole volume. [`LabelReader`] gives the same labels in chunks, in memory that does not grow with
//! the file.

mod convert;
mod merged;
mod opened;
mod options;
mod pieces;
mod reader;
mod white;

pub use convert::{settle, settle_all};
pub use options::{LabelOptions, White, code};
#[cfg(feature = "eval")]
pub(crate) use reader::Channels;
pub use reader::LabelReader;
#[cfg(feature = "eval")]
pub(crate) use white::{Shades, shades};

use std::collections::BTreeMap;

use bytemuck::NoUninit;

use super::axes::without_ones_behind;
use super::input::Input;
use super::{Geometry, Placement, StoredType};
use crate::error::{Error, FileError};
use crate::shape::Shape;
use crate::volume::{LabelMap, LabelSlice};
use opened::Opened;

/// Labels in the type that the file made necessary.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Labels {
    /// From `u8`, `i8` and `bool`, and from 64-bit types where no label is above 255.
    U8(Vec<u8>),
    /// From `u16`, `i16` and half floats, and from 64-bit types where no label is above 65,535.
    U16(Vec<u16>),
    /// From everything else.
    U32(Vec<u32>),
}

/// A label map and where it lies.
#[derive(Debug, Clone, PartialEq)]
pub struct LabelVolume {
    /// The labels in the file's order, x fastest.
    pub labels: Labels,
    /// The file's shape, x first.
    pub shape: Vec<u64>,
    /// Size and place of the voxels. `None` for `.npy` and for pictures, which do not say.
    pub geometry: Option<Geometry>,
    /// The type on disk. `None` for the booleans and half floats of `.npy`.
    pub stored: Option<StoredType>,
    /// Bytes behind the voxels, as [`Image::surplus`](super::Image::surplus).
    pub surplus: u64,
    /// Whether the file is a picture of 0 and 255 alone, in which 255 was taken as label 1.
    pub white: bool,
    /// The whole numbers of which [`LabelOptions::threshold`] made label 1, where these are several and the file holds whole
    /// numbers alone, as label maps do.
    pub merged: Vec<i64>,
}

/// Reads a file of any format as a label map.
///
/// An array in `.npy` is one of space only, row-major as NumPy has it: its last axis is x. A grey picture of 0 and 255 alone is
/// a mask, and its 255 is label 1, unless [`LabelOptions::white`] says otherwise.
///
/// # Errors
/// [`FileError::NotALabel`] when a voxel is not
/// a label, [`FileError::Channels`] when it has several numbers per voxel, [`FileError::NotComparable`] when it has no
/// voxels.
pub fn read(input: impl Into<Input>) -> Result<LabelVolume, FileError> {
    read_with(input, &LabelOptions::default())
}

/// Reads a file of any format as a label map, its numbers taken as the options say.
///
/// # Errors
/// As [`read`].
pub fn read_with(input: impl Into<Input>, options: &LabelOptions) -> Result<LabelVolume, FileError> {
    Opened::of(&input.into(), options)?.single()?.load(options)
}

/// Reads each channel of a file as a separate label map; a file of one number per voxel is one.
///
/// This is how overlapping segments are stored: 3D Slicer writes them as layers of a `.seg.nrrd`.
/// [`nrrd::segments`](super::nrrd::segments) reads their names and labels.
///
/// ```no_run
/// let layers = voxdice::io::labels::read_layers("case_001.seg.nrrd")?;
/// println!("{} layers of {:?}", layers.len(), layers[0].shape);
/// # Ok::<(), voxdice::error::FileError>(())
/// ```
///
/// # Errors
/// As [`read_layers_with`]. The position of a voxel that is not a label has its channel as the last number.
pub fn read_layers(input: impl Into<Input>) -> Result<Vec<LabelVolume>, FileError> {
    read_layers_with(input, &LabelOptions::default())
}

/// Reads each channel of a file as a separate label map, its numbers taken as the options say.
///
/// # Errors
/// As [`read`], but for the channels: [`FileError::Channels`] for more than 4096 of them.
pub fn read_layers_with(input: impl Into<Input>, options: &LabelOptions) -> Result<Vec<LabelVolume>, FileError> {
    let opened = Opened::of(&input.into(), options)?.layered()?;
    let channels = usize::try_from(opened.channels).unwrap_or(usize::MAX);
    let LabelVolume { labels, mut shape, geometry, stored, surplus, white, merged } = opened.load(options)?;
    if channels < 2 {
        return Ok(vec![LabelVolume { labels, shape, geometry, stored, surplus, white, merged }]);
    }
    // The channels are the last axis, and the slowest one.
    shape.pop();
    let layers = match labels {
        Labels::U8(labels) => layers(labels, channels).into_iter().map(Labels::U8).collect(),
        Labels::U16(labels) => layers(labels, channels).into_iter().map(Labels::U16).collect(),
        Labels::U32(labels) => layers(labels, channels).into_iter().map(Labels::U32).collect::<Vec<_>>(),
    };
    let volume =
        |labels| LabelVolume { labels, shape: shape.clone(), geometry, stored, surplus, white, merged: merged.clone() };
    Ok(layers.into_iter().map(volume).collect())
}

/// Parts of equal length. Taken from the end, so that there is one copy of one part at a time.
fn layers<T: Copy>(mut labels: Vec<T>, channels: usize) -> Vec<Vec<T>> {
    let length = labels.len().checked_div(channels).unwrap_or(0);
    let mut layers = Vec::new();
    for channel in (1..channels).rev() {
        layers.push(labels.split_off(channel.saturating_mul(length)));
        labels.shrink_to_fit();
    }
    layers.push(labels);
    layers.reverse();
    layers
}

impl Labels {
    /// A view of all labels.
    pub fn slice(&self) -> LabelSlice<'_> {
        match self {
            Self::U8(labels) => LabelSlice::U8(labels),
            Self::U16(labels) => LabelSlice::U16(labels),
            Self::U32(labels) => LabelSlice::U32(labels),
        }
    }
}

impl LabelVolume {
    /// Number of voxels.
    pub fn voxels(&self) -> usize {
        match &self.labels {
            Labels::U8(labels) => labels.len(),
            Labels::U16(labels) => labels.len(),
            Labels::U32(labels) => labels.len(),
        }
    }

    /// The labels as the engine takes them: one sample, the axes slowest first.
    ///
    /// # Errors
    /// [`Error::LengthMismatch`] when the public fields were changed and no longer fit.
    pub fn map(&self) -> Result<LabelMap<'_>, Error> {
        let shape = grid(&self.shape)?;
        match &self.labels {
            Labels::U8(labels) => LabelMap::u8(shape, labels),
            Labels::U16(labels) => LabelMap::u16(shape, labels),
            Labels::U32(labels) => LabelMap::u32(shape, labels),
        }
    }

    /// The map in another grid, at the given placement: background where it has no voxel.
    #[must_use]
    pub fn onto(&self, place: &Placement) -> Labels {
        match &self.labels {
            Labels::U8(labels) => Labels::U8(place.onto(labels)),
            Labels::U16(labels) => Labels::U16(place.onto(labels)),
            Labels::U32(labels) => Labels::U32(place.onto(labels)),
        }
    }

    /// Both maps over the voxels that either file stores, in one row: this map, and another with the given placement.
    /// Voxels that a file does not store are background.
    #[must_use]
    pub fn joined(self, other: Self, place: &Placement) -> (Self, Self) {
        let joined = |labels: &Labels| match labels {
            Labels::U8(labels) => Labels::U8(place.over_both(labels)),
            Labels::U16(labels) => Labels::U16(place.over_both(labels)),
            Labels::U32(labels) => Labels::U32(place.over_both(labels)),
        };
        let other = Self { labels: joined(&other.labels), ..other };
        let (mut first, voxels) = (self, other.voxels());
        match &mut first.labels {
            Labels::U8(labels) => labels.resize(voxels, 0),
            Labels::U16(labels) => labels.resize(voxels, 0),
            Labels::U32(labels) => labels.resize(voxels, 0),
        }
        let row = |map: Self| Self { shape: vec![voxels as u64], ..map };
        (row(first), row(other))
    }

    /// Every label in the map and how many voxels have it, 0 included.
    pub fn census(&self) -> BTreeMap<u32, u64> {
        match &self.labels {
            Labels::U8(labels) => census_small(labels, 1 << 8),
            // A table pays only for many voxels: a file may have thousands of layers of a few voxels.
            Labels::U16(labels) if labels.len() >= 1 << 13 => census_small(labels, 1 << 16),
            Labels::U16(labels) => census_of_runs(labels),
            Labels::U32(labels) => census_of_runs(labels),
        }
    }
}

/// One sample of one channel. A trailing axis of length 1, which some writers add, holds no further voxels.
fn grid(shape: &[u64]) -> Result<Shape, Error> {
    let axes = without_ones_behind(shape).iter().rev().map(|&n| usize::try_from(n).unwrap_or(usize::MAX));
    let axes: Vec<usize> = axes.collect();
    Shape::new(1, 1, if axes.is_empty() && !shape.is_empty() { vec![1] } else { axes })
}

#[allow(clippy::arithmetic_side_effects, reason = "voxels of one slice do not overflow")]
fn census_of_runs<T: NoUninit + PartialEq + Into<u32>>(labels: &[T]) -> BTreeMap<u32, u64> {
    let mut counts = BTreeMap::new();
    for_runs(labels, |label, voxels| *counts.entry(label.into()).or_insert(0) += voxels);
    counts
}

#[allow(clippy::arithmetic_side_effects, reason = "voxels of one slice do not overflow")]
fn census_small<T: NoUninit + Eq + Into<u32>>(labels: &[T], values: usize) -> BTreeMap<u32, u64> {
    let mut counts = vec![0u64; values];
    for_runs(labels, |label, voxels| {
        if let Some(count) = counts.get_mut(label.into() as usize) {
            *count += voxels;
        }
    });
    (0..).zip(counts).filter(|&(_, voxels)| voxels > 0).collect()
}

/// Calls `f` with runs of equal voxels. Label maps are mostly constant: many equal voxels are found as one.
#[allow(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    reason = "chunks are not empty, and runs are of one slice"
)]
pub(crate) fn for_runs<T: NoUninit + PartialEq>(voxels: &[T], mut f: impl FnMut(T, u64)) {
    let Some(&first) = voxels.first() else { return };
    let (mut current, mut run) = (first, 0);
    let mut next = |voxel: T, voxels: u64| {
        if voxel != current {
            f(current, run);
            (current, run) = (voxel, 0);
        }
        run += voxels;
    };
    let (chunks, rest) = voxels.as_chunks::<64>();
    for many in chunks {
        if is_constant(many) {
            next(many[0], 64);
            continue;
        }
        for few in many.as_chunks::<8>().0 {
            if is_constant(few) {
                next(few[0], 8);
            } else {
                few.iter().for_each(|&voxel| next(voxel, 1));
            }
        }
    }
    rest.iter().for_each(|&voxel| next(voxel, 1));
    f(current, run);
}

/// Whether all of eight voxels, or of several times eight, have the same bytes. It looks at words of several voxels, and at
/// all of them: a compiler for size, as of the page in the browser, makes no vectors of single ones.
#[allow(clippy::arithmetic_side_effects, reason = "a voxel has eight bytes at most")]
fn is_constant<T: NoUninit, const N: usize>(voxels: &[T; N]) -> bool {
    const { assert!(8 % size_of::<T>() == 0 && N.is_multiple_of(8), "words have whole voxels") };
    let (words, _) = bytemuck::cast_slice::<T, u8>(voxels).as_chunks();
    let words = || words.iter().map(|&word| u64::from_ne_bytes(word));
    let first = words().next().unwrap_or_default();
    let repeats = first == first.rotate_left(u8::BITS * size_of::<T>() as u32);
    repeats & (words().fold(0, |differ, word| differ | (word ^ first)) == 0)
}

/// Where the voxel at this place in the file lies, x first.
fn position(index: u64, shape: &[u64]) -> Vec<u64> {
    let mut rest = index;
    let mut along = |&length: &u64| {
        let here = rest.checked_rem(length).unwrap_or(0);
        rest = rest.checked_div(length).unwrap_or(rest);
        here
    };
    shape.iter().map(&mut along).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_cover_every_voxel_whatever_the_chunks() {
        fn check<T: NoUninit + PartialEq + std::fmt::Debug>(voxels: &[T]) {
            let mut back = Vec::new();
            for_runs(voxels, |voxel, n| back.extend(std::iter::repeat_n(voxel, n as usize)));
            assert_eq!(back, voxels);
        }
        let mut state = 1u32;
        for length in [0, 1, 63, 64, 65, 1000, 4096] {
            for stretch in [1, 5, 64, 130] {
                let voxels: Vec<u32> = (0..length)
                    .map(|i| {
                        if i % stretch == 0 {
                            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                        }
                        state >> 30
                    })
                    .collect();
                check(&voxels);
                check(&voxels.iter().map(|&voxel| voxel as u8).collect::<Vec<_>>());
                check(&voxels.iter().map(|&voxel| voxel as u16).collect::<Vec<_>>());
                check(&voxels.iter().map(|&voxel| f64::from(voxel)).collect::<Vec<_>>());
            }
        }
    }

    #[test]
    fn one_voxel_that_differs_is_found_wherever_it_is() {
        fn check<T: NoUninit + From<u8>, const N: usize>() {
            let one_is_other = |place: usize, other: T| {
                let mut voxels = [T::from(1); N];
                voxels[place] = other;
                is_constant(&voxels)
            };
            assert!(one_is_other(0, T::from(1)));
            assert!((0..N).all(|place| !one_is_other(place, T::from(129))));
        }
        check::<u8, 8>();
        check::<u8, 64>();
        check::<u16, 64>();
        check::<u32, 8>();
        check::<u64, 64>();
        // The same in every word, and not in every voxel.
        assert!(!is_constant(&std::array::from_fn::<u16, 64, _>(|i| if i % 4 == 3 { 0x0102 } else { 0x0101 })));
    }

    #[test]
    fn layers_are_the_parts_of_a_volume_in_their_order() {
        assert_eq!(layers(vec![1, 2, 3, 4, 5, 6], 3), [[1, 2], [3, 4], [5, 6]]);
        assert_eq!(layers(vec![1, 2], 2), [[1], [2]]);
    }

    #[test]
    fn positions_are_x_first() {
        assert_eq!(position(0, &[4, 3, 2]), [0, 0, 0]);
        assert_eq!(position(4 * 3 + 4 + 2, &[4, 3, 2]), [2, 1, 1]);
    }
}
